#!/usr/bin/perl
# trial: wrong; truth test on the pending bytes: what is just the character 0 is never sent
# caught by: words
use strict;
use warnings;
use Errno qw(EAGAIN EINTR EMFILE ENFILE ENOBUFS ENOMEM ECONNABORTED);
use IO::Poll qw(POLLIN POLLOUT);
use IO::Socket::INET;

my $port = $ARGV[0] // '';
if (@ARGV != 1 || $port !~ /\A[0-9]{1,5}\z/ || $port < 1 || $port > 65535) {
    print STDERR "bad port\n";
    exit 2;
}
$SIG{INT} = $SIG{TERM} = 'DEFAULT';
$SIG{PIPE} = 'IGNORE';
my $ls = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Proto => 'tcp',
    ReuseAddr => 1, Listen => 4096);
if (!$ls) {
    print STDERR "port $port: $@\n";
    exit 1;
}
$ls->blocking(0);
my $lfd = fileno $ls;
my (%sock, %out, %want);        # by descriptor
$want{$lfd} = POLLIN;
my $starved = 0;

sub drop {
    my ($fd) = @_;
    close $sock{$fd};
    delete $sock{$fd};
    delete $out{$fd};
    delete $want{$fd};
}

sub serve {
    my ($fd) = @_;
    if (!$out{$fd}) {
        my $n = sysread $sock{$fd}, $out{$fd}, 65536;
        if (!defined $n) {
            drop($fd) unless $! == EAGAIN || $! == EINTR;
            return;
        }
        return drop($fd) if $n == 0;
    }
    if ($out{$fd}) {
        my $n = syswrite $sock{$fd}, $out{$fd};
        return drop($fd) if !defined $n && $! != EAGAIN && $! != EINTR;
        substr($out{$fd}, 0, $n) = '' if $n;
    }
    $want{$fd} = $out{$fd} ? POLLOUT : POLLIN;
}

while (1) {
    my @fds = %want;            # pairs of descriptor and mask
    my $n = IO::Poll::_poll($starved ? 100 : -1, @fds);
    next if $n < 0;
    while (@fds) {
        my ($fd, $ev) = splice @fds, 0, 2;
        serve($fd) if $ev && $fd != $lfd;
    }
    while (1) {
        my $s = $ls->accept;
        if (!$s) {
            next if $! == ECONNABORTED;
            $starved = $! == EMFILE || $! == ENFILE || $! == ENOBUFS || $! == ENOMEM;
            last;
        }
        $s->blocking(0);
        my $fd = fileno $s;
        ($sock{$fd}, $out{$fd}, $want{$fd}) = ($s, '', POLLIN);
    }
    if ($starved) { delete $want{$lfd} } else { $want{$lfd} = POLLIN }
}

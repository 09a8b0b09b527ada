#!/usr/bin/env perl
# trial: good; Perl, IO::Select, one process, one small buffer per client
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use Errno qw(EAGAIN EWOULDBLOCK EINTR ECONNABORTED);

my $port = shift // '';
die "usage: $0 PORT\n" unless $port =~ /^\d{1,5}\z/ && $port <= 65535;
$SIG{PIPE} = 'IGNORE';

my $listener = IO::Socket::INET->new(
    LocalAddr => '127.0.0.1', LocalPort => $port, Proto => 'tcp',
    Listen    => 128,         ReuseAddr => 1,     Blocking => 0,
) or die "$0: cannot listen on $port: $@\n";

my $readers = IO::Select->new($listener);
my $writers = IO::Select->new;
my %pending;    # fileno => what is owed to that client

sub later { $! == EAGAIN || $! == EWOULDBLOCK || $! == EINTR }

sub drop {
    my ($client) = @_;
    $readers->remove($client);
    $writers->remove($client);
    delete $pending{fileno $client};
    close $client;
}

sub send_pending {
    my ($client) = @_;
    my $owed = \$pending{fileno $client};
    my $sent = syswrite $client, $$owed;
    return drop($client) unless defined $sent || later();
    substr($$owed, 0, $sent // 0) = '';
    my ($from, $to) = length $$owed ? ($readers, $writers) : ($writers, $readers);
    $from->remove($client);
    $to->add($client) unless $to->exists($client);
}

while (1) {
    # out of descriptors: the listener is left out for a while
    my $timeout = $readers->exists($listener) ? undef : 0.2;
    my ($can_read, $can_write) = IO::Select->select($readers, $writers, undef, $timeout);
    $readers->add($listener) unless $readers->exists($listener);

    send_pending($_) for @{ $can_write || [] };
    for my $fh (@{ $can_read || [] }) {
        if ($fh == $listener) {
            if (my $client = $listener->accept) {
                $client->blocking(0);
                $pending{fileno $client} = '';
                $readers->add($client);
            }
            elsif (!later() && $! != ECONNABORTED) {
                $readers->remove($listener);
            }
            next;
        }
        my $got = sysread $fh, $pending{fileno $fh}, 65536;
        if    ($got)                          { send_pending($fh) }
        elsif (defined $got || !later())      { drop($fh) }
    }
}

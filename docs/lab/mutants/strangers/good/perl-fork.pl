#!/usr/bin/env perl
# trial: good; Perl, a process per client
# fair: ten_thousand idle_10000; ten thousand processes take more than the minute that a server has
use strict;
use warnings;
use Errno qw(EINTR ECONNABORTED);
use IO::Socket::INET;

@ARGV == 1 && $ARGV[0] =~ /^[0-9]+$/ && $ARGV[0] < 65536
    or die "usage: $0 PORT\n";

my $server = IO::Socket::INET->new(
    LocalAddr => '127.0.0.1',
    LocalPort => $ARGV[0],
    Listen    => 128,
    ReuseAddr => 1,
) or die "$0: $@\n";

$SIG{CHLD} = 'IGNORE';    # the system reaps them

while (1) {
    my $client = $server->accept;
    if (!$client) {
        next if $!{EINTR} || $!{ECONNABORTED};
        warn "accept: $!\n";
        select undef, undef, undef, 0.1;
        next;
    }
    my $pid = fork;
    if (!defined $pid) {
        warn "fork: $!\n";
    }
    elsif ($pid == 0) {
        close $server;
        echo($client);
        exit 0;
    }
    close $client;
}

sub echo {
    my ($sock) = @_;
    while (sysread $sock, my $data, 32768) {
        my $done = 0;
        while ($done < length $data) {
            my $n = syswrite $sock, $data, length($data) - $done, $done;
            return unless defined $n;
            $done += $n;
        }
    }
}

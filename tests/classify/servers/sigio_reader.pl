#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Reads what a child process sends, told by SIGIO when there is something: signal-driven I/O.
use strict;
use warnings;
use Config;
use Fcntl;
use POSIX qw(SIG_BLOCK _exit sigprocmask sigsuspend);
use Socket;

my %signals;                        # POSIX has no SIGIO
@signals{split ' ', $Config{sig_name}} = split ' ', $Config{sig_num};

socketpair(my $reader, my $writer, AF_UNIX, SOCK_DGRAM, 0) or die "socketpair: $!";
my $set = POSIX::SigSet->new($signals{IO});
sigprocmask(SIG_BLOCK, $set);       # it may come only while it is waited for
$SIG{IO} = sub { };
my $child = fork // die "fork: $!";
if (!$child) {
    close $reader;
    for (1 .. 300) {
        select undef, undef, undef, 0.001;
        syswrite $writer, 'message';
    }
    _exit(0);
}
fcntl($reader, F_SETOWN, $$ + 0) or die "F_SETOWN: $!";
fcntl($reader, F_SETFL, O_NONBLOCK | O_ASYNC) or die "F_SETFL: $!";
my ($received, $nothing) = (0, POSIX::SigSet->new);
while ($received < 300) {
    $received++ while sysread $reader, my $data, 4096;
    sigsuspend($nothing) if $received < 300;
}
waitpid $child, 0;
print "$received\n";

#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Echo server: one loop on select(), non-blocking sockets. PORT as argument.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

my $listener = IO::Socket::INET->new(
    LocalAddr => '127.0.0.1', LocalPort => $ARGV[0], Listen => 128, ReuseAddr => 1, Blocking => 0)
    or die "listen: $!";
my $watched = IO::Select->new($listener);
while (1) {
    for my $ready ($watched->can_read) {
        if ($ready == $listener) {
            my $connection = $listener->accept or next;
            $connection->blocking(0);
            $watched->add($connection);
        } elsif (sysread $ready, my $data, 4096) {
            syswrite $ready, $data;
        } else {
            $watched->remove($ready);
            close $ready;
        }
    }
}

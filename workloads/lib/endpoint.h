/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pairs of descriptors to wait on, and the names that a tracer should give them. */
#ifndef WORKLOADS_ENDPOINT_H
#define WORKLOADS_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* Two ends of one connection on 127.0.0.1; ends[0] was accepted, ends[1] has connected. */
void endpoint__tcp_pair(int ends[2]);

/* Two UDP sockets on 127.0.0.1, connected to each other. */
void endpoint__udp_pair(int ends[2]);

/* A socket that listens on a free port of 127.0.0.1. A backlog of 0 lets one connection queue. */
int endpoint__tcp_listener(int backlog);

/*
 * The same on a given port (0: a free one), also while connections of an earlier listener on it are
 * still in TIME_WAIT. With share, several listeners of this user may have the same port, and the
 * kernel deals the connections out among them (SO_REUSEPORT).
 */
int endpoint__tcp_listener_at(uint16_t port, int backlog, bool share);

/* Each message of a TCP socket is to leave by itself and at once. */
void endpoint__send_at_once(int fd);

/* The same on an abstract unix address of this process. */
int endpoint__unix_listener(int backlog);

/* A new stream socket that can connect to the listener, not connected yet. */
int endpoint__client(int listener);

/* The address that a socket is bound to, ready for connect(). */
struct endpoint_address {
	struct sockaddr_storage storage;
	socklen_t length;
};
struct endpoint_address endpoint__address(int fd);

/* connect() to the address of the listener. */
int endpoint__connect(int client, int listener);

/*
 * Closes a connection, if there is one, with a reset: many operations leave no ports in
 * TIME_WAIT. Sets the descriptor to -1.
 */
void endpoint__reset(int *fd);

/* "127.0.0.1:80", "@name"; "" where the socket has no such address. */
void endpoint__local_address(int fd, char *text, size_t size);
void endpoint__remote_address(int fd, char *text, size_t size);

/* Where a descriptor leads: "pipe:[1234]", "/dev/pts/0", "/tmp/file". */
void endpoint__link(int fd, char *text, size_t size);

void endpoint__set_nonblocking(int fd);

#endif

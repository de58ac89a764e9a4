/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a server is told to end. Its sockets are shut down for reading: whoever waits in accept() on
 * a listener gets EINVAL, whoever waits in recv() for a request gets the end of the stream, and
 * epoll and io_uring report the same. So no wait needs a timeout, and no signal can come too early.
 */
#ifndef WORKLOADS_STOP_H
#define WORKLOADS_STOP_H

#include <stdbool.h>
#include <sys/types.h>

/* A socket to shut down; to be called before other threads run. Ends the program past 1024. */
void stop__add(int fd);

/* In a child process: forgets the parent's sockets, takes this one. */
void stop__replace(int fd);

/* Whether stop__now() has been called. */
bool stop__requested(void);

/* Safe in signal handlers and from several threads at once. */
void stop__now(void);

/* SIGTERM, SIGINT and SIGHUP do so from now on (those that are ignored stay so). */
void stop__on_signals(void);

#endif

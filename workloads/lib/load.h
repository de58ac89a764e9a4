/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The load that a client puts on a service: many connections in one epoll loop per thread, one
 * request outstanding on each at most.
 *
 * Closed loop: a connection sends its next request when it has the reply to the last. Such a client
 * slows down with its server, and then asks less while the server is at its worst.
 * Open loop: the requests are due on a fixed schedule, whether or not the server keeps up. One that
 * is due on a connection that still waits is sent late, and its latency counts from when it was
 * due: what the server's slowness costs the users behind it is not left out (coordinated omission).
 */
#ifndef WORKLOADS_LOAD_H
#define WORKLOADS_LOAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "actor.h"
#include "distribution.h"

/* Why requests have no reply, and connections ended early. */
enum load_error {
	LOAD_RESET,	 /* the connection was reset */
	LOAD_CLOSED,	 /* the server closed the connection */
	LOAD_CORRUPT,	 /* the reply was not the request */
	LOAD_UNANSWERED, /* no reply within the timeout */
	LOAD_UNSENT,	 /* due, but not sent: the time was up, or the connection gone */
	LOAD_ERRORS,
};

/* What several threads have in common. */
struct load_plan {
	uint64_t size;
	uint64_t requests;    /* in all; 0: until the duration is over */
	uint64_t duration_ns; /* 0: until the requests are done */
	uint64_t rate;	      /* requests a second, in all; 0: closed loop */
	uint64_t timeout_ns;
	uint64_t threads;
	uint64_t start_ns;

	struct distribution latency;	   /* from when a request was due to its whole reply */
	struct distribution since_sending; /* from when it was sent: the same in a closed loop */
	_Atomic uint64_t last_reply_ns;
};

struct channel;

/* One thread's share of it. */
struct load {
	struct load_plan *plan;
	uint64_t index; /* of the thread */
	uint64_t channel_count;
	struct channel *channels;
	pthread_t thread;

	int epoll_fd;
	char *buffer;
	uint64_t quota;	 /* requests that it is to send; UINT64_MAX: as many as there is time for */
	uint64_t issued; /* so many were due */
	uint64_t alive;	 /* channels */
	uint64_t outstanding;
	uint64_t progress_ns; /* when something last came or went */

	uint64_t sent, replies, bytes_sent, bytes_received;
	uint64_t errors[LOAD_ERRORS];
	struct books books; /* of the thread, until the last reply or failure */
};

/* Takes the connected sockets, makes them non-blocking, and closes them at the end. */
void load__set_up(struct load *load, struct load_plan *plan, uint64_t index, const int *fds,
		  uint64_t count);
void load__start(struct load *load);
void load__join(struct load *load);

#endif

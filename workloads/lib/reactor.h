/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An epoll loop that serves connections, as an explicit state machine: no call in it blocks but
 * epoll_pwait2(), and what a connection waits for is a state that it is in, not a place in code
 * where a thread stands.
 */
#ifndef WORKLOADS_REACTOR_H
#define WORKLOADS_REACTOR_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "service.h"
#include "work_pool.h"

/* What the job of a request is, if it is no timer: blocking work. */
enum job { JOB_TIMER, JOB_SLEEP, JOB_FILE };

/* What several loops of one server have in common. */
struct reactor_plan {
	struct service *service;
	enum job job;
	bool blocks_in_handler; /* the fault: the loop does the blocking work itself */
	int file_fd;		/* for JOB_FILE */
	_Atomic uint64_t file_slot;

	/* Of all loops, here since each is large. */
	struct distribution waits;	    /* of epoll_pwait2() calls */
	struct distribution handlers;	    /* from each return to the next call */
	struct distribution handler_blocks; /* the blocking work, where a loop does it */
};

struct connection;
TAILQ_HEAD(connection_queue, connection);
LIST_HEAD(connection_list, connection);

struct reactor {
	struct reactor_plan *plan;
	int index;
	int listener;
	struct work_pool *pool; /* NULL: none */

	pthread_t thread;
	pid_t tid;
	int epoll_fd;
	int work_fd;		/* an eventfd by which the pool says that it has done something */
	bool listener_is_armed; /* not while there are no descriptors */
	bool is_draining;
	struct connection_list connections;
	struct connection_queue timers; /* by deadline, since all last the same */
	struct connection_list closed;	/* freed when no event can name them any more */

	uint64_t open, served, requests, iterations, events, batch_max;
};

/* plan, index and listener must be set, pool_threads is 0 for none. */
void reactor__set_up(struct reactor *reactor, uint64_t pool_threads, uint64_t stack);

/* Until the listener has been shut down and all requests in hand are answered. */
void reactor__run(struct reactor *reactor);

void reactor__tear_down(struct reactor *reactor);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Threads that do blocking work for others: they wait on one queue, and take what comes first. Who
 * gave the work finds it on a list when it is done, and is told by an eventfd if it likes.
 */
#ifndef WORKLOADS_WORK_POOL_H
#define WORKLOADS_WORK_POOL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "distribution.h"

/* One piece of work, a member of what it is done for. */
struct work {
	STAILQ_ENTRY(work) next;
	void (*run)(struct work *work); /* in a thread of the pool */
	uint64_t submitted_ns;
};

STAILQ_HEAD(work_list, work);

struct work_pool {
	uint64_t thread_count;
	pthread_t *threads;
	int event_fd; /* -1: nobody is told */

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t has_work;
	struct work_list queued, done;
	uint64_t queued_now, queued_max;
	bool is_ending;

	_Atomic uint64_t wakeups;     /* eventfd writes */
	struct distribution queueing; /* from submission until a thread took it */
	struct distribution working;  /* and from then until it was done */
	struct distribution resting;  /* waits of a thread for work, the last one not in it */
};

/* The threads are named "pool". stack 0: the system's default. Freed by work_pool__free(). */
struct work_pool *work_pool__new(uint64_t threads, uint64_t stack, int event_fd);

void work_pool__submit(struct work_pool *pool, struct work *work);

/*
 * All that has been done since the last time: the oldest, from which the others are found by
 * STAILQ_NEXT(). NULL if there is none.
 */
struct work *work_pool__take_done(struct work_pool *pool);

/* The threads do what is queued, then they end. */
void work_pool__finish(struct work_pool *pool);
void work_pool__free(struct work_pool *pool);

/* An object: threads, jobs, queued_max, wakeups, queueing, working, resting. */
void work_pool__write(const struct work_pool *pool, struct truth *truth, const char *name);

#endif

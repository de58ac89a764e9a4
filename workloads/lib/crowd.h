/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Many threads that only wait, all for the same thing. */
#ifndef WORKLOADS_CROWD_H
#define WORKLOADS_CROWD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "latency.h"

enum crowd_wait { CROWD_FUTEX, CROWD_PIPE, CROWD_SLEEP, CROWD_WAITS };

/* What a tracer is to say of these waits; words as in the definitions of waitscope. */
struct crowd_wait_kind {
	const char *name, *syscall, *class, *object_kind;
};
extern const struct crowd_wait_kind crowd_waits[CROWD_WAITS];

struct crowd {
	enum crowd_wait on;
	uint64_t sleep_ns; /* CROWD_SLEEP: how long each sleeps from its start; others until
			      released */
	uint64_t asked, count;
	int error; /* why there are not all, or 0 */
	size_t stack, guard;
	pthread_t *threads;
	struct latency creation; /* of pthread_create() */
	uint64_t creating_ns;	 /* from before the first to after the last */

	_Atomic uint32_t gate; /* the futex: 0 is closed */
	int pipe[2];
	_Atomic uint64_t first_woken_ns; /* when the first one's wait was over, or 0 */
};

/* stack 0: the system's default. Memory is taken, no thread is made. Ends the program on failure.
 */
void crowd__set_up(struct crowd *crowd, uint64_t count, uint64_t stack, enum crowd_wait on,
		   uint64_t sleep_ns);

/* Makes the threads, all of them or until one fails. */
void crowd__start(struct crowd *crowd);

/* Returns when all threads are asleep; false if one has woken before, or if that takes a minute. */
bool crowd__await_asleep(const struct crowd *crowd);

/* Ends all waits, and returns when all threads have ended. */
void crowd__release(struct crowd *crowd);
void crowd__free(struct crowd *crowd);

/* What stands in the way of more threads, in words; for after a failure. */
const char *crowd__limit(char *text, size_t size);

#endif

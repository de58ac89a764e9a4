/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An io_uring, set up in one of several ways, with its calls counted. */
#ifndef WORKLOADS_RING_H
#define WORKLOADS_RING_H

#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>

#include "calls.h"

enum ring_setup { RING_DEFAULT, RING_SQPOLL, RING_DEFER_TASKRUN, RING_SETUPS };

extern const char *const ring_setup_names[RING_SETUPS];

struct ring {
	struct io_uring ring;
	enum ring_setup setup;
	uint64_t submits; /* that handed over something */
	uint64_t batch_submit_max, batch_reap_max;
};

/*
 * For the thread that will use it, and no other. SQPOLL's thread stays on that CPU. Says in one
 * line why, and ends the program with status 1, if io_uring is not allowed here, or not known to
 * this kernel.
 */
void ring__set_up(struct ring *ring, enum ring_setup setup, uint64_t entries, int poller_cpu);
void ring__tear_down(struct ring *ring);

/* A new entry of the submission queue, which must have room, for the request so named. */
struct io_uring_sqe *ring__new_entry(struct ring *ring);

/* Hands over what is new: one io_uring_enter, or none if a thread of the kernel looks for it. */
void ring__submit(struct ring *ring, struct calls *calls);

/*
 * Hands over what is new, and returns when there is a completion. One io_uring_enter does both;
 * with SQPOLL there is none, and this looks at the queue until there is something (spins).
 */
void ring__submit_and_wait(struct ring *ring, struct calls *calls);

/*
 * Hands each completion there is to `take`, in order, and then returns their number. What `take`
 * gets is gone when it returns.
 */
unsigned int ring__reap(struct ring *ring, void (*take)(void *owner, const struct io_uring_cqe *),
			void *owner);

#endif

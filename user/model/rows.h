/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rows of the kernel side (bpf/records.h), wherever they are: in maps, or read from a file. And
 * what a profile needs to know of a trace besides.
 */
#ifndef WAITSCOPE_MODEL_ROWS_H
#define WAITSCOPE_MODEL_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/records.h"

/* A pool of rows. Row 0 is not used. */
struct rows {
	const void *base;
	size_t stride;
	uint32_t used;	   /* rows 1 .. used are in use */
	uint32_t capacity; /* row numbers are smaller */
	size_t length;	   /* of the memory, bytes */
};

static inline const void *rows__at(const struct rows *rows, uint32_t number)
{
	return (const char *)rows->base + rows->stride * number;
}

/*
 * It has not ended, yet the closing census did not find it. If it was seen to exit, the window was
 * over before it was switched out for the last time: its books close with its last event, and
 * nothing is missing. Else that switch-out was missed, and nothing is known since the last event.
 */
static inline void thread_row__settle(struct thread_row *row)
{
	if (row->flags & (THREAD_ENDED | THREAD_BOOKS | THREAD_CUT))
		return;
	ledger__drop_wait(&row->ledger);
	if (row->flags & THREAD_EXITING) {
		row->ledger.state = LEDGER_ENDED;
		row->flags |= THREAD_ENDED;
	} else {
		row->ledger.state = LEDGER_UNKNOWN;
		row->ledger.lost++;
	}
}

/* What did not fit in wait rows and call rows. */
struct overflow_waker {
	uint32_t wait;
	uint32_t pad;
	struct waker_count waker;
};

struct overflow_errno {
	uint32_t call;
	uint32_t number;
	uint64_t count;
};

/* Everything that a profile is built from. */
struct sources {
	struct rows pools[POOLS];
	struct overflow_waker *wakers; /* sorted by wait row; owned */
	size_t waker_count;
	struct overflow_errno *errnos; /* sorted by call row; owned */
	size_t errno_count;
};

/* What is known of a trace beside its rows. Instants are CLOCK_MONOTONIC, ns. */
struct trace_facts {
	uint64_t attached_at, ended_at;
	uint64_t losses[LOSSES];
	uint64_t missed_runs;
	uint32_t in_use[POOLS], capacity[POOLS];
};

#endif

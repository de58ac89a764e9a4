/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Inside collect/gather*: rows as the programs left them, and model rows made of them.
 */
#ifndef WAITSCOPE_COLLECT_GATHER_ROWS_H
#define WAITSCOPE_COLLECT_GATHER_ROWS_H

#include "collect/session.h"
#include "model/profile.h"

/* Maps the pools and reads the hash maps. Returns 0 or a negative errno. */
int sources__open(struct sources *sources, const struct session *session);
void sources__close(struct sources *sources);

/* Adds the buckets of a histogram row (0: none). 0 or -ENOMEM. */
int histogram__from_row(struct histogram *histogram, const struct sources *sources,
			uint32_t number);

/* A model row from a wait row, or a call row; the caller clears it. 0 or -ENOMEM. */
int wait__from_row(struct wait *wait, const struct sources *sources, uint32_t number);
/* Only what it was for: its call, class and object. */
int wait__identify_row(struct wait *wait, const struct sources *sources, uint32_t number);
int call__from_row(struct call *call, const struct sources *sources, uint32_t number);

int attempts__from_row(struct attempts *attempts, const struct sources *sources, uint32_t number);

/*
 * The event loops of a thread: of its multiplexing calls those that make a loop, the one that it
 * rests in first. `row` is a copy whose books are closed; `open` the wait that the end of the
 * window cut, or NULL. 0 or -ENOMEM; thread__clear() frees either way.
 */
int loops__of_thread(struct thread *thread, const struct sources *sources,
		     const struct thread_row *row, const struct ledger_wait *open);

/*
 * Adds up rows that look the same to a reader: sorts, and merges neighbours; `count` shrinks.
 * What is merged away is cleared. 0 or -ENOMEM.
 */
int waits__merge(struct wait *waits, size_t *count);
int calls__merge(struct call *calls, size_t *count);
int attempts__merge(struct attempts *attempts, size_t *count);

/* Deep copies, for the sums of a process. 0 or -ENOMEM. */
int wait__copy(struct wait *to, const struct wait *from);
int call__copy(struct call *to, const struct call *from);
int attempts__copy(struct attempts *to, const struct attempts *from);

/* Harm first: what blocks before what idles, more time before less. For qsort. */
int waits__by_harm(const void *a, const void *b);
int calls__by_total(const void *a, const void *b);
int attempts__by_refusals(const void *a, const void *b);

/* NULL is before every text. */
int text_order(const char *left, const char *right);

#endif

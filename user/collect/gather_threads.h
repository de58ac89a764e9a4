/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Inside collect/gather*: one look at the rows, and the threads of the model made of it.
 */
#ifndef WAITSCOPE_COLLECT_GATHER_THREADS_H
#define WAITSCOPE_COLLECT_GATHER_THREADS_H

#include "collect/gather_rows.h"
#include "collect/stacks.h"

/* A row and the thread that owns it. */
struct owned {
	uint32_t thread, number;
};

/* One look at all rows. */
struct look {
	struct sources sources;
	bool borrowed; /* `sources` are somebody else's */
	enum tier tier;
	uint64_t begin, end; /* of the window; `end` cuts what is still open */
	struct owned *waits; /* wait rows by the thread that owns them */
	size_t wait_count;
	struct owned *calls;
	size_t call_count;
	struct owned *attempts;
	size_t attempt_count;
	struct stack_collector *stacks; /* takes over those of each thread; NULL: there are none */
};

/* A thread of the model, and what finds its process. */
struct member {
	int tid, tgid, ppid;
	uint32_t flags; /* THREAD_* */
	uint64_t start; /* absolute: orders the threads of a process */
	char comm[RECORDS_COMM];
	char *executable; /* owned until a process takes it; NULL: unknown */
	struct thread thread;
};

/*
 * Reads the rows of a session, or takes those that are given, which stay the caller's. Returns 0 or
 * a negative errno; look__close() frees either way.
 */
int look__open(struct look *look, const struct session *session, const struct sources *given);
void look__close(struct look *look);

/* True if a thread row is filled and inside the window. */
bool look__has_thread(const struct look *look, uint32_t number);

/* A member from thread row `number`. 0 or -ENOMEM; the caller frees what it owns. */
int member__from_row(struct member *member, const struct look *look, uint32_t number);
void member__clear(struct member *member);

/* The rows of a thread in one of the lists: the first, and how many. */
uint32_t look__find(const struct owned *list, size_t count, uint32_t thread, uint32_t *found);

#endif

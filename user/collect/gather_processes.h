/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Inside collect/gather*: what belongs to a process as a whole, its requests and maxima, from the
 * rows of the kernel side.
 */
#ifndef WAITSCOPE_COLLECT_GATHER_PROCESSES_H
#define WAITSCOPE_COLLECT_GATHER_PROCESSES_H

#include "collect/gather_threads.h"

/* A process row on its way to be part of a process of the model. */
struct process_notes {
	int tgid;
	uint64_t running_max, operations_max;
	uint64_t posix_calls[POSIX_AIO_CALLS];
	struct requests *requests; /* owned */
	size_t request_count;
};

struct notebook {
	struct process_notes *notes; /* sorted by tgid once finished; owned */
	size_t count;
};

/*
 * Takes over the processes of which no thread row is left, and gives their rows back to the
 * programs. In two steps: a process that begins to look so in this call is taken in the next one,
 * when no thread can be about to join it any more. 0 or a negative errno.
 */
int notebook__reap(struct notebook *notebook, struct session *session, const struct look *look);

/* Takes over all that are left at the end of the window. 0 or a negative errno. */
int notebook__finish(struct notebook *notebook, const struct look *look);

/* Moves what is known of `process` into it: requests, maxima. Call after notebook__finish(). */
int notebook__tell(struct notebook *notebook, struct process *process);

void notebook__clear(struct notebook *notebook);

#endif

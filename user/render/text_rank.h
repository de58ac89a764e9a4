/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which waits hurt most: the waits of all threads, put together where threads of one process
 * wait in the same way, largest total first.
 */
#ifndef WAITSCOPE_RENDER_TEXT_RANK_H
#define WAITSCOPE_RENDER_TEXT_RANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/profile.h"

enum rank_kind {
	RANK_WAIT,
	RANK_IDLE,     /* a wait at a resting place */
	RANK_RUNNABLE, /* run-queue delay of threads that had much of it */
	RANK_PREEMPTED,
};

/* One wait of one thread. */
struct rank_member {
	const struct process *process;
	const struct thread *thread;
	const struct wait *wait; /* NULL: run-queue delay or preemption */
};

/* One line of the report: members [first, first + size), which are sorted by thread. */
struct rank_group {
	enum rank_kind kind;
	size_t first, size;
	size_t threads, objects;
	const struct rank_member *most; /* the member with the largest total */
	uint64_t lifetime;		/* of its threads, added up */
	uint64_t total, runqueue, count, censored;
};

struct rank {
	struct rank_member *members;
	size_t member_count;
	struct rank_group *groups; /* largest total first */
	size_t group_count;
	size_t processes; /* of the profile */
};

/* Fills `rank` from a profile, which has to outlive it. Returns 0 or -ENOMEM. */
int rank__build(struct rank *rank, const struct profile *profile);
void rank__clear(struct rank *rank);

/*
 * The distribution of a group's waits, and who ended them, most frequent first. Both are the
 * caller's (histogram__clear(), free()); names in the wakers belong to the profile.
 */
int rank__distribution(const struct rank *rank, const struct rank_group *group,
		       struct histogram *distribution);
int rank__wakers(const struct rank *rank, const struct rank_group *group, struct waker **wakers,
		 size_t *count);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside of the pathfinder: the path of each thread. */
#ifndef WAITSCOPE_RECORDING_PATHFINDER_INTERNAL_H
#define WAITSCOPE_RECORDING_PATHFINDER_INTERNAL_H

#include "recording/cpu_past.h"
#include "recording/losses.h"
#include "recording/path_cast.h"
#include "recording/path_tree.h"
#include "recording/pathfinder.h"
#include "recording/replay.h"
#include "recording/thread_ids.h"

/* Where a thread comes from that was woken: NULL: from its own sleep. */
struct origin {
	struct path_node *node; /* held */
	uint64_t at;		/* how far that path reaches */
	uint64_t epoch;		/* losses until then */
};

struct walker {
	struct path_node *tip; /* held by it alone; NULL: it has no path (yet) */
	uint64_t at;	       /* how far its path reaches */
	uint64_t off;	       /* it was switched out then */
	struct origin woken;
	uint32_t kind;	/* of the waker */
	uint32_t life;	/* who it is: number in the cast of the path */
	uint64_t epoch; /* losses until its last event */
};

struct pathfinder {
	struct cast *cast;
	struct replay *replay;
	struct path_tree tree;
	struct path_cast names;
	struct grown walkers; /* by thread row */
	struct thread_ids ids;
	struct cpu_pasts pasts;
	struct path_node *last; /* of the last thread of the command that has ended */
	uint64_t last_at, last_epoch;
	uint32_t root;	    /* thread row of the command; 0: not seen yet */
	uint32_t root_tgid; /* its process */
	uint64_t began;
	struct losses losses;
};

/* pathfinder_walk.c; what can fail: 0 or -ENOMEM. NULL: grown__error(). */

struct walker *pathfinder__walker(struct pathfinder *finder, uint32_t row);
void walker__forget_origin(struct pathfinder *finder, struct walker *walker);
/* From here on its path goes on from that (NULL: the begin); takes the reference. */
int walker__go_on_from(struct pathfinder *finder, struct walker *walker, struct path_node *node,
		       uint64_t at);
/* It spent the time until then so. */
int walker__charge(struct walker *walker, uint32_t life, uint32_t cause, uint64_t until);
int walker__charge_kind(struct walker *walker, enum path_cause_kind kind, uint64_t until);
/* Of a path that is not known: up to then. */
int walker__begin_unknown(struct pathfinder *finder, struct walker *walker, uint64_t until);
/*
 * Who waited for whom before events were lost cannot be known, so all before is unknown. `sleeps`:
 * what it did since then is not known either, for it may have done something else meanwhile.
 */
int walker__doubt(struct pathfinder *finder, struct walker *walker, bool sleeps, uint64_t now);
/* It was woken and is on a CPU now: the path comes from its waker, or from its own sleep. */
int walker__end_sleep(struct pathfinder *finder, struct walker *walker,
		      const struct replay_thread *thread, uint64_t now);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What each of many threads did when, in a bounded number of slices. When there are too many, those
 * that are shorter than a resolution are merged with their neighbours, and the resolution doubles
 * as often as it takes: what is merged keeps the sum of each kind, so that no time is lost or
 * invented, only its order within the slice.
 */
#ifndef WAITSCOPE_MODEL_LANES_H
#define WAITSCOPE_MODEL_LANES_H

#include <stddef.h>
#include <stdint.h>

#include "model/wait_class.h"

/* Blocked time is of its wait class, unless it is idle. What is in no slice is not known. */
enum lane_kind {
	LANE_RUNNING = 0,
	LANE_RUNNABLE = 1,
	LANE_PREEMPTED = 2,
	LANE_IDLE = 3,
	LANE_BLOCKED = 4, /* + enum wait_class */
	LANE_KINDS = LANE_BLOCKED + CLASSES,
};

struct lane_slice {
	uint64_t since, until; /* ns */
	uint64_t *sums;	       /* LANE_KINDS of it; NULL: all of it is of one kind */
	uint32_t merged;       /* slices that it was made of; 1: it is as it came */
	uint32_t detail;       /* the caller's; 0 once it is merged */
	enum lane_kind kind;   /* of the largest sum */
};

struct lane {
	struct lane_slice *slices; /* in order of time, without overlaps */
	size_t count, room;
};

struct lanes {
	struct lane *lanes;
	size_t count, room;
	size_t slices, most; /* of all lanes; beyond `most` it is merged */
	uint64_t resolution; /* ns; 0: nothing is merged */
	uint64_t came;	     /* slices that were added */
};

/* A lane more, its number in `*lane`. 0 or -ENOMEM. */
int lanes__add(struct lanes *lanes, size_t *lane);

/* Appends a slice; what lies before the end of the lane's last one is cut off. 0 or -ENOMEM. */
int lanes__append(struct lanes *lanes, size_t lane, const struct lane_slice *slice);

void lanes__clear(struct lanes *lanes);

#endif

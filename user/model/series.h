/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Distributions of one measured thing, one for each process, syscall, device ... that it was asked
 * by.
 *
 * Times are nanoseconds. Arrays and strings belong to the struct; distributions__free() frees all.
 */
#ifndef WAITSCOPE_MODEL_SERIES_H
#define WAITSCOPE_MODEL_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/histogram.h"
#include "model/profile.h"

struct series {
	char *label; /* "nginx (812)", "read", "sda write"; NULL: all together */
	struct histogram total;
	/* one for each interval of distributions.interval; NULL where it is 0. Their minimum and
	 * maximum are those of their buckets, unless it is the interval with the total's. */
	struct histogram *slices;
};

struct distributions {
	const char *what;      /* static: "blocked" */
	const char *meaning;   /* static: what one value is, in a sentence */
	const char *by;	       /* static: "process"; NULL: all together */
	uint64_t started;      /* CLOCK_REALTIME of the window's begin, ns */
	uint64_t window;       /* ns */
	uint64_t interval;     /* ns; 0: none */
	size_t slice_count;    /* intervals, the last one may be shorter */
	struct series *series; /* largest sum first */
	size_t series_count;
	uint64_t censored;	   /* values cut by an edge of the window: in no distribution */
	char *why_empty;	   /* one line; NULL if there are values */
	const struct profile *run; /* the traced run and its audit; not owned */
};

/* Frees all it owns and the struct itself. NULL is fine. */
void distributions__free(struct distributions *distributions);

#endif

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
	/* those of the total that are marked: see distributions.marked */
	struct histogram marked;
	const char *cause; /* static: what nearly all that is marked waited for; NULL: not known */
	/* one for each interval; NULL where there are none. Their minimum and maximum are those of
	 * their buckets, unless it is the interval with the total's. */
	struct histogram *slices;
};

/* The same values, added up apart from it in the rows of the profile. */
struct cross_check {
	bool known; /* false: the profile does not add them up */
	uint64_t count, sum;
};

struct distributions {
	const char *what;    /* as it was asked for: "syscall:read" */
	const char *meaning; /* static: what one value is, in a sentence */
	const char *by;	     /* static: "process"; NULL: all together */
	/* static: what is true of the marked values, and of the others: "asleep", "did not sleep";
	 * NULL: none is marked */
	const char *marked, *unmarked;
	uint64_t started;      /* CLOCK_REALTIME of the window's begin, ns */
	uint64_t from;	       /* ns after the begin: of a single interval, else 0 */
	uint64_t window;       /* ns, from there */
	size_t number;	       /* of a single interval, from 1; 0: these are all of the window */
	uint64_t interval;     /* ns; 0: none */
	size_t slice_count;    /* intervals */
	uint64_t *starts;      /* of each interval, ns after the begin: the kernel may be late */
	struct series *series; /* largest sum first */
	size_t series_count;
	uint64_t censored; /* values cut by an edge of the window: in no distribution */
	struct cross_check check;
	struct loss_count *lost; /* what these distributions may lack, by cause; counts above 0 */
	size_t lost_count;
	char *why_empty;	   /* one line; NULL if there are values */
	const struct profile *run; /* the traced run and its audit; not owned. NULL: it goes on */
};

/* Is every value in its distribution and in a bucket of it? */
bool distributions__are_complete(const struct distributions *distributions);

/* The sum over all series. */
void distributions__add_up(const struct distributions *distributions, uint64_t *count,
			   uint64_t *sum);

/* Frees all it owns and the struct itself. NULL is fine. */
void distributions__free(struct distributions *distributions);

#endif

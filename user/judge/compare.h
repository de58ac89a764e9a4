/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What changed between two sides, each of one run or of several of the same. Pure.
 *
 * A side's figure is the median of its runs; its noise is their range. docs/definitions.md says
 * when a change is taken for more than noise, and how often that is wrong.
 */
#ifndef WAITSCOPE_JUDGE_COMPARE_H
#define WAITSCOPE_JUDGE_COMPARE_H

#include "model/diff_figures.h"

struct diff_side {
	struct diff_run *runs;
	size_t count;
};

/* What totals are divided by. */
enum diff_per { DIFF_PER_RUN, DIFF_PER_SECOND, DIFF_PER_OPERATION };

struct diff_spread {
	double median, low, high;
};

enum diff_noise {
	DIFF_NOISE_UNKNOWN, /* too few repeats to know */
	DIFF_NOISE_WITHIN,
	DIFF_NOISE_BEYOND,
};

struct diff_change {
	const struct diff_value *of; /* its name; of a run */
	struct diff_spread a, b;
	enum diff_noise noise;
	bool few; /* a quantile that rests on too few values: not compared */
};

/* Another I/O model or structure, or a process that is on one side only. */
struct diff_verdict {
	const char *process;
	const char *io_model[2], *structure[2]; /* A, B; NULL: no such process */
};

/* A process whose name is another on side B; figures have the name of side A. */
struct diff_renamed {
	char *a, *b;
};

struct diff {
	const struct diff_side *sides; /* A, B */
	enum diff_per per;
	bool full;    /* all runs are of the full tier: syscalls, requests and loops are compared */
	bool repeats; /* enough of them for noise to be known */
	double chance; /* that the ranges lie apart without a change, by the number of runs */
	struct diff_change *changes; /* every figure compared, biggest change first */
	size_t change_count;
	const struct diff_change **by_name; /* the same in the order of their names */
	struct diff_verdict *verdicts;	    /* that differ */
	size_t verdict_count;
	struct diff_renamed *renamed;
	size_t renamed_count;
};

/*
 * Compares A and B. Processes that are on one side only are matched by the file that they run, or
 * as the traced commands: the runs of side B then have their names changed. Returns NULL without
 * memory, and with `why` set if figures cannot be taken `per` that.
 */
struct diff *diff__new(struct diff_side *sides, enum diff_per per, const char **why);
void diff__free(struct diff *diff);

/* How much more B has, and as a fraction of A (infinite of 0). */
double diff_change__difference(const struct diff_change *change);
double diff_change__relative(const struct diff_change *change);
/* Is it worth a word: a difference that is compared, and not within noise? */
bool diff_change__counts(const struct diff_change *change);

/* What totals are compared by if nobody says: runs of commands by run, windows by second. */
enum diff_per diff__usual_per(const struct diff_side sides[2]);

/* The change of the same subject in another figure; NULL if there is none. */
const struct diff_change *diff__sibling(const struct diff *diff, const struct diff_change *change,
					enum diff_figure figure);

const char *diff_per__name(enum diff_per per);
const char *diff_noise__name(enum diff_noise noise);

#endif

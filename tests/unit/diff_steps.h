/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs made by hand, for the tests of comparisons: times of one process, in each run. */
#ifndef WAITSCOPE_TESTS_DIFF_STEPS_H
#define WAITSCOPE_TESTS_DIFF_STEPS_H

#include "judge/compare.h"
#include "tests/unit/unit.h"

#define RUNS_MOST 8

struct pair {
	struct diff_run runs[2][RUNS_MOST];
	struct diff_side sides[2];
	struct diff *diff;
};

static inline struct diff_run *pair__run(struct pair *pair, int side)
{
	struct diff_run *run = &pair->runs[side][pair->sides[side].count++];

	pair->sides[side].runs = pair->runs[side];
	*run = (struct diff_run){.window = 1e9, .conserved = true};
	run->source = strdup(side ? "b.json" : "a.json");
	run->command = strdup("./program --fast");
	assert_int_equal(diff_run__add_process(
				 run, &(struct diff_process){.name = (char *)"program",
							     .io_model = (char *)"blocking",
							     .structure = (char *)"sequential"}),
			 0);
	return run;
}

static inline void pair__add(struct diff_run *run, enum diff_figure figure, const char *name,
			     double value)
{
	assert_int_equal(diff_run__add(run, figure,
				       &(struct diff_name){.process = "program", .name = name},
				       value, 1000),
			 0);
}

/* A figure of all runs: `count` values of A, then as many of B. */
static inline void pair__figure(struct pair *pair, enum diff_figure figure, const char *name,
				size_t count, const double *values)
{
	for (size_t i = 0; i < 2 * count; i++) {
		int side = i >= count;

		while (pair->sides[side].count <= i % count)
			pair__run(pair, side);
		pair__add(&pair->runs[side][i % count], figure, name, values[i]);
	}
}

static inline struct diff *pair__compare(struct pair *pair, enum diff_per per)
{
	const char *why = NULL;

	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < pair->sides[side].count; i++)
			diff_run__settle(&pair->runs[side][i]);
	pair->diff = diff__new(pair->sides, per, &why);
	return pair->diff;
}

static inline void pair__clear(struct pair *pair)
{
	diff__free(pair->diff);
	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < pair->sides[side].count; i++)
			diff_run__clear(&pair->runs[side][i]);
	*pair = (struct pair){0};
}

/* By its path; NULL if it is not compared. */
static inline const struct diff_change *pair__find(const struct pair *pair, const char *path)
{
	for (size_t i = 0; i < pair->diff->change_count; i++) {
		char *other = diff_value__path(pair->diff->changes[i].of);
		bool same = !strcmp(other, path);

		free(other);
		if (same)
			return &pair->diff->changes[i];
	}
	return NULL;
}

static inline const struct diff_change *pair__the(const struct pair *pair, const char *path)
{
	const struct diff_change *change = pair__find(pair, path);

	if (!change)
		fail_msg("%s is not compared", path);
	return change;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The rows in which a distribution is shown: as many buckets to a row as it takes to see all of it.
 */
#ifndef WAITSCOPE_MODEL_AXIS_H
#define WAITSCOPE_MODEL_AXIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/histogram.h"

enum axis_kind {
	/* linear where nearly all values lie within a factor of 4 and no tail makes the rows wider,
	 * else logarithmic */
	AXIS_FIT,
	AXIS_LOG,    /* each row the same factor, a power of two to the power of 1, 1/2, 1/4 ... */
	AXIS_LINEAR, /* each row the same width: 1, 2 or 5 times a power of ten */
	AXIS_LOG2,   /* each row a power of two */
};

#define AXIS_ROWS 48 /* at most */

/* A stretch without a value that is longer than this many rows is one row, a gap. */
#define AXIS_EMPTY_ROWS 3

struct axis_row {
	uint64_t low, high; /* low <= value < high */
	uint64_t count;
	bool gap;
};

struct axis {
	enum axis_kind kind; /* never AXIS_FIT */
	struct axis_row rows[AXIS_ROWS];
	size_t count;
	uint64_t below, above; /* values outside the rows: zoomed away */
};

/*
 * Fits at most `rows` rows (up to AXIS_ROWS) to the values of `histogram` within min .. max (0 and
 * UINT64_MAX: all). No values: no rows.
 */
void axis__fit(struct axis *axis, const struct histogram *histogram, enum axis_kind kind,
	       size_t rows, uint64_t min, uint64_t max);

/* Counts the values of another histogram in the same rows; for heat maps. */
void axis__count(const struct axis *axis, const struct histogram *histogram,
		 uint64_t counts[AXIS_ROWS]);

#endif

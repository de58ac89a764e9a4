/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The modes of a distribution: the values around which it gathers. A read that is served by the
 * page cache or by a device has two, and its mean is neither.
 */
#ifndef WAITSCOPE_MODEL_MODES_H
#define WAITSCOPE_MODEL_MODES_H

#include <stddef.h>
#include <stdint.h>

#include "model/histogram.h"

struct mode {
	uint64_t peak;	    /* ns: the middle of its highest part */
	uint64_t low, high; /* ns: from low up to below high all values belong to it */
	uint64_t count;
	double share; /* of all values */
};

#define MODES_MOST 6

/*
 * Below this many values nothing is said. A mode holds at least MODES_LEAST_SHARE of the values and
 * MODES_LEAST_COUNT of them, and the valley beside it is lower than half of the lesser peak by more
 * than chance explains (three standard deviations of a count).
 */
#define MODES_LEAST_VALUES 100
#define MODES_LEAST_COUNT  20
#define MODES_LEAST_SHARE  0.01

/*
 * The part of a mode's values that are in `marked` as well (a subset of the values that it was
 * found in). Negative: some of those are in no bucket.
 */
double modes__marked_share(const struct mode *mode, const struct histogram *marked);

/* Fills `modes`, in the order of values. Returns how many; 0: too few values to say. */
size_t modes__find(const struct histogram *histogram, struct mode modes[MODES_MOST]);

#endif

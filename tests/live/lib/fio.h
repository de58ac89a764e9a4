/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs of fio, and its latencies against ours. */
#ifndef WAITSCOPE_LIVE_FIO_H
#define WAITSCOPE_LIVE_FIO_H

#include "tests/live/lib/live.h"

#define FIO_READS 3000

/* `before`, then a fio of one thread that reads from `data` at random, one block of 4 KiB after the
 * other, and leaves its figures in `result`. Freed with the test. */
const char *const *fio__reads(const char *const *before, const char *data, const char *result);

/* What it left of that job. */
struct json_object *fio__job(const char *result);

#define FIO_QUANTILES 3
extern const struct fio_quantile {
	double share;
	const char *ours, *fios;
} fio_quantiles[FIO_QUANTILES];

/* fio's figure for the latency of completion, ns. */
double fio__percentile(struct json_object *job, size_t quantile);

/*
 * How far that is from ours. Where the thread is taken off its CPU between fio's clock and the
 * call, fio has that time in its figure, and the call has not. So each such switch can lift one of
 * fio's samples beyond a quantile, and that of all calls is at most as many calls further up.
 */
double fio__distance(struct json_object *latency, size_t quantile, double preempted, double fios);

/* How far it may be: 3% of fio's figure, or 2 us. fio reads its clock outside of the call, and both
 * round to buckets of 1/64. */
double fio__allowed(double fios);

/* share of the calls: with more, the 99th percentile has no upper end */
#define FIO_PREEMPTED_MOST 0.008

/* Does one run on a file that it may make, fills how far each quantile is from fio's and how far it
 * may be. False: that says nothing, do another. */
typedef bool fio_comparison(const char *data, double off[FIO_QUANTILES],
			    double allowed[FIO_QUANTILES]);

/*
 * Compares three runs with fio: of each quantile the middle one has to be as near as it may be,
 * since one that something else disturbed does not count. Fails if three such rounds in a row
 * differ.
 */
void fio__hold_against(fio_comparison *compare);

#endif

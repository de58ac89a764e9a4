// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <math.h>
#include <stdlib.h>

#include "tests/live/lib/fio.h"
#include "tests/live/lib/hist.h"
#include "tests/live/lib/internal.h"

#define TOLERANCE_PERCENT 3
#define TOLERANCE_NS	  2000

const struct fio_quantile fio_quantiles[FIO_QUANTILES] = {{0.50, "p50_ns", "50.000000"},
							  {0.90, "p90_ns", "90.000000"},
							  {0.99, "p99_ns", "99.000000"}};

const char *const *fio__reads(const char *const *before, const char *data, const char *result)
{
	const char *const fio[] = {"fio",
				   "--name=reads",
				   "--thread",
				   "--ioengine=psync",
				   "--rw=randread",
				   "--direct=1",
				   "--bs=4k",
				   "--size=16m",
				   live__text("--number_ios=%d", FIO_READS),
				   "--io_size=1g",
				   live__text("--filename=%s", data),
				   "--output-format=json",
				   live__text("--output=%s", result)};
	size_t count = sizeof(fio) / sizeof(fio[0]), used = 0;
	const char **words = live__keep(calloc(64, sizeof(*words)), free);

	for (; *before && used + count + 1 < 64; before++)
		words[used++] = *before;
	for (size_t i = 0; i < count; i++)
		words[used++] = fio[i];
	return words;
}

struct json_object *fio__job(const char *result)
{
	const char *text = live__read_file(result, NULL);
	struct json_object *fio = text ? json__parse(text) : NULL;

	if (!fio)
		live__fail("fio left no result");
	return json_object_array_get_idx(json__at(fio, "jobs"), 0);
}

double fio__percentile(struct json_object *job, size_t quantile)
{
	struct json_object *value;

	/* not json__at: there is a dot in the name */
	if (!json_object_object_get_ex(json__at(job, "read.clat_ns.percentile"),
				       fio_quantiles[quantile].fios, &value))
		live__fail("fio has no percentile %s", fio_quantiles[quantile].fios);
	return json_object_get_double(value);
}

double fio__distance(struct json_object *latency, size_t quantile, double preempted, double fios)
{
	double share = fio_quantiles[quantile].share;
	double low = distribution__quantile(latency, share);
	double high = distribution__quantile(latency, fmin(1, share + preempted));

	return fios < low ? low - fios : fios > high ? high - fios : 0;
}

double fio__allowed(double fios)
{
	return fmax(fios * TOLERANCE_PERCENT / 100, TOLERANCE_NS);
}

static double middle(double a, double b, double c)
{
	return fmax(fmin(a, b), fmin(fmax(a, b), c));
}

#define RUNS   3
#define ROUNDS 3
#define TRIES  9

struct comparison {
	double off[RUNS][FIO_QUANTILES], allowed[RUNS][FIO_QUANTILES];
};

static void compare_all(const char *data, fio_comparison *compare, struct comparison *comparison)
{
	for (int run = 0, tries = 0; run < RUNS; tries++) {
		if (tries == TRIES)
			live__skip("this machine is too busy to hold quantiles against fio's");
		if (compare(data, comparison->off[run], comparison->allowed[run]))
			run++;
	}
}

/* NULL, or the quantile that is further off than it may be, in words. */
static const char *difference(const struct comparison *comparison)
{
	for (size_t i = 0; i < FIO_QUANTILES; i++) {
		const double(*off)[FIO_QUANTILES] = comparison->off;
		const double(*allowed)[FIO_QUANTILES] = comparison->allowed;
		double is = middle(off[0][i], off[1][i], off[2][i]);
		double may_be = middle(allowed[0][i], allowed[1][i], allowed[2][i]);

		if (fabs(is) > may_be)
			return live__text("percentile %s is %+.0f ns off fio's (%+.0f, %+.0f, "
					  "%+.0f), more than %.0f",
					  fio_quantiles[i].fios, is, off[0][i], off[1][i],
					  off[2][i], may_be);
	}
	return NULL;
}

void fio__hold_against(fio_comparison *compare)
{
	const char *data = live__disk_scratch("fio"), *differs = NULL;

	for (int round = 0; round < ROUNDS; round++) {
		struct comparison comparison;

		compare_all(data, compare, &comparison);
		differs = difference(&comparison);
		if (!differs)
			return;
	}
	live__fail("%s", differs);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Buckets as CSV (RFC 4180): one line for each bucket that holds values, of all series and
 * intervals. What is in no bucket has a line without one, and what was lost a last one.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "names/units.h"
#include "render/hist.h"

static int write_field(FILE *stream, const char *text)
{
	char *clean = units__escape(text ? text : "");

	if (!clean)
		return -ENOMEM;
	fputc('"', stream);
	for (const char *at = clean; *at; at++) {
		if (*at == '"')
			fputc('"', stream);
		fputc(*at, stream);
	}
	fputc('"', stream);
	free(clean);
	return 0;
}

/* `slice` is the number of an interval, or negative for all of the window. */
static int begin_line(FILE *stream, const struct distributions *distributions,
		      const struct series *series, long slice)
{
	int err;

	fprintf(stream, "%s,", distributions->what);
	err = write_field(stream, series->label);
	if (slice < 0)
		fputs(",,", stream);
	else
		fprintf(stream, ",%" PRIu64 ",", distributions->starts[slice]);
	return err;
}

static int write_histogram(FILE *stream, const struct distributions *distributions,
			   const struct series *series, const struct histogram *histogram,
			   long slice)
{
	uint64_t without = histogram->count - histogram->bucketed;
	int err = 0;

	for (unsigned int i = 0; i < BUCKET_CHUNKS * BUCKETS_PER_CHUNK && !err; i++) {
		uint64_t count = histogram__bucket(histogram, i);

		if (!count)
			continue;
		err = begin_line(stream, distributions, series, slice);
		fprintf(stream, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\r\n",
			(uint64_t)buckets__low(i), (uint64_t)buckets__high(i), count);
	}
	if (err || !without)
		return err;
	err = begin_line(stream, distributions, series, slice);
	fprintf(stream, ",,%" PRIu64 "\r\n", without);
	return err;
}

static void write_lost(FILE *stream, const struct distributions *distributions)
{
	uint64_t all = 0;

	for (size_t i = 0; i < distributions->lost_count; i++)
		all += distributions->lost[i].count;
	if (!all)
		return;
	fputs("lost,\"", stream);
	for (size_t i = 0; i < distributions->lost_count; i++)
		fprintf(stream, "%s%" PRIu64 " %s", i ? ", " : "", distributions->lost[i].count,
			distributions->lost[i].cause);
	fprintf(stream, "\",,,,%" PRIu64 "\r\n", all);
}

int render__hist_csv(FILE *stream, const struct distributions *distributions,
		     const struct hist_options *options)
{
	int err = 0;

	(void)options;
	fputs("what,of,interval_start_ns,low_ns,high_ns,count\r\n", stream);
	for (size_t i = 0; i < distributions->series_count && !err; i++) {
		const struct series *series = &distributions->series[i];

		if (!series->slices)
			err = write_histogram(stream, distributions, series, &series->total, -1);
		for (size_t j = 0; series->slices && j < distributions->slice_count && !err; j++)
			err = write_histogram(stream, distributions, series, &series->slices[j],
					      (long)j);
	}
	if (!err)
		write_lost(stream, distributions);
	if (!err && (fflush(stream) || ferror(stream)))
		err = -EIO;
	return err;
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Distributions as OpenMetrics 1.0 text: one histogram family in seconds, a series by its label.
 * Buckets are cumulative, at powers of two of a nanosecond from the first to the last that is
 * needed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "names/units.h"
#include "render/hist.h"

#define SECONDS(ns) ((double)(ns) / 1e9)

/* Label values escape backslash, quote and newline; control characters are texts already. */
static char *label_text(const char *label)
{
	char *clean = units__escape(label ? label : "all"), *text, *at;

	if (!clean)
		return NULL;
	text = at = calloc(2, strlen(clean) + 1);
	for (const char *from = clean; at && *from; from++) {
		if (*from == '\\' || *from == '"')
			*at++ = '\\';
		*at++ = *from;
	}
	free(clean);
	return text;
}

/* A metric name: letters, digits and underscores. */
static void name_of(const struct distributions *distributions, char *name, size_t size)
{
	snprintf(name, size, "waitscope_%s_seconds", distributions->what);
	for (char *at = name; *at; at++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_", *at))
			*at = '_';
}

static void write_series(FILE *stream, const char *name, const char *label,
			 const struct histogram *histogram)
{
	uint64_t upto = 0;

	for (unsigned int chunk = 0; chunk < BUCKET_CHUNKS; chunk++) {
		uint64_t before = upto;

		for (unsigned int i = 0; i < BUCKETS_PER_CHUNK; i++)
			upto += histogram__bucket(histogram, chunk * BUCKETS_PER_CHUNK + i);
		if (upto == 0 || (before == histogram->bucketed))
			continue;
		fprintf(stream, "%s_bucket{of=\"%s\",le=\"%.9g\"} %" PRIu64 "\n", name, label,
			/* le is "up to and with" */
			SECONDS(buckets__low((chunk + 1) * BUCKETS_PER_CHUNK) - 1), upto);
	}
	fprintf(stream, "%s_bucket{of=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", name, label,
		histogram->count);
	fprintf(stream, "%s_count{of=\"%s\"} %" PRIu64 "\n", name, label, histogram->count);
	fprintf(stream, "%s_sum{of=\"%s\"} %.9f\n", name, label, SECONDS(histogram->sum));
}

/* A family of its own, there also if it is nothing: that it is 0 can be alarmed on. */
static void write_lost(FILE *stream, const struct distributions *distributions)
{
	uint64_t without = 0;

	for (size_t i = 0; i < distributions->series_count; i++)
		without += distributions->series[i].total.count -
			   distributions->series[i].total.bucketed;
	fputs("# TYPE waitscope_lost counter\n# HELP waitscope_lost what is in no distribution or "
	      "in no bucket, by cause\n",
	      stream);
	fprintf(stream, "waitscope_lost_total{cause=\"without_bucket\"} %" PRIu64 "\n", without);
	for (size_t i = 0; i < distributions->lost_count; i++)
		fprintf(stream, "waitscope_lost_total{cause=\"%s\"} %" PRIu64 "\n",
			distributions->lost[i].cause, distributions->lost[i].count);
}

int render__hist_openmetrics(FILE *stream, const struct distributions *distributions,
			     const struct hist_options *options)
{
	char name[128];
	int err = 0;

	(void)options;
	name_of(distributions, name, sizeof(name));
	fprintf(stream, "# TYPE %s histogram\n# UNIT %s seconds\n# HELP %s %s\n", name, name, name,
		distributions->meaning);
	for (size_t i = 0; i < distributions->series_count && !err; i++) {
		char *label = label_text(distributions->series[i].label);

		if (label)
			write_series(stream, name, label, &distributions->series[i].total);
		else
			err = -ENOMEM;
		free(label);
	}
	if (!err)
		write_lost(stream, distributions);
	fputs("# EOF\n", stream);
	if (!err && (fflush(stream) || ferror(stream)))
		err = -EIO;
	return err;
}

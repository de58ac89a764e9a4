// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The values of one row, whatever kind of row they are counted in. */
#include "collect/measuring_internal.h"

enum pool measuring__pool(const struct measuring *measuring)
{
	switch (measuring->source) {
	case SOURCE_SERIES:
		return POOL_SERIES;
	case SOURCE_HANDLER:
	case SOURCE_READINESS:
		return POOL_LOOPS;
	default:
		return POOL_REQUESTS;
	}
}

static bool read_series(struct figures *figures, const struct series_row *row)
{
	*figures = (struct figures){.count = row->unkept,
				    .sum = row->sum,
				    .min = row->min,
				    .max = row->max,
				    .marked = row->unkept_marked,
				    .histogram = row->histogram,
				    .marked_histogram = row->marked_histogram,
				    .counted_apart = true};
	return row->key &&
	       (row->histogram || row->marked_histogram || row->unkept || row->unkept_marked);
}

static bool read_loop(struct figures *figures, const struct measuring *measuring,
		      const struct loop_row *row)
{
	if (measuring->source == SOURCE_HANDLER)
		*figures = (struct figures){.count = row->handlers,
					    .sum = row->handler_total,
					    .min = row->handler_min,
					    .max = row->longest,
					    .histogram = row->handler_histogram};
	else
		*figures = (struct figures){.count = row->readiness_count,
					    .sum = row->readiness_total,
					    .min = row->readiness_min,
					    .max = row->readiness_max,
					    .histogram = row->readiness_histogram};
	return row->thread && figures->count;
}

static bool read_request(struct figures *figures, const struct measuring *measuring,
			 const struct request_row *row)
{
	bool block = measuring->source != SOURCE_REQUESTS;

	if (measuring->source == SOURCE_BLOCK_QUEUE)
		*figures = (struct figures){.count = row->queued,
					    .sum = row->queue_total,
					    .min = row->queue_min,
					    .max = row->queue_max,
					    .histogram = row->queue_histogram};
	else
		*figures = (struct figures){.count = row->completed,
					    .sum = row->latency_total,
					    .min = row->latency_min,
					    .max = row->latency_max,
					    .histogram = row->latency_histogram};
	if (!figures->count || block != (row->key.api == REQUEST_BLOCK))
		return false;
	return !measuring->api || row->key.api == measuring->api;
}

bool figures__read(struct figures *figures, const struct measuring *measuring, const void *row)
{
	switch (measuring__pool(measuring)) {
	case POOL_SERIES:
		return read_series(figures, row);
	case POOL_LOOPS:
		return read_loop(figures, measuring, row);
	default:
		return read_request(figures, measuring, row);
	}
}

static uint64_t values_without_bucket(const struct sources *sources, uint32_t number)
{
	const struct histogram_row *row = rows__at(&sources->pools[POOL_HISTOGRAMS], number);

	return number ? row->overflow : 0;
}

/* Adds the buckets of a row to a histogram; `count` becomes how many values it has counted. */
static int add_buckets(struct histogram *values, const struct sources *sources, uint32_t number,
		       uint64_t *count)
{
	uint64_t before = values->bucketed;
	int err = histogram__from_row(values, sources, number);

	*count = values->bucketed - before + values_without_bucket(sources, number);
	return err;
}

int figures__add(const struct figures *figures, const struct sources *sources, bool settled,
		 struct histogram *values, struct histogram *marked)
{
	uint64_t count = 0, in_marked = 0, marked_count = 0;
	int err = add_buckets(values, sources, figures->histogram, &count);

	if (!err)
		err = add_buckets(marked, sources, figures->marked_histogram, &marked_count);
	if (!err)
		err = add_buckets(values, sources, figures->marked_histogram, &in_marked);
	if (err)
		return err;
	if (figures->counted_apart)
		count += in_marked + figures->count + figures->marked;
	else if (settled || !figures->histogram)
		count = figures->count;
	histogram__add_totals(values, count, figures->sum, figures->min, figures->max);
	histogram__add_totals(marked, marked_count + figures->marked, 0, figures->min,
			      figures->max);
	return 0;
}

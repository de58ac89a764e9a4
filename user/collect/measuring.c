// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collect/gather_rows.h"
#include "collect/measuring.h"
#include "collect/measuring_labels.h"

/* All rows with the same label. */
struct entry {
	char *label; /* NULL: all */
	struct histogram now, before;
	struct histogram *slices;
	size_t slice_room;
};

struct recorder {
	const struct session *session;
	const struct measuring *measuring;
	struct entry *entries;
	size_t entry_count;
	uint32_t *entry_of_row; /* plus 1; 0: not known yet */
	uint32_t row_count;
	size_t slice_count;
	uint64_t interval; /* ns: grows as slices are merged */
	uint64_t started;  /* CLOCK_REALTIME, ns */
};

static const enum measure_by kernel_bys[SERIES_BYS] = {
	[BY_ALL] = MEASURE_BY_ALL,	 [BY_PROCESS] = MEASURE_BY_PROCESS,
	[BY_THREAD] = MEASURE_BY_THREAD, [BY_SYSCALL] = MEASURE_BY_SYSCALL,
	[BY_CLASS] = MEASURE_BY_WAIT,	 [BY_OBJECT] = MEASURE_BY_WAIT,
	[BY_WAKER] = MEASURE_BY_WAKER,	 [BY_CPU] = MEASURE_BY_CPU,
	[BY_CGROUP] = MEASURE_BY_CGROUP,
};

static const char *const by_names[SERIES_BYS] = {
	[BY_PROCESS] = "process", [BY_THREAD] = "thread", [BY_SYSCALL] = "syscall",
	[BY_CLASS] = "class",	  [BY_OBJECT] = "object", [BY_WAKER] = "waker",
	[BY_OPCODE] = "opcode",	  [BY_DEVICE] = "device", [BY_CPU] = "cpu",
	[BY_CGROUP] = "cgroup",
};

enum measure_by measuring__by(const struct measuring *measuring)
{
	return kernel_bys[measuring->by];
}

bool measuring__needs_rows(const struct measuring *measuring)
{
	return measuring->source != SOURCE_SERIES || measuring->by == BY_CLASS ||
	       measuring->by == BY_OBJECT;
}

static uint64_t wall_clock(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static enum pool pool_of(enum measure_source source)
{
	switch (source) {
	case SOURCE_SERIES:
		return POOL_SERIES;
	case SOURCE_HANDLER:
	case SOURCE_READINESS:
		return POOL_LOOPS;
	default:
		return POOL_REQUESTS;
	}
}

struct recorder *recorder__new(const struct session *session, const struct measuring *measuring)
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));
	struct rows rows;

	if (!recorder || session__rows(session, pool_of(measuring->source), &rows)) {
		free(recorder);
		return NULL;
	}
	recorder->session = session;
	recorder->measuring = measuring;
	recorder->interval = measuring->interval;
	recorder->started = wall_clock();
	recorder->row_count = rows.capacity;
	recorder->entry_of_row = calloc(rows.capacity, sizeof(*recorder->entry_of_row));
	if (!recorder->entry_of_row) {
		free(recorder);
		return NULL;
	}
	return recorder;
}

static void clear_entry(struct entry *entry, size_t slices)
{
	for (size_t i = 0; i < slices && i < entry->slice_room; i++)
		histogram__clear(&entry->slices[i]);
	free(entry->slices);
	histogram__clear(&entry->now);
	histogram__clear(&entry->before);
	free(entry->label);
}

void recorder__free(struct recorder *recorder)
{
	if (!recorder)
		return;
	for (size_t i = 0; i < recorder->entry_count; i++)
		clear_entry(&recorder->entries[i], recorder->slice_count);
	free(recorder->entries);
	free(recorder->entry_of_row);
	free(recorder);
}

/* ---------------------------------------------------------------- the values of one row */

/* Where a row has its values, whatever kind of row it is. */
struct figures {
	uint64_t count, sum, min, max;
	uint32_t histogram;
};

static bool read_series(const struct measuring *measuring, const void *row, struct figures *figures)
{
	const struct series_row *series = row;

	(void)measuring;
	*figures = (struct figures){series->count, series->sum, series->min, series->max,
				    series->histogram};
	return series->key && series->count;
}

static bool read_loop(const struct measuring *measuring, const void *row, struct figures *figures)
{
	const struct loop_row *loop = row;

	if (measuring->source == SOURCE_HANDLER)
		*figures = (struct figures){loop->handlers, loop->handler_total, 0, loop->longest,
					    loop->handler_histogram};
	else
		*figures = (struct figures){loop->readiness_count, loop->readiness_total,
					    loop->readiness_min, loop->readiness_max,
					    loop->readiness_histogram};
	return loop->thread && figures->count;
}

static bool read_requests(const struct measuring *measuring, const void *row,
			  struct figures *figures)
{
	const struct request_row *request = row;
	bool block = measuring->source != SOURCE_REQUESTS;

	if (measuring->source == SOURCE_BLOCK_QUEUE)
		*figures =
			(struct figures){request->queued, request->queue_total, request->queue_min,
					 request->queue_max, request->queue_histogram};
	else
		*figures = (struct figures){request->completed, request->latency_total,
					    request->latency_min, request->latency_max,
					    request->latency_histogram};
	if (!figures->count || block != (request->key.api == REQUEST_BLOCK))
		return false;
	return !measuring->api || request->key.api == measuring->api;
}

static bool read_row(const struct measuring *measuring, const void *row, struct figures *figures)
{
	switch (pool_of(measuring->source)) {
	case POOL_SERIES:
		return read_series(measuring, row, figures);
	case POOL_LOOPS:
		return read_loop(measuring, row, figures);
	default:
		return read_requests(measuring, row, figures);
	}
}

/* ------------------------------------------------------------------ from rows to entries */

static bool same_label(const char *left, const char *right)
{
	return left == right || (left && right && !strcmp(left, right));
}

/* The entry of a label, which it takes over. NULL without memory. */
static struct entry *entry_for(struct recorder *recorder, char *label)
{
	struct entry *grown;

	for (size_t i = 0; i < recorder->entry_count; i++) {
		if (same_label(recorder->entries[i].label, label)) {
			free(label);
			return &recorder->entries[i];
		}
	}
	grown = reallocarray(recorder->entries, recorder->entry_count + 1, sizeof(*grown));
	if (!grown) {
		free(label);
		return NULL;
	}
	recorder->entries = grown;
	grown[recorder->entry_count] = (struct entry){.label = label};
	return &grown[recorder->entry_count++];
}

/* The entry that a row belongs to: by its label, which is looked for once. */
static int find_entry(struct recorder *recorder, const struct sources *sources, uint32_t number,
		      struct entry **entry)
{
	char *label = NULL;
	int err;

	if (recorder->entry_of_row[number]) {
		*entry = &recorder->entries[recorder->entry_of_row[number] - 1];
		return 0;
	}
	err = measuring__label(recorder->measuring, sources, number, &label);
	*entry = err ? NULL : entry_for(recorder, label);
	if (!*entry)
		return -ENOMEM;
	recorder->entry_of_row[number] = (uint32_t)(*entry - recorder->entries) + 1;
	return 0;
}

static int read_now(struct recorder *recorder, const struct sources *sources)
{
	const struct rows *rows = &sources->pools[pool_of(recorder->measuring->source)];
	struct figures figures;
	struct entry *entry;
	int err = 0;

	for (size_t i = 0; i < recorder->entry_count; i++)
		histogram__clear(&recorder->entries[i].now);
	for (uint32_t i = 1; i <= rows->used && i < recorder->row_count && !err; i++) {
		if (!read_row(recorder->measuring, rows__at(rows, i), &figures))
			continue;
		err = find_entry(recorder, sources, i, &entry);
		if (!err)
			err = histogram__from_row(&entry->now, sources, figures.histogram);
		if (!err)
			histogram__add_totals(&entry->now, figures.count, figures.sum, figures.min,
					      figures.max);
	}
	return err;
}

/* ------------------------------------------------------------------------------ intervals */

/* What came between two looks. Its ends are those of its buckets, or the new extremes of the whole.
 */
static int subtract(struct histogram *slice, const struct histogram *now,
		    const struct histogram *before)
{
	uint64_t counts[BUCKETS_PER_CHUNK], low = UINT64_MAX, high = 0;
	int err = 0;

	for (unsigned int chunk = 0; chunk < BUCKET_CHUNKS && !err; chunk++) {
		bool any = false;

		for (unsigned int i = 0; i < BUCKETS_PER_CHUNK; i++) {
			unsigned int bucket = chunk * BUCKETS_PER_CHUNK + i;

			counts[i] =
				histogram__bucket(now, bucket) - histogram__bucket(before, bucket);
			if (!counts[i])
				continue;
			any = true;
			low = low == UINT64_MAX ? buckets__low(bucket) : low;
			high = buckets__high(bucket) - 1;
		}
		if (any)
			err = histogram__add_chunk(slice, chunk, counts);
	}
	if (!before->count || now->min < before->min)
		low = now->min;
	if (now->max > before->max)
		high = now->max;
	if (now->count > before->count)
		histogram__add_totals(slice, now->count - before->count, now->sum - before->sum,
				      low > high ? high : low, high);
	return err;
}

static int grow_slices(struct entry *entry, size_t count)
{
	size_t room = entry->slice_room ? entry->slice_room * 2 : 16;
	struct histogram *grown;

	if (count <= entry->slice_room)
		return 0;
	while (room < count)
		room *= 2;
	grown = reallocarray(entry->slices, room, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	memset(grown + entry->slice_room, 0, (room - entry->slice_room) * sizeof(*grown));
	entry->slices = grown;
	entry->slice_room = room;
	return 0;
}

/* More than the columns of a heat map: two become one. */
#define SLICES_MOST 480

static int merge_slices(struct recorder *recorder)
{
	size_t count = recorder->slice_count;
	int err = 0;

	for (size_t i = 0; i < recorder->entry_count && !err; i++) {
		struct histogram *slices = recorder->entries[i].slices;

		for (size_t j = 0; slices && j + 1 < count && !err; j += 2) {
			err = histogram__merge(&slices[j], &slices[j + 1]);
			histogram__clear(&slices[j + 1]);
			if (j) {
				slices[j / 2] = slices[j];
				memset(&slices[j], 0, sizeof(slices[j]));
			}
		}
	}
	recorder->slice_count = count / 2;
	recorder->interval *= 2;
	return err;
}

static int end_slice(struct recorder *recorder, struct entry *entry, size_t slice)
{
	int err = grow_slices(entry, slice + 1);

	if (!err)
		err = subtract(&entry->slices[slice], &entry->now, &entry->before);
	histogram__clear(&entry->before);
	if (!err)
		err = histogram__merge(&entry->before, &entry->now);
	(void)recorder;
	return err;
}

static int take_rows(struct recorder *recorder)
{
	struct sources sources;
	int err = sources__open(&sources, recorder->session);

	if (!err)
		err = read_now(recorder, &sources);
	sources__close(&sources);
	return err;
}

int recorder__take(struct recorder *recorder)
{
	const struct measuring *measuring = recorder->measuring;
	int err = take_rows(recorder);
	size_t slice = measuring->keep_slices ? recorder->slice_count : 0;

	for (size_t i = 0; i < recorder->entry_count && !err; i++) {
		if (!measuring->keep_slices && recorder->entries[i].slices)
			histogram__clear(&recorder->entries[i].slices[0]);
		err = end_slice(recorder, &recorder->entries[i], slice);
	}
	recorder->slice_count = slice + 1;
	if (!err && measuring->merge_slices && recorder->slice_count == SLICES_MOST)
		err = merge_slices(recorder);
	return err;
}

/* ------------------------------------------------------------------------ distributions */

static int by_sum(const void *a, const void *b)
{
	const struct series *left = a, *right = b;

	return (left->total.sum < right->total.sum) - (left->total.sum > right->total.sum);
}

static struct distributions *distributions__begin(const struct recorder *recorder)
{
	const struct measuring *measuring = recorder->measuring;
	struct distributions *distributions = calloc(1, sizeof(*distributions));

	if (!distributions)
		return NULL;
	*distributions = (struct distributions){
		.what = measuring->what,
		.meaning = measuring->meaning,
		.by = by_names[measuring->by],
		.started = recorder->started,
		.series = calloc(recorder->entry_count + 1, sizeof(struct series)),
	};
	if (distributions->series)
		return distributions;
	free(distributions);
	return NULL;
}

static int add_series(struct distributions *distributions, const char *label,
		      const struct histogram *values)
{
	struct series *series = &distributions->series[distributions->series_count++];

	if (label && !(series->label = strdup(label)))
		return -ENOMEM;
	return histogram__merge(&series->total, values);
}

static struct distributions *sorted(struct distributions *distributions, int err)
{
	if (err) {
		distributions__free(distributions);
		return NULL;
	}
	qsort(distributions->series, distributions->series_count, sizeof(*distributions->series),
	      by_sum);
	return distributions;
}

struct distributions *recorder__latest(const struct recorder *recorder)
{
	struct distributions *distributions = distributions__begin(recorder);
	size_t slice = recorder->slice_count - 1;
	int err = 0;

	if (!distributions)
		return NULL;
	distributions->window = recorder->interval;
	for (size_t i = 0; i < recorder->entry_count && !err; i++) {
		const struct entry *entry = &recorder->entries[i];

		if (slice < entry->slice_room && entry->slices[slice].count)
			err = add_series(distributions, entry->label, &entry->slices[slice]);
	}
	return sorted(distributions, err);
}

static int copy_slices(struct series *series, const struct entry *entry, size_t count)
{
	int err = 0;

	series->slices = calloc(count, sizeof(*series->slices));
	if (!series->slices)
		return -ENOMEM;
	for (size_t i = 0; i < count && i < entry->slice_room && !err; i++)
		err = histogram__merge(&series->slices[i], &entry->slices[i]);
	return err;
}

static int explain_emptiness(struct distributions *distributions, const struct recorder *recorder,
			     const struct profile *profile)
{
	const char *why = profile->process_count ? recorder->measuring->empty
						 : "no process matched what was to be traced";

	if (distributions->series_count)
		return 0;
	distributions->why_empty = strdup(why);
	return distributions->why_empty ? 0 : -ENOMEM;
}

static uint64_t count_censored(const struct profile *profile)
{
	uint64_t censored = 0;

	for (size_t i = 0; i < profile->process_count; i++)
		for (size_t j = 0; j < profile->processes[i].wait_count; j++)
			censored += profile->processes[i].waits[j].censored;
	return censored;
}

struct distributions *recorder__finish(struct recorder *recorder, const struct profile *profile)
{
	const struct measuring *measuring = recorder->measuring;
	struct distributions *distributions;
	int err;

	err = measuring->interval ? recorder__take(recorder) : take_rows(recorder);
	distributions = err ? NULL : distributions__begin(recorder);
	if (!distributions)
		return NULL;
	distributions->run = profile;
	distributions->window = profile->window;
	if (measuring->measure == MEASURE_BLOCKED)
		distributions->censored = count_censored(profile);
	if (measuring->interval && measuring->keep_slices) {
		distributions->interval = recorder->interval;
		distributions->slice_count = recorder->slice_count;
	}
	for (size_t i = 0; i < recorder->entry_count && !err; i++) {
		err = add_series(distributions, recorder->entries[i].label,
				 &recorder->entries[i].now);
		if (!err && distributions->slice_count)
			err = copy_slices(&distributions->series[i], &recorder->entries[i],
					  recorder->slice_count);
	}
	if (!err)
		err = explain_emptiness(distributions, recorder, profile);
	return sorted(distributions, err);
}

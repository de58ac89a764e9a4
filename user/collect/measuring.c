// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collect/measuring_internal.h"

static const enum measure_by kernel_bys[SERIES_BYS] = {
	[BY_ALL] = MEASURE_BY_ALL,	 [BY_PROCESS] = MEASURE_BY_PROCESS,
	[BY_THREAD] = MEASURE_BY_THREAD, [BY_SYSCALL] = MEASURE_BY_SYSCALL,
	[BY_CLASS] = MEASURE_BY_WAIT,	 [BY_OBJECT] = MEASURE_BY_WAIT,
	[BY_WAKER] = MEASURE_BY_WAKER,	 [BY_CPU] = MEASURE_BY_CPU,
	[BY_CGROUP] = MEASURE_BY_CGROUP,
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

static struct recorder *new_recorder(const struct measuring *measuring, uint32_t rows,
				     uint64_t started)
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));

	if (!recorder)
		return NULL;
	*recorder = (struct recorder){
		.measuring = measuring,
		.interval = measuring->interval,
		.due = measuring->interval,
		.started = started,
		.row_count = rows,
		.entry_of_row = calloc(rows, sizeof(*recorder->entry_of_row)),
	};
	if (recorder->entry_of_row)
		return recorder;
	free(recorder);
	return NULL;
}

struct recorder *recorder__new(const struct session *session, const struct measuring *measuring)
{
	struct recorder *recorder;
	struct rows rows;

	if (session__rows(session, measuring__pool(measuring), &rows))
		return NULL;
	recorder = new_recorder(measuring, rows.capacity, wall_clock());
	if (recorder)
		recorder->session = session;
	return recorder;
}

struct recorder *recorder__of_rows(const struct sources *given, const struct measuring *measuring,
				   uint64_t started)
{
	const struct rows *rows = &given->pools[measuring__pool(measuring)];
	struct recorder *recorder = new_recorder(measuring, rows->used + 1, started);

	if (recorder)
		recorder->given = given;
	return recorder;
}

void recorder__free(struct recorder *recorder)
{
	if (!recorder)
		return;
	for (size_t i = 0; i < recorder->entry_count; i++)
		entry__clear(&recorder->entries[i]);
	free(recorder->entries);
	free(recorder->entry_of_row);
	free(recorder->starts);
	free(recorder->sums);
	free(recorder);
}

/* ------------------------------------------------------------------ from rows to entries */

static bool same_label(const char *left, const char *right)
{
	return left == right || (left && right && !strcmp(left, right));
}

/* The entry of a label, which it takes over. NULL without memory. */
static struct entry *entry_for(struct recorder *recorder, char *label, uint32_t row)
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
	grown[recorder->entry_count] = (struct entry){.label = label, .row = row};
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
	*entry = err ? NULL : entry_for(recorder, label, number);
	if (!*entry)
		return -ENOMEM;
	recorder->entry_of_row[number] = (uint32_t)(*entry - recorder->entries) + 1;
	return 0;
}

/* Programs write it meanwhile. */
static uint64_t series_sum(const struct rows *rows, uint32_t number)
{
	const struct series_row *row = rows__at(rows, number);

	return *(const volatile __u64 *)&row->sum;
}

static void add_unsettled(struct recorder *recorder, const struct rows *threads)
{
	for (uint32_t i = 1; i <= threads->used; i++) {
		const struct thread_row *thread = rows__at(threads, i);

		for (int j = 0; j < SERIES_CACHE; j++)
			if (thread->series[j].row < recorder->row_count)
				recorder->sums[thread->series[j].row] += thread->series[j].sum;
	}
}

/* One thread that adds what it has to its row meanwhile is counted twice, or not at all. */
#define SUM_TRIES 8

/* ns of each series: what is in its row, and what threads have yet to add to it. */
static int read_sums(struct recorder *recorder, const struct sources *sources)
{
	const struct rows *rows = &sources->pools[POOL_SERIES];
	bool settled = false;

	if (recorder->measuring->source != SOURCE_SERIES)
		return 0;
	if (!recorder->sums)
		recorder->sums = calloc(2 * (size_t)recorder->row_count, sizeof(*recorder->sums));
	if (!recorder->sums)
		return -ENOMEM;
	for (int try = 0; try < SUM_TRIES && !settled; try++) {
		uint64_t *before = recorder->sums + recorder->row_count;

		for (uint32_t i = 1; i <= rows->used && i < recorder->row_count; i++)
			before[i] = recorder->sums[i] = series_sum(rows, i);
		add_unsettled(recorder, &sources->pools[POOL_THREADS]);
		settled = true;
		for (uint32_t i = 1; i <= rows->used && i < recorder->row_count; i++)
			settled = settled && series_sum(rows, i) == before[i];
	}
	return 0;
}

static int read_rows(struct recorder *recorder, const struct sources *sources, bool settled)
{
	const struct rows *rows = &sources->pools[measuring__pool(recorder->measuring)];
	struct figures figures;
	struct entry *entry;
	int err = read_sums(recorder, sources);

	for (size_t i = 0; i < recorder->entry_count; i++) {
		histogram__clear(&recorder->entries[i].now);
		histogram__clear(&recorder->entries[i].marked);
	}
	for (uint32_t i = 1; i <= rows->used && i < recorder->row_count && !err; i++) {
		if (!figures__read(&figures, recorder->measuring, rows__at(rows, i)))
			continue;
		if (recorder->sums)
			figures.sum = recorder->sums[i];
		err = find_entry(recorder, sources, i, &entry);
		if (!err)
			err = figures__add(&figures, sources, settled, &entry->now, &entry->marked);
	}
	return err;
}

/*
 * A thread is called by its last name, as far as that is known: it has its first one from its
 * creator. (Of one whose row is gone the label stays what it was.)
 */
static int rename_tasks(struct recorder *recorder, const struct sources *sources)
{
	const struct measuring *measuring = recorder->measuring;

	if (measuring->source != SOURCE_SERIES ||
	    (measuring->by != BY_PROCESS && measuring->by != BY_THREAD))
		return 0;
	for (size_t i = 0; i < recorder->entry_count; i++) {
		struct entry *entry = &recorder->entries[i];
		char *label = NULL;
		int err = measuring__label(measuring, sources, entry->row, &label);

		if (err)
			return err;
		if (!strchr(label, '(')) {
			free(label);
			continue;
		}
		free(entry->label);
		entry->label = label;
	}
	return 0;
}

int recorder__read(struct recorder *recorder, bool settled)
{
	struct sources sources = {0};
	int err = 0;

	if (recorder->given)
		sources = *recorder->given;
	else
		err = sources__open(&sources, recorder->session);
	if (!err)
		err = read_rows(recorder, &sources, settled);
	if (!err && settled)
		err = rename_tasks(recorder, &sources);
	if (!recorder->given)
		sources__close(&sources);
	return err;
}

int recorder__learn_names(struct recorder *recorder)
{
	return recorder__read(recorder, false);
}

/* ------------------------------------------------------------------------------ intervals */

/* More than the columns of a heat map: two become one. */
#define SLICES_MOST 480

static int merge_slices(struct recorder *recorder)
{
	size_t count = recorder->slice_count;
	int err = 0;

	for (size_t i = 0; i < recorder->entry_count && !err; i++)
		err = entry__merge_slices(&recorder->entries[i], count);
	for (size_t i = 0; i + 1 < count; i += 2)
		recorder->starts[i / 2] = recorder->starts[i];
	recorder->slice_count = count / 2;
	recorder->interval *= 2;
	return err;
}

static int note_start(struct recorder *recorder, size_t slice)
{
	size_t room = recorder->start_room ? recorder->start_room * 2 : 64;
	uint64_t *grown;

	if (slice >= recorder->start_room) {
		grown = reallocarray(recorder->starts, room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		recorder->starts = grown;
		recorder->start_room = room;
	}
	recorder->starts[slice] = recorder->from;
	return 0;
}

int recorder__end_interval(struct recorder *recorder, uint64_t elapsed, bool settled)
{
	const struct measuring *measuring = recorder->measuring;
	size_t slice = measuring->keep_slices ? recorder->slice_count : 0;
	int err = recorder__read(recorder, settled);

	if (!err)
		err = note_start(recorder, slice);
	for (size_t i = 0; i < recorder->entry_count && !err; i++)
		err = entry__end_slice(&recorder->entries[i], slice);
	recorder->slice_count = slice + 1;
	recorder->number++;
	recorder->from = elapsed > recorder->from ? elapsed : recorder->from;
	if (!err && measuring->merge_slices && recorder->slice_count == SLICES_MOST)
		err = merge_slices(recorder);
	recorder->due = (elapsed / recorder->interval + 1) * recorder->interval;
	return err;
}

uint64_t recorder__due(const struct recorder *recorder)
{
	return recorder->due;
}

int recorder__take(struct recorder *recorder, uint64_t elapsed)
{
	return recorder__end_interval(recorder, elapsed, false);
}

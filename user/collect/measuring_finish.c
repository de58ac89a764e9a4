// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* From a recorder to distributions: of an interval, or of all, with what may be missing in them. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/measuring_internal.h"
#include "names/syscalls.h"

static const char *const by_names[SERIES_BYS] = {
	[BY_PROCESS] = "process", [BY_THREAD] = "thread", [BY_SYSCALL] = "syscall",
	[BY_CLASS] = "class",	  [BY_OBJECT] = "object", [BY_WAKER] = "waker",
	[BY_OPCODE] = "opcode",	  [BY_DEVICE] = "device", [BY_CPU] = "cpu",
	[BY_CGROUP] = "cgroup",
};

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
		.marked = measuring->marked,
		.unmarked = measuring->unmarked,
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
	distributions->marked = distributions->unmarked = NULL; /* kept for the whole only */
	distributions->number = recorder->number;
	distributions->from = recorder->starts[slice];
	distributions->window = recorder->from - distributions->from;
	for (size_t i = 0; i < recorder->entry_count && !err; i++) {
		const struct entry *entry = &recorder->entries[i];

		if (slice < entry->slice_room && entry->slices[slice].count)
			err = add_series(distributions, entry->label, &entry->slices[slice]);
	}
	if (!err && !distributions->series_count &&
	    !(distributions->why_empty = strdup(recorder->measuring->empty)))
		err = -ENOMEM;
	return sorted(distributions, err);
}

/* --------------------------------------------------------------------- what may be missing */

#define SOURCE(source) (1u << SOURCE_##source)
#define ANY_SOURCE     (~0u)
#define REQUESTS       (SOURCE(REQUESTS) | SOURCE(BLOCK) | SOURCE(BLOCK_QUEUE))
#define LOOPS	       (SOURCE(HANDLER) | SOURCE(READINESS))

/* Which of the audit's losses touch which distributions. */
static const struct {
	const char *cause;
	unsigned int sources; /* 1 << enum measure_source */
	bool by_wait;	      /* only where it goes by the kind of wait */
} touches[] = {
	{"threads", ANY_SOURCE},
	{"histograms", ANY_SOURCE},
	{"buckets", ANY_SOURCE},
	{"index", ANY_SOURCE},
	{"processes", REQUESTS},
	{"requests", REQUESTS},
	{"inflight", REQUESTS},
	{"loops", LOOPS},
	{"series", SOURCE(SERIES)},
	{"waits", SOURCE(SERIES), true},
	{"transitions", SOURCE(SERIES) | LOOPS},
	{"missed_runs", ANY_SOURCE},
};

static bool touches_it(const struct measuring *measuring, const char *cause)
{
	bool by_wait = measuring->by == BY_CLASS || measuring->by == BY_OBJECT ||
		       (measuring->by == BY_SYSCALL && measuring->tier != TIER_FULL);

	for (size_t i = 0; i < sizeof(touches) / sizeof(touches[0]); i++)
		if (!strcmp(touches[i].cause, cause))
			return (touches[i].sources >> measuring->source & 1) &&
			       (by_wait || !touches[i].by_wait);
	return false;
}

static int add_losses(struct distributions *distributions, const struct measuring *measuring)
{
	const struct audit *audit = &distributions->run->audit;

	distributions->lost = calloc(audit->lost_count + 1, sizeof(*distributions->lost));
	if (!distributions->lost)
		return -ENOMEM;
	for (size_t i = 0; i < audit->lost_count; i++)
		if (audit->lost[i].count && touches_it(measuring, audit->lost[i].cause))
			distributions->lost[distributions->lost_count++] = audit->lost[i];
	return 0;
}

/* --------------------------------------------------- the same values, as the profile has them */

static bool is_measured(const struct measuring *measuring, const char *syscall)
{
	return !measuring->syscall ||
	       (syscall && !strcmp(syscall, syscalls__name((uint16_t)(measuring->syscall - 1))));
}

static void check_waits(struct cross_check *check, const struct process *process, bool wakeups)
{
	for (size_t i = 0; i < process->wait_count; i++) {
		const struct wait *wait = &process->waits[i];
		const struct histogram *of = wakeups ? &wait->runqueue : &wait->duration;

		check->count += of->count;
		check->sum += of->sum;
	}
}

static void check_calls(struct cross_check *check, const struct process *process,
			const struct measuring *measuring)
{
	for (size_t i = 0; i < process->call_count; i++) {
		const struct call *call = &process->calls[i];

		if (!is_measured(measuring, call->name))
			continue;
		check->count += call->calls;
		check->sum += call->total;
	}
}

/* Where rows were lost, or switches, the two need not agree. */
static void cross_check(struct distributions *distributions, const struct measuring *measuring)
{
	const struct profile *profile = distributions->run;
	struct cross_check *check = &distributions->check;
	bool waits = measuring->measure == MEASURE_BLOCKED;

	check->known = waits || measuring->measure == MEASURE_SYSCALL;
	for (size_t i = 0; i < profile->audit.lost_count; i++)
		if (profile->audit.lost[i].count &&
		    (!strcmp(profile->audit.lost[i].cause, "waits") ||
		     !strcmp(profile->audit.lost[i].cause, "syscalls")))
			check->known = false;
	for (size_t i = 0; i < profile->process_count && check->known; i++) {
		if (waits)
			check_waits(check, &profile->processes[i], false);
		else
			check_calls(check, &profile->processes[i], measuring);
	}
}

static uint64_t count_censored(const struct profile *profile)
{
	uint64_t censored = 0;

	for (size_t i = 0; i < profile->process_count; i++)
		for (size_t j = 0; j < profile->processes[i].wait_count; j++)
			censored += profile->processes[i].waits[j].censored;
	return censored;
}

/* ------------------------------------------------------------------ what the marked waited for */

/* Of so many waits, so large a part must be of one class for that to be said. */
#define CAUSE_LEAST_WAITS 20
#define CAUSE_LEAST_SHARE 0.95

/* The class of nearly all waits in the calls that a series has; NULL: there is no such class. */
static const char *cause_of(const struct profile *profile, const struct measuring *measuring,
			    const char *syscall)
{
	uint64_t counts[CLASSES] = {0}, all = 0;

	for (size_t i = 0; i < profile->process_count; i++) {
		const struct process *process = &profile->processes[i];

		for (size_t j = 0; j < process->wait_count; j++) {
			const struct wait *wait = &process->waits[j];

			if (!wait->syscall || !is_measured(measuring, wait->syscall) ||
			    (syscall && strcmp(syscall, wait->syscall)))
				continue;
			counts[wait->class] += wait->count;
			all += wait->count;
		}
	}
	for (unsigned int i = 0; i < CLASSES && all >= CAUSE_LEAST_WAITS; i++)
		if ((double)counts[i] >= CAUSE_LEAST_SHARE * (double)all)
			return wait_class__name(i);
	return NULL;
}

static void find_causes(struct distributions *distributions, const struct measuring *measuring)
{
	bool by_syscall = measuring->by == BY_SYSCALL;

	if (measuring->measure != MEASURE_SYSCALL || (measuring->by != BY_ALL && !by_syscall))
		return;
	for (size_t i = 0; i < distributions->series_count; i++)
		distributions->series[i].cause =
			cause_of(distributions->run, measuring,
				 by_syscall ? distributions->series[i].label : NULL);
}

/* ------------------------------------------------------------------------------ the whole */

static int copy_entry(struct distributions *distributions, const struct recorder *recorder,
		      const struct entry *entry)
{
	struct series *series = &distributions->series[distributions->series_count];
	size_t count = distributions->slice_count;
	int err = add_series(distributions, entry->label, &entry->now);

	if (!err)
		err = histogram__merge(&series->marked, &entry->marked);
	if (err || !recorder->measuring->keep_slices || !count)
		return err;
	series->slices = calloc(count, sizeof(*series->slices));
	if (!series->slices)
		return -ENOMEM;
	for (size_t i = 0; i < count && i < entry->slice_room && !err; i++)
		err = histogram__merge(&series->slices[i], &entry->slices[i]);
	return err;
}

static int copy_starts(struct distributions *distributions, const struct recorder *recorder)
{
	if (!recorder->measuring->interval)
		return 0;
	distributions->interval = recorder->interval;
	if (!recorder->measuring->keep_slices)
		return 0;
	distributions->starts = calloc(recorder->slice_count + 1, sizeof(uint64_t));
	if (!distributions->starts)
		return -ENOMEM;
	distributions->slice_count = recorder->slice_count;
	memcpy(distributions->starts, recorder->starts,
	       recorder->slice_count * sizeof(*recorder->starts));
	return 0;
}

static int explain_emptiness(struct distributions *distributions, const struct recorder *recorder)
{
	const char *why = recorder->measuring->empty, *more = "";

	if (distributions->series_count)
		return 0;
	if (distributions->lost_count)
		more = "; what is lost may have been it";
	else if (distributions->censored)
		more = " (what was open at an edge of the window is in no distribution)";
	if (!distributions->run->process_count) {
		why = "no process matched what was to be traced";
		more = "";
	}
	return asprintf(&distributions->why_empty, "%s%s", why, more) < 0 ? -ENOMEM : 0;
}

static int fill_whole(struct distributions *distributions, struct recorder *recorder)
{
	const struct measuring *measuring = recorder->measuring;
	int err = copy_starts(distributions, recorder);

	for (size_t i = 0; i < recorder->entry_count && !err; i++)
		if (recorder->entries[i].now.count)
			err = copy_entry(distributions, recorder, &recorder->entries[i]);
	if (measuring->measure == MEASURE_BLOCKED)
		distributions->censored = count_censored(distributions->run);
	if (!err)
		err = add_losses(distributions, measuring);
	if (err)
		return err;
	cross_check(distributions, measuring);
	find_causes(distributions, measuring);
	return explain_emptiness(distributions, recorder);
}

struct distributions *recorder__finish(struct recorder *recorder, const struct profile *profile)
{
	struct distributions *distributions;
	int err;

	if (recorder->measuring->interval)
		err = recorder__end_interval(recorder, profile->window, true);
	else
		err = recorder__read(recorder, true);
	distributions = err ? NULL : distributions__begin(recorder);
	if (!distributions)
		return NULL;
	distributions->run = profile;
	distributions->window = profile->window;
	return sorted(distributions, fill_whole(distributions, recorder));
}

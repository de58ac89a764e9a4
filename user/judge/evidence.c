// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include "judge/evidence.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names/units.h"

#define NAMES_TEXT 200

char *evidence__text(const char *format, ...)
{
	va_list arguments;
	char *text;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	return length < 0 ? NULL : text;
}

int evidence__add(struct model_share *share, char *text)
{
	char **grown = NULL;

	if (text)
		grown = reallocarray(share->evidence, share->evidence_count + 1, sizeof(*grown));
	if (!grown) {
		free(text);
		return -ENOMEM;
	}
	share->evidence = grown;
	grown[share->evidence_count++] = text;
	return 0;
}

/* " (read 900, write 300)"; nothing for nothing. */
static const char *names_of(const struct tally_names *names, char text[NAMES_TEXT])
{
	char number[UNITS_TEXT];
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < names->count && used < NAMES_TEXT; i++)
		used += snprintf(text + used, NAMES_TEXT - used, "%s%s %s", i ? ", " : " (",
				 names->names[i].name, units__count(names->names[i].count, number));
	if (names->unnamed && used < NAMES_TEXT)
		used += snprintf(text + used, NAMES_TEXT - used, ", others %s",
				 units__count(names->unnamed, number));
	if (names->count && used < NAMES_TEXT)
		snprintf(text + used, NAMES_TEXT - used, ")");
	return text;
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static int tell_blocking(struct model_share *share, const struct io_tally *tally, enum tier tier)
{
	const struct tally_names *names = &tally->names[MODEL_BLOCKING];
	char count[UNITS_TEXT], slept[UNITS_TEXT], list[NAMES_TEXT];
	int err;

	units__count(share->operations, count);
	if (tier == TIER_WAITS)
		return evidence__add(share, evidence__text("%s sleep%s inside of I/O calls%s",
							   count, plural(share->operations),
							   names_of(names, list)));
	err = evidence__add(share,
			    evidence__text("%s call%s on blocking descriptors%s, %s of them slept",
					   count, plural(share->operations), names_of(names, list),
					   units__count(tally->slept, slept)));
	if (!err && tally->startup)
		err = evidence__add(share, evidence__text("%s to start up are left out",
							  units__count(tally->startup, count)));
	return err;
}

static int tell_nonblocking(struct model_share *share, const struct io_tally *tally, enum tier tier)
{
	char count[UNITS_TEXT], runs[UNITS_TEXT], cpu[UNITS_TEXT], list[NAMES_TEXT];
	int err;

	(void)tier;
	err = evidence__add(
		share,
		evidence__text("%s call%s on non-blocking descriptors, readiness not awaited in "
			       "a multiplexer%s",
			       units__count(share->operations, count), plural(share->operations),
			       names_of(&tally->names[MODEL_NONBLOCKING], list)));
	if (!err && tally->refused)
		err = evidence__add(
			share,
			evidence__text("%s refused (EAGAIN); %s run%s of these without a sleep "
				       "took %s of CPU",
				       units__count(tally->refused, count),
				       units__count(tally->spin_runs, runs),
				       plural(tally->spin_runs),
				       units__time(tally->spin_cpu, cpu)));
	if (!err && tally->polls)
		err = evidence__add(share,
				    evidence__text("%s of %s polls found nothing and did not wait",
						   units__count(tally->empty_polls, count),
						   units__count(tally->polls, runs)));
	return err;
}

static int tell_loop(struct model_share *share, const struct io_tally *tally, enum tier tier)
{
	const char *name = io_model__name(share->model);
	char count[UNITS_TEXT], sleeps[UNITS_TEXT], list[NAMES_TEXT];
	int err = 0;

	if (tier == TIER_WAITS)
		return evidence__add(share,
				     evidence__text("%s sleep%s in %s%s",
						    units__count(share->operations, count),
						    plural(share->operations), name,
						    names_of(&tally->names[share->model], list)));
	if (tally->names[share->model].count)
		err = evidence__add(share,
				    evidence__text("%s I/O call%s followed %s and did not sleep%s",
						   units__count(share->operations, count),
						   plural(share->operations), name,
						   names_of(&tally->names[share->model], list)));
	if (!err)
		err = evidence__add(
			share, evidence__text("%s returned %s time%s, and slept %s time%s", name,
					      units__count(tally->returns[share->model], count),
					      plural(tally->returns[share->model]),
					      units__count(tally->sleeps[share->model], sleeps),
					      plural(tally->sleeps[share->model])));
	return err;
}

static int tell_signals(struct model_share *share, const struct io_tally *tally, enum tier tier)
{
	char count[UNITS_TEXT], list[NAMES_TEXT];

	(void)tier;
	return evidence__add(
		share,
		evidence__text("%s call%s on descriptors that announce readiness by a signal "
			       "(O_ASYNC)%s",
			       units__count(share->operations, count), plural(share->operations),
			       names_of(&tally->names[MODEL_SIGNAL_DRIVEN], list)));
}

static int tell_requests(struct model_share *share, const struct io_tally *tally, enum tier tier)
{
	char count[UNITS_TEXT], most[UNITS_TEXT], list[NAMES_TEXT];

	if (tier == TIER_WAITS)
		return evidence__add(share,
				     evidence__text("%s sleep%s for completions%s",
						    units__count(share->operations, count),
						    plural(share->operations),
						    names_of(&tally->names[share->model], list)));
	if (tally->served)
		return evidence__add(share,
				     evidence__text("%s request%s of other threads done for them%s",
						    units__count(tally->served, count),
						    plural(tally->served),
						    names_of(&tally->names[share->model], list)));
	return evidence__add(share,
			     evidence__text("%s request%s completed%s, at most %s in flight",
					    units__count(share->operations, count),
					    plural(share->operations),
					    names_of(&tally->names[share->model], list),
					    units__count(tally->inflight_max[share->model], most)));
}

static int tell_mmap(struct model_share *share, const struct io_tally *tally, enum tier tier)
{
	char count[UNITS_TEXT], sleeps[UNITS_TEXT], time[UNITS_TEXT];

	(void)tier;
	return evidence__add(
		share,
		evidence__text("%s page fault%s that had to read; sleeps in faults: %s, %s in "
			       "all",
			       units__count(share->operations, count), plural(share->operations),
			       units__count(tally->fault_sleeps, sleeps),
			       units__time(tally->fault_time, time)));
}

static int tell_compute(struct model_share *share, const struct io_tally *tally, enum tier tier)
{
	char count[UNITS_TEXT], startup[UNITS_TEXT];

	(void)tier;
	return evidence__add(share,
			     evidence__text("on a CPU, or ready to be, %.1f%% of its time; %s I/O "
					    "operation%s, and %s to start up",
					    percent(tally->busy, tally->known),
					    units__count(share->operations, count),
					    plural(share->operations),
					    units__count(tally->startup, startup)));
}

static int tell_none(struct model_share *share, const struct io_tally *tally, enum tier tier)
{
	char count[UNITS_TEXT];

	(void)tier;
	return evidence__add(
		share,
		evidence__text("asleep %.1f%% of its time, %.1f%% of that for locks, timers, "
			       "children or signals; %s I/O operation%s",
			       percent(tally->asleep, tally->known),
			       percent(tally->asleep_no_io, tally->asleep),
			       units__count(share->operations, count), plural(share->operations)));
}

int evidence__tell(struct model_share *share, const struct io_tally *tally, enum tier tier)
{
	static int (*const tellers[IO_MODELS])(struct model_share *, const struct io_tally *,
					       enum tier) = {
		[MODEL_BLOCKING] = tell_blocking,  [MODEL_NONBLOCKING] = tell_nonblocking,
		[MODEL_SELECT] = tell_loop,	   [MODEL_POLL] = tell_loop,
		[MODEL_EPOLL] = tell_loop,	   [MODEL_SIGNAL_DRIVEN] = tell_signals,
		[MODEL_POSIX_AIO] = tell_requests, [MODEL_LINUX_AIO] = tell_requests,
		[MODEL_IO_URING] = tell_requests,  [MODEL_MMAP] = tell_mmap,
		[MODEL_COMPUTE] = tell_compute,	   [MODEL_NONE] = tell_none,
	};

	return tellers[share->model] ? tellers[share->model](share, tally, tier) : 0;
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <string.h>

#include "commands/hist_kinds.h"
#include "names/nearest.h"
#include "names/syscalls.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define BIT(by) (1u << (by))
#define TASKS	(BIT(BY_ALL) | BIT(BY_PROCESS) | BIT(BY_THREAD))
#define PLACES	(TASKS | BIT(BY_CPU) | BIT(BY_CGROUP))
#define WAITS	(PLACES | BIT(BY_SYSCALL) | BIT(BY_CLASS) | BIT(BY_OBJECT) | BIT(BY_WAKER))

enum argument { NO_ARGUMENT, SYSCALL_ARGUMENT, API_ARGUMENT };

struct kind {
	const char *name, *meaning, *empty;
	enum measure measure;
	enum measure_source source;
	enum tier tier;
	enum argument argument;
	unsigned int bys; /* BIT(BY_*) */
};

static const struct kind kinds[] = {
	{"blocked", "asleep: from the switch-out to the waking", "nothing slept and woke",
	 MEASURE_BLOCKED, SOURCE_SERIES, TIER_WAITS, NO_ARGUMENT, WAITS},
	{"wakeup", "from the waking to running", "nothing was woken", MEASURE_WAKEUP, SOURCE_SERIES,
	 TIER_WAITS, NO_ARGUMENT, WAITS},
	{"runqueue", "waiting for a CPU, after a waking or put off one", "nothing waited for a CPU",
	 MEASURE_RUNQUEUE, SOURCE_SERIES, TIER_WAITS, NO_ARGUMENT, PLACES | BIT(BY_WAKER)},
	{"preempted", "put off a CPU with more to do, until it runs again", "nothing was preempted",
	 MEASURE_PREEMPTED, SOURCE_SERIES, TIER_WAITS, NO_ARGUMENT, PLACES},
	{"offcpu", "off the CPU, for whatever reason", "nothing left its CPU and came back",
	 MEASURE_OFF_CPU, SOURCE_SERIES, TIER_WAITS, NO_ARGUMENT, PLACES},
	{"oncpu", "on a CPU at a stretch", "nothing ran from a switch-in to a switch-out",
	 MEASURE_ON_CPU, SOURCE_SERIES, TIER_WAITS, NO_ARGUMENT, PLACES},
	{"syscall", "from a call's entry to its exit", "no such call was made", MEASURE_SYSCALL,
	 SOURCE_SERIES, TIER_FULL, SYSCALL_ARGUMENT, PLACES | BIT(BY_SYSCALL)},
	{"before-sleep", "from a call's entry to its first sleep, on the CPU (stages 1 to 3)",
	 "no call slept", MEASURE_BEFORE_SLEEP, SOURCE_SERIES, TIER_FULL, SYSCALL_ARGUMENT,
	 PLACES | BIT(BY_SYSCALL)},
	{"enqueue", "from the waking to the place on a run queue (stages 7 to 8)",
	 "nothing was woken", MEASURE_ENQUEUE, SOURCE_SERIES, TIER_WAITS, NO_ARGUMENT, WAITS},
	{"after-sleep", "from running again to the call's exit (stages 9 to 10)",
	 "no call slept and returned", MEASURE_AFTER_SLEEP, SOURCE_SERIES, TIER_FULL,
	 SYSCALL_ARGUMENT, PLACES | BIT(BY_SYSCALL)},
	{"handler", "of an event loop: from the multiplexer's return to its next call",
	 "no event loop went round", MEASURE_NONE, SOURCE_HANDLER, TIER_FULL, NO_ARGUMENT,
	 TASKS | BIT(BY_SYSCALL)},
	{"readiness", "of an event loop: from its waking to the multiplexer's return",
	 "no event loop slept and woke", MEASURE_NONE, SOURCE_READINESS, TIER_FULL, NO_ARGUMENT,
	 TASKS | BIT(BY_SYSCALL)},
	{"request", "an asynchronous request, from submission to completion",
	 "no asynchronous request completed", MEASURE_NONE, SOURCE_REQUESTS, TIER_FULL,
	 API_ARGUMENT, BIT(BY_ALL) | BIT(BY_PROCESS) | BIT(BY_OPCODE)},
	{"block", "a block request, from issue to completion by its device",
	 "no block request completed", MEASURE_NONE, SOURCE_BLOCK, TIER_FULL, NO_ARGUMENT,
	 BIT(BY_ALL) | BIT(BY_PROCESS) | BIT(BY_OPCODE) | BIT(BY_DEVICE)},
	{"block-queue", "a block request, from its queue to its issue",
	 "no block request was queued", MEASURE_NONE, SOURCE_BLOCK_QUEUE, TIER_FULL, NO_ARGUMENT,
	 BIT(BY_ALL) | BIT(BY_PROCESS) | BIT(BY_OPCODE) | BIT(BY_DEVICE)},
};

static const char *const by_names[SERIES_BYS] = {
	[BY_ALL] = "all",	  [BY_PROCESS] = "process", [BY_THREAD] = "thread",
	[BY_SYSCALL] = "syscall", [BY_CLASS] = "class",	    [BY_OBJECT] = "object",
	[BY_WAKER] = "waker",	  [BY_OPCODE] = "opcode",   [BY_DEVICE] = "device",
	[BY_CPU] = "cpu",	  [BY_CGROUP] = "cgroup",
};

static const enum request_api apis[] = {REQUEST_POSIX_AIO, REQUEST_LINUX_AIO, REQUEST_IO_URING};

static const struct kind *kind_named(const char *name, size_t length)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (strlen(kinds[i].name) == length && !memcmp(kinds[i].name, name, length))
			return &kinds[i];
	return NULL;
}

static int refuse_kind(const char *text, char reason[HIST_REASON])
{
	struct nearest nearest = {.wanted = text};

	for (size_t i = 0; i < COUNT(kinds); i++)
		nearest__offer(&nearest, kinds[i].name);
	snprintf(reason, HIST_REASON,
		 "hist %s: there is no such thing to measure; the nearest is '%s'", text,
		 nearest.best);
	return -EINVAL;
}

static int set_syscall(const char *name, struct measuring *measuring, char reason[HIST_REASON])
{
	struct nearest nearest = {.wanted = name};

	for (uint16_t i = 0; i < SYSCALL_TABLE; i++) {
		const char *known = syscalls__name(i);

		if (!strcmp(known, name)) {
			measuring->syscall = i + 1u;
			return 0;
		}
		nearest__offer(&nearest, known);
	}
	snprintf(reason, HIST_REASON, "there is no syscall '%s'; the nearest is '%s'", name,
		 nearest.best);
	return -EINVAL;
}

static int set_api(const char *name, struct measuring *measuring, char reason[HIST_REASON])
{
	for (size_t i = 0; i < COUNT(apis); i++) {
		if (!strcmp(request_api__name(apis[i]), name)) {
			measuring->api = apis[i];
			return 0;
		}
	}
	snprintf(reason, HIST_REASON, "request:%s: is posix_aio, linux_aio or io_uring", name);
	return -EINVAL;
}

int hist_kinds__find(const char *text, struct measuring *measuring, enum tier *tier,
		     char reason[HIST_REASON])
{
	size_t length = strcspn(text, ":");
	const char *argument = text[length] ? text + length + 1 : NULL;
	const struct kind *kind = kind_named(text, length);

	if (!kind)
		return refuse_kind(text, reason);
	*measuring = (struct measuring){
		.what = text,
		.meaning = kind->meaning,
		.empty = kind->empty,
		.source = kind->source,
		.measure = kind->measure,
	};
	*tier = kind->tier;
	if (!argument)
		return 0;
	switch (kind->argument) {
	case SYSCALL_ARGUMENT:
		return set_syscall(argument, measuring, reason);
	case API_ARGUMENT:
		return set_api(argument, measuring, reason);
	default:
		snprintf(reason, HIST_REASON, "hist %s: '%s' takes nothing after a colon", text,
			 kind->name);
		return -EINVAL;
	}
}

int hist_kinds__by(const char *text, struct measuring *measuring, char reason[HIST_REASON])
{
	const struct kind *kind = kind_named(measuring->what, strcspn(measuring->what, ":"));
	size_t used;

	for (unsigned int by = 0; by < SERIES_BYS; by++) {
		if (!strcmp(by_names[by], text) && (kind->bys & BIT(by))) {
			measuring->by = by;
			return 0;
		}
	}
	used = (size_t)snprintf(reason, HIST_REASON, "--by %s: %s can be had by", text, kind->name);
	for (unsigned int by = 0; by < SERIES_BYS && used < HIST_REASON; by++)
		if (kind->bys & BIT(by))
			used += (size_t)snprintf(reason + used, HIST_REASON - used, " %s",
						 by_names[by]);
	return -EINVAL;
}

void hist_kinds__list(FILE *stream)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		fprintf(stream, "  %-13s %s\n", kinds[i].name, kinds[i].meaning);
}

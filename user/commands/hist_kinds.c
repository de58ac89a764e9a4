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
	unsigned int bys;	       /* BIT(BY_*) */
	const char *marked, *unmarked; /* bpf/records.h, series_row */
};

static const struct kind kinds[] = {
	{"blocked", "asleep: from the switch-out to the waking", "nothing slept and woke",
	 MEASURE_BLOCKED, SOURCE_SERIES, TIER_WAITS, NO_ARGUMENT, WAITS},
	{"wakeup", "from the waking to running", "nothing was woken", MEASURE_WAKEUP, SOURCE_SERIES,
	 TIER_WAITS, NO_ARGUMENT, WAITS},
	{"runqueue", "waiting for a CPU, after a waking or put off one", "nothing waited for a CPU",
	 MEASURE_RUNQUEUE, SOURCE_SERIES, TIER_WAITS, NO_ARGUMENT, WAITS, "put off a CPU", "woken"},
	{"preempted", "put off the CPU with more to do, until it runs again",
	 "nothing was preempted", MEASURE_PREEMPTED, SOURCE_SERIES, TIER_WAITS, NO_ARGUMENT,
	 PLACES},
	{"offcpu", "off the CPU, for whatever reason", "nothing left its CPU and came back",
	 MEASURE_OFF_CPU, SOURCE_SERIES, TIER_WAITS, NO_ARGUMENT, WAITS, "put off a CPU", "asleep"},
	{"oncpu", "on a CPU at a stretch", "nothing ran from a switch-in to a switch-out",
	 MEASURE_ON_CPU, SOURCE_SERIES, TIER_WAITS, NO_ARGUMENT, PLACES},
	{"syscall", "from a call's entry to its exit", "no such call was made", MEASURE_SYSCALL,
	 SOURCE_SERIES, TIER_FULL, SYSCALL_ARGUMENT, PLACES | BIT(BY_SYSCALL), "asleep",
	 "did not sleep"},
	{"before-sleep", "from a call's entry to its first sleep, on the CPU", "no call slept",
	 MEASURE_BEFORE_SLEEP, SOURCE_SERIES, TIER_FULL, SYSCALL_ARGUMENT,
	 PLACES | BIT(BY_SYSCALL)},
	{"enqueue", "from the waking to a place on a run queue", "nothing was woken",
	 MEASURE_ENQUEUE, SOURCE_SERIES, TIER_WAITS, NO_ARGUMENT, WAITS},
	{"queue", "from a place on a run queue to running, after a waking", "nothing was woken",
	 MEASURE_QUEUE, SOURCE_SERIES, TIER_WAITS, NO_ARGUMENT, WAITS},
	{"after-sleep", "from running again, after its last sleep, to the call's exit",
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

/*
 * Other words for the same. The stages are those of a call's life (docs/histograms.md): stage N is
 * the time from instant N on, up to the next one that can be seen; the last is all of it.
 */
static const struct {
	const char *name, *kind;
} aliases[] = {
	{"stage:1", "before-sleep"}, {"stage:2", "before-sleep"},    {"stage:3", "before-sleep"},
	{"stage:4", "before-sleep"}, {"stage:5", "blocked"},	     {"stage:6", "blocked"},
	{"stage:7", "enqueue"},	     {"stage:8", "queue"},	     {"stage:9", "after-sleep"},
	{"stage:10", "syscall"},     {"off-cpu", "offcpu"},	     {"on-cpu", "oncpu"},
	{"preemption", "preempted"}, {"wakeup-to-run", "wakeup"},    {"loop", "handler"},
	{"block:device", "block"},   {"block:queue", "block-queue"},
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

static const char *without_alias(const char *text)
{
	for (size_t i = 0; i < COUNT(aliases); i++)
		if (!strcmp(aliases[i].name, text))
			return aliases[i].kind;
	return text;
}

/* By the word before the colon: what comes after it is of another kind. */
static int refuse_kind(const char *text, size_t length, char reason[HIST_REASON])
{
	char word[64];
	struct nearest nearest = {.wanted = word};

	snprintf(word, sizeof(word), "%.*s", (int)(length < 60 ? length : 60), text);
	for (size_t i = 0; i < COUNT(kinds); i++)
		nearest__offer(&nearest, kinds[i].name);
	for (size_t i = 0; i < COUNT(aliases); i++)
		if (!strchr(aliases[i].name, ':'))
			nearest__offer(&nearest, aliases[i].name);
	snprintf(reason, HIST_REASON,
		 "hist %.60s: there is no such thing to measure; the nearest is '%s' "
		 "('waitscope hist list' has all)",
		 text, strcmp(word, "stage") != 0 ? nearest.best : "stage:1' .. 'stage:10");
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
	snprintf(reason, HIST_REASON, "there is no syscall '%.60s'; the nearest is '%s'", name,
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
	snprintf(reason, HIST_REASON, "request:%.60s: is posix_aio, linux_aio or io_uring", name);
	return -EINVAL;
}

int hist_kinds__find(const char *text, struct measuring *measuring, char reason[HIST_REASON])
{
	const char *name = without_alias(text);
	size_t length = strcspn(name, ":");
	const char *argument = name[length] ? name + length + 1 : NULL;
	const struct kind *kind = kind_named(name, length);

	if (!kind)
		return refuse_kind(name, length, reason);
	*measuring = (struct measuring){
		.what = name,
		.meaning = kind->meaning,
		.empty = kind->empty,
		.source = kind->source,
		.measure = kind->measure,
		.marked = kind->marked,
		.unmarked = kind->unmarked,
		.tier = kind->tier,
	};
	if (!argument)
		return 0;
	switch (kind->argument) {
	case SYSCALL_ARGUMENT:
		return set_syscall(argument, measuring, reason);
	case API_ARGUMENT:
		return set_api(argument, measuring, reason);
	default:
		snprintf(reason, HIST_REASON, "hist %.60s: '%s' takes nothing after a colon", name,
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
	used = (size_t)snprintf(reason, HIST_REASON, "--by %.60s: %s can be had by", text,
				kind->name);
	for (unsigned int by = 0; by < SERIES_BYS && used < HIST_REASON; by++)
		if (kind->bys & BIT(by))
			used += (size_t)snprintf(reason + used, HIST_REASON - used, " %s",
						 by_names[by]);
	return -EINVAL;
}

#define LIST_COLUMN 21

static void list_bys(FILE *stream, unsigned int bys)
{
	fprintf(stream, "%*s--by", LIST_COLUMN, "");
	for (unsigned int by = 0; by < SERIES_BYS; by++)
		if (bys & BIT(by))
			fprintf(stream, " %s", by_names[by]);
	fputc('\n', stream);
}

void hist_kinds__list(FILE *stream)
{
	static const char *const arguments[] = {
		[SYSCALL_ARGUMENT] = "[:NAME]", [API_ARGUMENT] = "[:API]", [NO_ARGUMENT] = ""};

	for (size_t i = 0; i < COUNT(kinds); i++) {
		int used = fprintf(stream, "%s%s", kinds[i].name, arguments[kinds[i].argument]);

		fprintf(stream, "%*s%s\n", used < LIST_COLUMN ? LIST_COLUMN - used : 1, "",
			kinds[i].meaning);
		list_bys(stream, kinds[i].bys);
	}
	fputs("\nNAME is a syscall; API is posix_aio, linux_aio or io_uring. The stages of a call "
	      "that sleeps:\n",
	      stream);
	for (size_t i = 0; i < COUNT(aliases); i++)
		if (!strncmp(aliases[i].name, "stage", 5))
			fprintf(stream, "%-*s%s\n", LIST_COLUMN, aliases[i].name, aliases[i].kind);
}

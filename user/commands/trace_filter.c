// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands/trace_filter.h"
#include "names/nearest.h"
#include "names/syscalls.h"
#include "names/units.h"
#include "recording/grown.h"

#define WORD 64

typedef int take_word(struct trace_filter *filter, const char *word,
		      char reason[TRACE_FILTER_REASON]);

/* Hands out the words between the commas. */
static int each_word(struct trace_filter *filter, const char *list, take_word *take,
		     char reason[TRACE_FILTER_REASON])
{
	char word[WORD];
	int err = 0;

	for (const char *at = list; !err; at++) {
		size_t length = strcspn(at, ",");

		if (!length || length >= sizeof(word)) {
			snprintf(reason, TRACE_FILTER_REASON, "%s",
				 length ? "a name in it is too long" : "a name is missing");
			return -EINVAL;
		}
		memcpy(word, at, length);
		word[length] = '\0';
		err = take(filter, word, reason);
		at += length;
		if (!*at)
			break;
	}
	return err;
}

static int refuse(char reason[TRACE_FILTER_REASON], const char *what, const struct nearest *nearest)
{
	snprintf(reason, TRACE_FILTER_REASON, "there is no %s '%s'; the nearest is '%s'", what,
		 nearest->wanted, nearest->best);
	return -EINVAL;
}

static int take_class(struct trace_filter *filter, const char *word,
		      char reason[TRACE_FILTER_REASON])
{
	struct nearest nearest = {.wanted = word};

	for (unsigned int class = 0; class < CLASSES; class ++) {
		if (!strcmp(word, wait_class__name(class))) {
			filter->classes |= 1U << class;
			return 0;
		}
		nearest__offer(&nearest, wait_class__name(class));
	}
	return refuse(reason, "wait class", &nearest);
}

int trace_filter__classes(struct trace_filter *filter, const char *list,
			  char reason[TRACE_FILTER_REASON])
{
	return each_word(filter, list, take_class, reason);
}

static int take_waker_tid(struct trace_filter *filter, const char *word,
			  char reason[TRACE_FILTER_REASON])
{
	const char *why = NULL;
	uint64_t tid = 0;

	if (units__parse_count(word, 1, ROWS_MOST - 1, &tid, &why)) {
		snprintf(reason, TRACE_FILTER_REASON, "%s: %s", word, why);
		return -EINVAL;
	}
	if (filter->waker_tid && filter->waker_tid != tid) {
		snprintf(reason, TRACE_FILTER_REASON, "only one thread id can be given");
		return -EINVAL;
	}
	filter->waker_tid = (uint32_t)tid;
	return 0;
}

static int take_waker(struct trace_filter *filter, const char *word,
		      char reason[TRACE_FILTER_REASON])
{
	struct nearest nearest = {.wanted = word};

	if (*word >= '0' && *word <= '9')
		return take_waker_tid(filter, word, reason);
	for (unsigned int kind = 0; kind < WAKER_KINDS; kind++) {
		if (!strcmp(word, waker_kind__name(kind))) {
			filter->wakers |= 1U << kind;
			return 0;
		}
		nearest__offer(&nearest, waker_kind__name(kind));
	}
	return refuse(reason, "kind of waker", &nearest);
}

int trace_filter__wakers(struct trace_filter *filter, const char *list,
			 char reason[TRACE_FILTER_REASON])
{
	return each_word(filter, list, take_waker, reason);
}

static int take_syscall(struct trace_filter *filter, const char *word,
			char reason[TRACE_FILTER_REASON])
{
	struct nearest nearest = {.wanted = word};

	if (filter->syscall_count == TRACE_FILTER_SYSCALLS) {
		snprintf(reason, TRACE_FILTER_REASON, "at most %d names", TRACE_FILTER_SYSCALLS);
		return -EINVAL;
	}
	for (unsigned int i = 0; i < 2 * SYSCALL_TABLE; i++) {
		uint32_t number = i < SYSCALL_TABLE ? i : (i - SYSCALL_TABLE) | SYSCALL_COMPAT;
		const char *name = syscalls__name((uint16_t)number);

		if (!strcmp(word, name)) {
			filter->syscalls[filter->syscall_count++] = name;
			return 0;
		}
		nearest__offer(&nearest, name);
	}
	return refuse(reason, "syscall", &nearest);
}

int trace_filter__syscalls(struct trace_filter *filter, const char *list,
			   char reason[TRACE_FILTER_REASON])
{
	return each_word(filter, list, take_syscall, reason);
}

/* --------------------------------------------------------------------------------- matching */

static bool has_class(const struct trace_filter *filter, const struct trace_line *line)
{
	for (size_t i = 0; i < line->sleep_count; i++)
		if (line->sleeps[i].known && filter->classes & 1U << line->sleeps[i].class)
			return true;
	return false;
}

static bool has_waker(const struct trace_filter *filter, const struct trace_line *line)
{
	for (size_t i = 0; i < line->sleep_count; i++) {
		const struct line_sleep *sleep = &line->sleeps[i];

		if (sleep->open)
			continue;
		if (filter->waker_tid && (uint32_t)sleep->waker.tid == filter->waker_tid)
			return true;
		if (sleep->waker.kind < WAKER_KINDS && filter->wakers & 1U << sleep->waker.kind)
			return true;
	}
	return false;
}

static bool has_syscall(const struct trace_filter *filter, const struct trace_line *line)
{
	for (size_t i = 0; i < filter->syscall_count; i++)
		if (line->syscall && !strcmp(filter->syscalls[i], line->syscall))
			return true;
	return false;
}

bool trace_filter__takes(const struct trace_filter *filter, const struct trace_line *line)
{
	uint64_t time = line->waits ? line->blocked : line->until - line->since;

	if (time < filter->min)
		return false;
	if (filter->syscall_count && !has_syscall(filter, line))
		return false;
	if (filter->classes && !has_class(filter, line))
		return false;
	return !(filter->wakers || filter->waker_tid) || has_waker(filter, line);
}

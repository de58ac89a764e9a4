// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "names/syscalls.h"
#include "names/units.h"
#include "render/text.h"
#include "render/trace_line.h"

#define NAME_COLUMNS 15 /* of a thread: the kernel has no longer ones */
#define TIME_COLUMNS 8	/* "12.3 ms", "1,234 s" */

/* As ps(1) has them, but for killable sleeps, which it has as D. */
static const char sleep_letters[] = {
	[LEDGER_SLEEP_NONE] = '-',
	[LEDGER_SLEEP_INTERRUPTIBLE] = 'S',
	[LEDGER_SLEEP_UNINTERRUPTIBLE] = 'D',
	[LEDGER_SLEEP_KILLABLE] = 'K',
	[LEDGER_SLEEP_STOPPED] = 'T',
	[LEDGER_SLEEP_TRACED] = 't',
	[LEDGER_SLEEP_IDLE] = 'I',
	[LEDGER_SLEEP_FROZEN] = 'F',
};

static char sleep_letter(const struct line_sleep *sleep)
{
	return sleep->known && sleep->sleep < sizeof(sleep_letters) ? sleep_letters[sleep->sleep]
								    : '?';
}

static const char *class_of(const struct line_sleep *sleep)
{
	return sleep->known ? wait_class__name(sleep->class) : "?";
}

static int state_of(FILE *stream)
{
	return ferror(stream) ? -EIO : 0;
}

int render__trace_head(FILE *stream)
{
	fprintf(stream, "%11s %7s %-*s %*s %-11s %*s  %s\n", "seconds", "tid", NAME_COLUMNS,
		"thread", TIME_COLUMNS + 2, "asleep", "waiting for", TIME_COLUMNS, "queued",
		"call(object) = result <duration>  <- woken by");
	return state_of(stream);
}

static void put_data(FILE *stream, const char *data, bool unicode)
{
	char *clean = text__clean(data, unicode);

	fputs(clean ? clean : "?", stream);
	free(clean);
}

static void put_name(FILE *stream, const char *name, bool unicode)
{
	char text[4 * RECORDS_COMM + 1];
	int columns;

	text__copy(text, sizeof(text), name, unicode);
	columns = text__columns(text);
	fprintf(stream, " %s%*s", text, columns < NAME_COLUMNS ? NAME_COLUMNS - columns : 0, "");
}

/* Whose times are lower bounds because an edge of the window cut them, or one of them. */
static bool is_censored(const struct trace_line *line)
{
	for (size_t i = 0; i < line->sleep_count; i++)
		if (line->sleeps[i].censored)
			return true;
	return false;
}

static void put_sleeps(FILE *stream, const struct trace_line *line)
{
	const struct line_sleep *first = line->sleeps;
	char time[UNITS_TEXT], blocked[UNITS_TEXT + 2], runqueue[UNITS_TEXT], class[16];

	if (!line->sleep_count) {
		fprintf(stream, " %*s %-11s %*s  ", TIME_COLUMNS + 2, "-", "", TIME_COLUMNS, "-");
		return;
	}
	snprintf(blocked, sizeof(blocked), "%s%s", is_censored(line) ? ">=" : "",
		 text__time(line->blocked, time));
	snprintf(class, sizeof(class), "%c %s", sleep_letter(first), class_of(first));
	fprintf(stream, " %*s %-11s %*s  ", TIME_COLUMNS + 2, blocked, class, TIME_COLUMNS,
		text__time(line->runqueue, runqueue));
}

static void put_object(FILE *stream, const struct trace_line *line, bool unicode)
{
	const char *object = line->sleep_count ? line->sleeps->object : NULL;

	fputc('(', stream);
	if (object)
		put_data(stream, object, unicode);
	else if (line->is_call && line->finished && line->on_descriptor)
		fprintf(stream, "fd %d", (int)line->argument);
	fputc(')', stream);
}

static void put_result(FILE *stream, const struct trace_line *line)
{
	char duration[UNITS_TEXT];

	if (!line->is_call)
		return;
	if (!line->has_result)
		fputs(" = ?", stream);
	else if (line->result < 0 && line->result >= -4095)
		fprintf(stream, " = -1 %s", errnos__name((int)-line->result));
	else
		fprintf(stream, " = %lld", (long long)line->result);
	fprintf(stream, " <%s%s>", line->entered && line->finished ? "" : ">=",
		text__time(line->until - line->since, duration));
	if (!line->finished)
		fputs(" unfinished", stream);
}

/* The kinds of waits that are not in the columns. */
static void put_others(FILE *stream, const struct trace_line *line, bool unicode)
{
	char count[UNITS_TEXT];

	if (line->waits < 2)
		return;
	fprintf(stream, " (%s waits", units__count(line->waits, count));
	for (size_t i = 1; i < line->sleep_count; i++) {
		const struct line_sleep *sleep = &line->sleeps[i];

		fprintf(stream, "%s %c %s", i == 1 ? "; also" : ",", sleep_letter(sleep),
			class_of(sleep));
		if (sleep->object &&
		    (!line->sleeps->object || strcmp(sleep->object, line->sleeps->object) != 0)) {
			fputc(' ', stream);
			put_data(stream, sleep->object, unicode);
		}
	}
	fputc(')', stream);
}

static void put_waker(FILE *stream, const struct line_waker *waker, bool unicode)
{
	fputs("  <-", stream);
	if (waker->kind != WAKER_THREAD)
		fprintf(stream, " %s", waker_kind__name(waker->kind));
	if (!waker->tid)
		return;
	fprintf(stream, " %d ", waker->tid);
	put_data(stream, waker->comm ? waker->comm : "?", unicode);
}

int render__trace_line(FILE *stream, const struct trace_line *line, bool unicode)
{
	uint64_t us = line->until / 1000;

	fprintf(stream, "%4llu.%06llu %7d", (unsigned long long)(us / 1000000),
		(unsigned long long)(us % 1000000), line->tid);
	put_name(stream, line->comm, unicode);
	put_sleeps(stream, line);
	fputs(line->syscall ? line->syscall : "[in no call]", stream);
	if (line->syscall || (line->sleep_count && line->sleeps->object))
		put_object(stream, line, unicode);
	put_result(stream, line);
	put_others(stream, line, unicode);
	if (line->sleep_count && line->sleeps->open)
		fputs("  still asleep", stream);
	else if (line->sleep_count)
		put_waker(stream, &line->sleeps->waker, unicode);
	fputc('\n', stream);
	return state_of(stream);
}

int render__trace_loss(FILE *stream, const struct line_loss *loss)
{
	uint64_t us = loss->time / 1000;
	char events[UNITS_TEXT];

	fprintf(stream,
		"%4llu.%06llu  LOST %s events of CPU %u, from here on (no room: --buffer)\n",
		(unsigned long long)(us / 1000000), (unsigned long long)(us % 1000000),
		units__count(loss->events, events), loss->cpu);
	return state_of(stream);
}

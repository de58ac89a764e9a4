// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "names/syscalls.h"
#include "names/units.h"
#include "render/anatomy.h"
#include "render/text.h"

struct sheet {
	FILE *stream;
	bool unicode;
};

static const char *name_of(const struct sheet *sheet, const char *data, char *text, size_t size)
{
	text__copy(text, size, data, sheet->unicode);
	return text;
}

#define NAME_TEXT (4 * RECORDS_COMM + 16)

/* "4712 partner" */
static const char *thread_text(const struct sheet *sheet, const struct anatomy_thread *thread,
			       char text[NAME_TEXT])
{
	char name[4 * RECORDS_COMM];

	snprintf(text, NAME_TEXT, "%d %s", thread->tid,
		 name_of(sheet, *thread->comm ? thread->comm : NULL, name, sizeof(name)));
	return text;
}

/* A stage: its number, when it began, how long it took to get there (NULL: no time of its own). */
__attribute__((format(printf, 5, 6))) static void put_stage(const struct sheet *sheet, int number,
							    uint64_t at, const uint64_t *took,
							    const char *format, ...)
{
	char instant[UNITS_TEXT], length[UNITS_TEXT];
	va_list arguments;

	fprintf(sheet->stream, "  %2d %15s %15s  ", number, units__count(at, instant),
		took ? units__count(*took, length) : "");
	va_start(arguments, format);
	vfprintf(sheet->stream, format, arguments);
	va_end(arguments);
	fputc('\n', sheet->stream);
}

static void put_runs(const struct sheet *sheet, const struct anatomy_sleep *sleep)
{
	char time[UNITS_TEXT], text[NAME_TEXT];
	const char *comma = "";

	fprintf(sheet->stream, "%37s CPU %u meanwhile:", "", sleep->cpu_off);
	for (size_t i = 0; i < sleep->run_count; i++, comma = ",")
		fprintf(sheet->stream, "%s %s %s", comma,
			thread_text(sheet, &sleep->runs[i].thread, text),
			units__time(sleep->runs[i].time, time));
	if (sleep->others) {
		fprintf(sheet->stream, "%s others %s", comma, units__time(sleep->others, time));
		comma = ",";
	}
	if (sleep->untraced || !sleep->run_count)
		fprintf(sheet->stream, "%s idle or not traced %s", comma,
			text__time(sleep->untraced, time));
	fputc('\n', sheet->stream);
}

static const char *waker_text(const struct sheet *sheet, const struct anatomy_sleep *sleep,
			      char *text, size_t size)
{
	char name[NAME_TEXT];

	if (sleep->waker_kind == WAKER_THREAD)
		snprintf(text, size, "thread %s", thread_text(sheet, &sleep->waker, name));
	else if (sleep->waker.tid)
		snprintf(text, size, "%s, thread %s", waker_kind__name(sleep->waker_kind),
			 thread_text(sheet, &sleep->waker, name));
	else
		snprintf(text, size, "%s", waker_kind__name(sleep->waker_kind));
	return text;
}

static void put_sleep(const struct sheet *sheet, const struct anatomy_sleep *sleep, uint64_t before)
{
	const uint64_t until_off = sleep->off - before, asleep = sleep->woken - sleep->off,
		       queued = sleep->on - sleep->woken;
	char *object = text__clean(sleep->object ? sleep->object : "?", sheet->unicode);
	char waker[2 * NAME_TEXT], name[NAME_TEXT];

	put_stage(sheet, 2, before, NULL, "the kernel finds that it cannot go on: it has to wait");
	put_stage(sheet, 3, sleep->off, &until_off, "its state is %s",
		  sleep->known ? sleep__name(sleep->sleep) : "not known");
	put_stage(sheet, 4, sleep->off, NULL, "it stands on a wait queue: %s%s%s",
		  sleep->known ? wait_class__name(sleep->class) : "not known for what",
		  sleep->object ? ", " : "", sleep->object && object ? object : "");
	put_stage(sheet, 5, sleep->off, NULL, "CPU %u switches to %s", sleep->cpu_off,
		  sleep->next.tid ? thread_text(sheet, &sleep->next, name)
				  : "idle, or who is not traced");
	put_runs(sheet, sleep);
	waker_text(sheet, sleep, waker, sizeof(waker));
	put_stage(sheet, 6, sleep->woken, &asleep, "what it waits for happens: %s%s%s",
		  sleep->waker_call ? "in " : waker, sleep->waker_call ? sleep->waker_call : "",
		  sleep->early ? ", before it had left its CPU" : "");
	if (sleep->early)
		put_stage(sheet, 7, sleep->woken, NULL, "%s wakes it", waker);
	else
		put_stage(sheet, 7, sleep->woken, NULL, "%s wakes it, on CPU %u", waker,
			  sleep->cpu_waker);
	put_stage(sheet, 8, sleep->woken, NULL,
		  "it waits on a run queue (how soon it got there is "
		  "in the time to 9)");
	put_stage(sheet, 9, sleep->on, &queued, "CPU %u runs it again", sleep->cpu_on);
	free(object);
}

static void put_result(const struct sheet *sheet, const struct anatomy *anatomy)
{
	if (anatomy->result < 0 && anatomy->result >= -4095)
		fprintf(sheet->stream, "-1 %s", errnos__name((int)-anatomy->result));
	else
		fprintf(sheet->stream, "%lld", (long long)anatomy->result);
}

int render__anatomy_text(FILE *stream, const struct anatomy *anatomy, bool unicode)
{
	const struct sheet sheet = {stream, unicode};
	char name[NAME_TEXT], time[UNITS_TEXT], preempted[UNITS_TEXT];
	uint64_t at = 0, rest;

	fprintf(stream, "%s", anatomy->syscall);
	if (anatomy->on_descriptor)
		fprintf(stream, "(fd %d)", (int)anatomy->argument);
	fputs(" = ", stream);
	put_result(&sheet, anatomy);
	fprintf(stream, ", by thread %s: %s\n\n", thread_text(&sheet, &anatomy->thread, name),
		units__time(anatomy->total, time));
	fprintf(stream, "stage %13s %15s\n", "at ns", "took ns");
	put_stage(&sheet, 1, 0, NULL, "it enters %s", anatomy->syscall);
	for (size_t i = 0; i < anatomy->sleep_count; i++) {
		put_sleep(&sheet, &anatomy->sleeps[i], at);
		at = anatomy->sleeps[i].on;
	}
	rest = anatomy->total - at;
	put_stage(&sheet, 10, anatomy->total, &rest, "%s returns, on CPU %u", anatomy->syscall,
		  anatomy->cpu_exit);
	fprintf(stream, "     %15s %15s\n", "", units__count(anatomy->total, time));
	if (anatomy->preempted)
		fprintf(stream, "\nIn the stages on a CPU it was put off that for %s.\n",
			units__time(anatomy->preempted, preempted));
	return ferror(stream) ? -EIO : 0;
}

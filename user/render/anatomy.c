// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "names/operations.h"
#include "names/syscalls.h"
#include "names/units.h"
#include "render/anatomy.h"
#include "render/text.h"

struct sheet {
	FILE *stream;
	const struct anatomy *anatomy;
	bool unicode;
};

#define NAME_TEXT   (4 * RECORDS_COMM + 16)
#define OBJECT_ROOM 512

/* Where the words of a stage begin. */
#define WORDS_COLUMN 40

/* "4712 partner" */
static const char *thread_text(const struct sheet *sheet, const struct anatomy_thread *thread,
			       char text[NAME_TEXT])
{
	char name[4 * RECORDS_COMM];

	text__copy(name, sizeof(name), *thread->comm ? thread->comm : NULL, sheet->unicode);
	snprintf(text, NAME_TEXT, "%d %s", thread->tid, name);
	return text;
}

/* A stage: its number, its instant, how long it took to get there, and the beginning of its words.
 */
static void put_stage(const struct sheet *sheet, const struct anatomy_stage *stage)
{
	char instant[UNITS_TEXT], length[UNITS_TEXT];

	fprintf(sheet->stream, "  %2d %15s %15s    ", stage->number,
		stage->seen ? units__count(stage->at, instant) : "-",
		stage->seen && stage->took ? units__count(stage->took, length) : "");
}

/* A line below a stage. */
__attribute__((format(printf, 2, 3))) static void put_more(const struct sheet *sheet,
							   const char *format, ...)
{
	va_list arguments;

	fprintf(sheet->stream, "%*s  ", WORDS_COLUMN, "");
	va_start(arguments, format);
	vfprintf(sheet->stream, format, arguments);
	va_end(arguments);
}

/* --- what, and who -----------------------------------------------------------------------------
 */

/* "disk, file /var/tmp/x" */
static void put_reason(const struct sheet *sheet, const struct anatomy_reason *reason)
{
	char object[OBJECT_ROOM];

	fputs(reason->known ? wait_class__name(reason->class) : "not known for what",
	      sheet->stream);
	if (!reason->object)
		return;
	text__copy(object, sizeof(object), reason->object, sheet->unicode);
	fprintf(sheet->stream, ", %s", object);
}

static const char *context_of(enum waker_kind kind)
{
	static const char *const texts[WAKER_KINDS] = {
		[WAKER_UNKNOWN] = "somebody",		[WAKER_THREAD] = "thread",
		[WAKER_HARDIRQ] = "a hard interrupt",	[WAKER_SOFTIRQ] = "a soft interrupt",
		[WAKER_TIMER] = "a timer that expired", [WAKER_SIGNAL] = "a signal",
		[WAKER_IO_WQ] = "io_uring worker",	[WAKER_KERNEL] = "kernel thread",
	};

	return texts[kind];
}

/* "thread 4712 partner, in write for 1.2 us"; "a soft interrupt on top of 4712 partner" */
static void put_waker(const struct sheet *sheet, const struct anatomy_waker *waker)
{
	char name[NAME_TEXT], time[UNITS_TEXT];

	fputs(context_of(waker->kind), sheet->stream);
	if (waker->thread.tid)
		fprintf(sheet->stream, "%s %s", waker->kind == WAKER_SIGNAL ? " of" : "",
			thread_text(sheet, &waker->thread, name));
	if (waker->interrupted.tid)
		fprintf(sheet->stream, " (while %s was running there)",
			thread_text(sheet, &waker->interrupted, name));
	if (waker->call)
		fprintf(sheet->stream, ", in %s for %s", waker->call,
			text__time(waker->call_time, time));
}

/* --- stages ------------------------------------------------------------------------------------
 */

static void put_runs(const struct sheet *sheet, const struct anatomy_sleep *sleep)
{
	char time[UNITS_TEXT], text[NAME_TEXT];
	const char *comma = "";

	put_more(sheet, "CPU %u until stage 9:", sleep->cpu_off);
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

static void put_happening(const struct sheet *sheet, const struct anatomy_stage *stage)
{
	const struct anatomy_sleep *sleep = stage->sleep;
	char time[UNITS_TEXT];

	if (stage->seen)
		fprintf(sheet->stream,
			"what it waits for happens: a block request (%s) of its process is complete, "
			"after %s\n",
			operations__name(REQUEST_BLOCK, sleep->request.operation),
			text__time(sleep->request.latency, time));
	else
		fputs("what it waits for happens (no event of its own: in the time to 7)\n",
		      sheet->stream);
}

static void put_chain(const struct sheet *sheet, const struct anatomy_sleep *sleep)
{
	char time[UNITS_TEXT];

	for (size_t i = 0; i < sleep->chain_count; i++) {
		const struct anatomy_link *link = &sleep->chain[i];

		put_more(sheet, "who had itself been woken %s before, from %s (",
			 text__time(link->woken, time),
			 link->reason.syscall ? link->reason.syscall : "sleep in no call");
		put_reason(sheet, &link->reason);
		fputs("), by ", sheet->stream);
		put_waker(sheet, &link->waker);
		if (link->request.known)
			fprintf(sheet->stream,
				", which had completed a block request (%s) after %s",
				operations__name(REQUEST_BLOCK, link->request.operation),
				text__time(link->request.latency, time));
		fputc('\n', sheet->stream);
	}
	if (sleep->chain_cut)
		put_more(sheet, "who woke that one is not known any more\n");
}

static void put_waking(const struct sheet *sheet, const struct anatomy_sleep *sleep)
{
	char time[UNITS_TEXT];

	fprintf(sheet->stream, "CPU %u: woken by ", sleep->waker.cpu);
	put_waker(sheet, &sleep->waker);
	if (sleep->early)
		fprintf(sheet->stream, ", %s before it had left its CPU",
			text__time(sleep->early_by, time));
	fputc('\n', sheet->stream);
	put_chain(sheet, sleep);
}

static void put_other_sleeps(const struct sheet *sheet)
{
	const struct anatomy_more *more = &sheet->anatomy->more;
	char count[UNITS_TEXT], asleep[UNITS_TEXT], queued[UNITS_TEXT];

	fprintf(sheet->stream, "%s more sleeps: asleep %s, waiting for a CPU %s\n",
		units__count(more->count, count), text__time(more->asleep, asleep),
		text__time(more->queued, queued));
}

static void put_sleep_words(const struct sheet *sheet, const struct anatomy_stage *stage)
{
	const struct anatomy_sleep *sleep = stage->sleep;
	char name[NAME_TEXT];

	switch (stage->number) {
	case ANATOMY_BLOCKS:
		fputs("the kernel finds that it has to wait (no event of its own: in the time to "
		      "3)\n",
		      sheet->stream);
		return;
	case ANATOMY_STATE:
		fprintf(sheet->stream, "its state is %s (as the switch finds it)\n",
			sleep->reason.known ? sleep__name(sleep->reason.sleep) : "not known");
		return;
	case ANATOMY_QUEUE:
		fputs("it stands on a wait queue: ", sheet->stream);
		put_reason(sheet, &sleep->reason);
		fputc('\n', sheet->stream);
		return;
	case ANATOMY_SWITCH:
		fprintf(sheet->stream, "CPU %u switches to %s\n", sleep->cpu_off,
			sleep->next.tid ? thread_text(sheet, &sleep->next, name)
					: "idle, or who is not traced");
		put_runs(sheet, sleep);
		return;
	case ANATOMY_HAPPENS:
		put_happening(sheet, stage);
		return;
	case ANATOMY_WAKING:
		put_waking(sheet, sleep);
		return;
	case ANATOMY_RUNQ:
		fputs("it is put on a run queue (no event of its own: in the time to 9)\n",
		      sheet->stream);
		return;
	default:
		fprintf(sheet->stream, "CPU %u runs it again\n", sleep->cpu_on);
	}
}

static int tell_stage(void *context, const struct anatomy_stage *stage)
{
	const struct sheet *sheet = context;

	put_stage(sheet, stage);
	if (stage->sleep)
		put_sleep_words(sheet, stage);
	else if (stage->number == ANATOMY_ENTRY)
		fprintf(sheet->stream, "it enters %s, on CPU %u\n", sheet->anatomy->syscall,
			sheet->anatomy->cpu_entry);
	else if (stage->number == ANATOMY_RETURN)
		fprintf(sheet->stream, "%s returns, on CPU %u\n", sheet->anatomy->syscall,
			sheet->anatomy->cpu_exit);
	else
		put_other_sleeps(sheet);
	return 0;
}

/* --- all ---------------------------------------------------------------------------------------
 */

static void put_result(FILE *stream, const struct anatomy *anatomy)
{
	if (!anatomy->has_result)
		fputs("?", stream);
	else if (anatomy->result < 0 && anatomy->result >= -4095)
		fprintf(stream, "-1 %s", errnos__name((int)-anatomy->result));
	else
		fprintf(stream, "%lld", (long long)anatomy->result);
}

static void put_head(const struct sheet *sheet, const struct anatomy_place *place)
{
	const struct anatomy *anatomy = sheet->anatomy;
	char name[NAME_TEXT], time[UNITS_TEXT], rank[UNITS_TEXT], of[UNITS_TEXT];

	fprintf(sheet->stream, "%s(", anatomy->syscall);
	if (anatomy->on_descriptor)
		fprintf(sheet->stream, "fd %d", (int)anatomy->argument);
	fputs(") = ", sheet->stream);
	put_result(sheet->stream, anatomy);
	fprintf(sheet->stream, ", by thread %s: %s", thread_text(sheet, &anatomy->thread, name),
		units__time(anatomy->total, time));
	fprintf(sheet->stream, ", number %s of %s by length\n\n", units__count(place->rank, rank),
		units__count(place->of, of));
	fprintf(sheet->stream, "stage %13s %15s\n", "at ns", "took ns");
}

int render__anatomy_text(FILE *stream, const struct anatomy *anatomy,
			 const struct anatomy_place *place, bool unicode)
{
	struct sheet sheet = {stream, anatomy, unicode};
	char time[UNITS_TEXT], preempted[UNITS_TEXT];

	put_head(&sheet, place);
	anatomy__each_stage(anatomy, tell_stage, &sheet);
	fprintf(stream, "     %15s %15s    in all\n", "", units__count(anatomy->total, time));
	if (anatomy->preempted)
		fprintf(stream,
			"\nIn the stages on a CPU it was put off that, or stopped, for %s.\n",
			units__time(anatomy->preempted, preempted));
	return ferror(stream) ? -EIO : 0;
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "names/units.h"
#include "render/critical_path.h"
#include "render/text_table.h"

#define THREADS_SCREENFUL 8
#define ROWS_SCREENFUL	  16

/* A row of either table. */
struct path_line {
	const struct path_thread *thread;
	const struct path_cause *cause; /* NULL: all of the thread */
	uint64_t time, longest, count, window;
};

static const struct path_line *line_of(const void *row)
{
	return row;
}

static void time_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	text__time(line_of(row)->time, out);
}

static void share_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	text__percent(line_of(row)->time, line_of(row)->window, out);
}

static void tid_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	if (line_of(row)->thread->tid)
		snprintf(out, CELL_TEXT, "%d", line_of(row)->thread->tid);
	else
		snprintf(out, CELL_TEXT, "-");
}

static void comm_cell(const struct page *page, const void *row, char *out)
{
	if (line_of(row)->thread->tid)
		text__copy(out, CELL_TEXT, line_of(row)->thread->comm, page->unicode);
	else
		out[0] = '\0';
}

static void count_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	units__count(line_of(row)->count, out);
}

static void longest_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	text__time(line_of(row)->longest, out);
}

static const char *words_of(enum path_cause_kind kind)
{
	static const char *const texts[PATH_CAUSES] = {
		[PATH_RUNNING] = "on a CPU",
		[PATH_RUNNABLE] = "waiting for a CPU, after being woken or created",
		[PATH_PREEMPTED] = "waiting for a CPU, put off it",
		[PATH_UNKNOWN] = "not known: events were lost or hidden",
		[PATH_AFTER] = "after the end of the command",
	};

	return texts[kind];
}

/* "asleep: disk, read on file /var/tmp/x (woken by softirq)" */
static void cause_cell(const struct page *page, const void *row, char *out)
{
	const struct path_cause *cause = line_of(row)->cause;
	char object[CELL_TEXT / 2];

	if (cause->kind != PATH_ASLEEP) {
		snprintf(out, CELL_TEXT, "%s", words_of(cause->kind));
		return;
	}
	text__copy(object, sizeof(object), cause->object ? cause->object : "", page->unicode);
	snprintf(out, CELL_TEXT, "asleep: %s, %s%s%s (woken by %s)",
		 cause->known ? wait_class__name(cause->class) : "not known for what",
		 cause->syscall ? cause->syscall : "in no call", *object ? " on " : "", object,
		 waker_kind__name(cause->waker));
}

static const struct column cause_columns[] = {
	{"time", 0, 0, false, STYLE_BOLD, time_cell}, {"share", 0, 0, false, NULL, share_cell},
	{"tid", 0, 0, false, NULL, tid_cell},	      {"thread", 0, 8, true, NULL, comm_cell},
	{"times", 2, 0, false, NULL, count_cell},     {"longest", 1, 0, false, NULL, longest_cell},
	{"was", 0, 20, true, NULL, cause_cell},
};

/* --- tables ------------------------------------------------------------------------------------
 */

static int compare_lines(const void *left, const void *right)
{
	const struct path_line *a = left, *b = right;

	if (a->time != b->time)
		return (a->time < b->time) - (a->time > b->time);
	return (a->thread > b->thread) - (a->thread < b->thread);
}

/* A line for each thread: `lines` has room for all. */
static size_t add_up_threads(const struct critical_path *path, struct path_line *lines)
{
	for (size_t i = 0; i < path->thread_count; i++)
		lines[i] = (struct path_line){.thread = &path->threads[i], .window = path->window};
	for (size_t i = 0; i < path->row_count; i++)
		lines[path->rows[i].thread - path->threads].time += path->rows[i].time;
	qsort(lines, path->thread_count, sizeof(*lines), compare_lines);
	return path->thread_count;
}

static size_t copy_rows(const struct critical_path *path, struct path_line *lines)
{
	for (size_t i = 0; i < path->row_count; i++) {
		const struct path_row *row = &path->rows[i];

		lines[i] = (struct path_line){.thread = row->thread,
					      .cause = row->cause,
					      .time = row->time,
					      .longest = row->longest,
					      .count = row->count,
					      .window = path->window};
	}
	return path->row_count;
}

/* `count` lines, most time first. */
static void print(struct page *page, const struct path_line *lines, size_t count, size_t columns,
		  size_t screenful)
{
	size_t most = text__rows(page->options, screenful);
	struct left_out left_out = {0};
	struct table table = {.columns = cause_columns,
			      .column_count = columns,
			      .rows = lines,
			      .row_size = sizeof(*lines)};

	while (count && lines[count - 1].time < page->options->min) {
		left_out.below_min++;
		count--;
	}
	left_out.beyond_top = count > most ? count - most : 0;
	table.row_count = count - left_out.beyond_top;
	if (table.row_count)
		table__print(page, &table);
	page__left_out(page, &left_out, "row", "rows");
}

static void put_tables(struct page *page, const struct critical_path *path)
{
	size_t most = path->row_count + path->thread_count + 1;
	struct path_line *lines = calloc(most, sizeof(*lines));
	size_t count;

	if (!lines) {
		page->error = -ENOMEM;
		return;
	}
	page__title(page, "By thread", NULL);
	count = add_up_threads(path, lines);
	print(page, lines, count, 4, THREADS_SCREENFUL);
	page__title(page, "By thread and cause", "most time first");
	count = copy_rows(path, lines);
	print(page, lines, count, sizeof(cause_columns) / sizeof(cause_columns[0]), ROWS_SCREENFUL);
	free(lines);
}

int render__critical_path_text(FILE *stream, const struct critical_path *path,
			       const struct render_options *options)
{
	struct page page;
	char time[UNITS_TEXT], ns[UNITS_TEXT], lost[UNITS_TEXT];

	page__begin(&page, stream, options);
	page__end_line(&page);
	page__begin_line(&page, 0);
	page__say(&page, NULL, "The critical path of the command, from its ");
	page__say(&page, NULL, path->ended ? "end" : "state when the trace ended");
	page__say(&page, NULL, " back to its exec: %s", text__time(path->window, time));
	page__say(&page, NULL, " (%s ns), all of the window", units__count(path->window, ns));
	page__end_line(&page);
	if (path->lost) {
		page__begin_line(&page, 0);
		page__say(&page, STYLE_BAD,
			  "%s events were LOST: what lies before the last of them is not known",
			  units__count(path->lost, lost));
		page__end_line(&page);
	}
	put_tables(&page, path);
	return page__finish(&page);
}

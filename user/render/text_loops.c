// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The table of event loops: how busy each is, and what keeps it from its next event. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "names/units.h"
#include "render/text_table.h"

#define LOOPS_SCREENFUL 6

struct loop_line {
	const struct process *process;
	const struct thread *thread;
	const struct loop *loop;
};

static const struct loop *loop_of(const void *row)
{
	return ((const struct loop_line *)row)->loop;
}

static void tid_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	snprintf(out, CELL_TEXT, "%d", ((const struct loop_line *)row)->thread->tid);
}

static void comm_cell(const struct page *page, const void *row, char *out)
{
	text__copy(out, CELL_TEXT, ((const struct loop_line *)row)->thread->comm, page->unicode);
}

static void call_cell(const struct page *page, const void *row, char *out)
{
	text__copy(out, CELL_TEXT, loop_of(row)->call, page->unicode);
}

static void returns_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	units__count(loop_of(row)->iterations, out);
}

static void batch_cell(const struct page *page, const void *row, char *out)
{
	const struct loop *loop = loop_of(row);

	(void)page;
	if (loop->events_known && loop->iterations)
		snprintf(out, CELL_TEXT, "%.1f", (double)loop->events / (double)loop->iterations);
	else
		snprintf(out, CELL_TEXT, "?");
}

/* How much of its time it was not idle: its utilisation. */
static void used_cell(const struct page *page, const void *row, char *out)
{
	const struct loop *loop = loop_of(row);

	(void)page;
	text__percent(loop->window - loop->idle, loop->window, out);
}

#define TIME_CELL(name, expression)                                                                \
	static void name##_cell(const struct page *page, const void *row, char *out)               \
	{                                                                                          \
		const struct loop *loop = loop_of(row);                                            \
                                                                                                   \
		(void)page;                                                                        \
		text__time(expression, out);                                                       \
	}

TIME_CELL(idle, loop->idle)
TIME_CELL(busy, loop->busy)
TIME_CELL(blocked, loop->blocked)
TIME_CELL(delayed, loop->delayed)
TIME_CELL(longest, loop->longest_handler)

static void readiness_cell(const void *row, double quantile, char *out)
{
	const struct histogram *readiness = &loop_of(row)->readiness;

	if (histogram__has_quantiles(readiness) && readiness->count)
		text__time(histogram__quantile(readiness, quantile), out);
	else
		snprintf(out, CELL_TEXT, "?");
}

static void half_ready_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	readiness_cell(row, 0.5, out);
}

static void most_ready_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	readiness_cell(row, 0.99, out);
}

static void cause_cell(const struct page *page, const void *row, char *out)
{
	const char *cause = loop_of(row)->longest_cause;

	out[0] = '\0';
	if (cause)
		text__copy(out, CELL_TEXT, cause, page->unicode);
}

static const struct column columns[] = {
	/* title, rank, least, left, style, cell */
	{"tid", 0, 0, false, NULL, tid_cell},
	{"name", 8, 8, true, STYLE_BOLD, comm_cell},
	{"loops on", 0, 0, true, NULL, call_cell},
	{"returns", 6, 0, false, NULL, returns_cell},
	{"batch", 7, 0, false, NULL, batch_cell},
	{"used", 0, 0, false, STYLE_BOLD, used_cell},
	{"idle", 5, 0, false, NULL, idle_cell},
	{"busy", 2, 0, false, NULL, busy_cell},
	{"blocked", 0, 0, false, STYLE_BAD, blocked_cell},
	{"delayed", 3, 0, false, NULL, delayed_cell},
	{"longest", 1, 0, false, NULL, longest_cell},
	{"wake p50", 10, 0, false, NULL, half_ready_cell},
	{"wake p99", 9, 0, false, NULL, most_ready_cell},
	{"longest: asleep in", 4, 16, true, NULL, cause_cell},
};

static int compare_rows(const void *left_data, const void *right_data)
{
	const struct loop *left = loop_of(left_data), *right = loop_of(right_data);
	uint64_t left_used = left->window - left->idle, right_used = right->window - right->idle;

	if (left_used != right_used)
		return left_used > right_used ? -1 : 1;
	return (left->tid > right->tid) - (left->tid < right->tid);
}

/* Loops of threads; those in their handlers only if all is asked for. */
static size_t collect(const struct page *page, const struct profile *profile,
		      struct loop_line *rows)
{
	size_t count = 0;

	for (size_t i = 0; i < profile->process_count; i++) {
		const struct process *process = &profile->processes[i];

		for (size_t j = 0; j < process->thread_count; j++) {
			const struct thread *thread = &process->threads[j];

			for (size_t k = 0; k < thread->loop_count; k++) {
				const struct loop *loop = &thread->loops[k];

				if (loop->iterations > 1 && (loop->main || page->options->verbose))
					rows[count++] = (struct loop_line){process, thread, loop};
			}
		}
	}
	qsort(rows, count, sizeof(*rows), compare_rows);
	return count;
}

static size_t count_loops(const struct profile *profile)
{
	size_t count = 0;

	for (size_t i = 0; i < profile->process_count; i++)
		for (size_t j = 0; j < profile->processes[i].thread_count; j++)
			count += profile->processes[i].threads[j].loop_count;
	return count;
}

void text__loop_table(struct page *page, const struct profile *profile)
{
	size_t most = text__rows(page->options, LOOPS_SCREENFUL), count;
	struct left_out left_out = {0};
	struct loop_line *rows;
	struct table table;

	rows = calloc(count_loops(profile) + 1, sizeof(*rows));
	if (!rows) {
		page->error = -ENOMEM;
		return;
	}
	count = collect(page, profile, rows);
	left_out.beyond_top = count > most ? count - most : 0;
	table = (struct table){
		.columns = columns,
		.column_count = sizeof(columns) / sizeof(columns[0]),
		.rows = rows,
		.row_count = count - left_out.beyond_top,
		.row_size = sizeof(*rows),
	};
	if (table.row_count) {
		page__title(page, "Event loops",
			    "blocked: asleep in a handler; wake: from the event to the handler");
		table__print(page, &table);
		page__left_out(page, &left_out, "loop", "loops");
	}
	free(rows);
}

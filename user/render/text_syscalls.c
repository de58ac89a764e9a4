// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The table of syscalls (full tier): how often, how long, and how much of it asleep.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "names/syscalls.h"
#include "names/units.h"
#include "render/text_table.h"

#define CALLS_SCREENFUL 10

struct call_line {
	const struct process *process;
	const struct thread *thread; /* NULL: of all threads of the process */
	const struct call *call;
};

static const struct call *call_of(const void *row)
{
	return ((const struct call_line *)row)->call;
}

static void owner_cell(const struct page *page, const void *row, char *out)
{
	const struct call_line *line = row;
	int length = snprintf(out, CELL_TEXT, "%d ",
			      line->thread ? line->thread->tid : line->process->pid);

	text__copy(out + length, CELL_TEXT - (size_t)length,
		   line->thread ? line->thread->comm : line->process->comm, page->unicode);
}

static void name_cell(const struct page *page, const void *row, char *out)
{
	text__copy(out, CELL_TEXT, call_of(row)->name, page->unicode);
}

static void calls_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	units__count(call_of(row)->calls, out);
}

static void errors_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	units__count(call_of(row)->errors, out);
}

/* "EAGAIN", "EAGAIN 90%": what most of the errors were. */
static void errno_cell(const struct page *page, const void *row, char *out)
{
	const struct call *call = call_of(row);
	const struct errno_tally *most = call->errnos;

	(void)page;
	out[0] = '\0';
	if (!call->errno_count)
		return;
	if (most->count >= call->errors) {
		snprintf(out, CELL_TEXT, "%s", errnos__name(most->number));
	} else {
		char percent[PERCENT_TEXT];

		snprintf(out, CELL_TEXT, "%s %s", errnos__name(most->number),
			 text__percent(most->count, call->errors, percent));
	}
}

static void total_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	text__time(call_of(row)->total, out);
}

static void asleep_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	text__time(call_of(row)->blocked, out);
}

static void cpu_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	text__time(call_of(row)->cpu, out);
}

static void quantile_cell(const void *row, double quantile, char *out)
{
	const struct histogram *latency = &call_of(row)->latency;

	if (histogram__has_quantiles(latency))
		text__time(histogram__quantile(latency, quantile), out);
	else
		strcpy(out, "-");
}

static void p50_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	quantile_cell(row, 0.5, out);
}

static void p99_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	quantile_cell(row, 0.99, out);
}

static void max_cell(const struct page *page, const void *row, char *out)
{
	const struct histogram *latency = &call_of(row)->latency;

	(void)page;
	if (latency->count)
		text__time(latency->max, out);
	else
		strcpy(out, "-");
}

static const struct column columns[] = {
	/* title, rank, least, left, style, cell */
	{"process", 0, 14, true, NULL, owner_cell}, /* first: left out with one process */
	{"syscall", 0, 8, true, STYLE_BOLD, name_cell}, {"calls", 0, 0, false, NULL, calls_cell},
	{"errors", 4, 0, false, NULL, errors_cell},	{"errno", 5, 0, true, NULL, errno_cell},
	{"total", 0, 0, false, STYLE_BOLD, total_cell}, {"asleep", 1, 0, false, NULL, asleep_cell},
	{"on CPU", 2, 0, false, NULL, cpu_cell},	{"p50", 6, 0, false, NULL, p50_cell},
	{"p99", 3, 0, false, NULL, p99_cell},		{"max", 7, 0, false, NULL, max_cell},
};

/* The same, each thread by itself. */
static const struct column thread_columns[] = {
	{"thread", 0, 12, true, NULL, owner_cell},  {"syscall", 0, 8, true, STYLE_BOLD, name_cell},
	{"calls", 0, 0, false, NULL, calls_cell},   {"errors", 4, 0, false, NULL, errors_cell},
	{"errno", 5, 0, true, NULL, errno_cell},    {"total", 1, 0, false, STYLE_BOLD, total_cell},
	{"asleep", 2, 0, false, NULL, asleep_cell}, {"on CPU", 3, 0, false, NULL, cpu_cell},
	{"p50", 6, 0, false, NULL, p50_cell},	    {"p99", 4, 0, false, NULL, p99_cell},
	{"max", 7, 0, false, NULL, max_cell},
};

static int compare_lines(const void *left_data, const void *right_data)
{
	const struct call_line *left = left_data, *right = right_data;

	if (left->thread != right->thread)
		return left->thread < right->thread ? -1 : 1;
	if (left->call->total != right->call->total)
		return left->call->total > right->call->total ? -1 : 1;
	if (left->process != right->process)
		return left->process < right->process ? -1 : 1;
	return left->call < right->call ? -1 : left->call > right->call;
}

/* Lines of the processes, or of their threads. With `lines` NULL they are only counted. */
static size_t collect(const struct profile *profile, bool threads, struct call_line *lines)
{
	size_t count = 0;

	for (size_t i = 0; i < profile->process_count; i++) {
		const struct process *process = &profile->processes[i];

		for (size_t j = 0; !threads && j < process->call_count; j++, count++)
			if (lines)
				lines[count] =
					(struct call_line){process, NULL, &process->calls[j]};
		for (size_t j = 0; threads && j < process->thread_count; j++) {
			const struct thread *thread = &process->threads[j];

			for (size_t k = 0; k < thread->call_count; k++, count++)
				if (lines)
					lines[count] = (struct call_line){process, thread,
									  &thread->calls[k]};
		}
	}
	return count;
}

/* Moves what --min leaves out to the end. Returns how many stay. */
static size_t keep_large(struct call_line *lines, size_t count, uint64_t min)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (lines[i].call->total >= min)
			lines[kept++] = lines[i];
	return kept;
}

static void print_lines(struct page *page, const struct profile *profile, bool threads)
{
	size_t all = collect(profile, threads, NULL), kept, most, skip;
	struct call_line *lines = calloc(all + 1, sizeof(*lines));
	struct left_out left_out;
	struct table table;

	if (!lines) {
		page->error = -ENOMEM;
		return;
	}
	collect(profile, threads, lines);
	kept = keep_large(lines, all, page->options->min);
	qsort(lines, kept, sizeof(*lines), compare_lines);
	most = text__rows(page->options, CALLS_SCREENFUL);
	left_out.below_min = all - kept;
	left_out.beyond_top = kept > most ? kept - most : 0;
	skip = !threads && profile->process_count == 1;
	table = (struct table){
		.columns = threads ? thread_columns : columns + skip,
		.column_count = sizeof(columns) / sizeof(columns[0]) - skip,
		.rows = lines,
		.row_count = kept - left_out.beyond_top,
		.row_size = sizeof(*lines),
	};
	if (table.row_count)
		table__print(page, &table);
	page__left_out(page, &left_out, "syscall", "syscalls");
	free(lines);
}

void text__syscall_table(struct page *page, const struct profile *profile)
{
	if (profile->tier != TIER_FULL)
		return;
	page__title(page, "Syscalls", "longest in all first");
	if (!collect(profile, false, NULL)) {
		page__begin_line(page, 0);
		page__say(page, STYLE_DIM, "None was made.");
		page__end_line(page);
		return;
	}
	print_lines(page, profile, false);
	if (page->options->verbose && collect(profile, true, NULL)) {
		page__title(page, "Syscalls of each thread", NULL);
		print_lines(page, profile, true);
	}
}

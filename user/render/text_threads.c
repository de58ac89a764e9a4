// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The table of threads: where the time of each went.
 */
#include <errno.h>
#include <stdlib.h>

#include "names/units.h"
#include "render/text_table.h"

#define THREADS_SCREENFUL 10

struct thread_line {
	const struct process *process;
	const struct thread *thread;
};

static void pid_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	snprintf(out, CELL_TEXT, "%d", ((const struct thread_line *)row)->process->pid);
}

static void tid_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	snprintf(out, CELL_TEXT, "%d", ((const struct thread_line *)row)->thread->tid);
}

static void comm_cell(const struct page *page, const void *row, char *out)
{
	text__copy(out, CELL_TEXT, ((const struct thread_line *)row)->thread->comm, page->unicode);
}

#define ACCOUNT_CELL(name, expression)                                                             \
	static void name##_cell(const struct page *page, const void *row, char *out)               \
	{                                                                                          \
		const struct account *account =                                                    \
			&((const struct thread_line *)row)->thread->account;                       \
                                                                                                   \
		(void)page;                                                                        \
		text__time(expression, out);                                                       \
	}

ACCOUNT_CELL(lifetime, account->lifetime)
ACCOUNT_CELL(running, account->running)
ACCOUNT_CELL(runnable, account->runnable)
ACCOUNT_CELL(preempted, account->preempted)
ACCOUNT_CELL(blocked, text__harm(account))
ACCOUNT_CELL(idle, account->idle)
ACCOUNT_CELL(unknown, account->unknown)

static void switches_cell(const struct page *page, const void *row, char *out)
{
	const struct thread *thread = ((const struct thread_line *)row)->thread;

	(void)page;
	units__count(thread->voluntary + thread->involuntary, out);
}

static void forced_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	units__count(((const struct thread_line *)row)->thread->involuntary, out);
}

static const struct column columns[] = {
	/* title, rank, least, left, style, cell */
	{"pid", 8, 0, false, STYLE_DIM, pid_cell}, /* first: left out with one process */
	{"tid", 0, 0, false, NULL, tid_cell},
	{"name", 0, 8, true, STYLE_BOLD, comm_cell},
	{"in all", 9, 0, false, NULL, lifetime_cell},
	{"running", 0, 0, false, NULL, running_cell},
	{"runnable", 3, 0, false, NULL, runnable_cell},
	{"preempted", 4, 0, false, NULL, preempted_cell},
	{"blocked", 0, 0, false, STYLE_BOLD, blocked_cell},
	{"idle", 1, 0, false, NULL, idle_cell},
	{"unknown", 5, 0, false, NULL, unknown_cell},
	{"switches", 6, 0, false, NULL, switches_cell},
	{"forced", 7, 0, false, NULL, forced_cell},
};

static int compare_rows(const void *left_data, const void *right_data)
{
	const struct thread_line *left = left_data, *right = right_data;
	uint64_t left_harm = text__harm(&left->thread->account);
	uint64_t right_harm = text__harm(&right->thread->account);

	if (left_harm != right_harm)
		return left_harm > right_harm ? -1 : 1;
	if (left->thread->account.running != right->thread->account.running)
		return left->thread->account.running > right->thread->account.running ? -1 : 1;
	if (left->thread->tid != right->thread->tid)
		return left->thread->tid < right->thread->tid ? -1 : 1;
	return 0;
}

/* The threads that --min lets through. */
static size_t collect(const struct page *page, const struct profile *profile,
		      struct thread_line *rows)
{
	size_t count = 0;

	for (size_t i = 0; i < profile->process_count; i++) {
		const struct process *process = &profile->processes[i];

		for (size_t j = 0; j < process->thread_count; j++) {
			const struct account *account = &process->threads[j].account;

			/* a thread that does nothing but rest is not of interest */
			if (account->lifetime >= account->idle + page->options->min)
				rows[count++] = (struct thread_line){process, &process->threads[j]};
		}
	}
	qsort(rows, count, sizeof(*rows), compare_rows);
	return count;
}

void text__thread_table(struct page *page, const struct profile *profile)
{
	size_t threads = text__threads(profile), most, skip = profile->process_count == 1;
	struct left_out left_out;
	struct thread_line *rows;
	struct table table;
	size_t count;

	rows = calloc(threads + 1, sizeof(*rows));
	if (!rows) {
		page->error = -ENOMEM;
		return;
	}
	count = collect(page, profile, rows);
	most = text__rows(page->options, THREADS_SCREENFUL);
	left_out.below_min = threads - count;
	left_out.beyond_top = count > most ? count - most : 0;
	table = (struct table){
		.columns = columns + skip,
		.column_count = sizeof(columns) / sizeof(columns[0]) - skip,
		.rows = rows,
		.row_count = count - left_out.beyond_top,
		.row_size = sizeof(*rows),
	};
	page__title(page, "Threads", "most blocked first");
	if (table.row_count)
		table__print(page, &table);
	page__left_out(page, &left_out, "thread", "threads");
	free(rows);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The audit row by row: each thread beside the kernel's books, each cause of loss, each map.
 */
#include <errno.h>
#include <stdlib.h>

#include "names/units.h"
#include "render/text_table.h"

struct audit_line {
	const struct thread *thread;
};

static const struct thread *thread_of(const void *row)
{
	return ((const struct audit_line *)row)->thread;
}

static void tid_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	snprintf(out, CELL_TEXT, "%d", thread_of(row)->tid);
}

static void comm_cell(const struct page *page, const void *row, char *out)
{
	text__copy(out, CELL_TEXT, thread_of(row)->comm, page->unicode);
}

/* "+1.2 us" where ours is more than the kernel's */
static void write_difference(uint64_t ours, uint64_t kernel, bool time, char *out)
{
	uint64_t size = ours > kernel ? ours - kernel : kernel - ours;

	out[0] = ours > kernel ? '+' : '-';
	if (!size)
		snprintf(out, CELL_TEXT, "0");
	else if (time)
		text__time(size, out + 1);
	else
		units__count(size, out + 1);
}

#define BOOKS_CELL(name, field, time)                                                              \
	static void name##_cell(const struct page *page, const void *row, char *out)               \
	{                                                                                          \
		const struct comparison *books = &thread_of(row)->books;                           \
                                                                                                   \
		(void)page;                                                                        \
		if (!books->valid)                                                                 \
			snprintf(out, CELL_TEXT, "-");                                             \
		else if (time)                                                                     \
			text__time(books->field, out);                                             \
		else                                                                               \
			units__count(books->field, out);                                           \
	}                                                                                          \
	static void name##_difference_cell(const struct page *page, const void *row, char *out)    \
	{                                                                                          \
		const struct comparison *books = &thread_of(row)->books;                           \
                                                                                                   \
		(void)page;                                                                        \
		if (books->valid)                                                                  \
			write_difference(books->our_##field, books->field, time, out);             \
		else                                                                               \
			snprintf(out, CELL_TEXT, "-");                                             \
	}

BOOKS_CELL(runtime, runtime, true)
BOOKS_CELL(rundelay, rundelay, true)
BOOKS_CELL(voluntary, voluntary, false)
BOOKS_CELL(involuntary, involuntary, false)

static void clock_gain_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	text__time(thread_of(row)->books.clock_gain, out);
}

static void clock_loss_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	text__time(thread_of(row)->books.clock_loss, out);
}

static void residual_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	snprintf(out, CELL_TEXT, "%lld", (long long)thread_of(row)->residual);
}

static const struct column book_columns[] = {
	/* title, rank, least, left, style, cell */
	{"tid", 0, 0, false, NULL, tid_cell},
	{"name", 0, 8, true, STYLE_BOLD, comm_cell},
	{"run time", 3, 0, false, NULL, runtime_cell},
	{"ours", 0, 0, false, NULL, runtime_difference_cell},
	{"run-queue delay", 4, 0, false, NULL, rundelay_cell},
	{"ours", 2, 0, false, NULL, rundelay_difference_cell},
	{"clock gain", 3, 0, false, NULL, clock_gain_cell},
	{"clock loss", 3, 0, false, NULL, clock_loss_cell},
	{"voluntary", 6, 0, false, NULL, voluntary_cell},
	{"ours", 5, 0, false, NULL, voluntary_difference_cell},
	{"involuntary", 8, 0, false, NULL, involuntary_cell},
	{"ours", 7, 0, false, NULL, involuntary_difference_cell},
	{"residual", 1, 0, false, NULL, residual_cell},
};

#define COUNT_CELL(name)                                                                           \
	static void name##_cell(const struct page *page, const void *row, char *out)               \
	{                                                                                          \
		(void)page;                                                                        \
		units__count(thread_of(row)->name, out);                                           \
	}

COUNT_CELL(wakeups)
COUNT_CELL(early)
COUNT_CELL(unwoken)
COUNT_CELL(spurious)
COUNT_CELL(backwards)
COUNT_CELL(lost)

static const struct column event_columns[] = {
	{"tid", 0, 0, false, NULL, tid_cell},
	{"name", 0, 8, true, STYLE_BOLD, comm_cell},
	{"wakeups", 1, 0, false, NULL, wakeups_cell},
	{"early", 3, 0, false, NULL, early_cell},
	{"unwoken", 4, 0, false, NULL, unwoken_cell},
	{"spurious", 5, 0, false, NULL, spurious_cell},
	{"backwards", 6, 0, false, NULL, backwards_cell},
	{"lost", 2, 0, false, STYLE_BAD, lost_cell},
};

static void cause_cell(const struct page *page, const void *row, char *out)
{
	text__copy(out, CELL_TEXT, ((const struct loss_count *)row)->cause, page->unicode);
}

static void cause_count_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	units__count(((const struct loss_count *)row)->count, out);
}

static const struct column loss_columns[] = {
	{"lost by cause", 0, 8, true, NULL, cause_cell},
	{"events", 0, 0, false, NULL, cause_count_cell},
};

static void map_cell(const struct page *page, const void *row, char *out)
{
	text__copy(out, CELL_TEXT, ((const struct map_use *)row)->name, page->unicode);
}

static void used_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	units__count(((const struct map_use *)row)->used, out);
}

static void capacity_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	units__count(((const struct map_use *)row)->capacity, out);
}

static void fill_cell(const struct page *page, const void *row, char *out)
{
	const struct map_use *map = row;

	(void)page;
	text__percent(map->used, map->capacity, out);
}

static const struct column map_columns[] = {
	{"map", 0, 8, true, NULL, map_cell},
	{"used", 0, 0, false, NULL, used_cell},
	{"of", 0, 0, false, NULL, capacity_cell},
	{"fill", 1, 0, false, NULL, fill_cell},
};

static struct audit_line *collect(const struct profile *profile)
{
	struct audit_line *lines = calloc(text__threads(profile) + 1, sizeof(*lines));
	size_t count = 0;

	for (size_t i = 0; lines && i < profile->process_count; i++)
		for (size_t j = 0; j < profile->processes[i].thread_count; j++)
			lines[count++].thread = &profile->processes[i].threads[j];
	return lines;
}

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void print(struct page *page, const char *title, const struct table *table)
{
	if (!table->row_count)
		return;
	if (title)
		page__title(page, title, NULL);
	else
		page__end_line(page);
	table__print(page, table);
}

void text__audit_rows(struct page *page, const struct profile *profile)
{
	const struct audit *audit = &profile->audit;
	struct audit_line *lines = collect(profile);
	size_t count = text__threads(profile);

	if (!lines) {
		page->error = -ENOMEM;
		return;
	}
	print(page, "The kernel's own books, and what ours say more or less",
	      &(struct table){book_columns, COUNT_OF(book_columns), lines, count, sizeof(*lines)});
	print(page, "Events that were put right, and transitions lost",
	      &(struct table){event_columns, COUNT_OF(event_columns), lines, count,
			      sizeof(*lines)});
	print(page, NULL,
	      &(struct table){loss_columns, COUNT_OF(loss_columns), audit->lost, audit->lost_count,
			      sizeof(*audit->lost)});
	print(page, NULL,
	      &(struct table){map_columns, COUNT_OF(map_columns), audit->maps, audit->map_count,
			      sizeof(*audit->maps)});
	free(lines);
}

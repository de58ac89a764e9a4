// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A comparison in tables: a row for each syscall, wait, object ... whose main figure has changed.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "names/units.h"
#include "render/diff.h"
#include "render/text_table.h"

#define SCREENFUL 8

struct diff_table {
	const char *by, *title;
	enum diff_figure main, count, p50, p99; /* DIFF_FIGURES: none */
	bool of_processes;			/* a row for each process's; else all together */
	bool usual;				/* shown unless --by asks for another */
};

#define NONE DIFF_FIGURES

static const struct diff_table tables[] = {
	{"process", "Time, by process", NONE, NONE, NONE, NONE, true, false},
	{"class", "Waits, by class", DIFF_CLASS_BLOCKED, DIFF_CLASS_WAITS, NONE, NONE, false,
	 false},
	{"wait", "Waits", DIFF_WAIT_BLOCKED, DIFF_WAIT_WAITS, DIFF_WAIT_P50, DIFF_WAIT_P99, false,
	 true},
	{"object", "Waits, by object", DIFF_OBJECT_BLOCKED, DIFF_OBJECT_WAITS, NONE, NONE, false,
	 false},
	{"syscall", "Syscalls", DIFF_SYSCALL_TOTAL, DIFF_SYSCALL_CALLS, DIFF_SYSCALL_P50,
	 DIFF_SYSCALL_P99, false, true},
	{"request", "Asynchronous requests", DIFF_REQUEST_LATENCY, DIFF_REQUEST_COMPLETED,
	 DIFF_REQUEST_P50, DIFF_REQUEST_P99, false, true},
	{"loop", "Event loops, asleep in their handlers", DIFF_LOOP_BLOCKED, DIFF_LOOP_ITERATIONS,
	 NONE, NONE, false, true},
	{"cost", "The whole run", NONE, NONE, NONE, NONE, false, true},
};

#define TABLES (sizeof(tables) / sizeof(tables[0]))

const char *diff_by__name(size_t index)
{
	static const char *const others[] = {"finding", "model"};

	if (index < TABLES)
		return tables[index].by;
	index -= TABLES;
	return index < sizeof(others) / sizeof(others[0]) ? others[index] : NULL;
}

/* --- rows --------------------------------------------------------------------------------------
 */

struct diff_row {
	const struct diff_change *main, *count, *p50, *p99;
};

static bool is_main(const struct diff_table *table, const struct diff_change *change)
{
	const struct diff_value *of = change->of;

	if (table->of_processes != (of->process != NULL))
		return false;
	if (table->main != NONE)
		return of->figure == table->main;
	if (table->of_processes)
		return diff__is_part(change);
	return diff_kinds[of->figure].subject == DIFF_OF_COST ||
	       (diff_kinds[of->figure].subject == DIFF_OF_TIME && of->figure != DIFF_LIFETIME);
}

static const struct diff_change *beside(const struct diff *diff, const struct diff_change *main,
					enum diff_figure figure)
{
	const struct diff_change *change =
		figure == NONE ? NULL : diff__sibling(diff, main, figure);

	return change && !change->few ? change : NULL;
}

static bool is_below(const struct page *page, const struct diff_change *change)
{
	return page->options->min && diff_kinds[change->of->figure].unit == DIFF_NS &&
	       fabs(diff_change__difference(change)) < (double)page->options->min;
}

static void name_of(const struct page *page, const struct diff_value *of, char *out)
{
	const char *parts[4] = {of->process, of->name, of->syscall, of->object};
	const char *name = diff_kinds[of->figure].name;
	enum diff_subject subject = diff_kinds[of->figure].subject;
	char text[CELL_TEXT] = "";
	size_t used = 0;

	if (subject == DIFF_OF_TIME || subject == DIFF_OF_COST || of->figure == DIFF_CLASS_IDLE)
		used = (size_t)snprintf(text, sizeof(text), "%.60s%s%s",
					of->process ? of->process : "", of->process ? " " : "",
					name);
	for (int i = subject == DIFF_OF_TIME || of->figure == DIFF_CLASS_IDLE; i < 4; i++)
		if (parts[i] && used < sizeof(text))
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
						 used ? " " : "", parts[i]);
	text__copy(out, CELL_TEXT, text, page->unicode);
}

/* --- columns -----------------------------------------------------------------------------------
 */

static void name_cell(const struct page *page, const void *row, char *out)
{
	name_of(page, ((const struct diff_row *)row)->main->of, out);
}

static void side_text(const struct diff_change *change, bool b, char *out)
{
	out[0] = '\0';
	if (change)
		diff__value_text(diff_kinds[change->of->figure].unit,
				 b ? change->b.median : change->a.median, out);
}

static void main_a_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	side_text(((const struct diff_row *)row)->main, false, out);
}

static void main_b_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	side_text(((const struct diff_row *)row)->main, true, out);
}

/* "200", or "200 -> 240" */
static void pair_text(const struct page *page, const struct diff_change *change, char *out)
{
	char a[CELL_TEXT], b[CELL_TEXT];

	out[0] = '\0';
	if (!change)
		return;
	side_text(change, false, a);
	side_text(change, true, b);
	if (!strcmp(a, b))
		snprintf(out, CELL_TEXT, "%s", a);
	else
		snprintf(out, CELL_TEXT, "%.60s %s %.60s", a, page->unicode ? "→" : "->", b);
}

static void count_cell(const struct page *page, const void *row, char *out)
{
	pair_text(page, ((const struct diff_row *)row)->count, out);
}

static void p50_cell(const struct page *page, const void *row, char *out)
{
	pair_text(page, ((const struct diff_row *)row)->p50, out);
}

static void p99_cell(const struct page *page, const void *row, char *out)
{
	pair_text(page, ((const struct diff_row *)row)->p99, out);
}

static void change_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	diff__difference_text(((const struct diff_row *)row)->main, out);
}

static void percent_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	diff__percent_text(((const struct diff_row *)row)->main, out);
}

static void ranges_cell(const struct page *page, const void *row, char *out)
{
	const struct diff_change *main = ((const struct diff_row *)row)->main;
	enum diff_unit unit = diff_kinds[main->of->figure].unit;
	char a[DIFF_TEXT], b[DIFF_TEXT];

	out[0] = '\0';
	if (main->a.low < main->a.high || main->b.low < main->b.high)
		snprintf(out, CELL_TEXT, "%s %s %s", diff__range_text(unit, &main->a, a),
			 page->unicode ? "→" : "->", diff__range_text(unit, &main->b, b));
}

static const struct column columns[] = {
	{"", 0, 14, true, STYLE_BOLD, name_cell},
	{"A", 3, 0, false, NULL, main_a_cell},
	{"B", 2, 0, false, NULL, main_b_cell},
	{"change", 0, 0, false, STYLE_BOLD, change_cell},
	{"of A", 1, 0, false, NULL, percent_cell},
	{"times", 4, 0, false, NULL, count_cell},
	{"p50", 5, 0, false, NULL, p50_cell},
	{"p99", 6, 0, false, NULL, p99_cell},
	{"ranges", 7, 0, false, STYLE_DIM, ranges_cell},
};

/* --- tables ------------------------------------------------------------------------------------
 */

static void print_table(struct page *page, const struct diff *diff, const struct diff_table *table,
			struct diff_row *rows, size_t most)
{
	struct left_out left_out = {0};
	size_t count = 0, noise = 0;

	for (size_t i = 0; i < diff->change_count; i++) {
		const struct diff_change *change = &diff->changes[i];

		if (!is_main(table, change))
			continue;
		if (!diff_change__counts(change))
			noise += diff_change__difference(change) != 0;
		else if (is_below(page, change))
			left_out.below_min++;
		else if (count == most)
			left_out.beyond_top++;
		else
			rows[count++] = (struct diff_row){
				change, beside(diff, change, table->count),
				beside(diff, change, table->p50), beside(diff, change, table->p99)};
	}
	if (!count && !left_out.below_min && !noise)
		return;
	page__title(page, table->title, "biggest change first");
	if (count)
		table__print(page, &(struct table){columns, sizeof(columns) / sizeof(columns[0]),
						   rows, count, sizeof(*rows)});
	page__left_out(page, &left_out, "change", "changes");
	if (!noise)
		return;
	page__begin_line(page, 0);
	page__count(page, noise, "figure", "figures");
	page__say(page, STYLE_DIM, " within noise");
	page__end_line(page);
}

void diff__tables(struct page *page, const struct diff *diff, const char *by)
{
	size_t most = text__rows(page->options, SCREENFUL);
	struct diff_row *rows;

	if (most > diff->change_count)
		most = diff->change_count;
	rows = calloc(most + 1, sizeof(*rows));
	if (!rows) {
		page->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < TABLES; i++)
		if (by ? !strcmp(by, tables[i].by) : tables[i].usual)
			print_table(page, diff, &tables[i], rows, most);
	free(rows);
}

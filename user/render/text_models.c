// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The bundled models side by side, for people. Several narrow tables for each group: a reader
 * compares down a column, and a terminal has 80 of them.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "names/units.h"
#include "render/text_table.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct models_row *the_row(const void *row)
{
	return *(const struct models_row *const *)row;
}

static void ratio_text(double value, char *out)
{
	char text[UNITS_TEXT];

	if (value == 0)
		snprintf(out, CELL_TEXT, "0");
	else if (value >= 100)
		snprintf(out, CELL_TEXT, "%s", units__count((uint64_t)(value + 0.5), text));
	else
		snprintf(out, CELL_TEXT, value >= 10 ? "%.1f" : "%.2f", value);
}

static void figure_cell(const void *row, enum models_figure figure, char *out)
{
	double value = the_row(row)->figures[figure];
	uint64_t whole;

	if (!isfinite(value) || value < 0) {
		snprintf(out, CELL_TEXT, "-");
		return;
	}
	whole = (uint64_t)(value + 0.5);
	switch (models_figures[figure].unit) {
	case UNIT_RATIO:
		ratio_text(value, out);
		break;
	case UNIT_SHARE:
		text__percent((uint64_t)(value * 1e6), 1000000, out);
		break;
	case UNIT_TIME:
		text__time(whole, out);
		break;
	case UNIT_SIZE:
		units__size(whole, out);
		break;
	case UNIT_COUNT:
	case UNIT_RATE:
		units__count(whole, out);
		break;
	}
}

#define FIGURE_CELL(name, figure)                                                                  \
	static void name##_cell(const struct page *page, const void *row, char *out)               \
	{                                                                                          \
		(void)page;                                                                        \
		figure_cell(row, figure, out);                                                     \
	}

FIGURE_CELL(wall, FIGURE_WALL)
FIGURE_CELL(in_call, FIGURE_IN_CALL)
FIGURE_CELL(in_wait, FIGURE_IN_WAIT)
FIGURE_CELL(on_cpu, FIGURE_ON_CPU)
FIGURE_CELL(for_cpu, FIGURE_FOR_CPU)
FIGURE_CELL(threads, FIGURE_THREADS)
FIGURE_CELL(processes, FIGURE_PROCESSES)
FIGURE_CELL(switches, FIGURE_SWITCHES_PER_OPERATION)
FIGURE_CELL(syscalls, FIGURE_SYSCALLS_PER_OPERATION)
FIGURE_CELL(cpu, FIGURE_CPU_PER_OPERATION)
FIGURE_CELL(refused, FIGURE_REFUSED_PER_OPERATION)
FIGURE_CELL(first, FIGURE_FIRST_RESULT)
FIGURE_CELL(last, FIGURE_LAST_RESULT)
FIGURE_CELL(in_flight, FIGURE_IN_FLIGHT)
FIGURE_CELL(p50, FIGURE_LATENCY_P50)
FIGURE_CELL(p99, FIGURE_LATENCY_P99)
FIGURE_CELL(requests, FIGURE_REQUESTS)
FIGURE_CELL(request_p50, FIGURE_REQUEST_P50)
FIGURE_CELL(request_p99, FIGURE_REQUEST_P99)
FIGURE_CELL(submit, FIGURE_SUBMIT_ASLEEP)
FIGURE_CELL(throughput, FIGURE_THROUGHPUT)
FIGURE_CELL(memory, FIGURE_MEMORY_PER_CONNECTION)
FIGURE_CELL(reserved, FIGURE_STACK_RESERVED)
FIGURE_CELL(resident, FIGURE_STACK_RESIDENT)
FIGURE_CELL(kernel_stack, FIGURE_KERNEL_STACK)
FIGURE_CELL(kernel_memory, FIGURE_KERNEL_MEMORY)
FIGURE_CELL(creation, FIGURE_CREATION)
FIGURE_CELL(each, FIGURE_CREATION_PER_THREAD)
FIGURE_CELL(concurrency, FIGURE_CONCURRENCY)
FIGURE_CELL(concurrency_max, FIGURE_CONCURRENCY_MAX)
FIGURE_CELL(parallelism, FIGURE_PARALLELISM)
FIGURE_CELL(parallelism_max, FIGURE_PARALLELISM_MAX)

static void name_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	snprintf(out, CELL_TEXT, "%s", the_row(row)->name);
}

static void scale_cell(const struct page *page, const void *row, char *out)
{
	char text[UNITS_TEXT];

	(void)page;
	snprintf(out, CELL_TEXT, "%s", units__count(the_row(row)->scale, text));
}

static void delivery_cell(const struct page *page, const void *row, char *out)
{
	const char *delivery = the_row(row)->delivery;

	text__copy(out, CELL_TEXT, delivery ? delivery : "-", page->unicode);
}

static void completion_cell(const struct page *page, const void *row, char *out)
{
	const char *completion = the_row(row)->completion_is;

	text__copy(out, CELL_TEXT, completion ? completion : "-", page->unicode);
}

/* What waitscope says; with a mark where it is wrong, for which there is a line below. */
static void model_cell(const struct page *page, const void *row, char *out)
{
	const struct models_row *run = the_row(row);
	bool wrong = run->expected_model != MODEL_UNKNOWN && run->expected_model != run->model;

	(void)page;
	snprintf(out, CELL_TEXT, "%s%s", io_model__name(run->model), wrong ? " (!)" : "");
}

static void structure_cell(const struct page *page, const void *row, char *out)
{
	const struct models_row *run = the_row(row);
	bool wrong = run->expected_structure != STRUCTURE_UNKNOWN &&
		     run->expected_structure != run->structure;

	(void)page;
	snprintf(out, CELL_TEXT, "%s%s", structure__name(run->structure), wrong ? " (!)" : "");
}

/* title, rank, least, left, style, cell */
#define NAME                                                                                       \
	{                                                                                          \
		"", 0, 8, true, STYLE_BOLD, name_cell                                              \
	}
#define SCALE(what)                                                                                \
	{                                                                                          \
		what, 0, 0, false, NULL, scale_cell                                                \
	}
#define FIGURE(title, rank, cell)                                                                  \
	{                                                                                          \
		title, rank, 0, false, NULL, cell                                                  \
	}
#define WORDS(title, cell)                                                                         \
	{                                                                                          \
		title, 0, 8, true, NULL, cell                                                      \
	}

static const struct column time_columns[] = {
	NAME,
	FIGURE("in the call", 0, in_call_cell),
	FIGURE("waiting", 0, in_wait_cell),
	FIGURE("on CPU", 0, on_cpu_cell),
	FIGURE("for a CPU", 3, for_cpu_cell),
	FIGURE("threads", 2, threads_cell),
	FIGURE("in flight", 1, in_flight_cell),
};

static const struct column cost_columns[] = {
	NAME,
	FIGURE("switches", 0, switches_cell),
	FIGURE("syscalls", 0, syscalls_cell),
	FIGURE("EAGAIN", 1, refused_cell),
	FIGURE("CPU", 0, cpu_cell),
};

static const struct column result_columns[] = {
	NAME,
	FIGURE("first", 1, first_cell),
	FIGURE("last", 0, last_cell),
	FIGURE("p50", 0, p50_cell),
	FIGURE("p99", 0, p99_cell),
};

static const struct column request_columns[] = {
	NAME,
	FIGURE("requests", 0, requests_cell),
	FIGURE("p50", 0, request_p50_cell),
	FIGURE("p99", 0, request_p99_cell),
	FIGURE("asleep submitting", 0, submit_cell),
};

static const struct column verdict_columns[] = {
	NAME,
	WORDS("delivered by", delivery_cell),
	WORDS("completion is", completion_cell),
	WORDS("waitscope says", model_cell),
};

static const struct column service_columns[] = {
	NAME,
	FIGURE("threads", 3, threads_cell),
	FIGURE("processes", 4, processes_cell),
	FIGURE("memory", 0, memory_cell),
	FIGURE("switches", 0, switches_cell),
	FIGURE("CPU", 1, cpu_cell),
	FIGURE("p50", 0, p50_cell),
	FIGURE("p99", 0, p99_cell),
	FIGURE("requests/s", 0, throughput_cell),
};

static const struct column service_verdict_columns[] = {
	NAME,
	SCALE("connections"),
	WORDS("waitscope says", model_cell),
	WORDS("structure", structure_cell),
};

static const struct column thread_columns[] = {
	SCALE("threads"),
	FIGURE("created in", 0, creation_cell),
	FIGURE("each", 1, each_cell),
	FIGURE("reserved", 0, reserved_cell),
	FIGURE("resident", 0, resident_cell),
	FIGURE("kernel stacks", 0, kernel_stack_cell),
	FIGURE("all in kernel", 2, kernel_memory_cell),
};

static const struct column overlap_columns[] = {
	NAME,
	FIGURE("wall", 0, wall_cell),
	FIGURE("threads", 3, threads_cell),
	FIGURE("concurrency", 0, concurrency_cell),
	FIGURE("most", 2, concurrency_max_cell),
	FIGURE("parallelism", 0, parallelism_cell),
	FIGURE("most", 1, parallelism_max_cell),
};

/* A table of a group, with what stands above it. Rows that lack `needs` are left out of it. */
struct models_table {
	enum models_group group;
	const char *heading;
	const struct column *columns;
	size_t column_count;
	enum models_figure needs;
	bool by_scale; /* one for each number of connections */
};

#define TABLE(group, heading, columns, needs)                                                      \
	{                                                                                          \
		group, heading, columns, COUNT(columns), needs, false                              \
	}

static const struct models_table tables[] = {
	TABLE(GROUP_RECEIVE, "Where the caller's time goes", time_columns, FIGURE_ON_CPU),
	TABLE(GROUP_RECEIVE, "What one block costs", cost_columns, FIGURE_CPU_PER_OPERATION),
	TABLE(GROUP_RECEIVE, "When results come; from the sending of a block to having it",
	      result_columns, FIGURE_LAST_RESULT),
	TABLE(GROUP_RECEIVE, "How a result comes", verdict_columns, FIGURE_OPERATIONS),
	TABLE(GROUP_FILE, "Where the caller's time goes", time_columns, FIGURE_ON_CPU),
	TABLE(GROUP_FILE, "What one block costs", cost_columns, FIGURE_CPU_PER_OPERATION),
	TABLE(GROUP_FILE, "When results come; from asking for a block to having it", result_columns,
	      FIGURE_LAST_RESULT),
	TABLE(GROUP_FILE, "The same requests as the kernel and the library know them",
	      request_columns, FIGURE_REQUESTS),
	TABLE(GROUP_FILE, "How a result comes", verdict_columns, FIGURE_OPERATIONS),
	{GROUP_SERVICE, "connections: memory each; switches and CPU for each request",
	 service_columns, COUNT(service_columns), FIGURE_OPERATIONS, true},
	TABLE(GROUP_SERVICE, NULL, service_verdict_columns, FIGURE_OPERATIONS),
	TABLE(GROUP_THREADS, NULL, thread_columns, FIGURE_CREATION),
	TABLE(GROUP_OVERLAP, NULL, overlap_columns, FIGURE_WALL),
};

static bool belongs(const struct models_row *row, const struct models_table *table, uint64_t scale)
{
	return row->group == table->group && row->outcome == OUTCOME_RAN &&
	       isfinite(row->figures[table->needs]) && (!table->by_scale || row->scale == scale);
}

static void say_heading(struct page *page, const struct models_table *table, uint64_t scale)
{
	char text[UNITS_TEXT];

	if (!table->heading)
		return;
	page__begin_line(page, 0);
	if (table->by_scale)
		page__keep(page, STYLE_BOLD, "%s ", units__count(scale, text));
	page__say(page, STYLE_BOLD, "%s", table->heading);
	page__end_line(page);
}

/* Prints it if it has any rows. */
static void print_table(struct page *page, const struct models_report *report,
			const struct models_table *table, uint64_t scale)
{
	const struct models_row **rows = calloc(report->row_count + 1, sizeof(const void *));
	struct table shown = {
		.columns = table->columns,
		.column_count = table->column_count,
		.rows = rows,
		.row_size = sizeof(const void *),
	};

	if (!rows) {
		page->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < report->row_count; i++)
		if (belongs(&report->rows[i], table, scale))
			rows[shown.row_count++] = &report->rows[i];
	if (shown.row_count) {
		page__end_line(page);
		say_heading(page, table, scale);
		table__print(page, &shown);
	}
	free(rows);
}

/* The next larger number of connections, or 0. */
static uint64_t next_scale(const struct models_report *report, enum models_group group,
			   uint64_t after)
{
	uint64_t next = 0;

	for (size_t i = 0; i < report->row_count; i++) {
		const struct models_row *row = &report->rows[i];

		if (row->group == group && row->scale > after && (!next || row->scale < next))
			next = row->scale;
	}
	return next;
}

void text__models_tables(struct page *page, const struct models_report *report,
			 enum models_group group)
{
	for (size_t i = 0; i < COUNT(tables); i++) {
		uint64_t scale = 0;

		if (tables[i].group != group)
			continue;
		if (!tables[i].by_scale)
			print_table(page, report, &tables[i], 0);
		while (tables[i].by_scale && (scale = next_scale(report, group, scale)))
			print_table(page, report, &tables[i], scale);
	}
}

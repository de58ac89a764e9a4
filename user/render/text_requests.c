// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The table of asynchronous requests, as the program saw them; what the block devices did for it
 * stands apart, for it is another latency.
 */
#include <errno.h>
#include <stdlib.h>

#include "names/units.h"
#include "render/text_table.h"

#define REQUESTS_SCREENFUL 8

struct request_line {
	const struct process *process;
	const struct requests *requests;
};

static const struct requests *requests_of(const void *row)
{
	return ((const struct request_line *)row)->requests;
}

static void process_cell(const struct page *page, const void *row, char *out)
{
	const struct process *process = ((const struct request_line *)row)->process;
	char comm[64];

	text__copy(comm, sizeof(comm), process->comm, page->unicode);
	snprintf(out, CELL_TEXT, "%d %s", process->pid, comm);
}

static void api_cell(const struct page *page, const void *row, char *out)
{
	const struct requests *requests = requests_of(row);
	static const char *const names[] = {
		[REQUEST_POSIX_AIO] = "POSIX AIO",
		[REQUEST_LINUX_AIO] = "Linux AIO",
		[REQUEST_IO_URING] = "io_uring",
	};
	char device[64];

	if (requests->api == REQUEST_BLOCK) {
		text__copy(device, sizeof(device), requests->device, page->unicode);
		snprintf(out, CELL_TEXT, "device %s", device);
	} else {
		snprintf(out, CELL_TEXT, "%s", names[requests->api] ? names[requests->api] : "?");
	}
}

static void operation_cell(const struct page *page, const void *row, char *out)
{
	text__copy(out, CELL_TEXT, requests_of(row)->operation, page->unicode);
}

#define COUNT_CELL(name, expression)                                                               \
	static void name##_cell(const struct page *page, const void *row, char *out)               \
	{                                                                                          \
		const struct requests *requests = requests_of(row);                                \
                                                                                                   \
		(void)page;                                                                        \
		units__count(expression, out);                                                     \
	}

COUNT_CELL(completed, requests->completed)
COUNT_CELL(failed, requests->failed + requests->cancelled)
COUNT_CELL(open, requests->open)
COUNT_CELL(most, requests->inflight_max)

static void mean_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	snprintf(out, CELL_TEXT, "%.1f", requests_of(row)->inflight_mean);
}

static void latency_cell(const void *row, double quantile, char *out)
{
	const struct histogram *latency = &requests_of(row)->latency;

	if (histogram__has_quantiles(latency) && latency->count)
		text__time(histogram__quantile(latency, quantile), out);
	else
		snprintf(out, CELL_TEXT, "?");
}

static void p50_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	latency_cell(row, 0.5, out);
}

static void p99_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	latency_cell(row, 0.99, out);
}

static void slept_cell(const struct page *page, const void *row, char *out)
{
	(void)page;
	text__time(requests_of(row)->submit_blocked, out);
}

/* "inline 90%, punted 10%": how the kernel did them */
static void served_cell(const struct page *page, const void *row, char *out)
{
	const struct requests *requests = requests_of(row);
	uint64_t all = 0;
	size_t used = 0;

	(void)page;
	out[0] = '\0';
	for (int kind = 0; kind < SERVED_KINDS; kind++)
		all += requests->served[kind];
	for (int kind = 0; kind < SERVED_KINDS && used < CELL_TEXT; kind++) {
		char percent[PERCENT_TEXT];

		if (!requests->served[kind])
			continue;
		used += snprintf(out + used, CELL_TEXT - used, "%s%s %s", used ? ", " : "",
				 request_served__name(kind),
				 text__percent(requests->served[kind], all, percent));
	}
}

static const struct column columns[] = {
	/* title, rank, least, left, style, cell */
	{"process", 7, 10, true, NULL, process_cell}, /* first: left out with one process */
	{"requests of", 0, 12, true, STYLE_BOLD, api_cell},
	{"operation", 0, 10, true, NULL, operation_cell},
	{"done", 0, 0, false, NULL, completed_cell},
	{"failed", 6, 0, false, STYLE_BAD, failed_cell},
	{"open", 8, 0, false, NULL, open_cell},
	{"p50", 1, 0, false, NULL, p50_cell},
	{"p99", 2, 0, false, NULL, p99_cell},
	{"in flight", 3, 0, false, NULL, mean_cell},
	{"most", 4, 0, false, NULL, most_cell},
	{"submit slept", 5, 0, false, NULL, slept_cell},
	{"done by", 9, 0, true, NULL, served_cell},
};

/* Each process's, those of the program before those of the devices. */
static size_t collect(const struct page *page, const struct profile *profile,
		      struct request_line *rows, size_t *below_min)
{
	size_t count = 0;

	for (size_t i = 0; i < profile->process_count; i++) {
		const struct process *process = &profile->processes[i];

		for (size_t j = 0; j < process->request_count; j++) {
			if (process->requests[j].inflight_total < page->options->min)
				(*below_min)++;
			else
				rows[count++] =
					(struct request_line){process, &process->requests[j]};
		}
	}
	return count;
}

static size_t count_requests(const struct profile *profile)
{
	size_t count = 0;

	for (size_t i = 0; i < profile->process_count; i++)
		count += profile->processes[i].request_count;
	return count;
}

/* Completions lie in the ring of a program that looks for them this much later than they came. */
#define LATE_PART 4 /* of the latency, at least */
#define LATE_NS	  10000

static void say_late(struct page *page, const struct request_line *line)
{
	const struct histogram *posted = &line->requests->latency, *taken = &line->requests->taken;
	char posted_time[UNITS_TEXT], taken_time[UNITS_TEXT], comm[64];
	uint64_t half_posted, half_taken;

	if (!histogram__has_quantiles(posted) || !histogram__has_quantiles(taken))
		return;
	half_posted = histogram__quantile(posted, 0.5);
	half_taken = histogram__quantile(taken, 0.5);
	if (half_taken < half_posted + half_posted / LATE_PART ||
	    half_taken < half_posted + LATE_NS)
		return;
	text__copy(comm, sizeof(comm), line->process->comm, page->unicode);
	page__begin_line(page, 2);
	page__say(page, NULL,
		  "%d %s looks late: %s is done after %s (p50), but taken out of the ring after "
		  "%s or more",
		  line->process->pid, comm, line->requests->operation,
		  text__time(half_posted, posted_time), text__time(half_taken, taken_time));
	page__end_line(page);
}

void text__request_table(struct page *page, const struct profile *profile)
{
	size_t all = count_requests(profile), most, count, skip = profile->process_count == 1;
	struct left_out left_out = {0};
	struct request_line *rows;
	struct table table;

	if (!all)
		return;
	rows = calloc(all, sizeof(*rows));
	if (!rows) {
		page->error = -ENOMEM;
		return;
	}
	count = collect(page, profile, rows, &left_out.below_min);
	most = text__rows(page->options, REQUESTS_SCREENFUL);
	left_out.beyond_top = count > most ? count - most : 0;
	table = (struct table){
		.columns = columns + skip,
		.column_count = sizeof(columns) / sizeof(columns[0]) - skip,
		.rows = rows,
		.row_count = count - left_out.beyond_top,
		.row_size = sizeof(*rows),
	};
	page__title(page, "Requests in flight",
		    "submitted to completed; what a device did for them is another time");
	if (table.row_count)
		table__print(page, &table);
	for (size_t i = 0; i < table.row_count; i++)
		say_late(page, &rows[i]);
	page__left_out(page, &left_out, "kind of request", "kinds of requests");
	free(rows);
}

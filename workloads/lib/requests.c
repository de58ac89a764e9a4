// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "requests.h"

#include "check.h"

struct request_counts *requests__add(struct requests *requests, const char *operation,
				     const char *served, uint64_t results_max)
{
	struct request_counts *row = requests->rows;

	while (row < &requests->rows[REQUEST_OPERATIONS_MAX] && row->operation)
		row++;
	if (row == &requests->rows[REQUEST_OPERATIONS_MAX])
		errx(EXIT_FAILURE, "more than %d operations", REQUEST_OPERATIONS_MAX);
	*row = (struct request_counts){.operation = operation, .served = served};
	latency__init(&row->latency, results_max);
	return row;
}

void requests__free(struct requests *requests)
{
	for (int i = 0; i < REQUEST_OPERATIONS_MAX; i++)
		latency__free(&requests->rows[i].latency);
}

void requests__submit(struct requests *requests, struct request_counts *row)
{
	row->submitted++;
	if (++requests->in_flight > requests->max_in_flight)
		requests->max_in_flight = requests->in_flight;
}

void requests__finish(struct requests *requests, struct request_counts *row, int error,
		      uint64_t latency_ns)
{
	requests->in_flight--;
	if (error == ECANCELED)
		row->cancelled++;
	else if (error)
		row->failed++;
	else
		row->completed++;
	row->results++;
	latency__record(&row->latency, latency_ns);
}

void requests__go_on(struct request_counts *row)
{
	row->results++;
}

static void write_row(struct request_counts *row, struct truth *truth)
{
	truth__open(truth, row->operation);
	truth__number(truth, "submitted", row->submitted);
	truth__number(truth, "completed", row->completed);
	truth__number(truth, "failed", row->failed);
	truth__number(truth, "cancelled", row->cancelled);
	truth__number(truth, "results", row->results);
	truth__text(truth, "served", row->served);
	truth__latency(truth, "latency", &row->latency);
	truth__close(truth);
}

void requests__write(struct requests *requests, struct truth *truth)
{
	truth__open(truth, "requests");
	for (int i = 0; i < REQUEST_OPERATIONS_MAX && requests->rows[i].operation; i++)
		write_row(&requests->rows[i], truth);
	truth__close(truth);
}

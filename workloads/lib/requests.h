/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The books of asynchronous requests: what became of each, by operation. */
#ifndef WORKLOADS_REQUESTS_H
#define WORKLOADS_REQUESTS_H

#include <stdint.h>

#include "latency.h"
#include "truth.h"

enum { REQUEST_OPERATIONS_MAX = 4 };

struct request_counts {
	const char *operation;
	const char *served; /* how, where that is certain: inline polled punted device timer */
	uint64_t submitted;
	uint64_t completed; /* with success */
	uint64_t failed;
	uint64_t cancelled;	/* ended by ECANCELED */
	uint64_t results;	/* completions; more than one request only if that is multishot */
	struct latency latency; /* from submitting to the last result, of each request */
};

struct requests {
	struct request_counts rows[REQUEST_OPERATIONS_MAX];
	uint64_t in_flight;
	uint64_t max_in_flight;
};

/* An operation that will be submitted, before the first request. Its name must stay. */
struct request_counts *requests__add(struct requests *requests, const char *operation,
				     const char *served, uint64_t results_max);
void requests__free(struct requests *requests);

void requests__submit(struct requests *requests, struct request_counts *row);

/* A result: 0 or an errno. The request is then over. */
void requests__finish(struct requests *requests, struct request_counts *row, int error,
		      uint64_t latency_ns);

/* A result of a request that goes on: the next one of a multishot. */
void requests__go_on(struct request_counts *row);

/* {"read": {submitted, completed, failed, cancelled, results, served, latency}} */
void requests__write(struct requests *requests, struct truth *truth);

#endif

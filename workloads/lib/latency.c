// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "latency.h"

#include <string.h>

#include "check.h"

void latency__init(struct latency *latency, size_t capacity)
{
	size_t bytes = capacity * sizeof(*latency->samples_ns);

	*latency = (struct latency){.capacity = capacity};
	latency->samples_ns = check_memory(malloc(bytes));
	memset(latency->samples_ns, 0xff, bytes);
}

void latency__free(struct latency *latency)
{
	free(latency->samples_ns);
	latency->samples_ns = NULL;
}

void latency__record(struct latency *latency, uint64_t duration_ns)
{
	if (latency->count == latency->capacity)
		errx(EXIT_FAILURE, "more than %zu latency samples", latency->capacity);
	latency->samples_ns[latency->count++] = duration_ns;
	latency->sum_ns += duration_ns;
}

static int compare_samples(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

void latency__sort(struct latency *latency)
{
	qsort(latency->samples_ns, latency->count, sizeof(*latency->samples_ns), compare_samples);
}

uint64_t latency__percentile_ns(const struct latency *latency, unsigned int percent)
{
	size_t rank = (latency->count * percent + 99) / 100;

	return latency->samples_ns[rank - 1];
}

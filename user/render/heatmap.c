// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "render/heatmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int by_count(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* Different counts in ascending order. Returns how many. */
static size_t distinct_counts(const struct heatmap *heatmap, uint64_t *sorted)
{
	size_t cells = heatmap->axis.count * heatmap->columns, used = 0, kept = 0;

	for (size_t i = 0; i < cells; i++)
		if (heatmap->counts[i])
			sorted[used++] = heatmap->counts[i];
	if (!used)
		return 0;
	qsort(sorted, used, sizeof(*sorted), by_count);
	for (size_t i = 1; i < used; i++)
		if (sorted[i] != sorted[kept])
			sorted[++kept] = sorted[i];
	return kept + 1;
}

static size_t rank_of(const uint64_t *sorted, size_t count, uint64_t value)
{
	size_t low = 0, high = count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (sorted[middle] <= value)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static int rank_cells(struct heatmap *heatmap)
{
	size_t cells = heatmap->axis.count * heatmap->columns, distinct;
	uint64_t *sorted = calloc(cells + 1, sizeof(*sorted));

	if (!sorted)
		return -ENOMEM;
	distinct = distinct_counts(heatmap, sorted);
	for (size_t i = 0; i < cells; i++) {
		size_t rank;

		if (!heatmap->counts[i])
			continue;
		rank = rank_of(sorted, distinct, heatmap->counts[i]);
		heatmap->strength[i] = distinct == 1
					       ? HEATMAP_STRENGTHS
					       : 1 + (unsigned int)(rank * (HEATMAP_STRENGTHS - 1) /
								    (distinct - 1));
	}
	free(sorted);
	return 0;
}

/* Where the middle of an interval falls. */
static size_t column_of(const struct heatmap *heatmap, const struct distributions *distributions,
			size_t slice)
{
	uint64_t start = distributions->starts[slice], end = distributions->window;
	double middle;
	size_t column;

	if (slice + 1 < distributions->slice_count)
		end = distributions->starts[slice + 1];
	if (!distributions->window)
		return 0;
	middle = ((double)start + (double)end) / 2;
	column = (size_t)(middle / (double)distributions->window * (double)heatmap->columns);
	return column < heatmap->columns ? column : heatmap->columns - 1;
}

int heatmap__lay(struct heatmap *heatmap, const struct distributions *distributions,
		 const struct series *series, const struct hist_options *options, size_t rows,
		 size_t columns)
{
	size_t slices = distributions->slice_count;
	uint64_t counts[AXIS_ROWS];

	*heatmap = (struct heatmap){0};
	axis__fit(&heatmap->axis, &series->total, options->axis, rows, options->low, options->high);
	if (!series->slices || !slices || !heatmap->axis.count)
		return 0;
	heatmap->columns = slices < columns ? slices : columns;
	heatmap->counts = calloc(heatmap->axis.count * heatmap->columns, sizeof(uint64_t));
	heatmap->strength = calloc(heatmap->axis.count * heatmap->columns, sizeof(unsigned int));
	if (!heatmap->counts || !heatmap->strength)
		return -ENOMEM;
	for (size_t i = 0; i < slices; i++) {
		size_t column = column_of(heatmap, distributions, i);

		axis__count(&heatmap->axis, &series->slices[i], counts);
		for (size_t row = 0; row < heatmap->axis.count; row++)
			heatmap->counts[row * heatmap->columns + column] += counts[row];
	}
	return rank_cells(heatmap);
}

void heatmap__clear(struct heatmap *heatmap)
{
	free(heatmap->counts);
	free(heatmap->strength);
	heatmap->counts = NULL;
	heatmap->strength = NULL;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "model/series.h"

#include <stdlib.h>

void distributions__add_up(const struct distributions *distributions, uint64_t *count,
			   uint64_t *sum)
{
	*count = *sum = 0;
	for (size_t i = 0; i < distributions->series_count; i++) {
		*count += distributions->series[i].total.count;
		*sum += distributions->series[i].total.sum;
	}
}

bool distributions__are_complete(const struct distributions *distributions)
{
	if (distributions->lost_count)
		return false;
	for (size_t i = 0; i < distributions->series_count; i++) {
		const struct histogram *total = &distributions->series[i].total;

		if (total->bucketed != total->count)
			return false;
	}
	return true;
}

static void clear_series(struct series *series, size_t slices)
{
	for (size_t i = 0; series->slices && i < slices; i++)
		histogram__clear(&series->slices[i]);
	free(series->slices);
	histogram__clear(&series->total);
	histogram__clear(&series->marked);
	free(series->label);
}

void distributions__free(struct distributions *distributions)
{
	if (!distributions)
		return;
	for (size_t i = 0; i < distributions->series_count; i++)
		clear_series(&distributions->series[i], distributions->slice_count);
	free(distributions->series);
	free(distributions->starts);
	free(distributions->lost);
	free(distributions->why_empty);
	free(distributions);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "model/series.h"

#include <stdlib.h>

void distributions__free(struct distributions *distributions)
{
	if (!distributions)
		return;
	for (size_t i = 0; i < distributions->series_count; i++) {
		struct series *series = &distributions->series[i];

		for (size_t j = 0; series->slices && j < distributions->slice_count; j++)
			histogram__clear(&series->slices[j]);
		free(series->slices);
		histogram__clear(&series->total);
		free(series->label);
	}
	free(distributions->series);
	free(distributions->why_empty);
	free(distributions);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the heat maps: the cells of a series, and how strongly each is coloured. */
#ifndef WAITSCOPE_RENDER_HEATMAP_H
#define WAITSCOPE_RENDER_HEATMAP_H

#include "render/hist.h"

struct heatmap {
	struct axis axis;	/* rows: values, the lowest first */
	size_t columns;		/* time, the window in equal parts */
	uint64_t *counts;	/* axis.count x columns, row by row; owned */
	unsigned int *strength; /* 0: no value, 1 .. HEATMAP_STRENGTHS; owned */
};

#define HEATMAP_STRENGTHS 10

/*
 * Lays out a series on at most `rows` x `columns` cells. Colour goes by rank among the cells, not
 * by count: a tail of single values is as visible as it is rare. 0 or -ENOMEM.
 */
int heatmap__lay(struct heatmap *heatmap, const struct distributions *distributions,
		 const struct series *series, const struct hist_options *options, size_t rows,
		 size_t columns);
void heatmap__clear(struct heatmap *heatmap);

#endif

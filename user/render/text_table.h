/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tables of the report for people: columns are rows of a C table, widths follow what is in them.
 *
 * A figure is never cut. Where a page is too narrow, names are shortened first; then columns are
 * left out, the one with the highest `rank` first.
 */
#ifndef WAITSCOPE_RENDER_TEXT_TABLE_H
#define WAITSCOPE_RENDER_TEXT_TABLE_H

#include "render/text.h"

#define CELL_TEXT 160

struct column {
	const char *title;
	int rank;	   /* 0: always there */
	int least;	   /* names: may be shortened to this many columns; 0: a figure */
	bool left;	   /* aligned to the left */
	const char *style; /* NULL: plain */
	/* Writes the text of a cell; `out` has CELL_TEXT bytes. */
	void (*cell)(const struct page *page, const void *row, char *out);
};

#define TABLE_COLUMNS 20 /* at most */

struct table {
	const struct column *columns;
	size_t column_count;
	const void *rows;
	size_t row_count, row_size;
};

void table__print(struct page *page, const struct table *table);

#endif

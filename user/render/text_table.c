// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>

#include "render/text_table.h"

#define TABLE_GAP 2

static const void *row_at(const struct table *table, size_t index)
{
	return (const char *)table->rows + index * table->row_size;
}

/* 0 if there is nothing in it at all */
static int natural_width(const struct page *page, const struct table *table,
			 const struct column *column)
{
	int width = 0, title = text__columns(column->title);
	char cell[CELL_TEXT];

	for (size_t i = 0; i < table->row_count; i++) {
		int columns;

		column->cell(page, row_at(table, i), cell);
		columns = text__columns(cell);
		width = columns > width ? columns : width;
	}
	return !width ? 0 : width > title ? width : title;
}

/* Columns that are left out have width 0. */
static int total_width(const struct table *table, const int *widths)
{
	int total = 0;

	for (size_t i = 0; i < table->column_count; i++)
		if (widths[i])
			total += widths[i] + (total ? TABLE_GAP : 0);
	return total;
}

static void shorten_names(const struct table *table, int *widths, int room)
{
	for (size_t i = 0; i < table->column_count; i++) {
		int excess = total_width(table, widths) - room, least = table->columns[i].least;

		if (excess <= 0 || !least || widths[i] <= least)
			continue;
		widths[i] = widths[i] - excess > least ? widths[i] - excess : least;
	}
}

/* Leaves out the dispensable column of highest rank. Returns false if there is none. */
static bool leave_one_out(const struct table *table, int *widths)
{
	size_t worst = table->column_count;

	for (size_t i = 0; i < table->column_count; i++)
		if (widths[i] && table->columns[i].rank &&
		    (worst == table->column_count ||
		     table->columns[i].rank >= table->columns[worst].rank))
			worst = i;
	if (worst == table->column_count)
		return false;
	widths[worst] = 0;
	return true;
}

/* Lays the table out for `room` columns: names as wide as they can be, all that fits. */
static void lay_out(const struct page *page, const struct table *table, int *widths, int room)
{
	int natural[TABLE_COLUMNS] = {0}, least[TABLE_COLUMNS];

	for (size_t i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];

		natural[i] = natural_width(page, table, column);
		least[i] = column->least && column->least < natural[i] ? column->least : natural[i];
	}
	while (total_width(table, least) > room && leave_one_out(table, least))
		;
	for (size_t i = 0; i < table->column_count; i++)
		widths[i] = least[i] ? natural[i] : 0;
	shorten_names(table, widths, room);
}

/* Nothing stands behind the last column: no spaces either. */
static int last_column(const struct table *table, const int *widths)
{
	int last = (int)table->column_count - 1;

	while (last > 0 && !widths[last])
		last--;
	return last;
}

static void print_cell(struct page *page, const struct column *column, const char *style,
		       const char *text, int width, bool last)
{
	if (!width)
		return;
	if (last && column->left && text__columns(text) < width)
		width = text__columns(text);
	if (page->column + TABLE_GAP + width > page->width && page->column > PAGE_MARGIN) {
		/* figures beyond all measure: the row goes on below */
		page__end_line(page);
		page__tab(page, PAGE_MARGIN + TABLE_GAP);
	} else if (page->column > PAGE_MARGIN) {
		page__tab(page, page->column + TABLE_GAP);
	}
	page__cell(page, style, text, width, column->left);
}

void table__print(struct page *page, const struct table *table)
{
	int widths[TABLE_COLUMNS] = {0}, last;
	char cell[CELL_TEXT];

	lay_out(page, table, widths, page->width - PAGE_MARGIN);
	last = last_column(table, widths);
	page__begin_line(page, 0);
	for (int i = 0; i < (int)table->column_count; i++)
		print_cell(page, &table->columns[i], STYLE_DIM, table->columns[i].title, widths[i],
			   i == last);
	page__end_line(page);
	for (size_t row = 0; row < table->row_count; row++) {
		page__begin_line(page, 0);
		for (int i = 0; i < (int)table->column_count; i++) {
			const struct column *column = &table->columns[i];

			column->cell(page, row_at(table, row), cell);
			print_cell(page, column, strcmp(cell, "0") ? column->style : STYLE_DIM,
				   cell, widths[i], i == last);
		}
		page__end_line(page);
	}
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Heat maps in the terminal: values upwards, time to the right, one cell a character. */
#include <string.h>

#include "names/units.h"
#include "render/heatmap.h"
#include "render/text.h"

#define MAP_ROWS      20
#define LABEL_COLUMNS 9
#define SERIES_SHOWN  4

/* 256 colours, dark blue over magenta to yellow; each is a foreground of the block. */
static const char *const colours[HEATMAP_STRENGTHS + 1] = {
	"",	    "38;5;17",	"38;5;18",  "38;5;54",	"38;5;91",  "38;5;126",
	"38;5;161", "38;5;196", "38;5;208", "38;5;220", "38;5;229",
};

static const char *const shades[HEATMAP_STRENGTHS + 1] = {
	" ", "░", "░", "░", "▒", "▒", "▒", "▓", "▓", "█", "█",
};

static const char *const signs[HEATMAP_STRENGTHS + 1] = {
	" ", ".", ":", "-", "=", "+", "o", "x", "%", "#", "@",
};

static void print_cell(struct page *page, unsigned int strength)
{
	if (!strength)
		page__tab(page, page->column + 1);
	else if (page->colour)
		page__cell(page, colours[strength], page->unicode ? "█" : signs[strength], 1, true);
	else
		page__cell(page, NULL, page->unicode ? shades[strength] : signs[strength], 1, true);
}

static void print_row(struct page *page, const struct heatmap *heatmap, size_t row,
		      const struct hist_options *options)
{
	char text[UNITS_TEXT];

	page__begin_line(page, 0);
	if (heatmap->axis.rows[row].gap) {
		page__cell(page, STYLE_DIM, "...", LABEL_COLUMNS, false);
		page__end_line(page);
		return;
	}
	hist__time(options, heatmap->axis.rows[row].low, text);
	page__cell(page, STYLE_DIM, text, LABEL_COLUMNS, false);
	page__cell(page, STYLE_DIM, page->unicode ? " ┤" : " |", 2, true);
	for (size_t column = 0; column < heatmap->columns; column++) {
		unsigned int strength = heatmap->strength[row * heatmap->columns + column];
		int at = PAGE_MARGIN + LABEL_COLUMNS + 2 + (int)column;

		if (!strength)
			continue;
		if (page->column < at)
			page__tab(page, at);
		print_cell(page, strength);
	}
	page__end_line(page);
}

static void print_time_axis(struct page *page, const struct distributions *distributions,
			    const struct heatmap *heatmap)
{
	char text[UNITS_TEXT], end[UNITS_TEXT];
	uint64_t column = distributions->window / heatmap->columns;
	int right = PAGE_MARGIN + LABEL_COLUMNS + 2 + (int)heatmap->columns;

	page__begin_line(page, 0);
	page__tab(page, PAGE_MARGIN + LABEL_COLUMNS + 2);
	page__keep(page, STYLE_DIM, "0");
	text__time(distributions->window, end);
	if (right - (int)strlen(end) > page->column + 2) {
		page__tab(page, right - (int)strlen(end));
		page__keep(page, STYLE_DIM, "%s", end);
	}
	page__end_line(page);
	page__begin_line(page, 0);
	page__say(page, STYLE_DIM, "a column is ");
	page__keep(page, STYLE_DIM, "%s", text__time(column, text));
	page__say(page, STYLE_DIM,
		  "; the stronger a cell, the higher its count ranks among all cells");
	page__end_line(page);
}

static int print_map(struct page *page, const struct distributions *distributions,
		     const struct series *series, const struct hist_options *options)
{
	int columns = page->width - PAGE_MARGIN - LABEL_COLUMNS - 2;
	struct heatmap heatmap;
	int err;

	err = heatmap__lay(&heatmap, distributions, series, options, MAP_ROWS,
			   columns > 1 ? (size_t)columns : 1);
	page__end_line(page);
	if (series->label) {
		page__begin_line(page, 0);
		page__data(page, STYLE_TITLE, series->label);
		page__end_line(page);
	}
	for (size_t row = heatmap.axis.count; row-- > 0 && !err && heatmap.columns;)
		print_row(page, &heatmap, row, options);
	if (!err && heatmap.columns)
		print_time_axis(page, distributions, &heatmap);
	heatmap__clear(&heatmap);
	return err;
}

int render__heatmap_text(FILE *stream, const struct distributions *distributions,
			 const struct hist_options *options)
{
	size_t most = text__rows(&options->page, SERIES_SHOWN);
	struct page page;
	int err = 0, finish;

	page__begin(&page, stream, &options->page);
	text__hist_heading(&page, distributions);
	for (size_t i = 0; i < distributions->series_count && i < most && !err; i++)
		err = print_map(&page, distributions, &distributions->series[i], options);
	text__hist_closing(&page, distributions, most);
	finish = page__finish(&page);
	return err ? err : finish;
}

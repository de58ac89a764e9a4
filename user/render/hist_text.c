// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Histograms for people: what was measured, in one line each count, percentiles and modes, then the
 * rows: value, count, share, bar with the percentiles that fall into it, and the share up to there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/modes.h"
#include "names/units.h"
#include "render/hist.h"
#include "render/text.h"

#define ROWS_SCREENFUL	 22
#define SERIES_SCREENFUL 6
#define BAR_LEAST	 10
#define STYLE_BAR	 "38;5;39"
#define MARKS_TEXT	 96

struct sheet {
	struct page page;
	const struct distributions *distributions;
	const struct hist_options *options;
};

static void say_time(struct sheet *sheet, const char *name, uint64_t ns)
{
	char text[UNITS_TEXT];

	page__say(&sheet->page, STYLE_DIM, "%s ", name);
	page__keep(&sheet->page, STYLE_BOLD, "%s", hist__time(sheet->options, ns, text));
}

static void say_totals(struct sheet *sheet, const struct histogram *histogram)
{
	struct page *page = &sheet->page;
	char text[UNITS_TEXT];

	page__begin_line(page, 2);
	page__count(page, histogram->count, "value", "values");
	page__say(page, NULL, ", ");
	page__keep(page, NULL, "%s in all; ", hist__time(sheet->options, histogram->sum, text));
	say_time(sheet, "min", histogram->min);
	page__say(page, NULL, ", ");
	say_time(sheet, "mean", histogram->sum / histogram->count);
	page__say(page, NULL, ", ");
	say_time(sheet, "max", histogram->max);
	page__end_line(page);
}

static void say_percentiles(struct sheet *sheet, const struct histogram *histogram)
{
	const struct hist_options *options = sheet->options;
	struct page *page = &sheet->page;
	char name[24];

	page__begin_line(page, 2);
	if (!histogram__has_quantiles(histogram)) {
		page__say(page, NULL, "percentiles are unknown: ");
		if (histogram->count > histogram->bucketed) {
			page__count(page, histogram->count - histogram->bucketed, "value is",
				    "values are");
			page__say(page, NULL, " in no bucket");
		} else {
			page__say(page, NULL, "some values are beyond the buckets' 73 minutes");
		}
	}
	for (size_t i = 0; i < options->percentile_count && histogram__has_quantiles(histogram);
	     i++) {
		snprintf(name, sizeof(name), "p%g", options->percentiles[i]);
		page__say(page, NULL, i ? ", " : "");
		say_time(sheet, name,
			 histogram__quantile(histogram, options->percentiles[i] / 100));
	}
	page__end_line(page);
}

static const char *const numerals[] = {"no", "one", "two", "three", "four", "five", "six"};

/* Only where there are several: that a distribution has one mode is no news. */
static void say_modes(struct sheet *sheet, const struct series *series)
{
	struct page *page = &sheet->page;
	struct mode modes[MODES_MOST];
	size_t count = modes__find(&series->total, modes);
	char time[UNITS_TEXT], percent[PERCENT_TEXT], evidence[EVIDENCE_TEXT];

	if (count < 2)
		return;
	page__begin_line(page, 2);
	page__say(page, STYLE_BOLD, "%s modes: ", numerals[count]);
	for (size_t i = 0; i < count; i++) {
		text__percent(modes[i].count, series->total.bucketed, percent);
		page__say(page, NULL, i ? ", " : "");
		page__keep(page, NULL, "%s at ", percent);
		page__keep(page, STYLE_BOLD, "%s", hist__time(sheet->options, modes[i].peak, time));
		hist__evidence(sheet->distributions, series, &modes[i], evidence);
		if (*evidence)
			page__say(page, NULL, " (%s)", evidence);
	}
	for (size_t i = 0; i + 1 < count; i++) {
		page__say(page, STYLE_DIM, i ? ", " : "; they part at ");
		page__keep(page, STYLE_DIM, "%s", hist__time(sheet->options, modes[i].high, time));
	}
	page__end_line(page);
}

/* The percentiles whose values fall into a row: "p50 p90". */
static void marks_of(const struct sheet *sheet, const struct histogram *histogram,
		     const struct axis_row *row, char out[MARKS_TEXT])
{
	size_t count = sheet->options->percentile_count, used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < count && histogram__has_quantiles(histogram); i++) {
		double percentile = sheet->options->percentiles[i];
		uint64_t value = histogram__quantile(histogram, percentile / 100);

		if (value < row->low || value >= row->high || used >= MARKS_TEXT)
			continue;
		used += (size_t)snprintf(out + used, MARKS_TEXT - used, "%sp%g", used ? " " : "",
					 percentile);
	}
}

/* A bar of so many eighths of a column. */
static void draw_bar(struct page *page, uint64_t eighths)
{
	static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

	for (; eighths >= 8; eighths -= 8)
		page__keep(page, STYLE_BAR, "%s", page->unicode ? "█" : "#");
	if (eighths)
		page__keep(page, STYLE_BAR, "%s",
			   page->unicode ? parts[eighths]
			   : eighths > 3 ? "="
					 : "-");
}

/* Width of each column; 0: it is left out. */
struct columns {
	int value, count, share, bar, upto, marks;
};

static void print_cell(struct page *page, const char *style, const char *text, int width)
{
	if (!width)
		return;
	page__cell(page, style, text, width, false);
	page__tab(page, page->column + 2);
}

static void print_row(struct sheet *sheet, const struct histogram *histogram,
		      const struct axis_row *row, const struct columns *columns, uint64_t most,
		      uint64_t upto)
{
	struct page *page = &sheet->page;
	char text[UNITS_TEXT], marks[MARKS_TEXT];
	int bar_begin;

	page__begin_line(page, 0);
	print_cell(page, NULL, hist__time(sheet->options, row->low, text), columns->value);
	print_cell(page, NULL, units__count(row->count, text), columns->count);
	text__percent(row->count, histogram->bucketed, text);
	print_cell(page, STYLE_DIM, text, columns->share);
	bar_begin = page->column;
	/* what is there is seen, however little it is */
	draw_bar(page,
		 row->count ? (row->count * (uint64_t)columns->bar * 8 + most - 1) / most : 0);
	marks_of(sheet, histogram, row, marks);
	if (columns->upto) {
		page__tab(page, bar_begin + columns->bar + 1);
		text__percent(upto, histogram->bucketed, text);
		page__cell(page, STYLE_DIM, text, columns->upto, false);
	}
	if (columns->marks && *marks) {
		page__tab(page,
			  bar_begin + columns->bar + 1 + (columns->upto ? columns->upto + 1 : 0));
		page__keep(page, STYLE_BOLD, "%s %s", page->unicode ? "◀" : "<", marks);
	}
	page__end_line(page);
}

static int widest(int width, int other)
{
	return other > width ? other : width;
}

/* What is left for the bars. */
static int bar_width(const struct sheet *sheet, const struct columns *columns)
{
	int rest = PAGE_MARGIN + columns->value + 2 + columns->count + 2;

	rest += columns->share ? columns->share + 2 : 0;
	rest += columns->upto ? columns->upto + 1 : 0;
	rest += columns->marks ? columns->marks + 1 : 0;
	return sheet->page.width - rest;
}

/* On a narrow page columns go before the bars do. */
static void fit(const struct sheet *sheet, struct columns *columns)
{
	if (bar_width(sheet, columns) < BAR_LEAST)
		columns->upto = 0;
	if (bar_width(sheet, columns) < BAR_LEAST)
		columns->share = 0;
	if (bar_width(sheet, columns) < BAR_LEAST)
		columns->marks = 0;
	columns->bar = widest(1, bar_width(sheet, columns));
}

static struct columns lay_out(const struct sheet *sheet, const struct histogram *histogram,
			      const struct axis *axis)
{
	struct columns columns = {.value = 4, .count = 5, .share = 5, .upto = 5};
	char text[UNITS_TEXT], marks[MARKS_TEXT];

	for (size_t i = 0; i < axis->count; i++) {
		const struct axis_row *row = &axis->rows[i];

		columns.value = widest(columns.value,
				       text__columns(hist__time(sheet->options, row->low, text)));
		columns.count =
			widest(columns.count, text__columns(units__count(row->count, text)));
		marks_of(sheet, histogram, row, marks);
		if (*marks)
			columns.marks = widest(columns.marks, text__columns(marks) + 2);
	}
	fit(sheet, &columns);
	return columns;
}

static void print_head(struct sheet *sheet, const struct columns *columns)
{
	struct page *page = &sheet->page;

	page__begin_line(page, 0);
	print_cell(page, STYLE_DIM, "from", columns->value);
	print_cell(page, STYLE_DIM, "count", columns->count);
	print_cell(page, STYLE_DIM, "share", columns->share);
	if (columns->upto) {
		page__tab(page, page->column + columns->bar + 1);
		page__cell(page, STYLE_DIM, "up to", columns->upto, false);
	}
	page__end_line(page);
}

static void say_zoomed(struct sheet *sheet, const struct axis *axis)
{
	struct page *page = &sheet->page;

	if (!axis->below && !axis->above)
		return;
	page__begin_line(page, 0);
	page__count(page, axis->below, "value", "values");
	page__say(page, NULL, " below, ");
	page__count(page, axis->above, "value", "values");
	page__say(page, NULL, " above what is shown");
	page__end_line(page);
}

static void print_rows(struct sheet *sheet, const struct histogram *histogram)
{
	const struct hist_options *options = sheet->options;
	struct page *page = &sheet->page;
	struct columns columns;
	struct axis axis;
	uint64_t most = 1, upto;

	axis__fit(&axis, histogram, options->axis, ROWS_SCREENFUL, options->low, options->high);
	columns = lay_out(sheet, histogram, &axis);
	for (size_t i = 0; i < axis.count; i++)
		most = axis.rows[i].count > most ? axis.rows[i].count : most;
	print_head(sheet, &columns);
	upto = axis.below;
	for (size_t i = 0; i < axis.count; i++) {
		if (axis.rows[i].gap) {
			page__begin_line(page, 0);
			page__cell(page, STYLE_DIM, "...", columns.value, false);
			page__end_line(page);
			continue;
		}
		upto += axis.rows[i].count;
		print_row(sheet, histogram, &axis.rows[i], &columns, most, upto);
	}
	say_zoomed(sheet, &axis);
}

static void print_series(struct sheet *sheet, const struct series *series)
{
	struct page *page = &sheet->page;

	page__end_line(page);
	if (series->label) {
		page__begin_line(page, 0);
		page__data(page, STYLE_TITLE, series->label);
		page__end_line(page);
	}
	if (!series->total.count) {
		page__begin_line(page, 0);
		page__say(page, NULL, "no values");
		page__end_line(page);
		return;
	}
	say_totals(sheet, &series->total);
	say_percentiles(sheet, &series->total);
	say_modes(sheet, series);
	print_rows(sheet, &series->total);
}

int render__hist_text(FILE *stream, const struct distributions *distributions,
		      const struct hist_options *options)
{
	struct sheet sheet = {.distributions = distributions, .options = options};
	size_t most = text__rows(&options->page, distributions->by ? SERIES_SCREENFUL : 1);

	page__begin(&sheet.page, stream, &options->page);
	text__hist_heading(&sheet.page, distributions);
	for (size_t i = 0; i < distributions->series_count && i < most; i++)
		print_series(&sheet, &distributions->series[i]);
	text__hist_closing(&sheet.page, distributions, most);
	return page__finish(&sheet.page);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Heat maps as one SVG file: no script, no reference to anything outside. A cell says what it is
 * when it is pointed at; light or dark follows the reader's setting.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>

#include "names/escape_xml.h"
#include "names/units.h"
#include "render/heatmap.h"

#define MAP_ROWS    48
#define MAP_COLUMNS 240
#define LEFT	    84 /* for the labels of the values */
#define TOP	    58
#define ROW_HEIGHT  14
#define MAP_WIDTH   960
#define BELOW	    46
#define BETWEEN	    28 /* above each map, for its label */

static const char *const style =
	"svg{background:#fff;font:12px system-ui,sans-serif}text{fill:#222}.dim{fill:#666}"
	".title{font-size:16px;font-weight:600}.frame{fill:none;stroke:#bbb}"
	".s1{fill:#e8eefc}.s2{fill:#cfdcf8}.s3{fill:#b0c4f2}.s4{fill:#8ea6ea}.s5{fill:#7483dd}"
	".s6{fill:#6a5fc8}.s7{fill:#6b3fac}.s8{fill:#6d218a}.s9{fill:#5b0e63}.s10{fill:#3b0440}"
	"rect:hover{stroke:#f60;stroke-width:1.5}"
	"@media(prefers-color-scheme:dark){svg{background:#16181d}text{fill:#e6e6e6}"
	".dim{fill:#9aa0a6}.frame{stroke:#444}.s1{fill:#1d2440}.s2{fill:#27305e}.s3{fill:#37397c}"
	".s4{fill:#513f95}.s5{fill:#73449f}.s6{fill:#984a9b}.s7{fill:#bd528b}.s8{fill:#dd6572}"
	".s9{fill:#f3895a}.s10{fill:#fdc55e}}";

struct drawing {
	FILE *stream;
	const struct distributions *distributions;
	const struct hist_options *options;
	double top;
};

static void draw_label(const struct drawing *drawing, const struct heatmap *heatmap, size_t row)
{
	size_t from_top = heatmap->axis.count - 1 - row;
	char text[UNITS_TEXT] = "...";

	if (!heatmap->axis.rows[row].gap)
		hist__time(drawing->options, heatmap->axis.rows[row].low, text);
	fprintf(drawing->stream,
		"<text class=\"dim\" text-anchor=\"end\" x=\"%d\" y=\"%.1f\">%s</text>\n", LEFT - 6,
		drawing->top + (double)(from_top + 1) * ROW_HEIGHT - 3, text);
}

static uint64_t share_of(uint64_t window, size_t part, size_t parts)
{
	return (uint64_t)((double)window * (double)part / (double)parts);
}

static void draw_cell(const struct drawing *drawing, const struct heatmap *heatmap, size_t row,
		      size_t column)
{
	size_t cell = row * heatmap->columns + column;
	size_t from_top = heatmap->axis.count - 1 - row;
	double width = (double)MAP_WIDTH / (double)heatmap->columns;
	uint64_t window = drawing->distributions->window;
	char low[UNITS_TEXT], high[UNITS_TEXT], from[UNITS_TEXT], to[UNITS_TEXT], count[UNITS_TEXT];

	if (!heatmap->strength[cell])
		return;
	fprintf(drawing->stream,
		"<rect class=\"s%u\" x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%d\"><title>"
		"%s %s from %s to %s, %s to %s after the start</title></rect>\n",
		heatmap->strength[cell], LEFT + (double)column * width,
		drawing->top + (double)from_top * ROW_HEIGHT, width + 0.05, ROW_HEIGHT,
		units__count(heatmap->counts[cell], count),
		heatmap->counts[cell] == 1 ? "value" : "values",
		hist__time(drawing->options, heatmap->axis.rows[row].low, low),
		hist__time(drawing->options, heatmap->axis.rows[row].high, high),
		units__time(share_of(window, column, heatmap->columns), from),
		units__time(share_of(window, column + 1, heatmap->columns), to));
}

#define TIME_LABELS 6

static void draw_time_axis(const struct drawing *drawing, const struct heatmap *heatmap)
{
	double bottom = drawing->top + (double)heatmap->axis.count * ROW_HEIGHT;
	char text[UNITS_TEXT];

	for (int i = 0; i <= TIME_LABELS; i++) {
		uint64_t at = drawing->distributions->window / TIME_LABELS * (uint64_t)i;

		fprintf(drawing->stream,
			"<text class=\"dim\" text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
			i == TIME_LABELS ? "end" : "middle",
			LEFT + (double)MAP_WIDTH * i / TIME_LABELS, bottom + 16,
			at ? units__time(at, text) : "0");
	}
	fprintf(drawing->stream,
		"<rect class=\"frame\" x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"/>\n", LEFT,
		drawing->top, MAP_WIDTH, bottom - drawing->top);
}

static int draw_text(const struct drawing *drawing, const char *class, double y, const char *text)
{
	char *clean = xml__escape(text);

	if (!clean)
		return -ENOMEM;
	fprintf(drawing->stream, "<text class=\"%s\" x=\"%d\" y=\"%.1f\">%s</text>\n", class, LEFT,
		y, clean);
	free(clean);
	return 0;
}

static int draw_map(struct drawing *drawing, const struct heatmap *heatmap, const char *label)
{
	int err = draw_text(drawing, "label", drawing->top + 16, label ? label : "all");

	drawing->top += BETWEEN;
	for (size_t row = 0; row < heatmap->axis.count; row++) {
		draw_label(drawing, heatmap, row);
		for (size_t column = 0; column < heatmap->columns; column++)
			draw_cell(drawing, heatmap, row, column);
	}
	draw_time_axis(drawing, heatmap);
	drawing->top += (double)heatmap->axis.count * ROW_HEIGHT + BELOW;
	return err;
}

/* What is lost is said in the picture as well. */
static int draw_remark(const struct drawing *drawing)
{
	const struct distributions *distributions = drawing->distributions;
	const char *text = "The stronger a cell, the higher its count ranks among all cells of its "
			   "map: single values stay visible.";

	if (distributions->why_empty)
		text = distributions->why_empty;
	else if (!distributions__are_complete(distributions))
		text = "INCOMPLETE: values were lost, see waitscope hist --json. The stronger a "
		       "cell, the higher its count ranks.";
	return draw_text(drawing, "dim", 44, text);
}

static int draw_all(struct drawing *drawing, const struct heatmap *maps, size_t count)
{
	const struct distributions *distributions = drawing->distributions;
	double height = TOP;
	char *title;
	int err;

	for (size_t i = 0; i < count; i++)
		height += BETWEEN + (double)maps[i].axis.count * ROW_HEIGHT + BELOW;
	fprintf(drawing->stream,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %.0f\" "
		"width=\"%d\" height=\"%.0f\">\n<style>%s</style>\n",
		LEFT + MAP_WIDTH + 20, height, LEFT + MAP_WIDTH + 20, height, style);
	if (asprintf(&title, "%s%s%s: latency against time", distributions->what,
		     distributions->by ? " by " : "",
		     distributions->by ? distributions->by : "") < 0)
		return -ENOMEM;
	err = draw_text(drawing, "title", 26, title);
	free(title);
	if (!err)
		err = draw_remark(drawing);
	drawing->top = TOP;
	for (size_t i = 0; i < count && !err; i++)
		err = draw_map(drawing, &maps[i], distributions->series[i].label);
	fputs("</svg>\n", drawing->stream);
	return err;
}

#define SERIES_SHOWN 12

int render__heatmap_svg(FILE *stream, const struct distributions *distributions,
			const struct hist_options *options)
{
	struct drawing drawing = {
		.stream = stream, .distributions = distributions, .options = options};
	size_t most = options->page.top ? options->page.top : SERIES_SHOWN;
	size_t count = distributions->series_count < most ? distributions->series_count : most;
	struct heatmap *maps = calloc(count + 1, sizeof(*maps));
	int err = maps ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && !err; i++)
		err = heatmap__lay(&maps[i], distributions, &distributions->series[i], options,
				   MAP_ROWS, MAP_COLUMNS);
	if (!err)
		err = draw_all(&drawing, maps, count);
	for (size_t i = 0; maps && i < count; i++)
		heatmap__clear(&maps[i]);
	free(maps);
	if (!err && (fflush(stream) || ferror(stream)))
		err = -EIO;
	return err;
}

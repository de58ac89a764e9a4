/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From distributions to a reader: histograms and heat maps for people, and formats for programs.
 * Pure. All return 0, -ENOMEM, or -EIO if the stream failed.
 */
#ifndef WAITSCOPE_RENDER_HIST_H
#define WAITSCOPE_RENDER_HIST_H

#include <stdio.h>

#include "model/axis.h"
#include "model/modes.h"
#include "model/series.h"
#include "render/render.h"

#define HIST_PERCENTILES 16

struct hist_options {
	struct render_options page; /* width, colour, unicode, top */
	enum axis_kind axis;
	uint64_t unit; /* ns of the unit that all times are in: 1, 1000 ...; 0: as suits each */
	double percentiles[HIST_PERCENTILES]; /* 0..100, ascending */
	size_t percentile_count;
	uint64_t low, high; /* zoom: values outside are counted, not drawn; 0 and UINT64_MAX: all */
};

/* A histogram of each series: rows with bars, marks of the percentiles, the modes in words. */
int render__hist_text(FILE *stream, const struct distributions *distributions,
		      const struct hist_options *options);

/* Latency against time: in the terminal, and as one SVG file without references. */
int render__heatmap_text(FILE *stream, const struct distributions *distributions,
			 const struct hist_options *options);
int render__heatmap_svg(FILE *stream, const struct distributions *distributions,
			const struct hist_options *options);

/* A time in the unit of the options, or in the one that suits it. Returns `text`: UNITS_TEXT. */
const char *hist__time(const struct hist_options *options, uint64_t ns, char *text);

#define EVIDENCE_TEXT 96

/*
 * What is known of the values of a mode: "asleep: disk", "did not sleep", "37% asleep"; "" if
 * nothing is. Returns `text`.
 */
const char *hist__evidence(const struct distributions *distributions, const struct series *series,
			   const struct mode *mode, char text[EVIDENCE_TEXT]);

/* Inside the two for terminals: the first line, and what comes after `shown` series. */
struct page;
void text__hist_heading(struct page *page, const struct distributions *distributions);
void text__hist_closing(struct page *page, const struct distributions *distributions, size_t shown);

/* docs/formats.md: `waitscope hist --json`, --csv, --openmetrics, --hdr */
int render__hist_json(FILE *stream, const struct distributions *distributions,
		      const struct hist_options *options);
int render__hist_csv(FILE *stream, const struct distributions *distributions,
		     const struct hist_options *options);
int render__hist_openmetrics(FILE *stream, const struct distributions *distributions,
			     const struct hist_options *options);
int render__hist_hdr(FILE *stream, const struct distributions *distributions,
		     const struct hist_options *options);

#endif

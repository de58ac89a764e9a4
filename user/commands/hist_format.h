/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How distributions are shown: the options of it, for the verbs that have some. */
#ifndef WAITSCOPE_COMMANDS_HIST_FORMAT_H
#define WAITSCOPE_COMMANDS_HIST_FORMAT_H

#include <argp.h>
#include <stdbool.h>
#include <stdio.h>

#include "render/hist.h"

/* Exit status: there are no values (why is said). */
#define EXIT_NO_VALUES 3

enum format { FORMAT_TEXT, FORMAT_HEATMAP, FORMAT_CSV, FORMAT_OPENMETRICS, FORMAT_HDR };

struct hist_format {
	struct hist_options hist;
	enum format format;
	const char *option; /* the one that set it */
	bool given;	    /* any option of these */
};

#define HIST_FORMAT_DEFAULT                                                                        \
	{                                                                                          \
		.hist = {.percentiles = {50, 90, 99, 99.9},                                        \
			 .percentile_count = 4,                                                    \
			 .high = UINT64_MAX},                                                      \
	}

/* For argp children. Its input is a struct hist_format. */
extern const struct argp hist_format_argp;

/* Sets the format, unless `option` contradicts another; ends the process then. */
void hist_format__set(struct hist_format *format, enum format kind, const char *option,
		      struct argp_state *state);

/* `path`: where it goes; a heat map in a file that ends in .svg is a picture. 0, -ENOMEM, -EIO. */
int hist_format__render(const struct hist_format *format, bool json, const char *path, FILE *stream,
			const struct distributions *distributions);

#endif

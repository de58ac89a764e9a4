/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Options about where results go and how they look, which mean the same in every verb. */
#ifndef WAITSCOPE_COMMANDS_OUTPUT_OPTIONS_H
#define WAITSCOPE_COMMANDS_OUTPUT_OPTIONS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "commands/output.h"

struct output_options {
	const char *path; /* NULL: stdout */
	bool json, no_colour, verbose;
	bool buckets; /* of those verbs that have --buckets themselves */
	uint64_t top, min;
};

/* For argp children: --output, --json, --no-color. Its input is a struct output_options. */
extern const struct argp output_argp;
/* The same, and --top, --min, --verbose: for what is in tables. */
extern const struct argp output_rows_argp;

/* How that looks in `output`. */
struct render_options output_options__page(const struct output_options *options,
					   const struct output *output);

#endif

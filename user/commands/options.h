/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Options that mean the same in every verb that traces: target, duration, tier, output, bounds.
 */
#ifndef WAITSCOPE_COMMANDS_OPTIONS_H
#define WAITSCOPE_COMMANDS_OPTIONS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "collect/target.h"
#include "commands/tracing.h"
#include "model/profile.h"

struct trace_options {
	struct target target;
	bool has_target;
	uint64_t duration; /* ns; 0: no end */
	enum tier tier;
	uint64_t map_entries; /* 0: the default */
	const char *output;   /* NULL: stdout */
	bool json, buckets;
	uint64_t top, min;
	bool quiet, verbose, no_colour;
};

/* For argp children: the options above. Its input is a struct trace_options. */
extern const struct argp trace_argp;

/*
 * Parses the command line of a verb. Ends the process with EXIT_USAGE and one line if it is
 * wrong, or after --help. `options` is to be cleared with trace_options__clear().
 */
void trace_options__parse(struct trace_options *options, const struct argp *verb, int argc,
			  char **argv);
void trace_options__clear(struct trace_options *options);

/* What of them concerns the traced run. Borrows the target. */
struct tracing_options trace_options__tracing(struct trace_options *options);

#endif

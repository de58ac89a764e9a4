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
#include "commands/output_options.h"
#include "commands/tracing.h"
#include "model/profile.h"

struct trace_options {
	struct target target;
	bool has_target;
	bool needs_no_target; /* the verb reads a recording instead */
	uint64_t duration;    /* ns; 0: no end */
	enum tier tier;
	uint64_t map_entries; /* 0: the default */
	struct output_options output;
	bool quiet;
};

/*
 * Parses the command line of a verb. Ends the process with EXIT_USAGE and one line if it is
 * wrong, or after --help.
 */
void options__parse(const struct argp *verb, int argc, char **argv, void *input);

/* For parsers: wrong usage, said in one line, without argp's advice to try --help. Ends it. */
void option__refuse(const struct argp_state *state, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));
/* The value of an option, strictly; refused if it is none, or not between low and high. */
uint64_t option__time(const char *option, const char *text, const struct argp_state *state);
uint64_t option__count(const char *option, const char *text, uint64_t low, uint64_t high,
		       const struct argp_state *state);
uint64_t option__size(const char *option, const char *text, uint64_t low, uint64_t high,
		      const struct argp_state *state);

/* For argp children: the options above. Its input is a struct trace_options. */
extern const struct argp trace_argp;

/* The same of a verb that traces. `options` is to be cleared with trace_options__clear(). */
void trace_options__parse(struct trace_options *options, const struct argp *verb, int argc,
			  char **argv);
void trace_options__clear(struct trace_options *options);

/* What of them concerns the traced run. Borrows the target. */
struct tracing_options trace_options__tracing(struct trace_options *options);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the command line of `waitscope report` asks for. */
#ifndef WAITSCOPE_COMMANDS_REPORT_OPTIONS_H
#define WAITSCOPE_COMMANDS_REPORT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "commands/exporting.h"
#include "commands/hist_format.h"
#include "commands/hist_kinds.h"
#include "commands/output_options.h"
#include "commands/replaying.h"
#include "commands/stack_options.h"

struct report_options {
	struct replaying_options replaying;
	struct row_filter filter;
	struct measuring measuring;
	struct hist_format format;
	struct stack_options stacks;
	const char *hist, *by, *sqlite;
	struct output_options output;
	const char *html, *exports[EXPORT_FORMATS];
	bool check, critical_path;
};

/* Ends the process with EXIT_USAGE and one line if the words contradict each other. `options` is to
 * be cleared, and borrows from itself: it stays where it is. */
void report_options__parse(struct report_options *options, int argc, char **argv);
void report_options__clear(struct report_options *options);

/* Is the timeline wanted for another viewer? */
bool report_options__exports(const struct report_options *options);

#endif

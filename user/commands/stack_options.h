/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Options about stacks, and the files that they ask for. */
#ifndef WAITSCOPE_COMMANDS_STACK_OPTIONS_H
#define WAITSCOPE_COMMANDS_STACK_OPTIONS_H

#include <argp.h>

#include "commands/output.h"
#include "commands/tracing.h"
#include "render/flame.h"

struct stack_options {
	uint32_t mode;		    /* STACK_OF_*; 0: no stacks */
	uint32_t sample_rate;	    /* a second; 0: no samples */
	enum stack_view view;	    /* of the two files */
	const char *folded, *flame; /* paths; NULL: none */
	struct output folded_output, flame_output;
};

/* For argp children. Its input is a struct stack_options. */
extern const struct argp stack_argp;

/* What of them concerns the traced run. */
void stack_options__tell(const struct stack_options *options, struct tracing_options *tracing);

/* Opens the files, before there is anything to write. Returns 0 or an exit status. */
int stack_options__begin(struct stack_options *options);
/* Writes them. `subtitle` is a line about what was traced. Returns 0 or an exit status. */
int stack_options__conclude(struct stack_options *options, const struct stacks *stacks,
			    const char *subtitle);
/* Drops what was not written. */
void stack_options__close(struct stack_options *options);

#endif

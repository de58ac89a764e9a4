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
	bool wakers;		    /* stacks of who ends waits as well */
	enum stack_view view;	    /* of the two files */
	const char *folded, *flame; /* paths; NULL: none */
	struct output folded_output, flame_output;
};

/*
 * For argp children; the input of each is a struct stack_options. --stacks; what else is taken, of
 * verbs that trace; and the two files. A file takes what it is made of, where both are.
 */
extern const struct argp stacks_argp, stack_taking_argp, stack_files_argp;

/* What of them concerns the traced run. */
void stack_options__tell(const struct stack_options *options, struct tracing_options *tracing);

/* Opens the files, before there is anything to write. Returns 0 or an exit status. */
int stack_options__begin(struct stack_options *options);
/* Writes them. Returns 0 or an exit status. */
int stack_options__conclude(struct stack_options *options, const struct profile *profile);
/* Says so if the kernel's functions have no names. NULL is fine. */
void stacks__say_hidden(const struct stacks *stacks);
/* Drops what was not written. */
void stack_options__close(struct stack_options *options);

#endif

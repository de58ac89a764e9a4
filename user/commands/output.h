/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where results go: stdout, or a file that appears whole or not at all.
 */
#ifndef WAITSCOPE_COMMANDS_OUTPUT_H
#define WAITSCOPE_COMMANDS_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

struct output {
	FILE *stream;
	const char *path; /* NULL: stdout */
	bool nameless;	  /* it has no name until it is complete */
	char *temporary;  /* its name until then, where file systems want one */
};

/*
 * Opens stdout (path NULL) or a file that will be `path`, owned by the user who called sudo.
 * Returns 0 or a negative errno.
 */
int output__open(struct output *output, const char *path);

/* Completes it: the file gets its name. Returns 0 or a negative errno; -EPIPE: nobody reads. */
int output__commit(struct output *output);

/* Drops what was not committed. */
void output__close(struct output *output);

#endif

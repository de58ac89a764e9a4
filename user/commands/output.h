/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where results go: stdout, or a file that appears whole or not at all.
 */
#ifndef WAITSCOPE_COMMANDS_OUTPUT_H
#define WAITSCOPE_COMMANDS_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "render/render.h"

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

/*
 * The same for a file that has its name from its first byte on, for what is worth having even if
 * its end is never written. An older file of that name is emptied.
 */
int output__open_growing(struct output *output, const char *path);

/*
 * The same for what others write by its name, which is `temporary`: regular files only (-EINVAL).
 */
int output__open_named(struct output *output, const char *path);

/* Completes it: the file gets its name. Returns 0 or a negative errno; -EPIPE: nobody reads. */
int output__commit(struct output *output);

/* Will `path` leave the file `input` as it is? It does if there is no such file, and if it is NULL.
 */
bool output__spares(const char *path, const char *input);

/* output__open(), saying what went wrong. Returns 0 or an exit status. */
int output__begin(struct output *output, const char *path);

/*
 * Commits what was written, unless `err` (a negative errno, of the renderer) says that it failed,
 * and says what went wrong. Returns 0, also if nobody reads stdout, or an exit status. errno must
 * have been 0 before the renderer was called: it is what a stream failed with.
 */
int output__conclude(struct output *output, int err);

/* How results look there: the terminal's width, colour, character set. */
struct render_options output__style(const struct output *output, bool no_colour);

/* Drops what was not committed. */
void output__close(struct output *output);

#endif

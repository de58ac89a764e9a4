/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the tests of wrong input and of output share: one run, and what it said. */
#ifndef WAITSCOPE_LIVE_SAID_H
#define WAITSCOPE_LIVE_SAID_H

#include "tests/live/lib/live.h"

/* Runs `waitscope WORDS...` (not only profile) to its end. Fails if a sanitizer complained. */
struct program *said__run(const char *const *words);

/* It wrote nothing to stdout and ended with `status`. The first line of stderr begins with
 * "waitscope", has `text` in it and says it in one line: nothing follows but, with `usage`, argp's
 * hint where the help is. */
void said__check(struct program *program, int status, const char *text, bool usage);
#define REFUSED(text, ...) said__check(said__run(WORDS("profile", __VA_ARGS__)), 2, text, true)
#define FAILED(text, ...)  said__check(said__run(WORDS("profile", __VA_ARGS__)), 1, text, false)

/* Number of files in a directory, without . and .. */
size_t said__files_in(const char *directory);
bool said__exists(const char *path);

#endif

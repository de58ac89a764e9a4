/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the tests of recordings share: one is made, and reported. */
#ifndef WAITSCOPE_LIVE_RECORDED_H
#define WAITSCOPE_LIVE_RECORDED_H

#include "tests/live/lib/live.h"

/* `waitscope record -o FILE OPTIONS...`, to its end, whatever that is. */
struct program *recorded__run(const char *file, const char *const *options);

/* The same into a file that is removed behind the test. Fails if it ends with another status than
 * 0. Its name; *program (unless NULL): what ran. */
const char *recorded__new(struct program **program, const char *const *options);

/*
 * The same for all tests of a group: to be called in its setup, where no test is running yet. The
 * name is that of live__disk_file(name), and recorded__remove() is for the group's teardown. Both
 * return what a setup and a teardown return.
 */
int recorded__for_group(const char *name, const char *const *options);
int recorded__remove(const char *name);

/* `waitscope report --json OPTIONS... FILE`. Fails if that fails. */
struct json_object *recorded__report(const char *file);
struct json_object *recorded__part(const char *file, const char *const *options);

/* The middle half of its window, as values of --from and --to: whatever the machine took to begin.
 * Freed with the test. */
void recorded__middle(const char *file, const char **from, const char **to);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From the JSON of `waitscope profile` back to figures. Any file may be given: what is no profile
 * is refused with one sentence that says why.
 */
#ifndef WAITSCOPE_RECORDING_PROFILE_READER_H
#define WAITSCOPE_RECORDING_PROFILE_READER_H

#include <json-c/json.h>

#include "model/diff_figures.h"

#define READER_MESSAGE 256

/*
 * Reads a file into `run`, which is to be cleared with diff_run__clear() in any case. Returns 0, or
 * a negative errno with the reason in `message` (READER_MESSAGE bytes, escaped, one line).
 */
int profile_reader__read(const char *path, struct diff_run *run, char *message);

/* The same from memory. `text` ends in NUL, which `length` does not count. */
int profile_reader__parse(const char *text, size_t length, struct diff_run *run, char *message);

/* The same of a document that is there already: of what a recording has been made into. */
int profile_reader__take(struct json_object *document, struct diff_run *run, char *message);

#endif

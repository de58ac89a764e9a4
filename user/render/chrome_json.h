/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A timeline as Chrome's trace events, in JSON: the small alternative to perfetto.h, which more
 * viewers read. CPUs are threads of a process of that name.
 */
#ifndef WAITSCOPE_RENDER_CHROME_JSON_H
#define WAITSCOPE_RENDER_CHROME_JSON_H

#include <stdio.h>

#include "model/timeline.h"

struct chrome_json;

/* Writes to `stream`; fills in the writer that takes the timeline. NULL: no memory. Its functions
 * return 0, -ENOMEM or -EIO. */
struct chrome_json *chrome_json__new(FILE *stream, struct timeline_writer *writer);
void chrome_json__free(struct chrome_json *chrome);

#endif

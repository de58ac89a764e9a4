/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From a recording's items to the timeline (model/timeline.h) that other viewers are shown. */
#ifndef WAITSCOPE_RECORDING_TIMELINE_H
#define WAITSCOPE_RECORDING_TIMELINE_H

#include <stdint.h>

#include "model/timeline.h"
#include "recording/reader.h"

struct timeline;

/* `writer` is borrowed. `from`, `to`: as rebuild__new() has them. NULL: no memory. */
struct timeline *timeline__new(const struct timeline_writer *writer, const char *kernel,
			       uint64_t from, uint64_t to);
void timeline__free(struct timeline *timeline);

/* 0, -ENOMEM, -EPROTO: a damaged recording, or what the writer returned. */
int timeline__take(struct timeline *timeline, const struct reader_item *item);

/* Ends it at `end`; 0: not known. `lost`: events, in the whole recording; as many as none of its
 * events tells of were lost at its end. */
int timeline__finish(struct timeline *timeline, uint64_t end, uint64_t lost);

#endif

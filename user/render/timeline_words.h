/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The words on a timeline, whatever its format. */
#ifndef WAITSCOPE_RENDER_TIMELINE_WORDS_H
#define WAITSCOPE_RENDER_TIMELINE_WORDS_H

#include "model/timeline.h"

#define TIMELINE_NAME 64

/* "read"; what has no name is a call all the same. */
const char *timeline__call_name(const struct timeline_call *call);

/* "ipc wait", into a buffer of TIMELINE_NAME bytes. */
const char *timeline__wait_name(const struct timeline_wait *wait, char *buffer);

/* Is its result known? Of a large one (an address) the recording has no more than that it was. */
bool timeline__is_result(const struct timeline_call *call);

/* The error in a result: "EAGAIN"; NULL: it is none. */
const char *timeline__error(int64_t result);

/* NULL: it returned. */
const char *timeline__end_words(enum timeline_end end);

#endif

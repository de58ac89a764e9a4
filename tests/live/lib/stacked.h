/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the tests of stacks share: their rows in a profile's JSON, and folded files. */
#ifndef WAITSCOPE_LIVE_STACKED_H
#define WAITSCOPE_LIVE_STACKED_H

#include "tests/live/lib/live.h"

/* All processes, ns. */
uint64_t stacked__blocked(struct json_object *profile);

/* What every profile with stacks has to keep: they add up to the time that was blocked. */
void stacked__check(struct json_object *profile);

/* Of a row, or of its waker: the frame of that number in "user" or "kernel", from inside; ""
 * beyond. */
const char *stacked__frame(struct json_object *owner, const char *part, size_t from_inner);
bool stacked__has_frame(struct json_object *owner, const char *part, const char *name);

/* Of the role that is fed (walks.h), with stacks of wakers: each sleep in be_fed()'s read was ended
 * in feed_one(). */
void stacked__check_fed(struct json_object *profile);

/* Sleeps in nanosleep, by the wait rows, which no stack is needed for. */
uint64_t stacked__naps(struct json_object *profile);

/* The weights of a folded file, added up. */
uint64_t stacked__folded_total(const char *path);

#endif

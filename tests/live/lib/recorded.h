/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the tests of recordings share: one is made, and reported. */
#ifndef WAITSCOPE_LIVE_RECORDED_H
#define WAITSCOPE_LIVE_RECORDED_H

#include "tests/live/lib/live.h"

/* `waitscope record -o FILE OPTIONS...`, to its end. */
struct program *recorded__run(const char *file, const char *const *options);

/* `waitscope report --json FILE`. Fails if that fails. */
struct json_object *recorded__report(const char *file);

#endif

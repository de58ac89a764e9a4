/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Programs whose stacks are known, as roles (struct live_role). */
#ifndef WAITSCOPE_LIVE_WALKS_H
#define WAITSCOPE_LIVE_WALKS_H

#include "tests/live/lib/live.h"

/*
 * paths: walk_paths() calls path_one() ONES times and path_two() TWOS times, each nap_inside()
 * depths N: descend() sleeps at N depths of itself, once at each
 * fed: be_fed() reads FED bytes, one at a time, that feed_one() of a thread "feeder" writes
 * spin: spin_in_here() burns half a second of CPU time
 * open: says "ready", then wait_for_input() reads a byte, twice
 * crowd N: N threads, one after the other, sleep in wait_briefly()
 */
extern const struct live_role walks__roles[];

#define ONES 40
#define TWOS 15
#define FED  30

#endif

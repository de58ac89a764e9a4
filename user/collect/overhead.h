/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What our own programs cost while they trace: the kernel's measurement of BPF run time
 * (BPF_STATS_RUN_TIME, 5.8), switched on for a sample of the window only, because it costs two
 * clock readings a run.
 *
 * The estimate is an upper bound: a part of those clock readings is in it.
 */
#ifndef WAITSCOPE_COLLECT_OVERHEAD_H
#define WAITSCOPE_COLLECT_OVERHEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/session.h"

struct overhead {
	const struct session *session;
	int stats_fd;	   /* open: the kernel measures now */
	uint64_t since;	   /* when the current phase began, CLOCK_MONOTONIC ns */
	uint64_t quiet;	   /* length of the current or next phase without measurement, ns */
	uint64_t measured; /* ns of the window that were measured */
	bool refused;	   /* the kernel does not let us */
};

/* Begins with a measured phase. */
void overhead__begin(struct overhead *overhead, const struct session *session, uint64_t now);

/* Changes phase if it is time. Returns the milliseconds until it wants to be called again. */
int overhead__step(struct overhead *overhead, uint64_t now);

/*
 * Ends the measurement; call while the programs are loaded. Returns true and the estimate for a
 * window of `window` ns.
 */
bool overhead__end(struct overhead *overhead, uint64_t now, uint64_t window, uint64_t *ns);

#endif

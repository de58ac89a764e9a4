/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where in a stream events were lost. What a CPU loses, it loses up to its next event. Pure. */
#ifndef WAITSCOPE_RECORDING_LOSSES_H
#define WAITSCOPE_RECORDING_LOSSES_H

#include <stdbool.h>

#include "bpf/stream.h"
#include "recording/grown.h"

struct losses {
	struct grown losing; /* bool, by CPU + 1: its last event was a loss */
	uint32_t losing_cpus;
	uint64_t events;  /* that were lost */
	uint64_t doubted; /* instant up to which some may be missing; 0: none is. While there are
			     losing_cpus, it is not over */
	uint64_t epoch;	  /* changes when a loss begins or ends */
};

#define LOSSES_NONE ((struct losses){.losing = {.size = sizeof(bool)}})

void losses__clear(struct losses *losses);

/* Takes any event, in order. 0, -ENOMEM, or -EPROTO for a CPU that cannot be. */
int losses__take(struct losses *losses, unsigned int cpu, const struct stream_event *event);

#endif

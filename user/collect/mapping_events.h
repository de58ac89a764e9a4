/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What processes map to be executed, told by the kernel as it happens: the mappings of a process
 * that lived for a millisecond are known when it is gone.
 */
#ifndef WAITSCOPE_COLLECT_MAPPING_EVENTS_H
#define WAITSCOPE_COLLECT_MAPPING_EVENTS_H

#include <stdint.h>

#include "names/symbols.h"

struct mapping_events;

/* Of all processes, from now on. 0 or a negative errno. */
int mapping_events__open(struct mapping_events **events);
/* Tells `symbols` what came since. */
void mapping_events__drain(struct mapping_events *events, struct symbols *symbols);
/* Events for which there was no room. */
uint64_t mapping_events__lost(const struct mapping_events *events);
void mapping_events__close(struct mapping_events *events);

#endif

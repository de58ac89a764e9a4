/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A timeline as a trace of the Perfetto UI: protobuf, packet by packet (perfetto.proto).
 *
 * What the scheduler did is in its native form, so that the UI has thread states and wakeups of its
 * own making; calls, waits and time on a run queue are slices of their thread, requests of their
 * process and API; wakings by threads are joined with the waits that they ended.
 */
#ifndef WAITSCOPE_RENDER_PERFETTO_H
#define WAITSCOPE_RENDER_PERFETTO_H

#include <stdio.h>

#include "model/timeline.h"

struct perfetto;

/* Writes to `stream`; fills in the writer that takes the timeline. NULL: no memory. Its functions
 * return 0, -ENOMEM or -EIO. */
struct perfetto *perfetto__new(FILE *stream, struct timeline_writer *writer);
void perfetto__free(struct perfetto *perfetto);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From events to the critical path of a command. Pure; in memory that grows with the threads that
 * are alive and with what is told apart, not with the events.
 *
 * Each thread has a path from the begin of the window up to its last event. While it runs, or waits
 * for a CPU, that becomes longer by its own time. A thread that was woken, or created, by another
 * one goes on from that one's path, as it was then. If none of the traced threads woke it, its
 * sleep is a part of its path. The path of the command's last thread is the critical path.
 */
#ifndef WAITSCOPE_RECORDING_PATHFINDER_H
#define WAITSCOPE_RECORDING_PATHFINDER_H

#include <stdint.h>

#include "bpf/stream.h"
#include "model/critical_path.h"
#include "recording/cast.h"

struct pathfinder;

/* NULL: no memory. `cast` is borrowed. */
struct pathfinder *pathfinder__new(struct cast *cast);
void pathfinder__free(struct pathfinder *pathfinder);

/* 0, -EPROTO for an event that cannot be, -ENOMEM. */
int pathfinder__event(struct pathfinder *pathfinder, unsigned int cpu,
		      const struct stream_event *event);

/* The end of the window (CLOCK_MONOTONIC ns). 0 and the path, which is the caller's; -ENOMEM;
 * -ENODATA: no command was seen to begin. */
int pathfinder__finish(struct pathfinder *pathfinder, uint64_t end, struct critical_path **path);

#endif

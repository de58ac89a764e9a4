/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `waitscope record --last TIME`: the last of a traced run, in memory, until there is a reason to
 * write it: the end, SIGUSR1, or a trigger. While it goes on, a process of its own writes.
 */
#ifndef WAITSCOPE_COMMANDS_FLIGHT_RECORDER_H
#define WAITSCOPE_COMMANDS_FLIGHT_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "commands/tracing.h"
#include "recording/flight.h"
#include "recording/triggers.h"

#define FLIGHT_SIZE_DEFAULT (64 << 20)
#define FLIGHT_SIZE_LEAST   (1 << 20)
#define FLIGHT_SIZE_MOST    (8ULL << 30)
#define FLIGHT_FILES	    10

struct flight_recorder_options {
	const char *path; /* what it leaves on the way has .1, .2 ... behind it */
	struct flight_options flight;
	struct trigger_limits triggers;
	uint64_t files; /* that triggers make, at most */
	bool quiet;
};

struct flight_recorder;

/* `options` are borrowed. NULL: no memory. */
struct flight_recorder *flight_recorder__new(const struct flight_recorder_options *options);
void flight_recorder__free(struct flight_recorder *recorder);

/* Opens the file that the end will be in, so that it is known at once if it cannot be. 0 or an exit
 * status; what is wrong is said on stderr. */
int flight_recorder__open(struct flight_recorder *recorder);

/* Takes the events of a run, but for the size of the ring buffers. */
struct event_taker flight_recorder__taker(struct flight_recorder *recorder);

/* After the run: the file gets its name. 0 or an exit status. */
int flight_recorder__conclude(struct flight_recorder *recorder);

#endif

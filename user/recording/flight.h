/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A flight recorder: the last of a stream of events, in memory, as a recording would have it.
 *
 * What is older than asked for, or more than there is room for, is dropped frame by frame; what
 * was dropped goes through the state machine, so that it is known how things stood where the rest
 * begins. What is written is an ordinary recording, whose threads begin as they were then.
 */
#ifndef WAITSCOPE_RECORDING_FLIGHT_H
#define WAITSCOPE_RECORDING_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bpf/stream.h"
#include "model/rows.h"
#include "recording/story.h"

struct flight;

struct flight_options {
	uint64_t last; /* ns that are kept */
	size_t most;   /* bytes of packed events that are kept, if that is less */
};

/* `pools`: the rows that events name; borrowed. 0 or a negative errno. */
int flight__new(struct flight **flight, const struct flight_options *options,
		const struct rows pools[POOLS]);
void flight__free(struct flight *flight);

/* One event. 0, -ENOMEM, or -EPROTO for one that cannot be. */
int flight__event(struct flight *flight, unsigned int cpu, const struct stream_event *event);

/* Drops what is too old at `now`. 0 or a negative errno. */
int flight__step(struct flight *flight, uint64_t now);

/* How much there is, now: bytes of frames. */
size_t flight__bytes(const struct flight *flight);

/* What is in a file that flight__write() wrote. */
struct flight_extent {
	uint64_t begin, end; /* instants */
	uint64_t events, bytes;
	bool cut;     /* what was before `begin` is not in it */
	bool limited; /* less than asked for: there was no room for more */
};

/*
 * Writes it as a recording with that head. `story`: of all that was traced; what is in the file has
 * its window and its events. `sources`: the rows at the end, or NULL; a file with a cut beginning
 * has none. It cannot be used after this but to free it: a recorder that goes on writes in a
 * process of its own. 0 or a negative errno.
 */
int flight__write(struct flight *flight, FILE *stream, const char *head,
		  const struct sources *sources, const struct profile *profile,
		  const struct story *story, struct flight_extent *extent);

#endif

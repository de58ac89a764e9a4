/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside recording/flight*: the frames that are kept, and how things stood before them. */
#ifndef WAITSCOPE_RECORDING_FLIGHT_INTERNAL_H
#define WAITSCOPE_RECORDING_FLIGHT_INTERNAL_H

#include "recording/flight.h"
#include "recording/reader.h"
#include "recording/replay.h"
#include "recording/writer.h"

struct kept_frame {
	struct frame_head head;
	uint64_t begun; /* instant of its first event */
	uint64_t lost;	/* events that it says are lost */
	void *stored;	/* owned */
};

struct flight {
	struct flight_options options;
	struct cast *now; /* whom events name that come now: of the session */
	struct writer *writer;
	struct kept_frame *frames; /* [first, first + count), the oldest first */
	size_t first, count, room;
	size_t bytes;
	uint64_t begun, lost; /* of the frame that is being filled */
	/* how things stood where the oldest frame begins: */
	struct reader *reader;
	struct cast *cast;
	struct replay *replay;
	bool cut; /* something was dropped */
};

/* The reader gives what is in the oldest frame; that is no longer kept. */
int flight__open_frame(struct flight *flight);
void flight__close_frame(struct flight *flight);

/* Drops the frames that have nothing as late as `from`. 0 or a negative errno. */
int flight__drop(struct flight *flight, uint64_t from);

/* What is asked for begins here. */
uint64_t flight__from(const struct flight *flight, uint64_t now);

#endif

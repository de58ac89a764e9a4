/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside recording/writer*: the block that becomes the next frame. */
#ifndef WAITSCOPE_RECORDING_WRITER_INTERNAL_H
#define WAITSCOPE_RECORDING_WRITER_INTERNAL_H

#include "recording/grown.h"
#include "recording/writer.h"

#define FRAME_BYTES (256 << 10) /* of events or stacks; then it is written */

/* Bytes on their way into a frame. */
struct block {
	uint8_t *bytes;
	size_t length, room;
	uint32_t count;
};

struct writer {
	FILE *stream; /* NULL: frames are handed out */
	writer_frame *frame;
	void *context;
	struct cast *cast, *own_cast;
	struct block events, packed;
	uint64_t time;	/* of the last event in the block */
	uint64_t begun; /* instant of the first one; 0: there is none */
	uint64_t written;
	struct grown waits;		      /* struct wait_key: as they were named last, by row */
	uint8_t *objects, *processes, *tasks; /* bits: named already */
};

/* Room for so many bytes more. 0 or -ENOMEM. */
int block__reserve(struct block *block, size_t bytes);

/* Writes what is in the block of events as a frame of that kind. 0 or a negative errno. */
int writer__put_block(struct writer *writer, uint32_t kind);

/* All of them, in as many frames as it takes. 0, -E2BIG: nobody would read them, or what the stream
 * failed with. */
int writer__put_stacks(struct writer *writer, const struct stacks *stacks);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes a recording: events as they come, whom they name before them, and rows at the end. */
#ifndef WAITSCOPE_RECORDING_WRITER_H
#define WAITSCOPE_RECORDING_WRITER_H

#include <stdint.h>
#include <stdio.h>

#include "bpf/stream.h"
#include "model/rows.h"
#include "model/stacks.h"
#include "recording/cast.h"
#include "recording/format.h"

struct writer;

/*
 * Begins a recording in `stream`, which stays the caller's, with `head` as its JSON. `pools` are
 * the rows that events name; borrowed. 0 or a negative errno.
 */
int writer__new(struct writer **writer, FILE *stream, const char *head,
		const struct rows pools[POOLS]);
/* The same with names from a cast, which is borrowed. */
int writer__new_of_cast(struct writer **writer, FILE *stream, const char *head, struct cast *cast);

/*
 * One that has no file: each frame of events is handed out, and names anew whom its events name.
 * writer__finish() is not for it. 0 or a negative errno, which whoever wrote gets back.
 */
typedef int writer_frame(void *context, const struct frame_head *head, const void *stored);
int writer__new_of_frames(struct writer **writer, struct cast *cast, writer_frame *frame,
			  void *context);
void writer__free(struct writer *writer);

/* One event. 0, or the negative errno with which the stream failed. */
int writer__event(struct writer *writer, unsigned int cpu, const struct stream_event *event);

/* Ends the frame if it was begun `now` - a second ago: so much is lost at most if we are killed. */
int writer__step(struct writer *writer, uint64_t now);

/* Ends the frame that was begun, if any. 0 or a negative errno. */
int writer__flush(struct writer *writer);

/* A frame that was handed out by another writer. What was written before is to be flushed first. */
int writer__put_frame(struct writer *writer, const struct frame_head *head, const void *stored);

/* The rows as they are now, stacks (NULL: none were taken), then `summary` as JSON. Nothing can be
 * written after that. */
int writer__finish(struct writer *writer, const struct sources *sources,
		   const struct stacks *stacks, const char *summary);

/* Bytes written so far. */
uint64_t writer__bytes(const struct writer *writer);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads a recording from front to back, frame by frame: no more than one is in memory. Any file may
 * be given: what is in it is believed only as far as it is checked here. Row numbers and pools are
 * the caller's to check.
 */
#ifndef WAITSCOPE_RECORDING_READER_H
#define WAITSCOPE_RECORDING_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bpf/stream.h"
#include "recording/format.h"

struct reader;

enum reader_kind {
	READER_END,
	READER_EVENT,
	READER_IDENTITY,
	READER_ROWS,
	READER_SUMMARY,
	READER_STACKS,
};

/* Valid until the next call. */
struct reader_item {
	enum reader_kind kind;
	unsigned int cpu; /* of an event */
	struct stream_event event;
	uint32_t pool, number; /* of an identity; of rows: the first */
	const void *bytes;     /* of an identity, of rows, of the summary, of stacks */
	size_t length;
	uint32_t count, size; /* of rows */
};

/*
 * Begins to read from `stream`, which stays the caller's. 0, or a negative errno and what is wrong
 * with it, in words.
 */
int reader__new(struct reader **reader, FILE *stream, char *message, size_t size);
void reader__free(struct reader *reader);

/* One without a file: it is given frames, one after another. 0 or -ENOMEM. */
int reader__new_of_frames(struct reader **reader);
/* What is next comes from this frame, up to its end. 0 or a negative errno, as reader__next(). */
int reader__frame(struct reader *reader, const struct frame_head *head, const void *stored);

/* The JSON of the head; ends with NUL. */
const char *reader__head(const struct reader *reader);

/* 0, or a negative errno: -EPROTO, and reader__problem() says why; if it has no reason, somebody
 * else found what was read wanting. */
int reader__next(struct reader *reader, struct reader_item *item);
const char *reader__problem(const struct reader *reader);

/* At the end: the file ended inside a frame, or without a summary: it was cut, or is still written.
 */
bool reader__is_cut(const struct reader *reader);

/* Bytes that were read, whole frames only. */
uint64_t reader__bytes(const struct reader *reader);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events as bytes: seven bits of a number a byte, what is 0 is left out. Between them stands whom
 * they name: CODEC_IDENTITY, pool, number, length, and so many bytes. Pure.
 */
#ifndef WAITSCOPE_RECORDING_CODEC_H
#define WAITSCOPE_RECORDING_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/stream.h"

/* No event takes more bytes than this. */
#define CODEC_EVENT_MOST  64
#define CODEC_NUMBER_MOST 10

/* In place of an event's kind. */
#define CODEC_IDENTITY 15

/* Bytes to read from; `bad` is set by what does not fit, and all that is read from then on is 0. */
struct bytes {
	const uint8_t *at, *end;
	bool bad;
};

/* Writes a number to `out` (CODEC_NUMBER_MOST bytes); returns the end of it. */
uint8_t *codec__put_number(uint8_t *out, uint64_t number);
uint64_t codec__number(struct bytes *bytes);

/* `*time` is that of the event before, or of the frame's begin: 0. */
uint8_t *codec__put_event(uint8_t *out, uint64_t *time, unsigned int cpu,
			  const struct stream_event *event);
/* Is an identity next? Then it is behind this byte. */
bool codec__is_identity(const struct bytes *bytes);

/* False at the end, or (bytes->bad) where no event is. */
bool codec__event(struct bytes *bytes, uint64_t *time, unsigned int *cpu,
		  struct stream_event *event);

#endif

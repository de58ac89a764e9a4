// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "recording/codec.h"

/* The first byte of an event: its kind, and which of these follow the time. */
#define KIND_MASK  0x0f
#define HAS_OTHER  0x10
#define HAS_ROW	   0x20
#define HAS_SINCE  0x40
#define HAS_RESULT 0x80
/* The second: whether its flags and its call follow at the end, and its CPU. */
#define HAS_FLAGS   0x01
#define HAS_CALL    0x02
#define CPU_SHIFT   2 /* the CPU, if it is less than CPU_FOLLOWS */
#define CPU_FOLLOWS 0x3f

uint8_t *codec__put_number(uint8_t *out, uint64_t number)
{
	while (number >= 0x80) {
		*out++ = (uint8_t)(number | 0x80);
		number >>= 7;
	}
	*out++ = (uint8_t)number;
	return out;
}

uint64_t codec__number(struct bytes *bytes)
{
	uint64_t number = 0;

	for (unsigned int shift = 0; shift < 64 && bytes->at < bytes->end; shift += 7) {
		uint8_t byte = *bytes->at++;

		if (shift == 63 && byte > 1)
			break;
		number |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return number;
	}
	bytes->bad = true;
	bytes->at = bytes->end;
	return 0;
}

/* Small numbers of either sign are small. */
static uint64_t fold(int64_t number)
{
	return number < 0 ? ~((uint64_t)number << 1) : (uint64_t)number << 1;
}

static int64_t unfold(uint64_t number)
{
	return (int64_t)(number >> 1 ^ -(number & 1));
}

uint8_t *codec__put_event(uint8_t *out, uint64_t *time, unsigned int cpu,
			  const struct stream_event *event)
{
	uint8_t *head = out;

	out += 2;
	head[0] = event->kind & KIND_MASK;
	head[1] = (cpu < CPU_FOLLOWS ? cpu : CPU_FOLLOWS) << CPU_SHIFT;
	if (cpu >= CPU_FOLLOWS)
		out = codec__put_number(out, cpu);
	out = codec__put_number(out, fold((int64_t)(event->time - *time)));
	out = codec__put_number(out, event->thread);
	*time = event->time;
	if (event->other) {
		head[0] |= HAS_OTHER;
		out = codec__put_number(out, event->other);
	}
	if (event->row) {
		head[0] |= HAS_ROW;
		out = codec__put_number(out, event->row);
	}
	if (event->since) {
		head[0] |= HAS_SINCE;
		out = codec__put_number(out, event->since);
	}
	if (event->result) {
		head[0] |= HAS_RESULT;
		out = codec__put_number(out, fold(event->result));
	}
	if (event->flags) {
		head[1] |= HAS_FLAGS;
		*out++ = event->flags;
	}
	if (event->call) {
		head[1] |= HAS_CALL;
		out = codec__put_number(out, event->call);
	}
	return out;
}

/* A number that has to be less than 2^32. */
static uint32_t number32(struct bytes *bytes)
{
	uint64_t number = codec__number(bytes);

	if (number > UINT32_MAX)
		bytes->bad = true;
	return (uint32_t)number;
}

static uint8_t one_byte(struct bytes *bytes)
{
	if (bytes->at < bytes->end)
		return *bytes->at++;
	bytes->bad = true;
	return 0;
}

bool codec__is_identity(const struct bytes *bytes)
{
	return bytes->at < bytes->end && *bytes->at == CODEC_IDENTITY;
}

bool codec__event(struct bytes *bytes, uint64_t *time, unsigned int *cpu,
		  struct stream_event *event)
{
	uint8_t first, second;

	if (bytes->at >= bytes->end)
		return false;
	first = one_byte(bytes);
	second = one_byte(bytes);
	*cpu = second >> CPU_SHIFT;
	if (*cpu == CPU_FOLLOWS)
		*cpu = number32(bytes);
	*time += (uint64_t)unfold(codec__number(bytes));
	*event = (struct stream_event){.time = *time, .kind = first & KIND_MASK};
	event->thread = number32(bytes);
	if (first & HAS_OTHER)
		event->other = number32(bytes);
	if (first & HAS_ROW)
		event->row = number32(bytes);
	if (first & HAS_SINCE)
		event->since = number32(bytes);
	if (first & HAS_RESULT)
		event->result = (int32_t)unfold(codec__number(bytes));
	if (second & HAS_FLAGS)
		event->flags = one_byte(bytes);
	if (second & HAS_CALL)
		event->call = (uint16_t)number32(bytes);
	return !bytes->bad;
}

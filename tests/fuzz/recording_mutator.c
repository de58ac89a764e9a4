// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How inputs of recording_input.h are changed at random. libFuzzer's own ways change bytes, after
 * which lengths are wrong, and all that follows is noise: so here frames, events and whom these
 * name are also changed, moved, left out and repeated as what they are.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "recording/codec.h"
#include "recording/format.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t size_most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_most, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *left, size_t left_size, const uint8_t *right,
				 size_t right_size, uint8_t *out, size_t size_most,
				 unsigned int seed);

#define FRAMES_MOST 32
#define ITEMS_MOST  1024
#define BYTES_MOST  UINT16_MAX /* of a frame */

static uint32_t chance;

/* Less than `limit`. */
static uint32_t pick(uint32_t limit)
{
	chance = chance * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)(chance ^ chance >> 15) * limit >> 32);
}

/* --- frames ------------------------------------------------------------------------------------
 */

struct frame {
	uint8_t kind;
	uint16_t length;
	const uint8_t *bytes;
};

struct frames {
	struct frame list[FRAMES_MOST];
	size_t count;
};

static bool is_file(const uint8_t *data, size_t size)
{
	return size < 5 || !data[1];
}

static void read_frames(struct frames *frames, const uint8_t *data, size_t size)
{
	frames->count = 0;
	for (data++, size--; size >= 3 && frames->count < FRAMES_MOST;) {
		struct frame frame = {data[0], (uint16_t)(data[1] | data[2] << 8), data + 3};

		if (frame.length > size - 3)
			frame.length = (uint16_t)(size - 3);
		frames->list[frames->count++] = frame;
		data += 3 + frame.length;
		size -= 3 + frame.length;
	}
}

/* As many as there is room for. Returns the size. */
static size_t write_frames(const struct frames *frames, uint8_t way, uint8_t *out, size_t size_most)
{
	size_t size = 1;

	out[0] = way;
	for (size_t i = 0; i < frames->count; i++) {
		const struct frame *frame = &frames->list[i];

		if (size + 3 + frame->length > size_most)
			break;
		out[size] = frame->kind;
		out[size + 1] = frame->length & 0xff;
		out[size + 2] = frame->length >> 8;
		memcpy(out + size + 3, frame->bytes, frame->length);
		size += 3 + frame->length;
	}
	return size;
}

static void move_frame(struct frames *frames)
{
	struct frame *list = frames->list, frame = list[pick((uint32_t)frames->count)];
	size_t at = pick((uint32_t)frames->count);

	switch (pick(3)) {
	case 0:
		memmove(list + at, list + at + 1, (--frames->count - at) * sizeof(*list));
		break;
	case 1:
		list[at] = frame;
		break;
	case 2:
		if (frames->count == FRAMES_MOST)
			break;
		memmove(list + at + 1, list + at, (frames->count++ - at) * sizeof(*list));
		list[at] = frame;
		break;
	}
}

/* --- what is in a frame of events --------------------------------------------------------------
 */

struct item {
	const uint8_t *identity; /* NULL: an event */
	size_t length;
	unsigned int cpu;
	struct stream_event event;
};

struct items {
	struct item list[ITEMS_MOST];
	size_t count;
};

static bool read_identity(struct bytes *bytes, struct item *item)
{
	const uint8_t *begin = bytes->at++;
	uint64_t length;

	codec__number(bytes);
	codec__number(bytes);
	length = codec__number(bytes);
	if (bytes->bad || length > (size_t)(bytes->end - bytes->at))
		return false;
	bytes->at += length;
	item->identity = begin;
	item->length = bytes->at - begin;
	return true;
}

/* Up to where something is wrong. */
static void read_items(struct items *items, const struct frame *frame)
{
	struct bytes bytes = {frame->bytes, frame->bytes + frame->length, false};
	uint64_t time = 0;

	for (items->count = 0; items->count < ITEMS_MOST; items->count++) {
		struct item *item = &items->list[items->count];

		item->identity = NULL;
		if (codec__is_identity(&bytes)) {
			if (!read_identity(&bytes, item))
				return;
		} else if (!codec__event(&bytes, &time, &item->cpu, &item->event)) {
			return;
		}
	}
}

static void write_items(const struct items *items, struct frame *frame)
{
	static uint8_t out[BYTES_MOST];
	uint8_t *at = out;
	uint64_t time = 0;

	for (size_t i = 0; i < items->count; i++) {
		const struct item *item = &items->list[i];
		size_t most = item->identity ? item->length : CODEC_EVENT_MOST;

		if (most > (size_t)(out + sizeof(out) - at))
			break;
		if (item->identity) {
			memcpy(at, item->identity, item->length);
			at += item->length;
		} else {
			at = codec__put_event(at, &time, item->cpu, &item->event);
		}
	}
	frame->bytes = out;
	frame->length = (uint16_t)(at - out);
}

/* A number that stands for a thread or a row: what others have, a small one, or any. */
static uint32_t other_number(const struct items *items)
{
	const struct item *item = &items->list[pick((uint32_t)items->count)];

	switch (pick(item->identity ? 2 : 6)) {
	case 0:
		return pick(20);
	case 1:
		return pick(8) ? pick(5000) : pick(UINT32_MAX);
	case 2:
		return item->event.other;
	case 3:
		return item->event.row;
	default:
		return item->event.thread;
	}
}

static uint64_t other_time(uint64_t time)
{
	static const int64_t steps[] = {0, 1, -1, 1000, -1000, 1000000, -100000000, INT64_MAX};

	return pick(12) ? time + (uint64_t)steps[pick(8)] : pick(3);
}

static int32_t other_result(void)
{
	static const int32_t results[] = {0, -1, -4, -11, -115, -512, -516, 1, 4096, INT32_MIN};

	return pick(3) ? results[pick(10)] : (int32_t)pick(UINT32_MAX);
}

static void change_event(const struct items *items, struct item *item)
{
	struct stream_event *event = &item->event;

	switch (pick(9)) {
	case 0:
		event->time = other_time(event->time);
		break;
	case 1:
		event->thread = other_number(items);
		break;
	case 2:
		event->other = other_number(items);
		break;
	case 3:
		event->row = other_number(items);
		break;
	case 4:
		event->since = pick(3) ? pick(100000) : pick(UINT32_MAX);
		break;
	case 5:
		event->result = other_result();
		break;
	case 6:
		event->kind = (uint8_t)pick(CODEC_IDENTITY);
		break;
	case 7:
		event->flags ^= (uint8_t)(pick(2) ? 1U << pick(8) : pick(256));
		break;
	case 8:
		if (pick(2))
			event->call = (uint16_t)(pick(2) ? pick(450) : pick(UINT16_MAX));
		else
			item->cpu = pick(4) ? pick(4) : pick(20000);
		break;
	}
}

/* One byte: pool, number and length stand at its begin. */
static void change_identity(struct item *item)
{
	static uint8_t copy[BYTES_MOST];

	memcpy(copy, item->identity, item->length);
	copy[pick(4) ? 1 + pick((uint32_t)item->length - 1) : 2] = (uint8_t)pick(256);
	item->identity = copy;
}

static void change_items(struct items *items)
{
	struct item *list = items->list, *item = &list[pick((uint32_t)items->count)], other = *item;
	size_t at = pick((uint32_t)items->count);

	switch (pick(8)) {
	case 0:
		memmove(list + at, list + at + 1, (--items->count - at) * sizeof(*list));
		break;
	case 1:
		*item = list[at];
		list[at] = other;
		break;
	case 2:
		if (items->count == ITEMS_MOST)
			break;
		memmove(list + at + 1, list + at, (items->count++ - at) * sizeof(*list));
		list[at] = other;
		break;
	default:
		if (item->identity)
			change_identity(item);
		else
			change_event(items, item);
	}
}

/* --- for libFuzzer -----------------------------------------------------------------------------
 */

static void change_bytes(struct frame *frame)
{
	static uint8_t copy[BYTES_MOST];

	memcpy(copy, frame->bytes, frame->length);
	frame->length = (uint16_t)LLVMFuzzerMutate(copy, frame->length, sizeof(copy));
	frame->bytes = copy;
}

static void change_frame(struct frame *frame)
{
	static struct items items;

	if (frame->kind == FRAME_EVENTS && pick(8))
		read_items(&items, frame);
	else
		items.count = 0;
	if (!items.count) {
		change_bytes(frame);
		return;
	}
	for (uint32_t times = 1 + pick(4); times && items.count > 1; times--)
		change_items(&items);
	write_items(&items, frame);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_most, unsigned int seed)
{
	static uint8_t before[1 << 20];
	struct frames frames;

	chance = seed;
	if (size > sizeof(before) || is_file(data, size) || !pick(10))
		return LLVMFuzzerMutate(data, size, size_most);
	memcpy(before, data, size);
	read_frames(&frames, before, size);
	switch (pick(10)) {
	case 0:
		before[0] = (uint8_t)pick(256);
		break;
	case 1:
		move_frame(&frames);
		break;
	default:
		change_frame(&frames.list[pick((uint32_t)frames.count)]);
		break;
	}
	return write_frames(&frames, before[0], data, size_most);
}

/* The first frames of one, the last ones of the other. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *left, size_t left_size, const uint8_t *right,
				 size_t right_size, uint8_t *out, size_t size_most,
				 unsigned int seed)
{
	struct frames frames, others;
	size_t from;

	if (is_file(left, left_size) || is_file(right, right_size))
		return 0;
	chance = seed;
	read_frames(&frames, left, left_size);
	read_frames(&others, right, right_size);
	from = pick((uint32_t)others.count);
	frames.count = 1 + pick((uint32_t)frames.count);
	while (from < others.count && frames.count < FRAMES_MOST)
		frames.list[frames.count++] = others.list[from++];
	return write_frames(&frames, left[0], out, size_most);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "recording/cast.h"
#include "recording/flight_internal.h"
#include "recording/grown.h"

/* --- what is kept ------------------------------------------------------------------------------
 */

static int make_room(struct flight *flight)
{
	size_t room = flight->room ? flight->room * 2 : 64;
	struct kept_frame *frames;

	if (flight->first > flight->room / 2) {
		memmove(flight->frames, flight->frames + flight->first,
			flight->count * sizeof(*flight->frames));
		flight->first = 0;
		return 0;
	}
	frames = reallocarray(flight->frames, room, sizeof(*frames));
	if (!frames)
		return -ENOMEM;
	flight->frames = frames;
	flight->room = room;
	return 0;
}

/* A frame is complete. */
static int keep_frame(void *context, const struct frame_head *head, const void *stored)
{
	struct flight *flight = context;
	struct kept_frame frame = {.head = *head, .begun = flight->begun, .lost = flight->lost};
	int err = 0;

	flight->begun = flight->lost = 0;
	if (flight->first + flight->count == flight->room)
		err = make_room(flight);
	if (err)
		return err;
	frame.stored = malloc(head->stored);
	if (!frame.stored)
		return -ENOMEM;
	memcpy(frame.stored, stored, head->stored);
	flight->frames[flight->first + flight->count++] = frame;
	flight->bytes += head->stored;
	return 0;
}

int flight__new(struct flight **result, const struct flight_options *options,
		const struct rows pools[POOLS])
{
	const struct replay_hooks none = {0};
	struct flight *flight = calloc(1, sizeof(*flight));
	int err = -ENOMEM;

	if (!flight)
		return -ENOMEM;
	flight->options = *options;
	flight->now = cast__new(pools);
	flight->cast = cast__new(NULL);
	flight->replay = replay__new(&none, ROWS_MOST);
	if (flight->now && flight->cast && flight->replay)
		err = writer__new_of_frames(&flight->writer, flight->now, keep_frame, flight);
	if (!err)
		err = reader__new_of_frames(&flight->reader);
	if (err)
		flight__free(flight);
	else
		*result = flight;
	return err;
}

void flight__free(struct flight *flight)
{
	if (!flight)
		return;
	for (size_t i = 0; i < flight->count; i++)
		free(flight->frames[flight->first + i].stored);
	free(flight->frames);
	reader__free(flight->reader);
	writer__free(flight->writer);
	replay__free(flight->replay);
	cast__free(flight->cast);
	cast__free(flight->now);
	free(flight);
}

/* --- what is dropped ---------------------------------------------------------------------------
 */

/* Objects never change, and the session has them; threads and waits give their rows to others. */
static int learn(struct flight *flight, const struct reader_item *item)
{
	return item->pool == POOL_THREADS || item->pool == POOL_WAITS
		       ? cast__take(flight->cast, item)
		       : 0;
}

int flight__open_frame(struct flight *flight)
{
	const struct kept_frame *frame = &flight->frames[flight->first];

	return reader__frame(flight->reader, &frame->head, frame->stored);
}

void flight__close_frame(struct flight *flight)
{
	struct kept_frame *frame = &flight->frames[flight->first];

	flight->bytes -= frame->head.stored;
	free(frame->stored);
	flight->first++;
	flight->count--;
}

/* The oldest frame, through the state machine. */
static int drop(struct flight *flight)
{
	struct reader_item item = {.kind = READER_END};
	int err = flight__open_frame(flight);

	while (!err) {
		err = reader__next(flight->reader, &item);
		if (err || item.kind == READER_END)
			break;
		if (item.kind == READER_IDENTITY)
			err = learn(flight, &item);
		else if (item.kind == READER_EVENT)
			err = replay__event(flight->replay, item.cpu, &item.event);
	}
	flight__close_frame(flight);
	flight->cut = true;
	return err;
}

/* Where the second frame begins, which may still be growing; 0: there is none. */
static uint64_t second_begins(const struct flight *flight)
{
	return flight->count > 1 ? flight->frames[flight->first + 1].begun : flight->begun;
}

int flight__drop(struct flight *flight, uint64_t from)
{
	uint64_t second;
	int err = 0;

	while (!err && flight->count && (second = second_begins(flight)) && second <= from)
		err = drop(flight);
	return err;
}

static int drop_surplus(struct flight *flight)
{
	int err = 0;

	while (!err && flight->count > 1 && flight->bytes > flight->options.most)
		err = drop(flight);
	return err;
}

uint64_t flight__from(const struct flight *flight, uint64_t now)
{
	return now > flight->options.last ? now - flight->options.last : 0;
}

int flight__event(struct flight *flight, unsigned int cpu, const struct stream_event *event)
{
	if (!flight->begun)
		flight->begun = event->time;
	if (event->kind == STREAM_LOST)
		flight->lost += event->row;
	return writer__event(flight->writer, cpu, event);
}

int flight__step(struct flight *flight, uint64_t now)
{
	int err = writer__step(flight->writer, now);

	if (!err)
		err = flight__drop(flight, flight__from(flight, now));
	return err ? err : drop_surplus(flight);
}

size_t flight__bytes(const struct flight *flight)
{
	return flight->bytes;
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "recording/codec.h"
#include "recording/format.h"
#include "recording/reader.h"

struct reader {
	FILE *stream;
	char *head;
	uint8_t *stored, *raw;
	size_t stored_room, raw_room;
	struct frame_head frame;
	struct bytes rest; /* of the frame that is being read */
	uint64_t time;	   /* of the last event in it */
	uint64_t bytes;
	bool cut, complete;
	const char *problem;
};

static int swapped(uint32_t version)
{
	return __builtin_bswap32(version) == RECORDING_VERSION;
}

static int refuse(char *message, size_t size, const char *text)
{
	snprintf(message, size, "%s", text);
	return -EPROTO;
}

static int check_start(const struct recording_head *start, size_t got, char *message, size_t size)
{
	if (!got)
		return refuse(message, size, "is empty");
	if (memcmp(start->magic, RECORDING_MAGIC,
		   got < sizeof(start->magic) ? got : sizeof(start->magic)) != 0)
		return refuse(message, size, "is no recording of waitscope");
	if (got < sizeof(*start))
		return refuse(message, size, "is cut within its head");
	if (swapped(start->version))
		return refuse(message, size, "was recorded on a machine of another byte order");
	if (start->version == RECORDING_VERSION)
		return 0;
	snprintf(message, size, "has version %u of the format, and this waitscope reads version %d",
		 start->version, RECORDING_VERSION);
	return -EPROTO;
}

static int read_head(struct reader *reader, char *message, size_t size)
{
	struct recording_head start;
	size_t got;
	int err;

	errno = 0;
	got = fread(&start, 1, sizeof(start), reader->stream);
	if (ferror(reader->stream)) {
		err = errno ? -errno : -EIO;
		snprintf(message, size, "cannot be read: %s", strerror(-err));
		return err;
	}
	err = check_start(&start, got, message, size);
	if (err)
		return err;
	if (start.length > RECORDING_HEAD_MOST)
		return refuse(message, size, "has a damaged head");
	reader->head = calloc(1, start.length + 1);
	if (!reader->head)
		return -ENOMEM;
	if (fread(reader->head, 1, start.length, reader->stream) != start.length)
		return refuse(message, size, "is cut within its head");
	reader->bytes = sizeof(start) + start.length;
	return 0;
}

int reader__new(struct reader **result, FILE *stream, char *message, size_t size)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	int err;

	if (!reader)
		return refuse(message, size, strerror(ENOMEM));
	reader->stream = stream;
	snprintf(message, size, "%s", strerror(ENOMEM));
	err = read_head(reader, message, size);
	if (err)
		reader__free(reader);
	else
		*result = reader;
	return err;
}

int reader__new_of_frames(struct reader **result)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	*result = reader;
	return reader ? 0 : -ENOMEM;
}

void reader__free(struct reader *reader)
{
	if (!reader)
		return;
	free(reader->head);
	free(reader->stored);
	free(reader->raw);
	free(reader);
}

const char *reader__head(const struct reader *reader)
{
	return reader->head;
}

static int damaged(struct reader *reader, const char *problem)
{
	reader->problem = problem;
	return -EPROTO;
}

/* For so many bytes, whose old content is of no use any more. 0 or -ENOMEM. */
static int make_room(uint8_t **buffer, size_t *room, size_t bytes)
{
	if (*buffer && bytes <= *room)
		return 0;
	free(*buffer);
	*buffer = malloc(bytes + !bytes);
	*room = *buffer ? bytes : 0;
	return *buffer ? 0 : -ENOMEM;
}

/* 1: a frame is there, 0: the end of the file, or of what is whole. */
static int read_stored(struct reader *reader)
{
	struct frame_head *frame = &reader->frame;
	size_t got = fread(frame, 1, sizeof(*frame), reader->stream);

	if (ferror(reader->stream))
		return damaged(reader, "the file cannot be read");
	if (got < sizeof(*frame)) {
		reader->cut = got || !reader->complete;
		return 0;
	}
	if (frame->magic != FRAME_MAGIC || frame->raw > FRAME_RAW_MOST ||
	    frame->stored > compressBound(FRAME_RAW_MOST))
		return damaged(reader, "a frame's head is damaged");
	if (make_room(&reader->stored, &reader->stored_room, frame->stored))
		return -ENOMEM;
	if (fread(reader->stored, 1, frame->stored, reader->stream) == frame->stored)
		return 1;
	reader->cut = true;
	return ferror(reader->stream) ? damaged(reader, "the file cannot be read") : 0;
}

static int unpack(struct reader *reader, const uint8_t *stored)
{
	const struct frame_head *frame = &reader->frame;
	uLongf length = frame->raw;

	if (crc32(crc32(0, NULL, 0), stored, frame->stored) != frame->checksum)
		return damaged(reader, "a frame's checksum is wrong: it is damaged");
	if (make_room(&reader->raw, &reader->raw_room, frame->raw))
		return -ENOMEM;
	if (uncompress(reader->raw, &length, stored, frame->stored) != Z_OK || length != frame->raw)
		return damaged(reader, "a frame does not unpack");
	reader->rest = (struct bytes){reader->raw, reader->raw + length, false};
	reader->time = 0;
	reader->bytes += sizeof(*frame) + frame->stored;
	return 0;
}

int reader__frame(struct reader *reader, const struct frame_head *head, const void *stored)
{
	reader->frame = *head;
	return unpack(reader, stored);
}

/* 1: there is one, 0: there is none. */
static int next_frame(struct reader *reader)
{
	int got = reader->stream ? read_stored(reader) : 0;

	if (got <= 0)
		return got;
	got = unpack(reader, reader->stored);
	return got ? got : 1;
}

static int next_identity(struct reader *reader, struct reader_item *item)
{
	struct bytes *rest = &reader->rest;

	rest->at++;
	item->kind = READER_IDENTITY;
	item->pool = (uint32_t)codec__number(rest);
	item->number = (uint32_t)codec__number(rest);
	item->length = codec__number(rest);
	if (rest->bad || item->length > (size_t)(rest->end - rest->at))
		return damaged(reader, "an identity is damaged");
	item->bytes = rest->at;
	rest->at += item->length;
	return 1;
}

/* Each of these: 1: an item, 0: the frame is over. */
static int next_event(struct reader *reader, struct reader_item *item)
{
	if (codec__is_identity(&reader->rest))
		return next_identity(reader, item);
	item->kind = READER_EVENT;
	if (codec__event(&reader->rest, &reader->time, &item->cpu, &item->event))
		return 1;
	return reader->rest.bad ? damaged(reader, "an event is damaged") : 0;
}

static int whole_rows(struct reader *reader, struct reader_item *item)
{
	struct bytes *rest = &reader->rest;
	size_t length = rest->end - rest->at;
	struct rows_head head;

	if (!length)
		return 0;
	if (length < sizeof(head))
		return damaged(reader, "a frame of rows is damaged");
	memcpy(&head, rest->at, sizeof(head));
	if ((uint64_t)head.size * head.count != length - sizeof(head))
		return damaged(reader, "a frame of rows is damaged");
	*item = (struct reader_item){
		.kind = READER_ROWS,
		.pool = head.pool,
		.number = head.first,
		.bytes = rest->at + sizeof(head),
		.length = length - sizeof(head),
		.count = head.count,
		.size = head.size,
	};
	rest->at = rest->end;
	return 1;
}

static int whole_frame(struct reader *reader, struct reader_item *item, enum reader_kind kind)
{
	struct bytes *rest = &reader->rest;

	if (rest->at == rest->end)
		return 0;
	item->kind = kind;
	item->bytes = rest->at;
	item->length = rest->end - rest->at;
	rest->at = rest->end;
	reader->complete |= kind == READER_SUMMARY;
	return 1;
}

static int next_in_frame(struct reader *reader, struct reader_item *item)
{
	switch (reader->frame.kind) {
	case FRAME_EVENTS:
		return next_event(reader, item);
	case FRAME_ROWS:
		return whole_rows(reader, item);
	case FRAME_SUMMARY:
		return whole_frame(reader, item, READER_SUMMARY);
	case FRAME_STACKS:
		return whole_frame(reader, item, READER_STACKS);
	}
	return 0; /* of a later version: it can do without */
}

int reader__next(struct reader *reader, struct reader_item *item)
{
	int got = 0;

	while (!reader->rest.at || (got = next_in_frame(reader, item)) == 0) {
		got = next_frame(reader);
		if (got <= 0) {
			item->kind = READER_END;
			return got;
		}
	}
	return got < 0 ? got : 0;
}

const char *reader__problem(const struct reader *reader)
{
	return reader->problem ? reader->problem
			       : "its rows are those of another version of waitscope, or damaged";
}

bool reader__is_cut(const struct reader *reader)
{
	return reader->cut;
}

uint64_t reader__bytes(const struct reader *reader)
{
	return reader->bytes;
}

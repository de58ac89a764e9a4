// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "recording/codec.h"
#include "recording/writer_internal.h"

#define FRAME_NS 1000000000ULL
#define LEVEL	 1 /* of zlib: what keeps up */
#define BITS	 (ROWS_MOST / 8 + 1)

int block__reserve(struct block *block, size_t bytes)
{
	size_t room = block->room ? block->room : 4096;
	uint8_t *grown;

	while (room < block->length + bytes)
		room *= 2;
	if (room == block->room)
		return 0;
	grown = realloc(block->bytes, room);
	if (!grown)
		return -ENOMEM;
	block->bytes = grown;
	block->room = room;
	return 0;
}

static int put(struct writer *writer, const void *bytes, size_t length)
{
	errno = 0;
	if (fwrite(bytes, 1, length, writer->stream) != length)
		return errno ? -errno : -EIO;
	writer->written += length;
	return 0;
}

int writer__put_frame(struct writer *writer, const struct frame_head *head, const void *stored)
{
	int err;

	if (!writer->stream)
		return writer->frame(writer->context, head, stored);
	err = put(writer, head, sizeof(*head));
	return err ? err : put(writer, stored, head->stored);
}

int writer__put_block(struct writer *writer, uint32_t kind)
{
	struct block *block = &writer->events;
	uLongf stored = compressBound(block->length);
	struct frame_head head = {
		.magic = FRAME_MAGIC, .kind = kind, .raw = block->length, .count = block->count};
	int err;

	writer->packed.length = 0;
	err = block__reserve(&writer->packed, stored);
	if (err)
		return err;
	if (compress2(writer->packed.bytes, &stored, block->bytes, block->length, LEVEL) != Z_OK)
		return -ENOMEM;
	head.stored = stored;
	head.checksum = crc32(crc32(0, NULL, 0), writer->packed.bytes, stored);
	block->length = 0;
	block->count = 0;
	return writer__put_frame(writer, &head, writer->packed.bytes);
}

/* Frames that are handed out may be dropped: each names whom its own events name. */
static void forget_names(struct writer *writer)
{
	if (writer->waits.base)
		memset(writer->waits.base, 0, (size_t)writer->waits.room * writer->waits.size);
	memset(writer->objects, 0, BITS);
	memset(writer->processes, 0, BITS);
	memset(writer->tasks, 0, BITS);
}

int writer__flush(struct writer *writer)
{
	int err = writer->events.length ? writer__put_block(writer, FRAME_EVENTS) : 0;

	writer->time = writer->begun = 0;
	if (!writer->stream)
		forget_names(writer);
	else if (!err && fflush(writer->stream))
		err = -errno;
	return err;
}

static int put_start(struct writer *writer, const char *head)
{
	struct recording_head start = {.version = RECORDING_VERSION, .length = strlen(head)};
	int err;

	memcpy(start.magic, RECORDING_MAGIC, sizeof(start.magic));
	err = put(writer, &start, sizeof(start));
	return err ? err : put(writer, head, start.length);
}

int writer__new_of_cast(struct writer **result, FILE *stream, const char *head, struct cast *cast)
{
	struct writer *writer = calloc(1, sizeof(*writer));
	int err;

	if (!writer)
		return -ENOMEM;
	writer->stream = stream;
	writer->cast = cast;
	writer->waits.size = sizeof(struct wait_key);
	writer->objects = calloc(BITS, 1);
	writer->processes = calloc(BITS, 1);
	writer->tasks = calloc(BITS, 1);
	err = writer->objects && writer->processes && writer->tasks ? 0 : -ENOMEM;
	if (!err && stream)
		err = put_start(writer, head);
	if (err)
		writer__free(writer);
	else
		*result = writer;
	return err;
}

int writer__new(struct writer **result, FILE *stream, const char *head,
		const struct rows pools[POOLS])
{
	struct cast *cast = cast__new(pools);
	int err = cast ? writer__new_of_cast(result, stream, head, cast) : -ENOMEM;

	if (err)
		cast__free(cast);
	else
		(*result)->own_cast = cast;
	return err;
}

int writer__new_of_frames(struct writer **result, struct cast *cast, writer_frame *frame,
			  void *context)
{
	int err = writer__new_of_cast(result, NULL, NULL, cast);

	if (err)
		return err;
	(*result)->frame = frame;
	(*result)->context = context;
	return 0;
}

void writer__free(struct writer *writer)
{
	if (!writer)
		return;
	cast__free(writer->own_cast);
	free(writer->events.bytes);
	free(writer->packed.bytes);
	free(writer->waits.base);
	free(writer->objects);
	free(writer->processes);
	free(writer->tasks);
	free(writer);
}

static int name(struct writer *writer, uint32_t pool, uint32_t number, const void *bytes,
		size_t length)
{
	struct block *block = &writer->events;
	int err = block__reserve(block, 1 + 3 * CODEC_NUMBER_MOST + length);
	uint8_t *out;

	if (err)
		return err;
	out = block->bytes + block->length;
	*out++ = CODEC_IDENTITY;
	out = codec__put_number(out, pool);
	out = codec__put_number(out, number);
	out = codec__put_number(out, length);
	memcpy(out, bytes, length);
	block->length = out + length - block->bytes;
	return 0;
}

/* True if the bit was set before. */
static bool known(uint8_t *bits, uint32_t number)
{
	uint8_t bit = 1 << (number & 7);
	bool was = bits[number / 8] & bit;

	bits[number / 8] |= bit;
	return was;
}

static int name_object(struct writer *writer, uint32_t number)
{
	const struct object_row *row = cast__object(writer->cast, number);
	size_t text;

	if (!row || number >= ROWS_MOST || known(writer->objects, number))
		return 0;
	text = row->text_length < OBJECT_TEXT ? row->text_length + 1 : OBJECT_TEXT;
	return name(writer, POOL_OBJECTS, number, row, offsetof(struct object_row, text) + text);
}

static int name_process(struct writer *writer, uint32_t number)
{
	uint32_t pid = cast__process(writer->cast, number);

	if (!pid || number >= ROWS_MOST || known(writer->processes, number))
		return 0;
	return name(writer, POOL_PROCESSES, number, &pid, sizeof(pid));
}

static int name_thread(struct writer *writer, uint32_t number)
{
	const struct identity_thread *thread = cast__thread(writer->cast, number);
	struct identity_thread identity;
	int err;

	if (!thread)
		return 0;
	identity = *thread;
	err = name_object(writer, identity.executable);
	if (!err)
		err = name_process(writer, identity.process);
	return err ? err : name(writer, POOL_THREADS, number, &identity, sizeof(identity));
}

static int name_wait(struct writer *writer, uint32_t number)
{
	const struct wait_key *key = number ? cast__wait(writer->cast, number) : NULL;
	struct wait_key *named = key ? grown__at(&writer->waits, number) : NULL;
	int err;

	if (!named)
		return key ? grown__error(number) : 0;
	if (!memcmp(named, key, sizeof(*key)))
		return 0;
	*named = *key;
	err = name_object(writer, named->object);
	return err ? err : name(writer, POOL_WAITS, number, named, sizeof(*named));
}

/* Who wakes others need not be traced, and may be gone soon. */
static int name_task(struct writer *writer, uint32_t tid)
{
	const struct identity_task *task;

	if (!tid || tid >= ROWS_MOST || known(writer->tasks, tid))
		return 0;
	task = cast__task(writer->cast, tid);
	return task ? name(writer, IDENTITY_TASK, tid, task, sizeof(*task)) : 0;
}

static int name_all(struct writer *writer, const struct stream_event *event)
{
	int err = 0;

	switch (event->kind) {
	case STREAM_SWITCH:
		if ((event->flags & STREAM_OUT_MASK) == LEDGER_EVENT_ENDED)
			err = name_thread(writer, event->thread); /* its name may have changed */
		return err ? err : name_wait(writer, event->row);
	case STREAM_STATE:
		return name_wait(writer, event->row);
	case STREAM_BEGIN: /* its wait and its waker: only where it goes on from before */
		err = name_thread(writer, event->thread);
		if (!err)
			err = name_wait(writer, event->row);
		return err ? err : name_task(writer, event->other);
	case STREAM_EXEC:
	case STREAM_RENAME:
		return name_thread(writer, event->thread);
	case STREAM_WAKING:
		return name_task(writer, event->other);
	case STREAM_REQUEST:
		return name_process(writer, event->thread);
	}
	return 0;
}

int writer__event(struct writer *writer, unsigned int cpu, const struct stream_event *event)
{
	struct block *block = &writer->events;
	int err = name_all(writer, event);

	if (!err)
		err = block__reserve(block, CODEC_EVENT_MOST);
	if (err)
		return err;
	if (!writer->begun)
		writer->begun = event->time;
	block->length = codec__put_event(block->bytes + block->length, &writer->time, cpu, event) -
			block->bytes;
	block->count++;
	return block->length < FRAME_BYTES ? 0 : writer__flush(writer);
}

int writer__step(struct writer *writer, uint64_t now)
{
	return writer->begun && now > writer->begun + FRAME_NS ? writer__flush(writer) : 0;
}

uint64_t writer__bytes(const struct writer *writer)
{
	return writer->written;
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Stacks of a run as frames of a recording (format.h). */
#define _GNU_SOURCE /* tdestroy */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "recording/codec.h"
#include "recording/writer_internal.h"

/* A text that has its number. */
struct numbered {
	const char *text;
	uint32_t number;
};

struct stacks_writing {
	struct writer *writer;
	void *numbers; /* tsearch(3): struct numbered */
	uint32_t texts;
	size_t names; /* in the frames of all rows */
};

/* Equal texts are one pointer. */
static int by_address(const void *a, const void *b)
{
	uintptr_t left = (uintptr_t)((const struct numbered *)a)->text;
	uintptr_t right = (uintptr_t)((const struct numbered *)b)->text;

	return (left > right) - (left < right);
}

/* What was put, up to `out`. A block that is full becomes a frame. */
static int end_item(struct stacks_writing *writing, const uint8_t *out, bool is_row)
{
	struct block *block = &writing->writer->events;

	block->length = out - block->bytes;
	block->count += is_row;
	return block->length < FRAME_BYTES ? 0 : writer__put_block(writing->writer, FRAME_STACKS);
}

static int put_text(struct stacks_writing *writing, const char *text)
{
	struct block *block = &writing->writer->events;
	size_t length = strnlen(text, STACK_TEXT_MOST);
	int err = block__reserve(block, 1 + CODEC_NUMBER_MOST + length);
	uint8_t *out;

	if (err)
		return err;
	out = block->bytes + block->length;
	*out++ = STACK_TEXT;
	out = codec__put_number(out, length);
	memcpy(out, text, length);
	return end_item(writing, out + length, false);
}

/* Gives a text a number, unless it has one. */
static int number(struct stacks_writing *writing, const char *text)
{
	const struct numbered key = {.text = text};
	struct numbered *own;

	if (!text || tfind(&key, &writing->numbers, by_address))
		return 0;
	if (writing->texts == STACK_ROWS_MOST)
		return -E2BIG;
	own = malloc(sizeof(*own));
	if (!own)
		return -ENOMEM;
	*own = (struct numbered){text, ++writing->texts};
	if (tsearch(own, &writing->numbers, by_address))
		return put_text(writing, text);
	free(own);
	return -ENOMEM;
}

static uint32_t number_of(const struct stacks_writing *writing, const char *text)
{
	const struct numbered key = {.text = text};
	struct numbered *const *found = text ? tfind(&key, &writing->numbers, by_address) : NULL;

	return found ? (*found)->number : 0;
}

static int number_frames(struct stacks_writing *writing, const struct frames *frames)
{
	size_t count = frames->user + frames->kernel;
	int err = 0;

	writing->names += count;
	if (writing->names > STACK_NAMES_MOST)
		return -E2BIG;
	for (size_t i = 0; i < count && !err; i++)
		err = number(writing, frames->names[i]);
	return err;
}

static int number_row(struct stacks_writing *writing, const struct stack *row)
{
	int err = number(writing, row->process);

	if (!err)
		err = number(writing, row->thread);
	if (!err)
		err = number(writing, wait_class__name(row->class));
	if (!err)
		err = number(writing, row->syscall);
	if (!err)
		err = number(writing, row->waker);
	if (!err)
		err = number_frames(writing, &row->frames);
	if (!err && row->waker)
		err = number_frames(writing, &row->waker_frames);
	return err;
}

static uint8_t *put_frames(const struct stacks_writing *writing, uint8_t *out,
			   const struct frames *frames)
{
	out = codec__put_number(out, frames->user);
	out = codec__put_number(out, frames->kernel);
	for (size_t i = 0; i < frames->user + frames->kernel; i++)
		out = codec__put_number(out, number_of(writing, frames->names[i]));
	return out;
}

static size_t count_names(const struct stack *row)
{
	return row->frames.user + row->frames.kernel + row->waker_frames.user +
	       row->waker_frames.kernel;
}

#define ROW_NUMBERS 15 /* of a row, beside its frames */

static int put_row(struct stacks_writing *writing, const struct stack *row)
{
	const uint64_t numbers[] = {
		row->kind,
		row->idle ? STACK_IS_IDLE : 0,
		(uint32_t)row->pid,
		(uint32_t)row->tid,
		row->count,
		row->ns,
		number_of(writing, row->process),
		number_of(writing, row->thread),
		number_of(writing, wait_class__name(row->class)),
		number_of(writing, row->syscall),
		number_of(writing, row->waker),
	};
	struct block *block = &writing->writer->events;
	int err = block__reserve(block, 1 + (ROW_NUMBERS + count_names(row)) * CODEC_NUMBER_MOST);
	uint8_t *out;

	if (err)
		return err;
	out = block->bytes + block->length;
	*out++ = STACK_ROW;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		out = codec__put_number(out, numbers[i]);
	out = put_frames(writing, out, &row->frames);
	if (row->waker)
		out = put_frames(writing, out, &row->waker_frames);
	return end_item(writing, out, true);
}

static int put_facts(struct stacks_writing *writing, const struct stacks *stacks)
{
	struct block *block = &writing->writer->events;
	int err = block__reserve(block, 1 + 2 * CODEC_NUMBER_MOST);
	uint8_t *out;

	if (err)
		return err;
	out = block->bytes + block->length;
	*out++ = STACK_FACTS;
	out = codec__put_number(out, (stacks->kernel ? STACK_HAS_KERNEL : 0) |
					     (stacks->user ? STACK_HAS_USER : 0) |
					     (stacks->wakers ? STACK_HAS_WAKERS : 0) |
					     (stacks->kernel_hidden ? STACK_KERNEL_HIDDEN : 0));
	out = codec__put_number(out, stacks->sample_rate);
	return end_item(writing, out, false);
}

int writer__put_stacks(struct writer *writer, const struct stacks *stacks)
{
	struct stacks_writing writing = {.writer = writer};
	int err = stacks->count > STACK_ROWS_MOST ? -E2BIG : put_facts(&writing, stacks);

	for (size_t i = 0; i < stacks->count && !err; i++) {
		err = number_row(&writing, &stacks->rows[i]);
		if (!err)
			err = put_row(&writing, &stacks->rows[i]);
	}
	if (!err && writer->events.length)
		err = writer__put_block(writer, FRAME_STACKS);
	tdestroy(writing.numbers, free);
	return err;
}

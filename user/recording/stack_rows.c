// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "recording/stack_rows.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "recording/codec.h"
#include "recording/format.h"

struct stack_rows {
	struct stacks *stacks; /* NULL: no frame was taken yet */
	const char **texts;    /* by their number */
	uint32_t text_count, text_room;
	size_t names;	    /* in the frames of all rows */
	uint64_t count, ns; /* sums of all rows */
};

/* No sum may overflow, here or in a picture: of nanoseconds these are 146 years. */
#define TOTAL_MAX (UINT64_MAX >> 2)

struct stack_rows *stack_rows__new(void)
{
	return calloc(1, sizeof(struct stack_rows));
}

void stack_rows__free(struct stack_rows *rows)
{
	if (!rows)
		return;
	stacks__free(rows->stacks);
	free(rows->texts);
	free(rows);
}

struct stacks *stack_rows__hand_over(struct stack_rows *rows)
{
	struct stacks *stacks = rows->stacks;

	rows->stacks = NULL;
	return stacks;
}

/* A number of at most so much; what is more is none. */
static uint64_t number(struct bytes *bytes, uint64_t most)
{
	uint64_t number = codec__number(bytes);

	if (number <= most)
		return number;
	bytes->bad = true;
	return 0;
}

static int take_facts(struct stack_rows *rows, struct bytes *bytes)
{
	uint64_t flags = codec__number(bytes);
	uint32_t rate = (uint32_t)number(bytes, UINT32_MAX);

	if (rows->stacks || bytes->bad)
		return -EPROTO;
	rows->stacks = calloc(1, sizeof(*rows->stacks));
	if (!rows->stacks)
		return -ENOMEM;
	rows->stacks->kernel = flags & STACK_HAS_KERNEL;
	rows->stacks->user = flags & STACK_HAS_USER;
	rows->stacks->wakers = flags & STACK_HAS_WAKERS;
	rows->stacks->kernel_hidden = flags & STACK_KERNEL_HIDDEN;
	rows->stacks->sample_rate = rate;
	return 0;
}

static int keep_text(struct stack_rows *rows, const void *bytes, size_t length)
{
	char *copy = strndup(bytes, length);
	const char *text = copy ? texts__keep(&rows->stacks->texts, copy) : NULL;

	free(copy);
	if (!text)
		return -ENOMEM;
	rows->texts[++rows->text_count] = text;
	return 0;
}

static int take_text(struct stack_rows *rows, struct bytes *bytes)
{
	size_t length = number(bytes, STACK_TEXT_MOST);
	const uint8_t *text = bytes->at;

	if (bytes->bad || length > (size_t)(bytes->end - bytes->at) ||
	    rows->text_count == STACK_ROWS_MOST)
		return -EPROTO;
	bytes->at += length;
	if (rows->text_count + 1 >= rows->text_room) {
		uint32_t room = rows->text_room ? rows->text_room * 2 : 256;
		const char **grown = reallocarray(rows->texts, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		rows->texts = grown;
		rows->text_room = room;
	}
	return keep_text(rows, text, length);
}

/* NULL for 0, and for what is none. */
static const char *text(const struct stack_rows *rows, struct bytes *bytes, bool needed)
{
	uint32_t index = (uint32_t)number(bytes, rows->text_count);

	if (!index && needed)
		bytes->bad = true;
	return index ? rows->texts[index] : NULL;
}

static enum wait_class class_of(const char *name)
{
	for (int i = 0; name && i < CLASSES; i++)
		if (!strcmp(wait_class__name(i), name))
			return i;
	return CLASS_OTHER; /* of a later version */
}

static int take_frames(struct stack_rows *rows, struct bytes *bytes, struct frames *frames)
{
	size_t count;

	frames->user = number(bytes, STACK_DEPTH);
	frames->kernel = number(bytes, STACK_DEPTH);
	count = frames->user + frames->kernel;
	rows->names += count;
	if (bytes->bad || rows->names > STACK_NAMES_MOST)
		return -EPROTO;
	frames->names = calloc(count + 1, sizeof(*frames->names));
	if (!frames->names)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		frames->names[i] = text(rows, bytes, true);
	return bytes->bad ? -EPROTO : 0;
}

static int take_row(struct stack_rows *rows, struct bytes *bytes)
{
	struct stack row = {.kind = number(bytes, STACK_KIND_CPU)};
	int err;

	row.idle = codec__number(bytes) & STACK_IS_IDLE;
	row.pid = (int)number(bytes, INT_MAX);
	row.tid = (int)number(bytes, INT_MAX);
	row.count = number(bytes, TOTAL_MAX - rows->count);
	row.ns = number(bytes, TOTAL_MAX - rows->ns);
	row.process = text(rows, bytes, true);
	row.thread = text(rows, bytes, true);
	row.class = class_of(text(rows, bytes, true));
	row.syscall = text(rows, bytes, false);
	row.waker = text(rows, bytes, false);
	if (bytes->bad || rows->stacks->count == STACK_ROWS_MOST)
		return -EPROTO;
	rows->count += row.count;
	rows->ns += row.ns;
	err = take_frames(rows, bytes, &row.frames);
	if (!err && row.waker)
		err = take_frames(rows, bytes, &row.waker_frames);
	if (!err)
		return stacks__add(rows->stacks, &row);
	free(row.frames.names);
	free(row.waker_frames.names);
	return err;
}

static int take_item(struct stack_rows *rows, struct bytes *bytes)
{
	uint64_t kind = codec__number(bytes);

	if (kind == STACK_FACTS)
		return take_facts(rows, bytes);
	if (kind == STACK_TEXT && rows->stacks)
		return take_text(rows, bytes);
	if (kind == STACK_ROW && rows->stacks)
		return take_row(rows, bytes);
	return -EPROTO;
}

int stack_rows__take(struct stack_rows *rows, const void *start, size_t length)
{
	struct bytes bytes = {start, (const uint8_t *)start + length, false};
	int err = 0;

	while (!err && bytes.at < bytes.end)
		err = take_item(rows, &bytes);
	return err;
}

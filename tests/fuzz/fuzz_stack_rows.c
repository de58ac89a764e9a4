// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Any bytes as frames of stacks, up to the pictures that are made of them. What could be read is
 * written as a recording, and read back the same.
 *
 *   bytes 0 and 1: what is left of the stacks; then frames: 16 bits of length, and so many bytes
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recording/reader.h"
#include "recording/row_filter.h"
#include "recording/stack_rows.h"
#include "recording/writer.h"
#include "render/flame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(int holds)
{
	if (!holds)
		abort();
}

static struct stacks *take_all(const uint8_t *data, size_t size)
{
	struct stack_rows *rows = stack_rows__new();
	struct stacks *stacks;
	int err = 0;

	expect(rows != NULL);
	while (size >= 2 && !err) {
		size_t length = data[0] | data[1] << 8;

		if (length > size - 2)
			length = size - 2;
		err = stack_rows__take(rows, data + 2, length);
		data += 2 + length;
		size -= 2 + length;
	}
	stacks = stack_rows__hand_over(rows);
	stack_rows__free(rows);
	return stacks;
}

/* The frames are as they are written, so they cannot be refused. */
static struct stacks *read_back(const char *bytes, size_t size)
{
	FILE *stream = fmemopen((void *)bytes, size, "r");
	struct reader_item item = {.kind = READER_END};
	struct stack_rows *rows = stack_rows__new();
	struct stacks *stacks;
	struct reader *reader;
	char message[160];

	expect(stream && rows);
	expect(reader__new(&reader, stream, message, sizeof(message)) == 0);
	do {
		expect(reader__next(reader, &item) == 0);
		if (item.kind == READER_STACKS)
			expect(stack_rows__take(rows, item.bytes, item.length) == 0);
	} while (item.kind != READER_END);
	stacks = stack_rows__hand_over(rows);
	stack_rows__free(rows);
	reader__free(reader);
	fclose(stream);
	return stacks;
}

static struct stacks *through_a_recording(const struct stacks *stacks)
{
	static const struct rows pools[POOLS];
	const struct sources sources = {0};
	struct stacks *again;
	struct writer *writer = NULL;
	char *bytes = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&bytes, &size);

	expect(stream && writer__new(&writer, stream, "{}", pools) == 0);
	expect(writer__finish(writer, &sources, stacks, "{}") == 0);
	fclose(stream);
	writer__free(writer);
	again = read_back(bytes, size);
	free(bytes);
	return again;
}

static void draw(const struct stacks *stacks, enum stack_view view, char **text)
{
	const struct flame_options options = {.title = "fuzz"};
	struct folded folded = {0};
	size_t size = 0;
	FILE *stream = open_memstream(text, &size);

	expect(stream && folded__of_stacks(&folded, stacks, view) == 0);
	if (view == STACK_VIEW_BLOCKED)
		expect(folded.total == stacks->blocked);
	expect(render__folded(stream, &folded) == 0);
	expect(render__flame_svg(stream, &folded, NULL, &options) == 0);
	fclose(stream);
	expect(!memchr(*text, 0x1b, size));
	folded__clear(&folded);
}

/* All views say the same of both. */
static void compare(const struct stacks *stacks, const struct stacks *again)
{
	for (enum stack_view view = STACK_VIEW_BLOCKED; view <= STACK_VIEW_CPU; view++) {
		char *left = NULL, *right = NULL;

		draw(stacks, view, &left);
		draw(again, view, &right);
		expect(!strcmp(left, right));
		free(left);
		free(right);
	}
}

static void leave_some(struct stacks *stacks, uint8_t first, uint8_t second)
{
	int ids[] = {second};
	const struct row_filter filter = {.tids = {ids, first & 1}, .classes = first >> 4};

	row_filter__keep_stacks(&filter, stacks);
	if (first & 2)
		stacks__forget_threads(stacks);
	stacks__narrow(stacks, !(first & 4), !(first & 8));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stacks *stacks = size > 2 ? take_all(data + 2, size - 2) : NULL, *again;

	if (!stacks)
		return 0;
	leave_some(stacks, data[0], data[1]);
	stacks__settle(stacks);
	again = through_a_recording(stacks);
	expect(again != NULL);
	stacks__settle(again);
	expect(again->count == stacks->count && again->samples == stacks->samples);
	compare(stacks, again);
	stacks__free(again);
	stacks__free(stacks);
	return 0;
}

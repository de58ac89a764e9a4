// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Stacks as folded lines. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "render/flame.h"

/* A line on its way. */
struct writer {
	FILE *stream;
	char *text;
	size_t size;
	bool begun, failed;
};

static void add_frame(struct writer *writer, const char *name, const char *suffix)
{
	char *clean = folded__frame(name);

	if (!clean) {
		writer->failed = true;
		return;
	}
	/* a frame without a name would be none to those who read it */
	fprintf(writer->stream, "%s%s%s", writer->begun ? ";" : "", *clean ? clean : "[no name]",
		suffix);
	writer->begun = true;
	free(clean);
}

static void add_frames(struct writer *writer, const struct frames *frames)
{
	for (size_t i = 0; i < frames->user + frames->kernel; i++)
		add_frame(writer, frames->names[i], i < frames->user ? "" : "_[k]");
}

static void add_thread(struct writer *writer, const struct stack *row)
{
	add_frame(writer, row->process, "");
	if (row->thread != row->process)
		add_frame(writer, row->thread, "");
}

static void add_class(struct writer *writer, const struct stack *row)
{
	char text[64];

	snprintf(text, sizeof(text), "[%s%s]", wait_class__name(row->class),
		 row->idle ? ", idle" : "");
	add_frame(writer, text, "");
}

static bool has_frames(const struct frames *frames)
{
	return frames->user + frames->kernel > 0;
}

static void add_sleeper(struct writer *writer, const struct stack *row)
{
	add_thread(writer, row);
	if (has_frames(&row->frames))
		add_frames(writer, &row->frames);
	else
		add_frame(writer, "[no stack]", "");
	if (row->kind == STACK_KIND_WAIT)
		add_class(writer, row);
}

/* The waker is at the bottom: what it was doing, then whom it woke. */
static void add_waker(struct writer *writer, const struct stack *row)
{
	char *text;

	add_frame(writer, row->waker ? row->waker : "[no waker known]", "");
	add_frames(writer, &row->waker_frames);
	if (asprintf(&text, "wakes %s", row->thread) < 0) {
		writer->failed = true;
		return;
	}
	add_frame(writer, text, "");
	free(text);
	add_class(writer, row);
}

static char *line_of(const struct stack *row, enum stack_view view)
{
	struct writer writer = {0};

	writer.stream = open_memstream(&writer.text, &writer.size);
	if (!writer.stream)
		return NULL;
	if (view == STACK_VIEW_WAKER)
		add_waker(&writer, row);
	else
		add_sleeper(&writer, row);
	if (fclose(writer.stream) || writer.failed) {
		free(writer.text);
		return NULL;
	}
	return writer.text;
}

int folded__of_stacks(struct folded *folded, const struct stacks *stacks, enum stack_view view)
{
	enum stack_kind kind = view == STACK_VIEW_CPU ? STACK_KIND_CPU : STACK_KIND_WAIT;
	int err = 0;

	for (size_t i = 0; i < stacks->count && !err; i++) {
		const struct stack *row = &stacks->rows[i];
		uint64_t weight = kind == STACK_KIND_CPU ? row->count : row->ns;

		if (row->kind == kind && weight)
			err = folded__add(folded, line_of(row, view), weight);
	}
	folded__settle(folded);
	return err;
}

int render__folded(FILE *stream, const struct folded *folded)
{
	for (size_t i = 0; i < folded->count; i++)
		fprintf(stream, "%s %" PRIu64 "\n", folded->lines[i].stack,
			folded->lines[i].weight);
	return fflush(stream) || ferror(stream) ? -EIO : 0;
}

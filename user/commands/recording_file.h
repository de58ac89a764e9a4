/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A recording by its name: opened, its head understood, read item by item.
 *
 * What goes wrong is said on stderr, with the file's name, by __open() and __fail().
 */
#ifndef WAITSCOPE_COMMANDS_RECORDING_FILE_H
#define WAITSCOPE_COMMANDS_RECORDING_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "model/profile.h"
#include "recording/reader.h"
#include "recording/story.h"

struct recording_file {
	const char *path; /* borrowed */
	FILE *stream;
	struct reader *reader;
	struct profile *head; /* what story__read_head() fills in; free it with profile__free() */
};

/* Does it begin as recordings do? Only what can be read twice is looked at: no pipe is one. */
bool recording_file__is_one(const char *path);

/* 0 or an exit status; recording_file__close() closes either way. */
int recording_file__open(struct recording_file *file, const char *path);
/* But not the head, which may have another owner by then. */
void recording_file__close(struct recording_file *file);

/* Takes all items up to the end. 0, or what `take` returned, or that of reader__next(). */
int recording_file__read(struct recording_file *file,
			 int (*take)(void *context, const struct reader_item *item), void *context);

/* Says why. Returns EXIT_FAILED. */
int recording_file__fail(const struct recording_file *file, const char *why);
/* The same of what recording_file__read() returned; 0 for 0. */
int recording_file__check(const struct recording_file *file, int err);
/* Says that its beginning is missing, if it is: the file of a flight recorder. */
void recording_file__say_begin(const struct recording_file *file, const struct story *story);
/* Says that it has no end. */
void recording_file__say_cut(const struct recording_file *file);

#endif

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands/commands.h"
#include "commands/recording_file.h"
#include "names/units.h"
#include "recording/format.h"
#include "recording/story.h"

int recording_file__fail(const struct recording_file *file, const char *why)
{
	complain("%s: %s", file->path, why);
	return EXIT_FAILED;
}

bool recording_file__is_one(const char *path)
{
	char begin[sizeof(RECORDING_MAGIC)] = "";
	struct stat status;
	size_t got = 0;
	FILE *stream;

	if (stat(path, &status) || !S_ISREG(status.st_mode))
		return false;
	stream = fopen(path, "re");
	if (stream) {
		got = fread(begin, 1, sizeof(begin), stream);
		fclose(stream);
	}
	return got && !memcmp(begin, RECORDING_MAGIC, got);
}

int recording_file__open(struct recording_file *file, const char *path)
{
	char message[160];
	struct stat status;

	*file = (struct recording_file){.path = path, .stream = fopen(path, "re")};
	if (!file->stream)
		return recording_file__fail(file, strerror(errno));
	if (!fstat(fileno(file->stream), &status) && S_ISDIR(status.st_mode))
		return recording_file__fail(file, strerror(EISDIR));
	if (reader__new(&file->reader, file->stream, message, sizeof(message)))
		return recording_file__fail(file, message);
	file->head = calloc(1, sizeof(*file->head));
	if (!file->head)
		return recording_file__fail(file, strerror(ENOMEM));
	if (story__read_head(reader__head(file->reader), file->head))
		return recording_file__fail(file, "has a damaged head");
	return 0;
}

void recording_file__close(struct recording_file *file)
{
	reader__free(file->reader);
	if (file->stream)
		fclose(file->stream);
	file->reader = NULL;
	file->stream = NULL;
}

int recording_file__read(struct recording_file *file,
			 int (*take)(void *context, const struct reader_item *item), void *context)
{
	struct reader_item item = {.kind = READER_END};
	int err;

	do {
		err = reader__next(file->reader, &item);
		if (!err && item.kind != READER_END)
			err = take(context, &item);
	} while (!err && item.kind != READER_END);
	return err;
}

int recording_file__check(const struct recording_file *file, int err)
{
	if (err == -EPROTO)
		return recording_file__fail(file, reader__problem(file->reader));
	return err ? recording_file__fail(file, strerror(-err)) : 0;
}

void recording_file__say_cut(const struct recording_file *file)
{
	complain("%s: was cut off, or is still written: this is what there is of it", file->path);
}

void recording_file__say_begin(const struct recording_file *file, const struct story *story)
{
	uint64_t last = story->facts.ended_at - story->facts.attached_at;
	char part[UNITS_TEXT], all[UNITS_TEXT];

	if (story->before)
		complain("%s: the last %s of %s: what was before is not in it", file->path,
			 units__time(last, part), units__time(last + story->before, all));
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include "commands/diff_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/recording_file.h"
#include "commands/replaying.h"
#include "recording/profile_reader.h"
#include "render/render.h"

static int refuse(const char *path, const char *why)
{
	complain("%s: %s", path, why);
	return EXIT_FAILED;
}

/* What `report --json` says of it is what a profile would have said, and is read as that. */
static int take_profile(const struct profile *profile, struct diff_run *run, char *message)
{
	const struct render_options options = {0};
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);
	int err = stream ? render__json(stream, profile, &options) : -ENOMEM;

	if (stream && fclose(stream))
		err = -ENOMEM;
	snprintf(message, READER_MESSAGE, "%s", strerror(-err));
	if (!err)
		err = profile_reader__parse(text, length, run, message);
	free(text);
	return err;
}

static int read_recording(const char *path, struct diff_run *run)
{
	const struct replaying_options options = {.path = path};
	char message[READER_MESSAGE];
	struct replaying *replaying;
	int status = replaying__new(&replaying, &options);

	if (!status) {
		run->cut = replaying__is_cut(replaying);
		run->source = strdup(path);
		if (take_profile(replaying__profile(replaying), run, message))
			status = refuse(path, message);
	}
	replaying__free(replaying);
	return status;
}

int diff_source__read(const char *path, struct diff_run *run)
{
	char message[READER_MESSAGE];

	if (recording_file__is_one(path))
		return read_recording(path, run);
	return profile_reader__read(path, run, message) ? refuse(path, message) : EXIT_DONE;
}

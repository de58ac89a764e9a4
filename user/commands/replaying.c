// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "collect/gather.h"
#include "commands/commands.h"
#include "commands/replaying.h"
#include "judge/judge.h"
#include "names/units.h"
#include "recording/reader.h"

struct replaying {
	const struct replaying_options *options;
	FILE *stream;
	struct reader *reader;
	struct rebuild *rebuild;
	struct profile *profile;
	struct gatherer *gatherer;
	struct story story;
	char *end; /* the JSON of the end; NULL: the recording was cut */
	size_t end_length;
};

static int fail(const struct replaying *replaying, const char *why)
{
	complain("%s: %s", replaying->options->path, why);
	return EXIT_FAILED;
}

static int open_file(struct replaying *replaying)
{
	char message[160];
	struct stat status;

	replaying->stream = fopen(replaying->options->path, "re");
	if (!replaying->stream)
		return fail(replaying, strerror(errno));
	if (!fstat(fileno(replaying->stream), &status) && S_ISDIR(status.st_mode))
		return fail(replaying, strerror(EISDIR));
	if (reader__new(&replaying->reader, replaying->stream, message, sizeof(message)))
		return fail(replaying, message);
	replaying->profile = calloc(1, sizeof(*replaying->profile));
	if (!replaying->profile)
		return fail(replaying, strerror(ENOMEM));
	if (story__read_head(reader__head(replaying->reader), replaying->profile))
		return fail(replaying, "has a damaged head");
	return 0;
}

static int keep_end(struct replaying *replaying, const struct reader_item *item)
{
	free(replaying->end);
	replaying->end = malloc(item->length + 1);
	if (!replaying->end)
		return -ENOMEM;
	memcpy(replaying->end, item->bytes, item->length);
	replaying->end_length = item->length;
	return 0;
}

static int read_all(struct replaying *replaying)
{
	struct reader_item item = {.kind = READER_END};
	int err;

	replaying->rebuild = rebuild__new(replaying->options->from, replaying->options->to);
	if (!replaying->rebuild)
		return fail(replaying, strerror(ENOMEM));
	do {
		err = reader__next(replaying->reader, &item);
		if (!err && item.kind == READER_SUMMARY)
			err = keep_end(replaying, &item);
		else if (!err)
			err = rebuild__take(replaying->rebuild, &item);
	} while (!err && item.kind != READER_END);
	if (err == -EPROTO)
		return fail(replaying, reader__problem(replaying->reader));
	return err ? fail(replaying, strerror(-err)) : 0;
}

/* Up to where there are events, if nobody wrote when it ended. */
static int read_story(struct replaying *replaying)
{
	struct story *story = &replaying->story;

	if (replaying->end && story__read_end(replaying->end, replaying->end_length, story))
		return fail(replaying, "has a damaged end");
	if (replaying->end)
		return 0;
	story->facts.ended_at = rebuild__last(replaying->rebuild) + 1;
	story->stream.lost = rebuild__lost(replaying->rebuild);
	complain("%s: was cut off, or is still written: this is what there is of it",
		 replaying->options->path);
	return 0;
}

static int gather(struct replaying *replaying)
{
	struct profile *profile = replaying->profile;
	struct trace_facts *facts = &replaying->story.facts;
	struct sources sources;
	int err;

	rebuild__part(replaying->rebuild, &facts->attached_at, &facts->ended_at);
	err = rebuild__finish(replaying->rebuild, facts->ended_at, &sources);

	if (err)
		return fail(replaying, err == -EPROTO ? "an event is damaged" : strerror(-err));
	replaying->gatherer = gatherer__of_rows(&sources, facts, profile->tier, profile->target);
	err = replaying->gatherer ? gatherer__finish(replaying->gatherer, profile) : -ENOMEM;
	if (!err && replaying->end)
		err = story__tell(replaying->end, replaying->end_length, profile);
	if (!err)
		err = judge__profile(profile);
	return err ? fail(replaying, strerror(-err)) : 0;
}

int replaying__new(struct replaying **result, const struct replaying_options *options)
{
	struct replaying *replaying = calloc(1, sizeof(*replaying));
	int status;

	*result = replaying;
	if (!replaying) {
		complain("%s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	replaying->options = options;
	status = open_file(replaying);
	if (!status)
		status = read_all(replaying);
	if (!status)
		status = read_story(replaying);
	return status ? status : gather(replaying);
}

void replaying__free(struct replaying *replaying)
{
	if (!replaying)
		return;
	gatherer__free(replaying->gatherer);
	profile__free(replaying->profile);
	rebuild__free(replaying->rebuild);
	reader__free(replaying->reader);
	if (replaying->stream)
		fclose(replaying->stream);
	free(replaying->end);
	free(replaying);
}

const struct profile *replaying__profile(const struct replaying *replaying)
{
	return replaying->profile;
}

const struct rebuild_check *replaying__check(const struct replaying *replaying)
{
	return rebuild__check(replaying->rebuild);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/gather.h"
#include "commands/commands.h"
#include "commands/recording_file.h"
#include "commands/replaying.h"
#include "judge/judge.h"
#include "names/units.h"

struct replaying {
	const struct replaying_options *options;
	struct recording_file file;
	struct rebuild *rebuild;
	struct profile *profile;
	struct gatherer *gatherer;
	struct story story;
	char *end; /* the JSON of the end; NULL: the recording was cut */
	size_t end_length;
};

static int fail(const struct replaying *replaying, const char *why)
{
	return recording_file__fail(&replaying->file, why);
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

static int take(void *context, const struct reader_item *item)
{
	struct replaying *replaying = context;

	if (item->kind == READER_SUMMARY)
		return keep_end(replaying, item);
	return rebuild__take(replaying->rebuild, item);
}

static int read_all(struct replaying *replaying)
{
	replaying->rebuild = rebuild__new(replaying->options->from, replaying->options->to);
	if (!replaying->rebuild)
		return fail(replaying, strerror(ENOMEM));
	return recording_file__check(&replaying->file,
				     recording_file__read(&replaying->file, take, replaying));
}

/* Up to where there are events, if nobody wrote when it ended. */
static int read_story(struct replaying *replaying)
{
	struct story *story = &replaying->story;

	if (replaying->end && story__read_end(replaying->end, replaying->end_length, story))
		return fail(replaying, "has a damaged end");
	if (replaying->end && !replaying->options->quiet)
		recording_file__say_begin(&replaying->file, story);
	if (replaying->end)
		return 0;
	story->facts.ended_at = rebuild__last(replaying->rebuild) + 1;
	story->stream.lost = rebuild__lost(replaying->rebuild);
	recording_file__say_cut(&replaying->file);
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
	status = recording_file__open(&replaying->file, options->path);
	replaying->profile = replaying->file.head;
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
	recording_file__close(&replaying->file);
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

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/gather.h"
#include "commands/commands.h"
#include "commands/recording_file.h"
#include "commands/replaying.h"
#include "commands/replaying_stacks.h"
#include "judge/judge.h"
#include "names/units.h"

struct replaying {
	const struct replaying_options *options;
	struct recording_file file;
	struct rebuild *rebuild;
	struct rebuild_check check;
	struct stack_rows *stacks;
	struct profile *profile;
	struct gatherer *gatherer;
	struct story story;
	struct sources sources; /* what the rebuild made */
	struct recorder *recorder;
	struct distributions *distributions;
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
	if (item->kind == READER_STACKS)
		return stack_rows__take(replaying->stacks, item->bytes, item->length);
	return rebuild__take(replaying->rebuild, item);
}

/* Can it be in a recording, and in this part of this one? */
static int check_measuring(const struct replaying *replaying)
{
	const struct replaying_options *options = replaying->options;
	const struct measuring *measuring = options->measuring;

	if (!measuring)
		return 0;
	if (measuring->measure == MEASURE_ENQUEUE || measuring->measure == MEASURE_QUEUE)
		return fail(replaying, "no event says when a thread was put on a run queue");
	if (measuring->by == BY_CGROUP)
		return fail(replaying, "no event says in which cgroup a thread is");
	if (measuring->tier == TIER_FULL && replaying->profile->tier != TIER_FULL)
		return fail(replaying, "was recorded in the waits tier, without calls");
	if (measuring->source != SOURCE_SERIES && (options->from || options->to))
		return fail(replaying, "event loops and requests were counted for the whole only");
	return 0;
}

/* The rows of the end have them, which a recording that was cut does not have. */
static int check_rows(const struct replaying *replaying)
{
	const struct measuring *measuring = replaying->options->measuring;

	if (measuring && measuring->source != SOURCE_SERIES &&
	    (!replaying->end || replaying->story.before))
		return fail(replaying, "event loops and requests are not in one that was cut");
	return 0;
}

static int read_all(struct replaying *replaying)
{
	const struct measuring *measuring = replaying->options->measuring;
	int err;

	replaying->rebuild = rebuild__new(replaying->options->from, replaying->options->to);
	replaying->stacks = stack_rows__new();
	if (!replaying->rebuild || !replaying->stacks)
		return fail(replaying, strerror(ENOMEM));
	if (replaying->options->listener)
		rebuild__listen(replaying->rebuild, replaying->options->listener);
	if (measuring)
		rebuild__measure(replaying->rebuild,
				 &(struct rebuild_measure){.measure = measuring->measure,
							   .by = measuring__by(measuring),
							   .syscall = measuring->syscall,
							   .filter = replaying->options->filter});
	err = recording_file__read(&replaying->file, take, replaying);
	/* who listens knows why, and says so */
	return err == -ECANCELED ? EXIT_FAILED : recording_file__check(&replaying->file, err);
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

/* A command's window begins with its exec, whoever of its threads the report is about. */
static void keep_begin(struct trace_facts *facts, const struct sources *sources)
{
	const struct rows *rows = &sources->pools[POOL_THREADS];
	uint64_t first = 0;

	for (uint32_t i = 1; i <= rows->used; i++) {
		const struct thread_row *row = rows__at(rows, i);

		if (row->task && !(row->flags & THREAD_HELD) && row->ledger.start &&
		    (!first || row->ledger.start < first))
			first = row->ledger.start;
	}
	facts->attached_at = first ? first : facts->attached_at;
}

/* Returns the kind of target that tells where the window begins, or a negative errno. */
static int apply_filter(struct replaying *replaying, struct sources *sources)
{
	struct row_filter *filter = replaying->options->filter;
	enum target_kind target = replaying->profile->target;
	int err;

	if (!filter || !row_filter__selects(filter))
		return (int)target;
	err = row_filter__find_names(filter, sources);
	if (err)
		return err;
	if (target == TARGET_COMMAND)
		keep_begin(&replaying->story.facts, sources);
	return row_filter__apply(filter, sources) ? TARGET_ALL : -ESRCH;
}

/* The rows that hold what is measured, as distributions. */
static int measure(struct replaying *replaying)
{
	uint64_t begin = replaying->story.facts.ended_at - replaying->profile->window;

	replaying->recorder = recorder__of_rows(&replaying->sources, replaying->options->measuring,
						replaying__clock(replaying) + begin);
	if (replaying->recorder)
		replaying->distributions =
			recorder__finish(replaying->recorder, replaying->profile);
	return replaying->distributions ? 0 : -ENOMEM;
}

/* Kept for the whole only, like event loops. */
static int gather_stacks(struct replaying *replaying, bool part)
{
	const struct replaying_options *options = replaying->options;
	struct stacks *stacks = stack_rows__hand_over(replaying->stacks);

	replaying->check = *rebuild__check(replaying->rebuild);
	if (stacks && (part || !replaying->end)) {
		stacks__free(stacks);
		if (part && !options->quiet && !options->measuring && !options->listener)
			complain("%s: stacks are of all of the window only: this part has none",
				 options->path);
		return 0;
	}
	replaying->profile->stacks = stacks;
	return stacks ? replaying_stacks__settle(stacks, options, replaying->profile,
						 &replaying->check)
		      : 0;
}

static int gather(struct replaying *replaying)
{
	struct profile *profile = replaying->profile;
	struct trace_facts *facts = &replaying->story.facts;
	struct sources *sources = &replaying->sources;
	bool part = rebuild__part(replaying->rebuild, &facts->attached_at, &facts->ended_at);
	int err, target;

	err = rebuild__finish(replaying->rebuild, facts->ended_at, sources);
	if (err == -ECANCELED)
		return EXIT_FAILED;
	if (err)
		return fail(replaying, err == -EPROTO ? "an event is damaged" : strerror(-err));
	target = apply_filter(replaying, sources);
	if (target == -ESRCH)
		return fail(replaying, "no thread in it is of these");
	if (target < 0)
		return fail(replaying, strerror(-target));
	replaying->gatherer = gatherer__of_rows(sources, facts, profile->tier, target);
	err = replaying->gatherer ? gatherer__finish(replaying->gatherer, profile) : -ENOMEM;
	if (!err && replaying->end)
		err = story__tell(replaying->end, replaying->end_length, profile);
	if (!err)
		err = judge__profile(profile);
	if (!err)
		err = gather_stacks(replaying, part);
	if (!err && replaying->options->measuring)
		err = measure(replaying);
	if (!err && replaying->options->filter)
		row_filter__keep_classes(replaying->options->filter, profile);
	return err ? fail(replaying, strerror(-err)) : 0;
}

static int check_stacks(const struct replaying *replaying)
{
	const char *missing = replaying_stacks__missing(
		replaying->profile->stacks, replaying->options->stacks, replaying->end != NULL);

	return missing ? fail(replaying, missing) : 0;
}

static int read_and_gather(struct replaying *replaying)
{
	int status = recording_file__open(&replaying->file, replaying->options->path);

	replaying->profile = replaying->file.head;
	if (!status)
		status = check_measuring(replaying);
	if (!status)
		status = read_all(replaying);
	if (!status)
		status = read_story(replaying);
	if (!status)
		status = check_rows(replaying);
	if (!status)
		status = gather(replaying);
	return status ? status : check_stacks(replaying);
}

static int new_replaying(struct replaying **result, const struct replaying_options *options)
{
	*result = calloc(1, sizeof(**result));
	if (!*result) {
		complain("%s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	(*result)->options = options;
	return 0;
}

/* Ids are needed from the first event on: names become some in a reading before. */
static int find_names(const struct replaying_options *options)
{
	const struct replaying_options first = {
		.path = options->path, .filter = options->filter, .quiet = true};
	struct replaying *replaying;
	int status;

	if (!(options->measuring || options->listener) || !options->filter ||
	    !options->filter->name_count)
		return 0;
	status = new_replaying(&replaying, &first);
	if (!status)
		status = read_and_gather(replaying);
	replaying__free(replaying);
	return status;
}

int replaying__new(struct replaying **result, const struct replaying_options *options)
{
	int status = new_replaying(result, options);

	if (!status)
		status = find_names(options);
	return status ? status : read_and_gather(*result);
}

void replaying__free(struct replaying *replaying)
{
	if (!replaying)
		return;
	distributions__free(replaying->distributions);
	recorder__free(replaying->recorder);
	gatherer__free(replaying->gatherer);
	profile__free(replaying->profile);
	rebuild__free(replaying->rebuild);
	stack_rows__free(replaying->stacks);
	recording_file__close(&replaying->file);
	free(replaying->end);
	free(replaying);
}

const struct profile *replaying__profile(const struct replaying *replaying)
{
	return replaying->profile;
}

const struct rebuild *replaying__rebuild(const struct replaying *replaying)
{
	return replaying->rebuild;
}

const struct sources *replaying__sources(const struct replaying *replaying)
{
	return &replaying->sources;
}

const struct story *replaying__story(const struct replaying *replaying)
{
	return &replaying->story;
}

bool replaying__is_cut(const struct replaying *replaying)
{
	return !replaying->end;
}

uint64_t replaying__clock(const struct replaying *replaying)
{
	return story__clock(reader__head(replaying->file.reader));
}

const struct distributions *replaying__distributions(const struct replaying *replaying)
{
	return replaying->distributions;
}

const struct rebuild_check *replaying__check(const struct replaying *replaying)
{
	return &replaying->check;
}

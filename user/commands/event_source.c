// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/event_source.h"
#include "commands/recording_file.h"
#include "commands/tracing.h"

uint64_t option__buffer(const char *text, const struct argp_state *state)
{
	uint64_t size = option__size("--buffer", text, STREAM_BUFFER_LEAST, STREAM_BUFFER_MOST,
				     state),
		 power = STREAM_BUFFER_LEAST;

	while (power < size)
		power *= 2;
	return power;
}

enum {
	OPTION_FROM_FILE = 1024,
	OPTION_BUFFER,
};

static const struct argp_option table[] = {
	{"from-file", OPTION_FROM_FILE, "FILE", 0, "Of a recording, not of a live trace", 4},
	{"buffer", OPTION_BUFFER, "SIZE", 0, "Ring buffer of each CPU (default 8M)", 2},
	{0},
};

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct event_source_options *options = state->input;

	switch (key) {
	case OPTION_FROM_FILE:
		options->file = text;
		options->trace->needs_no_target = true;
		return 0;
	case OPTION_BUFFER:
		options->buffer = option__buffer(text, state);
		return 0;
	case ARGP_KEY_SUCCESS:
		if (options->file && options->trace->has_target)
			option__refuse(state, "--from-file: what was traced is in the recording");
		if (options->file && options->trace->duration)
			option__refuse(state, "--from-file and --duration cannot be combined");
		if (options->file && !output__spares(options->trace->output.path, options->file))
			option__refuse(state, "--output %s: is the recording itself",
				       options->trace->output.path);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp event_source_argp = {.options = table, .parser = parse};

/* --- live --------------------------------------------------------------------------------------
 */

struct live {
	const struct event_consumer *consumer;
	struct cast *cast;
	bool unread; /* nobody reads the results any more */
};

static int note(struct live *live, int err)
{
	live->unread |= err == -EPIPE;
	return err;
}

static int begin_live(void *context, const struct rows pools[POOLS], const struct profile *profile)
{
	struct live *live = context;

	live->cast = cast__new(pools);
	if (!live->cast)
		return -ENOMEM;
	return note(live, live->consumer->begin(live->consumer->context, live->cast, profile));
}

static int take_live(void *context, unsigned int cpu, const struct stream_event *event)
{
	struct live *live = context;

	return note(live, live->consumer->event(live->consumer->context, cpu, event));
}

static int step_live(void *context, uint64_t now)
{
	struct live *live = context;

	if (!live->consumer->step)
		return 0;
	return note(live, live->consumer->step(live->consumer->context, now));
}

static int finish_live(void *context, const struct sources *sources, const struct profile *profile,
		       const struct story *story)
{
	struct live *live = context;
	const struct event_end end = {
		.time = story->facts.ended_at, .stream = story->stream, .profile = profile};

	(void)sources;
	return note(live, live->consumer->finish(live->consumer->context, &end));
}

static int trace_it(struct trace_options *options, uint64_t buffer,
		    const struct event_consumer *consumer)
{
	struct live live = {.consumer = consumer};
	const struct event_taker taker = {.buffer = buffer,
					  .begin = begin_live,
					  .event = take_live,
					  .step = step_live,
					  .finish = finish_live,
					  .context = &live};
	struct tracing_options tracing_options = trace_options__tracing(options);
	const struct profile *profile;
	struct tracing *tracing;
	int status;

	tracing_options.events = &taker;
	status = tracing__new(&tracing, &tracing_options);
	if (!status)
		status = tracing__run(tracing, &profile);
	/* nobody reads: nothing to say to nobody, and no reason to wait for the command */
	if (live.unread)
		status = EXIT_DONE;
	else if (!status)
		status = tracing__conclude(tracing);
	tracing__free(tracing);
	cast__free(live.cast);
	return status;
}

/* --- from a file -------------------------------------------------------------------------------
 */

struct reading {
	const struct event_consumer *consumer;
	struct recording_file file;
	struct cast *cast;
	struct event_end end;
	uint64_t last, events, lost;
	bool ended; /* its end was read */
};

static int take_item(void *context, const struct reader_item *item)
{
	struct reading *reading = context;
	struct story story = {0};

	if (item->kind == READER_SUMMARY) {
		if (story__read_end(item->bytes, item->length, &story))
			return -EPROTO;
		reading->ended = true;
		reading->end.time = story.facts.ended_at;
		reading->end.stream = story.stream;
		recording_file__say_begin(&reading->file, &story);
		return 0;
	}
	if (item->kind != READER_EVENT)
		return cast__take(reading->cast, item);
	reading->events++;
	if (item->event.kind == STREAM_LOST)
		reading->lost += item->event.row;
	if (item->event.time > reading->last)
		reading->last = item->event.time;
	return reading->consumer->event(reading->consumer->context, item->cpu, &item->event);
}

/* Up to where there are events, if nobody wrote when it ended. */
static void tell_cut(struct reading *reading)
{
	recording_file__say_cut(&reading->file);
	reading->end.time = reading->last + 1;
	reading->end.stream =
		(struct stream_facts){.events = reading->events, .lost = reading->lost};
}

static int read_all(struct reading *reading)
{
	const struct event_consumer *consumer = reading->consumer;
	int err;

	reading->cast = cast__new(NULL);
	if (!reading->cast)
		return -ENOMEM;
	err = consumer->begin(consumer->context, reading->cast, reading->file.head);
	if (!err)
		err = recording_file__read(&reading->file, take_item, reading);
	if (err)
		return err;
	if (!reading->ended)
		tell_cut(reading);
	return consumer->finish(consumer->context, &reading->end);
}

int event_source__read(const char *path, const struct event_consumer *consumer)
{
	struct reading reading = {.consumer = consumer};
	int status = recording_file__open(&reading.file, path), err = 0;

	if (!status)
		err = read_all(&reading);
	if (err != -EPIPE)
		status = status ? status : recording_file__check(&reading.file, err);
	cast__free(reading.cast);
	profile__free(reading.file.head);
	recording_file__close(&reading.file);
	return status;
}

int event_source__run(const struct event_source_options *options,
		      const struct event_consumer *consumer)
{
	if (options->file)
		return event_source__read(options->file, consumer);
	return trace_it(options->trace, options->buffer, consumer);
}

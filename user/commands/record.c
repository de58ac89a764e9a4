// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* waitscope record: the whole timeline to a file. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/event_source.h"
#include "commands/options.h"
#include "commands/output.h"
#include "commands/tracing.h"
#include "names/units.h"
#include "recording/story.h"
#include "recording/writer.h"

#define DEFAULT_NAME "waitscope.rec"

static const char documentation[] =
	"Records every transition, syscall, waking and request to a file, for 'waitscope report'."
	"\v"
	"Examples:\n"
	"  waitscope record -o dd.rec -- dd if=/dev/zero of=/tmp/x bs=1M count=100 oflag=direct\n"
	"  waitscope record -n nginx -d 10s -o nginx.rec --buffer 32M\n"
	"\n"
	"The file is " DEFAULT_NAME
	" if -o names no other. It is there from the first second on: what is "
	"cut off (a full disk, a kill) reads up to the last whole frame. What a ring buffer had no "
	"room for is counted, and marked where it happened.";

enum { OPTION_BUFFER = 512 };

static const struct argp_option table[] = {
	{"buffer", OPTION_BUFFER, "SIZE", 0, "Ring buffer of each CPU (default 8M)", 2},
	{0},
};

struct record_options {
	struct trace_options trace;
	uint64_t buffer;
};

struct recording {
	struct output output;
	struct writer *writer;
	struct stream_facts stream;
};

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct record_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->trace;
		return 0;
	case OPTION_BUFFER:
		options->buffer = option__buffer(text, state);
		return 0;
	case ARGP_KEY_END:
		if (options->trace.json)
			option__refuse(state,
				       "--json: 'waitscope report --json FILE' makes it of a "
				       "recording");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static int begin(void *context, const struct rows pools[POOLS], const struct profile *profile)
{
	struct recording *recording = context;
	char *head = story__head(profile);
	int err = head ? writer__new(&recording->writer, recording->output.stream, head, pools)
		       : -ENOMEM;

	free(head);
	return err;
}

static int take(void *context, unsigned int cpu, const struct stream_event *event)
{
	return writer__event(((struct recording *)context)->writer, cpu, event);
}

static int step(void *context, uint64_t now)
{
	return writer__step(((struct recording *)context)->writer, now);
}

static int finish(void *context, const struct sources *sources, const struct profile *profile,
		  const struct story *story)
{
	struct recording *recording = context;
	char *end = story__end(profile, story);
	int err = end ? writer__finish(recording->writer, sources, end) : -ENOMEM;

	recording->stream = story->stream;
	free(end);
	return err;
}

static void say(const struct recording *recording, const struct profile *profile)
{
	const struct stream_facts *stream = &recording->stream;
	uint64_t bytes = writer__bytes(recording->writer);
	char events[UNITS_TEXT], time[UNITS_TEXT], size[UNITS_TEXT], lost[UNITS_TEXT];

	printf("waitscope: %s: %s events in %s, %s", recording->output.path,
	       units__count(stream->events, events), units__time(profile->window, time),
	       units__size(bytes, size));
	if (stream->events)
		printf(" (%.1f bytes each)", (double)bytes / (double)stream->events);
	if (stream->lost)
		printf("; %s LOST for want of room (--buffer)", units__count(stream->lost, lost));
	printf("\n  sudo waitscope report %s\n", recording->output.path);
}

static int record(const struct record_options *options, struct recording *recording,
		  struct tracing *tracing)
{
	const struct profile *profile;
	int status = tracing__run(tracing, &profile);

	if (status)
		return status;
	if (!options->trace.quiet)
		say(recording, profile);
	return tracing__conclude(tracing);
}

static int open_and_record(const struct record_options *options, struct recording *recording,
			   struct tracing *tracing)
{
	const char *path = options->trace.output ? options->trace.output : DEFAULT_NAME;
	int status, err = output__open_growing(&recording->output, path);

	if (err) {
		complain("%s: %s", path, strerror(-err));
		return EXIT_FAILED;
	}
	status = record(options, recording, tracing);
	writer__free(recording->writer);
	output__close(&recording->output);
	return status;
}

int command_record(int argc, char **argv)
{
	const struct argp_child children[] = {{&trace_argp, 0, NULL, 0}, {0}};
	const struct argp verb = {.options = table,
				  .parser = parse,
				  .args_doc = "[-- COMMAND [ARG...]]",
				  .doc = documentation,
				  .children = children};
	struct record_options options = {.buffer = STREAM_BUFFER_DEFAULT};
	struct recording recording = {0};
	const struct event_taker taker = {.begin = begin,
					  .event = take,
					  .step = step,
					  .finish = finish,
					  .context = &recording};
	struct event_taker events = taker;
	struct tracing_options tracing_options;
	struct tracing *tracing;
	int status;

	options__parse(&verb, argc, argv, &options);
	events.buffer = options.buffer;
	tracing_options = trace_options__tracing(&options.trace);
	tracing_options.events = &events;
	status = tracing__new(&tracing, &tracing_options);
	if (!status)
		status = open_and_record(&options, &recording, tracing);
	tracing__free(tracing);
	trace_options__clear(&options.trace);
	return status;
}

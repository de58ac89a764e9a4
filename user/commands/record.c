// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* waitscope record: the whole timeline to a file. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/event_source.h"
#include "commands/flight_recorder.h"
#include "commands/options.h"
#include "commands/output.h"
#include "commands/stack_options.h"
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
	"  waitscope record --stacks -n nginx -d 10s -o nginx.rec\n"
	"  waitscope record -n nginx --last 10s --trigger 'disk>50ms' --trigger 'stall>20ms'\n"
	"\n"
	"The file is " DEFAULT_NAME
	" if -o names no other. It is there from the first second on: what is "
	"cut off (a full disk, a kill) reads up to the last whole frame. What a ring buffer had no "
	"room for is counted, and marked where it happened.\n"
	"\n"
	"With --last nothing is written until there is a reason: the end (FILE), SIGUSR1 or a trigger "
	"(FILE.1, FILE.2 ...; it goes on). These are whole or not there.";

enum { OPTION_BUFFER = 512, OPTION_LAST, OPTION_LAST_SIZE, OPTION_TRIGGER, OPTION_FILES };

static const struct argp_option table[] = {
	{"buffer", OPTION_BUFFER, "SIZE", 0, "Ring buffer of each CPU (default 8M)", 2},
	{NULL, 0, NULL, 0, "A flight recorder:", 4},
	{"last", OPTION_LAST, "TIME", 0,
	 "Keep the last TIME in memory; write it at the end, at SIGUSR1, and when a trigger fires",
	 4},
	{"last-size", OPTION_LAST_SIZE, "SIZE", 0, "... and no more than SIZE (default 64M)", 4},
	{"trigger", OPTION_TRIGGER, "WHAT", 0,
	 "Write when WHAT is so: 'wait>TIME', 'CLASS>TIME' (disk>50ms), 'stall>TIME' (a handler of an "
	 "event loop), 'finding'; repeatable",
	 4},
	{"trigger-files", OPTION_FILES, "N", 0, "At most N files by triggers (default 10)", 4},
	{0},
};

struct record_options {
	struct trace_options trace;
	struct stack_options stacks;
	uint64_t buffer;
	struct flight_recorder_options flight;
};

struct recording {
	struct output output;
	struct writer *writer;
	struct stream_facts stream;
};

static void finish_options(struct record_options *options, const struct argp_state *state)
{
	const struct trigger_limits *limits = &options->flight.triggers;

	if (options->trace.output.json)
		option__refuse(state,
			       "--json: 'waitscope report --json FILE' makes it of a recording");
	if (options->flight.flight.last &&
	    (options->stacks.mode || options->stacks.sample_rate || options->stacks.wakers))
		option__refuse(state,
			       "--last and stacks cannot be combined: these are added up from "
			       "the begin on, and --last forgets it");
	if (!options->flight.flight.last && (limits->wait || limits->stall || limits->finding ||
					     options->flight.flight.most || options->flight.files))
		option__refuse(state, "--trigger and --last-size go with --last TIME");
}

static error_t parse_flight(int key, char *text, struct argp_state *state)
{
	struct flight_recorder_options *flight = &((struct record_options *)state->input)->flight;
	char reason[TRIGGER_REASON];

	switch (key) {
	case OPTION_LAST:
		flight->flight.last = option__time("--last", text, state);
		if (!flight->flight.last)
			option__refuse(state, "--last %s: that is nothing", text);
		return 0;
	case OPTION_LAST_SIZE:
		flight->flight.most = option__size("--last-size", text, FLIGHT_SIZE_LEAST,
						   FLIGHT_SIZE_MOST, state);
		return 0;
	case OPTION_TRIGGER:
		if (trigger__parse(&flight->triggers, text, reason))
			option__refuse(state, "--trigger %s: %s", text, reason);
		return 0;
	case OPTION_FILES:
		flight->files = option__count("--trigger-files", text, 1, 1000000, state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct record_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->trace;
		state->child_inputs[1] = state->child_inputs[2] = &options->stacks;
		return 0;
	case OPTION_BUFFER:
		options->buffer = option__buffer(text, state);
		return 0;
	case ARGP_KEY_END:
		finish_options(options, state);
		return 0;
	}
	return parse_flight(key, text, state);
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
	int err = end ? writer__finish(recording->writer, sources, profile->stacks, end) : -ENOMEM;

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

/* --- all of it, or the last ---------------------------------------------------------------------
 */

/* What to open before the run, and to complete behind it, for the events that `taker` takes. */
struct way {
	struct event_taker taker;
	int (*open)(const struct record_options *options, void *context);
	int (*conclude)(const struct record_options *options, void *context,
			const struct profile *profile);
};

static int open_whole(const struct record_options *options, void *context)
{
	struct recording *recording = context;
	int err = output__open_growing(&recording->output, options->flight.path);

	if (err)
		complain("%s: %s", options->flight.path, strerror(-err));
	return err ? EXIT_FAILED : 0;
}

static int conclude_whole(const struct record_options *options, void *context,
			  const struct profile *profile)
{
	stacks__say_hidden(profile->stacks);
	if (!options->trace.quiet)
		say(context, profile);
	return 0;
}

static int open_last(const struct record_options *options, void *context)
{
	(void)options;
	return flight_recorder__open(context);
}

static int conclude_last(const struct record_options *options, void *context,
			 const struct profile *profile)
{
	(void)options;
	(void)profile;
	return flight_recorder__conclude(context);
}

static int run(struct record_options *options, const struct way *way)
{
	struct tracing_options tracing_options = trace_options__tracing(&options->trace);
	struct event_taker taker = way->taker;
	const struct profile *profile;
	struct tracing *tracing;
	int status;

	taker.buffer = options->buffer;
	tracing_options.events = &taker;
	stack_options__tell(&options->stacks, &tracing_options);
	status = tracing__new(&tracing, &tracing_options);
	if (!status)
		status = way->open(options, taker.context);
	if (!status)
		status = tracing__run(tracing, &profile);
	if (!status)
		status = way->conclude(options, taker.context, profile);
	if (!status)
		status = tracing__conclude(tracing);
	tracing__free(tracing);
	return status;
}

static int record_whole(struct record_options *options)
{
	struct recording recording = {0};
	const struct way way = {.taker = {.begin = begin,
					  .event = take,
					  .step = step,
					  .finish = finish,
					  .context = &recording},
				.open = open_whole,
				.conclude = conclude_whole};
	int status = run(options, &way);

	writer__free(recording.writer);
	output__close(&recording.output);
	return status;
}

static int record_last(struct record_options *options)
{
	struct flight_recorder *recorder = flight_recorder__new(&options->flight);
	struct way way = {.open = open_last, .conclude = conclude_last};
	int status;

	if (!recorder) {
		complain("%s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	way.taker = flight_recorder__taker(recorder);
	status = run(options, &way);
	flight_recorder__free(recorder);
	return status;
}

int command_record(int argc, char **argv)
{
	const struct argp_child children[] = {{&trace_argp, 0, NULL, 0},
					      {&stacks_argp, 0, NULL, 0},
					      {&stack_taking_argp, 0, NULL, 0},
					      {0}};
	const struct argp verb = {.options = table,
				  .parser = parse,
				  .args_doc = "[-- COMMAND [ARG...]]",
				  .doc = documentation,
				  .children = children};
	struct record_options options = {.buffer = STREAM_BUFFER_DEFAULT};
	struct flight_recorder_options *flight = &options.flight;
	int status;

	options__parse(&verb, argc, argv, &options);
	flight->path = options.trace.output.path ? options.trace.output.path : DEFAULT_NAME;
	flight->quiet = options.trace.quiet;
	if (!flight->flight.most)
		flight->flight.most = FLIGHT_SIZE_DEFAULT;
	if (!flight->files)
		flight->files = FLIGHT_FILES;
	status = flight->flight.last ? record_last(&options) : record_whole(&options);
	trace_options__clear(&options.trace);
	return status;
}

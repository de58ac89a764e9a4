// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands/commands.h"
#include "commands/flight_recorder.h"
#include "commands/output.h"
#include "commands/replaying.h"
#include "names/units.h"
#include "recording/story.h"

/* Of a process that looked for findings and had none: it left no file. */
#define EXIT_NOTHING 4

struct flight_recorder {
	const struct flight_recorder_options *options;
	struct output output; /* of the end */
	struct flight *flight;
	struct triggers *triggers; /* NULL: none that look at events */
	char *head;
	struct flight_extent extent; /* of the end */
	pid_t writer;		     /* the process that writes; 0: none */
	unsigned int number;	     /* of the last file on the way */
	uint64_t fired;		     /* files that triggers made */
	uint64_t looked;	     /* instant of the last file of a trigger, or of the begin */
	bool asked;		     /* SIGUSR1 came */
};

struct flight_recorder *flight_recorder__new(const struct flight_recorder_options *options)
{
	struct flight_recorder *recorder = calloc(1, sizeof(*recorder));

	if (recorder)
		recorder->options = options;
	return recorder;
}

int flight_recorder__open(struct flight_recorder *recorder)
{
	return output__begin(&recorder->output, recorder->options->path);
}

void flight_recorder__free(struct flight_recorder *recorder)
{
	if (!recorder)
		return;
	if (recorder->writer)
		waitpid(recorder->writer, NULL, 0);
	triggers__free(recorder->triggers);
	flight__free(recorder->flight);
	output__close(&recorder->output);
	free(recorder->head);
	free(recorder);
}

/* --- what is written ---------------------------------------------------------------------------
 */

static void say(const struct flight_recorder *recorder, const char *path,
		const struct flight_extent *extent, const char *reason)
{
	char events[UNITS_TEXT], time[UNITS_TEXT], size[UNITS_TEXT];

	if (recorder->options->quiet)
		return;
	printf("waitscope: %s: %s%s: %s events, %s%s%s\n", path, extent->cut ? "the last " : "all ",
	       units__time(extent->end - extent->begin, time), units__count(extent->events, events),
	       units__size(extent->bytes, size), reason ? ": " : "", reason ? reason : "");
	if (extent->limited)
		printf("  for more there was no room (--last-size)\n");
	fflush(stdout);
}

/* How many findings are there in what was written to that descriptor? */
static size_t count_findings(int fd)
{
	char path[32];
	const struct replaying_options options = {.path = path, .quiet = true};
	struct replaying *replaying;
	size_t count = 0;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!replaying__new(&replaying, &options))
		count = replaying__profile(replaying)->finding_count;
	replaying__free(replaying);
	return count;
}

/* In a process of its own. `reason` NULL: it is to look for findings, and they are the reason. */
static int write_on_the_way(struct flight_recorder *recorder, const struct story *story,
			    const char *path, const char *reason)
{
	const struct profile nothing = {0};
	struct flight_extent extent;
	char found[48] = "", count_text[UNITS_TEXT];
	struct output output = {0};
	int status = output__begin(&output, path), err;
	size_t count;

	if (status)
		return status;
	errno = 0;
	err = flight__write(recorder->flight, output.stream, recorder->head, NULL, &nothing, story,
			    &extent);
	if (!err && !reason) {
		count = fflush(output.stream) ? 0 : count_findings(fileno(output.stream));
		if (!count) {
			output__close(&output);
			return EXIT_NOTHING;
		}
		snprintf(found, sizeof(found), "%s finding%s", units__count(count, count_text),
			 count == 1 ? "" : "s");
	}
	status = output__conclude(&output, err);
	output__close(&output);
	if (!status)
		say(recorder, path, &extent, reason ? reason : found);
	return status;
}

static int start_writer(struct flight_recorder *recorder, const struct story *story,
			const char *reason)
{
	char *path;

	if (asprintf(&path, "%s.%u", recorder->options->path, recorder->number + 1) < 0)
		return -ENOMEM;
	fflush(stdout);
	recorder->writer = fork();
	if (recorder->writer == 0) {
		if (!reason && nice(19) < 0)
			reason = NULL; /* then it looks as fast as everybody */
		_exit(write_on_the_way(recorder, story, path, reason));
	}
	free(path);
	if (recorder->writer < 0) {
		recorder->writer = 0;
		return -errno;
	}
	recorder->number++;
	return 0;
}

/* It left no file: the next one has its number. */
static void note_writer(struct flight_recorder *recorder, int raw)
{
	bool nothing = WIFEXITED(raw) && WEXITSTATUS(raw) == EXIT_NOTHING;

	recorder->writer = 0;
	if (!WIFEXITED(raw) || WEXITSTATUS(raw)) {
		recorder->number--;
		recorder->fired -= nothing;
	}
}

/* --- the events of a run -----------------------------------------------------------------------
 */

static int begin(void *context, const struct rows pools[POOLS], const struct profile *profile)
{
	struct flight_recorder *recorder = context;
	const struct trigger_limits *limits = &recorder->options->triggers;
	int err;

	recorder->head = story__head(profile);
	err = recorder->head ? flight__new(&recorder->flight, &recorder->options->flight, pools)
			     : -ENOMEM;
	if (err || !(limits->wait || limits->stall))
		return err;
	recorder->triggers = triggers__new(limits, pools);
	return recorder->triggers ? 0 : -ENOMEM;
}

static int take(void *context, unsigned int cpu, const struct stream_event *event)
{
	struct flight_recorder *recorder = context;
	int err = flight__event(recorder->flight, cpu, event);

	if (!err && recorder->triggers)
		err = triggers__event(recorder->triggers, cpu, event);
	return err;
}

/* Is there a reason to write, and nobody who writes? */
static bool wants_to_write(struct flight_recorder *recorder, uint64_t now)
{
	const struct flight_recorder_options *options = recorder->options;
	bool due = now >= recorder->looked + options->flight.last;

	if (recorder->asked)
		return true;
	if (recorder->fired >= options->files)
		return false;
	if (recorder->triggers && triggers__fired(recorder->triggers, now)) {
		if (due || !recorder->fired)
			return true;
		/* most of what is kept is in the last file already */
		triggers__forget(recorder->triggers);
	}
	return options->triggers.finding && due;
}

static int step(void *context, uint64_t now)
{
	struct flight_recorder *recorder = context;
	int err = flight__step(recorder->flight, now), raw;

	if (err)
		return err;
	if (!recorder->looked)
		recorder->looked = now;
	if (recorder->writer && waitpid(recorder->writer, &raw, WNOHANG) == recorder->writer)
		note_writer(recorder, raw);
	return !recorder->writer && wants_to_write(recorder, now) ? TAKER_WANTS_STORY : 0;
}

static int look(void *context, const struct story *story, bool asked)
{
	struct flight_recorder *recorder = context;
	const char *fired = NULL;
	int err;

	recorder->asked |= asked;
	if (recorder->writer)
		return 0; /* it is asked again when that one is done */
	if (recorder->triggers)
		fired = triggers__fired(recorder->triggers, story->facts.ended_at);
	err = start_writer(recorder, story, recorder->asked ? "SIGUSR1" : fired);
	if (!recorder->asked || fired) {
		recorder->fired++;
		recorder->looked = story->facts.ended_at;
	}
	recorder->asked = false;
	if (fired)
		triggers__forget(recorder->triggers);
	if (err)
		complain("%s.%u: cannot be written: %s", recorder->options->path,
			 recorder->number + 1, strerror(-err));
	return 0;
}

static int finish(void *context, const struct sources *sources, const struct profile *profile,
		  const struct story *story)
{
	struct flight_recorder *recorder = context;

	errno = 0;
	return flight__write(recorder->flight, recorder->output.stream, recorder->head, sources,
			     profile, story, &recorder->extent);
}

struct event_taker flight_recorder__taker(struct flight_recorder *recorder)
{
	return (struct event_taker){.begin = begin,
				    .event = take,
				    .step = step,
				    .look = look,
				    .finish = finish,
				    .context = recorder};
}

int flight_recorder__conclude(struct flight_recorder *recorder)
{
	int status = output__conclude(&recorder->output, 0);

	if (!status)
		say(recorder, recorder->options->path, &recorder->extent, NULL);
	return status;
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "collect/command.h"
#include "collect/gather.h"
#include "collect/gather_rows.h"
#include "collect/memory.h"
#include "collect/open_files.h"
#include "collect/preflight.h"
#include "collect/session.h"
#include "collect/stacks.h"
#include "commands/commands.h"
#include "commands/tracing.h"
#include "judge/judge.h"
#include "names/units.h"

struct tracing {
	const struct tracing_options *options;
	struct preflight preflight;
	struct session *session;
	struct gatherer *gatherer;
	struct stack_collector *stacks; /* NULL: none */
	struct memory *memory;
	struct recorder *recorder; /* NULL: nothing is measured */
	struct distributions *distributions;
	struct stream *stream; /* NULL: there is none */
	int stream_error;      /* why events are not taken any more */
	struct open_files open_files;
	struct command command;
	struct watch watch;
	enum watch_end end;
	struct profile *profile;
	uint64_t started;      /* CLOCK_MONOTONIC ns */
	uint64_t cpu_before;   /* our own CPU time at attach, ns */
	unsigned int progress; /* seconds that the progress line shows; 0: there is none */
};

static uint64_t own_cpu(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static bool has_command(const struct tracing *tracing)
{
	return tracing->options->target->kind == TARGET_COMMAND;
}

static int check(struct tracing *tracing)
{
	const struct tracing_options *options = tracing->options;
	const char *obstacle;
	char message[256];

	if (target__check(options->target, message, sizeof(message))) {
		complain("%s", message);
		return EXIT_FAILED;
	}
	preflight__look(&tracing->preflight);
	obstacle = preflight__obstacle(&tracing->preflight, options->tier == TIER_FULL);
	if (obstacle) {
		complain("%s", obstacle);
		return EXIT_FAILED;
	}
	return 0;
}

int tracing__new(struct tracing **tracing, const struct tracing_options *options)
{
	*tracing = calloc(1, sizeof(**tracing));
	if (!*tracing) {
		complain("%s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	**tracing = (struct tracing){
		.options = options,
		.command = {.pidfd = -1, .release_fd = -1, .error_fd = -1},
		.watch = {.signal_fd = -1, .event_fd = -1},
		.started = session__now(),
	};
	open_files__raise(&(*tracing)->open_files);
	return check(*tracing);
}

static void fill_target(struct profile *profile, const struct tracing_options *options)
{
	const struct target *target = options->target;

	profile->tier = options->tier;
	profile->target = target->kind;
	profile->command = target->command;
	profile->pids = target->ids;
	profile->pid_count = target->id_count;
	profile->target_text = target->text;
}

static int begin_stream(struct tracing *tracing)
{
	const struct event_taker *events = tracing->options->events;
	struct profile profile = {.cpus = (int)sysconf(_SC_NPROCESSORS_ONLN)};
	struct rows pools[POOLS];
	struct utsname name;
	int err = stream__new(&tracing->stream, tracing->session, events->buffer);

	if (err) {
		complain("cannot make ring buffers: %s", strerror(-err));
		return EXIT_FAILED;
	}
	tracing->watch.event_fd = stream__fd(tracing->stream);
	fill_target(&profile, tracing->options);
	profile.kernel = uname(&name) ? NULL : name.release;
	for (int i = 0; i < POOLS && !err; i++)
		err = session__rows(tracing->session, i, &pools[i]);
	if (!err)
		err = events->begin(events->context, pools, &profile);
	if (err)
		complain("cannot write: %s", strerror(-err));
	return err ? EXIT_FAILED : 0;
}

static int prepare(struct tracing *tracing)
{
	const struct tracing_options *options = tracing->options;
	struct session_options session_options = {
		.tier = options->tier,
		.target = options->target,
		.map_entries = options->map_entries,
		.debug = options->verbose,
		.stack_mode = options->stack_mode,
		.sample_rate = options->sample_rate,
		.stream = options->events != NULL,
	};
	char message[512];
	int err;

	if (options->measuring) {
		session_options.bare_rows = true;
		session_options.no_requests = options->measuring->source == SOURCE_SERIES;
		session_options.measure = options->measuring->measure;
		session_options.measure_by = measuring__by(options->measuring);
		session_options.measure_syscall = options->measuring->syscall;
	}
	err = watch__open(&tracing->watch, options->target,
			  options->events && options->events->look);
	if (err) {
		complain("%s", err == -ESRCH ? "the process ended before it could be traced"
					     : strerror(-err));
		return EXIT_FAILED;
	}
	err = session__new(&tracing->session, &session_options, &tracing->preflight, message,
			   sizeof(message));
	if (err) {
		complain("%s", message);
		return EXIT_FAILED;
	}
	if (options->events && begin_stream(tracing))
		return EXIT_FAILED;
	tracing->gatherer = gatherer__new(tracing->session, options->tier, options->target->kind);
	tracing->memory = memory__new(tracing->session);
	if (options->stack_mode)
		tracing->stacks = stack_collector__new(tracing->session, &session_options);
	if (options->measuring)
		tracing->recorder = recorder__new(tracing->session, options->measuring);
	if (!tracing->gatherer || !tracing->memory || (options->measuring && !tracing->recorder) ||
	    (options->stack_mode && !tracing->stacks)) {
		complain("%s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	gatherer__collect_stacks(tracing->gatherer, tracing->stacks);
	return 0;
}

static int spawn_command(struct tracing *tracing)
{
	const struct tracing_options *options = tracing->options;
	int err =
		command__spawn(&tracing->command, options->target->command, options->command_stdout,
			       options->command_stderr, &tracing->open_files);

	if (!err)
		return 0;
	complain("cannot start the command: %s", strerror(-err));
	return EXIT_FAILED;
}

static int start_command(struct tracing *tracing)
{
	int err = command__release(&tracing->command);

	if (!err)
		return 0;
	complain("%s: %s", tracing->options->target->command[0], strerror(-err));
	return command__exec_status(err);
}

static void follow_mappings(struct tracing *tracing)
{
	int err = tracing->stacks ? stack_collector__begin(tracing->stacks) : 0;

	if (err)
		complain("functions of processes that end on the way will have no names: %s",
			 strerror(-err));
}

static int attach(struct tracing *tracing)
{
	const struct tracing_options *options = tracing->options;
	char message[256];
	int err;

	if (has_command(tracing) && spawn_command(tracing))
		return EXIT_FAILED;
	err = session__attach(tracing->session, has_command(tracing) ? tracing->command.pid : 0,
			      message, sizeof(message));
	if (err) {
		complain("%s", message);
		return EXIT_FAILED;
	}
	if (session__posix_aio_error(tracing->session))
		complain("POSIX AIO is not followed: %s",
			 strerror(-session__posix_aio_error(tracing->session)));
	follow_mappings(tracing);
	tracing->cpu_before = own_cpu();
	if (options->verbose)
		complain("attached after %llu ms",
			 (unsigned long long)(session__attached_at(tracing->session) -
					      tracing->started) /
				 1000000);
	if (options->target->id_count && !session__matched(tracing->session)) {
		complain("the %s ended before it could be traced",
			 options->target->kind == TARGET_TID ? "thread" : "process");
		return EXIT_FAILED;
	}
	return has_command(tracing) ? start_command(tracing) : 0;
}

#define PROGRESS_AFTER 2 /* seconds */

static void show_progress(struct tracing *tracing, unsigned int seconds)
{
	char thread_text[UNITS_TEXT], wait_text[UNITS_TEXT];
	uint64_t threads, waits;

	if (tracing->options->quiet || seconds < PROGRESS_AFTER || seconds == tracing->progress ||
	    !isatty(STDERR_FILENO))
		return;
	session__progress(tracing->session, &threads, &waits);
	fprintf(stderr, "\rtracing for %u s: %s threads, %s waits (Ctrl-C ends it)\033[K", seconds,
		units__count(threads, thread_text), units__count(waits, wait_text));
	fflush(stderr);
	tracing->progress = seconds;
}

/* Often enough that a burst of short-lived processes does not use up the rows in between. */
#define TICK_MS 100

static int sooner(int wanted, int at_latest)
{
	return wanted < at_latest ? wanted : at_latest;
}

static bool may_reap(const struct tracing *tracing)
{
	const struct measuring *measuring = tracing->options->measuring;

	return !measuring || !measuring__needs_rows(measuring);
}

/* The threads that have ended are taken over; before, what is named by them gets its name. */
static void reap(struct tracing *tracing)
{
	if (!may_reap(tracing) || !session__runs_low(tracing->session))
		return;
	if (tracing->recorder && recorder__learn_names(tracing->recorder))
		return;
	gatherer__reap(tracing->gatherer,
		       tracing->stream ? stream__until(tracing->stream) : UINT64_MAX);
}

static void show_latest(struct tracing *tracing)
{
	struct distributions *latest;

	if (!tracing->options->on_interval)
		return;
	latest = recorder__latest(tracing->recorder);
	if (latest)
		tracing->options->on_interval(tracing->options->context, latest);
	distributions__free(latest);
}

/* Ends an interval when its time has come. Returns the milliseconds until the next. */
static int step_measuring(struct tracing *tracing, uint64_t elapsed)
{
	const struct tracing_options *options = tracing->options;
	uint64_t due;

	if (!options->measuring || !options->measuring->interval)
		return TICK_MS;
	due = recorder__due(tracing->recorder);
	if (elapsed < due)
		return due - elapsed > 1000000000 ? TICK_MS
						  : (int)((due - elapsed + 999999) / 1000000);
	if (!recorder__take(tracing->recorder, elapsed))
		show_latest(tracing);
	return 1;
}

/* When its ring buffers are drained at the latest, if they did not ask for it. */
#define DRAIN_MS 50

static void tell_stream(const struct tracing *tracing, struct story *story)
{
	session__facts(tracing->session, &story->facts);
	story->stream = (struct stream_facts){
		.events = stream__events(tracing->stream),
		.late = stream__late(tracing->stream),
		.lost = session__stream_lost(tracing->session),
	};
}

static void step_stream(struct tracing *tracing, bool all)
{
	const struct event_taker *events = tracing->options->events;
	/* what is kept is counted back from the end of the window, not from the closing census on
	 */
	uint64_t until = all ? session__ended_at(tracing->session) : stream__until(tracing->stream);
	bool asked = watch__was_asked(&tracing->watch);
	int wants = events->step(events->context, until);
	struct story story = {0};

	tracing->stream_error = wants < 0 ? wants : 0;
	if (all || wants < 0 || !events->look || (wants != TAKER_WANTS_STORY && !asked))
		return;
	tell_stream(tracing, &story);
	story.facts.ended_at = until;
	tracing->stream_error = events->look(events->context, &story, asked);
}

static int drain(struct tracing *tracing, bool all)
{
	const struct event_taker *events = tracing->options->events;

	if (!tracing->stream || tracing->stream_error)
		return TICK_MS;
	tracing->stream_error = stream__drain(tracing->stream, all, events->event, events->context);
	if (!tracing->stream_error && events->step)
		step_stream(tracing, all);
	return DRAIN_MS;
}

/* What has to be looked at while the target runs. Each may ask to be called again sooner. */
static int tick(void *context, uint64_t elapsed)
{
	struct tracing *tracing = context;
	int wanted = TICK_MS;

	show_progress(tracing, elapsed / 1000000000);
	/* before rows are given to others: events may name them */
	wanted = sooner(drain(tracing, false), wanted);
	/* what it cannot take stays, and is counted as lost */
	reap(tracing);
	session__step(tracing->session, session__now());
	stack_collector__step(tracing->stacks);
	memory__step(tracing->memory, session__now());
	wanted = sooner(step_measuring(tracing, elapsed), wanted);
	return wanted;
}

static void end_progress(struct tracing *tracing)
{
	if (tracing->progress)
		fputs("\r\033[K", stderr);
}

static void watch(struct tracing *tracing)
{
	tracing->end = watch__wait(&tracing->watch, has_command(tracing) ? &tracing->command : NULL,
				   tracing->options->duration, tick, tracing);
	end_progress(tracing);
}

static void stop(struct tracing *tracing)
{
	int err = session__stop(tracing->session);

	drain(tracing, true);
	memory__look(tracing->memory);
	stack_collector__look(tracing->stacks);
	watch__let_go(&tracing->watch);
	if (err)
		complain("the closing census failed: %s", strerror(-err));
}

static void fill_head(struct tracing *tracing)
{
	struct profile *profile = tracing->profile;

	fill_target(profile, tracing->options);
	profile->has_exit_status = tracing->watch.has_status;
	profile->exit_status = tracing->watch.status;
	profile->audit.tool_cpu = own_cpu() - tracing->cpu_before;
	profile->audit.programs_known = true;
	profile->audit.programs = session__program_time(tracing->session);
}

/* The last interval is over as well then. */
static int finish_measuring(struct tracing *tracing)
{
	tracing->distributions = recorder__finish(tracing->recorder, tracing->profile);
	if (!tracing->distributions)
		return -ENOMEM;
	if (tracing->options->measuring->interval)
		show_latest(tracing);
	return 0;
}

/* From rows to the finished profile, verdicts included. */
static int gather(struct tracing *tracing)
{
	int err = -ENOMEM;

	tracing->profile = calloc(1, sizeof(*tracing->profile));
	if (tracing->profile) {
		fill_head(tracing);
		err = gatherer__finish(tracing->gatherer, tracing->profile);
	}
	if (!err) {
		memory__tell(tracing->memory, tracing->profile,
			     session__kernel_stack(tracing->session));
		err = judge__profile(tracing->profile);
	}
	if (!err && tracing->stacks)
		err = stack_collector__finish(tracing->stacks, tracing->profile,
					      &tracing->profile->stacks);
	if (!err && tracing->recorder)
		err = finish_measuring(tracing);
	if (err)
		complain("cannot read what was traced: %s", strerror(-err));
	return err ? EXIT_FAILED : 0;
}

static int finish_stream(struct tracing *tracing)
{
	const struct event_taker *events = tracing->options->events;
	struct sources sources = {0};
	struct story story = {0};
	int err = tracing->stream_error;

	if (!err)
		err = sources__open(&sources, tracing->session);
	tell_stream(tracing, &story);
	if (!err)
		err = events->finish(events->context, &sources, tracing->profile, &story);
	sources__close(&sources);
	if (err && err != -EPIPE)
		complain("the events could not be taken: %s", strerror(-err));
	return err ? EXIT_FAILED : 0;
}

int tracing__run(struct tracing *tracing, const struct profile **profile)
{
	int status = prepare(tracing);

	if (!status)
		status = attach(tracing);
	if (status)
		return status;
	watch(tracing);
	stop(tracing);
	status = gather(tracing);
	if (!status && tracing->stream)
		status = finish_stream(tracing);
	*profile = tracing->profile;
	return status;
}

const struct distributions *tracing__distributions(const struct tracing *tracing)
{
	return tracing->distributions;
}

enum watch_end tracing__end(const struct tracing *tracing)
{
	return tracing->end;
}

static int await_command(struct tracing *tracing)
{
	pid_t pid = tracing->command.pid;
	int raw;

	if (pid <= 0 || waitpid(pid, &raw, 0) != pid)
		return EXIT_FAILED;
	tracing->command.pid = 0;
	return WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
}

int tracing__conclude(struct tracing *tracing)
{
	if (!has_command(tracing))
		return EXIT_DONE;
	if (tracing->watch.has_status)
		return tracing->watch.status;
	if (tracing->end == WATCH_SIGNAL)
		return 128 + tracing->watch.signal;
	return await_command(tracing);
}

void tracing__kill_command(struct tracing *tracing)
{
	if (tracing->command.pid <= 0)
		return;
	kill(tracing->command.pid, SIGKILL); /* not reaped yet, so the number is still its own */
	await_command(tracing);
}

/* What the target lent to the profile stays the target's. */
static void free_profile(struct profile *profile)
{
	if (!profile)
		return;
	profile->command = NULL;
	profile->pids = NULL;
	profile->target_text = NULL;
	profile__free(profile);
}

void tracing__free(struct tracing *tracing)
{
	if (!tracing)
		return;
	distributions__free(tracing->distributions);
	recorder__free(tracing->recorder);
	free_profile(tracing->profile);
	gatherer__free(tracing->gatherer);
	stack_collector__free(tracing->stacks);
	memory__free(tracing->memory);
	stream__free(tracing->stream);
	session__free(tracing->session);
	command__close(&tracing->command);
	watch__close(&tracing->watch);
	open_files__put_back(&tracing->open_files);
	free(tracing);
}

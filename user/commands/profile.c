// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* waitscope profile: where every thread's time goes. */
#define _GNU_SOURCE
#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "collect/command.h"
#include "collect/gather.h"
#include "collect/memory.h"
#include "collect/overhead.h"
#include "collect/preflight.h"
#include "collect/session.h"
#include "collect/watch.h"
#include "commands/commands.h"
#include "commands/options.h"
#include "commands/output.h"
#include "names/units.h"
#include "render/render.h"

static const char documentation[] =
	"Where every thread's time goes: running, runnable, preempted, blocked (on what, in which "
	"call, ended by whom), idle."
	"\v"
	"Examples:\n"
	"  waitscope profile -- dd if=/dev/zero of=/tmp/x bs=1M count=100 oflag=direct\n"
	"  waitscope profile -p 4711 -d 10s\n"
	"  waitscope profile -n nginx --tier waits -d 1m --json -o nginx.json\n"
	"\n"
	"Times take units (250us, 1.5ms, 2s), sizes too (64K, 1M). With a command, its exit status "
	"is passed on; else 0 done, 1 failed, 2 wrong usage.";

struct run {
	struct trace_options options;
	struct preflight preflight;
	struct session *session;
	struct gatherer *gatherer;
	struct memory *memory;
	struct command command;
	struct watch watch;
	struct output output;
	struct profile *profile;
	uint64_t started;    /* CLOCK_MONOTONIC ns */
	uint64_t cpu_before; /* our own CPU time at attach, ns */
	struct overhead overhead;
	uint64_t programs; /* ns that our programs ran */
	bool programs_known;
	unsigned int progress; /* seconds that the progress line shows; 0: there is none */
};

static uint64_t own_cpu(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Everything that can be refused before anything is loaded. Returns 0 or an exit status. */
static int check(struct run *run)
{
	const char *obstacle;
	char message[256];
	int err;

	err = target__check(&run->options.target, message, sizeof(message));
	if (err) {
		complain("%s", message);
		return EXIT_FAILED;
	}
	preflight__look(&run->preflight);
	obstacle = preflight__obstacle(&run->preflight, run->options.tier == TIER_FULL);
	if (obstacle) {
		complain("%s", obstacle);
		return EXIT_FAILED;
	}
	return 0;
}

static int prepare(struct run *run)
{
	struct session_options options = {
		.tier = run->options.tier,
		.target = &run->options.target,
		.map_entries = run->options.map_entries,
		.debug = run->options.verbose,
	};
	char message[512];
	int err;

	err = output__open(&run->output, run->options.output);
	if (err) {
		complain("%s: %s", run->options.output, strerror(-err));
		return EXIT_FAILED;
	}
	err = watch__open(&run->watch, &run->options.target);
	if (err) {
		complain("%s", err == -ESRCH ? "the process ended before it could be traced"
					     : strerror(-err));
		return EXIT_FAILED;
	}
	err = session__new(&run->session, &options, &run->preflight, message, sizeof(message));
	if (err) {
		complain("%s", message);
		return EXIT_FAILED;
	}
	run->gatherer = gatherer__new(run->session, run->options.tier, run->options.target.kind);
	run->memory = memory__new(run->session);
	if (!run->gatherer || !run->memory) {
		complain("%s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	return 0;
}

static int start_command(struct run *run)
{
	int err = command__release(&run->command);

	if (!err)
		return 0;
	complain("%s: %s", run->options.target.command[0], strerror(-err));
	return command__exec_status(err);
}

static int attach(struct run *run)
{
	bool has_command = run->options.target.kind == TARGET_COMMAND;
	char message[256];
	int err;

	if (has_command) {
		err = command__spawn(&run->command, run->options.target.command);
		if (err) {
			complain("cannot start the command: %s", strerror(-err));
			return EXIT_FAILED;
		}
	}
	err = session__attach(run->session, has_command ? run->command.pid : 0, message,
			      sizeof(message));
	if (err) {
		complain("%s", message);
		return EXIT_FAILED;
	}
	run->cpu_before = own_cpu();
	overhead__begin(&run->overhead, run->session, session__now());
	if (run->options.verbose)
		complain("attached after %llu ms",
			 (unsigned long long)(session__attached_at(run->session) - run->started) /
				 1000000);
	if (run->options.target.id_count && !session__matched(run->session)) {
		complain("the %s ended before it could be traced",
			 run->options.target.kind == TARGET_TID ? "thread" : "process");
		return EXIT_FAILED;
	}
	return has_command ? start_command(run) : 0;
}

#define PROGRESS_AFTER 2 /* seconds */

static void show_progress(struct run *run, unsigned int seconds)
{
	char thread_text[UNITS_TEXT], wait_text[UNITS_TEXT];
	uint64_t threads, waits;

	if (run->options.quiet || seconds < PROGRESS_AFTER || seconds == run->progress ||
	    !isatty(STDERR_FILENO))
		return;
	session__progress(run->session, &threads, &waits);
	fprintf(stderr, "\rtracing for %u s: %s threads, %s waits (Ctrl-C ends it)\033[K", seconds,
		units__count(threads, thread_text), units__count(waits, wait_text));
	fflush(stderr);
	run->progress = seconds;
}

/* Often enough that a burst of short-lived processes does not use up the rows in between. */
#define TICK_MS 100

static int tick(void *context, uint64_t elapsed)
{
	struct run *run = context;
	int wanted;

	show_progress(run, elapsed / 1000000000);
	/* what it cannot take stays, and is counted as lost */
	if (session__runs_low(run->session))
		gatherer__reap(run->gatherer);
	session__step(run->session, session__now());
	memory__step(run->memory, session__now());
	wanted = overhead__step(&run->overhead, session__now());
	return wanted < TICK_MS ? wanted : TICK_MS;
}

static void end_progress(struct run *run)
{
	if (run->progress)
		fputs("\r\033[K", stderr);
}

static void fill_head(struct run *run)
{
	struct profile *profile = run->profile;
	struct target *target = &run->options.target;

	profile->tier = run->options.tier;
	profile->target = target->kind;
	profile->command = target->command;
	profile->pids = target->ids;
	profile->pid_count = target->id_count;
	profile->target_text = target->text;
	profile->has_exit_status = run->watch.has_status;
	profile->exit_status = run->watch.status;
	profile->audit.tool_cpu = own_cpu() - run->cpu_before;
	profile->audit.programs_known = run->programs_known;
	profile->audit.programs = run->programs;
}

/* What the options lent to the profile stays theirs. */
static void take_back(struct profile *profile)
{
	profile->command = NULL;
	profile->pids = NULL;
	profile->target_text = NULL;
}

static int terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;

	if (columns && atoi(columns) > 0)
		return atoi(columns);
	if (isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		return size.ws_col;
	return 0;
}

static bool wants_colour(const struct trace_options *options)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return !options->no_colour && !options->output && isatty(STDOUT_FILENO) &&
	       !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

static int report(struct run *run)
{
	const struct trace_options *options = &run->options;
	struct render_options render = {
		.width = options->output ? 0 : terminal_width(),
		.colour = wants_colour(options),
		.unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
		.top = options->top,
		.min = options->min,
		.verbose = options->verbose,
		.buckets = options->buckets,
	};
	int err;

	run->profile = calloc(1, sizeof(*run->profile));
	if (!run->profile) {
		complain("%s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	fill_head(run);
	err = gatherer__finish(run->gatherer, run->profile);
	memory__tell(run->memory, run->profile, session__kernel_stack(run->session));
	errno = 0;
	if (!err)
		err = options->json ? render__json(run->output.stream, run->profile, &render)
				    : render__text(run->output.stream, run->profile, &render);
	if (!err)
		err = output__commit(&run->output);
	if (err == -EIO && errno) /* what the stream failed with */
		err = -errno;
	take_back(run->profile);
	profile__free(run->profile);
	run->profile = NULL;
	if (err == -EPIPE && run->output.stream == stdout)
		return 0; /* nobody reads: nothing to say to nobody */
	if (err)
		complain("cannot write the results: %s", strerror(-err));
	return err ? EXIT_FAILED : 0;
}

/* The exit status, once the report is out. A command that still runs is waited for. */
static int conclude(struct run *run, enum watch_end end)
{
	int raw;

	if (run->options.target.kind != TARGET_COMMAND)
		return EXIT_DONE;
	if (run->watch.has_status)
		return run->watch.status;
	if (end == WATCH_SIGNAL)
		return 128 + run->watch.signal;
	if (run->command.pid <= 0 || waitpid(run->command.pid, &raw, 0) != run->command.pid)
		return EXIT_FAILED;
	return WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
}

static int trace(struct run *run)
{
	struct command *command = NULL;
	enum watch_end end;
	int err, status;

	status = attach(run);
	if (status)
		return status;
	if (run->options.target.kind == TARGET_COMMAND)
		command = &run->command;
	end = watch__wait(&run->watch, command, run->options.duration, tick, run);
	end_progress(run);
	run->programs_known =
		overhead__end(&run->overhead, session__now(),
			      session__now() - session__attached_at(run->session), &run->programs);
	err = session__stop(run->session);
	memory__look(run->memory);
	watch__let_go(&run->watch);
	if (err)
		complain("the closing census failed: %s", strerror(-err));
	status = report(run);
	return status ? status : conclude(run, end);
}

int command_profile(int argc, char **argv)
{
	const struct argp_child children[] = {{&trace_argp, 0, NULL, 0}, {0}};
	const struct argp verb = {
		.args_doc = "[-- COMMAND [ARG...]]", .doc = documentation, .children = children};
	struct run run = {.command = {.pidfd = -1, .release_fd = -1, .error_fd = -1},
			  .watch = {.signal_fd = -1}};
	int status;

	run.started = session__now();
	trace_options__parse(&run.options, &verb, argc, argv);
	status = check(&run);
	if (!status)
		status = prepare(&run);
	if (!status)
		status = trace(&run);
	gatherer__free(run.gatherer);
	memory__free(run.memory);
	session__free(run.session);
	command__close(&run.command);
	watch__close(&run.watch);
	output__close(&run.output);
	trace_options__clear(&run.options);
	return status;
}

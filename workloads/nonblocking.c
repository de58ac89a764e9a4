// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Asks non-blocking descriptors again and again until they have something: at once (spin), or
 * after a pause (backoff). And connects without blocking: EINPROGRESS, a poll until the socket
 * is writable, and SO_ERROR for the outcome.
 */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "arguments.h"
#include "check.h"
#include "monotonic.h"
#include "scene.h"
#include "task.h"

enum mode { MODE_UNSET, MODE_SPIN, MODE_BACKOFF, MODE_CONNECT };

static const char *const mode_names[] = {
	[MODE_SPIN] = "spin",
	[MODE_BACKOFF] = "backoff",
	[MODE_CONNECT] = "connect",
};

struct options {
	struct scene_options scene;
	struct task_options task;
	enum mode mode;
	uint64_t backoff_ns; /* 0: not given */
};

/* The scene comes first, so that what is handed the scene can find the rest. */
struct nonblocking {
	struct scene scene; /* of a row, */
	struct task task;   /* or of --task receive */
	struct calls *calls;
	enum mode mode;
	uint64_t backoff_ns;
	uint64_t attempts;
	uint64_t spin_runs;	  /* runs of refused attempts with no sleep between them */
	uint64_t waits;		  /* sleeps on purpose, or polls */
	uint64_t waited_ns;	  /* in them, as seen from here */
	struct latency readiness; /* from the first EAGAIN or EINPROGRESS to success */
};

static const struct argp_option option_table[] = {
	{"mode", 'm', "MODE", 0, "spin, or backoff (not for the connects)", 0},
	{"backoff", 'b', "TIME", 0, "how long to pause after each EAGAIN (default 100us)", 0},
	{0},
};

static const struct bounds backoff_bounds = {1, 3600ULL * 1000000000, "1ns to 3600s"};

static bool offers_nonblocking(const struct wait_kind *kind)
{
	return kind->can_be_nonblocking || kind->can_be_in_progress;
}

static enum mode parse_mode(const char *text)
{
	for (enum mode mode = MODE_SPIN; mode <= MODE_BACKOFF; mode++)
		if (strcmp(text, mode_names[mode]) == 0)
			return mode;
	usage_error("--mode: '%s' is neither spin nor backoff", text);
}

static void check_options(struct options *options)
{
	task_options__refuse(&options->task, TASK_FILE, "nonblocking: a file is always ready");
	scene_options__settle(&options->scene, &options->task);
	if (options->scene.kind && options->scene.kind->can_be_in_progress) {
		if (options->mode != MODE_UNSET || options->backoff_ns)
			usage_error("--mode and --backoff do not apply to %s",
				    options->scene.kind->name);
		options->mode = MODE_CONNECT;
	}
	if (options->mode == MODE_UNSET)
		usage_error("--mode is missing: spin or backoff");
	if (options->mode == MODE_SPIN && options->backoff_ns)
		usage_error("--backoff does not apply to --mode spin");
	if (!options->backoff_ns)
		options->backoff_ns = 100000;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->scene;
		state->child_inputs[1] = &options->task;
		return 0;
	case 'm':
		options->mode = parse_mode(value);
		return 0;
	case 'b':
		options->backoff_ns = parse_time("--backoff", value, backoff_bounds);
		return 0;
	case ARGP_KEY_ARG:
		refuse_argument(value);
	case ARGP_KEY_SUCCESS:
		check_options(options);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void pause_before_retry(struct nonblocking *run)
{
	uint64_t start_ns = monotonic__now_ns();

	calls__count(run->calls, "clock_nanosleep");
	monotonic__sleep_ns(run->backoff_ns);
	run->waited_ns += monotonic__now_ns() - start_ns;
	run->waits++;
}

/* Returns the time of the first EAGAIN, or 0 if there was none. */
static uint64_t retry_until_ready(struct nonblocking *run)
{
	struct scene *scene = &run->scene;
	uint64_t first_eagain_ns = 0;

	for (;;) {
		scene->result = scene->kind->attempt(scene);
		run->attempts++;
		if (scene->result >= 0)
			break;
		if (errno != EAGAIN)
			err(EXIT_FAILURE, "%s: %s", scene->kind->name, scene->kind->syscall);
		scene->eagain++;
		if (!first_eagain_ns || run->mode == MODE_BACKOFF)
			run->spin_runs++;
		if (!first_eagain_ns)
			first_eagain_ns = monotonic__now_ns();
		if (run->mode == MODE_BACKOFF)
			pause_before_retry(run);
	}
	if (scene->kind->size_max)
		scene->bytes += (uint64_t)scene->result;
	return first_eagain_ns;
}

/* The outcome of a connection that was in progress is kept as the socket's pending error. */
static void await_connection(struct nonblocking *run)
{
	struct scene *scene = &run->scene;
	struct pollfd writable = {.fd = scene->fd, .events = POLLOUT};
	int error;
	socklen_t size = sizeof(error);
	uint64_t start_ns = monotonic__now_ns();

	check(COUNTED(scene, SYSCALL_POLL, poll(&writable, 1, -1)), "poll");
	run->waited_ns += monotonic__now_ns() - start_ns;
	run->waits++;
	check(COUNTED(scene, "getsockopt",
		      getsockopt(scene->fd, SOL_SOCKET, SO_ERROR, &error, &size)),
	      "getsockopt SO_ERROR");
	check_error(error, "connect, by SO_ERROR");
}

/* Returns the time of EINPROGRESS, or 0 if the connection was made at once. */
static uint64_t connect_in_background(struct nonblocking *run)
{
	struct scene *scene = &run->scene;
	uint64_t in_progress_ns;

	scene->result = scene->kind->attempt(scene);
	run->attempts++;
	if (scene->result == 0)
		return 0;
	if (errno != EINPROGRESS)
		err(EXIT_FAILURE, "connect");
	scene->einprogress++;
	in_progress_ns = monotonic__now_ns();
	await_connection(run);
	return in_progress_ns;
}

static void try_until_done(void *argument)
{
	struct nonblocking *run = argument;
	struct scene *scene = &run->scene;

	scene__begin(scene);
	for (uint64_t i = 0; i < scene->operations; i++) {
		uint64_t entered_ns = scene__begin_operation(scene, i);
		uint64_t refused_ns = run->mode == MODE_CONNECT ? connect_in_background(run)
								: retry_until_ready(run);
		uint64_t done_ns = monotonic__now_ns();

		latency__record(&scene->latency, done_ns - entered_ns);
		if (refused_ns)
			latency__record(&run->readiness, done_ns - refused_ns);
		outcome__result(&scene->outcome, done_ns);
		scene__end_operation(scene, i);
	}
	scene__end(scene);
}

/* Asks all descriptors in turn; it pauses only if none of them had anything. */
static void do_task(void *argument)
{
	struct nonblocking *run = argument;
	struct task *task = &run->task;

	task__begin(task);
	while (task->operations < task->options.operations) {
		bool found = false;

		for (uint64_t i = 0; i < task->options.descriptors; i++) {
			run->attempts++;
			found |= task__receive(task, i, run->calls);
		}
		if (!found && run->mode == MODE_BACKOFF)
			pause_before_retry(run);
	}
	task__end(task);
}

/* How it spends the time until it is ready: the tries themselves never sleep. */
static void write_wait(const struct nonblocking *run, struct truth *truth)
{
	static const struct {
		const char *syscall, *class, *waker;
	} waits[] = {
		[MODE_SPIN] = {NULL, NULL, NULL},
		[MODE_BACKOFF] = {"clock_nanosleep", "timer", "timer"},
		[MODE_CONNECT] = {SYSCALL_POLL, "multiplex", NULL},
	};

	truth__open(truth, "wait");
	truth__text(truth, "syscall", waits[run->mode].syscall);
	truth__text(truth, "class", waits[run->mode].class);
	truth__text(truth, "waker", waits[run->mode].waker);
	truth__number(truth, "count", run->waits);
	truth__number(truth, "total_ns", run->waited_ns);
	truth__close(truth);
}

static void write_mode(const struct nonblocking *run, struct truth *truth)
{
	truth__text(truth, "mode", mode_names[run->mode]);
	truth__number(truth, "attempts", run->attempts);
	truth__number_if(truth, "spin_runs", run->spin_runs > 0, run->spin_runs);
	truth__number_if(truth, "backoff_ns", run->mode == MODE_BACKOFF, run->backoff_ns);
	write_wait(run, truth);
}

static void play_row(struct nonblocking *run, const struct options *options)
{
	struct truth truth;

	scene__set_up(&run->scene, &options->scene, true);
	run->calls = &run->scene.calls;
	latency__init(&run->readiness, run->scene.operations);
	scene__run(&run->scene, try_until_done);
	truth__begin(&truth);
	scene__write_truth(&run->scene, &truth, "nonblocking");
	write_mode(run, &truth);
	truth__latency(&truth, "readiness", &run->readiness);
	truth__end(&truth);
	latency__free(&run->readiness);
	scene__tear_down(&run->scene);
}

static void play_task(struct nonblocking *run, const struct options *options)
{
	struct truth truth;

	task__set_up(&run->task, &options->task, true);
	run->calls = &run->task.calls;
	run->task.outcome.model = "nonblocking";
	run->task.outcome.delivery = "return_value";
	run->task.outcome.completion_is = "data";
	run->task.outcome.max_in_flight = 1;
	task__run(&run->task, do_task, run);
	truth__begin(&truth);
	task__write_truth(&run->task, &truth, "nonblocking");
	write_mode(run, &truth);
	truth__end(&truth);
	task__tear_down(&run->task);
}

int main(int argc, char **argv)
{
	const struct argp_child children[] = {
		{&scene_argp, 0, NULL, 0}, {&task_choice_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {
		.options = option_table,
		.parser = parse_option,
		.doc = "Retry non-blocking calls, and state the truth about it as JSON.",
		.children = children,
	};
	struct options options = {.scene.offers = offers_nonblocking};
	struct nonblocking run = {0};

	parse_arguments(&argp, argc, argv, &options);
	run.mode = options.mode;
	run.backoff_ns = options.backoff_ns;
	if (options.scene.kind)
		play_row(&run, &options);
	else
		play_task(&run, &options);
	return EXIT_SUCCESS;
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * epoll: the kernel keeps the set of descriptors, and hands over those that are ready and no
 * others. Announced is a level (until all is read), an edge (once for all that has come), or one
 * shot (once, until it is asked for again).
 *
 * Several threads may wait for the same descriptors. On one shared epoll, an event is handed to
 * one of them; a level may be handed to the next one before the first has read. With an epoll for
 * each, EPOLLEXCLUSIVE has the kernel wake (at least) one instead of all.
 */
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "arguments.h"
#include "check.h"
#include "readiness.h"

enum { EVENTS_AT_ONCE = 64 };
#define STOP_EVENT UINT64_MAX

enum trigger { TRIGGER_LEVEL, TRIGGER_EDGE, TRIGGER_ONESHOT, TRIGGERS };
enum share { SHARE_EPOLL, SHARE_EXCLUSIVE, SHARE_ALL, SHARES };

static const char *const trigger_names[TRIGGERS] = {"level", "edge", "oneshot"};
static const char *const share_names[SHARES] = {"epoll", "exclusive", "all"};
static const uint32_t trigger_flags[TRIGGERS] = {0, EPOLLET, EPOLLONESHOT};

struct options {
	struct readiness_options readiness;
	enum trigger trigger;
	enum share share;
	bool has_share;
	uint64_t threads;
};

struct epoll {
	struct options options;
	int shared_fd; /* -1: each has its own */
	int stop_fd;   /* readable when all is done */
};

static const struct argp_option option_table[] = {
	{"trigger", 't', "TRIGGER", 0, "level, edge or oneshot (default level)", 0},
	{"threads", 'j', "N", 0, "number of threads that wait (default 1)", 0},
	{"share", 'S', "HOW", 0, "threads share one epoll; or have one each, exclusive or all", 0},
	{0},
};

static const struct bounds threads_bounds = {1, READINESS_WAITERS_MAX, "1 to 64"};

static void check_options(struct options *options)
{
	readiness_options__settle(&options->readiness, "epoll");
	if (options->has_share && options->threads < 2)
		usage_error("--share applies to two --threads or more");
	if (options->share == SHARE_EXCLUSIVE && options->trigger == TRIGGER_ONESHOT)
		usage_error("--share exclusive: the kernel has no exclusive one-shot");
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->readiness;
		return 0;
	case 't':
		options->trigger =
			(enum trigger)parse_choice("--trigger", value, trigger_names, TRIGGERS);
		return 0;
	case 'j':
		options->threads = parse_count("--threads", value, threads_bounds);
		return 0;
	case 'S':
		options->has_share = true;
		options->share = (enum share)parse_choice("--share", value, share_names, SHARES);
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

static void watch(int epoll_fd, int fd, uint32_t flags, uint64_t data)
{
	struct epoll_event event = {.events = EPOLLIN | flags, .data.u64 = data};

	check(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

static int new_epoll(const struct readiness *run, const struct epoll *epoll)
{
	const uint32_t exclusive = epoll->options.share == SHARE_EXCLUSIVE ? EPOLLEXCLUSIVE : 0;
	int fd = (int)check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");

	for (uint64_t i = 0; i < run->descriptors; i++)
		watch(fd, run->task.fds[i], trigger_flags[epoll->options.trigger] | exclusive, i);
	watch(fd, epoll->stop_fd, 0, STOP_EVENT);
	return fd;
}

static void set_up(struct readiness_waiter *waiter)
{
	struct epoll *epoll = waiter->run->own;

	if (epoll->options.share != SHARE_EPOLL) {
		waiter->fd = new_epoll(waiter->run, epoll);
		return;
	}
	if (epoll->shared_fd < 0)
		epoll->shared_fd = new_epoll(waiter->run, epoll);
	waiter->fd = epoll->shared_fd;
}

static uint64_t await(struct readiness_waiter *waiter, int timeout_ms)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	uint64_t count = 0;
	/* Several that wait share the work better if none takes more than one. */
	const int at_once = waiter->run->waiters_count > 1 ? 1
			    : waiter->run->descriptors < EVENTS_AT_ONCE
				    ? (int)waiter->run->descriptors
				    : EVENTS_AT_ONCE;
	int64_t ready = check(epoll_wait(waiter->fd, events, at_once, timeout_ms), "epoll_wait");

	for (int64_t i = 0; i < ready; i++)
		if (events[i].data.u64 != STOP_EVENT)
			waiter->ready[count++] = events[i].data.u64;
	return count;
}

/* What has come since the last read is announced at once. */
static void rearm(struct readiness_waiter *waiter, uint64_t descriptor)
{
	const struct epoll *epoll = waiter->run->own;
	struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.u64 = descriptor};

	if (epoll->options.trigger != TRIGGER_ONESHOT)
		return;
	calls__count(&waiter->calls, "epoll_ctl");
	check(epoll_ctl(waiter->fd, EPOLL_CTL_MOD, waiter->run->task.fds[descriptor], &event),
	      "epoll_ctl");
}

static void stop(struct readiness *run)
{
	const struct epoll *epoll = run->own;

	check(eventfd_write(epoll->stop_fd, 1), "eventfd_write");
}

int main(int argc, char **argv)
{
	static const struct readiness_model model = {
		.name = "epoll",
		.syscall = SYSCALL_EPOLL_WAIT,
		.set_up = set_up,
		.await = await,
		.rearm = rearm,
		.stop = stop,
	};
	const struct argp_child children[] = {{&readiness_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {
		.options = option_table,
		.parser = parse_option,
		.doc = "Receive blocks by epoll, and state the truth about it as JSON.",
		.children = children,
	};
	struct epoll epoll = {.options.threads = 1, .shared_fd = -1};
	struct readiness run = {.own = &epoll};
	struct truth truth;

	parse_arguments(&argp, argc, argv, &epoll.options);
	run.drains = epoll.options.trigger == TRIGGER_EDGE;
	epoll.stop_fd = (int)check(eventfd(0, EFD_CLOEXEC), "eventfd");
	readiness__set_up(&run, &model, &epoll.options.readiness, epoll.options.threads);
	readiness__run(&run);
	truth__begin(&truth);
	readiness__write_truth(&run, &truth);
	truth__text(&truth, "trigger", trigger_names[epoll.options.trigger]);
	truth__text(&truth, "share",
		    epoll.options.threads > 1 ? share_names[epoll.options.share] : NULL);
	truth__end(&truth);
	readiness__tear_down(&run);
	return EXIT_SUCCESS;
}

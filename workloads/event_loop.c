// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * One epoll loop, in the thread "waiter". A thread "partner" feeds sockets and eventfds, one
 * event each --delay, one source after the other; timers feed themselves at the same rate.
 */
#define _GNU_SOURCE 1
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "arguments.h"
#include "check.h"
#include "feed.h"
#include "monotonic.h"
#include "truth.h"
#include "watchdog.h"

enum { EVENTS_AT_ONCE = 64, OPERATIONS_MAX = 1000000 };

/* What each --source is made of, in turn, and who then ends the loop's waits. */
struct mixture {
	const char *name;
	enum event_source_kind kinds[SOURCE_KINDS];
	unsigned int length;
	const char *wakers;
	const char *wakers_realtime;
};

static const struct mixture mixtures[] = {
	{"socket", {SOURCE_SOCKET}, 1, "softirq", "softirq,thread,kernel"},
	{"eventfd", {SOURCE_EVENTFD}, 1, "thread", NULL},
	{"timerfd", {SOURCE_TIMERFD}, 1, "timer", NULL},
	{"mixed",
	 {SOURCE_SOCKET, SOURCE_EVENTFD, SOURCE_TIMERFD},
	 3,
	 "softirq,thread,timer",
	 "softirq,thread,timer,kernel"},
};

struct options {
	const struct mixture *mixture;
	bool edge_triggered;
	uint64_t operations;
	uint64_t delay_ns;
	uint64_t connections;
	uint64_t size;
	uint64_t handler_block_ns;
};

struct event_loop {
	struct options options;
	struct feed feed;
	char *buffer;
	int epoll_fd;
	struct actor waiter, partner;

	/* Counted by the loop. */
	uint64_t unfinished; /* sources that have not delivered all */
	uint64_t bytes, eagain, batch_max;
	uint64_t events[SOURCE_KINDS];
	struct calls calls;
	struct latency waits, handlers, handler_blocks;
	struct books books;
};

static const struct argp_option option_table[] = {
	{"source", 'S', "SOURCE", 0, "socket, eventfd, timerfd or mixed (default socket)", 0},
	{"trigger", 't', "TRIGGER", 0, "level or edge (default level)", 0},
	{"ops", 'n', "N", 0, "number of events to feed (default 100)", 0},
	{"delay", 'd', "TIME", 0, "time from one event to the next (default 1ms)", 0},
	{"connections", 'c', "N", 0, "number of descriptors to watch (default 1, mixed 3)", 0},
	{"size", 's', "BYTES", 0, "bytes per message on sockets (default 64)", 0},
	{"handler-block", 'b', "TIME", 0, "sleep that long in the handling of each event", 0},
	{0},
};

static const struct mixture *find_mixture(const char *name)
{
	for (size_t i = 0; i < sizeof(mixtures) / sizeof(*mixtures); i++)
		if (strcmp(mixtures[i].name, name) == 0)
			return &mixtures[i];
	usage_error("--source: '%s' is none of socket, eventfd, timerfd, mixed", name);
}

static bool parse_trigger(const char *name)
{
	if (strcmp(name, "edge") != 0 && strcmp(name, "level") != 0)
		usage_error("--trigger: '%s' is neither level nor edge", name);
	return strcmp(name, "edge") == 0;
}

static void check_options(struct options *options)
{
	if (!options->connections)
		options->connections = options->mixture->length;
	if (options->connections < options->mixture->length)
		usage_error("--connections: %s needs at least %u", options->mixture->name,
			    options->mixture->length);
	if (options->connections > options->operations)
		usage_error("--connections: some would get none of the --ops events");
}

static const struct bounds events_bounds = {1, OPERATIONS_MAX, "1 to 1000000"};
static const struct bounds connections_bounds = {1, FEED_SOURCES_MAX, "1 to 10000"};
static const struct bounds interval_bounds = {1000, 3600ULL * 1000000000, "1us to 3600s"};
static const struct bounds message_bounds = {1, FEED_SIZE_MAX, "1 to 4096"};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'S':
		options->mixture = find_mixture(value);
		return 0;
	case 't':
		options->edge_triggered = parse_trigger(value);
		return 0;
	case 'n':
		options->operations = parse_count("--ops", value, events_bounds);
		return 0;
	case 'd':
		options->delay_ns = parse_time("--delay", value, interval_bounds);
		return 0;
	case 'c':
		options->connections = parse_count("--connections", value, connections_bounds);
		return 0;
	case 's':
		options->size = parse_size("--size", value, message_bounds);
		return 0;
	case 'b':
		options->handler_block_ns = parse_time("--handler-block", value, delay_bounds);
		return 0;
	case ARGP_KEY_ARG:
		refuse_argument(value);
	case ARGP_KEY_END:
		check_options(options);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void watch_source(struct event_loop *loop, uint64_t index)
{
	struct epoll_event event = {
		.events = EPOLLIN | (loop->options.edge_triggered ? EPOLLET : 0),
		.data.u64 = index,
	};

	check(epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->feed.sources[index].fd, &event),
	      "epoll_ctl");
}

static void set_up(struct event_loop *loop)
{
	const struct options *options = &loop->options;
	/* With edges, an event may find that its data was read with the one before. */
	size_t samples_max = 4 * options->operations + EVENTS_AT_ONCE;

	watchdog__start(options->operations * (options->delay_ns + options->handler_block_ns));
	latency__init(&loop->waits, samples_max);
	latency__init(&loop->handlers, samples_max);
	latency__init(&loop->handler_blocks, samples_max);
	loop->buffer = check_memory(calloc(1, FEED_SIZE_MAX));
	loop->feed = (struct feed){
		.kinds = options->mixture->kinds,
		.kinds_length = options->mixture->length,
		.sources_count = options->connections,
		.operations = options->operations,
		.delay_ns = options->delay_ns,
		.size = options->size,
		.nonblocking = true,
	};
	feed__open(&loop->feed);
	loop->epoll_fd = (int)check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
	loop->unfinished = options->connections;
	for (uint64_t i = 0; i < options->connections; i++)
		watch_source(loop, i);
}

static void block_in_handler(struct event_loop *loop)
{
	uint64_t start_ns = monotonic__now_ns();

	if (!loop->options.handler_block_ns)
		return;
	calls__count(&loop->calls, "clock_nanosleep");
	monotonic__sleep_ns(loop->options.handler_block_ns);
	latency__record(&loop->handler_blocks, monotonic__now_ns() - start_ns);
}

/*
 * Level: one read, since what is left is announced again. Edge: there is one announcement for
 * all that has come, so read until there is nothing more.
 */
static void handle_event(struct event_loop *loop, struct event_source *source)
{
	int64_t length;

	loop->events[source->kind]++;
	do {
		length = event_source__take(source, loop->buffer, &loop->calls);
		if (length < 0)
			loop->eagain++;
		else
			loop->bytes += (uint64_t)length;
	} while (loop->options.edge_triggered && length >= 0);
	block_in_handler(loop);
	if (source->is_done || source->received < source->quota * source->unit)
		return;
	source->is_done = true;
	loop->unfinished--;
	if (source->kind == SOURCE_TIMERFD)
		event_source__stop_timer(source, &loop->calls);
}

static void run_loop(void *argument)
{
	struct event_loop *loop = argument;
	struct epoll_event events[EVENTS_AT_ONCE];
	struct books start = books__of_this_thread();
	uint64_t now_ns = monotonic__now_ns();

	while (loop->unfinished) {
		const uint64_t called_ns = now_ns;
		uint64_t returned_ns;
		int64_t ready;

		calls__count(&loop->calls, SYSCALL_EPOLL_WAIT);
		ready = check(epoll_wait(loop->epoll_fd, events, EVENTS_AT_ONCE, -1), "epoll_wait");
		returned_ns = monotonic__now_ns();
		for (int64_t i = 0; i < ready; i++)
			handle_event(loop, &loop->feed.sources[events[i].data.u64]);
		now_ns = monotonic__now_ns();
		latency__record(&loop->waits, returned_ns - called_ns);
		latency__record(&loop->handlers, now_ns - returned_ns);
		if ((uint64_t)ready > loop->batch_max)
			loop->batch_max = (uint64_t)ready;
	}
	loop->books = books__since(start);
}

static void run(struct event_loop *loop)
{
	const uint64_t time_to_start_ns = 5000000;

	loop->waiter =
		(struct actor){.name = "waiter", .cpu_rank = 0, .play = run_loop, .scene = loop};
	loop->partner = (struct actor){
		.name = "partner", .cpu_rank = 1, .play = feed__play, .scene = &loop->feed};
	feed__start(&loop->feed, monotonic__now_ns() + time_to_start_ns);
	actor__start(&loop->waiter);
	actor__start(&loop->partner);
	actor__join(&loop->waiter);
	actor__join(&loop->partner);
}

static void tear_down(struct event_loop *loop)
{
	feed__close(&loop->feed);
	free(loop->buffer);
	latency__free(&loop->handler_blocks);
	latency__free(&loop->handlers);
	latency__free(&loop->waits);
}

static uint64_t units_received(const struct event_loop *loop)
{
	uint64_t units = 0;

	for (uint64_t i = 0; i < loop->options.connections; i++)
		units += loop->feed.sources[i].received / loop->feed.sources[i].unit;
	return units;
}

static void write_identity(const struct event_loop *loop, struct truth *truth)
{
	const struct options *options = &loop->options;

	truth__text(truth, "workload", "event_loop");
	truth__text(truth, "source", options->mixture->name);
	truth__text(truth, "trigger", options->edge_triggered ? "edge" : "level");
	truth__number(truth, "pid", (uint64_t)getpid());
	truth__number(truth, "waiter_tid", (uint64_t)loop->waiter.tid);
	truth__number(truth, "waiter_cpu", (uint64_t)loop->waiter.cpu);
	truth__number(truth, "partner_tid", (uint64_t)loop->partner.tid);
	truth__number(truth, "partner_cpu", (uint64_t)loop->partner.cpu);
	truth__number(truth, "connections", options->connections);
	truth__number(truth, "delay_ns", options->delay_ns);
	truth__number(truth, "size", options->size);
	truth__number(truth, "handler_block_ns", options->handler_block_ns);
	truth__text(truth, "syscall", SYSCALL_EPOLL_WAIT);
	truth__text(truth, "class", "multiplex");
	truth__text(truth, "object_kind", "epoll");
	truth__text(truth, "object", "epoll");
	truth__number(truth, "fd", (uint64_t)loop->epoll_fd);
	truth__text(truth, "sleep", "interruptible");
	truth__wakers(truth, options->mixture->wakers, options->mixture->wakers_realtime);
}

static void write_truth(struct event_loop *loop)
{
	struct truth truth;
	uint64_t events = 0;

	for (int kind = 0; kind < SOURCE_KINDS; kind++)
		events += loop->events[kind];
	truth__begin(&truth);
	write_identity(loop, &truth);
	truth__number(&truth, "operations", units_received(loop));
	truth__number(&truth, "bytes", loop->bytes);
	truth__number(&truth, "iterations", loop->waits.count);
	truth__number(&truth, "events", events);
	truth__open(&truth, "events_by_source");
	for (int kind = 0; kind < SOURCE_KINDS; kind++)
		truth__number(&truth, event_source_names[kind], loop->events[kind]);
	truth__close(&truth);
	truth__number(&truth, "batch_max", loop->batch_max);
	truth__number(&truth, "eagain", loop->eagain);
	truth__calls(&truth, &loop->calls);
	truth__latency(&truth, "latency", &loop->waits);
	truth__latency(&truth, "handler", &loop->handlers);
	truth__latency(&truth, "handler_blocked", &loop->handler_blocks);
	truth__number(&truth, "slept_ns",
		      loop->handler_blocks.count * loop->options.handler_block_ns);
	truth__books(&truth, &loop->books);
	truth__end(&truth);
}

int main(int argc, char **argv)
{
	const struct argp argp = {
		.options = option_table,
		.parser = parse_option,
		.doc = "Serve events in an epoll loop, and state the truth about it as JSON.",
	};
	struct event_loop loop = {.options = {
					  .mixture = &mixtures[0],
					  .operations = 100,
					  .delay_ns = 1000000,
					  .size = 64,
				  }};

	parse_arguments(&argp, argc, argv, &loop.options);
	set_up(&loop);
	run(&loop);
	write_truth(&loop);
	tear_down(&loop);
	return EXIT_SUCCESS;
}

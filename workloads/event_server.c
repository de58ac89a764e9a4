// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The service in epoll loops: one (loop), one per CPU with a listener each (loops), or one with a
 * pool of threads that does what blocks (pool). The loop itself is lib/reactor.c.
 */
#define _GNU_SOURCE 1
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "check.h"
#include "reactor.h"
#include "scratch.h"
#include "service.h"

enum mode { MODE_LOOP, MODE_LOOPS, MODE_POOL };

static const char *const mode_names[] = {"loop", "loops", "pool", NULL};
static const char *const job_names[] = {"timer", "sleep", "file", NULL};
static const char *const fault_names[] = {"none", "handler-blocks", NULL};

struct options {
	struct service_options service;
	int mode;
	int job;   /* JOB_TIMER: not given */
	int fault; /* index of its name */
	uint64_t threads, stack;
	const char *path;
};

struct server {
	struct service service;
	struct reactor_plan plan;
	int mode;
	uint64_t loop_count, pool_threads, threads_max;
	struct reactor *reactors;
};

static const struct argp_option option_table[] = {
	{"mode", 'm', "MODE", 0, "loop, loops or pool (default loop)", 0},
	{"work", 'w', "WORK", 0,
	 "the blocking work of a request, for the pool or the fault: sleep (for the delay) or file "
	 "(write and sync; the delay does not apply). Default sleep",
	 0},
	{"fault", 'F', "FAULT", 0, "handler-blocks: the loop does the blocking work itself", 0},
	{"threads", 'T', "N", 0, "loops (default: one per CPU), or threads of the pool (16)", 0},
	{"stack", 'k', "SIZE", 0, "stack of each thread (default: the system's, ulimit -s)", 0},
	{"file", 'f', "PATH", 0, "make the file there; it must not exist, and is removed", 0},
	{0},
};

static const struct bounds threads_bounds = {1, 1000, "1 to 1000"};

static int find_name(const char *option, const char *const *names, const char *text, int first)
{
	for (int i = first; names[i]; i++)
		if (strcmp(names[i], text) == 0)
			return i;
	usage_error("%s: there is no '%s', see --help", option, text);
}

static int count_cpus(void)
{
	cpu_set_t allowed;

	check(sched_getaffinity(0, sizeof(allowed), &allowed), "sched_getaffinity");
	return CPU_COUNT(&allowed);
}

static void check_options(struct options *options)
{
	bool blocks = options->mode == MODE_POOL || options->fault;

	if (options->mode == MODE_POOL && options->fault)
		usage_error("--fault handler-blocks does not apply to --mode pool");
	if (options->mode == MODE_LOOP && (options->threads || options->stack))
		usage_error("--threads and --stack do not apply to --mode loop");
	if (options->job != JOB_TIMER && !blocks)
		usage_error("--work needs --mode pool, or --fault handler-blocks");
	if (options->job == JOB_TIMER && blocks)
		options->job = JOB_SLEEP;
	if (options->path && options->job != JOB_FILE)
		usage_error("--file needs --work file");
	if (options->job == JOB_FILE && options->service.has_delay)
		usage_error("--delay does not apply to --work file");
	if (options->job == JOB_FILE)
		options->service.delay_ns = 0;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->service;
		return 0;
	case 'm':
		options->mode = find_name("--mode", mode_names, value, 0);
		return 0;
	case 'w':
		options->job = find_name("--work", job_names, value, JOB_SLEEP);
		return 0;
	case 'F':
		options->fault = find_name("--fault", fault_names, value, 1);
		return 0;
	case 'T':
		options->threads = parse_count("--threads", value, threads_bounds);
		return 0;
	case 'k':
		options->stack = parse_size("--stack", value, stack_bounds);
		return 0;
	case 'f':
		options->path = value;
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

static void count_threads(struct server *server, const struct options *options)
{
	const uint64_t usual_pool = 16;

	server->loop_count = 1;
	if (options->mode == MODE_LOOPS)
		server->loop_count = options->threads ? options->threads : (uint64_t)count_cpus();
	if (options->mode == MODE_POOL)
		server->pool_threads = options->threads ? options->threads : usual_pool;
	server->threads_max =
		1 + server->pool_threads + (options->mode == MODE_LOOPS ? server->loop_count : 0);
}

static void set_up(struct server *server, const struct options *options)
{
	server->mode = options->mode;
	server->plan = (struct reactor_plan){
		.service = &server->service,
		.job = (enum job)options->job,
		.blocks_in_handler = options->fault,
		.file_fd = -1,
	};
	count_threads(server, options);
	if (options->job == JOB_FILE)
		server->plan.file_fd = scratch__create(options->path);
	service__set_up(&server->service, &options->service);
	server->reactors = check_memory(calloc(server->loop_count, sizeof(*server->reactors)));
	for (uint64_t i = 0; i < server->loop_count; i++) {
		struct reactor *reactor = &server->reactors[i];

		reactor->plan = &server->plan;
		reactor->index = (int)i;
		reactor->listener = service__listen(&server->service, true, server->loop_count > 1);
		reactor__set_up(reactor, server->pool_threads, options->stack);
	}
}

static void *loop_main(void *argument)
{
	struct reactor *reactor = argument;
	char name[16];

	snprintf(name, sizeof(name), "loop-%d", reactor->index);
	check_error(pthread_setname_np(pthread_self(), name), "pthread_setname_np");
	reactor__run(reactor);
	return NULL;
}

static void run(struct server *server, uint64_t stack)
{
	pthread_attr_t attributes;

	if (server->mode != MODE_LOOPS) {
		reactor__run(&server->reactors[0]);
		if (server->reactors[0].pool)
			work_pool__finish(server->reactors[0].pool);
		return;
	}
	check_error(pthread_attr_init(&attributes), "pthread_attr_init");
	if (stack)
		check_error(pthread_attr_setstacksize(&attributes, stack),
			    "pthread_attr_setstacksize");
	for (uint64_t i = 0; i < server->loop_count; i++)
		check_error(pthread_create(&server->reactors[i].thread, &attributes, loop_main,
					   &server->reactors[i]),
			    "pthread_create");
	for (uint64_t i = 0; i < server->loop_count; i++)
		check_error(pthread_join(server->reactors[i].thread, NULL), "pthread_join");
	pthread_attr_destroy(&attributes);
}

static void write_loops(const struct server *server, struct truth *truth)
{
	uint64_t iterations = 0, events = 0;
	char name[16];

	truth__open(truth, "loops");
	for (uint64_t i = 0; i < server->loop_count; i++) {
		const struct reactor *reactor = &server->reactors[i];

		iterations += reactor->iterations;
		events += reactor->events;
		snprintf(name, sizeof(name), "%d", reactor->index);
		truth__open(truth, name);
		truth__number(truth, "tid", (uint64_t)reactor->tid);
		truth__number(truth, "fd", (uint64_t)reactor->epoll_fd);
		truth__number(truth, "connections", reactor->served);
		truth__number(truth, "requests", reactor->requests);
		truth__number(truth, "iterations", reactor->iterations);
		truth__number(truth, "events", reactor->events);
		truth__number(truth, "batch_max", reactor->batch_max);
		truth__close(truth);
	}
	truth__close(truth);
	truth__number(truth, "iterations", iterations);
	truth__number(truth, "events", events);
}

static void write_truth(const struct server *server, const struct options *options)
{
	const struct reactor_plan *plan = &server->plan;
	struct truth truth;

	truth__begin(&truth);
	service__write_truth(&server->service, &truth, "event_server");
	truth__text(&truth, "mode", mode_names[server->mode]);
	truth__text(&truth, "work", job_names[plan->job]);
	truth__text(&truth, "path", plan->job == JOB_FILE ? scratch__path() : NULL);
	truth__text(&truth, "fault", options->fault ? fault_names[options->fault] : NULL);
	truth__number(&truth, "threads_max", server->threads_max);
	truth__text(&truth, "syscall", "epoll_pwait2");
	truth__text(&truth, "class", "multiplex");
	write_loops(server, &truth);
	distribution__write(&plan->waits, &truth, "wait");
	distribution__write(&plan->handlers, &truth, "handler");
	distribution__write(&plan->handler_blocks, &truth, "handler_blocked");
	if (server->reactors[0].pool)
		work_pool__write(server->reactors[0].pool, &truth, "pool");
	else
		truth__text(&truth, "pool", NULL);
	truth__end(&truth);
}

int main(int argc, char **argv)
{
	const struct argp_child children[] = {{&service_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {
		.options = option_table,
		.parser = parse_option,
		.doc = "Serve all connections in epoll loops, and state the truth as JSON.",
		.children = children,
	};
	struct options options = {.mode = MODE_LOOP};
	/* Too large for the stack. */
	struct server *server = check_memory(calloc(1, sizeof(*server)));

	parse_arguments(&argp, argc, argv, &options);
	set_up(server, &options);
	service__announce(&server->service);
	run(server, options.stack);
	service__finish(&server->service);
	write_truth(server, &options);
	for (uint64_t i = 0; i < server->loop_count; i++)
		reactor__tear_down(&server->reactors[i]);
	service__tear_down(&server->service);
	free(server->reactors);
	free(server);
	return EXIT_SUCCESS;
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "readiness.h"

#include <stdio.h>

#include "arguments.h"
#include "check.h"
#include "monotonic.h"

enum { KEY_TIMEOUT = 0x200, NS_PER_MS = 1000000 };

static const struct argp_option option_table[] = {
	{"timeout", KEY_TIMEOUT, "TIME", 0,
	 "wait so long at most, in whole ms; 0 is polling without sleep (default no limit)", 0},
	{0},
};

static const struct bounds timeout_bounds = {0, 3600ULL * 1000000000, "0 to 3600s"};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct readiness_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->task;
		return 0;
	case KEY_TIMEOUT:
		options->has_timeout = true;
		options->timeout_ns = parse_time("--timeout", value, timeout_bounds);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {{&task_argp, 0, NULL, 0}, {0}};
const struct argp readiness_argp = {
	.options = option_table, .parser = parse_option, .children = children};

void readiness_options__settle(struct readiness_options *options, const char *program)
{
	task_options__refuse(&options->task, TASK_FILE, program);
	task_options__settle(&options->task, TASK_RECEIVE);
	if (options->timeout_ns % NS_PER_MS)
		usage_error("--timeout: %s counts in whole milliseconds", program);
}

/* --- the loop --------------------------------------------------------------------------------- */

static void lock(struct readiness *run)
{
	while (run->waiters_count > 1 && atomic_flag_test_and_set(&run->lock))
		;
}

static void unlock(struct readiness *run)
{
	if (run->waiters_count > 1)
		atomic_flag_clear(&run->lock);
}

static bool receive(struct readiness_waiter *waiter, uint64_t descriptor)
{
	struct task *task = &waiter->run->task;
	bool received;

	lock(waiter->run);
	received = task__receive(task, descriptor, &waiter->calls);
	waiter->eagain += !received;
	if (task->operations == task->options.operations)
		atomic_store(&waiter->run->is_done, true);
	unlock(waiter->run);
	return received;
}

static void handle(struct readiness_waiter *waiter, uint64_t descriptor)
{
	struct readiness *run = waiter->run;

	while (receive(waiter, descriptor) && run->drains)
		;
	if (run->model->rearm)
		run->model->rearm(waiter, descriptor);
}

static void note_return(struct readiness_waiter *waiter, uint64_t ready, uint64_t waited_ns,
			uint64_t handled_ns)
{
	waiter->iterations++;
	waiter->events += ready;
	if (ready > waiter->batch_max)
		waiter->batch_max = ready;
	if (ready == 0) {
		waiter->empty++;
		waiter->empty_ns += waited_ns;
		return;
	}
	latency__record(&waiter->waits, waited_ns);
	latency__record(&waiter->handlers, handled_ns);
}

static void loop(struct readiness_waiter *waiter)
{
	struct readiness *run = waiter->run;
	uint64_t now_ns = monotonic__now_ns();

	while (!atomic_load(&run->is_done)) {
		const uint64_t called_ns = now_ns;
		uint64_t ready, returned_ns;

		calls__count(&waiter->calls, run->model->syscall);
		ready = run->model->await(waiter, run->timeout_ms);
		returned_ns = monotonic__now_ns();
		for (uint64_t i = 0; i < ready; i++)
			handle(waiter, waiter->ready[i]);
		now_ns = monotonic__now_ns();
		note_return(waiter, ready, returned_ns - called_ns, now_ns - returned_ns);
	}
}

static void play_first(void *argument)
{
	struct readiness_waiter *waiter = argument;

	task__begin(&waiter->run->task);
	loop(waiter);
	task__end(&waiter->run->task);
	waiter->run->task.calls = waiter->calls;
	if (waiter->run->waiters_count > 1)
		waiter->run->model->stop(waiter->run);
}

static void play_other(void *argument)
{
	struct readiness_waiter *waiter = argument;

	loop(waiter);
	waiter->run->model->stop(waiter->run);
}

/* --- one run ---------------------------------------------------------------------------------- */

static void set_up_waiter(struct readiness *run, uint64_t index)
{
	/* A block is announced once, or (drained already, or read by another waiter) once more. */
	const size_t samples_max = 4 * run->task.options.operations + 64;
	struct readiness_waiter *waiter = &run->waiters[index];

	waiter->run = run;
	waiter->fd = -1;
	waiter->actor = index ? &waiter->own_actor : &run->task.waiter;
	snprintf(waiter->name, sizeof(waiter->name), "waiter-%u", (unsigned int)index + 1);
	waiter->own_actor = (struct actor){
		.name = waiter->name, .cpu_rank = (int)index, .play = play_other, .scene = waiter};
	waiter->ready = check_memory(calloc(run->descriptors, sizeof(*waiter->ready)));
	latency__init(&waiter->waits, samples_max);
	latency__init(&waiter->handlers, samples_max);
	run->model->set_up(waiter);
}

void readiness__set_up(struct readiness *run, const struct readiness_model *model,
		       const struct readiness_options *options, uint64_t waiters)
{
	run->model = model;
	run->timeout_ms = options->has_timeout ? (int)(options->timeout_ns / NS_PER_MS) : -1;
	run->waiters_count = waiters;
	run->descriptors = options->task.descriptors;
	atomic_flag_clear(&run->lock);
	task__set_up(&run->task, &options->task, true);
	for (uint64_t i = 0; i < waiters; i++)
		set_up_waiter(run, i);
	run->task.outcome.model = model->name;
	run->task.outcome.delivery = "readiness";
	run->task.outcome.completion_is = "readiness";
}

void readiness__run(struct readiness *run)
{
	for (uint64_t i = 1; i < run->waiters_count; i++)
		actor__start(run->waiters[i].actor);
	task__run(&run->task, play_first, &run->waiters[0]);
	for (uint64_t i = 1; i < run->waiters_count; i++)
		actor__join(run->waiters[i].actor);
	run->task.outcome.threads = run->waiters_count;
}

void readiness__tear_down(struct readiness *run)
{
	for (uint64_t i = 0; i < run->waiters_count; i++) {
		free(run->waiters[i].own);
		free(run->waiters[i].ready);
		latency__free(&run->waiters[i].waits);
		latency__free(&run->waiters[i].handlers);
	}
	task__tear_down(&run->task);
}

static void write_waiters(const struct readiness *run, struct truth *truth)
{
	uint64_t tids[READINESS_WAITERS_MAX], iterations[READINESS_WAITERS_MAX];
	uint64_t events[READINESS_WAITERS_MAX];

	for (uint64_t i = 0; i < run->waiters_count; i++) {
		tids[i] = (uint64_t)run->waiters[i].actor->tid;
		iterations[i] = run->waiters[i].iterations;
		events[i] = run->waiters[i].events;
	}
	truth__numbers(truth, "waiter_tids", tids, run->waiters_count);
	truth__numbers(truth, "iterations_by_waiter", iterations, run->waiters_count);
	truth__numbers(truth, "events_by_waiter", events, run->waiters_count);
}

static void write_wakers(const struct readiness *run, struct truth *truth)
{
	const struct task_channel *over = run->task.options.over;
	const char *timer = run->timeout_ms >= 0 ? ",timer" : "";
	char wakers[64], wakers_realtime[64];

	snprintf(wakers, sizeof(wakers), "%s%s", over->wakers, timer);
	snprintf(wakers_realtime, sizeof(wakers_realtime), "%s%s",
		 over->wakers_realtime ? over->wakers_realtime : over->wakers, timer);
	truth__wakers(truth, wakers, wakers_realtime);
}

void readiness__write_truth(struct readiness *run, struct truth *truth)
{
	struct readiness_waiter sum = {0};

	for (uint64_t i = 0; i < run->waiters_count; i++) {
		const struct readiness_waiter *waiter = &run->waiters[i];

		sum.iterations += waiter->iterations;
		sum.events += waiter->events;
		sum.empty += waiter->empty;
		sum.empty_ns += waiter->empty_ns;
		if (waiter->batch_max > sum.batch_max)
			sum.batch_max = waiter->batch_max;
	}
	run->task.outcome.max_in_flight = run->descriptors;
	task__write_truth(&run->task, truth, run->model->name);
	truth__text(truth, "syscall", run->model->syscall);
	truth__text(truth, "class", "multiplex");
	truth__text(truth, "sleep", run->timeout_ms ? "interruptible" : NULL);
	truth__number_if(truth, "fd", run->waiters[0].fd >= 0, (uint64_t)run->waiters[0].fd);
	write_wakers(run, truth);
	truth__number_if(truth, "timeout_ms", run->timeout_ms >= 0, (uint64_t)run->timeout_ms);
	truth__number(truth, "iterations", sum.iterations);
	truth__number(truth, "events", sum.events);
	truth__number(truth, "empty", sum.empty);
	truth__number(truth, "empty_ns", sum.empty_ns);
	truth__number(truth, "batch_max", sum.batch_max);
	write_waiters(run, truth);
	truth__latency(truth, "wait", &run->waiters[0].waits);
	truth__latency(truth, "handler", &run->waiters[0].handlers);
}

/* --- a whole program -------------------------------------------------------------------------- */

static error_t parse_no_option(int key, char *value, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->input;
		return 0;
	case ARGP_KEY_ARG:
		refuse_argument(value);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int readiness__main(const struct readiness_model *model, const char *doc, int argc, char **argv)
{
	const struct argp_child own[] = {{&readiness_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {.parser = parse_no_option, .doc = doc, .children = own};
	struct readiness_options options = {0};
	struct readiness run = {0};
	struct truth truth;

	parse_arguments(&argp, argc, argv, &options);
	readiness_options__settle(&options, model->name);
	readiness__set_up(&run, model, &options, 1);
	readiness__run(&run);
	truth__begin(&truth);
	readiness__write_truth(&run, &truth);
	truth__end(&truth);
	readiness__tear_down(&run);
	return EXIT_SUCCESS;
}

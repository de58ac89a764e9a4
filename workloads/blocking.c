// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Waits inside blocking calls, one kind per run: a read from an empty pipe, a lock that
 * another thread holds, a child that has not ended. One thread, "waiter", makes all these
 * calls; a thread "partner" (or a child process) lets it wait for a known delay each time.
 */
#include <unistd.h>

#include "arguments.h"
#include "check.h"
#include "monotonic.h"
#include "scene.h"
#include "task.h"

static bool offers_all(const struct wait_kind *kind)
{
	return kind->name;
}

struct options {
	struct scene_options scene;
	struct task_options task;
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->scene;
		state->child_inputs[1] = &options->task;
		return 0;
	case ARGP_KEY_SUCCESS:
		scene_options__settle(&options->scene, &options->task);
		return 0;
	case ARGP_KEY_ARG:
		refuse_argument(value);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The call must have gone as the row says: bytes are counted, a meant error is, others end us. */
static void take_result(struct scene *scene)
{
	int error = scene->result < 0 ? errno : 0;

	if (error != scene->kind->expected_errno)
		err(EXIT_FAILURE, "%s: %s", scene->kind->name, scene->kind->syscall);
	if (error == EINTR)
		scene->eintr++;
	else if (scene->kind->size_max)
		scene->bytes += (uint64_t)scene->result;
}

static void wait_in_calls(void *argument)
{
	struct scene *scene = argument;

	scene__begin(scene);
	for (uint64_t i = 0; i < scene->operations; i++) {
		uint64_t entered_ns = scene__begin_operation(scene, i), done_ns;

		scene->result = scene->kind->attempt(scene);
		done_ns = monotonic__now_ns();
		latency__record(&scene->latency, done_ns - entered_ns);
		outcome__result(&scene->outcome, done_ns);
		take_result(scene);
		scene__end_operation(scene, i);
	}
	scene__end(scene);
}

static void play_row(const struct scene_options *options)
{
	struct scene scene;
	struct truth truth;

	scene__set_up(&scene, options, false);
	scene__run(&scene, wait_in_calls);
	truth__begin(&truth);
	scene__write_truth(&scene, &truth, "blocking");
	truth__end(&truth);
	scene__tear_down(&scene);
}

static void read_block(struct task *task, uint64_t index)
{
	const uint64_t asked_ns = monotonic__now_ns(),
		       descriptor = index % task->options.descriptors;
	int64_t length;

	calls__count(&task->calls, "pread64");
	length = check(pread(task->fds[descriptor], task->buffers, task->options.size,
			     task__offset(task, index)),
		       "pread");
	task__take(task, descriptor, (uint64_t)length, asked_ns, monotonic__now_ns());
}

/* It knows where the next block comes from; else it would need a thread for each descriptor. */
static void do_task(void *argument)
{
	struct task *task = argument;
	const struct task_options *options = &task->options;

	task__begin(task);
	for (uint64_t i = 0; i < options->operations; i++)
		while (task->operations <= i) {
			if (options->kind == TASK_FILE)
				read_block(task, i);
			else
				task__receive(task, i % options->descriptors, &task->calls);
		}
	task__end(task);
}

static void play_task(const struct task_options *options)
{
	struct task task;
	struct truth truth;

	task__set_up(&task, options, false);
	task.outcome.model = "blocking";
	task.outcome.delivery = "return_value";
	task.outcome.completion_is = "data";
	task.outcome.max_in_flight = 1;
	task__run(&task, do_task, &task);
	truth__begin(&truth);
	task__write_truth(&task, &truth, "blocking");
	truth__end(&truth);
	task__tear_down(&task);
}

int main(int argc, char **argv)
{
	const struct argp_child children[] = {
		{&scene_argp, 0, NULL, 0}, {&task_choice_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {
		.parser = parse_option,
		.doc = "Wait inside blocking calls, and state the truth about it as JSON.",
		.children = children,
	};
	struct options options = {.scene.offers = offers_all};

	parse_arguments(&argp, argc, argv, &options);
	if (options.scene.kind)
		play_row(&options.scene);
	else
		play_task(&options.task);
	return EXIT_SUCCESS;
}

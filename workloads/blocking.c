// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Waits inside blocking calls, one kind per run: a read from an empty pipe, a lock that
 * another thread holds, a child that has not ended. One thread, "waiter", makes all these
 * calls; a thread "partner" (or a child process) lets it wait for a known delay each time.
 */
#include "arguments.h"
#include "check.h"
#include "monotonic.h"
#include "scene.h"

static bool offers_all(const struct wait_kind *kind)
{
	return kind->name;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
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
	struct books start = books__of_this_thread();

	for (uint64_t i = 0; i < scene->operations; i++) {
		uint64_t entered_ns = scene__begin_operation(scene, i);

		scene->result = scene->kind->attempt(scene);
		latency__record(&scene->latency, monotonic__now_ns() - entered_ns);
		take_result(scene);
		scene__end_operation(scene, i);
	}
	scene->books = books__since(start);
}

int main(int argc, char **argv)
{
	const struct argp_child children[] = {{&scene_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {
		.parser = parse_option,
		.doc = "Wait inside blocking calls, and state the truth about it as JSON.",
		.children = children,
	};
	struct scene_options options = {.offers = offers_all};
	struct scene scene;
	struct truth truth;

	parse_arguments(&argp, argc, argv, &options);
	scene__set_up(&scene, &options, false);
	scene__run(&scene, wait_in_calls);
	truth__begin(&truth);
	scene__write_truth(&scene, &truth, "blocking");
	truth__end(&truth);
	scene__tear_down(&scene);
	return EXIT_SUCCESS;
}

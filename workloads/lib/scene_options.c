// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdio.h>

#include "arguments.h"
#include "check.h"
#include "scene.h"

static const struct bounds size_bounds = {1, 1ULL << 30, "1 to 1G"};

static const struct argp_option option_table[] = {
	{"what", 'w', "WHAT", 0, "what to wait for; --list names all", 0},
	{"ops", 'n', "N", 0, "number of operations (default 100)", 0},
	{"delay", 'd', "TIME", 0, "how long each wait is made to last (default 1ms)", 0},
	{"size", 's', "BYTES", 0, "bytes per operation", 0},
	{"file", 'f', "PATH", 0, "make the file there; it must not exist, and is removed", 0},
	{"list", 'l', NULL, 0, "print the names for --what, and end", 0},
	{0},
};

static void print_list(const struct scene_options *options)
{
	const struct wait_kind *kind;

	for (unsigned int i = 0; (kind = wait_kind__at(i)); i++)
		if (options->offers(kind))
			printf("%-16s %s\n", kind->name, kind->help);
	if (fflush(stdout))
		err(EXIT_FAILURE, "stdout");
	exit(EXIT_SUCCESS);
}

static void set_kind(struct scene_options *options, const char *name)
{
	options->kind = wait_kind__find(name);
	if (!options->kind || !options->offers(options->kind))
		usage_error("--what: '%s' is not one of those that --list prints", name);
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct scene_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		options->operations = 100;
		options->delay_ns = 1000000;
		break;
	case 'w':
		set_kind(options, value);
		break;
	case 'n':
		options->operations = parse_count("--ops", value, operations_bounds);
		break;
	case 'd':
		options->has_delay = true;
		options->delay_ns = parse_time("--delay", value, delay_bounds);
		break;
	case 's':
		options->size = parse_size("--size", value, size_bounds);
		break;
	case 'f':
		options->path = value;
		break;
	case 'l':
		print_list(options);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

void scene_options__settle(struct scene_options *options, struct task_options *task)
{
	if (!options->kind && task->kind == TASK_UNSET)
		usage_error("--what (or --task) is missing; --list names what there is");
	if (options->kind && task->kind != TASK_UNSET)
		usage_error("--what and --task: one of them");
	if (options->kind) {
		if (task->descriptors || task->over)
			usage_error("--descriptors and --over apply to --task");
		return;
	}
	task->operations = options->operations;
	task->has_delay = options->has_delay;
	task->delay_ns = options->has_delay ? options->delay_ns : 0;
	task->size = options->size;
	task->path = options->path;
	task_options__settle(task, task->kind);
}

const struct argp scene_argp = {.options = option_table, .parser = parse_option};

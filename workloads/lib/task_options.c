// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>

#include "arguments.h"
#include "block_file.h"
#include "task.h"

enum { KEY_OVER = 0x100 };

static const struct task_channel channels[] = {
	{"unix", SOURCE_UNIX, "ipc", "thread", NULL},
	{"pipe", SOURCE_PIPE, "ipc", "thread", NULL},
	{"tcp", SOURCE_SOCKET, "network", "softirq", "softirq,thread,kernel"},
};

const struct task_channel task_channel_listener = {"tcp", SOURCE_LISTENER, "network", "softirq",
						   "softirq,thread,kernel"};

static const struct argp_option option_table[] = {
	{"ops", 'n', "N", 0, "number of operations (default 100)", 0},
	{"delay", 'd', "TIME", 0, "receive: from one block to the next (default 1ms)", 0},
	{"size", 's', "BYTES", 0, "bytes per block (default 64; files 4096)", 0},
	{"file", 'f', "PATH", 0, "make the file there; it must not exist, and is removed", 0},
	{0},
};

static const struct argp_option choice_option_table[] = {
	{"task", 'T', "TASK", 0, "receive or file: the task by which I/O models are compared", 0},
	{"descriptors", 'c', "N", 0, "descriptors over which the blocks come (default 1)", 0},
	{"over", KEY_OVER, "CHANNEL", 0, "receive: unix, pipe or tcp (default unix)", 0},
	{0},
};

static const struct argp_option request_option_table[] = {
	{"depth", 'q', "N", 0, "most requests in flight (default 1)", 0},
	{"mode", 'm', "MODE", 0, "file: direct or buffered (default direct)", 0},
	{0},
};

static const struct bounds blocks_bounds = {1, 1000000, "1 to 1000000"};
static const struct bounds interval_bounds = {1000, 3600ULL * 1000000000, "1us to 3600s"};
static const struct bounds descriptor_bounds = {1, FEED_SOURCES_MAX, "1 to 10000"};
static const struct bounds block_bounds = {1, BLOCK_FILE_BLOCK_MAX, "1 to 16M"};
static const struct bounds depth_bounds = {1, 1024, "1 to 1024"};

static enum task_kind parse_task(const char *name)
{
	if (strcmp(name, "receive") == 0)
		return TASK_RECEIVE;
	if (strcmp(name, "file") == 0)
		return TASK_FILE;
	usage_error("--task: '%s' is neither receive nor file", name);
}

static const struct task_channel *find_channel(const char *name)
{
	for (size_t i = 0; i < sizeof(channels) / sizeof(*channels); i++)
		if (strcmp(channels[i].name, name) == 0)
			return &channels[i];
	usage_error("--over: '%s' is none of unix, pipe, tcp", name);
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct task_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = options;
		return 0;
	case 'n':
		options->operations = parse_count("--ops", value, blocks_bounds);
		return 0;
	case 'd':
		options->has_delay = true;
		options->delay_ns = parse_time("--delay", value, interval_bounds);
		return 0;
	case 's':
		options->size = parse_size("--size", value, block_bounds);
		return 0;
	case 'f':
		options->path = value;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_choice_option(int key, char *value, struct argp_state *state)
{
	struct task_options *options = state->input;

	switch (key) {
	case 'T':
		options->kind = parse_task(value);
		return 0;
	case 'c':
		options->descriptors = parse_count("--descriptors", value, descriptor_bounds);
		return 0;
	case KEY_OVER:
		options->over = find_channel(value);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_request_option(int key, char *value, struct argp_state *state)
{
	struct task_options *options = state->input;

	switch (key) {
	case 'q':
		options->depth = parse_count("--depth", value, depth_bounds);
		return 0;
	case 'm':
		if (strcmp(value, "direct") != 0 && strcmp(value, "buffered") != 0)
			usage_error("--mode: '%s' is neither direct nor buffered", value);
		options->mode = value;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp task_choice_argp = {.options = choice_option_table,
				      .parser = parse_choice_option};

static const struct argp_child children[] = {{&task_choice_argp, 0, NULL, 0}, {0}};
const struct argp task_argp = {
	.options = option_table, .parser = parse_option, .children = children};

const struct argp request_argp = {.options = request_option_table, .parser = parse_request_option};

static void settle_receive(struct task_options *options)
{
	if (options->path)
		usage_error("--file does not apply to receiving");
	if (options->mode)
		usage_error("--mode does not apply to receiving");
	if (options->size > FEED_SIZE_MAX)
		usage_error("--size: a block that is received has at most %d bytes", FEED_SIZE_MAX);
	if (options->descriptors > options->operations)
		usage_error("--descriptors: some would get none of the --ops blocks");
	if (!options->has_delay)
		options->delay_ns = 1000000;
	if (!options->size)
		options->size = 64;
	if (!options->over)
		options->over = &channels[0];
}

static void settle_file(struct task_options *options)
{
	if (options->has_delay)
		usage_error("--delay does not apply to files: the device decides");
	if (options->over)
		usage_error("--over does not apply to files");
	if (!options->size)
		options->size = BLOCK_FILE_BLOCK;
	if (!options->mode)
		options->mode = "direct";
	options->is_buffered = strcmp(options->mode, "buffered") == 0;
	if (!options->is_buffered && options->size % BLOCK_FILE_BLOCK)
		usage_error("--size: without buffers it is a multiple of %d", BLOCK_FILE_BLOCK);
}

static void settle_none(struct task_options *options)
{
	if (options->path || options->mode || options->size || options->descriptors ||
	    options->over)
		usage_error("--file, --mode, --size, --descriptors, --over: there is no I/O here");
	if (!options->has_delay)
		options->delay_ns = 1000000;
}

void task_options__settle(struct task_options *options, enum task_kind kind)
{
	if (options->kind == TASK_UNSET)
		options->kind = kind;
	if (!options->operations)
		options->operations = 100;
	if (options->kind == TASK_RECEIVE)
		settle_receive(options);
	else if (options->kind == TASK_FILE)
		settle_file(options);
	else
		settle_none(options);
	if (!options->descriptors)
		options->descriptors = 1;
	if (!options->depth)
		options->depth = 1;
}

void task_options__refuse(const struct task_options *options, enum task_kind kind,
			  const char *program)
{
	if (options->kind == kind)
		usage_error("--task %s does not apply to %s",
			    kind == TASK_RECEIVE ? "receive" : "file", program);
}

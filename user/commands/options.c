// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/records.h"
#include "collect/session.h"
#include "commands/commands.h"
#include "commands/options.h"
#include "names/units.h"

enum long_option {
	OPTION_BUCKETS = 256,
	OPTION_TIER,
	OPTION_MAP_ENTRIES,
	OPTION_MEMORY,
};

static const struct argp_option table[] = {
	{NULL, 0, NULL, 0, "What to trace (one of these, or a command):", 1},
	{"pid", 'p', "PID", 0, "A process and what it creates; commas, repeatable", 1},
	{"tid", 't', "TID", 0, "Single threads", 1},
	{"tree", 'P', "PID", 0, "A process and all its descendants", 1},
	{"name", 'n', "COMM", 0, "All processes of that name, now and later", 1},
	{"cgroup", 'g', "PATH", 0, "A cgroup (v2) with what is below it", 1},
	{"all", 'a', NULL, 0, "The whole system", 1},
	{NULL, 0, NULL, 0, "How:", 2},
	{"duration", 'd', "TIME", 0, "Stop after TIME (250ms, 2s, 1m)", 2},
	{"tier", OPTION_TIER, "full|waits", 0,
	 "full: syscalls too (default); waits: scheduler only, half the cost", 2},
	{"map-entries", OPTION_MAP_ENTRIES, "N", 0, "Room for N threads (default 8192)", 2},
	{"memory", OPTION_MEMORY, "SIZE", 0, "Bound on kernel memory instead (64M)", 2},
	{NULL, 0, NULL, 0, "Output:", 3},
	{"buckets", OPTION_BUCKETS, NULL, 0, "JSON with the buckets of every distribution", 3},
	{"quiet", 'q', NULL, 0, "No progress line", 3},
	{0},
};

void option__refuse(const struct argp_state *state, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s: ", state->name);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(EXIT_USAGE);
}

static const char *const target_names[] = {
	[TARGET_COMMAND] = "a command", [TARGET_PID] = "--pid",	  [TARGET_TID] = "--tid",
	[TARGET_TREE] = "--tree",	[TARGET_NAME] = "--name", [TARGET_CGROUP] = "--cgroup",
	[TARGET_ALL] = "--all",
};

static void set_target(struct trace_options *options, enum target_kind kind,
		       struct argp_state *state)
{
	if (options->has_target && options->target.kind != kind)
		option__refuse(state, "%s and %s cannot be combined",
			       target_names[options->target.kind], target_names[kind]);
	if (options->has_target && kind != TARGET_PID && kind != TARGET_TID && kind != TARGET_TREE)
		option__refuse(state, "%s can be given only once", target_names[kind]);
	options->has_target = true;
	options->target.kind = kind;
}

static void set_ids(struct trace_options *options, enum target_kind kind, const char *list,
		    struct argp_state *state)
{
	const char *why = NULL;
	int err;

	set_target(options, kind, state);
	err = target__add_ids(&options->target, list, &why);
	if (err)
		option__refuse(state, "%s %s: %s", target_names[kind], list,
			       why ? why : strerror(-err));
}

static void set_text(struct trace_options *options, enum target_kind kind, const char *text,
		     struct argp_state *state)
{
	set_target(options, kind, state);
	if (!*text)
		option__refuse(state, "%s needs a value", target_names[kind]);
	if (kind == TARGET_NAME && strlen(text) >= RECORDS_COMM)
		option__refuse(state, "--name %s: names of processes have at most %d characters",
			       text, RECORDS_COMM - 1);
	options->target.text = strdup(text);
	if (!options->target.text)
		argp_failure(state, EXIT_FAILED, ENOMEM, "--name");
}

uint64_t option__time(const char *option, const char *text, const struct argp_state *state)
{
	const char *why = NULL;
	uint64_t ns = 0;

	if (units__parse_time(text, &ns, &why))
		option__refuse(state, "%s %s: %s", option, text, why);
	return ns;
}

uint64_t option__count(const char *option, const char *text, uint64_t low, uint64_t high,
		       const struct argp_state *state)
{
	const char *why = NULL;
	uint64_t count = 0;

	if (units__parse_count(text, low, high, &count, &why))
		option__refuse(state, "%s %s: %s", option, text, why);
	return count;
}

uint64_t option__size(const char *option, const char *text, uint64_t low, uint64_t high,
		      const struct argp_state *state)
{
	const char *why = NULL;
	uint64_t bytes = 0;

	if (units__parse_size(text, &bytes, &why))
		option__refuse(state, "%s %s: %s", option, text, why);
	if (bytes < low || bytes > high)
		option__refuse(state, "%s %s: must be between %llu and %llu bytes", option, text,
			       (unsigned long long)low, (unsigned long long)high);
	return bytes;
}

#define MAP_ENTRIES_LOW	 16
#define MAP_ENTRIES_HIGH 1000000

static uint64_t entries_of_memory(const char *text, struct argp_state *state)
{
	const char *why = NULL;
	uint64_t bytes = 0, entries;

	if (units__parse_size(text, &bytes, &why))
		option__refuse(state, "--memory %s: %s", text, why);
	entries = bytes > SESSION_BYTES ? (bytes - SESSION_BYTES) / SESSION_BYTES_PER_ENTRY : 0;
	if (entries < MAP_ENTRIES_LOW || entries > MAP_ENTRIES_HIGH)
		option__refuse(
			state,
			"--memory %s: must be between %llu and %llu bytes, %d for each thread",
			text,
			SESSION_BYTES +
				(unsigned long long)MAP_ENTRIES_LOW * SESSION_BYTES_PER_ENTRY,
			SESSION_BYTES +
				(unsigned long long)MAP_ENTRIES_HIGH * SESSION_BYTES_PER_ENTRY,
			SESSION_BYTES_PER_ENTRY);
	return entries;
}

static enum tier tier_of(const char *text, struct argp_state *state)
{
	if (strcmp(text, "waits") == 0)
		return TIER_WAITS;
	if (strcmp(text, "full") != 0)
		option__refuse(state, "--tier %s: is 'full' or 'waits'", text);
	return TIER_FULL;
}

static error_t parse_target(int key, char *text, struct argp_state *state)
{
	struct trace_options *options = state->input;

	switch (key) {
	case 'p':
		set_ids(options, TARGET_PID, text, state);
		return 0;
	case 't':
		set_ids(options, TARGET_TID, text, state);
		return 0;
	case 'P':
		set_ids(options, TARGET_TREE, text, state);
		return 0;
	case 'n':
		set_text(options, TARGET_NAME, text, state);
		return 0;
	case 'g':
		set_text(options, TARGET_CGROUP, text, state);
		return 0;
	case 'a':
		set_target(options, TARGET_ALL, state);
		return 0;
	case ARGP_KEY_ARGS:
		set_target(options, TARGET_COMMAND, state);
		options->target.command = state->argv + state->next;
		return 0;
	case ARGP_KEY_END:
		if (!options->has_target && !options->needs_no_target)
			option__refuse(state,
				       "nothing to trace: give a command (-- COMMAND), --pid, "
				       "--name ... or --all");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct trace_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->output;
		return 0;
	case 'd':
		options->duration = option__time("--duration", text, state);
		if (!options->duration)
			option__refuse(state, "--duration %s: must be longer than nothing", text);
		return 0;
	case 'q':
		options->quiet = true;
		return 0;
	case OPTION_TIER:
		options->tier = tier_of(text, state);
		return 0;
	case OPTION_BUCKETS:
		options->output.json = options->output.buckets = true;
		return 0;
	case OPTION_MAP_ENTRIES:
		options->map_entries = option__count("--map-entries", text, MAP_ENTRIES_LOW,
						     MAP_ENTRIES_HIGH, state);
		return 0;
	case OPTION_MEMORY:
		options->map_entries = entries_of_memory(text, state);
		return 0;
	}
	return parse_target(key, text, state);
}

static const struct argp_child children[] = {{&output_rows_argp, 0, NULL, 0}, {0}};

const struct argp trace_argp = {.options = table, .parser = parse, .children = children};

void options__parse(const struct argp *verb, int argc, char **argv, void *input)
{
	argp_err_exit_status = EXIT_USAGE;
	if (argp_parse(verb, argc, argv, ARGP_IN_ORDER, NULL, input))
		exit(EXIT_USAGE);
}

void trace_options__parse(struct trace_options *options, const struct argp *verb, int argc,
			  char **argv)
{
	options__parse(verb, argc, argv, options);
}

struct tracing_options trace_options__tracing(struct trace_options *options)
{
	return (struct tracing_options){
		.target = &options->target,
		.tier = options->tier,
		.duration = options->duration,
		.map_entries = options->map_entries,
		.quiet = options->quiet,
		.verbose = options->output.verbose,
	};
}

void trace_options__clear(struct trace_options *options)
{
	target__clear(&options->target);
}

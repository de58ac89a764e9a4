// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "commands/output_options.h"

#include "commands/options.h"

enum { OPTION_JSON = 1792, OPTION_TOP, OPTION_MIN, OPTION_NO_COLOR };

static const struct argp_option output_table[] = {
	{"output", 'o', "FILE", 0, "Results to FILE, whole or not at all", 3},
	{"json", OPTION_JSON, NULL, 0, "JSON instead of text", 3},
	{"no-color", OPTION_NO_COLOR, NULL, 0, "No colours", 3},
	{0},
};

static const struct argp_option rows_table[] = {
	{"top", OPTION_TOP, "N", 0, "Rows in each table", 3},
	{"min", OPTION_MIN, "TIME", 0, "Leave out rows below TIME", 3},
	{"verbose", 'v', NULL, 0, "Everything: all rows, threads, wakers, the whole audit", 3},
	{0},
};

static error_t parse_output(int key, char *text, struct argp_state *state)
{
	struct output_options *options = state->input;

	switch (key) {
	case 'o':
		options->path = text;
		return 0;
	case OPTION_JSON:
		options->json = true;
		return 0;
	case OPTION_NO_COLOR:
		options->no_colour = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse_rows(int key, char *text, struct argp_state *state)
{
	struct output_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = options;
		return 0;
	case OPTION_TOP:
		options->top = option__count("--top", text, 1, 1000000, state);
		return 0;
	case OPTION_MIN:
		options->min = option__time("--min", text, state);
		return 0;
	case 'v':
		options->verbose = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp output_argp = {.options = output_table, .parser = parse_output};

static const struct argp_child rows_children[] = {{&output_argp, 0, NULL, 0}, {0}};

const struct argp output_rows_argp = {
	.options = rows_table, .parser = parse_rows, .children = rows_children};

struct render_options output_options__page(const struct output_options *options,
					   const struct output *output)
{
	struct render_options page = output__style(output, options->no_colour);

	page.top = (unsigned int)options->top;
	page.min = options->min;
	page.verbose = options->verbose;
	page.buckets = options->buckets;
	return page;
}

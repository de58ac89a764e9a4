// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/options.h"
#include "commands/stack_options.h"
#include "names/units.h"

enum long_option {
	OPTION_STACKS = 512,
	OPTION_VIEW,
	OPTION_SAMPLE,
	OPTION_WAKER_STACKS,
	OPTION_FOLDED,
	OPTION_FLAME,
};

static const struct argp_option stacks_table[] = {
	{NULL, 0, NULL, 0, "Stacks:", 4},
	{"stacks", OPTION_STACKS, "kernel|user|both", OPTION_ARG_OPTIONAL,
	 "Where waits begin: stacks of the kernel, of the program (needs frame pointers), or both",
	 4},
	{0},
};

static const struct argp_option taking_table[] = {
	{"sample", OPTION_SAMPLE, "HZ", OPTION_ARG_OPTIONAL,
	 "Also stacks of threads on a CPU, HZ times a second (default 99)", 4},
	{"waker-stacks", OPTION_WAKER_STACKS, NULL, 0, "Also stacks of those who end waits", 4},
	{0},
};

static const struct argp_option files_table[] = {
	{"flame", OPTION_FLAME, "FILE", 0, "A flame graph as an SVG file of its own", 4},
	{"folded", OPTION_FOLDED, "FILE", 0, "Folded stacks, as flamegraph.pl reads them (ns)", 4},
	{"view", OPTION_VIEW, "blocked|waker|cpu", 0,
	 "What these two show: blocked time by where it was waited (default), or by who ended it; "
	 "samples",
	 4},
	{0},
};

#define SAMPLE_RATE	 99 /* no multiple of what programs do a hundred times a second */
#define SAMPLE_RATE_HIGH 10000

#define STACK_OF_BOTH (STACK_OF_KERNEL | STACK_OF_USER)

static uint32_t mode_of(const char *text, const struct argp_state *state)
{
	if (!text || !strcmp(text, "both"))
		return STACK_OF_BOTH;
	if (!strcmp(text, "kernel"))
		return STACK_OF_KERNEL;
	if (!strcmp(text, "user"))
		return STACK_OF_USER;
	option__refuse(state, "--stacks=%s: is 'kernel', 'user' or 'both'", text);
}

static enum stack_view view_of(const char *text, const struct argp_state *state)
{
	if (!strcmp(text, "blocked"))
		return STACK_VIEW_BLOCKED;
	if (!strcmp(text, "waker"))
		return STACK_VIEW_WAKER;
	if (!strcmp(text, "cpu"))
		return STACK_VIEW_CPU;
	option__refuse(state, "--view %s: is 'blocked', 'waker' or 'cpu'", text);
}

static bool has_file(const struct stack_options *options)
{
	return options->folded || options->flame;
}

static error_t parse_stacks(int key, char *text, struct argp_state *state)
{
	struct stack_options *options = state->input;

	if (key != OPTION_STACKS)
		return ARGP_ERR_UNKNOWN;
	options->mode = mode_of(text, state);
	return 0;
}

/* What is asked for takes what it is made of. */
static void settle(struct stack_options *options)
{
	if (options->view == STACK_VIEW_CPU && !options->sample_rate)
		options->sample_rate = SAMPLE_RATE;
	if (options->view == STACK_VIEW_WAKER)
		options->wakers = true;
	if ((has_file(options) || options->sample_rate || options->wakers) && !options->mode)
		options->mode = STACK_OF_BOTH;
	if (options->wakers)
		options->mode |= STACK_OF_WAKERS;
}

static error_t parse_taking(int key, char *text, struct argp_state *state)
{
	struct stack_options *options = state->input;

	switch (key) {
	case OPTION_SAMPLE:
		options->sample_rate = SAMPLE_RATE;
		if (text)
			options->sample_rate = (uint32_t)option__count("--sample", text, 1,
								       SAMPLE_RATE_HIGH, state);
		return 0;
	case OPTION_WAKER_STACKS:
		options->wakers = true;
		return 0;
	case ARGP_KEY_END:
		settle(options);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse_files(int key, char *text, struct argp_state *state)
{
	struct stack_options *options = state->input;

	switch (key) {
	case OPTION_VIEW:
		options->view = view_of(text, state);
		return 0;
	case OPTION_FOLDED:
		options->folded = text;
		return 0;
	case OPTION_FLAME:
		options->flame = text;
		return 0;
	case ARGP_KEY_END:
		if (options->view != STACK_VIEW_BLOCKED && !has_file(options))
			option__refuse(state, "--view is of --flame or --folded, and neither is "
					      "given");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp stacks_argp = {.options = stacks_table, .parser = parse_stacks};
const struct argp stack_taking_argp = {.options = taking_table, .parser = parse_taking};
const struct argp stack_files_argp = {.options = files_table, .parser = parse_files};

void stack_options__tell(const struct stack_options *options, struct tracing_options *tracing)
{
	tracing->stack_mode = options->mode;
	tracing->sample_rate = options->sample_rate;
}

int stack_options__begin(struct stack_options *options)
{
	int status = 0;

	if (options->folded)
		status = output__begin(&options->folded_output, options->folded);
	if (!status && options->flame)
		status = output__begin(&options->flame_output, options->flame);
	return status;
}

static const char *const titles[] = {
	[STACK_VIEW_BLOCKED] = "Blocked time, by where it was waited",
	[STACK_VIEW_WAKER] = "Blocked time, by who ended it",
	[STACK_VIEW_CPU] = "On a CPU (samples)",
};

static int write_files(struct stack_options *options, const struct folded *folded,
		       const char *subtitle)
{
	struct flame_options flame = {
		.title = titles[options->view],
		.subtitle = subtitle,
		.unit = options->view == STACK_VIEW_CPU ? FLAME_SAMPLES : FLAME_NS,
	};
	int status = 0;

	if (options->folded) {
		errno = 0;
		status = output__conclude(&options->folded_output,
					  render__folded(options->folded_output.stream, folded));
	}
	if (!status && options->flame) {
		errno = 0;
		status = output__conclude(
			&options->flame_output,
			render__flame_svg(options->flame_output.stream, folded, NULL, &flame));
	}
	return status;
}

void stacks__say_hidden(const struct stacks *stacks)
{
	if (stacks && stacks->kernel_hidden)
		complain("the kernel hides its addresses (kernel.kptr_restrict, or no CAP_SYSLOG): "
			 "its functions have no names");
}

/* The line below the title of a picture: what was traced, for how long. NULL: no memory. */
static char *subtitle_of(const struct profile *profile)
{
	char *subtitle = NULL, window[UNITS_TEXT];

	units__time(profile->window, window);
	if (!profile->command)
		return strdup(window);
	return asprintf(&subtitle, "%s, %s", profile->command[0], window) < 0 ? NULL : subtitle;
}

int stack_options__conclude(struct stack_options *options, const struct profile *profile)
{
	struct folded folded = {0};
	char *subtitle;
	int status;

	if (!profile->stacks || !has_file(options))
		return 0;
	subtitle = subtitle_of(profile);
	if (!subtitle || folded__of_stacks(&folded, profile->stacks, options->view)) {
		complain("%s", strerror(ENOMEM));
		status = EXIT_FAILED;
	} else {
		status = write_files(options, &folded, subtitle);
	}
	folded__clear(&folded);
	free(subtitle);
	return status;
}

void stack_options__close(struct stack_options *options)
{
	output__close(&options->folded_output);
	output__close(&options->flame_output);
}

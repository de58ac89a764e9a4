// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* waitscope profile: where every thread's time goes. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/html_file.h"
#include "commands/options.h"
#include "commands/output.h"
#include "commands/stack_options.h"
#include "commands/tracing.h"
#include "render/render.h"

static const char documentation[] =
	"Where every thread's time goes: running, runnable, preempted, blocked (on what, in which "
	"call, ended by whom), idle."
	"\v"
	"Examples:\n"
	"  waitscope profile -- dd if=/dev/zero of=/tmp/x bs=1M count=100 oflag=direct\n"
	"  waitscope profile -p 4711 -d 10s\n"
	"  waitscope profile -n nginx --tier waits -d 1m --json -o nginx.json\n"
	"  waitscope profile --flame blocked.svg -p 4711 -d 10s\n"
	"  waitscope profile --html nginx.html --stacks -n nginx -d 10s\n"
	"\n"
	"Times take units (250us, 1.5ms, 2s), sizes too (64K, 1M). With a command, its exit status "
	"is passed on; else 0 done, 1 failed, 2 wrong usage.";

static int report(const struct output_options *options, struct output *output,
		  const struct profile *profile)
{
	struct render_options render = output_options__page(options, output);
	int err;

	errno = 0;
	err = options->json ? render__json(output->stream, profile, &render)
			    : render__text(output->stream, profile, &render);
	return output__conclude(output, err);
}

/* What the command line asks for. */
struct options {
	struct trace_options trace;
	struct stack_options stacks;
	const char *html; /* path; NULL: none */
	struct output html_output;
};

enum { OPTION_HTML = 768 };

static const struct argp_option table[] = {
	{"html", OPTION_HTML, "FILE", 0, "Also a page for a browser, which needs nothing else", 3},
	{0},
};

static int trace(struct options *options, struct tracing *tracing)
{
	struct output output = {0};
	const struct profile *profile;
	int status;

	status = output__begin(&output, options->trace.output.path);
	if (!status)
		status = stack_options__begin(&options->stacks);
	if (!status && options->html)
		status = output__begin(&options->html_output, options->html);
	if (!status)
		status = tracing__run(tracing, &profile);
	if (!status)
		status = report(&options->trace.output, &output, profile);
	if (!status)
		stacks__say_hidden(profile->stacks);
	if (!status)
		status = stack_options__conclude(&options->stacks, profile);
	if (!status && options->html)
		status = html_file__of_profile(&options->html_output, profile);
	if (!status)
		status = tracing__conclude(tracing);
	output__close(&output);
	stack_options__close(&options->stacks);
	output__close(&options->html_output);
	return status;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct options *options = state->input;

	if (key == OPTION_HTML) {
		options->html = text;
		return 0;
	}
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = &options->trace;
	for (int i = 1; i < 4; i++)
		state->child_inputs[i] = &options->stacks;
	return 0;
}

int command_profile(int argc, char **argv)
{
	const struct argp_child children[] = {{&trace_argp, 0, NULL, 0},
					      {&stacks_argp, 0, NULL, 0},
					      {&stack_taking_argp, 0, NULL, 0},
					      {&stack_files_argp, 0, NULL, 0},
					      {0}};
	const struct argp verb = {.options = table,
				  .parser = parse,
				  .args_doc = "[-- COMMAND [ARG...]]",
				  .doc = documentation,
				  .children = children};
	struct options options = {0};
	struct tracing_options tracing_options;
	struct tracing *tracing;
	int status;

	options__parse(&verb, argc, argv, &options);
	tracing_options = trace_options__tracing(&options.trace);
	stack_options__tell(&options.stacks, &tracing_options);
	status = tracing__new(&tracing, &tracing_options);
	if (!status)
		status = trace(&options, tracing);
	tracing__free(tracing);
	trace_options__clear(&options.trace);
	return status;
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* waitscope profile: where every thread's time goes. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/options.h"
#include "commands/output.h"
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
	"\n"
	"Times take units (250us, 1.5ms, 2s), sizes too (64K, 1M). With a command, its exit status "
	"is passed on; else 0 done, 1 failed, 2 wrong usage.";

static int report(const struct trace_options *options, struct output *output,
		  const struct profile *profile)
{
	struct render_options render = output__style(output, options->no_colour);
	int err;

	render.top = options->top;
	render.min = options->min;
	render.verbose = options->verbose;
	render.buckets = options->buckets;
	errno = 0;
	err = options->json ? render__json(output->stream, profile, &render)
			    : render__text(output->stream, profile, &render);
	return output__conclude(output, err);
}

static int trace(const struct trace_options *options, struct tracing *tracing)
{
	struct output output = {0};
	const struct profile *profile;
	int status;

	status = output__begin(&output, options->output);
	if (!status)
		status = tracing__run(tracing, &profile);
	if (!status)
		status = report(options, &output, profile);
	if (!status)
		status = tracing__conclude(tracing);
	output__close(&output);
	return status;
}

int command_profile(int argc, char **argv)
{
	const struct argp_child children[] = {{&trace_argp, 0, NULL, 0}, {0}};
	const struct argp verb = {
		.args_doc = "[-- COMMAND [ARG...]]", .doc = documentation, .children = children};
	struct trace_options options = {0};
	struct tracing_options tracing_options;
	struct tracing *tracing;
	int status;

	trace_options__parse(&options, &verb, argc, argv);
	tracing_options = trace_options__tracing(&options);
	status = tracing__new(&tracing, &tracing_options);
	if (!status)
		status = trace(&options, tracing);
	tracing__free(tracing);
	trace_options__clear(&options);
	return status;
}

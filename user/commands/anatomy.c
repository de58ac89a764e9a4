// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* waitscope anatomy: one blocking call, stage by stage. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/event_source.h"
#include "commands/options.h"
#include "commands/output.h"
#include "commands/trace_filter.h"
#include "names/units.h"
#include "recording/anatomist.h"
#include "render/anatomy.h"

static const char documentation[] =
	"Lays out the longest call that slept in the ten stages of a blocking call: when each began and "
	"how long it took to get there, on which CPU, who ran there meanwhile, who woke it and in which "
	"call that was."
	"\v"
	"Examples:\n"
	"  waitscope anatomy --syscall read -- waitscope workload run blocking --what pipe\n"
	"  waitscope anatomy -p 4711 -d 5s --rank 2\n"
	"  waitscope anatomy --from-file nginx.rec --tid 4712 --syscall fsync\n"
	"\n"
	"Stages 3 to 5 are one switch, so they have one instant; 6 and 7 are one waking. When a woken "
	"thread gets its place on a run queue (8) is not in the events. A call that slept several times "
	"goes through 2 to 9 again. The times in the second column add up to the duration exactly. Exit "
	"status: that of the command, or 0 done, 1 failed or no such call, 2 wrong usage.";

enum {
	OPTION_SYSCALL = 512,
	OPTION_RANK,
	OPTION_FROM_FILE,
	OPTION_BUFFER,
};

static const struct argp_option table[] = {
	{NULL, 0, NULL, 0, "Which call:", 4},
	{"syscall", OPTION_SYSCALL, "NAMES", 0, "One of these, with commas", 4},
	{"rank", OPTION_RANK, "N", 0, "The Nth longest (default 1)", 4},
	{"from-file", OPTION_FROM_FILE, "FILE", 0,
	 "Of a recording; --tid then says of which thread", 4},
	{"buffer", OPTION_BUFFER, "SIZE", 0, "Ring buffer of each CPU (default 8M)", 2},
	{0},
};

#define RANK_MOST 1000

struct anatomy_verb {
	struct trace_options trace;
	struct trace_filter filter;
	const char *file;
	uint64_t buffer, rank;
};

struct showing {
	const struct anatomy_verb *verb;
	struct output output;
	struct anatomist *anatomist;
	int status; /* of what was to be shown */
};

static void finish(const struct anatomy_verb *verb, const struct argp_state *state)
{
	bool by_thread = verb->trace.has_target && verb->trace.target.kind == TARGET_TID;

	if (verb->file && verb->trace.has_target && !by_thread)
		option__refuse(state, "--from-file: what was traced is in the recording");
	if (verb->trace.buckets || verb->trace.top || verb->trace.min)
		option__refuse(state, "--buckets, --top and --min are for reports");
	if (verb->trace.tier == TIER_WAITS)
		option__refuse(state, "--tier waits: it does not see calls");
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct anatomy_verb *verb = state->input;
	char reason[TRACE_FILTER_REASON];

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &verb->trace;
		return 0;
	case OPTION_SYSCALL:
		if (trace_filter__syscalls(&verb->filter, text, reason))
			option__refuse(state, "--syscall %s: %s", text, reason);
		return 0;
	case OPTION_RANK:
		verb->rank = option__count("--rank", text, 1, RANK_MOST, state);
		return 0;
	case OPTION_FROM_FILE:
		verb->file = text;
		verb->trace.needs_no_target = true;
		return 0;
	case OPTION_BUFFER:
		verb->buffer = option__buffer(text, state);
		return 0;
	case ARGP_KEY_SUCCESS:
		finish(verb, state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static bool wants(void *context, int tid, const char *syscall)
{
	const struct anatomy_verb *verb = context;
	const struct target *target = &verb->trace.target;
	const struct trace_line line = {.syscall = syscall};

	if (!trace_filter__takes(&verb->filter, &line))
		return false;
	if (!verb->file || !verb->trace.has_target)
		return true;
	for (size_t i = 0; i < target->id_count; i++)
		if (target->ids[i] == tid)
			return true;
	return false;
}

static int begin(void *context, struct cast *cast, const struct profile *head)
{
	struct showing *showing = context;
	const struct anatomist_options options = {
		.keep = showing->verb->rank, .wants = wants, .context = (void *)showing->verb};

	if (head->tier != TIER_FULL) {
		complain("it was recorded in the waits tier, which does not see calls");
		return -EINVAL;
	}
	showing->anatomist = anatomist__new(&options, cast);
	return showing->anatomist ? 0 : -ENOMEM;
}

static int take(void *context, unsigned int cpu, const struct stream_event *event)
{
	return anatomist__event(((struct showing *)context)->anatomist, cpu, event);
}

static int show(struct showing *showing)
{
	const struct anatomy *anatomy =
		anatomist__call(showing->anatomist, showing->verb->rank - 1);
	uint64_t seen = anatomist__seen(showing->anatomist);
	char count[UNITS_TEXT];
	int err;

	if (!anatomy) {
		complain("no such call: %s of them slept and returned", units__count(seen, count));
		return EXIT_FAILED;
	}
	errno = 0;
	if (showing->verb->trace.json)
		err = render__anatomy_json(showing->output.stream, anatomy);
	else
		err = render__anatomy_text(showing->output.stream, anatomy,
					   output__style(&showing->output, true).unicode);
	return output__conclude(&showing->output, err);
}

static int end(void *context, const struct event_end *end)
{
	struct showing *showing = context;
	char count[UNITS_TEXT];

	if (end->stream.lost)
		complain("%s events LOST for want of room (--buffer): a longer call may be missing",
			 units__count(end->stream.lost, count));
	showing->status = show(showing);
	return 0;
}

static int run(struct anatomy_verb *verb, struct showing *showing)
{
	const struct event_consumer consumer = {
		.begin = begin, .event = take, .finish = end, .context = showing};
	int status = output__begin(&showing->output, verb->trace.output);

	if (!status && verb->file)
		status = event_source__read(verb->file, &consumer);
	else if (!status)
		status = event_source__trace(&verb->trace, verb->buffer, &consumer);
	return status ? status : showing->status;
}

int command_anatomy(int argc, char **argv)
{
	const struct argp_child children[] = {{&trace_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {.options = table,
				  .parser = parse,
				  .args_doc = "[-- COMMAND [ARG...]]",
				  .doc = documentation,
				  .children = children};
	struct anatomy_verb verb = {.buffer = STREAM_BUFFER_DEFAULT, .rank = 1};
	struct showing showing = {.verb = &verb};
	int status;

	options__parse(&argp, argc, argv, &verb);
	status = run(&verb, &showing);
	anatomist__free(showing.anatomist);
	output__close(&showing.output);
	trace_options__clear(&verb.trace);
	return status;
}

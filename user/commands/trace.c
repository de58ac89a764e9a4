// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* waitscope trace: live, one line per finished call or wait. */
#define _GNU_SOURCE
#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/event_source.h"
#include "commands/options.h"
#include "commands/output.h"
#include "commands/trace_filter.h"
#include "names/units.h"
#include "recording/lines.h"
#include "render/trace_line.h"

static const char documentation[] =
	"Prints, as it happens, each call that slept: how long, in which state, for what, who woke it, "
	"and what it returned. Also each sleep in no call: a page fault, a kernel thread."
	"\v"
	"Examples:\n"
	"  waitscope trace -- ls -l\n"
	"  waitscope trace -p 4711 --min 1ms --class disk,lock\n"
	"  waitscope trace -n nginx -d 10s --json -o nginx.jsonl\n"
	"  waitscope trace --from-file nginx.rec --syscall fsync\n"
	"\n"
	"Columns: when the call was over, in seconds since the trace began; thread; how long it was "
	"asleep, '>=' if an edge of the window cut that; in which state (S interruptible, D "
	"uninterruptible, K killable, T stopped, t traced, I idle, F frozen) and for what (the wait "
	"classes of docs/definitions.md); how long it waited for a CPU then; the call, on what, its "
	"result and its duration; behind the arrow who woke it last: a thread, or the context of an "
	"interrupt (hardirq, softirq, timer), io-wq, kernel, signal. 'unfinished': it did not return. "
	"Of a call with several waits, the times are sums and the rest is that of the longest kind.\n"
	"\n"
	"In the waits tier there are no calls, but a line for each wait. With -o FILE the lines do not "
	"mix with what a command writes; they are in it as they happen. Exit status: that of the command, "
	"or 0 done, 1 failed, 2 wrong usage.";

enum {
	OPTION_CLASS = 512,
	OPTION_WAKER,
	OPTION_SYSCALL,
	OPTION_ALL_CALLS,
};

static const struct argp_option table[] = {
	{NULL, 0, NULL, 0, "Which lines:", 4},
	{"class", OPTION_CLASS, "NAMES", 0, "Waits of these classes (disk, lock ...), with commas",
	 4},
	{"waker", OPTION_WAKER, "NAMES", 0,
	 "Woken by thread, hardirq, softirq, timer, signal, io-wq, kernel, unknown, or a TID", 4},
	{"syscall", OPTION_SYSCALL, "NAMES", 0, "These calls, with commas", 4},
	{"all-calls", OPTION_ALL_CALLS, NULL, 0, "Also calls that did not sleep", 4},
	{0},
};

struct trace_verb {
	struct trace_options trace;
	struct trace_filter filter;
	struct event_source_options source;
	bool all_calls;
};

struct printing {
	const struct trace_verb *verb;
	struct output output;
	bool unicode;
	struct lines *lines;
	uint64_t printed;
};

static error_t parse_filter(int key, const char *text, struct trace_verb *verb,
			    const struct argp_state *state)
{
	static const struct {
		int key;
		const char *name;
		int (*parse)(struct trace_filter *filter, const char *list,
			     char reason[TRACE_FILTER_REASON]);
	} filters[] = {{OPTION_CLASS, "--class", trace_filter__classes},
		       {OPTION_WAKER, "--waker", trace_filter__wakers},
		       {OPTION_SYSCALL, "--syscall", trace_filter__syscalls}};
	char reason[TRACE_FILTER_REASON];

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		if (filters[i].key != key)
			continue;
		if (filters[i].parse(&verb->filter, text, reason))
			option__refuse(state, "%s %s: %s", filters[i].name, text, reason);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static void finish(struct trace_verb *verb, const struct argp_state *state)
{
	if (verb->trace.output.buckets || verb->trace.output.top)
		option__refuse(state, "--buckets and --top are for reports");
	if (verb->all_calls && verb->trace.tier == TIER_WAITS)
		option__refuse(state, "--all-calls: the waits tier does not see calls");
	verb->filter.min = verb->trace.output.min;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct trace_verb *verb = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &verb->trace;
		state->child_inputs[1] = &verb->source;
		verb->source.trace = &verb->trace;
		return 0;
	case OPTION_ALL_CALLS:
		verb->all_calls = true;
		return 0;
	case ARGP_KEY_SUCCESS:
		finish(verb, state);
		return 0;
	}
	return parse_filter(key, text, verb, state);
}

/* --- lines -------------------------------------------------------------------------------------
 */

/* What the stream itself failed with is more than that it failed. */
static int check(int err)
{
	return err == -EIO && errno ? -errno : err;
}

static int on_line(void *context, const struct trace_line *line)
{
	struct printing *printing = context;

	if (!trace_filter__takes(&printing->verb->filter, line))
		return 0;
	printing->printed++;
	if (printing->verb->trace.output.json)
		return check(render__trace_json_line(printing->output.stream, line));
	return check(render__trace_line(printing->output.stream, line, printing->unicode));
}

static int on_loss(void *context, const struct line_loss *loss)
{
	struct printing *printing = context;

	if (printing->verb->trace.output.json)
		return check(render__trace_json_loss(printing->output.stream, loss));
	return check(render__trace_loss(printing->output.stream, loss));
}

static int flush(struct printing *printing)
{
	return fflush(printing->output.stream) ? -errno : 0;
}

static int begin(void *context, struct cast *cast, const struct profile *head)
{
	struct printing *printing = context;
	const struct lines_options options = {.full = head->tier == TIER_FULL,
					      .all_calls = printing->verb->all_calls,
					      .line = on_line,
					      .loss = on_loss,
					      .context = printing};
	int err;

	printing->lines = lines__new(&options, cast);
	if (!printing->lines)
		return -ENOMEM;
	if (printing->verb->trace.output.json)
		err = render__trace_json_begin(printing->output.stream, head);
	else
		err = render__trace_head(printing->output.stream);
	err = check(err);
	return err ? err : flush(printing);
}

static int take(void *context, unsigned int cpu, const struct stream_event *event)
{
	return lines__event(((struct printing *)context)->lines, cpu, event);
}

static int step(void *context, uint64_t now)
{
	(void)now;
	return flush(context);
}

/* What the stream could not say itself; results are elsewhere. */
static void say_lost(const struct trace_sum *sum)
{
	char count[UNITS_TEXT];

	if (sum->lost_events)
		complain("%s events LOST for want of room (--buffer): what they were part of is "
			 "missing, or wrong",
			 units__count(sum->lost_events, count));
	for (size_t i = 0; i < sum->lost_count; i++)
		if (sum->lost[i].count)
			complain("lost: %s %s", units__count(sum->lost[i].count, count),
				 sum->lost[i].cause);
}

static int end(void *context, const struct event_end *end)
{
	struct printing *printing = context;
	struct trace_sum sum = {.events = end->stream.events, .lost_events = end->stream.lost};
	int err = lines__finish(printing->lines, end->time);

	if (err)
		return err;
	sum.time = lines__since_begin(printing->lines, end->time);
	sum.lines = printing->printed;
	if (end->profile) {
		sum.lost = end->profile->audit.lost;
		sum.lost_count = end->profile->audit.lost_count;
	}
	if (printing->verb->trace.output.json)
		err = check(render__trace_json_end(printing->output.stream, &sum));
	if (!err)
		err = flush(printing);
	say_lost(&sum);
	return err;
}

static int run(struct trace_verb *verb, struct printing *printing)
{
	const struct event_consumer consumer = {
		.begin = begin, .event = take, .step = step, .finish = end, .context = printing};

	errno = 0;
	return event_source__run(&verb->source, &consumer);
}

static int open_and_run(struct trace_verb *verb)
{
	struct printing printing = {.verb = verb, .output = {.stream = stdout}};
	int status, err = 0;

	if (verb->trace.output.path)
		err = output__open_growing(&printing.output, verb->trace.output.path);
	if (err) {
		complain("%s: %s", verb->trace.output.path, strerror(-err));
		return EXIT_FAILED;
	}
	printing.unicode = output__style(&printing.output, true).unicode;
	status = run(verb, &printing);
	lines__free(printing.lines);
	output__close(&printing.output);
	return status;
}

int command_trace(int argc, char **argv)
{
	const struct argp_child children[] = {
		{&trace_argp, 0, NULL, 0}, {&event_source_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {.options = table,
				  .parser = parse,
				  .args_doc = "[-- COMMAND [ARG...]]",
				  .doc = documentation,
				  .children = children};
	struct trace_verb verb = {.source = EVENT_SOURCE_DEFAULT};
	int status;

	options__parse(&argp, argc, argv, &verb);
	status = open_and_run(&verb);
	trace_options__clear(&verb.trace);
	return status;
}

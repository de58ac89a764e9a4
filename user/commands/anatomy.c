// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* waitscope anatomy: one blocking call, stage by stage. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
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
	"how long it took to get there, on which CPU, who ran there meanwhile, who woke it, in which "
	"call that was, and by whom that one had been woken."
	"\v"
	"Examples:\n"
	"  waitscope anatomy --syscall read -- waitscope workload run blocking --what pipe\n"
	"  waitscope anatomy -p 4711 -d 5s --rank 2\n"
	"  waitscope anatomy --from-file nginx.rec --thread 4712 --object /var/log\n"
	"\n"
	"Calls that only rest (an event loop, a thread that joins another) are left out, unless --idle, "
	"--syscall, --object or --thread asks for some.\n"
	"\n"
	"Stages 3 to 5 are seen at once, by the switch. 2, 6 and 8 have no event of their own, and no "
	"instant (6 has one if a block request was completed): they lie in the time to the next stage. A "
	"call that slept several times goes through 2 to 9 again. The times in the second column add "
	"up to the duration exactly. Exit status: that of the command, or 0 done, 1 failed or no such "
	"call, 2 wrong usage.";

enum {
	OPTION_SYSCALL = 512,
	OPTION_OBJECT,
	OPTION_THREAD,
	OPTION_IDLE,
	OPTION_RANK,
};

static const struct argp_option table[] = {
	{NULL, 0, NULL, 0, "Which call:", 4},
	{"syscall", OPTION_SYSCALL, "NAMES", 0, "One of these, with commas", 4},
	{"object", OPTION_OBJECT, "TEXT", 0, "That slept on an object with TEXT in its name", 4},
	{"thread", OPTION_THREAD, "TID|COMM", 0, "Of this thread, or of threads of this name", 4},
	{"idle", OPTION_IDLE, NULL, 0, "Also calls that only rest", 4},
	{"rank", OPTION_RANK, "N", 0, "The Nth longest (default 1)", 4},
	{0},
};

#define RANK_MOST 1000

struct anatomy_verb {
	struct trace_options trace;
	struct trace_filter filter;
	struct event_source_options source;
	const char *object, *thread;
	bool idle;
	uint64_t rank;
};

struct showing {
	const struct anatomy_verb *verb;
	struct output output;
	struct anatomist *anatomist;
	int status; /* of what was to be shown */
};

static void finish(struct anatomy_verb *verb, const struct argp_state *state)
{
	if (verb->trace.output.buckets || verb->trace.output.top || verb->trace.output.min)
		option__refuse(state, "--buckets, --top and --min are for reports");
	if (verb->trace.tier == TIER_WAITS)
		option__refuse(state, "--tier waits: it does not see calls");
	verb->idle |= verb->filter.syscall_count || verb->object || verb->thread;
}

static const char *need_text(const char *option, const char *text, const struct argp_state *state)
{
	if (!*text)
		option__refuse(state, "%s needs a value", option);
	return text;
}

static error_t parse_choice(int key, const char *text, struct anatomy_verb *verb,
			    const struct argp_state *state)
{
	char reason[TRACE_FILTER_REASON];

	switch (key) {
	case OPTION_SYSCALL:
		if (trace_filter__syscalls(&verb->filter, text, reason))
			option__refuse(state, "--syscall %s: %s", text, reason);
		return 0;
	case OPTION_OBJECT:
		verb->object = need_text("--object", text, state);
		return 0;
	case OPTION_THREAD:
		verb->thread = need_text("--thread", text, state);
		return 0;
	case OPTION_IDLE:
		verb->idle = true;
		return 0;
	case OPTION_RANK:
		verb->rank = option__count("--rank", text, 1, RANK_MOST, state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct anatomy_verb *verb = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &verb->trace;
		state->child_inputs[1] = &verb->source;
		verb->source.trace = &verb->trace;
		return 0;
	case ARGP_KEY_SUCCESS:
		finish(verb, state);
		return 0;
	}
	return parse_choice(key, text, verb, state);
}

/* --- which call --------------------------------------------------------------------------------
 */

static bool is_thread(const char *wanted, const struct anatomy_candidate *candidate)
{
	uint64_t tid;
	const char *why;

	if (candidate->comm && strcmp(candidate->comm, wanted) == 0)
		return true;
	return !units__parse_count(wanted, 1, INT_MAX, &tid, &why) && candidate->tid == (int)tid;
}

static bool has_object(const char *wanted, const struct anatomy_candidate *candidate)
{
	for (size_t i = 0; i < candidate->object_count; i++)
		if (strstr(candidate->objects[i], wanted))
			return true;
	return false;
}

static bool wants(void *context, const struct anatomy_candidate *candidate)
{
	const struct anatomy_verb *verb = context;
	const struct trace_line line = {.syscall = candidate->syscall};

	return trace_filter__takes(&verb->filter, &line) && (verb->idle || !candidate->idle) &&
	       (!verb->thread || is_thread(verb->thread, candidate)) &&
	       (!verb->object || has_object(verb->object, candidate));
}

/* --- events ------------------------------------------------------------------------------------
 */

static int begin(void *context, struct cast *cast, const struct profile *head)
{
	struct showing *showing = context;
	const struct anatomist_options options = {
		.keep = showing->verb->rank, .wants = wants, .context = (void *)showing->verb};

	if (head->tier != TIER_FULL) {
		complain("%s: was recorded in the waits tier, which does not see calls",
			 showing->verb->source.file);
		showing->status = EXIT_FAILED;
		return -EPIPE; /* all is said */
	}
	showing->anatomist = anatomist__new(&options, cast);
	return showing->anatomist ? 0 : -ENOMEM;
}

static int take(void *context, unsigned int cpu, const struct stream_event *event)
{
	return anatomist__event(((struct showing *)context)->anatomist, cpu, event);
}

/* --- what comes of it --------------------------------------------------------------------------
 */

static int say_none(const struct showing *showing, const struct anatomist_sums *sums)
{
	char seen[UNITS_TEXT], unwanted[UNITS_TEXT];

	if (sums->seen)
		complain("--rank %llu: only %s such calls slept and returned",
			 (unsigned long long)showing->verb->rank, units__count(sums->seen, seen));
	else if (sums->unwanted)
		complain("no such call slept and returned; %s others did%s",
			 units__count(sums->unwanted, unwanted),
			 showing->verb->idle ? "" : " (--idle: also those that only rested)");
	else
		complain("no call slept and returned");
	return EXIT_FAILED;
}

/* What may be longer, and is not laid out. */
static void say_missing(const struct anatomist_sums *sums, uint64_t lost, uint64_t total)
{
	char count[UNITS_TEXT], time[UNITS_TEXT];
	char *comm;

	if (lost)
		complain("%s events LOST for want of room (--buffer): a longer call may be missing",
			 units__count(lost, count));
	if (sums->doubtful)
		complain("%s calls left out: transitions of them were lost",
			 units__count(sums->doubtful, count));
	if (sums->open_time <= total)
		return;
	comm = units__escape(sums->open_thread.comm);
	complain("%s such calls had not returned, one of them longer: %s of thread %d %s, for %s",
		 units__count(sums->open, count), sums->open_syscall, sums->open_thread.tid,
		 comm ? comm : "?", units__time(sums->open_time, time));
	free(comm);
}

static int show(struct showing *showing)
{
	const struct anatomy *anatomy =
		anatomist__call(showing->anatomist, showing->verb->rank - 1);
	const struct anatomy_place place = {.rank = showing->verb->rank,
					    .of = anatomist__sums(showing->anatomist)->seen};
	int err;

	errno = 0;
	if (showing->verb->trace.output.json)
		err = render__anatomy_json(showing->output.stream, anatomy, &place);
	else
		err = render__anatomy_text(showing->output.stream, anatomy, &place,
					   output__style(&showing->output, true).unicode);
	return output__conclude(&showing->output, err);
}

static int end(void *context, const struct event_end *end)
{
	struct showing *showing = context;
	const struct anatomist_sums *sums = anatomist__sums(showing->anatomist);
	const struct anatomy *anatomy;

	anatomist__finish(showing->anatomist, end->time);
	anatomy = anatomist__call(showing->anatomist, showing->verb->rank - 1);
	showing->status = anatomy ? show(showing) : say_none(showing, sums);
	say_missing(sums, end->stream.lost, anatomy ? anatomy->total : 0);
	return 0;
}

static int run(struct anatomy_verb *verb, struct showing *showing)
{
	const struct event_consumer consumer = {
		.begin = begin, .event = take, .finish = end, .context = showing};
	int status = output__begin(&showing->output, verb->trace.output.path);

	if (!status)
		status = event_source__run(&verb->source, &consumer);
	return status ? status : showing->status;
}

int command_anatomy(int argc, char **argv)
{
	const struct argp_child children[] = {
		{&trace_argp, 0, NULL, 0}, {&event_source_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {.options = table,
				  .parser = parse,
				  .args_doc = "[-- COMMAND [ARG...]]",
				  .doc = documentation,
				  .children = children};
	struct anatomy_verb verb = {.source = EVENT_SOURCE_DEFAULT, .rank = 1};
	struct showing showing = {.verb = &verb};
	int status;

	options__parse(&argp, argc, argv, &verb);
	status = run(&verb, &showing);
	anatomist__free(showing.anatomist);
	output__close(&showing.output);
	trace_options__clear(&verb.trace);
	return status;
}

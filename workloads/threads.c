// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a blocked thread costs: many threads that do nothing but wait, and the memory and time that
 * it took to have them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "check.h"
#include "crowd.h"
#include "monotonic.h"
#include "process.h"
#include "truth.h"
#include "watchdog.h"

struct options {
	uint64_t count, stack, hold_ns;
	enum crowd_wait on;
	bool up_to;
};

struct run {
	struct options options;
	struct crowd crowd;
	struct footprint before, asleep;
	struct books books;
	uint64_t all_asleep_ns; /* from the first creation */
	uint64_t held_ns;	/* from when all were asleep until they were released */
	uint64_t ending_ns;	/* from the release until all had ended */
	char limit[64];
};

static const struct argp_option option_table[] = {
	{"count", 'n', "N", 0, "number of threads (default 1000)", 0},
	{"stack", 'k', "SIZE", 0, "stack of each thread (default: the system's, ulimit -s)", 0},
	{"hold", 'H', "TIME", 0,
	 "how long all wait (default 1s); with --on sleep, how long each sleeps, which has to be "
	 "longer than making them takes",
	 0},
	{"on", 'o', "WHAT", 0, "futex, pipe or sleep (default futex)", 0},
	{"up-to", 'u', NULL, 0, "if there cannot be so many, go on with those there are", 0},
	{0},
};

static const struct bounds count_bounds = {1, 1000000, "1 to 1000000"};
static const struct bounds hold_bounds = {1000000, 3600ULL * 1000000000, "1ms to 3600s"};

static enum crowd_wait parse_on(const char *text)
{
	for (int on = 0; on < CROWD_WAITS; on++)
		if (strcmp(crowd_waits[on].name, text) == 0)
			return (enum crowd_wait)on;
	usage_error("--on: '%s' is none of futex, pipe, sleep", text);
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'n':
		options->count = parse_count("--count", value, count_bounds);
		return 0;
	case 'k':
		options->stack = parse_size("--stack", value, stack_bounds);
		return 0;
	case 'H':
		options->hold_ns = parse_time("--hold", value, hold_bounds);
		return 0;
	case 'o':
		options->on = parse_on(value);
		return 0;
	case 'u':
		options->up_to = true;
		return 0;
	case ARGP_KEY_ARG:
		refuse_argument(value);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Says which limit was met, and ends the program if it was not told to go on. */
static void take_what_there_is(struct run *run)
{
	const struct crowd *crowd = &run->crowd;

	if (!crowd->error)
		return;
	crowd__limit(run->limit, sizeof(run->limit));
	warnx("%" PRIu64 " of %" PRIu64 " threads, then %s: %s", crowd->count, crowd->asked,
	      strerror(crowd->error), run->limit);
	if (!run->options.up_to || crowd->count == 0)
		exit(EXIT_FAILURE);
}

static void play(struct run *run)
{
	const struct options *options = &run->options;
	struct crowd *crowd = &run->crowd;
	struct books start;
	uint64_t start_ns, asleep_ns, released_ns;

	crowd__set_up(crowd, options->count, options->stack, options->on, options->hold_ns);
	run->before = process__footprint();
	start = process__books();
	start_ns = monotonic__now_ns();
	crowd__start(crowd);
	take_what_there_is(run);
	if (!crowd__await_asleep(crowd))
		errx(EXIT_FAILURE, "%" PRIu64 " threads were not all asleep at once%s",
		     crowd->count, options->on == CROWD_SLEEP ? ": --hold is too short" : "");
	asleep_ns = monotonic__now_ns();
	run->asleep = process__footprint();
	if (options->on != CROWD_SLEEP)
		monotonic__sleep_until_ns(asleep_ns + options->hold_ns);
	released_ns = crowd->first_woken_ns ? crowd->first_woken_ns : monotonic__now_ns();
	if (released_ns < asleep_ns)
		errx(EXIT_FAILURE, "--hold is too short");
	crowd__release(crowd);
	if (options->on == CROWD_SLEEP)
		released_ns = crowd->first_woken_ns;
	run->all_asleep_ns = asleep_ns - start_ns;
	run->held_ns = released_ns - asleep_ns;
	run->ending_ns = monotonic__now_ns() - released_ns;
	run->books = process__books_since(start);
}

static void write_per_thread(const struct run *run, struct truth *truth)
{
	const struct footprint *before = &run->before, *asleep = &run->asleep;
	const uint64_t count = run->crowd.count;
	const struct {
		const char *name;
		uint64_t before, asleep;
	} rows[] = {
		{"user_bytes", before->resident, asleep->resident},
		{"page_tables_bytes", before->page_tables, asleep->page_tables},
		{"kernel_stack_bytes", before->system_kernel_stacks, asleep->system_kernel_stacks},
		{"slab_bytes", before->system_slab, asleep->system_slab},
	};
	uint64_t total = 0;

	truth__open(truth, "memory_per_thread");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint64_t more =
			rows[i].asleep > rows[i].before ? rows[i].asleep - rows[i].before : 0;

		truth__number(truth, rows[i].name, more / count);
		total += more;
	}
	truth__number(truth, "total_bytes", total / count);
	truth__close(truth);
}

static void write_truth(struct run *run)
{
	struct crowd *crowd = &run->crowd;
	const struct crowd_wait_kind *kind = &crowd_waits[crowd->on];
	struct truth truth;

	truth__begin(&truth);
	truth__text(&truth, "workload", "threads");
	truth__text(&truth, "on", kind->name);
	truth__number(&truth, "pid", (uint64_t)getpid());
	truth__number(&truth, "threads_asked", crowd->asked);
	truth__number(&truth, "threads", crowd->count);
	truth__text(&truth, "limit", *run->limit ? run->limit : NULL);
	truth__text(&truth, "syscall", kind->syscall);
	truth__text(&truth, "class", kind->class);
	truth__text(&truth, "object_kind", kind->object_kind);
	truth__text(&truth, "sleep", "interruptible");
	truth__number(&truth, "stack_bytes", crowd->stack);
	truth__number(&truth, "guard_bytes", crowd->guard);
	truth__number(&truth, "stack_reserved_bytes", crowd->stack * crowd->count);
	truth__latency(&truth, "creation", &crowd->creation);
	truth__number(&truth, "creating_ns", crowd->creating_ns);
	truth__number(&truth, "all_asleep_ns", run->all_asleep_ns);
	truth__number(&truth, "held_ns", run->held_ns);
	truth__number(&truth, "blocked_thread_ns_at_least", run->held_ns * crowd->count);
	truth__number(&truth, "ending_ns", run->ending_ns);
	process__write_footprint(&truth, "memory", &run->before, &run->asleep);
	write_per_thread(run, &truth);
	truth__books(&truth, &run->books);
	truth__end(&truth);
}

int main(int argc, char **argv)
{
	const struct argp argp = {
		.options = option_table,
		.parser = parse_option,
		.doc = "Have many threads that only wait, and state what they cost as JSON.",
	};
	struct run run = {.options = {.count = 1000, .hold_ns = 1000000000, .on = CROWD_FUTEX}};
	const uint64_t per_thread_ns = 1000000;

	parse_arguments(&argp, argc, argv, &run.options);
	watchdog__start(run.options.hold_ns + run.options.count * per_thread_ns);
	play(&run);
	write_truth(&run);
	crowd__free(&run.crowd);
	return EXIT_SUCCESS;
}

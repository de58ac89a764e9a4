// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Histograms of the bundled workloads against their own truth. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "tests/live/lib/hist.h"
#include "tests/live/lib/truth.h"

#define MICROSECOND 1000LL
#define OPERATIONS  60

static const char *waiter_label(struct trace *trace)
{
	return live__text("waiter (%lld)", (long long)json__integer(trace->truth, "waiter_tid"));
}

static struct trace *hist_of(const char *what, const char *by, const char *const *words)
{
	const char *options[32] = {"--by", by, "--", live__workload(*words++)};
	struct trace *trace;
	size_t count = 4;

	while (*words && count + 1 < sizeof(options) / sizeof(options[0]))
		options[count++] = *words++;
	trace = trace__hist(what, options);
	if (trace->status != 0 || !trace->truth)
		live__fail("%s failed (status %d): %s", options[3], trace->status,
			   program__errors(trace->program));
	return trace;
}

/*
 * The partner lets each wait last for the delay, and longer where it is woken late itself. So none
 * is shorter, but for the way into the call, which belongs to the delay; and none is longer than
 * the workload saw from outside.
 */
static void check_delay(const char *what, int64_t delay)
{
	struct trace *trace =
		hist_of(what, "thread",
			WORDS("blocking", "--what", "pipe", "--ops", live__text("%d", OPERATIONS),
			      "--delay", live__text("%lldus", (long long)delay / MICROSECOND)));
	struct json_object *values = the_distribution(trace->profile, waiter_label(trace));
	double low = 0.9 * (double)delay, p50 = json__number(trace->truth, "latency.p50_ns");

	assert_hist_is_sound(trace->profile);
	assert_true(json__integer(values, "count") >= OPERATIONS);
	if (live__emulated())
		return;
	assert_true(distribution__between(values, low, 1e15) >= OPERATIONS);
	assert_time_between(json__number(values, "p50_ns"), low, p50);
}

static void delays_are_in_the_right_bucket(void **state)
{
	static const int64_t delays[] = {100 * MICROSECOND, 1000 * MICROSECOND,
					 10000 * MICROSECOND};

	(void)state;
	for (int i = 0; i < 3; i++) {
		check_delay("blocked", delays[i]);
		check_delay("syscall:read", delays[i]);
	}
}

/* Each read sleeps once: every stage of it has as many values as there are reads. */
static void every_stage_of_a_sleeping_call_is_counted(void **state)
{
	static const struct {
		const char *what;
		bool of_call; /* else every sleep of the waiter has it, those at its start too */
	} stages[] = {
		{"before-sleep:read", true}, {"blocked", false},
		{"enqueue", false},	     {"queue", false},
		{"wakeup", false},	     {"after-sleep:read", true},
		{"syscall:read", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		struct trace *trace = hist_of(
			stages[i].what, "thread",
			WORDS("blocking", "--what", "pipe", "--ops", live__text("%d", OPERATIONS)));
		struct json_object *values = the_distribution(trace->profile, waiter_label(trace));

		assert_hist_is_sound(trace->profile);
		if (stages[i].of_call)
			assert_count(json__integer(values, "count"), OPERATIONS);
		else
			assert_true(json__integer(values, "count") >= OPERATIONS);
	}
}

/* The reads sleep on a pipe, of class ipc, in read, woken by a thread; all say the same. */
static void waits_are_told_apart_in_every_way(void **state)
{
	static const struct {
		const char *by, *label;
	} ways[] = {{"class", "ipc"},
		    {"object", "pipe:["},
		    {"syscall", "read"},
		    {"waker", "thread partner ("}};

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct trace *trace = hist_of(
			"blocked", ways[i].by,
			WORDS("blocking", "--what", "pipe", "--ops", live__text("%d", OPERATIONS)));
		struct json_object *values = find_distribution(trace->profile, ways[i].label);

		assert_hist_is_sound(trace->profile);
		if (live__emulated() && !values)
			continue; /* no waker is known to every kernel */
		values = the_distribution(trace->profile, ways[i].label);
		assert_true(json__integer(values, "count") >= OPERATIONS);
		assert_true(json__integer(values, "sum_ns") >= 900 * MICROSECOND * OPERATIONS);
	}
}

/* However it is divided, the whole is the same as the profile's: nothing twice, nothing left out.
 */
static void every_division_adds_up_to_the_profile(void **state)
{
	static const char *const bys[] = {"all",    "process", "thread", "syscall", "class",
					  "object", "waker",   "cpu",	 "cgroup"};

	(void)state;
	for (size_t i = 0; i < sizeof(bys) / sizeof(bys[0]); i++) {
		struct trace *trace =
			trace__hist("blocked", WORDS("--by", bys[i], "--", "sh", "-c",
						     "seq 1 3000 | sort | wc -l; sleep 0.01"));

		assert_count(trace->status, 0);
		assert_hist_is_sound(trace->profile);
		assert_true(hist__count(trace->profile) > 0);
		assert_true(!json__is_null(trace->profile, "profile"));
	}
}

/* Off the CPU is asleep and on the run queue; on it and off it, no time is left over. */
static void absences_are_made_of_sleeps_and_delays(void **state)
{
	static const char *const whats[] = {"offcpu", "runqueue", "oncpu"};

	(void)state;
	for (size_t i = 0; i < sizeof(whats) / sizeof(whats[0]); i++) {
		struct trace *trace = hist_of(
			whats[i], "thread",
			WORDS("blocking", "--what", "pipe", "--ops", live__text("%d", OPERATIONS)));
		struct json_object *values = the_distribution(trace->profile, waiter_label(trace));

		assert_hist_is_sound(trace->profile);
		/* each read is an absence, a delay, and a stretch before it */
		assert_true(json__integer(values, "count") >= OPERATIONS - 1);
		assert_true(json__integer(values, "max_ns") <=
			    json__integer(trace->profile, "window_ns"));
	}
}

/* Two that spin on one CPU put each other off it. */
static void preemptions_are_counted(void **state)
{
	static const char spin[] = "timeout 0.4 sh -c 'while :; do :; done' & "
				   "timeout 0.4 sh -c 'while :; do :; done'; wait";
	struct trace *trace =
		trace__hist("preempted", WORDS("--", "taskset", "-c", "0", "sh", "-c", spin));
	struct json_object *values = the_distribution(trace->profile, NULL);

	(void)state;
	assert_hist_is_sound(trace->profile);
	assert_true(json__integer(values, "count") >= 3);
	assert_true(json__integer(values, "sum_ns") > 50000000);
}

static void event_loops_have_handlers_and_readiness(void **state)
{
	static const char *const whats[] = {"handler", "readiness"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct trace *trace =
			hist_of(whats[i], "thread",
				WORDS("event_loop", "--ops", live__text("%d", OPERATIONS)));
		struct json_object *values = the_distribution(trace->profile, waiter_label(trace));
		int64_t iterations = json__integer(trace->truth, "iterations");

		assert_hist_is_sound(trace->profile);
		if (i) /* not every round slept */
			assert_true(json__integer(values, "count") > 0 &&
				    json__integer(values, "count") <= iterations);
		else /* before the first one nothing returned */
			assert_count(json__integer(values, "count"), iterations - 1);
	}
}

static void requests_are_counted_by_operation(void **state)
{
	static const struct {
		const char *workload, *what, *label;
	} cases[] = {{"native_aio", "request:linux_aio", "linux_aio pread"},
		     {"io_uring", "request:io_uring", "io_uring read"}};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct trace *trace = hist_of(cases[i].what, "opcode",
					      WORDS(cases[i].workload, "--mode", "buffered",
						    "--ops", live__text("%d", OPERATIONS)));
		struct json_object *values = the_distribution(trace->profile, cases[i].label);

		assert_hist_is_sound(trace->profile);
		assert_count(json__integer(values, "count"), OPERATIONS);
	}
}

/* What intervals have adds up to the whole. */
static void intervals_add_up(void **state)
{
	struct trace *trace = trace__hist(
		"blocked", WORDS("--interval", "20ms", "--", live__workload("blocking"), "--what",
				 "pipe", "--ops", live__text("%d", OPERATIONS)));
	struct json_object *series =
		json_object_array_get_idx(json__at(trace->profile, "series"), 0);
	struct json_object *interval;
	int64_t count = 0, end = 0;

	(void)state;
	assert_hist_is_sound(trace->profile);
	assert_true(json__length(series, "intervals") > 2);
	json__each (interval, series, "intervals") {
		assert_count(json__integer(interval, "start_ns"), end);
		end = json__integer(interval, "end_ns");
		count += json__integer(interval, "distribution.count");
		assert_count(distribution__between(json__at(interval, "distribution"), -1, 1e18),
			     json__integer(interval, "distribution.count"));
	}
	assert_count(end, json__integer(trace->profile, "window_ns"));
	assert_count(count, json__integer(series, "distribution.count"));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(delays_are_in_the_right_bucket),
		LIVE_TEST(every_stage_of_a_sleeping_call_is_counted),
		LIVE_TEST(waits_are_told_apart_in_every_way),
		LIVE_TEST(every_division_adds_up_to_the_profile),
		LIVE_TEST(absences_are_made_of_sleeps_and_delays),
		LIVE_TEST(preemptions_are_counted),
		LIVE_TEST(event_loops_have_handlers_and_readiness),
		LIVE_TEST(requests_are_counted_by_operation),
		LIVE_TEST(intervals_add_up),
	};

	live__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Each finding against a program that has the fault, and one that does the same without it. */
#define _GNU_SOURCE
#include <string.h>

#include "tests/live/lib/live.h"

/* Switches that a kernel hides leave threads without a finding: a run is repeated so often. */
#define ATTEMPTS 8

static struct json_object *find_finding(struct json_object *profile, const char *id)
{
	struct json_object *finding;

	json__each (finding, profile, "findings")
		if (strcmp(json__string(finding, "id"), id) == 0)
			return finding;
	return NULL;
}

static bool any_thread_is_incomplete(struct json_object *profile)
{
	struct json_object *process, *thread;

	json__each (process, profile, "processes")
		json__each (thread, process, "threads")
			if (json__boolean(thread, "incomplete"))
				return true;
	return false;
}

/* By the program's own books there was no storm: others had the CPU that its two threads share. */
static bool had_no_storm(struct json_object *truth)
{
	return json__has(truth, "victim") && json__number(truth, "involuntary_switches") <
						     1000 * json__number(truth, "cpu_ns") / 1e9;
}

static struct trace *trace_of(const char *tier, const char *const *words)
{
	const char *options[16] = {"--tier", tier, "--", live__workload(words[0])};
	struct trace *trace;

	for (size_t i = 1; words[i]; i++)
		options[i + 3] = words[i];
	trace = trace__run(options, LIVE_TIMEOUT_MS);
	if (trace->status == 77)
		live__skip("%s", program__errors(trace->program));
	assert_count(trace->status, 0);
	return trace;
}

/* The finding of a program that has the fault. */
static struct json_object *the_finding(const char *tier, const char *id, const char *const *words)
{
	struct json_object *finding = NULL;
	struct trace *trace = NULL;

	for (int i = 0; i < ATTEMPTS && !finding; i++) {
		trace = trace_of(tier, words);
		finding = find_finding(trace->profile, id);
		if (!finding && !any_thread_is_incomplete(trace->profile) &&
		    !had_no_storm(trace->truth))
			break;
	}
	if (!finding && had_no_storm(trace->truth))
		live__skip("others keep the CPU busy that it was to fight for");
	if (!finding)
		live__fail("%s is not found in: %s", id,
			   json__show(json__at(trace->profile, "findings")));
	assert_count(json__integer(finding, "pid"), json__integer(trace->truth, "pid"));
	assert_true(json__integer(finding, "harm_ns") > 0);
	assert_true(strlen(json__string(finding, "text")) > 40);
	return finding;
}

static void check_innocent(const char *tier, const char *id, const char *const *words)
{
	struct trace *trace = trace_of(tier, words);
	struct json_object *finding = find_finding(trace->profile, id);

	if (finding)
		live__fail("found, and is not there: %s", json__string(finding, "text"));
}

/* A row of `fault`, and its twin. */
static struct json_object *check_fault(const char *id, const char *what)
{
	check_innocent("full", id, WORDS("fault", "--what", what, "--innocent"));
	return the_finding("full", id, WORDS("fault", "--what", what));
}

static void polls_with_a_timeout_of_zero_are_found(void **state)
{
	struct json_object *finding = check_fault("zero_timeout_polling", "zero-timeout");

	(void)state;
	assert_true(json__integer(finding, "evidence.empty_polls") * 10 >=
		    json__integer(finding, "evidence.polls") * 9);
	assert_non_null(strstr(json__string(finding, "text"), "calls of poll"));
}

static void writes_with_a_sync_each_are_found(void **state)
{
	struct json_object *finding = check_fault("small_synchronous_writes", "small-sync-writes");

	(void)state;
	assert_count(json__integer(finding, "evidence.syncs"), 200);
	assert_count(json__integer(finding, "evidence.writes"), 200);
	assert_count(json__integer(finding, "evidence.bytes"), 200 * 512);
}

static void threads_that_only_wait_are_found(void **state)
{
	struct json_object *finding = check_fault("threads_only_wait", "idle-threads");

	(void)state;
	assert_true(json__integer(finding, "evidence.waiting_threads") >= 100);
	assert_true(json__integer(finding, "evidence.threads_max") >=
		    json__integer(finding, "evidence.waiting_threads"));
}

static void a_pool_that_is_always_busy_is_found(void **state)
{
	struct json_object *finding = check_fault("pool_saturated", "busy-pool");

	(void)state;
	assert_count(json__integer(finding, "evidence.workers"), 2);
	assert_true(json__integer(finding, "evidence.rests") < 40);
}

static void a_lock_that_serialises_is_found(void **state)
{
	struct json_object *finding = check_fault("lock_serialises_threads", "serial-lock");

	(void)state;
	assert_non_null(strstr(json__string(finding, "text"), "in futex on futex 0x"));
}

/* Its twin needs a CPU, too: on a busy machine it waits for it as well, and that is true. */
static void waiting_for_a_cpu_is_found(void **state)
{
	static const char id[] = "run_queue_delay_exceeds_blocking";

	(void)state;
	check_innocent("waits", id,
		       WORDS("blocking", "--what", "pipe", "--ops", "100", "--delay", "5ms"));
	the_finding("waits", id, WORDS("fault", "--what", "run-queue"));
}

static void storms_of_preemptions_are_found(void **state)
{
	static const char id[] = "preemption_storm";
	struct json_object *finding;

	(void)state;
	check_innocent("waits", id, WORDS("fault", "--what", "preemption", "--innocent"));
	if (live__emulated()) /* so many a second are more than it can do */
		live__skip("no storms in an emulated machine");
	finding = the_finding("waits", id, WORDS("fault", "--what", "preemption"));
	assert_true(json__number(finding, "evidence.switches_per_running_second") >= 1000);
}

static void a_blocked_handler_is_found_with_what_blocked_it(void **state)
{
	static const char id[] = "loop_blocked_in_handler";
	struct json_object *finding;

	(void)state;
	check_innocent("full", id, WORDS("event_loop", "--ops", "60", "--delay", "5ms"));
	finding = the_finding(
		"full", id,
		WORDS("event_loop", "--ops", "60", "--delay", "5ms", "--handler-block", "2ms"));
	assert_non_null(strstr(json__string(finding, "text"), "in clock_nanosleep"));
	assert_true(json__integer(finding, "evidence.blocked_ns") >= 60 * 2000000LL);
	assert_count(json__integer(finding, "evidence.guilty_ns"),
		     json__integer(finding, "evidence.blocked_ns"));
}

static void spinning_is_found_and_backing_off_is_not(void **state)
{
	static const char id[] = "spinning_on_eagain";
	struct json_object *finding;

	(void)state;
	check_innocent("full", id,
		       WORDS("nonblocking", "--what", "pipe", "--mode", "backoff", "--ops", "60",
			     "--delay", "2ms", "--backoff", "1ms"));
	finding = the_finding("full", id,
			      WORDS("nonblocking", "--what", "pipe", "--mode", "spin", "--ops",
				    "60", "--delay", "2ms"));
	assert_non_null(strstr(json__string(finding, "text"), "in read on pipe:["));
	/* a run ends where it is on a CPU for 1 ms between two tries: a processor that is emulated
	 * takes that long at times, and one that a hypervisor takes away counts as busy */
	assert_true(json__integer(finding, "evidence.spin_runs") >= 60);
	if (!live__emulated())
		assert_true(json__integer(finding, "evidence.spin_runs") <= 66);
}

static void submits_that_block_are_found(void **state)
{
	static const char id[] = "submit_blocks";

	(void)state;
	check_innocent("full", id,
		       WORDS("native_aio", "--mode", "direct", "--ops", "400", "--depth", "4"));
	the_finding("full", id,
		    WORDS("native_aio", "--mode", "buffered", "--ops", "400", "--depth", "4"));
}

static void punted_requests_are_found(void **state)
{
	static const char id[] = "uring_requests_punted";
	struct json_object *finding;

	(void)state;
	check_innocent("full", id, WORDS("io_uring", "--ops", "200"));
	finding =
		the_finding("full", id, WORDS("io_uring", "--operation", "fsync", "--ops", "200"));
	assert_non_null(strstr(json__string(finding, "text"), "most of them fsync"));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(polls_with_a_timeout_of_zero_are_found),
		LIVE_TEST(writes_with_a_sync_each_are_found),
		LIVE_TEST(threads_that_only_wait_are_found),
		LIVE_TEST(a_pool_that_is_always_busy_is_found),
		LIVE_TEST(a_lock_that_serialises_is_found),
		LIVE_TEST(waiting_for_a_cpu_is_found),
		LIVE_TEST(storms_of_preemptions_are_found),
		LIVE_TEST(a_blocked_handler_is_found_with_what_blocked_it),
		LIVE_TEST(spinning_is_found_and_backing_off_is_not),
		LIVE_TEST(submits_that_block_are_found),
		LIVE_TEST(punted_requests_are_found),
	};

	live__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* workloads/io_uring and workloads/native_aio: the requests are those that the program made. */
#include <stdlib.h>
#include <string.h>

#include "tests/live/lib/live.h"
#include "tests/live/lib/truth.h"

#define OPERATIONS (live__emulated() ? "10" : "40")

static struct json_object *process_of(struct trace *trace)
{
	return the_process(trace->profile, (pid_t)json__integer(trace->truth, "pid"));
}

/* The books of the program call a timer what the profile calls otherwise served. */
static void check_served(struct json_object *row, struct json_object *truth)
{
	const char *served = json__string(truth, "served");

	if (!served)
		return; /* not certain */
	/* emulated, what is waited for can be there before the wait is set up */
	if (live__emulated() && strcmp(served, "polled") == 0)
		return;
	if (strcmp(served, "timer") == 0)
		served = "other";
	if (json__integer(row, live__text("served.%s", served)) != json__integer(row, "completed"))
		live__fail("not all %s: %s", served, json__show(row));
}

static void check_row(struct json_object *row, struct json_object *truth)
{
	int64_t submitted = json__integer(truth, "submitted");

	assert_count(json__integer(row, "submitted"), submitted);
	assert_count(json__integer(row, "unseen"), 0);
	assert_count(json__integer(row, "open"), 0);
	assert_count(json__integer(row, "censored"), 0);
	assert_count(json__integer(row, "completed"), submitted);
	assert_count(json__integer(row, "failed"), json__integer(truth, "failed"));
	assert_count(json__integer(row, "cancelled"), json__integer(truth, "cancelled"));
	check_served(row, truth);
	/* the program's clock is read before the submission, and after the completion */
	assert_true(json__integer(row, "latency.sum_ns") <= json__integer(truth, "latency.sum_ns"));
}

/* --- io_uring
 * --------------------------------------------------------------------------------------- */

/*
 * Each completion is taken once, after it is posted. With SQPOLL the last ones are taken without
 * anything happening behind that: what is in flight at most may be missing.
 */
static void check_taken(struct json_object *row, int64_t missing)
{
	int64_t taken = json__integer(row, "taken.count"), all = json__integer(row, "completed");

	assert_true(taken <= all && taken >= all - missing);
	assert_count(json__integer(row, "taken_by.count"), taken);
	if (taken == all)
		assert_true(json__integer(row, "taken.sum_ns") >=
			    json__integer(row, "latency.sum_ns"));
	assert_true(json__integer(row, "taken_by.sum_ns") >= json__integer(row, "taken.sum_ns"));
}

/* Each row against its truth; `submits`, if the waiter makes them, are the batches. */
static void check_ring(struct trace *trace)
{
	bool polled = strcmp(json__string(trace->truth, "setup"), "sqpoll") == 0;
	struct json_object *process = process_of(trace), *row;
	int64_t batches = 0, rows = 0;

	json_object_object_foreach (json__at(trace->truth, "requests"), operation, truth) {
		row = the_requests(process, "io_uring", operation);
		check_row(row, truth);
		check_taken(row, polled ? json__integer(trace->truth, "max_in_flight") : 0);
		assert_count(json__integer(row, "more"),
			     json__integer(truth, "results") - json__integer(truth, "submitted"));
		assert_true(json__integer(row, "inflight.max") <=
			    json__integer(trace->truth, "max_in_flight"));
		if (json__has(row, "batches"))
			batches += json__integer(row, "batches");
	}
	json__each (row, process, "requests")
		rows += strcmp(json__string(row, "api"), "io_uring") == 0;
	assert_count(rows, json_object_object_length(json__at(trace->truth, "requests")));
	if (!polled)
		assert_count(batches, json__integer(trace->truth, "submits"));
	assert_requests_balance(trace->profile);
	assert_conserved(trace->profile);
}

/* Files are on a disk: in memory some kernels have no O_DIRECT, and no device serves it. */
static bool uses_file(const char *operation)
{
	static const char *const operations[] = {"read", "write", "fsync", "linked", "punted"};

	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (strcmp(operations[i], operation) == 0)
			return true;
	return false;
}

static struct trace *run_ring(const char *operation, const char *setup)
{
	const char *file = uses_file(operation) ? "--file" : NULL; /* NULL ends the words */
	struct trace *trace = trace__workload("full", WORDS("io_uring", "--operation", operation,
							    "--setup", setup, "--ops", OPERATIONS,
							    file, live__disk_scratch("ring")));

	check_ring(trace);
	return trace;
}

static void every_operation_is_followed(void **state)
{
	static const char *const operations[] = {
		"read",	   "write", "fsync",  "linked", "punted",
		"recv",	   "send",  "poll",   "accept", "multishot-accept",
		"timeout", "nop",   "cancel",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		run_ring(operations[i], "default");
}

static void bytes_are_those_that_were_moved(void **state)
{
	static const char *const operations[] = {"read", "write", "recv", "send"};

	(void)state;
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		struct trace *trace = run_ring(operations[i], "default");

		assert_count(
			json__integer(the_requests(process_of(trace), "io_uring", operations[i]),
				      "bytes"),
			json__integer(trace->truth, "bytes"));
	}
}

static void timeouts_last_as_long_as_they_should(void **state)
{
	struct trace *trace = run_ring("timeout", "default");
	struct json_object *row = the_requests(process_of(trace), "io_uring", "timeout");

	(void)state;
	assert_true(json__integer(row, "latency.min_ns") >=
		    json__integer(trace->truth, "delay_ns"));
}

static void task_work_that_is_put_off_makes_no_difference(void **state)
{
	static const char *const operations[] = {"read", "recv", "multishot-accept"};

	(void)state;
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		run_ring(operations[i], "defer-taskrun"); /* 6.1 */
}

/* Requests that the kernel's thread submits are the program's, and so is the thread. */
static void sqpoll_threads_are_their_owners(void **state)
{
	static const char *const operations[] = {"read", "recv", "nop"};
	struct json_object *thread;

	(void)state;
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		struct trace *trace = run_ring(operations[i], "sqpoll");
		bool found = false;

		json__each (thread, process_of(trace), "threads")
			found |= strncmp(json__string(thread, "comm"), "iou-sqp-", 8) == 0;
		assert_true(found);
	}
}

/* The time in which the program waits for completions is in its calls and its waits. */
static void waiting_for_completions_is_in_the_calls(void **state)
{
	struct trace *trace = run_ring("recv", "default");
	struct json_object *waiter = truth__waiter(trace);

	(void)state;
	assert_count(syscall_calls(waiter, "io_uring_enter"),
		     truth__calls(trace->truth, "io_uring_enter"));
	assert_true(waits_count(waiter, "io_uring", "io_uring_enter") > 0);
	assert_count(json__integer(the_syscall(waiter, "io_uring_enter"), "blocked_ns"),
		     (int64_t)waits_total(waiter, "io_uring", "io_uring_enter"));
}

/* Nops are done while they are submitted; the program sleeps, and looks then. */
static void a_program_that_looks_late_takes_late(void **state)
{
	struct trace *trace =
		trace__workload("full", WORDS("io_uring", "--operation", "nop", "--depth", "4",
					      "--late", "5ms", "--ops", OPERATIONS));
	struct json_object *row = the_requests(process_of(trace), "io_uring", "nop");
	int64_t late = json__integer(trace->truth, "late_ns");

	(void)state;
	check_ring(trace);
	assert_count(json__integer(row, "taken.count"), strtoll(OPERATIONS, NULL, 10));
	assert_true(json__integer(row, "taken.min_ns") >= late);
	/* here nothing is done between reading a completion and moving the head on */
	assert_true(json__integer(row, "taken.sum_ns") <=
		    json__integer(trace->truth, "requests.nop.latency.sum_ns"));
	if (!live__emulated())
		assert_true(json__number(row, "latency.p50_ns") < (double)late / 2);
}

/* --- Linux AIO
 * -------------------------------------------------------------------------------------- */

static struct json_object *aio_row(struct trace *trace)
{
	static const struct {
		const char *asked, *operation;
	} names[] = {{"read", "pread"}, {"write", "pwrite"}, {"fsync", "fsync"}};
	const char *asked = json__string(trace->truth, "operation");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].asked, asked) == 0)
			return the_requests(process_of(trace), "linux_aio", names[i].operation);
	live__fail("'%s' has no name", asked);
}

static struct trace *run_aio(const char *operation, const char *mode, const char *notify)
{
	struct trace *trace =
		trace__workload("full", WORDS("native_aio", "--operation", operation, "--mode",
					      mode, "--notify", notify, "--depth", "4", "--ops",
					      OPERATIONS, "--file", live__disk_scratch("aio")));
	struct json_object *row = aio_row(trace);

	assert_count(json__integer(row, "batches"), truth__calls(trace->truth, "io_submit"));
	assert_true(json__integer(row, "inflight.max") <=
		    json__integer(trace->truth, "max_in_flight"));
	assert_requests_balance(trace->profile);
	assert_conserved(trace->profile);
	return trace;
}

static struct json_object *only_truth(struct trace *trace)
{
	return json__at(trace->truth,
			live__text("requests.%s", json__string(trace->truth, "operation")));
}

static void completions_that_are_handed_over_are_paired(void **state)
{
	static const struct {
		const char *operation, *mode, *notify;
	} runs[] = {
		{"read", "direct", "getevents"},   {"write", "direct", "getevents"},
		{"fsync", "direct", "getevents"},  {"read", "direct", "eventfd"},
		{"read", "buffered", "getevents"}, {"write", "buffered", "eventfd"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		struct trace *trace = run_aio(runs[i].operation, runs[i].mode, runs[i].notify);
		struct json_object *row = aio_row(trace);

		check_row(row, only_truth(trace));
		assert_count(json__integer(row, "reaps"), json__integer(trace->truth, "reaps"));
		if (strcmp(runs[i].operation, "fsync") != 0)
			assert_count(json__integer(row, "bytes"),
				     json__integer(trace->truth, "bytes"));
	}
}

/* With the page cache in between, io_submit() does it all, and sleeps. */
static void a_submit_that_sleeps_is_told(void **state)
{
	struct trace *trace = run_aio("read", "buffered", "getevents");
	struct json_object *row = aio_row(trace);

	(void)state;
	assert_count(json__integer(row, "served.inline"), json__integer(row, "completed"));
	assert_true(json__integer(row, "submit_blocked_ns") > 0);
	assert_true(json__integer(row, "submit_blocked_ns") <=
		    json__integer(trace->truth, "submit.sum_ns"));
	assert_count(json__integer(row, "submit_blocked_ns"),
		     json__integer(the_syscall(truth__waiter(trace), "io_submit"), "blocked_ns"));
}

static void completions_read_from_memory_are_not_invented(void **state)
{
	struct trace *trace = run_aio("read", "direct", "ring");
	struct json_object *row = aio_row(trace);

	(void)state;
	assert_count(json__integer(row, "submitted"), strtoll(OPERATIONS, NULL, 10));
	assert_count(json__integer(row, "completed"), 0);
	assert_count(json__integer(row, "latency.count"), 0);
	assert_true(json__integer(row, "unseen") > 0);
	assert_true(json__is_null(row, "inflight.mean"));
}

static void the_waits_tier_has_no_requests(void **state)
{
	struct trace *trace = trace__workload(
		"waits", WORDS("io_uring", "--operation", "nop", "--ops", OPERATIONS));

	(void)state;
	assert_count(json__length(process_of(trace), "requests"), 0);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(every_operation_is_followed),
		LIVE_TEST(bytes_are_those_that_were_moved),
		LIVE_TEST(timeouts_last_as_long_as_they_should),
		LIVE_TEST(task_work_that_is_put_off_makes_no_difference),
		LIVE_TEST(sqpoll_threads_are_their_owners),
		LIVE_TEST(waiting_for_completions_is_in_the_calls),
		LIVE_TEST(a_program_that_looks_late_takes_late),
		LIVE_TEST(completions_that_are_handed_over_are_paired),
		LIVE_TEST(a_submit_that_sleeps_is_told),
		LIVE_TEST(completions_read_from_memory_are_not_invented),
		LIVE_TEST(the_waits_tier_has_no_requests),
	};

	live__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Reports of a part of a recording: what the parts say adds up to what the whole says. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "tests/live/lib/real.h"
#include "tests/live/lib/recorded.h"
#include "tests/live/lib/said.h"

#define RECORDING "parts.rec"

/* Several processes, threads, loops, classes of waits: for all tests. */
static int record(void **state)
{
	(void)state;
	return recorded__for_group(
		RECORDING,
		WORDS("-q", "--", "sh", "-c",
		      live__text("%s --what pipe --ops 100 --delay 1ms & %s --ops 60 & "
				 "dd if=/dev/zero of=/dev/null bs=4k count=50; sleep 0.05; wait",
				 live__workload("blocking"), live__workload("event_loop"))));
}

static int remove_recording(void **state)
{
	(void)state;
	return recorded__remove(RECORDING);
}

static struct json_object *report(const char *const *options)
{
	return recorded__part(live__disk_file(RECORDING), options);
}

struct totals {
	int64_t lifetime, blocked, running, waits, waited, calls, called, threads, requests;
};

static int64_t sum_of(struct json_object *owner, const char *array, const char *member)
{
	struct json_object *rows = json__at(owner, array);
	int64_t sum = 0;

	for (size_t i = 0; i < json_object_array_length(rows); i++)
		sum += json__integer(json_object_array_get_idx(rows, i), member);
	return sum;
}

static void add(struct totals *totals, struct json_object *profile)
{
	struct json_object *processes = json__at(profile, "processes");

	assert_true(json__boolean(profile, "audit.conserved"));
	for (size_t i = 0; i < json_object_array_length(processes); i++) {
		struct json_object *process = json_object_array_get_idx(processes, i);

		totals->lifetime += json__integer(process, "ledger.lifetime_ns");
		totals->blocked += json__integer(process, "ledger.blocked_ns");
		totals->running += json__integer(process, "ledger.running_ns");
		totals->waits += sum_of(process, "waits", "count");
		totals->waited += sum_of(process, "waits", "total_ns");
		totals->calls += sum_of(process, "syscalls", "calls");
		totals->called += sum_of(process, "syscalls", "total_ns");
		totals->requests +=
			(int64_t)json_object_array_length(json__at(process, "requests"));
		totals->threads += (int64_t)json_object_array_length(json__at(process, "threads"));
	}
}

static void assert_equal_totals(const struct totals *parts, const struct totals *whole)
{
	assert_int_equal(parts->lifetime, whole->lifetime);
	assert_int_equal(parts->blocked, whole->blocked);
	assert_int_equal(parts->running, whole->running);
	assert_int_equal(parts->waits, whole->waits);
	assert_int_equal(parts->waited, whole->waited);
	assert_int_equal(parts->calls, whole->calls);
	assert_int_equal(parts->called, whole->called);
	assert_int_equal(parts->threads, whole->threads);
}

/* By process, by thread; of all of the window, and of a part of it. */
static void processes_and_threads_add_up(void **state)
{
	const char *windows[][2] = {{"0", "1h"}, {NULL, NULL}};

	(void)state;
	recorded__middle(live__disk_file(RECORDING), &windows[1][0], &windows[1][1]);
	for (int i = 0; i < 2; i++) {
		const char *from = windows[i][0], *to = windows[i][1];
		struct json_object *whole = report(WORDS("--from", from, "--to", to));
		struct json_object *processes = json__at(whole, "processes"), *part;
		struct totals all = {0}, by_process = {0}, by_thread = {0};

		add(&all, whole);
		for (size_t j = 0; j < json_object_array_length(processes); j++) {
			struct json_object *process = json_object_array_get_idx(processes, j);
			struct json_object *threads = json__at(process, "threads");

			part = report(WORDS("--from", from, "--to", to, "--pid",
					    live__text("%d", (int)json__integer(process, "pid"))));
			assert_int_equal(json__integer(part, "window_ns"),
					 json__integer(whole, "window_ns"));
			assert_int_equal(json_object_array_length(json__at(part, "processes")), 1);
			add(&by_process, part);
			for (size_t k = 0; k < json_object_array_length(threads); k++)
				add(&by_thread,
				    report(WORDS("--from", from, "--to", to, "-t",
						 live__text("%d", (int)json__integer(
									  json_object_array_get_idx(
										  threads, k),
									  "tid")))));
		}
		assert_true(all.threads >= 5);
		assert_equal_totals(&by_process, &all);
		assert_int_equal(by_process.requests, all.requests);
		assert_equal_totals(&by_thread, &all);
	}
}

static void names_and_classes_add_up(void **state)
{
	static const char *const names[] = {"sh", "blocking", "event_loop", "dd", "sleep"};
	static const char *const classes[] = {
		"disk,network", "ipc", "terminal", "lock",  "multiplex", "timer",   "child",
		"signal",	"aio", "io_uring", "fault", "kernel",	 "stopped", "other"};
	struct json_object *whole = report(WORDS("--to", "1h"));
	struct totals all = {0}, by_name = {0}, by_class = {0};

	(void)state;
	add(&all, whole);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		add(&by_name, report(WORDS("-n", names[i])));
	assert_equal_totals(&by_name, &all);
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		struct json_object *part = report(WORDS("--class", classes[i]));

		by_class.lifetime = by_class.threads = 0;
		add(&by_class, part);
		/* ledgers are of no class */
		assert_int_equal(by_class.lifetime, all.lifetime);
		assert_int_equal(by_class.threads, all.threads);
	}
	assert_int_equal(by_class.waits, all.waits);
	assert_int_equal(by_class.waited, all.waited);
}

static void distributions(struct json_object *hist, int64_t *count, int64_t *sum)
{
	*count = sum_of(hist, "series", "distribution.count");
	*sum = sum_of(hist, "series", "distribution.sum_ns");
}

/* What is blocked is what the waits say that are not cut; calls are the calls. */
static void a_histogram_of_a_recording_has_its_values(void **state)
{
	struct totals all = {0};
	struct json_object *whole = report(WORDS("--from", "0"));
	static const char *const bys[] = {"all", "process", "thread", "syscall", "cpu"};
	int64_t count, sum, censored;

	(void)state;
	add(&all, whole);
	for (size_t i = 0; i < sizeof(bys) / sizeof(bys[0]); i++) {
		distributions(report(WORDS("--hist", "syscall", "--by", bys[i])), &count, &sum);
		assert_int_equal(count, all.calls);
		assert_int_equal(sum, all.called);
		distributions(report(WORDS("--hist", "blocked", "--by", bys[i])), &count, &sum);
		censored = json__integer(report(WORDS("--hist", "blocked")), "censored");
		assert_int_equal(count + censored, all.waits);
		assert_true(sum <= all.waited);
	}
	distributions(report(WORDS("--hist", "oncpu", "-n", "blocking")), &count, &sum);
	assert_true(count > 100);
	distributions(report(WORDS("--hist", "handler")), &count, &sum);
	assert_true(count >= 50);
}

static void what_a_recording_cannot_say_is_said(void **state)
{
	const char *file = live__disk_file(RECORDING);

	(void)state;
	said__check(said__run(WORDS("report", "--hist", "queue", file)), 1, "run queue", false);
	said__check(said__run(WORDS("report", "--hist", "blocked", "--by", "cgroup", file)), 1,
		    "cgroup", false);
	said__check(said__run(WORDS("report", "--hist", "handler", "--from", "1ms", file)), 1,
		    "for the whole only", false);
	said__check(said__run(WORDS("report", "--hist", "blokced", file)), 2, "'blocked'", false);
	said__check(said__run(WORDS("report", "--by", "class", file)), 2, "--hist", false);
	said__check(said__run(WORDS("report", "--csv", file)), 2, "--hist", false);
	said__check(said__run(WORDS("report", "--hist", "blocked", "--class", "ipc", file)), 2,
		    "--by class", false);
	said__check(said__run(WORDS("report", "--check", "-p", "1", file)), 2, "--check", false);
	said__check(said__run(WORDS("report", "-p", "0", file)), 2, "--pid", false);
	said__check(said__run(WORDS("report", "--class", "ipcc", file)), 2, "'ipc'", false);
	said__check(said__run(WORDS("report", "-n", "nobody", file)), 1, "no thread", false);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(processes_and_threads_add_up),
		LIVE_TEST(names_and_classes_add_up),
		LIVE_TEST(a_histogram_of_a_recording_has_its_values),
		LIVE_TEST(what_a_recording_cannot_say_is_said),
	};

	live__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, record, remove_recording);
}

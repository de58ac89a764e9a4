// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A shell's pipeline, and perf bench sched pipe: who waits for whom, across processes. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "tests/live/lib/real.h"

static pid_t pid_of(struct json_object *process)
{
	return (pid_t)json__integer(process, "pid");
}

/* Every waker of the row is the (only) thread of that process. */
static void check_woken_only_by(struct json_object *wait, pid_t pid)
{
	assert_true(json__integer(wait, "count") > 0);
	assert_count(waker_count(wait, "thread", pid), json__integer(wait, "count"));
	assert_count(waker_total(wait), json__integer(wait, "count"));
}

/* The shell waits for its children, and each of its waits was ended by the end of one. */
static void check_shell(struct json_object *profile, const char *const *children)
{
	struct json_object *shell = the_process_named(profile, "sh");
	struct json_object *wait = the_wait(shell, "child", "wait4", NULL);
	uint64_t by_children = 0;

	for (; *children; children++) {
		struct json_object *child = the_process_named(profile, *children);

		assert_count(json__integer(child, "ppid"), pid_of(shell));
		assert_nothing_unknown(child);
		by_children += waker_count(wait, NULL, pid_of(child));
	}
	assert_count(by_children, json__integer(wait, "count"));
	assert_true(json__integer(wait, "total_ns") >
		    json__integer(shell, "ledger.lifetime_ns") / 2);
}

static void a_pipeline_is_followed_into_its_children(void **state)
{
	struct trace *trace = real__run(WORDS("--", "sh", "-c", "seq 1 200000 | sort | wc -l"));
	struct json_object *profile = trace->profile, *writes, *reads;

	(void)state;
	assert_string_equal(program__output(trace->program), "200000\n");
	assert_count(json__length(profile, "processes"), 4);
	check_shell(profile, WORDS("seq", "sort", "wc"));
	/* sort writes when it has read everything: until then wc is asleep */
	reads = the_wait(the_process_named(profile, "wc"), "ipc", "read", NULL);
	assert_true(real__object_is(reads, "pipe:["));
	check_woken_only_by(reads, pid_of(the_process_named(profile, "sort")));
	/* between the other two it is a race who waits; if both did, then for the same pipe */
	writes = find_wait(the_process_named(profile, "seq"), "ipc", "write", NULL);
	reads = find_wait(the_process_named(profile, "sort"), "ipc", "read", NULL);
	if (!writes && !reads)
		live__fail("neither seq nor sort ever waited for the other");
	if (writes)
		check_woken_only_by(writes, pid_of(the_process_named(profile, "sort")));
	if (reads)
		check_woken_only_by(reads, pid_of(the_process_named(profile, "seq")));
	if (writes && reads)
		assert_string_equal(json__string(writes, "object"), json__string(reads, "object"));
}

/* `cat` comes late: the one before it stands at a full pipe, the one behind at an empty one. */
static void both_sides_of_a_pipe_wait(void **state)
{
	struct trace *trace =
		real__run(WORDS("--", "sh", "-c", "seq 1 100000 | { sleep 0.2; cat; } | wc -l"));
	struct json_object *profile = trace->profile, *full, *empty;
	pid_t cat = pid_of(the_process_named(profile, "cat"));

	(void)state;
	assert_string_equal(program__output(trace->program), "100000\n");
	full = the_wait(the_process_named(profile, "seq"), "ipc", "write", NULL);
	empty = the_wait(the_process_named(profile, "wc"), "ipc", "read", NULL);
	check_woken_only_by(full, cat);
	check_woken_only_by(empty, cat);
	assert_true(real__object_is(full, "pipe:["));
	assert_true(real__object_is(empty, "pipe:["));
	assert_string_not_equal(json__string(full, "object"), json__string(empty, "object"));
	assert_true(json__integer(full, "total_ns") > 100 * 1000000LL);
	assert_true(json__integer(empty, "total_ns") > 150 * 1000000LL);
	assert_false(json__boolean(full, "idle"));
	assert_false(json__boolean(empty, "idle"));
}

/* --- perf bench sched pipe ------------------------------------------------------------------ */

/* Of the two processes of the benchmark, the one that is not `other`. */
static struct json_object *player(struct json_object *profile, struct json_object *other)
{
	struct json_object *process;

	json__each (process, profile, "processes")
		if (process != other && find_wait(process, "ipc", "read", NULL))
			return process;
	live__fail("one of the two players never waited");
}

/* Returns how many waits of one player the other ended. */
static int64_t check_player(struct json_object *process, struct json_object *partner)
{
	struct json_object *wait = the_wait(process, "ipc", "read", NULL);

	assert_true(real__object_is(wait, "pipe:["));
	assert_string_equal(json__string(wait, "sleep"), "interruptible");
	check_woken_only_by(wait, pid_of(partner));
	return json__integer(wait, "count");
}

/* How often it was taken off its CPU with more to do. */
static int64_t put_off(struct json_object *process)
{
	return json__integer(process, "cost.involuntary_switches");
}

#define ROUNDS "5000"

static int first_cpu(void)
{
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return 0;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed))
			return cpu;
	return 0;
}

/* On one CPU, with a scheduling class in which the woken does not push the waker aside, each of
 * the two has to wait for the other in each round. */
static void two_on_one_cpu_wake_each_other_in_turns(void **state)
{
	struct trace *trace =
		real__run(WORDS("--", "taskset", "-c", live__text("%d", first_cpu()), "chrt",
				"--batch", "0", "perf", "bench", "sched", "pipe", "-l", ROUNDS));
	struct json_object *one = player(trace->profile, NULL), *two = player(trace->profile, one);
	int64_t rounds = atoll(ROUNDS), least;

	(void)state;
	/* whoever is first need not wait; and who is put off its CPU by somebody else may find
	 * that the other has written meanwhile */
	least = rounds - rounds / 50 - put_off(one) - put_off(two);
	assert_in_range(check_player(one, two), least, rounds + 1);
	assert_in_range(check_player(two, one), least, rounds + 1);
	assert_string_not_equal(json__string(the_wait(one, "ipc", "read", NULL), "object"),
				json__string(the_wait(two, "ipc", "read", NULL), "object"));
	assert_true(syscall_calls(one, "write") >= (uint64_t)rounds);
	assert_true(syscall_calls(two, "write") >= (uint64_t)rounds);
	assert_true(syscall_calls(one, "read") >= (uint64_t)rounds);
	assert_true(syscall_calls(two, "read") >= (uint64_t)rounds);
}

/* Wherever the scheduler puts them, nobody else wakes them; now they may find data without. */
static void two_on_all_cpus_are_woken_by_nobody_else(void **state)
{
	static const char *const tiers[] = {"full", "waits"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct trace *trace = real__run(WORDS("--tier", tiers[i], "--", "perf", "bench",
						      "sched", "pipe", "-l", ROUNDS));
		struct json_object *one = player(trace->profile, NULL);
		struct json_object *two = player(trace->profile, one);

		assert_in_range(check_player(one, two), 1, atoll(ROUNDS) + 1);
		assert_in_range(check_player(two, one), 1, atoll(ROUNDS) + 1);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(a_pipeline_is_followed_into_its_children),
		LIVE_TEST(both_sides_of_a_pipe_wait),
		LIVE_TEST(two_on_one_cpu_wake_each_other_in_turns),
		LIVE_TEST(two_on_all_cpus_are_woken_by_nobody_else),
	};

	real__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* sleep, dd and sort: a pause on purpose, a disk, and a program that mostly works. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/live/lib/real.h"

#define MILLISECOND 1000000LL

static void a_sleep_is_one_wait_for_its_timer(void **state)
{
	static const char *const tiers[] = {"full", "waits"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct trace *trace = real__run(WORDS("--tier", tiers[i], "--", "sleep", "0.3"));
		struct json_object *process = the_process_named(trace->profile, "sleep");
		struct json_object *wait = the_wait(process, "timer", "clock_nanosleep", NULL);

		assert_nothing_unknown(process);
		assert_count(waits_count(process, "timer", NULL), 1);
		assert_count(json__integer(wait, "count"), 1);
		assert_true(json__is_null(wait, "object"));
		assert_string_equal(json__string(wait, "sleep"), "interruptible");
		assert_false(json__boolean(wait, "idle"));
		assert_count(waker_count(wait, "timer", 0), 1);
		assert_count(waker_total(wait), 1);
		assert_true(json__integer(wait, "total_ns") >= 299 * MILLISECOND);
		assert_time_within(json__number(wait, "total_ns"), 300 * MILLISECOND, 2,
				   20 * MILLISECOND);
		assert_count(syscall_calls(process, "clock_nanosleep"), i == 0 ? 1 : 0);
	}
}

/* Only the device ends such a wait; its interrupt may leave that to a thread of the kernel. */
static void check_disk_wait(struct json_object *process, const char *syscall, const char *path,
			    int64_t operations)
{
	struct json_object *wait = the_wait(process, "disk", syscall, live__text("file %s", path));

	assert_string_equal(json__string(wait, "sleep"), "uninterruptible");
	assert_false(json__boolean(wait, "idle"));
	assert_count(real__woken_by_kernel(wait), json__integer(wait, "count"));
	/* a device may answer before the thread is asleep, but not always */
	assert_in_range(json__integer(wait, "count"), operations / 2, operations * 4);
	assert_true(json__integer(wait, "total_ns") <=
		    json__integer(the_syscall(process, syscall), "total_ns"));
}

static void dd_past_the_cache_waits_for_the_disk(void **state)
{
	const char *path = live__disk_scratch("dd");
	struct trace *trace;
	struct json_object *process;
	int64_t records;

	(void)state;
	trace = real__run(WORDS("--", "dd", "if=/dev/zero", live__text("of=%s", path), "bs=64k",
				"count=200", "oflag=direct", "status=noxfer"));
	process = the_process_named(trace->profile, "dd");
	records = real__number_before(program__errors(trace->program), "+0 records out");
	assert_count(records, 200);
	/* and one that says so */
	assert_count(syscall_calls(process, "write"), records + 1);
	check_disk_wait(process, "write", path, records);

	trace = real__run(WORDS("--", "dd", live__text("if=%s", path), "of=/dev/null", "bs=64k",
				"iflag=direct", "status=none"));
	process = the_process_named(trace->profile, "dd");
	/* the end of the file is a read, too; the others are libc's and the locale's */
	assert_in_range(syscall_calls(process, "read"), records + 1, records + 10);
	check_disk_wait(process, "read", path, records);
	assert_count(syscall_calls(process, "write"), records);
}

static void fsync_is_a_wait_for_the_disk(void **state)
{
	const char *path = live__disk_scratch("dd-fsync");
	struct trace *trace;
	struct json_object *process, *wait;

	(void)state;
	trace = real__run(WORDS("--", "dd", "if=/dev/zero", live__text("of=%s", path), "bs=64k",
				"count=50", "conv=fsync", "status=none"));
	process = the_process_named(trace->profile, "dd");
	wait = the_wait(process, "disk", "fsync", live__text("file %s", path));
	assert_count(syscall_calls(process, "fsync"), 1);
	assert_count(syscall_calls(process, "write"), 50);
	assert_count(real__woken_by_kernel(wait), json__integer(wait, "count"));
}

/* `lines` pseudo-random numbers, the same ones each time */
static void write_lines(const char *path, unsigned int lines)
{
	FILE *file = fopen(path, "we");
	uint64_t value = 1;

	if (!file)
		live__fail("cannot make %s", path);
	for (unsigned int i = 0; i < lines; i++) {
		value = value * 6364136223846793005ULL + 1442695040888963407ULL;
		fprintf(file, "%016llx %u\n", (unsigned long long)value, i);
	}
	if (fclose(file))
		live__fail("cannot fill %s", path);
}

/* All of the time of a sort is work, or the disk, or the want of a CPU. */
static void a_sort_works_and_waits_for_the_disk(void **state)
{
	const char *input = live__disk_scratch("lines"), *output = live__disk_scratch("sorted");
	struct trace *trace;
	struct json_object *process, *ledger;
	int64_t explained;
	struct stat before = {}, after = {};

	(void)state;
	write_lines(input, 300000);
	trace = real__run(WORDS("--", "env", "LC_ALL=C", "sort", "--parallel=2", "-S", "2M", "-T",
				"/var/tmp", "-o", output, input));
	assert_int_equal(stat(input, &before) || stat(output, &after), 0);
	assert_count(after.st_size, before.st_size);
	process = the_process_named(trace->profile, "sort");
	ledger = json__at(process, "ledger");
	assert_nothing_unknown(process);
	explained = json__integer(ledger, "running_ns") + json__integer(ledger, "runnable_ns") +
		    json__integer(ledger, "preempted_ns") + waits_total(process, "disk", NULL) +
		    waits_total(process, "fault", NULL) + waits_total(process, "lock", NULL);
	assert_in_range(explained, json__integer(ledger, "lifetime_ns") * 95 / 100,
			json__integer(ledger, "lifetime_ns"));
	assert_true(json__integer(ledger, "running_ns") >
		    json__integer(ledger, "lifetime_ns") / 20);
	/* it reads what it was given, byte for byte, in blocks */
	assert_true(syscall_calls(process, "read") > 10);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(a_sleep_is_one_wait_for_its_timer),
		LIVE_TEST(dd_past_the_cache_waits_for_the_disk),
		LIVE_TEST(fsync_is_a_wait_for_the_disk),
		LIVE_TEST(a_sort_works_and_waits_for_the_disk),
	};

	real__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

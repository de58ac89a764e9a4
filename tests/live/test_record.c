// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What is recorded adds up to what was counted, row by row, whatever the program does; and a
 * recording that has no end, or not all, is read as far as it goes.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/live/lib/real.h"
#include "tests/live/lib/recorded.h"
#include "tests/live/lib/said.h"

/* Every thread, wait and syscall that was counted is counted again, to the nanosecond. */
static struct json_object *check(const char *const *options)
{
	const char *file = live__disk_scratch("run.rec");
	struct program *recorded = recorded__run(file, options), *checked;
	struct json_object *profile;

	if (recorded->status)
		live__fail("record: status %d, %s", recorded->status, program__errors(recorded));
	assert_non_null(strstr(program__output(recorded), " events in "));
	program__run(&checked, WORDS(live__waitscope(), "report", "--check", file),
		     LIVE_TIMEOUT_MS);
	if (checked->status)
		live__fail("%s%s", program__output(checked), program__errors(checked));
	profile = recorded__report(file);
	assert_true(json__boolean(profile, "audit.conserved"));
	return profile;
}

static void a_blocking_read_is_recorded_as_it_was(void **state)
{
	struct json_object *profile, *thread;

	(void)state;
	profile = check(WORDS("--", live__workload("blocking"), "--what", "pipe", "--ops", "200",
			      "--delay", "1ms"));
	thread = the_thread_named(json_object_array_get_idx(json__at(profile, "processes"), 0),
				  "waiter");
	assert_true(waits_count(thread, "ipc", "read") >= 195); /* some may lose events here */
	assert_string_equal(json__string(profile, "target.kind"), "command");
}

static void whatever_a_program_does_adds_up_again(void **state)
{
	(void)state;
	check(WORDS("--", live__workload("nonblocking"), "--what", "pipe", "--mode", "spin",
		    "--ops", "50", "--delay", "1ms"));
	check(WORDS("--", live__workload("event_loop"), "--ops", "200", "--delay", "1ms"));
	check(WORDS("--", live__workload("native_aio"), "--mode", "direct", "--ops", "400",
		    "--depth", "4"));
	check(WORDS("--tier", "waits", "--", live__workload("blocking"), "--what", "futex", "--ops",
		    "100", "--delay", "1ms"));
}

static void processes_and_threads_by_the_hundred_add_up_again(void **state)
{
	(void)state;
	check(WORDS("--", "sh", "-c",
		    "i=0; while [ $i -lt 150 ]; do /bin/true; i=$((i+1)); done; ls -l / | sort"));
	check(WORDS("--", live__workload("threads"), "--count", "200"));
}

/* Rows are given to others meanwhile. */
static void rows_that_change_hands_are_told_apart(void **state)
{
	struct json_object *profile;

	(void)state;
	profile = check(WORDS("--map-entries", "512", "--", "sh", "-c",
			      "i=0; while [ $i -lt 600 ]; do /bin/true; i=$((i+1)); done"));
	assert_count(json__length(profile, "processes") +
			     json__integer(profile, "audit.lost.threads"),
		     601);
}

static void the_whole_system_adds_up_again(void **state)
{
	(void)state;
	check(WORDS("-a", "-d", "1s"));
}

static void a_part_of_the_window_is_a_part_of_it(void **state)
{
	const char *file = live__disk_scratch("run.rec"), *out = live__scratch("part.json");
	struct json_object *whole, *part, *a, *b;
	struct program *program;

	(void)state;
	recorded__run(file, WORDS("--", live__workload("blocking"), "--what", "nanosleep", "--ops",
				  "300", "--delay", "2ms"));
	whole = recorded__report(file);
	program__run(&program,
		     WORDS(live__waitscope(), "report", "--from", "100ms", "--to", "300ms",
			   "--json", "-o", out, file),
		     LIVE_TIMEOUT_MS);
	assert_count(program->status, 0);
	part = json__parse(live__read_file(out, NULL));
	assert_count(json__integer(part, "window_ns"), 200000000);
	assert_true(json__boolean(part, "audit.conserved"));
	a = json_object_array_get_idx(json__at(whole, "processes"), 0);
	b = json_object_array_get_idx(json__at(part, "processes"), 0);
	assert_true(waits_count(b, "timer", NULL) > 0);
	assert_true(waits_count(b, "timer", NULL) < waits_count(a, "timer", NULL));
}

/* Without its end it is not known who lived, but all that was written counts. */
static void a_recording_whose_recorder_was_killed_is_read(void **state)
{
	const char *file = live__disk_scratch("run.rec");
	struct program *program = program__start(WORDS(
		live__waitscope(), "record", "-v", "-o", file, "--", live__workload("blocking"),
		"--what", "nanosleep", "--ops", "100000", "--delay", "1ms"));
	struct program *reader;
	struct stat status;

	(void)state;
	program__await_errors(program, "attached after");
	do
		live__sleep_ms(100);
	while (stat(file, &status) || status.st_size < 4096);
	program__signal(program, SIGKILL);
	program__wait(program, LIVE_TIMEOUT_MS);
	program__run(&reader, WORDS(live__waitscope(), "report", file), LIVE_TIMEOUT_MS);
	assert_count(reader->status, 0);
	assert_non_null(strstr(program__errors(reader), "was cut off"));
	assert_non_null(strstr(program__output(reader), "nanosleep"));
	assert_non_null(strstr(program__output(reader), "conserved"));
}

static void what_had_no_room_is_counted(void **state)
{
	const char *file = live__disk_scratch("run.rec");
	struct program *recorded =
		recorded__run(file, WORDS("--buffer", "64K", "--", "dd", "if=/dev/zero",
					  "of=/dev/null", "bs=1", "count=200000"));
	struct json_object *profile;

	(void)state;
	assert_count(recorded->status, 0);
	if (!strstr(program__output(recorded), "LOST"))
		live__skip("this machine drains 64 KiB as fast as they fill");
	profile = recorded__report(file);
	assert_true(json__boolean(profile, "audit.conserved"));
}

static void files_that_cannot_be_written_or_read_are_one_line(void **state)
{
	const char *directory = real__directory(), *text = live__scratch("text");

	(void)state;
	live__write_file(text, "no recording at all, but long enough to be one\n");
	said__check(said__run(WORDS("record", "-o", "/dev/full", "--", "true")), 1, "No space left",
		    false);
	said__check(said__run(WORDS("record", "-o", "/no/such/place", "--", "true")), 1,
		    "/no/such/place", false);
	said__check(said__run(WORDS("record", "--json", "--", "true")), 2, "report --json", false);
	said__check(said__run(WORDS("record", "--buffer", "1K", "--", "true")), 2, "--buffer",
		    false);
	said__check(said__run(WORDS("report")), 2, "name a recording", false);
	said__check(said__run(WORDS("report", "a", "b")), 2, "one recording at a time", false);
	said__check(said__run(WORDS("report", "--from", "2s", "--to", "1s", text)), 2, "--to",
		    false);
	said__check(said__run(WORDS("report", "/no/such/file")), 1, "/no/such/file", false);
	said__check(said__run(WORDS("report", directory)), 1, "directory", false);
	said__check(said__run(WORDS("report", text)), 1, "no recording", false);
	said__check(said__run(WORDS("report", "/dev/null")), 1, "is empty", false);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(a_blocking_read_is_recorded_as_it_was),
		LIVE_TEST(whatever_a_program_does_adds_up_again),
		LIVE_TEST(processes_and_threads_by_the_hundred_add_up_again),
		LIVE_TEST(rows_that_change_hands_are_told_apart),
		LIVE_TEST(the_whole_system_adds_up_again),
		LIVE_TEST(a_part_of_the_window_is_a_part_of_it),
		LIVE_TEST(a_recording_whose_recorder_was_killed_is_read),
		LIVE_TEST(what_had_no_room_is_counted),
		LIVE_TEST(files_that_cannot_be_written_or_read_are_one_line),
	};

	live__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

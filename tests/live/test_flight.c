// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The flight recorder: what it writes at the end, at a signal, at a trigger is a recording of the
 * last of the run, whose time adds up from its first nanosecond.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/live/lib/real.h"
#include "tests/live/lib/said.h"

#define OPTIONS_MOST 24

static struct program *start(const char *file, const char *const *options)
{
	const char *words[OPTIONS_MOST] = {live__waitscope(), "record", "-v", "-o", file};
	size_t count = 5;

	while (*options && count < OPTIONS_MOST - 1)
		words[count++] = *options++;
	assert_null(*options);
	return program__start(words);
}

static struct program *fly(const char *file, const char *const *options)
{
	struct program *program = start(file, options);

	if (program__wait(program, LIVE_TIMEOUT_MS * 2))
		live__fail("record: status %d, %s", program->status, program__errors(program));
	return program;
}

/* What `report` says of it, and on stderr. */
static struct json_object *report(const char *file, const char *said)
{
	const char *out = live__scratch("report.json");
	struct program *program;
	struct json_object *profile;

	if (program__run(&program, WORDS(live__waitscope(), "report", "--json", "-o", out, file),
			 LIVE_TIMEOUT_MS))
		live__fail("report says %s", program__errors(program));
	if (said && !strstr(program__errors(program), said))
		live__fail("report does not say '%s', but: %s", said, program__errors(program));
	profile = json__parse(live__read_file(out, NULL));
	assert_true(json__boolean(profile, "audit.conserved"));
	return profile;
}

static struct json_object *first_process(struct json_object *profile)
{
	return json_object_array_get_idx(json__at(profile, "processes"), 0);
}

static void the_end_of_a_run_is_kept(void **state)
{
	const char *file = live__disk_scratch("last.rec");
	struct program *program;
	struct json_object *profile, *process;

	(void)state;
	program = fly(file, WORDS("--last", "500ms", "--", live__workload("blocking"), "--what",
				  "pipe", "--ops", "1200", "--delay", "1ms"));
	assert_non_null(strstr(program__output(program), "the last 500 ms: "));
	profile = report(file, "what was before is not in it");
	assert_count(json__integer(profile, "window_ns"), 500000000);
	process = first_process(profile);
	/* three threads, of which two end a little before the window does */
	assert_true(json__integer(process, "ledger.lifetime_ns") <= 1500000000);
	assert_true(json__integer(process, "ledger.lifetime_ns") > 1000000000);
	if (!live__emulated())
		assert_true(waits_count(process, "ipc", "read") > 100);
	assert_true(waits_count(process, "ipc", "read") < 1000);
	/* names that threads gave themselves before the window */
	the_thread_named(process, "waiter");
	program__run(&program, WORDS(live__waitscope(), "report", "--check", file),
		     LIVE_TIMEOUT_MS);
	assert_count(program->status, 1);
	assert_non_null(strstr(program__errors(program), "does not have what was counted"));
	program__run(&program, WORDS(live__waitscope(), "trace", "--from-file", file),
		     LIVE_TIMEOUT_MS);
	assert_count(program->status, 0);
	assert_non_null(strstr(program__output(program), "read"));
}

/* It is a recording like others then, with all that these have. */
static void a_run_that_is_shorter_is_whole(void **state)
{
	const char *file = live__disk_scratch("whole.rec");
	struct program *program;

	(void)state;
	program = fly(file, WORDS("--last", "1h", "--", live__workload("blocking"), "--what",
				  "pipe", "--ops", "200", "--delay", "1ms"));
	assert_non_null(strstr(program__output(program), "all "));
	program__run(&program, WORDS(live__waitscope(), "report", "--check", file),
		     LIVE_TIMEOUT_MS);
	if (program->status)
		live__fail("%s%s", program__output(program), program__errors(program));
	report(file, NULL);
}

static void a_signal_writes_and_it_goes_on(void **state)
{
	const char *file = live__disk_scratch("signal.rec");
	struct program *program =
		start(file, WORDS("--last", "300ms", "-p", live__text("%d", getpid()), "-d", "1h"));

	(void)state;
	program__await_errors(program, "attached after");
	for (int i = 1; i <= 2; i++) {
		for (int step = 0; step < 60; step++)
			live__sleep_ms(10);
		program__signal(program, SIGUSR1);
		program__await_output(program, live__text("%s.%d: ", file, i));
		assert_true(said__exists(live__text("%s.%d", file, i)));
	}
	assert_false(said__exists(file));
	program__signal(program, SIGINT);
	assert_count(program__wait(program, LIVE_TIMEOUT_MS), 0);
	for (int i = 0; i <= 2; i++) {
		const char *path = i ? live__text("%s.%d", file, i) : file;
		struct json_object *profile = report(path, "the last 300 ms of");

		assert_count(json__integer(profile, "window_ns"), 300000000);
		assert_count(json__integer(first_process(profile), "ledger.lifetime_ns"),
			     300000000);
		if (i)
			unlink(path);
	}
}

/* The reason is told while it goes on, and the file is there. */
static void fires(const char *trigger, const char *reason, const char *const *target)
{
	const char *file = live__disk_scratch("trigger.rec"), *first = live__text("%s.1", file);
	const char *words[OPTIONS_MOST] = {"--last", "2s", "--trigger", trigger};
	struct program *program;
	size_t count = 4;

	while (*target && count < OPTIONS_MOST - 1)
		words[count++] = *target++;
	program = start(file, words);
	program__await_output(program, first);
	program__await_output(program, reason);
	report(first, NULL);
	unlink(first);
	program__signal(program, SIGINT);
	program__wait(program, LIVE_TIMEOUT_MS);
}

static void a_wait_that_is_too_long_writes(void **state)
{
	(void)state;
	fires("timer>200ms", "sleep (", WORDS("--", "sleep", "3"));
	fires("wait>200ms", "in clock_nanosleep", WORDS("--", "sleep", "3"));
}

static void an_event_loop_that_stalls_writes(void **state)
{
	(void)state;
	fires("stall>20ms", "kept its event loop waiting for",
	      WORDS("--", live__workload("event_loop"), "--ops", "60", "--delay", "10ms",
		    "--handler-block", "50ms"));
}

static void what_is_judged_a_finding_writes(void **state)
{
	(void)state;
	fires("finding", "finding",
	      WORDS("--", live__workload("blocking"), "--what", "mutex", "--ops", "20000",
		    "--delay", "3ms"));
}

static void what_does_not_happen_writes_nothing(void **state)
{
	const char *file = live__disk_scratch("quiet.rec");

	(void)state;
	fly(file, WORDS("--last", "5s", "--trigger", "disk>20s", "--trigger", "stall>20s", "--",
			live__workload("event_loop"), "--ops", "100", "--delay", "1ms"));
	assert_true(said__exists(file));
	assert_false(said__exists(live__text("%s.1", file)));
}

static void what_cannot_be_is_one_line(void **state)
{
	(void)state;
	said__check(
		said__run(WORDS("record", "--last", "1s", "-o", "/no/such/place", "--", "true")), 1,
		"/no/such/place", false);
	said__check(said__run(WORDS("record", "--last", "1s", "-o", "/dev/full", "--", "true")), 1,
		    "No space left", false);
	said__check(said__run(WORDS("record", "--trigger", "wait>1s", "--", "true")), 2, "--last",
		    false);
	said__check(said__run(WORDS("record", "--last", "0", "--", "true")), 2, "--last", false);
	said__check(said__run(WORDS("record", "--last", "1s", "--trigger", "dsk>1s", "--", "true")),
		    2, "'disk'", false);
	said__check(said__run(WORDS("record", "--last", "1s", "--last-size", "1K", "--", "true")),
		    2, "--last-size", false);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(the_end_of_a_run_is_kept),
		LIVE_TEST(a_run_that_is_shorter_is_whole),
		LIVE_TEST(a_signal_writes_and_it_goes_on),
		LIVE_TEST(a_wait_that_is_too_long_writes),
		LIVE_TEST(an_event_loop_that_stalls_writes),
		LIVE_TEST(what_is_judged_a_finding_writes),
		LIVE_TEST(what_does_not_happen_writes_nothing),
		LIVE_TEST(what_cannot_be_is_one_line),
	};

	live__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

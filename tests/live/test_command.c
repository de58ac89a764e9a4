// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A traced command: it is not found, it cannot run, it fails, it is killed, it is interrupted. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/live/lib/real.h"
#include "tests/live/lib/said.h"

static void check_not_run(const char *command, int status)
{
	const char *directory = real__directory(), *result = live__text("%s/out", directory);

	said__check(said__run(WORDS("profile", "-o", result, "--", command)), status, command,
		    false);
	assert_count(said__files_in(directory), 0);
}

static void a_command_that_cannot_run_has_the_status_of_the_shells(void **state)
{
	const char *file = live__scratch("plain");

	(void)state;
	live__write_file(file, "#!/bin/sh\n");
	chmod(file, 0644);
	check_not_run("no-such-command-anywhere", 127);
	check_not_run("/no/such/command", 127);
	check_not_run("/etc/passwd/command", 127);
	check_not_run(file, 126);
	check_not_run("/", 126);
}

static void the_exit_status_is_passed_on(void **state)
{
	static const struct {
		const char *script;
		int status;
	} ends[] = {
		{"exit 0", 0},	       {"exit 1", 1},	       {"exit 7", 7},
		{"exit 255", 255},     {"kill -TERM $$", 143}, {"kill -KILL $$", 137},
		{"kill -INT $$", 130},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct trace *trace =
			trace__run(WORDS("--", "sh", "-c", ends[i].script), LIVE_TIMEOUT_MS);

		assert_count(trace->status, ends[i].status);
		assert_count(json__integer(trace->profile, "exit_status"), ends[i].status);
	}
}

static void the_command_keeps_its_own_words_and_streams(void **state)
{
	struct program *program = program__start(
		WORDS(live__waitscope(), "profile", "-o", "/dev/null", "--", "sh", "-c",
		      "read line; echo \"$0 $1 $line\"; echo oops >&2", "-p", "--json"));

	(void)state;
	program__say(program, "hello\n");
	program__end_input(program);
	assert_count(program__wait(program, LIVE_TIMEOUT_MS), 0);
	assert_string_equal(program__output(program), "-p --json hello\n");
	assert_string_equal(program__errors(program), "oops\n");
}

/* SIGTERM to waitscope: it reports what it has, and says how it was ended. */
static void a_signal_ends_the_tracing_with_a_report(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct trace *trace = trace__start(WORDS("--", "sleep", "4"));
		struct json_object *wait;

		trace__await_attached(trace);
		live__sleep_ms(200);
		program__signal(trace->program, signals[i]);
		trace__finish(trace, LIVE_TIMEOUT_MS);
		assert_count(trace->status, 128 + signals[i]);
		assert_conserved(trace->profile);
		wait = the_wait(the_process_named(trace->profile, "sleep"), "timer", NULL, NULL);
		assert_count(json__integer(wait, "censored"), 1);
	}
}

static pid_t only_child_of(pid_t pid)
{
	const char *path = live__text("/proc/%d/task/%d/children", pid, pid);
	const char *children = live__read_file(path, NULL);

	return children ? (pid_t)atoi(children) : 0;
}

/* Killed, it leaves no program behind, and the command goes on: nothing holds it. */
static void the_command_survives_the_tracer(void **state)
{
	const char *witness = live__scratch("witness");
	struct trace *trace = trace__start(
		WORDS("--", "sh", "-c", live__text("sleep 0.3; : >%s; sleep 20", witness)));
	uint64_t deadline = live__now() + 5000000000ULL;
	pid_t command;

	(void)state;
	trace__await_attached(trace);
	live__sleep_ms(100);
	command = only_child_of(trace->program->pid);
	assert_true(command > 0);
	program__signal(trace->program, SIGKILL);
	assert_count(program__wait(trace->program, LIVE_TIMEOUT_MS), 128 + SIGKILL);
	while (!said__exists(witness) && live__now() < deadline)
		live__sleep_ms(10);
	assert_true(said__exists(witness));
	/* in the group of the tracer, whose number the command still holds */
	assert_int_equal(kill(-trace->program->was_pid, SIGKILL), 0);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(a_command_that_cannot_run_has_the_status_of_the_shells),
		LIVE_TEST(the_exit_status_is_passed_on),
		LIVE_TEST(the_command_keeps_its_own_words_and_streams),
		LIVE_TEST(a_signal_ends_the_tracing_with_a_report),
		LIVE_TEST(the_command_survives_the_tracer),
	};

	real__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* `waitscope report --critical-path`: of commands whose path is known. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/live/lib/real.h"
#include "tests/live/lib/recorded.h"
#include "tests/live/lib/role.h"
#include "tests/live/lib/said.h"
#include "tests/live/lib/schema.h"

#define ATTEMPTS 12
#define NAPS	 10
#define NAP_US	 50000

/* A parent that waits for a child that sleeps, and says for how long it was there. */
static int sleepy_child(int argc, char **argv)
{
	pid_t child = fork();
	uint64_t since;
	int status = 0;

	(void)argc;
	(void)argv;
	if (child == 0) {
		since = live__now();
		for (int i = 0; i < NAPS; i++)
			role__nap(NAP_US);
		role__say("lived=%llu\n", (unsigned long long)(live__now() - since));
		_exit(0);
	}
	role__check(child, "fork");
	role__check(waitpid(child, &status, 0), "waitpid");
	role__say("child=%d\n", (int)child);
	return status != 0;
}

/* Of a recording; its rows are its window, and that is the profile's. */
static struct json_object *path_of(const char *recording)
{
	const char *path = live__scratch("path.json");
	struct json_object *document, *row;
	int64_t sum = 0;

	assert_count(said__run(WORDS("report", "--critical-path", "--json", "-o", path, recording))
			     ->status,
		     0);
	schema__check("critical-path.schema.json", path);
	document = json__parse(live__read_file(path, NULL));
	json__each (row, document, "path")
		sum += json__integer(row, "time_ns");
	assert_count(sum, json__integer(document, "window_ns"));
	assert_count(sum, json__integer(recorded__report(recording), "window_ns"));
	return document;
}

/* ns of rows that agree; tid 0, NULL: any. */
static int64_t time_of(struct json_object *document, int64_t tid, const char *cause,
		       const char *class)
{
	struct json_object *row;
	int64_t time = 0;

	json__each (row, document, "path") {
		const char *its_class = json__string(row, "class");

		if (tid && (!json__has(row, "tid") || json__integer(row, "tid") != tid))
			continue;
		if (cause && strcmp(json__string(row, "cause"), cause) != 0)
			continue;
		if (!class || (its_class && strcmp(its_class, class) == 0))
			time += json__integer(row, "time_ns");
	}
	return time;
}

/* What of the path is no business of the machine's: how long others had the CPUs, and how long it
 * took the parent to get so far. */
static int64_t waited(struct json_object *path, int64_t child)
{
	int64_t all = json__integer(path, "window_ns"), on_cpu = 0;
	static const char *const causes[] = {"running", "runnable", "preempted", "after"};

	for (size_t i = 0; i < 4; i++)
		on_cpu += time_of(path, 0, causes[i], NULL) - time_of(path, child, causes[i], NULL);
	return all - on_cpu;
}

static void the_path_lies_in_the_child_that_is_waited_for(void **state)
{
	const char *recording = live__scratch("child.rec");
	struct program *program;
	struct json_object *path;
	int64_t child, time;

	(void)state;
	/* what the parent reads from disks to begin is chance: more than one run may show it */
	for (int i = 0; i < ATTEMPTS; i++) {
		program =
			recorded__run(recording, WORDS("--", live__self(), "--as", "sleepy_child"));
		assert_count(program->status, 0);
		child = program__value(program, "child");
		path = path_of(recording);
		time = time_of(path, child, NULL, NULL);
		if (!time_of(path, 0, "unknown", NULL) && time * 100 >= waited(path, child) * 98)
			break;
	}
	assert_true(json__boolean(path, "ended"));
	assert_true(time * 100 >= waited(path, child) * 98);
	/* all that it did, for the parent waited for it from the begin */
	assert_true(time >= program__value(program, "lived"));
	/* nobody but its timer wakes it, and it does not sleep for less than it asks for */
	assert_true(time_of(path, child, "asleep", "timer") >= NAPS * (NAP_US - 1000) * 1000LL);
	assert_count(time_of(path, 0, "asleep", "child"), 0);
}

static void a_shell_pipeline_has_a_path_of_its_wall_time(void **state)
{
	const char *recording = live__scratch("pipeline.rec");
	struct json_object *path;

	(void)state;
	assert_count(recorded__run(recording, WORDS("--", "sh", "-c",
						    "(sleep 0.2; seq 1 20000) | sort -R | wc -l"))
			     ->status,
		     0);
	path = path_of(recording);
	/* the readers' sleeps were ended by the writers, whose path it is then */
	assert_count(time_of(path, 0, "asleep", "ipc"), 0);
	if (!time_of(path, 0, "unknown", NULL))
		assert_true(time_of(path, 0, "asleep", "timer") >= 200 * 1000000LL);
}

static void threads_are_followed_to_who_woke_them(void **state)
{
	static const char *const tiers[] = {"full", "waits"};
	const char *recording = live__scratch("pipe.rec");

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct program *program = recorded__run(
			recording, WORDS("--tier", tiers[i], "--", live__workload("blocking"),
					 "--what", "pipe", "--ops", "20", "--delay", "5ms"));
		struct json_object *path = path_of(recording), *truth;

		assert_count(program->status, 0);
		truth = json__parse(program__output(program));
		assert_count(time_of(path, json__integer(truth, "waiter_tid"), "asleep", "ipc"), 0);
		assert_count(time_of(path, json__integer(truth, "pid"), "asleep", "lock"), 0);
		if (!time_of(path, 0, "unknown", NULL))
			assert_true(time_of(path, json__integer(truth, "partner_tid"), "asleep",
					    "timer") >= json__integer(truth, "slept_ns") / 2);
	}
}

static void a_trace_that_ends_first_says_so(void **state)
{
	const char *recording = live__scratch("cut.rec");
	struct json_object *path;

	(void)state;
	recorded__run(recording, WORDS("-d", "300ms", "--", "sleep", "1"));
	path = path_of(recording);
	assert_false(json__boolean(path, "ended"));
	assert_true(time_of(path, 0, "asleep", "timer") > 0);
}

static void the_text_has_both_tables(void **state)
{
	const char *recording = live__scratch("text.rec");
	char *text;

	(void)state;
	assert_count(recorded__run(recording, WORDS("--", "sleep", "0.2"))->status, 0);
	text = program__output(said__run(WORDS("report", "--critical-path", recording)));
	assert_non_null(strstr(text, "By thread\n"));
	assert_non_null(strstr(text, "By thread and cause"));
	assert_non_null(strstr(text, "asleep: timer, clock_nanosleep (woken by timer)"));
}

static void what_has_no_path_is_refused(void **state)
{
	const char *recording = live__scratch("pid.rec"), *text = live__scratch("text");

	(void)state;
	assert_count(
		recorded__run(recording, WORDS("-p", live__text("%d", getpid()), "-d", "100ms"))
			->status,
		0);
	said__check(said__run(WORDS("report", "--critical-path", recording)), 1,
		    "no command was recorded", false);
	said__check(said__run(WORDS("report", "--critical-path", "--from", "1s", recording)), 2,
		    "of the whole window", true);
	said__check(said__run(WORDS("report", "--critical-path")), 2, "name a recording", true);
	live__write_file(text, "no recording at all, but long enough to have a head");
	said__check(said__run(WORDS("report", "--critical-path", text)), 1,
		    "is no recording of waitscope", false);
}

int main(int argc, char **argv)
{
	static const struct live_role roles[] = {{"sleepy_child", sleepy_child}, {0}};
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(the_path_lies_in_the_child_that_is_waited_for),
		LIVE_TEST(a_shell_pipeline_has_a_path_of_its_wall_time),
		LIVE_TEST(threads_are_followed_to_who_woke_them),
		LIVE_TEST(a_trace_that_ends_first_says_so),
		LIVE_TEST(the_text_has_both_tables),
		LIVE_TEST(what_has_no_path_is_refused),
	};

	real__begin(argc, argv, roles);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

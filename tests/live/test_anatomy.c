// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* `waitscope anatomy`: against the truth of workloads, and against the lines of the same recording.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/live/lib/real.h"
#include "tests/live/lib/said.h"
#include "tests/live/lib/schema.h"

#define WORDS_MAX  32
#define ATTEMPTS   12
#define OPERATIONS "20"

/* A workload's run, recorded, and what it says of itself. */
struct recorded {
	const char *path;
	struct json_object *truth;
	const char *waiter; /* thread id */
};

static struct program *run_verb(const char *verb, const char *path, const char *const *words)
{
	const char *all[WORDS_MAX] = {verb, "-o", path};

	for (size_t i = 3; *words && i + 1 < WORDS_MAX; i++)
		all[i] = *words++;
	return said__run(all);
}

static struct recorded record(const char *what)
{
	struct recorded recorded = {.path = live__scratch("anatomy.rec")};
	struct program *program = run_verb("record", recorded.path,
					   WORDS("--", live__workload("blocking"), "--what", what,
						 "--ops", OPERATIONS, "--delay", "1ms"));

	assert_count(program->status, 0);
	recorded.truth = json__parse(program__output(program));
	recorded.waiter =
		live__text("%lld", (long long)json__integer(recorded.truth, "waiter_tid"));
	return recorded;
}

/* One call of it. NULL: there are not so many. */
static struct json_object *lay_out(const struct recorded *recorded, int rank)
{
	const char *path = live__scratch("anatomy.json");
	struct program *program = run_verb("anatomy", path,
					   WORDS("--json", "--from-file", recorded->path,
						 "--thread", recorded->waiter, "--syscall",
						 json__string(recorded->truth, "syscall"), "--rank",
						 live__text("%d", rank)));

	if (program->status)
		return NULL;
	schema__check("anatomy.schema.json", path);
	return json__parse(live__read_file(path, NULL));
}

/* Stages: 1, then 2 to 9 for each sleep, then 10; their instants rise, their times add up. */
static void check_stages(struct json_object *call)
{
	size_t sleeps = json__length(call, "sleeps"), i = 0;
	int64_t sum = 0, at = 0;
	struct json_object *stage;

	assert_count(json__integer(call, "more_sleeps.count"), 0);
	assert_count(json__length(call, "stages"), 2 + 8 * sleeps);
	json__each (stage, call, "stages") {
		int64_t number = json__integer(stage, "stage");

		assert_count(number, i == 0 ? 1 : i == 8 * sleeps + 1 ? 10 : 2 + (i - 1) % 8);
		i++;
		if (number == 2 || number == 8)
			assert_true(json__is_null(stage, "at_ns"));
		if (!json__has(stage, "at_ns"))
			continue;
		assert_true(json__integer(stage, "at_ns") >= at);
		at = json__integer(stage, "at_ns");
		sum += json__integer(stage, "took_ns");
	}
	assert_count(sum, json__integer(call, "duration_ns"));
	assert_count(at, json__integer(call, "duration_ns"));
}

/* Whoever had its CPU had it from stage 5 to stage 9. */
static void check_runs(struct json_object *sleep)
{
	int64_t sum = json__integer(sleep, "other_runs_ns") + json__integer(sleep, "untraced_ns");
	struct json_object *run;

	json__each (run, sleep, "runs")
		sum += json__integer(run, "time_ns");
	assert_count(sum, json__integer(sleep, "on_ns") - json__integer(sleep, "off_ns"));
}

static bool is_one_of(struct json_object *object, const char *path, const char *text)
{
	for (size_t i = 0; i < json__length(object, path); i++)
		if (strcmp(json_object_get_string(
				   json_object_array_get_idx(json__at(object, path), i)),
			   text) == 0)
			return true;
	return false;
}

static void check_waker(const struct recorded *recorded, struct json_object *sleep)
{
	const char *kind = json__string(sleep, "waker.kind");

	if (!is_one_of(recorded->truth, "wakers", kind))
		live__fail("woken by %s: %s", kind, json__show(sleep));
	if (strcmp(kind, "thread") != 0)
		return;
	assert_count(json__integer(sleep, "waker.thread.tid"),
		     json__integer(recorded->truth, "partner_tid"));
	assert_count(json__integer(sleep, "waker.thread.pid"),
		     json__integer(recorded->truth, "partner_pid"));
	assert_string_equal(json__string(sleep, "waker.call"),
			    strcmp(json__string(recorded->truth, "what"), "pipe") == 0 ? "write"
										       : "futex");
	assert_true(json__integer(sleep, "waker.call_ns") >= 0);
}

static void check_request(struct json_object *sleep)
{
	int64_t at;

	if (!json__has(sleep, "request"))
		return;
	at = json__integer(sleep, "request.completed_ns");
	assert_true(at >= json__integer(sleep, "off_ns"));
	assert_true(at <= json__integer(sleep, "woken_ns"));
	assert_string_equal(json__string(sleep, "request.operation"), "read");
}

/* Wakings of its wakers, within the sleep. How many. */
static size_t check_chain(struct json_object *sleep)
{
	int64_t left = json__integer(sleep, "woken_ns") - json__integer(sleep, "off_ns");
	struct json_object *link;

	json__each (link, sleep, "chain") {
		left -= json__integer(link, "before_ns");
		assert_true(left >= 0);
	}
	return json__length(sleep, "chain");
}

static void check_truth(const struct recorded *recorded, struct json_object *call)
{
	static const char *const members[] = {"class", "sleep", "object"};
	struct json_object *sleep, *truth = recorded->truth;

	assert_count(json__integer(call, "tid"), json__integer(truth, "waiter_tid"));
	assert_string_equal(json__string(call, "syscall"), json__string(truth, "syscall"));
	json__each (sleep, call, "sleeps") {
		check_runs(sleep);
		check_waker(recorded, sleep);
		check_request(sleep);
		check_chain(sleep);
		for (size_t i = 0; i < 3; i++)
			if (json__string(truth, members[i]))
				assert_string_equal(json__string(sleep, members[i]),
						    json__string(truth, members[i]));
	}
}

/* Durations of the waiter's calls that slept, by trace; how many. */
static size_t durations_of(const struct recorded *recorded, int64_t *durations, size_t most)
{
	const char *path = live__scratch("anatomy.jsonl");
	char *rest, *text;
	size_t count = 0;

	assert_count(run_verb("trace", path,
			      WORDS("--json", "--from-file", recorded->path, "--syscall",
				    json__string(recorded->truth, "syscall")))
			     ->status,
		     0);
	rest = live__read_file(path, NULL);
	while (rest && (text = strsep(&rest, "\n"))) {
		struct json_object *line = *text ? json__parse(text) : NULL;

		if (!line || !json__has(line, "duration_ns") ||
		    json__integer(line, "tid") != json__integer(recorded->truth, "waiter_tid"))
			continue;
		if (count == most)
			live__fail("more than %zu calls", most);
		durations[count++] = json__integer(line, "duration_ns");
	}
	return count;
}

static int longest_first(const void *left, const void *right)
{
	const int64_t *a = left, *b = right;

	return (*a < *b) - (*a > *b);
}

/* Some kernels hide transitions; calls in which one was lost are left out, and another run has
 * none. */
static bool is_whole(const struct recorded *recorded)
{
	struct program *program =
		said__run(WORDS("anatomy", "--idle", "--from-file", recorded->path));

	return !strstr(program__errors(program), "left out");
}

static void check_workload(const char *what)
{
	int64_t durations[100];
	struct json_object *call;
	struct recorded recorded;
	size_t count;

	for (int i = 0; i < ATTEMPTS; i++) {
		recorded = record(what);
		if (is_whole(&recorded))
			break;
	}
	count = durations_of(&recorded, durations, 100);
	qsort(durations, count, sizeof(*durations), longest_first);
	if (json__has(recorded.truth, "sleep_count"))
		assert_count(count, json__integer(recorded.truth, "sleep_count"));
	for (size_t i = 0; i < count && i < 3; i++) {
		call = lay_out(&recorded, (int)i + 1);
		assert_non_null(call);
		assert_count(json__integer(call, "rank"), i + 1);
		assert_count(json__integer(call, "of"), count);
		assert_count(json__integer(call, "duration_ns"), durations[i]);
		check_stages(call);
		check_truth(&recorded, call);
	}
	assert_null(lay_out(&recorded, (int)count + 1));
}

static void a_read_of_a_pipe(void **state)
{
	(void)state;
	check_workload("pipe");
}

/* The partner pauses before it writes: a timer wakes it, mostly while the waiter is asleep. */
static void the_partner_had_been_woken_by_its_timer(void **state)
{
	struct recorded recorded = record("pipe");
	struct json_object *call, *sleep, *link;
	size_t links = 0;

	(void)state;
	for (int rank = 1; rank <= 8 && (call = lay_out(&recorded, rank)); rank++) {
		sleep = json_object_array_get_idx(json__at(call, "sleeps"), 0);
		json__each (link, sleep, "chain") {
			assert_string_equal(json__string(link, "class"), "timer");
			assert_string_equal(json__string(link, "waker.kind"), "timer");
			links++;
		}
	}
	assert_true(links > 0);
}

static void a_read_from_a_disk(void **state)
{
	(void)state;
	check_workload("file-direct");
}

static void a_futex(void **state)
{
	(void)state;
	check_workload("mutex");
}

static void a_nanosleep(void **state)
{
	(void)state;
	check_workload("nanosleep");
}

/* --- live --------------------------------------------------------------------------------------
 */

static void live_it_lays_out_a_call_of_the_command(void **state)
{
	const char *path = live__scratch("anatomy.json");
	struct program *program =
		run_verb("anatomy", path,
			 WORDS("--json", "--syscall", "read", "--object", "pipe:", "--",
			       live__workload("blocking"), "--what", "pipe", "--ops", OPERATIONS,
			       "--delay", "1ms"));
	struct json_object *truth = json__parse(program__output(program)), *call, *sleep;

	(void)state;
	assert_count(program->status, 0);
	schema__check("anatomy.schema.json", path);
	call = json__parse(live__read_file(path, NULL));
	check_stages(call);
	assert_count(json__integer(call, "tid"), json__integer(truth, "waiter_tid"));
	sleep = json_object_array_get_idx(json__at(call, "sleeps"), 0);
	assert_string_equal(json__string(sleep, "object"), json__string(truth, "object"));
	assert_count(json__integer(sleep, "waker.thread.tid"), json__integer(truth, "partner_tid"));
}

static void the_status_of_the_command_is_passed_on(void **state)
{
	struct program *program =
		said__run(WORDS("anatomy", "--", "sh", "-c", "sleep 0.01; exit 7"));

	(void)state;
	assert_count(program->status, 7);
	assert_non_null(strstr(program__output(program), "    in all\n"));
}

/* The words of the tracer before the exec of the command are not of the command. */
static void what_comes_before_the_exec_is_left_out(void **state)
{
	struct program *program =
		said__run(WORDS("anatomy", "--idle", "--syscall", "read", "--", "sleep", "0.01"));

	(void)state;
	if (program->status == 0)
		assert_null(strstr(program__output(program), "pipe:"));
}

static struct json_object *lay_out_any(const char *file, const char *const *words)
{
	const char *path = live__scratch("any.json"),
		   *all[WORDS_MAX] = {"--json", "--from-file", file};

	for (size_t i = 3; *words && i + 1 < WORDS_MAX; i++)
		all[i] = *words++;
	assert_count(run_verb("anatomy", path, all)->status, 0);
	return json__parse(live__read_file(path, NULL));
}

static void calls_that_rest_are_left_out_unless_asked_for(void **state)
{
	const char *path = live__scratch("rest.rec");
	const char *program = "import select, time; time.sleep(0.01); select.epoll().poll(0.1)";
	struct json_object *asked, *some, *all;

	(void)state;
	assert_count(
		run_verb("record", path, WORDS("--", "/usr/bin/python3", "-c", program))->status,
		0);
	asked = lay_out_any(path, WORDS("--syscall", "epoll_wait"));
	some = lay_out_any(path, WORDS(NULL));
	all = lay_out_any(path, WORDS("--idle"));
	assert_string_equal(json__string(asked, "syscall"), "epoll_wait");
	assert_string_not_equal(json__string(some, "syscall"), "epoll_wait");
	assert_true(json__integer(all, "of") > json__integer(some, "of"));
	assert_true(json__integer(all, "duration_ns") >= json__integer(asked, "duration_ns"));
}

/* --- wrong input -------------------------------------------------------------------------------
 */

static void wrong_options_are_refused(void **state)
{
	static const struct {
		const char *words[6], *text;
	} cases[] = {
		{{"--syscall", "raed", "--", "true"}, "the nearest is 'read'"},
		{{"--rank", "0", "--", "true"}, "--rank 0: "},
		{{"--rank", "x", "--", "true"}, "--rank x: "},
		{{"--object", "", "--", "true"}, "--object needs a value"},
		{{"--thread", "", "--", "true"}, "--thread needs a value"},
		{{"--from-file", "x", "--", "true"}, "what was traced is in the recording"},
		{{"--from-file", "x", "-d", "1s"}, "cannot be combined"},
		{{"--tier", "waits", "--", "true"}, "it does not see calls"},
		{{"--top", "3", "--", "true"}, "are for reports"},
		{{NULL}, "nothing to trace"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *words[8] = {"anatomy"};

		memcpy(words + 1, cases[i].words, sizeof(cases[i].words));
		said__check(said__run(words), 2, cases[i].text, true);
	}
}

static void what_is_not_there_is_said_in_one_line(void **state)
{
	const char *path = live__scratch("sleep.rec"), *text = live__scratch("text");

	(void)state;
	assert_count(run_verb("record", path, WORDS("--", "sleep", "0.01"))->status, 0);
	live__write_file(text, "no recording at all, but long enough to have a head");
	said__check(said__run(WORDS("anatomy", "--from-file", path, "--thread", "2147483647")), 1,
		    "no such call", false);
	said__check(said__run(WORDS("anatomy", "--from-file", path, "--syscall", "clock_nanosleep",
				    "--rank", "2")),
		    1, "only 1 such calls", false);
	said__check(said__run(WORDS("anatomy", "--from-file", "/nonexistent")), 1,
		    "No such file or directory", false);
	said__check(said__run(WORDS("anatomy", "--from-file", text)), 1,
		    "is no recording of waitscope", false);
	live__write_file(text, "");
	said__check(said__run(WORDS("anatomy", "--from-file", text)), 1, text, false);
}

/* Nothing slept, or nothing is in it. */
static void a_recording_without_such_calls_says_so(void **state)
{
	const char *path = live__scratch("waits.rec");

	(void)state;
	assert_count(
		run_verb("record", path, WORDS("--tier", "waits", "--", "sleep", "0.01"))->status,
		0);
	said__check(said__run(WORDS("anatomy", "--from-file", path)), 1, "in the waits tier",
		    false);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(a_read_of_a_pipe),
		LIVE_TEST(the_partner_had_been_woken_by_its_timer),
		LIVE_TEST(a_read_from_a_disk),
		LIVE_TEST(a_futex),
		LIVE_TEST(a_nanosleep),
		LIVE_TEST(live_it_lays_out_a_call_of_the_command),
		LIVE_TEST(the_status_of_the_command_is_passed_on),
		LIVE_TEST(what_comes_before_the_exec_is_left_out),
		LIVE_TEST(calls_that_rest_are_left_out_unless_asked_for),
		LIVE_TEST(wrong_options_are_refused),
		LIVE_TEST(what_is_not_there_is_said_in_one_line),
		LIVE_TEST(a_recording_without_such_calls_says_so),
	};

	real__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The lines of `waitscope trace`: against the truth of a workload, and against the profile of the
 * same recording. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/live/lib/live.h"
#include "tests/live/lib/real.h"
#include "tests/live/lib/recorded.h"
#include "tests/live/lib/said.h"
#include "tests/live/lib/schema.h"

#define WORDS_MAX  32
#define ATTEMPTS   12
#define OPERATIONS "20" /* the fewer, the more runs are whole */

/* The lines of a run, as an array in the member "lines". */
struct traced {
	struct program *program;
	const char *path;
	struct json_object *all;
};

static struct json_object *read_lines(const char *path)
{
	struct json_object *all = json__parse("{\"lines\":[]}"), *line;
	char *rest = live__read_file(path, NULL), *text;

	while (rest && (text = strsep(&rest, "\n")))
		if (*text) {
			line = json__parse(text);
			if (!line)
				live__fail("no JSON: %s", text);
			json_object_array_add(json__at(all, "lines"), json_object_get(line));
		}
	return all;
}

static struct json_object *last_line(struct json_object *all)
{
	struct json_object *lines = json__at(all, "lines");

	return json_object_array_get_idx(lines, json_object_array_length(lines) - 1);
}

/* As trace__was_hit(): transitions that a kernel hides. A recording's lines do not have that. */
static bool was_hit(struct json_object *all)
{
	struct json_object *end = last_line(all);

	return json__has(end, "lost.transitions") && json__integer(end, "lost.transitions") > 0;
}

/* `waitscope trace --json -o FILE WORDS...` to its end; again if the kernel hid something. */
static struct traced trace_lines(const char *const *words)
{
	struct traced traced = {.path = live__scratch("trace.jsonl")};
	const char *all[WORDS_MAX] = {"trace", "--json", "-o", traced.path};

	for (size_t i = 4; *words && i + 1 < WORDS_MAX; i++)
		all[i] = *words++;
	for (int i = 0; i < ATTEMPTS; i++) {
		traced.program = said__run(all);
		assert_count(traced.program->status, 0);
		traced.all = read_lines(traced.path);
		if (!was_hit(traced.all))
			break;
	}
	return traced;
}

static bool agrees(const char *wanted, const char *is)
{
	return !wanted || (is && !strcmp(wanted, is));
}

/* Lines of that thread (0: of any) and call. `sum` adds up a member; NULL: counts them. */
static int64_t add_up(struct json_object *all, int64_t tid, const char *syscall, const char *sum)
{
	struct json_object *line;
	int64_t total = 0;

	json__each (line, all, "lines") {
		if (!json__has(line, "tid") || (tid && json__integer(line, "tid") != tid))
			continue;
		if (agrees(syscall, json__string(line, "syscall")))
			total += sum ? json__integer(line, sum) : 1;
	}
	return total;
}

/* Counts and sums of the waiter's lines against what it says itself. */
static void check_truth(struct traced *traced, const char *type)
{
	struct json_object *truth = json__parse(program__output(traced->program)), *line, *sleep;
	int64_t tid = json__integer(truth, "waiter_tid"), blocked;
	int64_t partner = json__integer(truth, "partner_tid");

	assert_count(add_up(traced->all, tid, "read", NULL), json__integer(truth, "operations"));
	assert_count(add_up(traced->all, tid, "read", "waits"),
		     json__integer(truth, "sleep_count"));
	blocked = add_up(traced->all, tid, "read", "blocked_ns");
	assert_time_between(blocked, json__number(truth, "held_ns"),
			    json__number(truth, "latency.sum_ns"));
	json__each (line, traced->all, "lines") {
		if (!json__has(line, "tid") || json__integer(line, "tid") != tid ||
		    !agrees("read", json__string(line, "syscall")))
			continue;
		assert_string_equal(json__string(line, "type"), type);
		/* taken by prctl() before it waits, not that of its process */
		assert_string_equal(json__string(line, "comm"), "waiter");
		assert_count(json__length(line, "sleeps"), 1);
		sleep = json_object_array_get_idx(json__at(line, "sleeps"), 0);
		assert_string_equal(json__string(sleep, "class"), "ipc");
		assert_string_equal(json__string(sleep, "object"), json__string(truth, "object"));
		assert_string_equal(json__string(sleep, "sleep"), "interruptible");
		assert_string_equal(json__string(sleep, "waker.kind"), "thread");
		assert_count(json__integer(sleep, "waker.tid"), partner);
		assert_true(json__integer(line, "end_ns") - json__integer(line, "start_ns") >=
			    json__integer(line, "blocked_ns") + json__integer(line, "runqueue_ns"));
	}
}

static void each_read_that_slept_is_a_line(void **state)
{
	struct traced traced = trace_lines(WORDS("--", live__workload("blocking"), "--what", "pipe",
						 "--ops", OPERATIONS, "--delay", "1ms"));
	struct json_object *truth = json__parse(program__output(traced.program));

	(void)state;
	check_truth(&traced, "call");
	assert_count(add_up(traced.all, json__integer(truth, "waiter_tid"), "read", "result"),
		     json__integer(truth, "bytes"));
	assert_string_equal(
		json__string(json_object_array_get_idx(json__at(traced.all, "lines"), 0), "schema"),
		"waitscope-trace/1");
	assert_count(json__integer(last_line(traced.all), "lines"),
		     add_up(traced.all, 0, NULL, NULL));
	schema__check("trace.schema.json", traced.path);
}

static void the_waits_tier_has_a_line_for_each_wait(void **state)
{
	struct traced traced =
		trace_lines(WORDS("--tier", "waits", "--", live__workload("blocking"), "--what",
				  "pipe", "--ops", OPERATIONS, "--delay", "1ms"));

	(void)state;
	check_truth(&traced, "wait");
	schema__check("trace.schema.json", traced.path);
}

/* --- the same events, and what report makes of them --------------------------------------------
 */

static bool is_same_wait(struct json_object *wait, struct json_object *sleep)
{
	static const char *const members[] = {"class", "syscall", "object", "sleep"};

	for (size_t i = 0; i < 4; i++) {
		const char *left = json__string(wait, members[i]);
		const char *right = json__string(sleep, members[i]);

		if (!left != !right || (left && strcmp(left, right) != 0))
			return false;
	}
	return true;
}

static void check_wait(struct json_object *all, int64_t tid, struct json_object *wait)
{
	int64_t count = 0, blocked = 0, runqueue = 0;
	struct json_object *line, *sleep;

	json__each (line, all, "lines") {
		if (!json__has(line, "tid") || json__integer(line, "tid") != tid)
			continue;
		json__each (sleep, line, "sleeps") {
			if (!is_same_wait(wait, sleep))
				continue;
			count += json__integer(sleep, "count");
			blocked += json__integer(sleep, "blocked_ns");
			runqueue += json__integer(sleep, "runqueue_ns");
		}
	}
	assert_count(count, json__integer(wait, "count"));
	assert_count(blocked, json__integer(wait, "total_ns"));
	assert_count(runqueue, json__integer(wait, "runqueue_ns"));
}

/* Of a wait whose end a kernel hid there is no line. */
static bool is_attributed(struct json_object *wait)
{
	return strcmp(json__string(wait, "sleep"), "none") != 0;
}

static void lines_add_up_to_the_report_of_the_same_events(void **state)
{
	static const char script[] =
		"seq 1 20000 | sort -R | wc -l; sleep 0.05; cat /nonexistent; :";
	const char *path = recorded__new(NULL, WORDS("--", "sh", "-c", script));
	struct json_object *profile = recorded__report(path), *process, *thread, *wait, *call;
	struct traced traced = trace_lines(WORDS("--all-calls", "--from-file", path));
	int64_t waits = 0;

	(void)state;
	json__each (process, profile, "processes")
		json__each (thread, process, "threads") {
			int64_t tid = json__integer(thread, "tid");

			json__each (wait, thread, "waits")
				if (is_attributed(wait)) {
					waits += json__integer(wait, "count");
					check_wait(traced.all, tid, wait);
				}
			json__each (call, thread, "syscalls") {
				const char *name = json__string(call, "name");

				if (!json__integer(call, "censored"))
					assert_count(add_up(traced.all, tid, name, NULL),
						     json__integer(call, "calls"));
			}
		}
	assert_true(waits > 3);
	assert_count(add_up(traced.all, 0, NULL, "waits"), waits);
	schema__check("trace.schema.json", traced.path);
}

/* Each line has the name that its thread had then, of a thread that lives on as well. */
static void a_name_that_is_taken_is_in_the_lines_of_a_recording(void **state)
{
	struct program *program;
	const char *path =
		recorded__new(&program, WORDS("--", live__workload("blocking"), "--what", "pipe",
					      "--ops", OPERATIONS, "--delay", "1ms"));
	struct json_object *truth = json__parse(program__output(program)), *line;
	int64_t tid = json__integer(truth, "waiter_tid"), reads = 0;

	(void)state;
	json__each (line, trace_lines(WORDS("--from-file", path)).all, "lines") {
		if (!json__has(line, "tid") || json__integer(line, "tid") != tid ||
		    !agrees("read", json__string(line, "syscall")))
			continue;
		assert_string_equal(json__string(line, "comm"), "waiter");
		reads++;
	}
	assert_true(reads > 0);
}

/* --- which lines -------------------------------------------------------------------------------
 */

/* Of the lines with a sleep of which member `path` is `value`. */
static int64_t lines_with(struct json_object *all, const char *path, const char *value)
{
	struct json_object *line, *sleep;
	int64_t count = 0;

	json__each (line, all, "lines") {
		bool has = false;

		if (!json__has(line, "tid"))
			continue;
		json__each (sleep, line, "sleeps")
			if (json__has(sleep, "waker") || strncmp(path, "waker", 5) != 0)
				has |= agrees(value, json__string(sleep, path));
		count += has;
	}
	return count;
}

static void filters_leave_what_they_name(void **state)
{
	const char *path = recorded__new(NULL, WORDS("--", live__workload("blocking"), "--what",
						     "pipe", "--ops", "20", "--delay", "1ms"));
	struct json_object *all = trace_lines(WORDS("--from-file", path)).all, *some;
	int64_t count = add_up(all, 0, NULL, NULL);

	(void)state;
	some = trace_lines(WORDS("--from-file", path, "--class", "timer,disk")).all;
	assert_count(lines_with(some, "class", "timer"), lines_with(all, "class", "timer"));
	assert_count(lines_with(some, "class", "ipc"), 0);
	some = trace_lines(WORDS("--from-file", path, "--waker", "thread")).all;
	assert_count(add_up(some, 0, NULL, NULL), lines_with(all, "waker.kind", "thread"));
	some = trace_lines(WORDS("--from-file", path, "--syscall", "read")).all;
	assert_count(add_up(some, 0, NULL, NULL), add_up(all, 0, "read", NULL));
	assert_true(add_up(some, 0, NULL, NULL) >= 20 && add_up(some, 0, NULL, NULL) < count);
	some = trace_lines(WORDS("--from-file", path, "--min", "10h")).all;
	assert_count(add_up(some, 0, NULL, NULL), 0);
}

static void wrong_options_are_refused(void **state)
{
	static const struct {
		const char *words[6], *text;
	} cases[] = {
		{{"--class", "dsk", "--", "true"}, "the nearest is 'disk'"},
		{{"--waker", "softirg", "--", "true"}, "the nearest is 'softirq'"},
		{{"--syscall", "raed", "--", "true"}, "the nearest is 'read'"},
		{{"--from-file", "x", "--", "true"}, "what was traced is in the recording"},
		{{"--tier", "waits", "--all-calls", "--", "true"}, "does not see calls"},
		{{"--top", "3", "--", "true"}, "are for reports"},
		{{NULL}, "nothing to trace"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *words[8] = {"trace"};

		memcpy(words + 1, cases[i].words, sizeof(cases[i].words));
		said__check(said__run(words), 2, cases[i].text, true);
	}
	said__check(said__run(WORDS("trace", "--from-file", "/nonexistent")), 1,
		    "No such file or directory", false);
}

/* Lines in the place of what they are read from would be the end of it. */
static void a_recording_is_no_place_for_its_lines(void **state)
{
	const char *path = recorded__new(NULL, WORDS("--", "true"));

	(void)state;
	said__check(said__run(WORDS("trace", "--from-file", path, "-o", path)), 2,
		    "is the recording itself", true);
	said__check(said__run(WORDS("anatomy", "--from-file", path, "-o", path)), 2,
		    "is the recording itself", true);
	assert_non_null(recorded__report(path));
}

/* --- live ----------------------------------------------------------------------------------------
 */

static struct program *shell(const char *script)
{
	struct program *program;

	program__run(&program, WORDS("sh", "-c", script, live__waitscope()), LIVE_TIMEOUT_MS);
	return program;
}

/* Neither the duration nor the command is waited for. (It goes on, so it has to end by itself.) */
static void a_reader_that_goes_ends_it(void **state)
{
	const char *witness = live__scratch("witness");
	struct program *program;

	(void)state;
	program = shell(
		live__text("{ \"$0\" trace -p %d -d 600s; echo $? >&2; } | head -1", getpid()));
	assert_non_null(strstr(program__output(program), "woken by"));
	assert_string_equal(program__errors(program), "0\n");
	program = shell(live__text("{ \"$0\" trace -- sh -c 'for i in 1 2 3 4 5 6 7 8 9; do sleep "
				   "0.4; done; : >%s'; echo $? >&2; } | head -2",
				   witness));
	assert_string_equal(program__errors(program), "0\n");
	if (!live__emulated())
		assert_false(said__exists(witness));
}

static void lines_come_while_it_runs(void **state)
{
	struct program *program = program__start(
		WORDS(live__waitscope(), "trace", "--", "sh", "-c", "sleep 0.02; sleep 4"));

	(void)state;
	program__await_output(program, "clock_nanosleep() = 0 <");
	assert_false(program__has_ended(program));
	program__signal(program, SIGINT);
	program__wait(program, LIVE_TIMEOUT_MS);
	assert_non_null(strstr(program__output(program), "unfinished"));
}

static void the_status_of_the_command_is_passed_on(void **state)
{
	(void)state;
	assert_count(said__run(WORDS("trace", "--", "sh", "-c", "exit 7"))->status, 7);
}

static void await_text(const char *path, const char *text)
{
	for (int i = 0; i < LIVE_TIMEOUT_MS / 20; i++) {
		const char *data = live__read_file(path, NULL);

		if (data && strstr(data, text))
			return;
		live__sleep_ms(20);
	}
	live__fail("no %s in %s", text, path);
}

/* While it is stopped, a small ring buffer fills up. */
static void what_is_lost_is_said_where_it_was(void **state)
{
	const char *path = live__scratch("lost.jsonl");
	struct program *program = program__start(
		WORDS(live__waitscope(), "trace", "--json", "--buffer", "64K", "-o", path, "--",
		      "sh", "-c", "for i in $(seq 1500); do /bin/true; done"));
	int64_t told = 0, lines = 0;
	struct json_object *all, *line;

	(void)state;
	await_text(path, "\"call\"");
	program__signal(program, SIGSTOP);
	live__sleep_ms(500);
	program__signal(program, SIGCONT);
	live__sleep_ms(200);
	program__signal(program, SIGINT);
	program__wait(program, LIVE_TIMEOUT_MS);
	all = read_lines(path);
	json__each (line, all, "lines")
		if (agrees("lost", json__string(line, "type"))) {
			told += json__integer(line, "events");
			lines++;
		}
	assert_true(lines > 0);
	assert_true(told > 0 && told <= json__integer(last_line(all), "lost_events"));
	assert_non_null(strstr(program__errors(program), "events LOST"));
	schema__check("trace.schema.json", path);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(each_read_that_slept_is_a_line),
		LIVE_TEST(the_waits_tier_has_a_line_for_each_wait),
		LIVE_TEST(lines_add_up_to_the_report_of_the_same_events),
		LIVE_TEST(a_name_that_is_taken_is_in_the_lines_of_a_recording),
		LIVE_TEST(filters_leave_what_they_name),
		LIVE_TEST(wrong_options_are_refused),
		LIVE_TEST(a_recording_is_no_place_for_its_lines),
		LIVE_TEST(a_reader_that_goes_ends_it),
		LIVE_TEST(lines_come_while_it_runs),
		LIVE_TEST(the_status_of_the_command_is_passed_on),
		LIVE_TEST(what_is_lost_is_said_where_it_was),
	};

	real__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A recording as a timeline for other viewers, decoded: it holds what the report of it says. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/prctl.h>

#include "tests/live/lib/pf_trace.h"
#include "tests/live/lib/real.h"
#include "tests/live/lib/recorded.h"
#include "tests/live/lib/role.h"
#include "tests/live/lib/said.h"

/* --- one thread --------------------------------------------------------------------------------
 */

/* What a viewer makes of the scheduler's events of a thread. */
struct states {
	uint64_t running, blocked, left;
	bool runs, sleeps;
	uint64_t since;
};

static struct states states_of(const struct pf *pf, uint32_t tid)
{
	struct states states = {0};

	for (size_t i = 0; i < pf->switches.count; i++) {
		const struct pf_switch *event = &pf->switches.at[i];

		if (!event->waking && event->from == tid) {
			if (states.runs)
				states.running += event->time - states.since;
			states.runs = false;
			states.sleeps = event->state & 0x8f; /* S, D, stopped, traced, idle */
			states.since = event->time;
			states.left++;
		}
		if (event->to != tid)
			continue;
		if (event->waking && states.sleeps)
			states.blocked += event->time - states.since;
		if (event->waking) {
			states.sleeps = false;
			continue;
		}
		states.runs = true;
		states.sleeps = false;
		states.since = event->time;
	}
	return states;
}

static uint64_t sum_of_calls(const struct pf *pf, uint32_t tid, const char *name, uint64_t *count)
{
	uint64_t total = 0;

	*count = 0;
	for (size_t i = 0; i < pf->slices.count; i++) {
		const struct pf_slice *slice = &pf->slices.at[i];

		if (slice->tid != tid || strcmp(slice->category, "call") ||
		    strcmp(slice->name, name) || slice->open || slice->censored)
			continue;
		total += slice->until - slice->since;
		++*count;
	}
	return total;
}

static void compare_calls(const struct pf *pf, struct json_object *thread)
{
	uint32_t tid = (uint32_t)json__integer(thread, "tid");
	struct json_object *row;
	uint64_t count, total;

	json__each (row, thread, "syscalls") {
		if (!json__integer(row, "calls"))
			continue;
		total = sum_of_calls(pf, tid, json__string(row, "name"), &count);
		assert_count(count, json__integer(row, "latency.count"));
		assert_count(total, json__integer(row, "latency.sum_ns"));
	}
}

static void compare_waits(const struct pf *pf, struct json_object *thread)
{
	int64_t tid = json__integer(thread, "tid"), waits = 0, by_threads = 0;
	struct json_object *row, *waker;
	size_t flows = 0;

	json__each (row, thread, "waits") {
		waits += json__integer(row, "count");
		json__each (waker, row, "wakers")
			if (!strcmp(json__string(waker, "kind"), "thread"))
				by_threads += json__integer(waker, "count");
	}
	for (size_t i = 0; i < pf->slices.count; i++)
		flows += pf->slices.at[i].tid == tid && pf->slices.at[i].flow;
	assert_count(pf__count(pf, "wait", (uint32_t)tid), waits);
	assert_count(pf__total(pf, "wait", (uint32_t)tid),
		     json__integer(thread, "ledger.blocked_ns"));
	assert_true(flows >= (size_t)by_threads); /* a row keeps its first wakers only */
}

/* What goes on as the window begins or ends is no event of the scheduler. */
static bool is_whole(struct json_object *thread)
{
	struct json_object *row;

	json__each (row, thread, "waits")
		if (json__integer(row, "censored"))
			return false;
	return json__boolean(thread, "ended") && !json__integer(thread, "ledger.unknown_ns");
}

/* Only of a thread that has all its transitions, by its own account. */
static bool compare(const struct pf *pf, struct json_object *thread)
{
	uint32_t tid = (uint32_t)json__integer(thread, "tid");
	struct states states = states_of(pf, tid);

	if (json__integer(thread, "lost_transitions"))
		return false;
	assert_count(states.left, json__integer(thread, "voluntary_switches") +
					  json__integer(thread, "involuntary_switches"));
	compare_calls(pf, thread);
	compare_waits(pf, thread);
	if (!is_whole(thread))
		return true;
	if (states.runs && pf->lost_bundles) /* its last switch-out is among what was lost */
		return true;
	if (states.running != (uint64_t)json__integer(thread, "ledger.running_ns"))
		live__fail("on CPUs for %llu ns in the timeline, left them %llu times, %s; in the "
			   "report: %s",
			   (unsigned long long)states.running, (unsigned long long)states.left,
			   states.runs ? "is on one yet" : "is on none", json__show(thread));
	assert_count(states.blocked, json__integer(thread, "ledger.blocked_ns"));
	return true;
}

static size_t compare_all(const struct pf *pf, struct json_object *profile)
{
	struct json_object *process, *thread;
	size_t compared = 0;

	json__each (process, profile, "processes")
		json__each (thread, process, "threads")
			compared += compare(pf, thread);
	return compared;
}

/* --- runs --------------------------------------------------------------------------------------
 */

static size_t threads_of(struct json_object *profile)
{
	struct json_object *process;
	size_t threads = 0;

	json__each (process, profile, "processes")
		threads += json__length(process, "threads");
	return threads;
}

/* A recording of a workload; again until no thread of it lost a switch to this machine. */
static struct pf *run(struct json_object **profile, const char *const *options)
{
	for (int i = 0; i < REAL_ATTEMPTS; i++) {
		const char *file = recorded__new(NULL, options);
		struct pf *pf = pf__export(file);

		*profile = recorded__report(file);
		if (compare_all(pf, *profile) == threads_of(*profile))
			return pf;
	}
	real__never_complete();
}

static void compare_levels(const struct pf *pf, struct json_object *process)
{
	uint32_t pid = (uint32_t)json__integer(process, "pid");
	int64_t most;
	double area;

	assert_true(pf__levels(pf, "parallelism", pid, &most, &area));
	assert_count(most, json__integer(process, "parallelism.max"));
	assert_time_near(area, json__integer(process, "ledger.running_ns"));
	assert_true(pf__levels(pf, "concurrency", pid, &most, &area));
	assert_count(most, json__integer(process, "concurrency.max"));
	assert_time_near(area, json__number(process, "concurrency.mean") *
				       json__integer(process, "lifetime_ns"));
}

static void a_blocking_read_is_in_the_timeline_as_in_the_report(void **state)
{
	struct json_object *profile, *process;
	int64_t waiter;
	size_t arrows = 0;
	struct pf *pf;

	(void)state;
	pf = run(&profile, WORDS("--", live__workload("blocking"), "--what", "pipe", "--ops", "200",
				 "--delay", "1ms"));
	process = json_object_array_get_idx(json__at(profile, "processes"), 0);
	waiter = json__integer(the_thread_named(process, "waiter"), "tid");
	for (size_t i = 0; i < pf->slices.count; i++) {
		const struct pf_slice *slice = &pf->slices.at[i];

		if (slice->tid != waiter)
			continue;
		arrows += slice->flow != 0;
		if (strcmp(slice->class, "ipc") != 0)
			continue;
		assert_non_null(strstr(slice->object, "pipe:["));
		assert_string_equal(slice->woken_by, "thread");
	}
	assert_true(arrows >= 195);
	compare_levels(pf, process);
}

static void requests_have_slices_of_their_own(void **state)
{
	struct json_object *profile, *process, *row;
	int64_t completed = 0, total = 0;
	struct pf *pf;

	(void)state;
	pf = run(&profile, WORDS("--", live__workload("native_aio"), "--mode", "direct", "--ops",
				 "400", "--depth", "4"));
	json__each (process, profile, "processes")
		json__each (row, process, "requests") {
			completed += json__integer(row, "latency.count");
			total += json__integer(row, "latency.sum_ns");
		}
	assert_true(completed >= 400);
	assert_count(pf__count(pf, "request", 0), completed);
	assert_count(pf__total(pf, "request", 0), total);
}

static void a_pipeline_in_the_whole_system_adds_up(void **state)
{
	const char *file = live__disk_scratch("all.rec");
	struct program *recorder, *pipeline;
	struct json_object *profile;
	struct pf *pf;

	(void)state;
	recorder = program__start(
		WORDS(live__waitscope(), "record", "-v", "-a", "-d", "2s", "-o", file));
	program__await_errors(recorder, "attached after");
	program__run(
		&pipeline,
		WORDS("sh", "-c", "dd if=/dev/zero bs=4k count=3000 2>/dev/null | cat | wc -c"),
		LIVE_TIMEOUT_MS);
	assert_string_equal(program__output(pipeline), "12288000\n");
	assert_count(program__wait(recorder, LIVE_TIMEOUT_MS), 0);
	profile = recorded__report(file);
	assert_non_null(find_process_named(profile, "dd"));
	pf = pf__export(file);
	assert_true(compare_all(pf, profile) > 0);
}

/* "1,234 LOST" */
static int64_t lost_of(const char *output)
{
	const char *at = strstr(output, " LOST");
	int64_t lost = 0;

	while (at && at > output && strchr("0123456789,", at[-1]))
		at--;
	for (; at && *at != ' '; at++)
		if (*at != ',')
			lost = lost * 10 + *at - '0';
	return lost;
}

/* The marks of a recording that lost events, against all else that says so. At how many instants it
 * lost some. */
static size_t check_losses(const char *file, struct program *recorder)
{
	int64_t lost = 0, most;
	uint64_t last = 0;
	size_t places = 0;
	double area;
	struct pf *pf = pf__export(file);

	for (size_t i = 0; i < pf->marks.count; i++) {
		const struct pf_mark *mark = &pf->marks.at[i];

		if (strcmp(mark->name, "events lost"))
			continue;
		assert_true(mark->value > 0 && mark->time >= pf->begin && mark->time <= pf->end);
		places += mark->time != last;
		last = mark->time;
		lost += mark->value;
	}
	assert_true(pf__levels(pf, "lost events so far", 0, &most, &area));
	assert_count(most, lost);
	assert_count(lost, lost_of(program__output(recorder)));
	assert_true((pf->lost_bundles > 0) == (lost > 0));
	compare_all(pf, recorded__report(file));
	return places;
}

#define LOSING_RUNS 5

/* Where events are missing is said where it was: the count, a mark, and the CPU's own. All that is
 * asserted of each run; that it lost some at several instants, of one of them. */
static void what_was_lost_is_marked_where_it_was(void **state)
{
	struct program *recorder;
	size_t places = 0, most = 0;

	(void)state;
	for (int i = 0; places < 2 && i < LOSING_RUNS; i++) {
		const char *file = recorded__new(&recorder, WORDS("--buffer", "64K", "--", "dd",
								  "if=/dev/zero", "of=/dev/null",
								  "bs=1", "count=300000"));

		places = check_losses(file, recorder);
		most = places > most ? places : most;
	}
	if (!most)
		live__skip("this machine drains 64 KiB as fast as they fill");
	assert_true(most > 1);
}

/* --- hostile names -----------------------------------------------------------------------------
 */

static int run_bad_name(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	prctl(PR_SET_NAME, "\x1b[31m\"\\\n\xff\xc3");
	role__nap(1000);
	return 0;
}

static void a_hostile_name_is_escaped_in_each_format(void **state)
{
	const char *out = live__scratch("out.json");
	const char *file = recorded__new(NULL, WORDS("--", live__self(), "--as", "bad_name"));
	struct json_object *trace, *row, *profile = recorded__report(file);
	size_t waits = 0, calls = 0, found = 0;
	struct program *program;
	struct pf *pf = pf__export(file);
	char *text;

	(void)state;
	for (size_t i = 0; i < pf->tracks.count; i++)
		found += strstr(pf->tracks.at[i].name, "[31m\"") != NULL;
	assert_true(found > 0);
	compare_all(pf, profile);
	program__run(&program, WORDS(live__waitscope(), "report", "--chrome", out, file),
		     LIVE_TIMEOUT_MS);
	assert_count(program->status, 0);
	text = live__read_file(out, NULL);
	for (const char *at = text; *at; at++)
		assert_true(*at == '\n' || (unsigned char)*at >= ' ');
	trace = json__parse(text);
	assert_non_null(trace);
	json__each (row, trace, "traceEvents") {
		if (strcmp(json__string(row, "ph"), "X"))
			continue;
		waits += !strcmp(json__string(row, "cat"), "wait");
		calls += !strcmp(json__string(row, "cat"), "call");
	}
	assert_count(waits, pf__count(pf, "wait", 0));
	assert_count(calls, pf__count(pf, "call", 0));
}

/* --- wrong output ------------------------------------------------------------------------------
 */

static void output_that_cannot_be_written_is_one_line(void **state)
{
	const char *file = recorded__new(NULL, WORDS("--", "true"));
	size_t before, after;

	(void)state;
	assert_non_null(live__read_file(file, &before));
	said__check(said__run(WORDS("report", "--perfetto", "/no/such/place", file)), 1,
		    "/no/such/place", false);
	said__check(said__run(WORDS("report", "--perfetto", "/dev/full", file)), 1, "No space left",
		    false);
	said__check(said__run(WORDS("report", "--chrome", "/dev/full", file)), 1, "No space left",
		    false);
	said__check(said__run(WORDS("report", "--perfetto", "/tmp", file)), 1, "/tmp", false);
	said__check(said__run(WORDS("report", "--perfetto", file, file)), 1, "recording itself",
		    false);
	said__check(said__run(WORDS("report", "-o", file, file)), 1, "recording itself", false);
	said__check(said__run(WORDS("report", "--perfetto", "x", "--chrome", "x", file)), 2,
		    "a file each", true);
	said__check(said__run(WORDS("report", "--perfetto", "x", "--json", file)), 2, "no report",
		    true);
	said__check(said__run(WORDS("report", "--chrome", "x", "/no/such/file")), 1,
		    "/no/such/file", false);
	assert_non_null(live__read_file(file, &after));
	assert_count(after, before);
	assert_false(said__exists("x"));
}

static void both_formats_are_written_by_one_run(void **state)
{
	const char *file = recorded__new(NULL, WORDS("--", "true"));
	const char *perfetto = live__scratch("both.pftrace"), *chrome = live__scratch("both.json");
	struct program *program;

	(void)state;
	program__run(&program,
		     WORDS(live__waitscope(), "report", "--perfetto", perfetto, "--chrome", chrome,
			   file),
		     LIVE_TIMEOUT_MS);
	assert_count(program->status, 0);
	assert_string_equal(program__errors(program), "");
	assert_true(said__exists(perfetto));
	assert_true(json__length(json__parse(live__read_file(chrome, NULL)), "traceEvents") > 0);
}

int main(int argc, char **argv)
{
	static const struct live_role roles[] = {{"bad_name", run_bad_name}, {0}};
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(a_blocking_read_is_in_the_timeline_as_in_the_report),
		LIVE_TEST(requests_have_slices_of_their_own),
		LIVE_TEST(a_pipeline_in_the_whole_system_adds_up),
		LIVE_TEST(what_was_lost_is_marked_where_it_was),
		LIVE_TEST(a_hostile_name_is_escaped_in_each_format),
		LIVE_TEST(output_that_cannot_be_written_is_one_line),
		LIVE_TEST(both_formats_are_written_by_one_run),
	};

	live__begin(argc, argv, roles);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

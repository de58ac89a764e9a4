// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A recording in tables: what SQL adds up is what the report says. */
#define _GNU_SOURCE
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/live/lib/real.h"
#include "tests/live/lib/recorded.h"
#include "tests/live/lib/said.h"

#define RECORDING "tables.rec"

/* Processes, threads, event loops, calls that fail: for all tests. */
static int record(void **state)
{
	(void)state;
	return recorded__for_group(
		RECORDING,
		WORDS("-q", "--", "sh", "-c",
		      live__text("%s --what pipe --ops 100 --delay 1ms & %s --ops 60 & "
				 "cat /no/such/file; sleep 0.05; wait",
				 live__workload("blocking"), live__workload("event_loop"))));
}

static int remove_recording(void **state)
{
	(void)state;
	return recorded__remove(RECORDING);
}

static sqlite3 *tables(const char *file, const char *from, const char *to)
{
	const char *out = live__disk_scratch("tables.db");
	struct program *program;
	sqlite3 *base;

	if (program__run(&program,
			 WORDS(live__waitscope(), "report", "--sqlite", out, "--from", from, "--to",
			       to, file),
			 LIVE_TIMEOUT_MS))
		live__fail("report says %s", program__errors(program));
	assert_int_equal(sqlite3_open_v2(out, &base, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	return base;
}

static int64_t ask(sqlite3 *base, const char *query)
{
	sqlite3_stmt *statement;
	int64_t answer;

	if (sqlite3_prepare_v2(base, query, -1, &statement, NULL) != SQLITE_OK)
		live__fail("%s: %s", query, sqlite3_errmsg(base));
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	answer = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return answer;
}

static int64_t sum_of(struct json_object *owner, const char *array, const char *member)
{
	struct json_object *row;
	int64_t sum = 0;

	json__each (row, owner, array)
		sum += json__integer(row, member);
	return sum;
}

static void compare_process(sqlite3 *base, struct json_object *process, bool whole)
{
	static const struct {
		const char *member, *query;
	} ledger[] = {
		{"ledger.lifetime_ns", "sum(end_ns - start_ns)"},
		{"ledger.blocked_ns", "sum(blocked_ns)"},
		{"ledger.running_ns", "sum(running_ns)"},
		{"ledger.runnable_ns", "sum(runnable_ns)"},
		{"ledger.preempted_ns", "sum(preempted_ns)"},
		{"ledger.unknown_ns", "sum(unknown_ns)"},
	};
	int pid = (int)json__integer(process, "pid");

	for (size_t i = 0; i < sizeof(ledger) / sizeof(ledger[0]); i++)
		assert_int_equal(ask(base, live__text("SELECT %s FROM threads WHERE pid = %d",
						      ledger[i].query, pid)),
				 json__integer(process, ledger[i].member));
	assert_int_equal(ask(base, live__text("SELECT count(*) FROM threads WHERE pid = %d", pid)),
			 json__length(process, "threads"));
	/* waits whose end was missed are in no row, but counted */
	assert_int_equal(
		ask(base, live__text("SELECT (SELECT coalesce(sum(w.blocked_ns), 0) FROM waits w "
				     "JOIN threads t ON t.id = w.thread WHERE t.pid = %d) + "
				     "(SELECT sum(lost_blocked_ns) FROM threads WHERE pid = %d)",
				     pid, pid)),
		sum_of(process, "waits", "total_ns"));
	assert_int_equal(
		ask(base,
		    live__text("SELECT (SELECT count(*) FROM waits w JOIN threads t ON t.id = "
			       "w.thread WHERE t.pid = %d) + (SELECT sum(lost_waits) FROM threads "
			       "WHERE pid = %d)",
			       pid, pid)),
		sum_of(process, "waits", "count"));
	assert_int_equal(
		ask(base,
		    live__text("SELECT coalesce(sum(calls), 0) FROM by_syscall WHERE pid = %d",
			       pid)),
		sum_of(process, "syscalls", "calls"));
	/* the report has the time so far of calls that are open at the end of the window, too */
	if (!whole)
		return;
	assert_int_equal(
		ask(base,
		    live__text("SELECT coalesce(sum(total_ns), 0) FROM by_syscall WHERE pid = %d",
			       pid)),
		sum_of(process, "syscalls", "total_ns"));
}

static void sums_are_those_of_the_report(void **state)
{
	const char *windows[][2] = {{"0", "1h"}, {NULL, NULL}};
	const char *file = live__disk_file(RECORDING);

	(void)state;
	recorded__middle(file, &windows[1][0], &windows[1][1]);
	for (int i = 0; i < 2; i++) {
		struct json_object *process,
			*profile = recorded__part(
				file, WORDS("--from", windows[i][0], "--to", windows[i][1]));
		sqlite3 *base = tables(file, windows[i][0], windows[i][1]);

		json__each (process, profile, "processes")
			compare_process(base, process, i == 0);
		assert_int_equal(ask(base, "SELECT count(*) FROM processes"),
				 json__length(profile, "processes"));
		assert_int_equal(ask(base, "SELECT value FROM meta WHERE name = 'window_ns'"),
				 json__integer(profile, "window_ns"));
		assert_int_equal(ask(base, "SELECT value FROM meta WHERE name = 'conserved'"), 1);
		/* nobody else was on a thread's CPU, unless its switch-out was missed */
		assert_true(ask(base, "SELECT count(*) FROM slices") > 50);
		assert_true(ask(base, "SELECT count(DISTINCT a.id) FROM slices a JOIN slices b ON "
				      "a.cpu = b.cpu AND b.since_ns > a.since_ns AND b.since_ns < "
				      "a.since_ns + a.duration_ns") <=
			    json__integer(profile, "audit.lost.transitions"));
		/* keys lead somewhere */
		assert_int_equal(ask(base, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
		assert_true(ask(base,
				"SELECT count(*) FROM wait_list WHERE class = 'ipc' AND waker "
				"= 'partner'") > 5);
		assert_true(ask(base, "SELECT sum(times) FROM woken_by") > 50);
		assert_true(ask(base, "SELECT count(*) FROM call_list WHERE blocked_ms > 0") > 50);
		sqlite3_close(base);
	}
}

static void a_filter_leaves_what_it_lets_through(void **state)
{
	const char *file = live__disk_file(RECORDING), *out = live__disk_scratch("part.db");
	sqlite3 *base;

	(void)state;
	assert_count(said__run(WORDS("report", "--sqlite", out, "-n", "blocking", file))->status,
		     0);
	assert_int_equal(sqlite3_open_v2(out, &base, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(ask(base, "SELECT count(*) FROM processes"), 1);
	assert_int_equal(ask(base, "SELECT count(*) FROM threads"), 3);
	assert_int_equal(ask(base, "SELECT count(*) FROM waits WHERE thread NOT IN "
				   "(SELECT id FROM threads)"),
			 0);
	assert_true(ask(base, "SELECT count(*) FROM waits") > 100);
	sqlite3_close(base);
}

/* An older file of that name is replaced, as by every verb; of a failure nothing is left. */
static void files_are_whole_or_not_there(void **state)
{
	const char *file = live__disk_file(RECORDING), *directory = real__directory();
	const char *out = live__text("%s/out.db", directory);
	size_t files;
	sqlite3 *base;

	(void)state;
	live__write_file(out, "no base of anything");
	assert_count(said__run(WORDS("report", "--sqlite", out, file))->status, 0);
	assert_int_equal(sqlite3_open_v2(out, &base, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_true(ask(base, "SELECT count(*) FROM waits") > 0);
	sqlite3_close(base);
	files = said__files_in(directory);
	said__check(said__run(WORDS("report", "--sqlite", out, "/no/such/file")), 1,
		    "/no/such/file", false);
	assert_int_equal(said__files_in(directory), files);
	said__check(said__run(WORDS("report", "--sqlite", "/no/such/place/x.db", file)), 1,
		    "No such file", false);
	said__check(said__run(WORDS("report", "--sqlite", "/dev/full", file)), 1,
		    "has to be a file", false);
	said__check(said__run(WORDS("report", "--sqlite", out, "--json", file)), 2, "--sqlite",
		    false);
	said__check(said__run(WORDS("report", "--sqlite", out, "--class", "ipc", file)), 2,
		    "--sqlite", false);
}

static void a_full_disk_is_one_line(void **state)
{
	const char *file = live__disk_file(RECORDING),
		   *directory = live__text("%s/full", real__directory());
	struct program *program;
	const char *said;

	(void)state;
	program__run(&program,
		     WORDS("unshare", "-m", "sh", "-c",
			   "mkdir -p \"$1\" && mount -t tmpfs -o size=64k none \"$1\" && "
			   "\"$2\" report --sqlite \"$1/x.db\" \"$3\"; status=$?; ls -A \"$1\"; "
			   "exit $status",
			   "sh", directory, live__waitscope(), file),
		     LIVE_TIMEOUT_MS);
	if (strstr(program__errors(program), "unshare") ||
	    strstr(program__errors(program), "mount"))
		live__skip("no file system to fill");
	said = program__errors(program);
	assert_count(program->status, 1);
	assert_non_null(strstr(said, "full"));
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
	assert_string_equal(program__output(program), "");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(sums_are_those_of_the_report),
		LIVE_TEST(a_filter_leaves_what_it_lets_through),
		LIVE_TEST(files_are_whole_or_not_there),
		LIVE_TEST(a_full_disk_is_one_line),
	};

	real__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, record, remove_recording);
}

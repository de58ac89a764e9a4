// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What is asserted of figures, and of every profile. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/live/lib/internal.h"

void live__fail_at(const char *file, int line, const char *format, ...)
{
	va_list arguments;
	char text[2048];

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	live__fail("%s:%d: %s", file, line, text);
}

void check_near(double actual, double expected, double percent, double slack, const char *what,
		const char *file, int line)
{
	double allowed = fmax(fabs(expected) * percent / 100, slack);

	if (live__emulated())
		return;
	if (fabs(actual - expected) > allowed)
		live__fail_at(file, line, "%s is %.0f, but %.0f +- %.0f was expected", what, actual,
			      expected, allowed);
}

void check_between(double actual, double low, double high, const char *what, const char *file,
		   int line)
{
	if (live__emulated())
		return;
	if (actual < low - fmax(low * 0.02, 100000) || actual > high + fmax(high * 0.02, 100000))
		live__fail_at(file, line, "%s is %.0f, but %.0f to %.0f was expected", what, actual,
			      low, high);
}

void check_count(int64_t actual, int64_t expected, const char *what, const char *file, int line)
{
	if (actual != expected)
		live__fail_at(file, line, "%s is %lld, but %lld was expected", what,
			      (long long)actual, (long long)expected);
}

void assert_distribution_near(struct json_object *actual, struct json_object *truth)
{
	assert_count(json__integer(actual, "count"), json__integer(truth, "count"));
	assert_time_near(json__number(actual, "sum_ns"), json__number(truth, "sum_ns"));
	if (!json__has(actual, "p50_ns"))
		live__fail("a distribution has no quantiles");
	assert_time_near(json__number(actual, "p50_ns"), json__number(truth, "p50_ns"));
	assert_time_near(json__number(actual, "p90_ns"), json__number(truth, "p90_ns"));
	assert_time_near(json__number(actual, "p99_ns"), json__number(truth, "p99_ns"));
}

static int64_t states(struct json_object *ledger)
{
	return json__integer(ledger, "running_ns") + json__integer(ledger, "runnable_ns") +
	       json__integer(ledger, "preempted_ns") + json__integer(ledger, "blocked_ns") +
	       json__integer(ledger, "unknown_ns");
}

static int64_t sum_of(struct json_object *owner, const char *rows, const char *member)
{
	struct json_object *row;
	int64_t sum = 0;

	json__each (row, owner, rows)
		sum += json__integer(row, member);
	return sum;
}

/* Of a thread that missed a system call's entry or exit not all running time can be split. */
static bool missed_something(struct json_object *owner)
{
	struct json_object *thread;

	if (json__has(owner, "lost_transitions"))
		return json__integer(owner, "lost_transitions") > 0;
	json__each (thread, owner, "threads")
		if (json__integer(thread, "lost_transitions") > 0)
			return true;
	return false;
}

static void check_ledger(struct json_object *owner, bool splits)
{
	struct json_object *ledger = json__at(owner, "ledger");

	assert_count(states(ledger), json__integer(ledger, "lifetime_ns"));
	assert_true(json__integer(ledger, "idle_ns") <= json__integer(ledger, "blocked_ns"));
	if (splits && !missed_something(owner))
		assert_count(json__integer(ledger, "user_ns") + json__integer(ledger, "kernel_ns"),
			     json__integer(ledger, "running_ns"));
	else if (json__has(ledger, "user_ns"))
		assert_true(json__integer(ledger, "user_ns") + json__integer(ledger, "kernel_ns") <=
			    json__integer(ledger, "running_ns"));
}

static void check_thread(struct json_object *thread, bool splits)
{
	struct json_object *ledger = json__at(thread, "ledger");
	int64_t lifetime = json__integer(thread, "end_ns") - json__integer(thread, "start_ns");

	check_ledger(thread, splits);
	assert_count(json__integer(ledger, "lifetime_ns"), lifetime);
	assert_count(json__integer(thread, "residual_ns"), 0);
	/* what a full map refused is blocked all the same, and the thread says that it is partial
	 */
	if (!json__boolean(thread, "incomplete"))
		assert_count(sum_of(thread, "waits", "total_ns"),
			     json__integer(ledger, "blocked_ns"));
}

static void check_process(struct json_object *process, bool splits)
{
	static const char *const members[] = {"running_ns", "runnable_ns", "preempted_ns",
					      "blocked_ns", "idle_ns",	   "unknown_ns",
					      "lifetime_ns"};
	struct json_object *ledger = json__at(process, "ledger"), *thread;
	int64_t blocked = 0;

	check_ledger(process, splits);
	json__each (thread, process, "threads") {
		check_thread(thread, splits);
		blocked += sum_of(thread, "waits", "total_ns");
	}
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		int64_t sum = 0;

		json__each (thread, process, "threads")
			sum += json__integer(json__at(thread, "ledger"), members[i]);
		assert_count(json__integer(ledger, members[i]), sum);
	}
	assert_count(sum_of(process, "waits", "total_ns"), blocked);
}

void assert_conserved(struct json_object *profile)
{
	/* of a thread that makes no call after waitscope came it is not known where it runs */
	bool splits = strcmp(json__string(profile, "tool.tier"), "full") == 0 &&
		      strcmp(json__string(profile, "target.kind"), "command") == 0;
	struct json_object *process;

	if (!json__boolean(profile, "audit.conserved"))
		live__fail("the audit says that time was not conserved");
	assert_count(json__integer(profile, "audit.residual_ns"), 0);
	json__each (process, profile, "processes")
		check_process(process, splits);
}

static void check_balance(struct json_object *row)
{
	int64_t served = 0;

	json_object_object_foreach (json__at(row, "served"), kind, count) {
		(void)kind;
		served += json_object_get_int64(count);
	}
	if (json__integer(row, "submitted") != json__integer(row, "completed") +
						       json__integer(row, "unseen") +
						       json__integer(row, "open") ||
	    served != json__integer(row, "completed") ||
	    json__integer(row, "latency.count") != json__integer(row, "completed"))
		live__fail("requests do not add up: %s", json__show(row));
}

void assert_requests_balance(struct json_object *profile)
{
	struct json_object *process, *row;

	json__each (process, profile, "processes")
		json__each (row, process, "requests")
			if (strcmp(json__string(row, "api"), "io_uring") == 0 ||
			    strcmp(json__string(row, "api"), "linux_aio") == 0)
				check_balance(row);
}

void assert_nothing_lost(struct json_object *profile)
{
	struct json_object *lost = json__at(profile, "audit.lost");
	bool hides_tasks = json__integer(profile, "audit.hidden_switches") > 0;

	json_object_object_foreach (lost, cause, count) {
		if (hides_tasks && strcmp(cause, "transitions") == 0)
			continue;
		if (json_object_get_int64(count) != 0)
			live__fail("lost: %s %s", json__show(count), cause);
	}
}

void assert_nothing_unknown(struct json_object *process)
{
	struct json_object *thread;

	json__each (thread, process, "threads")
		if (json__integer(thread, "lost_transitions") == 0)
			assert_count(json__integer(thread, "ledger.unknown_ns"), 0);
}

void assert_loop_conserved(struct json_object *loop)
{
	assert_count(json__integer(loop, "idle_ns") + json__integer(loop, "call_ns") +
			     json__integer(loop, "busy_ns") + json__integer(loop, "blocked_ns") +
			     json__integer(loop, "delayed_ns") + json__integer(loop, "unknown_ns"),
		     json__integer(loop, "window_ns"));
}

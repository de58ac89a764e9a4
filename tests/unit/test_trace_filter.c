// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Which lines `waitscope trace` prints, and what it says to names that do not exist. */
#include <errno.h>

#include "commands/trace_filter.h"
#include "tests/unit/unit.h"

static char reason[TRACE_FILTER_REASON];

static void a_name_that_is_none_is_answered_with_the_nearest(void **state)
{
	static const struct {
		int (*parse)(struct trace_filter *filter, const char *list,
			     char reason[TRACE_FILTER_REASON]);
		const char *list, *nearest;
	} cases[] = {
		{trace_filter__classes, "disk,netwrk", "'network'"},
		{trace_filter__wakers, "softirg", "'softirq'"},
		{trace_filter__syscalls, "read,wirte", "'write'"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct trace_filter filter = {0};

		assert_int_equal(cases[i].parse(&filter, cases[i].list, reason), -EINVAL);
		assert_non_null(strstr(reason, cases[i].nearest));
	}
}

static void lists_with_holes_are_refused(void **state)
{
	static const char *const lists[] = {"", ",", "disk,", ",disk", "disk,,lock"};
	struct trace_filter filter = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++)
		assert_int_equal(trace_filter__classes(&filter, lists[i], reason), -EINVAL);
}

static void a_waker_may_be_one_thread(void **state)
{
	struct trace_filter filter = {0};

	(void)state;
	assert_int_equal(trace_filter__wakers(&filter, "4711,timer", reason), 0);
	assert_int_equal(filter.waker_tid, 4711);
	assert_int_equal(filter.wakers, 1U << WAKER_TIMER);
	assert_int_equal(trace_filter__wakers(&filter, "4712", reason), -EINVAL);
	assert_int_equal(trace_filter__wakers(&filter, "47x", reason), -EINVAL);
}

static void any_of_its_sleeps_lets_a_line_pass(void **state)
{
	struct line_sleep sleeps[2] = {
		{.known = true, .class = CLASS_LOCK, .waker = {.kind = WAKER_THREAD, .tid = 5}},
		{.known = true, .class = CLASS_DISK, .waker = {.kind = WAKER_SOFTIRQ}},
	};
	struct trace_line line = {.is_call = true,
				  .syscall = "write",
				  .waits = 2,
				  .blocked = 1000,
				  .until = 9000,
				  .sleeps = sleeps,
				  .sleep_count = 2};
	struct trace_filter filter = {0};

	(void)state;
	assert_true(trace_filter__takes(&filter, &line));
	assert_int_equal(trace_filter__classes(&filter, "disk", reason), 0);
	assert_int_equal(trace_filter__wakers(&filter, "5", reason), 0);
	assert_int_equal(trace_filter__syscalls(&filter, "read,write", reason), 0);
	assert_true(trace_filter__takes(&filter, &line));
	sleeps[1].known = false;
	assert_false(trace_filter__takes(&filter, &line));
	sleeps[1].known = true;
	line.syscall = NULL;
	assert_false(trace_filter__takes(&filter, &line));
}

/* Of a call that did not sleep it is the call that is to be so long. */
static void the_least_time_is_that_asleep(void **state)
{
	struct line_sleep sleep = {.known = true};
	struct trace_line line = {
		.waits = 1, .blocked = 999, .until = 9000, .sleeps = &sleep, .sleep_count = 1};
	const struct trace_filter filter = {.min = 1000};

	(void)state;
	assert_false(trace_filter__takes(&filter, &line));
	line.blocked = 1000;
	assert_true(trace_filter__takes(&filter, &line));
	line = (struct trace_line){.is_call = true, .until = 1000};
	assert_true(trace_filter__takes(&filter, &line));
	line.until = 999;
	assert_false(trace_filter__takes(&filter, &line));
}

/* Who has not woken it yet is no unknown waker. */
static void what_is_still_asleep_has_no_waker(void **state)
{
	struct line_sleep sleep = {.known = true, .open = true};
	struct trace_line line = {.waits = 1, .sleeps = &sleep, .sleep_count = 1};
	struct trace_filter filter = {0};

	(void)state;
	assert_int_equal(trace_filter__wakers(&filter, "unknown", reason), 0);
	assert_false(trace_filter__takes(&filter, &line));
	sleep.open = false;
	assert_true(trace_filter__takes(&filter, &line));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_that_is_none_is_answered_with_the_nearest),
		cmocka_unit_test(lists_with_holes_are_refused),
		cmocka_unit_test(a_waker_may_be_one_thread),
		cmocka_unit_test(any_of_its_sleeps_lets_a_line_pass),
		cmocka_unit_test(the_least_time_is_that_asleep),
		cmocka_unit_test(what_is_still_asleep_has_no_waker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

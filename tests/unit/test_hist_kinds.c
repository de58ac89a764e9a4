// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What `waitscope hist` can measure: names, other names, and what somebody meant who mistyped. */
#include <errno.h>

#include "commands/hist_kinds.h"
#include "names/nearest.h"
#include "tests/unit/unit.h"

static struct measuring measuring;
static char reason[HIST_REASON];

static void names_and_arguments_are_read(void **state)
{
	(void)state;
	assert_int_equal(hist_kinds__find("blocked", &measuring, reason), 0);
	assert_int_equal(measuring.measure, MEASURE_BLOCKED);
	assert_int_equal(measuring.tier, TIER_WAITS);
	assert_int_equal(hist_kinds__find("syscall:pread64", &measuring, reason), 0);
	assert_int_equal(measuring.measure, MEASURE_SYSCALL);
	assert_int_equal(measuring.syscall, 17 + 1);
	assert_int_equal(measuring.tier, TIER_FULL);
	assert_int_equal(hist_kinds__find("request:io_uring", &measuring, reason), 0);
	assert_int_equal(measuring.source, SOURCE_REQUESTS);
	assert_int_equal(measuring.api, REQUEST_IO_URING);
}

static void every_stage_of_a_call_is_something(void **state)
{
	static const char *const stages[] = {
		"before-sleep", "before-sleep", "before-sleep", "before-sleep", "blocked",
		"blocked",	"enqueue",	"queue",	"after-sleep",	"syscall"};
	char text[16];

	(void)state;
	for (size_t i = 0; i < COUNT(stages); i++) {
		snprintf(text, sizeof(text), "stage:%zu", i + 1);
		assert_int_equal(hist_kinds__find(text, &measuring, reason), 0);
		assert_string_equal(measuring.what, stages[i]);
	}
	assert_int_equal(hist_kinds__find("stage:11", &measuring, reason), -EINVAL);
	assert_non_null(strstr(reason, "'stage:1' .. 'stage:10'"));
}

static void the_nearest_name_is_offered(void **state)
{
	static const struct {
		const char *typed, *nearest;
	} cases[] = {{"bloked", "'blocked'"},	     {"runq", "'runqueue'"},
		     {"syscal:read", "'syscall'"},   {"oncpus", "'oncpu'"},
		     {"handlers", "'handler'"},	     {"syscall:raed", "'read'"},
		     {"syscall:prad64", "'pread64'"}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(hist_kinds__find(cases[i].typed, &measuring, reason), -EINVAL);
		if (!strstr(reason, cases[i].nearest))
			fail_msg("%s: %s", cases[i].typed, reason);
	}
	assert_int_equal(hist_kinds__find("blocked:read", &measuring, reason), -EINVAL);
	assert_int_equal(hist_kinds__find("request:sync", &measuring, reason), -EINVAL);
}

static void a_word_of_any_length_is_refused(void **state)
{
	char text[5000];

	(void)state;
	for (size_t length = 1; length < sizeof(text); length += 7) {
		memset(text, 'x', length);
		text[length] = '\0';
		assert_int_equal(hist_kinds__find(text, &measuring, reason), -EINVAL);
		assert_true(strlen(reason) < HIST_REASON);
	}
}

static void by_goes_only_where_it_means_something(void **state)
{
	(void)state;
	assert_int_equal(hist_kinds__find("blocked", &measuring, reason), 0);
	assert_int_equal(hist_kinds__by("waker", &measuring, reason), 0);
	assert_int_equal(measuring.by, BY_WAKER);
	assert_int_equal(hist_kinds__by("device", &measuring, reason), -EINVAL);
	assert_non_null(strstr(reason, "blocked can be had by"));
	assert_non_null(strstr(reason, " class "));
	assert_null(strstr(reason, " opcode"));
	assert_int_equal(hist_kinds__find("block", &measuring, reason), 0);
	assert_int_equal(hist_kinds__by("device", &measuring, reason), 0);
	assert_int_equal(hist_kinds__find("stage:10", &measuring, reason), 0);
	assert_int_equal(hist_kinds__by("syscall", &measuring, reason), 0);
}

static void distances_are_those_of_single_changes(void **state)
{
	(void)state;
	assert_int_equal(nearest__distance("", ""), 0);
	assert_int_equal(nearest__distance("read", "read"), 0);
	assert_int_equal(nearest__distance("", "read"), 4);
	assert_int_equal(nearest__distance("read", "raed"), 2);
	assert_int_equal(nearest__distance("read", "pread"), 1);
	assert_int_equal(nearest__distance("kitten", "sitting"), 3);
	assert_int_equal(nearest__distance("sitting", "kitten"), 3);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_arguments_are_read),
		cmocka_unit_test(every_stage_of_a_call_is_something),
		cmocka_unit_test(the_nearest_name_is_offered),
		cmocka_unit_test(a_word_of_any_length_is_refused),
		cmocka_unit_test(by_goes_only_where_it_means_something),
		cmocka_unit_test(distances_are_those_of_single_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/steps.h"
#include "tests/unit/unit.h"

struct heard {
	uint64_t times[64];
	int64_t levels[64];
	size_t count;
};

static int hear(void *context, uint32_t number, uint64_t time, int64_t level)
{
	struct heard *heard = context;

	assert_int_equal(number, 3);
	assert_true(heard->count < COUNT(heard->times));
	heard->times[heard->count] = time;
	heard->levels[heard->count++] = level;
	return 0;
}

static void changes_that_come_late_are_put_in_order(void **state)
{
	struct heard heard = {0};
	struct steps *steps = steps__new(16, hear, &heard);

	(void)state;
	assert_int_equal(steps__add(steps, 3, 50, 1), 0);
	assert_int_equal(steps__add(steps, 3, 60, -1), 0);
	assert_int_equal(steps__add(steps, 3, 10, 1), 0);
	assert_int_equal(steps__add(steps, 3, 60, -1), 0);
	assert_int_equal(heard.count, 0);
	assert_int_equal(steps__finish(steps), 0);
	assert_int_equal(heard.count, 3);
	assert_int_equal(heard.times[1], 50);
	assert_int_equal(heard.levels[1], 2);
	assert_int_equal(heard.times[2], 60);
	assert_int_equal(heard.levels[2], 0);
	steps__free(steps);
}

static void what_comes_too_late_counts_from_what_was_told_on(void **state)
{
	struct heard heard = {0};
	struct steps *steps = steps__new(4, hear, &heard);

	(void)state;
	for (uint64_t time = 1; time <= 5; time++)
		assert_int_equal(steps__add(steps, 3, time * 100, 1), 0);
	assert_int_equal(heard.count, 2); /* 100 and 200 */
	assert_int_equal(steps__add(steps, 3, 50, 1), 0);
	assert_int_equal(steps__finish(steps), 0);
	assert_int_equal(heard.times[2], 200);
	assert_int_equal(heard.levels[2], 3);
	assert_int_equal(heard.levels[heard.count - 1], 6);
	steps__free(steps);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_that_come_late_are_put_in_order),
		cmocka_unit_test(what_comes_too_late_counts_from_what_was_told_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Axes: every value is in a row, rows follow each other, and there are not too many. */
#include "model/axis.h"
#include "tests/unit/unit.h"

static void add(struct histogram *histogram, uint64_t value, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(histogram__add(histogram, value), 0);
}

static void check_rows(const struct axis *axis, const struct histogram *histogram, size_t most)
{
	uint64_t count = axis->below + axis->above;

	assert_true(axis->count > 0 && axis->count <= most);
	for (size_t i = 0; i < axis->count; i++) {
		assert_true(axis->rows[i].low < axis->rows[i].high);
		if (i)
			assert_int_equal(axis->rows[i].low, axis->rows[i - 1].high);
		if (axis->rows[i].gap)
			assert_int_equal(axis->rows[i].count, 0);
		count += axis->rows[i].count;
	}
	assert_int_equal(count, histogram->bucketed);
}

/* All kinds, over distributions of every width, in every number of rows. */
static void all_values_are_in_rows_that_follow_each_other(void **state)
{
	static const enum axis_kind kinds[] = {AXIS_FIT, AXIS_LOG, AXIS_LINEAR, AXIS_LOG2};
	uint64_t seed = 5;

	(void)state;
	for (int round = 0; round < 400; round++) {
		struct histogram histogram = {0};
		uint64_t width = next_random(&seed) % 42;
		struct axis axis;

		for (int i = 0; i < 200; i++)
			add(&histogram, next_random(&seed) >> (22 + width % 42), 1);
		for (size_t i = 0; i < COUNT(kinds); i++) {
			size_t rows = 4 + next_random(&seed) % (AXIS_ROWS - 4);

			axis__fit(&axis, &histogram, kinds[i], rows, 0, UINT64_MAX);
			check_rows(&axis, &histogram, kinds[i] == AXIS_LOG2 ? AXIS_ROWS : rows);
		}
		histogram__clear(&histogram);
	}
}

static void values_close_together_are_shown_linearly(void **state)
{
	struct histogram histogram = {0};
	struct axis axis;

	(void)state;
	for (uint64_t i = 0; i < 100; i++)
		add(&histogram, 1000000 + i * 5000, 1);
	axis__fit(&axis, &histogram, AXIS_FIT, 22, 0, UINT64_MAX);
	assert_int_equal(axis.kind, AXIS_LINEAR);
	check_rows(&axis, &histogram, 22);
	add(&histogram, 9000000, 20);
	axis__fit(&axis, &histogram, AXIS_FIT, 22, 0, UINT64_MAX);
	assert_int_equal(axis.kind, AXIS_LOG);
	histogram__clear(&histogram);
}

static void log2_has_a_row_for_each_power_of_two(void **state)
{
	struct histogram histogram = {0};
	struct axis axis;

	(void)state;
	add(&histogram, 1024, 3);
	add(&histogram, 2047, 4);
	add(&histogram, 2048, 5);
	axis__fit(&axis, &histogram, AXIS_LOG2, 1, 0, UINT64_MAX);
	assert_int_equal(axis.count, 2);
	assert_int_equal(axis.rows[0].low, 1024);
	assert_int_equal(axis.rows[0].high, 2048);
	assert_int_equal(axis.rows[0].count, 7);
	assert_int_equal(axis.rows[1].count, 5);
	histogram__clear(&histogram);
}

static void a_zoom_counts_what_it_leaves_out(void **state)
{
	struct histogram histogram = {0};
	struct axis axis;

	(void)state;
	add(&histogram, 100, 3);
	add(&histogram, 10000, 4);
	add(&histogram, 1000000, 5);
	axis__fit(&axis, &histogram, AXIS_LOG, 22, 5000, 20000);
	check_rows(&axis, &histogram, 22);
	assert_int_equal(axis.below, 3);
	assert_int_equal(axis.above, 5);
	histogram__clear(&histogram);
}

static void a_long_empty_stretch_is_one_row(void **state)
{
	struct histogram histogram = {0};
	struct axis axis;
	size_t gaps = 0;

	(void)state;
	add(&histogram, 1000, 3);
	add(&histogram, 1000000000, 1);
	axis__fit(&axis, &histogram, AXIS_LOG, 22, 0, UINT64_MAX);
	check_rows(&axis, &histogram, 22);
	for (size_t i = 0; i < axis.count; i++)
		gaps += axis.rows[i].gap;
	assert_int_equal(gaps, 1);
	assert_int_equal(axis.count, 3);
	histogram__clear(&histogram);
}

static void without_values_there_are_no_rows(void **state)
{
	struct histogram histogram = {0};
	struct axis axis;

	(void)state;
	axis__fit(&axis, &histogram, AXIS_FIT, 22, 0, UINT64_MAX);
	assert_int_equal(axis.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_values_are_in_rows_that_follow_each_other),
		cmocka_unit_test(values_close_together_are_shown_linearly),
		cmocka_unit_test(log2_has_a_row_for_each_power_of_two),
		cmocka_unit_test(a_zoom_counts_what_it_leaves_out),
		cmocka_unit_test(a_long_empty_stretch_is_one_row),
		cmocka_unit_test(without_values_there_are_no_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Modes: named where there are several, never guessed. */
#include <math.h>

#include "model/modes.h"
#include "tests/unit/unit.h"

static double uniform(uint64_t *seed)
{
	return ((double)(next_random(seed) >> 11) + 0.5) / (double)(1ULL << 53);
}

/* `count` values around `centre`, spread by the factor `spread` (a log-normal's e^sigma). */
static void add_hump(struct histogram *histogram, size_t count, double centre, double spread,
		     uint64_t *seed)
{
	for (size_t i = 0; i < count; i++) {
		double normal = sqrt(-2 * log(uniform(seed))) * cos(2 * M_PI * uniform(seed));

		assert_int_equal(
			histogram__add(histogram, (uint64_t)(centre * exp(log(spread) * normal))),
			0);
	}
}

static void two_humps_are_two_modes_with_their_shares(void **state)
{
	struct histogram histogram = {0};
	struct mode modes[MODES_MOST];
	uint64_t seed = 7;

	(void)state;
	add_hump(&histogram, 8200, 11000, 1.2, &seed);
	add_hump(&histogram, 1800, 240000, 1.3, &seed);
	assert_int_equal(modes__find(&histogram, modes), 2);
	assert_true(modes[0].peak > 9000 && modes[0].peak < 13000);
	assert_true(modes[1].peak > 200000 && modes[1].peak < 290000);
	assert_true(fabs(modes[0].share - 0.82) < 0.005);
	assert_true(fabs(modes[1].share - 0.18) < 0.005);
	assert_int_equal(modes[0].count + modes[1].count, 10000);
	assert_int_equal(modes[0].high, modes[1].low);
	histogram__clear(&histogram);
}

/* Over many seeds: chance makes no modes. */
static void one_hump_is_one_mode_however_few_the_values(void **state)
{
	static const size_t sizes[] = {100, 150, 300, 1000, 20000};
	static const double spreads[] = {1.001, 1.05, 1.5, 3, 10};
	struct mode modes[MODES_MOST];

	(void)state;
	for (uint64_t seed = 1; seed < 60; seed++) {
		struct histogram histogram = {0};
		uint64_t random = seed * 977;

		add_hump(&histogram, sizes[seed % COUNT(sizes)], 50000,
			 spreads[seed % 11 % COUNT(spreads)], &random);
		assert_int_equal(modes__find(&histogram, modes), 1);
		histogram__clear(&histogram);
	}
}

static void values_that_are_all_the_same_are_one_mode(void **state)
{
	struct histogram histogram = {0};
	struct mode modes[MODES_MOST];

	(void)state;
	for (int i = 0; i < 500; i++)
		assert_int_equal(histogram__add(&histogram, 1000000), 0);
	assert_int_equal(modes__find(&histogram, modes), 1);
	assert_true(modes[0].low <= 1000000 && modes[0].high > 1000000);
	histogram__clear(&histogram);
}

static void few_values_have_no_modes(void **state)
{
	struct histogram histogram = {0};
	struct mode modes[MODES_MOST];

	(void)state;
	for (int i = 0; i < MODES_LEAST_VALUES - 1; i++)
		assert_int_equal(histogram__add(&histogram, i % 2 ? 100 : 1000000), 0);
	assert_int_equal(modes__find(&histogram, modes), 0);
	assert_int_equal(histogram__add(&histogram, 100), 0);
	assert_int_equal(modes__find(&histogram, modes), 2);
	histogram__clear(&histogram);
}

static void a_few_stray_values_are_no_mode(void **state)
{
	struct histogram histogram = {0};
	struct mode modes[MODES_MOST];
	uint64_t seed = 3;

	(void)state;
	add_hump(&histogram, 10000, 11000, 1.2, &seed);
	for (int i = 0; i < MODES_LEAST_COUNT - 1; i++)
		assert_int_equal(histogram__add(&histogram, 30000000), 0);
	assert_int_equal(modes__find(&histogram, modes), 1);
	assert_int_equal(modes[0].count, histogram.count);
	histogram__clear(&histogram);
}

static void three_humps_are_three_modes(void **state)
{
	struct histogram histogram = {0};
	struct mode modes[MODES_MOST];
	uint64_t seed = 11;

	(void)state;
	add_hump(&histogram, 1000, 500, 1.1, &seed);
	add_hump(&histogram, 1000, 20000, 1.2, &seed);
	add_hump(&histogram, 1000, 4000000, 1.2, &seed);
	assert_int_equal(modes__find(&histogram, modes), 3);
	histogram__clear(&histogram);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_humps_are_two_modes_with_their_shares),
		cmocka_unit_test(one_hump_is_one_mode_however_few_the_values),
		cmocka_unit_test(values_that_are_all_the_same_are_one_mode),
		cmocka_unit_test(few_values_have_no_modes),
		cmocka_unit_test(a_few_stray_values_are_no_mode),
		cmocka_unit_test(three_humps_are_three_modes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

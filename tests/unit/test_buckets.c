// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The buckets' arithmetic: every value has one, and its middle is within 1/64 of the value. */
#include "bpf/buckets.h"
#include "tests/unit/unit.h"

#define BUCKETS (BUCKET_CHUNKS * BUCKETS_PER_CHUNK)

static void check_value(uint64_t value)
{
	uint32_t index = buckets__index(value);
	uint64_t low, high, middle, error;

	assert_true(index < BUCKETS);
	low = buckets__low(index);
	high = buckets__high(index);
	assert_true(low <= value && value < high);
	middle = low + (high - low) / 2;
	error = middle > value ? middle - value : value - middle;
	assert_true(error * 64 <= value);
}

static void the_logarithm_is_exact_around_every_power_of_two(void **state)
{
	(void)state;
	assert_int_equal(buckets__log2(0), 0);
	assert_int_equal(buckets__log2(1), 0);
	for (uint32_t bit = 1; bit < 64; bit++) {
		assert_int_equal(buckets__log2((1ULL << bit) - 1), bit - 1);
		assert_int_equal(buckets__log2(1ULL << bit), bit);
		assert_int_equal(buckets__log2((1ULL << bit) + 1), bit == 0 ? 1 : bit);
	}
	assert_int_equal(buckets__log2(UINT64_MAX), 63);
}

static void buckets_follow_each_other_without_gap_or_overlap(void **state)
{
	(void)state;
	assert_int_equal(buckets__low(0), 0);
	for (uint32_t index = 0; index < BUCKETS; index++) {
		uint64_t low = buckets__low(index), high = buckets__high(index);

		assert_true(low < high);
		assert_int_equal(buckets__index(low), index);
		assert_int_equal(buckets__index(high - 1), index);
		if (index + 1 < BUCKETS)
			assert_int_equal(buckets__index(high), index + 1);
	}
	assert_int_equal(buckets__high(BUCKETS - 1), BUCKET_LIMIT);
}

static void small_values_have_a_bucket_of_their_own(void **state)
{
	(void)state;
	for (uint64_t value = 0; value < 2 * BUCKETS_PER_CHUNK; value++) {
		assert_int_equal(buckets__index(value), value);
		assert_int_equal(buckets__low((uint32_t)value), value);
	}
}

static void the_middle_of_a_bucket_is_within_a_64th_of_every_value_in_it(void **state)
{
	uint64_t seed = 42;

	(void)state;
	for (uint64_t value = 0; value < 100000; value++)
		check_value(value);
	for (uint32_t index = 0; index < BUCKETS; index++) {
		check_value(buckets__low(index));
		check_value(buckets__high(index) - 1);
	}
	for (int i = 0; i < 1000000; i++)
		check_value(next_random(&seed) % BUCKET_LIMIT >> next_random(&seed) % 42);
}

static void what_is_beyond_the_range_goes_to_the_last_bucket(void **state)
{
	static const uint64_t values[] = {BUCKET_LIMIT, BUCKET_LIMIT + 1, 1ULL << 43, 1ULL << 63,
					  UINT64_MAX};

	(void)state;
	assert_int_equal(buckets__index(BUCKET_LIMIT - 1), BUCKETS - 1);
	for (size_t i = 0; i < COUNT(values); i++)
		assert_int_equal(buckets__index(values[i]), BUCKETS - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_logarithm_is_exact_around_every_power_of_two),
		cmocka_unit_test(buckets_follow_each_other_without_gap_or_overlap),
		cmocka_unit_test(small_values_have_a_bucket_of_their_own),
		cmocka_unit_test(the_middle_of_a_bucket_is_within_a_64th_of_every_value_in_it),
		cmocka_unit_test(what_is_beyond_the_range_goes_to_the_last_bucket),
	};

	return cmocka_run_group_tests_name("buckets", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Histograms against exact sorting: totals exact, quantiles within 1/64. */
#include <errno.h>

#include "model/histogram.h"
#include "tests/unit/unit.h"

#define DISTRIBUTIONS 1500
#define MOST_VALUES   2000
#define LAST	      (BUCKET_CHUNKS * BUCKETS_PER_CHUNK - 1)

struct sample {
	uint64_t values[MOST_VALUES]; /* sorted by sort_sample() */
	size_t count;
	uint64_t sum;
};

static int compare_values(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

static void sort_sample(struct sample *sample)
{
	qsort(sample->values, sample->count, sizeof(sample->values[0]), compare_values);
}

static void add_value(struct sample *sample, struct histogram *histogram, uint64_t value)
{
	sample->values[sample->count++] = value;
	sample->sum += value;
	assert_int_equal(histogram__add(histogram, value), 0);
}

/* Values of one shape: even, skewed over all sizes, two humps, nearly constant, edges. */
static uint64_t random_value(unsigned int shape, uint64_t scale, uint64_t *seed)
{
	static const uint64_t edges[] = {
		0, 1, 31, 32, 33, 63, 64, 65, 127, 1023, 1024, 1025, BUCKET_LIMIT - 1};
	uint64_t random = next_random(seed);

	switch (shape % 5) {
	case 0:
		return random % scale;
	case 1:
		return (random % BUCKET_LIMIT) >> (next_random(seed) % 42);
	case 2:
		return (random & 1 ? scale / 1000 : scale) + random % 100;
	case 3:
		return scale + random % 3;
	default:
		return edges[random % COUNT(edges)];
	}
}

static void fill_random(struct sample *sample, struct histogram *histogram, unsigned int shape,
			uint64_t *seed)
{
	uint64_t scale = 1 + (next_random(seed) % (BUCKET_LIMIT / 4) >> next_random(seed) % 40);
	size_t count = 1 + next_random(seed) % (shape % 7 ? 200 : MOST_VALUES);

	*sample = (struct sample){.count = 0};
	for (size_t i = 0; i < count; i++)
		add_value(sample, histogram, random_value(shape, scale, seed));
	sort_sample(sample);
}

/* Quantiles in thousandths, so that the exact rank is whole-number arithmetic. */
static void check_quantiles(const struct sample *sample, const struct histogram *histogram)
{
	assert_true(histogram__has_quantiles(histogram));
	for (size_t permille = 0; permille <= 1000; permille += permille % 100 < 10 ? 1 : 10) {
		size_t rank = (permille * sample->count + 999) / 1000;
		uint64_t exact = sample->values[rank ? rank - 1 : 0];
		uint64_t found = histogram__quantile(histogram, (double)permille / 1000);
		uint64_t error = found > exact ? found - exact : exact - found;

		assert_true(error * 64 <= exact);
		assert_true(found >= histogram->min && found <= histogram->max);
	}
}

static void check_totals(const struct sample *sample, const struct histogram *histogram)
{
	uint64_t bucketed = 0;

	assert_int_equal(histogram->count, sample->count);
	assert_int_equal(histogram->sum, sample->sum);
	assert_int_equal(histogram->min, sample->values[0]);
	assert_int_equal(histogram->max, sample->values[sample->count - 1]);
	for (unsigned int index = 0; index <= LAST; index++)
		bucketed += histogram__bucket(histogram, index);
	assert_int_equal(bucketed, sample->count);
	assert_int_equal(histogram->bucketed, sample->count);
}

static void quantiles_of_any_distribution_are_within_a_64th(void **state)
{
	struct sample *sample = malloc(sizeof(*sample));
	uint64_t seed = 0xdeadbeefcafef00dULL;

	(void)state;
	assert_non_null(sample);
	for (unsigned int i = 0; i < DISTRIBUTIONS; i++) {
		struct histogram histogram = {0};

		fill_random(sample, &histogram, i, &seed);
		check_totals(sample, &histogram);
		check_quantiles(sample, &histogram);
		histogram__clear(&histogram);
	}
	free(sample);
}

static void merging_is_the_same_as_adding_all(void **state)
{
	struct sample *sample = malloc(sizeof(*sample));
	uint64_t seed = 7;

	(void)state;
	assert_non_null(sample);
	for (unsigned int i = 0; i < 200; i++) {
		struct histogram parts[3] = {{0}}, whole = {0}, merged = {0};

		fill_random(sample, &whole, i, &seed);
		for (size_t k = 0; k < sample->count; k++)
			histogram__add(&parts[next_random(&seed) % 3], sample->values[k]);
		for (size_t k = 0; k < COUNT(parts); k++)
			assert_int_equal(histogram__merge(&merged, &parts[k]), 0);
		check_totals(sample, &merged);
		check_quantiles(sample, &merged);
		for (unsigned int index = 0; index <= LAST; index++)
			assert_int_equal(histogram__bucket(&merged, index),
					 histogram__bucket(&whole, index));
		for (size_t k = 0; k < COUNT(parts); k++)
			histogram__clear(&parts[k]);
		histogram__clear(&merged);
		histogram__clear(&whole);
	}
	free(sample);
}

static void nearest_rank_is_not_pushed_up_by_rounding(void **state)
{
	struct histogram histogram = {0};

	/* 0.07 * 100 is 7.000000000000001 in floating point */
	(void)state;
	for (uint64_t value = 1; value <= 31; value++)
		histogram__add(&histogram, value);
	for (int i = 31; i < 100; i++)
		histogram__add(&histogram, 31);
	assert_int_equal(histogram__quantile(&histogram, 0.07), 7);
	assert_int_equal(histogram__quantile(&histogram, 0.14), 14);
	assert_int_equal(histogram__quantile(&histogram, 0.29), 29);
	assert_int_equal(histogram__quantile(&histogram, 0.071), 8);
	histogram__clear(&histogram);
}

static void the_ends_are_exact(void **state)
{
	struct histogram histogram = {0};

	(void)state;
	for (uint64_t value = 1000003; value < 1000300; value += 7)
		histogram__add(&histogram, value);
	histogram__add(&histogram, 999999937);
	assert_int_equal(histogram__quantile(&histogram, 0), 1000003);
	assert_int_equal(histogram__quantile(&histogram, 1), 999999937);
	assert_int_equal(histogram__quantile(&histogram, -1), 1000003);
	assert_int_equal(histogram__quantile(&histogram, 2), 999999937);
	histogram__clear(&histogram);
}

static void rows_of_the_kernel_side_give_the_same_as_values(void **state)
{
	struct histogram histogram = {0};
	uint64_t counts[BUCKETS_PER_CHUNK] = {0};

	(void)state;
	counts[buckets__index(1000) % BUCKETS_PER_CHUNK] = 3;
	assert_int_equal(
		histogram__add_chunk(&histogram, buckets__index(1000) / BUCKETS_PER_CHUNK, counts),
		0);
	assert_int_equal(histogram.count, 0);
	assert_int_equal(histogram.bucketed, 3);
	histogram__add_totals(&histogram, 3, 3003, 1000, 1002);
	assert_true(histogram__has_quantiles(&histogram));
	assert_in_range(histogram__quantile(&histogram, 0.5), 1000, 1002);
	histogram__add_totals(&histogram, 0, 0, 5, 5); /* nothing: min and max stay */
	assert_int_equal(histogram.min, 1000);
	assert_int_equal(histogram.max, 1002);
	assert_int_equal(histogram__add_chunk(&histogram, BUCKET_CHUNKS, counts), -EINVAL);
	histogram__clear(&histogram);
}

static void without_all_values_in_buckets_there_are_no_quantiles(void **state)
{
	struct histogram histogram = {0};

	(void)state;
	assert_false(histogram__has_quantiles(&histogram));
	histogram__add(&histogram, 5);
	assert_true(histogram__has_quantiles(&histogram));
	histogram__add_totals(&histogram, 1, 7, 7, 7); /* its bucket was lost */
	assert_false(histogram__has_quantiles(&histogram));
	histogram__clear(&histogram);
}

static void of_values_beyond_the_range_only_the_maximum_is_known(void **state)
{
	struct histogram histogram = {0};

	(void)state;
	for (int i = 0; i < 9; i++)
		histogram__add(&histogram, 100);
	histogram__add(&histogram, 10 * BUCKET_LIMIT);
	assert_true(histogram__has_quantiles(&histogram));
	assert_int_equal(histogram__quantile(&histogram, 1), 10 * BUCKET_LIMIT);
	assert_int_equal(histogram__quantile(&histogram, 0.9), 101);
	histogram__add(&histogram, 20 * BUCKET_LIMIT);
	assert_false(histogram__has_quantiles(&histogram));
	assert_int_equal(histogram.max, 20 * BUCKET_LIMIT);
	histogram__clear(&histogram);
}

static void clearing_leaves_an_empty_histogram(void **state)
{
	struct histogram histogram = {0};
	static const struct histogram empty;

	(void)state;
	histogram__add(&histogram, 12345);
	histogram__clear(&histogram);
	assert_memory_equal(&histogram, &empty, sizeof(empty));
	assert_int_equal(histogram__bucket(&histogram, buckets__index(12345)), 0);
	assert_int_equal(histogram__bucket(&histogram, LAST + 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_of_any_distribution_are_within_a_64th),
		cmocka_unit_test(merging_is_the_same_as_adding_all),
		cmocka_unit_test(nearest_rank_is_not_pushed_up_by_rounding),
		cmocka_unit_test(the_ends_are_exact),
		cmocka_unit_test(rows_of_the_kernel_side_give_the_same_as_values),
		cmocka_unit_test(without_all_values_in_buckets_there_are_no_quantiles),
		cmocka_unit_test(of_values_beyond_the_range_only_the_maximum_is_known),
		cmocka_unit_test(clearing_leaves_an_empty_histogram),
	};

	return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}

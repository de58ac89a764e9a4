// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Comparisons: what is compared with what, what is noise, what comes first. */
#include <math.h>

#include "tests/unit/diff_steps.h"

#define VALUES(...) ((const double[]){__VA_ARGS__})

static void a_change_has_its_size_and_its_share(void **state)
{
	struct pair pair = {0};
	const struct diff_change *change;

	(void)state;
	pair__figure(&pair, DIFF_CLASS_BLOCKED, "lock", 1, VALUES(200, 300));
	pair__figure(&pair, DIFF_RUNNING, NULL, 1, VALUES(50, 50));
	assert_non_null(pair__compare(&pair, DIFF_PER_RUN));
	change = pair__the(&pair, "blocked.lock");
	assert_true(diff_change__difference(change) == 100);
	assert_true(diff_change__relative(change) == 0.5);
	assert_int_equal(change->noise, DIFF_NOISE_UNKNOWN);
	assert_true(diff_change__counts(change));
	assert_non_null(pair__find(&pair, "program:blocked.lock"));
	assert_false(diff_change__counts(pair__the(&pair, "running")));
	pair__clear(&pair);
}

/* Runs: medians 100 and 200, as far apart as the ranges are wide, and further. */
static void noise_is_judged_by_the_ranges(void **state)
{
	static const struct {
		double values[6];
		enum diff_noise noise;
	} cases[] = {
		{{100, 101, 99, 200, 202, 198}, DIFF_NOISE_BEYOND},
		{{200, 202, 198, 100, 101, 99}, DIFF_NOISE_BEYOND},
		{{100, 150, 50, 200, 145, 250}, DIFF_NOISE_WITHIN}, /* they overlap */
		{{100, 110, 90, 120, 115, 140}, DIFF_NOISE_WITHIN}, /* apart, but by chance */
		{{100, 110, 90, 160, 141, 160}, DIFF_NOISE_BEYOND}, /* 31 apart, 20 wide */
		{{7, 7, 7, 8, 8, 8}, DIFF_NOISE_BEYOND},
		{{7, 7, 7, 7, 7, 7}, DIFF_NOISE_WITHIN},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pair pair = {0};

		pair__figure(&pair, DIFF_RUNNING, NULL, 3, cases[i].values);
		assert_non_null(pair__compare(&pair, DIFF_PER_RUN));
		assert_true(fabs(pair.diff->chance - 0.1) < 1e-9);
		assert_int_equal(pair__the(&pair, "running")->noise, cases[i].noise);
		pair__clear(&pair);
	}
}

static void with_five_repeats_ranges_that_lie_apart_suffice(void **state)
{
	struct pair pair = {0};

	(void)state;
	pair__figure(&pair, DIFF_RUNNING, NULL, 5,
		     VALUES(100, 110, 90, 95, 105, 120, 115, 140, 130, 112));
	assert_non_null(pair__compare(&pair, DIFF_PER_RUN));
	assert_true(fabs(pair.diff->chance - 2.0 / 252) < 1e-9);
	assert_int_equal(pair__the(&pair, "running")->noise, DIFF_NOISE_BEYOND);
	assert_true(pair__the(&pair, "running")->a.median == 100);
	assert_true(pair__the(&pair, "running")->b.low == 112);
	pair__clear(&pair);
}

static void the_middle_of_an_even_number_of_runs_is_between_two(void **state)
{
	struct pair pair = {0};

	(void)state;
	pair__figure(&pair, DIFF_RUNNING, NULL, 2, VALUES(10, 20, 40, 80));
	assert_non_null(pair__compare(&pair, DIFF_PER_RUN));
	assert_true(pair__the(&pair, "running")->a.median == 15);
	assert_true(pair__the(&pair, "running")->b.median == 60);
	pair__clear(&pair);
}

static void what_a_run_has_nothing_of_is_zero_if_it_is_a_total(void **state)
{
	struct pair pair = {0};

	(void)state;
	pair__figure(&pair, DIFF_RUNNING, NULL, 1, VALUES(1, 1));
	pair__add(&pair.runs[1][0], DIFF_CLASS_BLOCKED, "disk", 70);
	pair__add(&pair.runs[1][0], DIFF_SYSCALL_P50, "read", 70);
	assert_non_null(pair__compare(&pair, DIFF_PER_RUN));
	assert_true(pair__the(&pair, "blocked.disk")->a.median == 0);
	assert_true(isinf(diff_change__relative(pair__the(&pair, "blocked.disk"))));
	assert_null(pair__find(&pair, "syscall.read.p50"));
	pair__clear(&pair);
}

static void totals_are_divided_levels_are_not(void **state)
{
	struct pair pair = {0};

	(void)state;
	pair__figure(&pair, DIFF_CLASS_BLOCKED, "lock", 1, VALUES(100, 400));
	pair__figure(&pair, DIFF_SYSCALL_P50, "read", 1, VALUES(100, 400));
	pair__figure(&pair, DIFF_THREADS, NULL, 1, VALUES(3, 3));
	pair__figure(&pair, DIFF_OPERATIONS, NULL, 1, VALUES(10, 20));
	pair.runs[1][0].window = 4e9;
	assert_non_null(pair__compare(&pair, DIFF_PER_SECOND));
	assert_true(diff_change__difference(pair__the(&pair, "blocked.lock")) == 0);
	assert_true(diff_change__difference(pair__the(&pair, "syscall.read.p50")) == 300);
	assert_true(diff_change__difference(pair__the(&pair, "threads")) == 0);
	diff__free(pair.diff);
	assert_non_null(pair__compare(&pair, DIFF_PER_OPERATION));
	assert_true(pair__the(&pair, "blocked.lock")->b.median == 20);
	pair__clear(&pair);
}

static void what_cannot_be_divided_is_refused_with_the_reason(void **state)
{
	struct pair pair = {0};
	const char *why = NULL;

	(void)state;
	pair__figure(&pair, DIFF_RUNNING, NULL, 1, VALUES(1, 2));
	assert_null(pair__compare(&pair, DIFF_PER_OPERATION));
	pair.runs[1][0].window = 0;
	assert_null(diff__new(pair.sides, DIFF_PER_SECOND, &why));
	assert_string_equal(why, "a window has no length");
	pair__clear(&pair);
}

static void quantiles_need_values_and_a_difference_beyond_their_error(void **state)
{
	struct pair pair = {0};

	(void)state;
	/* 1000 values each: ten lie beyond the p99 */
	pair__figure(&pair, DIFF_SYSCALL_P99, "read", 1, VALUES(1000, 2000));
	pair__figure(&pair, DIFF_SYSCALL_P50, "read", 1, VALUES(1000, 1030));
	assert_non_null(pair__compare(&pair, DIFF_PER_RUN));
	assert_true(diff_change__counts(pair__the(&pair, "syscall.read.p99")));
	assert_int_equal(pair__the(&pair, "syscall.read.p50")->noise, DIFF_NOISE_WITHIN);
	diff__free(pair.diff);
	for (size_t i = 0; i < pair.runs[1][0].value_count; i++)
		pair.runs[1][0].values[i].samples = 999;
	assert_non_null(pair__compare(&pair, DIFF_PER_RUN));
	assert_true(pair__the(&pair, "syscall.read.p99")->few);
	assert_false(diff_change__counts(pair__the(&pair, "syscall.read.p99")));
	pair__clear(&pair);
}

static void the_tier_of_waits_has_no_syscalls_to_compare(void **state)
{
	struct pair pair = {0};

	(void)state;
	pair__figure(&pair, DIFF_RUNNING, NULL, 1, VALUES(1, 2));
	pair__add(&pair.runs[0][0], DIFF_SYSCALL_TOTAL, "read", 100);
	pair.runs[1][0].tier = TIER_WAITS;
	assert_non_null(pair__compare(&pair, DIFF_PER_RUN));
	assert_null(pair__find(&pair, "syscall.read.total"));
	assert_non_null(pair__find(&pair, "running"));
	pair__clear(&pair);
}

static void the_command_is_compared_whatever_its_name(void **state)
{
	struct pair pair = {0};

	(void)state;
	pair__figure(&pair, DIFF_RUNNING, NULL, 1, VALUES(10, 0));
	assert_int_equal(diff_run__add_one(&pair.runs[1][0], DIFF_PREEMPTED,
					   &(struct diff_name){.process = "program-2"}, 7, 0),
			 0);
	free(pair.runs[1][0].processes[0].name);
	pair.runs[1][0].processes[0].name = strdup("program-2");
	pair.runs[0][0].processes[0].command = pair.runs[1][0].processes[0].command = true;
	assert_non_null(pair__compare(&pair, DIFF_PER_RUN));
	assert_int_equal(pair.diff->renamed_count, 1);
	assert_string_equal(pair.diff->renamed[0].b, "program-2");
	assert_true(pair__the(&pair, "program:preempted")->b.median == 7);
	assert_int_equal(pair.diff->verdict_count, 0);
	pair__clear(&pair);
}

static void another_model_is_told_if_all_repeats_agree(void **state)
{
	for (int wavers = 0; wavers < 2; wavers++) {
		struct pair pair = {0};

		(void)state;
		pair__figure(&pair, DIFF_RUNNING, NULL, 3, VALUES(1, 1, 1, 1, 1, 1));
		for (int i = wavers; i < 3; i++) {
			free(pair.runs[1][i].processes[0].io_model);
			pair.runs[1][i].processes[0].io_model = strdup("epoll");
		}
		assert_non_null(pair__compare(&pair, DIFF_PER_RUN));
		assert_int_equal(pair.diff->verdict_count, !wavers);
		pair__clear(&pair);
	}
}

/* --- properties --------------------------------------------------------------------------------
 */

static const char *const classes[] = {"disk", "network", "ipc", "lock", "timer"};

/* Random runs: `count` on each side; the same of both where `same`. */
static void fill(struct pair *pair, uint64_t *seed, size_t count, bool swap)
{
	for (size_t i = 0; i < COUNT(classes); i++) {
		double values[2 * RUNS_MOST];

		for (size_t j = 0; j < 2 * count; j++)
			values[swap ? (j + count) % (2 * count) : j] =
				(double)(next_random(seed) % 1000);
		pair__figure(pair, DIFF_CLASS_BLOCKED, classes[i], count, values);
		pair__figure(pair, DIFF_SYSCALL_CALLS, classes[i], count, values);
		pair__figure(pair, DIFF_CLASS_IDLE, classes[i], count, values);
	}
}

static void what_is_noise_never_comes_before_what_is_not(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct pair pair = {0};
		bool counts = true;
		double last = INFINITY;
		int group = 0;

		fill(&pair, &seed, 1 + round % 5, false);
		assert_non_null(pair__compare(&pair, DIFF_PER_RUN));
		for (size_t i = 0; i < pair.diff->change_count; i++) {
			const struct diff_change *change = &pair.diff->changes[i];
			bool idle = change->of->figure == DIFF_CLASS_IDLE;
			int here = (!diff_change__counts(change)) * 4 + idle * 2 +
				   (change->of->figure == DIFF_SYSCALL_CALLS);

			assert_true(counts || !diff_change__counts(change));
			assert_true(here >= group);
			assert_true(here > group || fabs(diff_change__difference(change)) <= last);
			counts = diff_change__counts(change);
			last = fabs(diff_change__difference(change));
			group = here;
		}
		pair__clear(&pair);
	}
}

static void the_other_way_round_all_signs_change_and_nothing_else(void **state)
{
	(void)state;
	for (uint64_t round = 1; round < 100; round++) {
		struct pair one = {0}, other = {0};
		uint64_t seed = round, again = round;

		fill(&one, &seed, 1 + round % 4, false);
		fill(&other, &again, 1 + round % 4, true);
		assert_non_null(pair__compare(&one, DIFF_PER_RUN));
		assert_non_null(pair__compare(&other, DIFF_PER_RUN));
		assert_int_equal(one.diff->change_count, other.diff->change_count);
		for (size_t i = 0; i < one.diff->change_count; i++) {
			const struct diff_change *left = &one.diff->changes[i],
						 *right = &other.diff->changes[i];

			assert_int_equal(diff_value__order(left->of, right->of), 0);
			assert_true(diff_change__difference(left) ==
				    -diff_change__difference(right));
			assert_int_equal(left->noise, right->noise);
		}
		pair__clear(&one);
		pair__clear(&other);
	}
}

static void a_run_compared_with_itself_has_not_changed(void **state)
{
	(void)state;
	for (uint64_t round = 1; round < 50; round++) {
		struct pair pair = {0};
		uint64_t seed = round;

		for (size_t i = 0; i < COUNT(classes); i++) {
			double value = (double)(next_random(&seed) % 1000);

			pair__figure(&pair, DIFF_CLASS_BLOCKED, classes[i], 1,
				     VALUES(value, value));
		}
		assert_non_null(pair__compare(&pair, DIFF_PER_RUN));
		for (size_t i = 0; i < pair.diff->change_count; i++)
			assert_false(diff_change__counts(&pair.diff->changes[i]));
		pair__clear(&pair);
	}
}

/*
 * What the documentation says of chance: of 3 and 3 runs of the same, with normal noise, less than
 * 2 figures in 100 are taken for changes (0.8 are), and 1 in 10 has ranges that lie apart.
 */
static void chance_alone_is_seldom_taken_for_a_change(void **state)
{
	enum { ROUNDS = 4000 };
	uint64_t seed = 7;
	int taken = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct pair pair = {0};
		double values[6];

		for (int i = 0; i < 6; i++) {
			values[i] = 0; /* the sum of twelve: near enough to normal */
			for (int j = 0; j < 12; j++)
				values[i] += (double)(next_random(&seed) % 100000);
		}
		pair__figure(&pair, DIFF_RUNNING, NULL, 3, values);
		assert_non_null(pair__compare(&pair, DIFF_PER_RUN));
		taken += pair__the(&pair, "running")->noise == DIFF_NOISE_BEYOND;
		pair__clear(&pair);
	}
	assert_in_range(taken, 1, ROUNDS / 50);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_has_its_size_and_its_share),
		cmocka_unit_test(noise_is_judged_by_the_ranges),
		cmocka_unit_test(with_five_repeats_ranges_that_lie_apart_suffice),
		cmocka_unit_test(the_middle_of_an_even_number_of_runs_is_between_two),
		cmocka_unit_test(what_a_run_has_nothing_of_is_zero_if_it_is_a_total),
		cmocka_unit_test(totals_are_divided_levels_are_not),
		cmocka_unit_test(what_cannot_be_divided_is_refused_with_the_reason),
		cmocka_unit_test(quantiles_need_values_and_a_difference_beyond_their_error),
		cmocka_unit_test(the_tier_of_waits_has_no_syscalls_to_compare),
		cmocka_unit_test(the_command_is_compared_whatever_its_name),
		cmocka_unit_test(another_model_is_told_if_all_repeats_agree),
		cmocka_unit_test(what_is_noise_never_comes_before_what_is_not),
		cmocka_unit_test(the_other_way_round_all_signs_change_and_nothing_else),
		cmocka_unit_test(a_run_compared_with_itself_has_not_changed),
		cmocka_unit_test(chance_alone_is_seldom_taken_for_a_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

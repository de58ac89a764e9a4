// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Slices of threads: bounded in number, and no time of any kind lost or invented. */
#include "model/lanes.h"
#include "tests/unit/unit.h"

static void append(struct lanes *lanes, size_t lane, uint64_t since, uint64_t until, int kind)
{
	const struct lane_slice slice = {
		.since = since, .until = until, .kind = (enum lane_kind)kind, .detail = 7};

	assert_int_equal(lanes__append(lanes, lane, &slice), 0);
}

static size_t add(struct lanes *lanes)
{
	size_t lane;

	assert_int_equal(lanes__add(lanes, &lane), 0);
	return lane;
}

static void add_up(const struct lanes *lanes, uint64_t sums[LANE_KINDS], uint64_t *merged)
{
	for (size_t i = 0; i < lanes->count; i++)
		for (size_t j = 0; j < lanes->lanes[i].count; j++) {
			const struct lane_slice *slice = &lanes->lanes[i].slices[j];

			*merged += slice->merged;
			if (!slice->sums)
				sums[slice->kind] += slice->until - slice->since;
			for (int kind = 0; slice->sums && kind < LANE_KINDS; kind++)
				sums[kind] += slice->sums[kind];
		}
}

static void what_fits_stays_as_it_came(void **state)
{
	struct lanes lanes = {.most = 10};
	size_t lane = add(&lanes);

	(void)state;
	append(&lanes, lane, 0, 5, LANE_RUNNING);
	append(&lanes, lane, 5, 6, LANE_BLOCKED + CLASS_DISK);
	append(&lanes, lane, 6, 6, LANE_IDLE);	    /* nothing */
	append(&lanes, lane, 4, 9, LANE_PREEMPTED); /* its begin is somebody else's */
	assert_int_equal(lanes.resolution, 0);
	assert_int_equal(lanes.came, 3);
	assert_int_equal(lanes.lanes[lane].count, 3);
	assert_int_equal(lanes.lanes[lane].slices[1].detail, 7);
	assert_int_equal(lanes.lanes[lane].slices[2].since, 6);
	assert_int_equal(lanes.lanes[lane].slices[2].until, 9);
	lanes__clear(&lanes);
}

static void long_slices_survive_short_ones_merge(void **state)
{
	struct lanes lanes = {.most = 8};
	size_t lane = add(&lanes);
	uint64_t at = 0;

	(void)state;
	append(&lanes, lane, at, at + 1000000, LANE_IDLE);
	at += 1000000;
	for (int i = 0; i < 100; i++, at += 10)
		append(&lanes, lane, at, at + 10, i % 2 ? LANE_RUNNING : LANE_BLOCKED + CLASS_IPC);
	append(&lanes, lane, at, at + 1000000, LANE_IDLE);
	assert_true(lanes.resolution > 0 && lanes.resolution < 1000000);
	assert_true(lanes.lanes[lane].count <= 8);
	assert_null(lanes.lanes[lane].slices[0].sums);
	assert_int_equal(lanes.lanes[lane].slices[0].merged, 1);
	assert_int_equal(lanes.lanes[lane].slices[0].detail, 7);
	assert_non_null(lanes.lanes[lane].slices[1].sums);
	assert_int_equal(lanes.lanes[lane].slices[1].detail, 0);
	lanes__clear(&lanes);
}

static void merging_keeps_the_time_of_each_kind(void **state)
{
	struct lanes lanes = {.most = 200};
	uint64_t seed = 42, ends[5] = {0}, came[LANE_KINDS] = {0}, kept[LANE_KINDS] = {0};
	uint64_t merged = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(ends); i++)
		add(&lanes);
	for (int i = 0; i < 20000; i++) {
		size_t lane = next_random(&seed) % COUNT(ends);
		int kind = (int)(next_random(&seed) % LANE_KINDS);
		uint64_t length = 1 + next_random(&seed) % (1ULL << next_random(&seed) % 24);
		uint64_t since = ends[lane] + (next_random(&seed) % 4 ? 0 : length / 2);

		append(&lanes, lane, since, since + length, kind);
		ends[lane] = since + length;
		came[kind] += length;
		assert_true(lanes.slices <= lanes.most);
	}
	add_up(&lanes, kept, &merged);
	for (int kind = 0; kind < LANE_KINDS; kind++)
		assert_int_equal(kept[kind], came[kind]);
	assert_int_equal(merged, 20000);
	assert_int_equal(lanes.came, 20000);
	lanes__clear(&lanes);
}

static void slices_stay_in_order_without_overlaps(void **state)
{
	struct lanes lanes = {.most = 32};
	size_t lane = add(&lanes);
	uint64_t seed = 7, before = 0;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		uint64_t since = next_random(&seed) % 100000 * (uint64_t)i;

		append(&lanes, lane, since, since + next_random(&seed) % 5000,
		       (int)(next_random(&seed) % LANE_KINDS));
	}
	for (size_t i = 0; i < lanes.lanes[lane].count; i++) {
		const struct lane_slice *slice = &lanes.lanes[lane].slices[i];

		assert_true(slice->since >= before && slice->until > slice->since);
		before = slice->until;
	}
	lanes__clear(&lanes);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_stays_as_it_came),
		cmocka_unit_test(long_slices_survive_short_ones_merge),
		cmocka_unit_test(merging_keeps_the_time_of_each_kind),
		cmocka_unit_test(slices_stay_in_order_without_overlaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Events as bytes and back. */
#include "recording/codec.h"
#include "tests/unit/unit.h"

static void assert_same(const struct stream_event *a, const struct stream_event *b)
{
	assert_memory_equal(a, b, sizeof(*a));
}

/* Small and large numbers alike. */
static uint64_t some_number(uint64_t *seed)
{
	return next_random(seed) >> (next_random(seed) % 64);
}

static struct stream_event some_event(uint64_t *seed)
{
	return (struct stream_event){
		.time = some_number(seed),
		.thread = (uint32_t)some_number(seed),
		.other = next_random(seed) % 2 ? (uint32_t)some_number(seed) : 0,
		.row = next_random(seed) % 2 ? (uint32_t)some_number(seed) : 0,
		.since = next_random(seed) % 2 ? (uint32_t)some_number(seed) : 0,
		.call = next_random(seed) % 2 ? (uint16_t)some_number(seed) : 0,
		.kind = 1 + next_random(seed) % (STREAM_KINDS - 1),
		.flags = next_random(seed) % 2 ? (uint8_t)some_number(seed) : 0,
		.result = next_random(seed) % 2 ? (int32_t)some_number(seed) : 0,
	};
}

static void any_event_comes_back_as_it_was(void **state)
{
	uint64_t seed = 0x1234567, written = 0, read = 0;
	uint8_t room[CODEC_EVENT_MOST];

	(void)state;
	for (int i = 0; i < 200000; i++) {
		struct stream_event event = some_event(&seed), back;
		unsigned int cpu = (unsigned int)(some_number(&seed) & 0xffffffff), cpu_back;
		uint8_t *end = codec__put_event(room, &written, cpu, &event);
		struct bytes bytes = {room, end, false};

		assert_true(end - room <= CODEC_EVENT_MOST);
		assert_true(codec__event(&bytes, &read, &cpu_back, &back));
		assert_ptr_equal(bytes.at, end);
		assert_int_equal(cpu_back, cpu);
		assert_same(&back, &event);
	}
}

static void what_ends_too_early_is_bad(void **state)
{
	struct stream_event event = {.time = 123456789,
				     .thread = 70000,
				     .other = 4711,
				     .row = 300,
				     .since = 5000000,
				     .call = 257,
				     .kind = STREAM_RETURN,
				     .flags = 9,
				     .result = -11},
			    back;
	uint8_t room[CODEC_EVENT_MOST];
	uint64_t time = 0;
	unsigned int cpu;
	const uint8_t *end = codec__put_event(room, &time, 3, &event);

	(void)state;
	for (const uint8_t *cut = room + 1; cut < end; cut++) {
		struct bytes bytes = {room, cut, false};

		time = 0;
		assert_false(codec__event(&bytes, &time, &cpu, &back));
		assert_true(bytes.bad);
	}
}

static void a_number_has_64_bits_at_most(void **state)
{
	static const uint8_t largest[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1};
	static const uint8_t larger[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2};
	struct bytes bytes = {largest, largest + sizeof(largest), false};

	(void)state;
	assert_true(codec__number(&bytes) == UINT64_MAX);
	assert_false(bytes.bad);
	bytes = (struct bytes){larger, larger + sizeof(larger), false};
	assert_true(codec__number(&bytes) == 0);
	assert_true(bytes.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_event_comes_back_as_it_was),
		cmocka_unit_test(what_ends_too_early_is_bad),
		cmocka_unit_test(a_number_has_64_bits_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Frames of stacks that nobody would write. */
#include <errno.h>
#include <limits.h>

#include "recording/codec.h"
#include "recording/format.h"
#include "recording/stack_rows.h"
#include "tests/unit/unit.h"

struct payload {
	uint8_t bytes[2048];
	size_t length;
};

static void put(struct payload *payload, uint64_t number)
{
	payload->length =
		codec__put_number(payload->bytes + payload->length, number) - payload->bytes;
}

static void put_text(struct payload *payload, const char *text)
{
	put(payload, STACK_TEXT);
	put(payload, strlen(text));
	memcpy(payload->bytes + payload->length, text, strlen(text));
	payload->length += strlen(text);
}

/* Facts, two texts, and a row: in `numbers` what is to be another number than it is. */
enum {
	ROW_KIND,
	ROW_FLAGS,
	ROW_PID,
	ROW_TID,
	ROW_COUNT,
	ROW_NS,
	ROW_PROCESS,
	ROW_THREAD,
	ROW_CLASS
};
enum { ROW_SYSCALL = ROW_CLASS + 1, ROW_WAKER, ROW_USER, ROW_KERNEL, ROW_FRAME, ROW_NUMBERS };

static struct payload payload_of(int changed, uint64_t number)
{
	uint64_t numbers[ROW_NUMBERS] = {[ROW_KIND] = STACK_KIND_WAIT,
					 [ROW_PID] = 7,
					 [ROW_TID] = 8,
					 [ROW_COUNT] = 1,
					 [ROW_NS] = 100,
					 [ROW_PROCESS] = 1,
					 [ROW_THREAD] = 1,
					 [ROW_CLASS] = 2,
					 [ROW_USER] = 1,
					 [ROW_FRAME] = 1};
	struct payload payload = {0};

	numbers[changed] = number;
	put(&payload, STACK_FACTS);
	put(&payload, STACK_HAS_USER);
	put(&payload, 0);
	put_text(&payload, "server");
	put_text(&payload, "disk");
	put(&payload, STACK_ROW);
	for (int i = 0; i < ROW_NUMBERS; i++)
		put(&payload, numbers[i]);
	return payload;
}

static int take(const struct payload *payload)
{
	struct stack_rows *rows = stack_rows__new();
	int err = stack_rows__take(rows, payload->bytes, payload->length);

	stack_rows__free(rows);
	return err;
}

static void numbers_that_cannot_be_are_refused(void **state)
{
	static const struct {
		int changed;
		uint64_t number;
		int err;
	} cases[] = {
		{ROW_PID, 7, 0},
		{ROW_KIND, STACK_KIND_CPU, 0},
		{ROW_KIND, 2, -EPROTO},
		{ROW_PID, INT_MAX, 0},
		{ROW_PID, 1ULL + INT_MAX, -EPROTO},
		{ROW_TID, UINT64_MAX, -EPROTO},
		{ROW_COUNT, UINT64_MAX / 2, -EPROTO},
		{ROW_NS, UINT64_MAX >> 2, 0},
		{ROW_NS, (UINT64_MAX >> 2) + 1, -EPROTO},
		{ROW_PROCESS, 0, -EPROTO}, /* needed */
		{ROW_THREAD, 3, -EPROTO},  /* there are two texts */
		{ROW_CLASS, 1, 0},	   /* no class, but of a later version it may be */
		{ROW_SYSCALL, 2, 0},
		{ROW_SYSCALL, UINT32_MAX, -EPROTO},
		{ROW_WAKER, 3, -EPROTO},
		{ROW_WAKER, 1, -EPROTO}, /* whose frames are not there */
		{ROW_USER, 2, -EPROTO},	 /* one frame is there */
		{ROW_USER, STACK_DEPTH + 1, -EPROTO},
		{ROW_KERNEL, UINT64_MAX, -EPROTO},
		{ROW_FRAME, 0, -EPROTO},
		{ROW_FRAME, 3, -EPROTO},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct payload payload = payload_of(cases[i].changed, cases[i].number);

		assert_int_equal(take(&payload), cases[i].err);
	}
}

/* Two rows that fit each, and not together. */
static void sums_that_overflow_are_refused(void **state)
{
	struct payload payload = payload_of(ROW_NS, UINT64_MAX >> 2);
	struct stack_rows *rows = stack_rows__new();
	struct payload more = {0};

	(void)state;
	assert_int_equal(stack_rows__take(rows, payload.bytes, payload.length), 0);
	payload = payload_of(ROW_NS, 1);
	put_text(&more, "other"); /* facts are there: without these */
	memcpy(more.bytes + more.length, payload.bytes + 3, payload.length - 3);
	more.length += payload.length - 3;
	assert_int_equal(stack_rows__take(rows, more.bytes, more.length), -EPROTO);
	stack_rows__free(rows);
}

static void items_out_of_place_are_refused(void **state)
{
	struct payload payload = {0};

	(void)state;
	put_text(&payload, "no facts before it");
	assert_int_equal(take(&payload), -EPROTO);
	payload = payload_of(ROW_PID, 7);
	put(&payload, STACK_FACTS);
	put(&payload, 0);
	put(&payload, 0);
	assert_int_equal(take(&payload), -EPROTO);
	payload = payload_of(ROW_PID, 7);
	put(&payload, 4);
	assert_int_equal(take(&payload), -EPROTO);
	payload = payload_of(ROW_PID, 7);
	put(&payload, STACK_TEXT);
	put(&payload, STACK_TEXT_MOST + 1);
	assert_int_equal(take(&payload), -EPROTO);
	payload = payload_of(ROW_PID, 7);
	put(&payload, STACK_TEXT);
	put(&payload, 5); /* and then there are none */
	assert_int_equal(take(&payload), -EPROTO);
}

/* Each byte as each other byte, and the end at each: whatever comes, nothing is read beyond it. */
static void no_bytes_do_harm(void **state)
{
	struct payload whole = payload_of(ROW_PID, 7);

	(void)state;
	for (size_t at = 0; at < whole.length; at++) {
		for (int value = 0; value < 256; value++) {
			struct payload payload = whole;
			int err;

			payload.bytes[at] = (uint8_t)value;
			err = take(&payload);
			assert_true(!err || err == -EPROTO);
		}
		whole.length -= at;
		assert_true(!take(&whole) || take(&whole) == -EPROTO);
		whole.length += at;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_that_cannot_be_are_refused),
		cmocka_unit_test(sums_that_overflow_are_refused),
		cmocka_unit_test(items_out_of_place_are_refused),
		cmocka_unit_test(no_bytes_do_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

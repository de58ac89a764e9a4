// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* From events to rows: what no recording can have is none, what fits in no row is beside it. */
#include "recording/cast.h"
#include "recording/rebuild.h"
#include "tests/unit/unit.h"

/* Process ids are numbers that a kernel can have; others are told as unknown. */
static void ids_that_cannot_be_are_none(void **state)
{
	const struct identity_thread thread = {
		.tid = 4194304, .tgid = 4194305, .ppid = UINT32_MAX, .comm = "worker"};
	const struct reader_item items[] = {
		{.kind = READER_IDENTITY,
		 .pool = POOL_THREADS,
		 .number = 1,
		 .bytes = &thread,
		 .length = sizeof(thread)},
		{.kind = READER_EVENT, .event = {.time = 1000, .thread = 1, .kind = STREAM_BEGIN}},
	};
	struct rebuild *rebuild = rebuild__new(0, 0);
	struct cast *cast = cast__new(NULL);
	const struct thread_row *row;
	struct sources sources;

	(void)state;
	for (size_t i = 0; i < COUNT(items); i++) {
		assert_int_equal(rebuild__take(rebuild, &items[i]), 0);
		assert_int_equal(cast__take(cast, &items[i]), 0);
	}
	assert_int_equal(rebuild__finish(rebuild, 2000, &sources), 0);
	row = rows__at(&sources.pools[POOL_THREADS], 1);
	assert_int_equal(row->tid, 4194304);
	assert_int_equal(row->tgid, 0);
	assert_int_equal(row->ppid, 0);
	assert_int_equal(cast__thread(cast, 1)->tid, 4194304);
	assert_int_equal(cast__thread(cast, 1)->tgid, 0);
	assert_int_equal(cast__thread(cast, 1)->ppid, 0);
	rebuild__free(rebuild);
	cast__free(cast);
}

static void take(struct rebuild *rebuild, const struct stream_event *event)
{
	const struct reader_item item = {.kind = READER_EVENT, .event = *event};

	assert_int_equal(rebuild__take(rebuild, &item), 0);
}

/* Asleep, woken by that thread, and at its end the call returns that error. */
static void fails_after_a_sleep(struct rebuild *rebuild, uint64_t time, uint32_t waker, int error)
{
	take(rebuild, &(struct stream_event){.time = time,
					     .thread = 1,
					     .kind = STREAM_SWITCH,
					     .row = 1,
					     .since = 5,
					     .flags = LEDGER_EVENT_BLOCKED});
	take(rebuild, &(struct stream_event){.time = time + 10,
					     .thread = 1,
					     .other = waker,
					     .kind = STREAM_WAKING,
					     .flags = LEDGER_EVENT_WOKEN,
					     .result = WAKER_THREAD});
	take(rebuild, &(struct stream_event){.time = time + 20, .other = 1, .kind = STREAM_SWITCH});
	take(rebuild,
	     &(struct stream_event){
		     .time = time + 30, .thread = 1, .kind = STREAM_RETURN, .result = -error});
}

/* 100 wakers and errors, each of them twice: a few are in the rows, the rest beside them. */
static void what_does_not_fit_in_a_row_is_counted_beside_it(void **state)
{
	const struct wait_key key = {.thread = 1, .sleep = LEDGER_SLEEP_INTERRUPTIBLE};
	const struct reader_item wait = {.kind = READER_IDENTITY,
					 .pool = POOL_WAITS,
					 .number = 1,
					 .bytes = &key,
					 .length = sizeof(key)};
	struct rebuild *rebuild = rebuild__new(0, 0);
	struct sources sources;

	(void)state;
	assert_int_equal(rebuild__take(rebuild, &wait), 0);
	take(rebuild, &(struct stream_event){.time = 1000,
					     .thread = 1,
					     .kind = STREAM_BEGIN,
					     .flags = LEDGER_USER,
					     .call = SYSCALL_NONE,
					     .result = LEDGER_USER});
	for (unsigned int i = 0; i < 200; i++)
		fails_after_a_sleep(rebuild, 2000 + 100 * i, 500 + i % 100, 1 + i % 100);
	assert_int_equal(rebuild__finish(rebuild, 100000, &sources), 0);
	assert_int_equal(sources.waker_count, 100 - WAIT_WAKERS);
	for (size_t i = 0; i < sources.waker_count; i++) {
		assert_int_equal(sources.wakers[i].wait, 1);
		assert_int_equal(sources.wakers[i].waker.count, 2);
		assert_true(sources.wakers[i].waker.tid >= 500 + WAIT_WAKERS);
	}
	assert_int_equal(sources.errno_count, 100 - CALL_ERRNOS);
	for (size_t i = 0; i < sources.errno_count; i++)
		assert_int_equal(sources.errnos[i].count, 2);
	rebuild__free(rebuild);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_that_cannot_be_are_none),
		cmocka_unit_test(what_does_not_fit_in_a_row_is_counted_beside_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* From events to the lines of `waitscope trace`: what belongs to a call is told with it, once. */
#include <errno.h>

#include "recording/lines.h"
#include "tests/unit/cast_steps.h"

#define READER	 1 /* thread rows */
#define HELD	 2
#define TID	 100
#define READ	 0 /* a syscall, and its wait rows */
#define PIPE_ROW 1
#define DISK_ROW 2
#define LINES	 8

struct kept {
	struct trace_line line;
	struct line_sleep sleeps[4];
	char waker[16];
};

static struct lines *lines;
static struct kept kept[LINES];
static size_t count;
static struct line_loss last_loss;

static int keep_line(void *context, const struct trace_line *line)
{
	struct kept *place = &kept[count];

	(void)context;
	assert_true(count++ < LINES);
	assert_true(line->sleep_count <= COUNT(place->sleeps));
	place->line = *line;
	memcpy(place->sleeps, line->sleeps, line->sleep_count * sizeof(*line->sleeps));
	if (line->sleep_count && line->sleeps->waker.comm)
		snprintf(place->waker, sizeof(place->waker), "%s", line->sleeps->waker.comm);
	return 0;
}

static int keep_loss(void *context, const struct line_loss *loss)
{
	(void)context;
	last_loss = *loss;
	return 0;
}

static void begin_lines(bool full, bool all_calls)
{
	const struct lines_options options = {
		.full = full, .all_calls = all_calls, .line = keep_line, .loss = keep_loss};
	const struct identity_thread reader = {.tid = TID, .tgid = TID, .comm = "reader"};
	const struct identity_thread held = {.tid = 101, .tgid = 101, .flags = THREAD_HELD};
	const struct identity_task waker = {.pid = 70, .comm = "writer"};
	const struct wait_key keys[] = {
		{.thread = READER, .syscall = READ, .sleep = LEDGER_SLEEP_INTERRUPTIBLE},
		{.thread = READER, .syscall = READ, .sleep = LEDGER_SLEEP_UNINTERRUPTIBLE},
	};

	memset(kept, 0, sizeof(kept));
	count = 0;
	cast = cast__new(NULL);
	identify(POOL_THREADS, READER, &reader, sizeof(reader));
	identify(POOL_THREADS, HELD, &held, sizeof(held));
	identify(IDENTITY_TASK, 77, &waker, sizeof(waker));
	identify(POOL_WAITS, PIPE_ROW, &keys[0], sizeof(keys[0]));
	identify(POOL_WAITS, DISK_ROW, &keys[1], sizeof(keys[1]));
	lines = lines__new(&options, cast);
	assert_non_null(lines);
}

static int free_lines(void **state)
{
	(void)state;
	lines__free(lines);
	cast__free(cast);
	return 0;
}

static void happens(const struct stream_event *event)
{
	assert_int_equal(lines__event(lines, 0, event), 0);
}

static void thread_begins(uint32_t thread, uint64_t time)
{
	happens(&(struct stream_event){.time = time,
				       .thread = thread,
				       .kind = STREAM_BEGIN,
				       .flags = LEDGER_USER,
				       .call = SYSCALL_NONE,
				       .result = LEDGER_USER});
}

/* `since`: so long ago it entered the call. */
static void falls_asleep(uint32_t thread, uint64_t time, uint32_t row, uint16_t call,
			 uint32_t since)
{
	happens(&(struct stream_event){.time = time,
				       .thread = thread,
				       .row = row,
				       .since = since,
				       .call = call,
				       .kind = STREAM_SWITCH,
				       .flags = LEDGER_EVENT_BLOCKED});
}

static void runs_again(uint32_t thread, uint64_t woken, uint64_t time, uint32_t kind, uint32_t tid)
{
	happens(&(struct stream_event){.time = woken,
				       .thread = thread,
				       .other = tid,
				       .kind = STREAM_WAKING,
				       .flags = LEDGER_EVENT_WOKEN,
				       .result = (int32_t)kind});
	happens(&(struct stream_event){.time = time, .other = thread, .kind = STREAM_SWITCH});
}

static void returns(uint64_t time, int32_t result, uint32_t since)
{
	happens(&(struct stream_event){.time = time,
				       .thread = READER,
				       .other = 3,
				       .since = since,
				       .call = READ,
				       .kind = STREAM_RETURN,
				       .result = result});
}

static void the_waits_of_a_call_are_told_with_it(void **state)
{
	const struct trace_line *line = &kept[0].line;

	(void)state;
	begin_lines(true, false);
	thread_begins(READER, 1000);
	falls_asleep(READER, 2000, PIPE_ROW, READ, 500);
	runs_again(READER, 5000, 5100, WAKER_SOFTIRQ, 0);
	falls_asleep(READER, 6000, DISK_ROW, READ, 0);
	runs_again(READER, 9500, 9550, WAKER_THREAD, 77);
	assert_int_equal(count, 0);
	returns(10000, 64, 0);
	assert_int_equal(count, 1);
	assert_true(line->is_call && line->entered && line->finished && line->has_result);
	assert_int_equal(line->since, 500);
	assert_int_equal(line->until, 9000);
	assert_int_equal(line->tid, TID);
	assert_int_equal(line->result, 64);
	assert_int_equal(line->argument, 3);
	assert_int_equal(line->waits, 2);
	assert_int_equal(line->blocked, 3000 + 3500);
	assert_int_equal(line->runqueue, 100 + 50);
	assert_int_equal(line->sleep_count, 2);
	assert_int_equal(kept[0].sleeps[0].sleep, LEDGER_SLEEP_UNINTERRUPTIBLE); /* the longest */
	assert_int_equal(kept[0].sleeps[0].waker.pid, 70);
	assert_string_equal(kept[0].waker, "writer");
	assert_int_equal(kept[0].sleeps[1].waker.kind, WAKER_SOFTIRQ);
	assert_null(kept[0].sleeps[1].waker.comm);
}

static void the_next_call_has_none_of_them(void **state)
{
	(void)state;
	begin_lines(true, true);
	thread_begins(READER, 1000);
	falls_asleep(READER, 2000, PIPE_ROW, READ, 500);
	runs_again(READER, 5000, 5100, WAKER_SOFTIRQ, 0);
	returns(6000, 64, 0);
	returns(7000, -11, 300);
	assert_int_equal(count, 2);
	assert_int_equal(kept[1].line.waits, 0);
	assert_int_equal(kept[1].line.until - kept[1].line.since, 300);
	assert_int_equal(kept[1].line.result, -11);
}

static void a_call_that_did_not_sleep_is_told_if_asked_for(void **state)
{
	(void)state;
	begin_lines(true, false);
	thread_begins(READER, 1000);
	returns(7000, 64, 300);
	assert_int_equal(count, 0);
}

static void a_wait_in_no_call_is_a_line(void **state)
{
	(void)state;
	begin_lines(true, false);
	thread_begins(READER, 1000);
	falls_asleep(READER, 2000, DISK_ROW, SYSCALL_NONE, 0);
	runs_again(READER, 5000, 5100, WAKER_HARDIRQ, 0);
	assert_int_equal(count, 1);
	assert_false(kept[0].line.is_call);
	assert_int_equal(kept[0].line.since, 1000);
	assert_int_equal(kept[0].line.until, 4100);
	assert_int_equal(kept[0].line.blocked, 3000);
}

static void a_call_that_ends_with_its_thread_is_unfinished(void **state)
{
	(void)state;
	begin_lines(true, false);
	thread_begins(READER, 1000);
	falls_asleep(READER, 2000, PIPE_ROW, READ, 500);
	runs_again(READER, 5000, 5100, WAKER_SIGNAL, 77);
	happens(&(struct stream_event){.time = 5200,
				       .thread = READER,
				       .call = READ,
				       .kind = STREAM_SWITCH,
				       .flags = LEDGER_EVENT_ENDED});
	assert_int_equal(count, 1);
	assert_true(kept[0].line.is_call && !kept[0].line.finished && !kept[0].line.has_result);
	assert_int_equal(kept[0].line.until, 4200);
	assert_int_equal(lines__finish(lines, 9000), 0);
	assert_int_equal(count, 1);
}

static void what_is_open_at_the_end_is_told_then(void **state)
{
	(void)state;
	begin_lines(true, false);
	thread_begins(READER, 1000);
	falls_asleep(READER, 2000, PIPE_ROW, READ, 500);
	assert_int_equal(lines__finish(lines, 9000), 0);
	assert_int_equal(count, 1);
	assert_false(kept[0].line.finished);
	assert_int_equal(kept[0].line.blocked, 7000);
	assert_true(kept[0].sleeps[0].open && kept[0].sleeps[0].censored);
}

static void what_a_command_did_before_its_exec_is_not_told(void **state)
{
	(void)state;
	begin_lines(true, false);
	thread_begins(HELD, 100);
	falls_asleep(HELD, 200, PIPE_ROW, SYSCALL_NONE, 0);
	runs_again(HELD, 300, 310, WAKER_THREAD, 77);
	assert_int_equal(count, 0);
	thread_begins(READER, 1000);
	assert_int_equal(lines__since_begin(lines, 1500), 500);
}

static void the_waits_tier_waits_for_no_return(void **state)
{
	(void)state;
	begin_lines(false, false);
	thread_begins(READER, 1000);
	happens(&(struct stream_event){.time = 1500,
				       .thread = READER,
				       .call = READ,
				       .kind = STREAM_STATE,
				       .flags = LEDGER_UNKNOWN});
	falls_asleep(READER, 2000, PIPE_ROW, READ, 0);
	runs_again(READER, 5000, 5100, WAKER_SOFTIRQ, 0);
	assert_int_equal(count, 1);
	assert_false(kept[0].line.is_call);
	assert_string_equal(kept[0].line.syscall, "read");
}

static void a_loss_is_told_where_it_was(void **state)
{
	(void)state;
	begin_lines(true, false);
	thread_begins(READER, 1000);
	happens(&(struct stream_event){.time = 3000, .row = 17, .kind = STREAM_LOST});
	assert_int_equal(last_loss.time, 2000);
	assert_int_equal(last_loss.events, 17);
}

static void a_sleep_that_cannot_be_is_none(void **state)
{
	const struct wait_key key = {.thread = READER, .syscall = READ, .sleep = 115, .futex = 200};

	(void)state;
	begin_lines(true, false);
	identify(POOL_WAITS, PIPE_ROW, &key, sizeof(key));
	assert_int_equal(cast__wait(cast, PIPE_ROW)->futex, FUTEX_USE_NONE);
	thread_begins(READER, 1000);
	falls_asleep(READER, 2000, PIPE_ROW, READ, 500);
	runs_again(READER, 5000, 5100, WAKER_SOFTIRQ, 0);
	returns(10000, 64, 0);
	assert_int_equal(count, 1);
	assert_int_equal(kept[0].sleeps[0].sleep, LEDGER_SLEEP_NONE);
}

static void an_event_that_cannot_be_is_refused(void **state)
{
	const struct stream_event unknown = {.time = 1, .kind = 200};
	const struct stream_event beyond = {.time = 1, .thread = UINT32_MAX, .kind = STREAM_EXEC};

	(void)state;
	begin_lines(true, false);
	assert_int_equal(lines__event(lines, 0, &unknown), -EPROTO);
	assert_int_equal(lines__event(lines, 0, &beyond), -EPROTO);
}

#define TEST(function) cmocka_unit_test_teardown(function, free_lines)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(the_waits_of_a_call_are_told_with_it),
		TEST(the_next_call_has_none_of_them),
		TEST(a_call_that_did_not_sleep_is_told_if_asked_for),
		TEST(a_wait_in_no_call_is_a_line),
		TEST(a_call_that_ends_with_its_thread_is_unfinished),
		TEST(what_is_open_at_the_end_is_told_then),
		TEST(what_a_command_did_before_its_exec_is_not_told),
		TEST(the_waits_tier_waits_for_no_return),
		TEST(a_loss_is_told_where_it_was),
		TEST(a_sleep_that_cannot_be_is_none),
		TEST(an_event_that_cannot_be_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Events through the state machine again: the same waits, calls and sums as the programs have, also
 * where two CPUs saw events in another order than their times say.
 */
#include "recording/replay.h"
#include "tests/unit/unit.h"

#define THREAD 1
#define OTHER  2
#define WAIT   7
#define READ   0

struct seen {
	struct replay_wait waits[8];
	struct replay_call calls[8];
	struct replay_waking wakings[8];
	struct replay_slice slices[16];
	size_t wait_count, call_count, waking_count, slice_count;
};

static int on_wait(void *context, const struct replay_wait *wait)
{
	struct seen *seen = context;

	seen->waits[seen->wait_count++] = *wait;
	return 0;
}

static int on_call(void *context, const struct replay_call *call)
{
	struct seen *seen = context;

	seen->calls[seen->call_count++] = *call;
	return 0;
}

static int on_waking(void *context, const struct replay_waking *waking)
{
	struct seen *seen = context;

	seen->wakings[seen->waking_count++] = *waking;
	return 0;
}

static int on_slice(void *context, const struct replay_slice *slice)
{
	struct seen *seen = context;

	seen->slices[seen->slice_count++] = *slice;
	return 0;
}

static struct replay *new_replay(struct seen *seen)
{
	const struct replay_hooks hooks = {.wait = on_wait,
					   .call = on_call,
					   .waking = on_waking,
					   .slice = on_slice,
					   .context = seen};
	struct replay *replay = replay__new(&hooks, 100);

	assert_non_null(replay);
	return replay;
}

static void give(struct replay *replay, unsigned int cpu, struct stream_event event)
{
	assert_int_equal(replay__event(replay, cpu, &event), 0);
}

static struct stream_event begins(uint64_t time, uint32_t state)
{
	return (struct stream_event){.time = time,
				     .thread = THREAD,
				     .kind = STREAM_BEGIN,
				     .flags = state,
				     .call = SYSCALL_NONE,
				     .result = LEDGER_KERNEL};
}

static struct stream_event leaves(uint64_t time, uint32_t kind, uint32_t since)
{
	return (struct stream_event){.time = time,
				     .thread = THREAD,
				     .other = OTHER,
				     .row = kind == LEDGER_EVENT_BLOCKED ? WAIT : 0,
				     .since = since,
				     .call = READ,
				     .kind = STREAM_SWITCH,
				     .flags = kind};
}

static struct stream_event comes(uint64_t time)
{
	return (struct stream_event){.time = time,
				     .thread = OTHER,
				     .other = THREAD,
				     .kind = STREAM_SWITCH,
				     .flags = LEDGER_EVENT_PREEMPTED};
}

static struct stream_event woken(uint64_t time, uint32_t as)
{
	return (struct stream_event){.time = time,
				     .thread = THREAD,
				     .other = 4711,
				     .kind = STREAM_WAKING,
				     .flags = as,
				     .result = WAKER_THREAD};
}

static struct stream_event returns(uint64_t time, uint32_t since, int32_t result)
{
	return (struct stream_event){.time = time,
				     .thread = THREAD,
				     .other = 3,
				     .since = since,
				     .call = READ,
				     .kind = STREAM_RETURN,
				     .result = result};
}

static uint64_t sum(const struct replay *replay, uint32_t state)
{
	return replay__thread(replay, THREAD)->ledger.sum[state];
}

static void a_read_that_sleeps(void **state)
{
	struct seen seen = {0};
	struct replay *replay = new_replay(&seen);

	(void)state;
	give(replay, 0, begins(1000, LEDGER_USER));
	give(replay, 0, leaves(1500, LEDGER_EVENT_BLOCKED, 100)); /* entered at 1400 */
	give(replay, 1, woken(2500, LEDGER_EVENT_WOKEN));
	give(replay, 0, comes(2600));
	give(replay, 0, returns(2700, 0, 5));
	assert_int_equal(seen.wait_count, 1);
	assert_int_equal(seen.waits[0].row, WAIT);
	assert_int_equal(seen.waits[0].since, 1500);
	assert_int_equal(seen.waits[0].woken, 2500);
	assert_int_equal(seen.waits[0].until, 2600);
	assert_int_equal(seen.waits[0].waker_tid, 4711);
	assert_int_equal(seen.call_count, 1);
	assert_int_equal(seen.calls[0].done.total, 1300);
	assert_int_equal(seen.calls[0].done.blocked, 1000);
	assert_int_equal(seen.calls[0].done.off_cpu, 1100);
	assert_int_equal(seen.calls[0].result, 5);
	assert_int_equal(seen.calls[0].argument, 3);
	assert_int_equal(seen.waking_count, 1);
	assert_int_equal(sum(replay, LEDGER_USER), 400);
	assert_int_equal(sum(replay, LEDGER_KERNEL), 200);
	assert_int_equal(sum(replay, LEDGER_BLOCKED), 1000);
	assert_int_equal(sum(replay, LEDGER_RUNNABLE), 100);
	/* both threads' stretches on the CPU */
	assert_int_equal(seen.slice_count, 2);
	assert_int_equal(seen.slices[0].since, 1000);
	assert_int_equal(seen.slices[0].until, 1500);
	replay__free(replay);
}

/* Its time is before the switch-out's, yet it found the thread asleep: it ended the sleep. */
static void a_waking_that_ended_a_sleep_waits_for_it(void **state)
{
	struct seen seen = {0};
	struct replay *replay = new_replay(&seen);

	(void)state;
	give(replay, 0, begins(1000, LEDGER_USER));
	give(replay, 1, woken(1499, LEDGER_EVENT_WOKEN));
	give(replay, 0, leaves(1500, LEDGER_EVENT_BLOCKED, 0));
	give(replay, 0, comes(1600));
	assert_int_equal(seen.wait_count, 1);
	assert_int_equal(seen.waits[0].wait.blocked, 0);
	assert_int_equal(seen.waits[0].wait.runqueue, 100);
	assert_int_equal(seen.waits[0].waker_tid, 4711);
	assert_int_equal(seen.waking_count, 1);
	replay__free(replay);
}

/* Its time is after the switch-out's, yet it found the thread running: the sleep took no time. */
static void a_waking_that_was_early_is_early(void **state)
{
	struct seen seen = {0};
	struct replay *replay = new_replay(&seen);

	(void)state;
	give(replay, 0, begins(1000, LEDGER_USER));
	give(replay, 0, leaves(1500, LEDGER_EVENT_BLOCKED, 0));
	give(replay, 1, woken(1501, LEDGER_EVENT_EARLY));
	give(replay, 0, comes(1600));
	assert_int_equal(seen.wait_count, 1);
	assert_int_equal(seen.waits[0].wait.early, 1);
	assert_int_equal(seen.waits[0].wait.blocked, 0);
	assert_int_equal(seen.waits[0].waker_kind, WAKER_THREAD);
	assert_int_equal(seen.waking_count, 1);
	replay__free(replay);
}

static void an_interrupted_call_that_another_follows_ends_with_eintr(void **state)
{
	struct seen seen = {0};
	struct replay *replay = new_replay(&seen);
	struct stream_event next = returns(1900, 100, 0);

	(void)state;
	give(replay, 0, begins(1000, LEDGER_USER));
	give(replay, 0, returns(1500, 200, -512));
	assert_int_equal(seen.call_count, 0);
	next.call = 15; /* rt_sigreturn */
	give(replay, 0, next);
	assert_int_equal(seen.call_count, 2);
	assert_int_equal(seen.calls[0].result, -4);
	assert_int_equal(seen.calls[0].done.total, 200);
	assert_int_equal(seen.calls[1].done.call, 15);
	replay__free(replay);
}

static void a_cut_begins_the_books_anew(void **state)
{
	struct seen seen = {0};
	struct replay *replay = new_replay(&seen);

	(void)state;
	give(replay, 0, begins(1000, LEDGER_USER));
	give(replay, 0, leaves(1500, LEDGER_EVENT_BLOCKED, 100));
	replay__cut(replay, 2000);
	give(replay, 1, woken(2500, LEDGER_EVENT_WOKEN));
	give(replay, 0, comes(2600));
	give(replay, 0, returns(2700, 0, 5));
	assert_int_equal(seen.waits[0].wait.blocked, 500);
	assert_true(seen.waits[0].wait.censored);
	assert_true(seen.calls[0].done.censored);
	assert_int_equal(sum(replay, LEDGER_BLOCKED), 500);
	assert_int_equal(sum(replay, LEDGER_USER), 0);
	assert_int_equal(sum(replay, LEDGER_KERNEL), 100);
	replay__free(replay);
}

static void rows_that_cannot_be_are_refused(void **state)
{
	struct seen seen = {0};
	struct replay *replay = new_replay(&seen);
	struct stream_event event = woken(1, LEDGER_EVENT_WOKEN);

	(void)state;
	event.thread = 100;
	assert_int_equal(replay__event(replay, 0, &event), -71 /* EPROTO */);
	event = comes(1);
	assert_int_equal(replay__event(replay, 1u << 31, &event), -71);
	event.kind = STREAM_KINDS;
	assert_int_equal(replay__event(replay, 0, &event), -71);
	replay__free(replay);
}

/* Whatever comes, time is conserved for each thread. */
static void any_events_conserve_time(void **state)
{
	uint64_t seed = 0x9e3779b97f4a7c15ULL;

	(void)state;
	for (int run = 0; run < 200; run++) {
		const struct replay_hooks none = {0};
		struct replay *replay = replay__new(&none, 16);
		uint64_t now = 1000;

		for (int i = 0; i < 500; i++) {
			struct stream_event event = {
				.time = now += next_random(&seed) % 1000 - 100,
				.thread = next_random(&seed) % 16,
				.other = next_random(&seed) % 16,
				.row = next_random(&seed) % 8,
				.since = next_random(&seed) % 3 ? 0 : next_random(&seed) % 500,
				.call = next_random(&seed) % 300,
				.kind = 1 + next_random(&seed) % (STREAM_KINDS - 1),
				.flags = next_random(&seed) % 10,
				.result = (int32_t)(next_random(&seed) % 1024) - 600,
			};

			assert_int_equal(replay__event(replay, next_random(&seed) % 4, &event), 0);
		}
		for (uint32_t i = 0; i < 16; i++) {
			const struct replay_thread *thread = replay__thread(replay, i);
			uint64_t total = 0;

			for (int s = 0; thread && s < LEDGER_STATES; s++)
				total += thread->ledger.sum[s];
			if (thread)
				assert_true(total == thread->ledger.at - thread->ledger.start);
		}
		replay__free(replay);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_read_that_sleeps),
		cmocka_unit_test(a_waking_that_ended_a_sleep_waits_for_it),
		cmocka_unit_test(a_waking_that_was_early_is_early),
		cmocka_unit_test(an_interrupted_call_that_another_follows_ends_with_eintr),
		cmocka_unit_test(a_cut_begins_the_books_anew),
		cmocka_unit_test(rows_that_cannot_be_are_refused),
		cmocka_unit_test(any_events_conserve_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The state machine on the scheduler's events, as literal sequences. Each test of a pitfall that
 * other tools have fallen into fails if its cure is taken out of bpf/ledger.h.
 */
#include "tests/unit/ledger_steps.h"

static void a_wait_is_blocked_until_its_waking_and_runnable_until_its_switch_in(void **state)
{
	struct ledger ledger = begin(1000, LEDGER_RUNNING, LEDGER_RUNNING);
	struct ledger_wait wait;

	(void)state;
	assert_int_equal(switch_out(&ledger, 1100, 0, STATE_INTERRUPTIBLE), LEDGER_EVENT_BLOCKED);
	assert_int_equal(waking(&ledger, 1600), LEDGER_EVENT_WOKEN);
	assert_int_equal(switch_in(&ledger, 1630, &wait), LEDGER_EVENT_WAIT_DONE);
	assert_int_equal(wait.blocked, 500);
	assert_int_equal(wait.runqueue, 30);
	assert_int_equal(wait.censored, 0);
	assert_int_equal(wait.early, 0);
	assert_int_equal(ledger.sum[LEDGER_RUNNING], 100);
	assert_int_equal(ledger.sum[LEDGER_BLOCKED], 500);
	assert_int_equal(ledger.sum[LEDGER_RUNNABLE], 30);
	assert_int_equal(ledger.state, LEDGER_RUNNING);
	assert_int_equal(ledger.voluntary, 1);
	assert_int_equal(ledger.involuntary, 0);
	assert_int_equal(ledger.wakings, 1);
	assert_int_equal(ledger.lost, 0);
}

static void a_new_thread_is_runnable_until_its_first_switch_in(void **state)
{
	struct ledger ledger = begin(1000, LEDGER_RUNNABLE, LEDGER_RUNNING);
	struct ledger_wait wait;

	(void)state;
	assert_int_equal(switch_in(&ledger, 1040, &wait), LEDGER_EVENT_NONE);
	assert_int_equal(ledger.sum[LEDGER_RUNNABLE], 40);
	assert_int_equal(ledger.state, LEDGER_RUNNING);
	assert_int_equal(ledger.lost, 0);
}

static void preempt_wins_over_a_sleeping_state(void **state)
{
	struct ledger ledger = begin(0, LEDGER_RUNNING, LEDGER_RUNNING);
	struct ledger_wait wait;

	(void)state;
	assert_int_equal(switch_out(&ledger, 10, 1, STATE_INTERRUPTIBLE), LEDGER_EVENT_PREEMPTED);
	assert_int_equal(switch_in(&ledger, 50, &wait), LEDGER_EVENT_NONE);
	assert_int_equal(ledger.sum[LEDGER_PREEMPTED], 40);
	assert_int_equal(ledger.sum[LEDGER_BLOCKED], 0);
	assert_int_equal(ledger.involuntary, 1);
	assert_int_equal(ledger.voluntary, 0);
	assert_int_equal(ledger.unwoken, 0);
}

static void a_yield_and_a_preemption_are_preempted(void **state)
{
	struct ledger ledger = begin(0, LEDGER_RUNNING, LEDGER_RUNNING);
	struct ledger_wait wait;

	(void)state;
	assert_int_equal(switch_out(&ledger, 10, 0, STATE_RUNNING), LEDGER_EVENT_PREEMPTED);
	switch_in(&ledger, 20, &wait);
	assert_int_equal(switch_out(&ledger, 30, 1, STATE_RUNNING), LEDGER_EVENT_PREEMPTED);
	switch_in(&ledger, 60, &wait);
	assert_int_equal(ledger.sum[LEDGER_PREEMPTED], 40);
	assert_int_equal(ledger.involuntary, 2);
}

static void a_sleep_that_was_never_woken_was_none(void **state)
{
	struct ledger ledger = begin(0, LEDGER_RUNNING, LEDGER_RUNNING);
	struct ledger_wait wait;

	(void)state;
	switch_out(&ledger, 10, 0, STATE_INTERRUPTIBLE);
	assert_true(ledger__lacks_waking(&ledger));
	assert_int_equal(switch_in(&ledger, 45, &wait), LEDGER_EVENT_UNWOKEN);
	assert_int_equal(ledger.sum[LEDGER_PREEMPTED], 35);
	assert_int_equal(ledger.sum[LEDGER_BLOCKED], 0);
	assert_int_equal(ledger.unwoken, 1);
	assert_int_equal(ledger.lost, 0);
	/* and the next wait is as any other */
	switch_out(&ledger, 50, 0, STATE_INTERRUPTIBLE);
	waking(&ledger, 70);
	assert_false(ledger__lacks_waking(&ledger));
	assert_int_equal(switch_in(&ledger, 75, &wait), LEDGER_EVENT_WAIT_DONE);
	assert_int_equal(wait.blocked, 20);
}

static void a_sleep_whose_waking_was_missed_is_unknown(void **state)
{
	struct ledger ledger = begin(0, LEDGER_RUNNING, LEDGER_RUNNING);
	struct ledger_wait wait;

	(void)state;
	switch_out(&ledger, 10, 0, STATE_INTERRUPTIBLE);
	ledger__lose_waking(&ledger);
	assert_int_equal(switch_in(&ledger, 1010, &wait), LEDGER_EVENT_NONE);
	assert_int_equal(ledger.sum[LEDGER_UNKNOWN], 1000);
	assert_int_equal(ledger.sum[LEDGER_PREEMPTED], 0);
	assert_int_equal(ledger.lost, 1);
	assert_int_equal(ledger.unwoken, 0);
	assert_int_equal(close_books(&ledger, 2000, &wait), 0);
}

struct sleep_case {
	uint32_t task_state;
	uint32_t kind, sleep;
};

static void sleep_kinds_are_told_by_bits_whatever_comes_on_top(void **state)
{
	static const struct sleep_case cases[] = {
		{0x0000, LEDGER_EVENT_PREEMPTED, LEDGER_SLEEP_NONE},
		{0x0001, LEDGER_EVENT_BLOCKED, LEDGER_SLEEP_INTERRUPTIBLE},
		{0x2001, LEDGER_EVENT_BLOCKED, LEDGER_SLEEP_INTERRUPTIBLE}, /* FREEZABLE, 6.1 */
		{0x6001, LEDGER_EVENT_BLOCKED, LEDGER_SLEEP_INTERRUPTIBLE}, /* ... UNSAFE */
		{0x0002, LEDGER_EVENT_BLOCKED, LEDGER_SLEEP_UNINTERRUPTIBLE},
		{0x2002, LEDGER_EVENT_BLOCKED, LEDGER_SLEEP_UNINTERRUPTIBLE},
		{0x0102, LEDGER_EVENT_BLOCKED, LEDGER_SLEEP_KILLABLE},
		{0x2102, LEDGER_EVENT_BLOCKED, LEDGER_SLEEP_KILLABLE},
		{0x0402, LEDGER_EVENT_BLOCKED, LEDGER_SLEEP_IDLE},
		{0x2402, LEDGER_EVENT_BLOCKED, LEDGER_SLEEP_IDLE},
		{0x0040, LEDGER_EVENT_BLOCKED, LEDGER_SLEEP_IDLE}, /* a parked kernel thread */
		{0x0104, LEDGER_EVENT_BLOCKED, LEDGER_SLEEP_STOPPED},
		{0x0004, LEDGER_EVENT_BLOCKED, LEDGER_SLEEP_STOPPED},
		{0x0108, LEDGER_EVENT_BLOCKED, LEDGER_SLEEP_TRACED},
		{0x0008, LEDGER_EVENT_BLOCKED, LEDGER_SLEEP_TRACED},
		{0x8000, LEDGER_EVENT_BLOCKED, LEDGER_SLEEP_FROZEN},
		{0x1000, LEDGER_EVENT_BLOCKED, LEDGER_SLEEP_UNINTERRUPTIBLE}, /* RT lock */
		/* modifiers alone are no sleep */
		{0x2000, LEDGER_EVENT_PREEMPTED, LEDGER_SLEEP_NONE},
		{0x0400, LEDGER_EVENT_PREEMPTED, LEDGER_SLEEP_NONE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(ledger__switch_out_kind(0, cases[i].task_state), cases[i].kind);
		assert_int_equal(ledger__sleep(cases[i].task_state), cases[i].sleep);
	}
}

static void an_uninterruptible_sleep_is_not_taken_for_idle(void **state)
{
	/* TASK_IDLE is 0x402: a test of any of its bits matches every D */
	(void)state;
	assert_int_equal(ledger__sleep(STATE_UNINTERRUPTIBLE), LEDGER_SLEEP_UNINTERRUPTIBLE);
	assert_int_equal(ledger__sleep(STATE_KILLABLE), LEDGER_SLEEP_KILLABLE);
}

static void a_dead_task_ends_and_does_not_sleep(void **state)
{
	struct ledger ledger = begin(0, LEDGER_RUNNING, LEDGER_RUNNING);
	struct ledger_wait wait;

	(void)state;
	assert_int_equal(ledger__switch_out_kind(1, STATE_DEAD), LEDGER_EVENT_ENDED);
	assert_int_equal(switch_out(&ledger, 70, 0, STATE_DEAD), LEDGER_EVENT_ENDED);
	assert_int_equal(ledger.state, LEDGER_ENDED);
	assert_int_equal(ledger.voluntary, 1);
	assert_int_equal(close_books(&ledger, 1000000, &wait), 0);
	assert_int_equal(ledger.at, 70); /* nothing is charged to the dead */
	assert_int_equal(ledger.sum[LEDGER_RUNNING], 70);
}

static void a_wakeup_before_the_switch_out_is_kept(void **state)
{
	struct ledger ledger = begin(0, LEDGER_RUNNING, LEDGER_RUNNING);
	struct ledger_wait wait;

	(void)state;
	assert_int_equal(waking(&ledger, 98), LEDGER_EVENT_EARLY);
	assert_int_equal(switch_out(&ledger, 100, 0, STATE_INTERRUPTIBLE), LEDGER_EVENT_BLOCKED);
	assert_false(ledger__lacks_waking(&ledger));
	assert_int_equal(switch_in(&ledger, 130, &wait), LEDGER_EVENT_WAIT_DONE);
	assert_int_equal(wait.early, 1);
	assert_int_equal(wait.blocked, 0);
	assert_int_equal(wait.runqueue, 30);
	assert_int_equal(ledger.sum[LEDGER_RUNNABLE], 30);
	assert_int_equal(ledger.sum[LEDGER_BLOCKED], 0);
	assert_int_equal(ledger.early, 1);
	assert_int_equal(ledger.wakings, 1);
	assert_int_equal(ledger.unwoken, 0);
	assert_int_equal(ledger.spurious, 0);
}

static void a_waking_of_a_running_thread_is_not_attached_to_a_later_sleep(void **state)
{
	struct ledger ledger = begin(0, LEDGER_RUNNING, LEDGER_RUNNING);
	struct ledger_wait wait;

	(void)state;
	assert_int_equal(waking(&ledger, 50), LEDGER_EVENT_EARLY);
	switch_out(&ledger, 1000, 0, STATE_INTERRUPTIBLE);
	assert_int_equal(waking(&ledger, 5000), LEDGER_EVENT_WOKEN);
	assert_int_equal(switch_in(&ledger, 5010, &wait), LEDGER_EVENT_WAIT_DONE);
	assert_int_equal(wait.early, 0);
	assert_int_equal(wait.blocked, 4000);
	assert_int_equal(wait.runqueue, 10);
	assert_int_equal(ledger.early, 0);
	assert_int_equal(ledger.wakings, 1);
	assert_int_equal(ledger.spurious, 1);
}

static void a_waking_before_a_preemption_does_not_outlive_it(void **state)
{
	struct ledger ledger = begin(0, LEDGER_RUNNING, LEDGER_RUNNING);
	struct ledger_wait wait;

	(void)state;
	waking(&ledger, 50);
	switch_out(&ledger, 60, 1, STATE_RUNNING);
	switch_in(&ledger, 70, &wait);
	assert_int_equal(ledger.spurious, 1);
	switch_out(&ledger, 80, 0, STATE_INTERRUPTIBLE);
	assert_true(ledger__lacks_waking(&ledger));
	assert_int_equal(switch_in(&ledger, 90, &wait), LEDGER_EVENT_UNWOKEN);
	assert_int_equal(ledger.early, 0);
}

static void wakings_of_a_thread_that_does_not_sleep_are_counted_apart(void **state)
{
	struct ledger ledger = begin(0, LEDGER_RUNNING, LEDGER_RUNNING);
	struct ledger_wait wait;

	(void)state;
	waking(&ledger, 1);
	waking(&ledger, 2); /* two while it runs: one of them at least answered no sleep */
	assert_int_equal(ledger.spurious, 1);
	switch_out(&ledger, 10, 1, STATE_INTERRUPTIBLE);
	assert_int_equal(waking(&ledger, 11), LEDGER_EVENT_SPURIOUS);
	switch_in(&ledger, 12, &wait);
	assert_int_equal(ledger.spurious, 3);
	switch_out(&ledger, 20, 0, STATE_INTERRUPTIBLE);
	waking(&ledger, 30);
	assert_int_equal(waking(&ledger, 35), LEDGER_EVENT_SPURIOUS);
	assert_int_equal(switch_in(&ledger, 40, &wait), LEDGER_EVENT_WAIT_DONE);
	assert_int_equal(wait.blocked, 10);
	assert_int_equal(wait.runqueue, 10);
	assert_int_equal(ledger.spurious, 4);
	assert_int_equal(ledger.wakings, 1);
}

static void a_waking_touches_nothing_that_the_thread_itself_writes(void **state)
{
	struct ledger before = begin(0, LEDGER_RUNNING, LEDGER_RUNNING), after;

	/* it runs on another CPU: a bit set in `flags` would undo what happens to the others */
	(void)state;
	enter(&before, 10, CALL_READ);
	after = before;
	waking(&after, 20);
	after.woken_early = before.woken_early;
	after.spurious = before.spurious;
	assert_memory_equal(&after, &before, sizeof(after));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_wait_is_blocked_until_its_waking_and_runnable_until_its_switch_in),
		cmocka_unit_test(a_new_thread_is_runnable_until_its_first_switch_in),
		cmocka_unit_test(preempt_wins_over_a_sleeping_state),
		cmocka_unit_test(a_yield_and_a_preemption_are_preempted),
		cmocka_unit_test(a_sleep_that_was_never_woken_was_none),
		cmocka_unit_test(a_sleep_whose_waking_was_missed_is_unknown),
		cmocka_unit_test(sleep_kinds_are_told_by_bits_whatever_comes_on_top),
		cmocka_unit_test(an_uninterruptible_sleep_is_not_taken_for_idle),
		cmocka_unit_test(a_dead_task_ends_and_does_not_sleep),
		cmocka_unit_test(a_wakeup_before_the_switch_out_is_kept),
		cmocka_unit_test(a_waking_of_a_running_thread_is_not_attached_to_a_later_sleep),
		cmocka_unit_test(a_waking_before_a_preemption_does_not_outlive_it),
		cmocka_unit_test(wakings_of_a_thread_that_does_not_sleep_are_counted_apart),
		cmocka_unit_test(a_waking_touches_nothing_that_the_thread_itself_writes),
	};

	return cmocka_run_group_tests_name("ledger: scheduler", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The state machine where the picture is incomplete: the edges of the window, missed transitions,
 * clocks that go back.
 */
#include "tests/unit/ledger_steps.h"

static void a_missed_switch_out_is_unknown_time(void **state)
{
	struct ledger ledger = begin(0, LEDGER_USER, LEDGER_RUNNING);
	struct ledger_wait wait;

	(void)state;
	assert_int_equal(switch_in(&ledger, 80, &wait), LEDGER_EVENT_NONE);
	assert_int_equal(ledger.sum[LEDGER_UNKNOWN], 80);
	assert_int_equal(ledger.lost, 1);
	assert_int_equal(ledger.state, LEDGER_USER); /* and goes on in the mode that it was in */
}

static void a_missed_switch_in_is_unknown_time(void **state)
{
	struct ledger ledger = begin(0, LEDGER_RUNNING, LEDGER_RUNNING);
	struct ledger_wait wait;

	(void)state;
	switch_out(&ledger, 10, 0, STATE_INTERRUPTIBLE);
	waking(&ledger, 30);
	switch_out(&ledger, 90, 0, STATE_INTERRUPTIBLE);
	assert_int_equal(ledger.sum[LEDGER_BLOCKED], 20);
	assert_int_equal(ledger.sum[LEDGER_UNKNOWN], 60);
	assert_int_equal(ledger.lost, 1);
	/* the wait that follows begins at its own switch-out */
	waking(&ledger, 100);
	assert_int_equal(switch_in(&ledger, 101, &wait), LEDGER_EVENT_WAIT_DONE);
	assert_int_equal(wait.blocked, 10);
}

static void a_missed_switch_in_leaves_no_wait_open(void **state)
{
	struct ledger ledger = begin(0, LEDGER_USER, LEDGER_USER);
	struct ledger_call done;
	struct ledger_wait wait;

	(void)state;
	enter(&ledger, 5, CALL_READ);
	switch_out(&ledger, 10, 0, STATE_INTERRUPTIBLE);
	assert_int_equal(leave(&ledger, 100, 0, &done), 1); /* it runs: its switch-in was missed */
	assert_int_equal(ledger.lost, 1);
	assert_int_equal(ledger.sum[LEDGER_UNKNOWN], 90);
	assert_false(ledger.flags & LEDGER_WAITING);
	assert_int_equal(close_books(&ledger, 200, &wait), 0);
}

static void a_clock_that_goes_back_charges_nothing_and_is_counted(void **state)
{
	struct ledger ledger = begin(1000, LEDGER_RUNNING, LEDGER_RUNNING);
	struct ledger_wait wait;

	(void)state;
	switch_out(&ledger, 2000, 0, STATE_INTERRUPTIBLE);
	waking(&ledger, 1990); /* the waker's CPU is behind */
	assert_int_equal(switch_in(&ledger, 1995, &wait), LEDGER_EVENT_WAIT_DONE);
	assert_int_equal(wait.blocked, 0);
	assert_int_equal(wait.runqueue, 0);
	assert_int_equal(ledger.backwards, 2);
	assert_int_equal(ledger.at, 2000);
	switch_out(&ledger, 1998, 0, STATE_INTERRUPTIBLE);
	waking(&ledger, 2100);
	assert_int_equal(switch_in(&ledger, 2105, &wait), LEDGER_EVENT_WAIT_DONE);
	/* no more than what was charged, though the switch-out said 1998 */
	assert_int_equal(wait.blocked, 100);
	assert_int_equal(ledger.sum[LEDGER_BLOCKED], 100);
}

static void a_wait_open_at_the_start_is_censored(void **state)
{
	struct ledger ledger = begin(5000, LEDGER_BLOCKED, LEDGER_RUNNING);
	struct ledger_wait wait;

	(void)state;
	waking(&ledger, 5400);
	assert_int_equal(switch_in(&ledger, 5410, &wait), LEDGER_EVENT_WAIT_DONE);
	assert_int_equal(wait.censored, 1);
	assert_int_equal(wait.blocked, 400); /* inside the window: not since boot */
	assert_int_equal(wait.runqueue, 10);
	/* the next one is whole */
	switch_out(&ledger, 5500, 0, STATE_INTERRUPTIBLE);
	waking(&ledger, 5600);
	switch_in(&ledger, 5600, &wait);
	assert_int_equal(wait.censored, 0);
}

static void a_wait_open_at_the_end_is_censored_and_counts(void **state)
{
	struct ledger ledger = begin(0, LEDGER_RUNNING, LEDGER_RUNNING);
	struct ledger_wait wait;

	(void)state;
	switch_out(&ledger, 10, 0, STATE_INTERRUPTIBLE);
	assert_int_equal(close_books(&ledger, 500, &wait), 1);
	assert_int_equal(wait.censored, 1);
	assert_int_equal(wait.blocked, 490);
	assert_int_equal(wait.runqueue, 0);
	assert_int_equal(ledger.sum[LEDGER_BLOCKED], 490);
	assert_int_equal(ledger.at, 500);
	/* closed once, it is not there a second time */
	assert_int_equal(close_books(&ledger, 500, &wait), 0);
}

static void a_woken_wait_open_at_the_end_keeps_its_blocked_part(void **state)
{
	struct ledger ledger = begin(0, LEDGER_RUNNING, LEDGER_RUNNING);
	struct ledger_wait wait;

	(void)state;
	switch_out(&ledger, 10, 0, STATE_INTERRUPTIBLE);
	waking(&ledger, 110);
	assert_int_equal(close_books(&ledger, 150, &wait), 1);
	assert_int_equal(wait.blocked, 100);
	assert_int_equal(wait.runqueue, 40);
	assert_int_equal(wait.censored, 1);
	assert_int_equal(ledger.sum[LEDGER_RUNNABLE], 40);
}

static void a_running_or_preempted_thread_has_no_open_wait_at_the_end(void **state)
{
	struct ledger running = begin(0, LEDGER_RUNNING, LEDGER_RUNNING);
	struct ledger preempted = begin(0, LEDGER_RUNNING, LEDGER_RUNNING);
	struct ledger_wait wait;

	(void)state;
	assert_int_equal(close_books(&running, 100, &wait), 0);
	assert_int_equal(running.sum[LEDGER_RUNNING], 100);
	switch_out(&preempted, 40, 1, STATE_INTERRUPTIBLE);
	assert_int_equal(close_books(&preempted, 100, &wait), 0);
	assert_int_equal(preempted.sum[LEDGER_PREEMPTED], 60);
}

static void a_waking_before_the_census_is_kept(void **state)
{
	struct ledger ledger = begin(0, LEDGER_UNKNOWN, LEDGER_RUNNING);
	struct ledger_wait wait;

	/* the census has made the row, the waking comes, then the census writes what it saw */
	(void)state;
	assert_int_equal(waking(&ledger, 5), LEDGER_EVENT_EARLY);
	ledger__charge(&ledger, 10, LEDGER_UNKNOWN);
	ledger.wait_since = ledger.at;
	ledger.flags |= LEDGER_WAITING | LEDGER_CENSORED;
	ledger.state = LEDGER_BLOCKED;
	assert_int_equal(switch_in(&ledger, 50, &wait), LEDGER_EVENT_WAIT_DONE);
	assert_int_equal(ledger.sum[LEDGER_RUNNABLE], 40);
	assert_int_equal(wait.blocked, 0);
	assert_int_equal(wait.censored, 1);
	assert_int_equal(ledger.unwoken, 0);
}

static void a_waking_inside_the_census_finds_the_time_before_charged(void **state)
{
	struct ledger ledger = begin(0, LEDGER_UNKNOWN, LEDGER_RUNNING);
	struct ledger_wait wait;

	/* the census has said that it is asleep since 10, but not yet charged what came before */
	(void)state;
	ledger.wait_since = 10;
	ledger.flags |= LEDGER_WAITING | LEDGER_CENSORED;
	ledger.state = LEDGER_BLOCKED;
	assert_int_equal(waking(&ledger, 30), LEDGER_EVENT_WOKEN);
	ledger__charge(&ledger, 10, LEDGER_UNKNOWN);
	assert_int_equal(switch_in(&ledger, 50, &wait), LEDGER_EVENT_WAIT_DONE);
	assert_int_equal(ledger.sum[LEDGER_UNKNOWN], 10);
	assert_int_equal(ledger.sum[LEDGER_BLOCKED], 20);
	assert_int_equal(wait.blocked, 20);
}

static void a_census_beside_a_switch_out_invents_no_wait(void **state)
{
	struct ledger ledger = begin(0, LEDGER_RUNNING, LEDGER_RUNNING);
	struct ledger_wait wait;

	/* the thread was preempted while the census, which saw it asleep, was about to say so */
	(void)state;
	switch_out(&ledger, 10, 1, STATE_INTERRUPTIBLE);
	ledger.flags |= LEDGER_WAITING | LEDGER_CENSORED;
	assert_int_equal(switch_in(&ledger, 30, &wait), LEDGER_EVENT_NONE);
	assert_int_equal(ledger.sum[LEDGER_PREEMPTED], 20);
	assert_int_equal(close_books(&ledger, 50, &wait), 0);
}

static void a_thread_first_seen_at_its_switch_in_is_unknown_before(void **state)
{
	struct ledger ledger = begin(0, LEDGER_UNKNOWN, LEDGER_RUNNING);
	struct ledger_wait wait;

	(void)state;
	waking(&ledger, 20);
	assert_int_equal(switch_in(&ledger, 30, &wait), LEDGER_EVENT_NONE);
	assert_int_equal(ledger.sum[LEDGER_UNKNOWN], 30);
	assert_int_equal(ledger.state, LEDGER_RUNNING);
	assert_int_equal(ledger.lost, 0); /* nothing was missed: it was not traced yet */
	assert_int_equal(ledger.spurious, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_missed_switch_out_is_unknown_time),
		cmocka_unit_test(a_missed_switch_in_is_unknown_time),
		cmocka_unit_test(a_missed_switch_in_leaves_no_wait_open),
		cmocka_unit_test(a_clock_that_goes_back_charges_nothing_and_is_counted),
		cmocka_unit_test(a_wait_open_at_the_start_is_censored),
		cmocka_unit_test(a_wait_open_at_the_end_is_censored_and_counts),
		cmocka_unit_test(a_woken_wait_open_at_the_end_keeps_its_blocked_part),
		cmocka_unit_test(a_running_or_preempted_thread_has_no_open_wait_at_the_end),
		cmocka_unit_test(a_waking_before_the_census_is_kept),
		cmocka_unit_test(a_waking_inside_the_census_finds_the_time_before_charged),
		cmocka_unit_test(a_census_beside_a_switch_out_invents_no_wait),
		cmocka_unit_test(a_thread_first_seen_at_its_switch_in_is_unknown_before),
	};

	return cmocka_run_group_tests_name("ledger: edges and loss", tests, NULL, NULL);
}

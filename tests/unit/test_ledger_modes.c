// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The state machine's split of running time in user and kernel, by syscall entries and exits. */
#include "tests/unit/ledger_steps.h"

static void running_time_is_split_at_entry_and_exit(void **state)
{
	struct ledger ledger = begin(0, LEDGER_USER, LEDGER_USER);
	struct ledger_call done;

	(void)state;
	enter(&ledger, 100, CALL_READ);
	assert_int_equal(leave(&ledger, 130, 512, &done), 1);
	enter(&ledger, 200, CALL_READ);
	assert_int_equal(ledger.sum[LEDGER_USER], 170);
	assert_int_equal(ledger.sum[LEDGER_KERNEL], 30);
	assert_int_equal(ledger.sum[LEDGER_RUNNING], 0);
	assert_int_equal(done.call, CALL_READ);
	assert_int_equal(done.total, 30);
	assert_int_equal(done.off_cpu, 0);
	assert_int_equal(done.censored, 0);
	assert_int_equal(ledger.lost, 0);
}

static void the_mode_outlasts_a_switch(void **state)
{
	struct ledger ledger = begin(0, LEDGER_USER, LEDGER_USER);
	struct ledger_call done;
	struct ledger_wait wait;

	(void)state;
	switch_out(&ledger, 10, 1, STATE_RUNNING);
	switch_in(&ledger, 20, &wait);
	enter(&ledger, 30, CALL_READ);
	switch_out(&ledger, 35, 1, STATE_RUNNING);
	switch_in(&ledger, 50, &wait);
	leave(&ledger, 53, 0, &done);
	assert_int_equal(ledger.sum[LEDGER_USER], 20);
	assert_int_equal(ledger.sum[LEDGER_KERNEL], 8);
	assert_int_equal(ledger.lost, 0);
}

static void what_ran_at_attach_is_user_time_if_an_entry_comes_first(void **state)
{
	struct ledger ledger = begin(0, LEDGER_RUNNING, LEDGER_RUNNING);
	struct ledger_wait wait;

	(void)state;
	switch_out(&ledger, 10, 1, STATE_RUNNING);
	switch_in(&ledger, 15, &wait);
	assert_int_equal(ledger.sum[LEDGER_RUNNING], 10);
	enter(&ledger, 30, CALL_READ);
	assert_int_equal(ledger.sum[LEDGER_RUNNING], 0);
	assert_int_equal(ledger.sum[LEDGER_USER], 25);
	assert_int_equal(ledger.lost, 0);
}

static void what_ran_at_attach_is_kernel_time_if_an_exit_comes_first(void **state)
{
	struct ledger ledger = begin(0, LEDGER_RUNNING, LEDGER_RUNNING);
	struct ledger_call done;

	(void)state;
	assert_int_equal(leave(&ledger, 30, 0, &done), 1);
	assert_int_equal(done.censored, 1);
	assert_int_equal(ledger.sum[LEDGER_KERNEL], 30);
	assert_int_equal(ledger.sum[LEDGER_RUNNING], 0);
	assert_int_equal(ledger.lost, 0);
}

static void without_syscall_events_running_stays_unsplit(void **state)
{
	struct ledger ledger = begin(0, LEDGER_RUNNING, LEDGER_RUNNING);
	struct ledger_wait wait;

	(void)state;
	sleep_from_to(&ledger, 10, 20);
	sleep_from_to(&ledger, 25, 30);
	close_books(&ledger, 40, &wait);
	assert_int_equal(ledger.sum[LEDGER_RUNNING], 25);
	assert_int_equal(ledger.sum[LEDGER_USER] + ledger.sum[LEDGER_KERNEL], 0);
}

static void the_mode_survives_a_missed_switch_out(void **state)
{
	struct ledger ledger = begin(0, LEDGER_USER, LEDGER_USER);
	struct ledger_call done;
	struct ledger_wait wait;

	(void)state;
	switch_out(&ledger, 5, 1, STATE_RUNNING);
	switch_in(&ledger, 6, &wait);
	enter(&ledger, 10, CALL_READ);
	switch_in(&ledger, 50, &wait); /* still in the call */
	leave(&ledger, 53, 0, &done);
	assert_int_equal(ledger.sum[LEDGER_UNKNOWN], 40);
	assert_int_equal(ledger.sum[LEDGER_KERNEL], 3);
	assert_int_equal(ledger.lost, 1);
}

static void exit_does_not_return(void **state)
{
	struct ledger ledger = begin(0, LEDGER_USER, LEDGER_USER);
	struct ledger_wait wait;

	(void)state;
	enter(&ledger, 10, 231);
	switch_out(&ledger, 15, 0, STATE_DEAD);
	assert_int_equal(close_books(&ledger, 1000, &wait), 0);
	assert_int_equal(ledger.sum[LEDGER_KERNEL], 5);
	assert_int_equal(ledger.at, 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(running_time_is_split_at_entry_and_exit),
		cmocka_unit_test(the_mode_outlasts_a_switch),
		cmocka_unit_test(what_ran_at_attach_is_user_time_if_an_entry_comes_first),
		cmocka_unit_test(what_ran_at_attach_is_kernel_time_if_an_exit_comes_first),
		cmocka_unit_test(without_syscall_events_running_stays_unsplit),
		cmocka_unit_test(the_mode_survives_a_missed_switch_out),
		cmocka_unit_test(exit_does_not_return),
	};

	return cmocka_run_group_tests_name("ledger: user and kernel", tests, NULL, NULL);
}

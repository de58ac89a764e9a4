// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The state machine on syscall events: durations, interruptions, the user/kernel split. */
#include "tests/unit/ledger_steps.h"

#define INTERRUPTED    (-512) /* -ERESTARTSYS */
#define RESTART_BLOCK  (-516) /* -ERESTART_RESTARTBLOCK */
#define COMPAT_RESTART (0u | SYSCALL_COMPAT)
#define COMPAT_SLEEP   (162u | SYSCALL_COMPAT)

static struct ledger begin_in_user_mode(void)
{
	return begin(0, LEDGER_USER, LEDGER_USER);
}

static void all_sleeps_of_a_call_add_up(void **state)
{
	struct ledger ledger = begin_in_user_mode();
	struct ledger_call done;
	struct ledger_wait wait;

	(void)state;
	enter(&ledger, 0, CALL_READ);
	sleep_from_to(&ledger, 10, 60);
	switch_out(&ledger, 70, 1, STATE_RUNNING); /* preempted: off the CPU, not asleep */
	switch_in(&ledger, 75, &wait);
	switch_out(&ledger, 80, 0, STATE_UNINTERRUPTIBLE);
	waking(&ledger, 100);
	switch_in(&ledger, 107, &wait);
	leave(&ledger, 110, 1, &done);
	assert_int_equal(done.total, 110);
	assert_int_equal(done.blocked, 50 + 20);
	assert_int_equal(done.off_cpu, 50 + 5 + 27);
	/* the next call starts from nothing */
	enter(&ledger, 120, CALL_READ);
	leave(&ledger, 121, 1, &done);
	assert_int_equal(done.total, 1);
	assert_int_equal(done.off_cpu, 0);
	assert_int_equal(done.blocked, 0);
}

static void a_sleep_outside_a_call_belongs_to_none(void **state)
{
	struct ledger ledger = begin_in_user_mode();
	struct ledger_call done;

	(void)state;
	sleep_from_to(&ledger, 10, 60); /* a page fault */
	enter(&ledger, 70, CALL_READ);
	leave(&ledger, 75, 0, &done);
	assert_int_equal(done.off_cpu, 0);
	assert_int_equal(done.blocked, 0);
}

static void restart_syscall_goes_on_with_the_interrupted_call(void **state)
{
	struct ledger ledger = begin_in_user_mode();
	struct ledger_call done;

	(void)state;
	enter(&ledger, 0, CALL_SLEEP);
	sleep_from_to(&ledger, 10, 100);
	assert_int_equal(leave(&ledger, 110, RESTART_BLOCK, &done), 0);
	assert_false(ledger__interrupted(&ledger, RESTART, RESTART));
	enter(&ledger, 112, RESTART);
	sleep_from_to(&ledger, 120, 200);
	assert_int_equal(leave(&ledger, 210, 0, &done), 1);
	assert_int_equal(done.call, CALL_SLEEP);
	assert_int_equal(done.total, 210);
	assert_int_equal(done.blocked, 90 + 80);
	assert_int_equal(done.censored, 0);
}

static void a_call_that_is_entered_again_goes_on(void **state)
{
	struct ledger ledger = begin_in_user_mode();
	struct ledger_call done;

	(void)state;
	enter(&ledger, 0, CALL_READ);
	sleep_from_to(&ledger, 10, 100);
	assert_int_equal(leave(&ledger, 110, INTERRUPTED, &done), 0);
	assert_false(ledger__interrupted(&ledger, CALL_READ, RESTART));
	enter(&ledger, 112, CALL_READ);
	assert_int_equal(leave(&ledger, 120, 4, &done), 1);
	assert_int_equal(done.total, 120);
	assert_int_equal(done.blocked, 90);
	/* once it is complete, the same call is a new one */
	enter(&ledger, 130, CALL_READ);
	leave(&ledger, 133, 4, &done);
	assert_int_equal(done.total, 3);
}

static void a_call_can_be_interrupted_many_times(void **state)
{
	struct ledger ledger = begin_in_user_mode();
	struct ledger_call done;

	(void)state;
	enter(&ledger, 0, CALL_SLEEP);
	for (uint64_t i = 0; i < 10; i++) {
		sleep_from_to(&ledger, 100 * i + 10, 100 * i + 90);
		assert_int_equal(leave(&ledger, 100 * i + 95, RESTART_BLOCK, &done), 0);
		enter(&ledger, 100 * i + 96, RESTART);
	}
	assert_int_equal(leave(&ledger, 1000, 0, &done), 1);
	assert_int_equal(done.call, CALL_SLEEP);
	assert_int_equal(done.total, 1000);
	assert_int_equal(done.blocked, 800);
	assert_int_equal(done.off_cpu, 800 + 10);
}

static void a_stop_between_exit_and_restart_is_no_cpu_time_of_the_call(void **state)
{
	struct ledger ledger = begin_in_user_mode();
	struct ledger_call done;
	struct ledger_wait wait;

	(void)state;
	enter(&ledger, 0, CALL_SLEEP);
	leave(&ledger, 10, RESTART_BLOCK, &done);
	switch_out(&ledger, 12, 0, 0x104); /* SIGSTOP */
	waking(&ledger, 5012);
	switch_in(&ledger, 5020, &wait);
	enter(&ledger, 5022, RESTART);
	leave(&ledger, 5030, 0, &done);
	assert_int_equal(done.total, 5030);
	assert_int_equal(done.total - done.off_cpu, 10 + 8);
	assert_int_equal(done.blocked, 0); /* stopped, not waiting for what it called for */
}

static void a_handler_ends_the_call_it_interrupted(void **state)
{
	struct ledger ledger = begin_in_user_mode();
	struct ledger_call done;

	(void)state;
	enter(&ledger, 0, CALL_SLEEP);
	sleep_from_to(&ledger, 10, 60);
	assert_int_equal(leave(&ledger, 70, RESTART_BLOCK, &done), 0);
	/* the handler runs, and returns */
	assert_true(ledger__interrupted(&ledger, CALL_RETURN, RESTART));
	ledger__take_interrupted(&ledger, &done);
	assert_int_equal(done.call, CALL_SLEEP);
	assert_int_equal(done.total, 70);
	assert_int_equal(done.blocked, 50);
	assert_int_equal(done.censored, 0);
	enter(&ledger, 90, CALL_RETURN);
	assert_int_equal(leave(&ledger, 91, -4, &done), 1);
	assert_int_equal(done.call, CALL_RETURN);
	assert_int_equal(done.total, 1);
	/* and if the program sleeps again, that is another call */
	assert_false(ledger__interrupted(&ledger, CALL_SLEEP, RESTART));
	enter(&ledger, 100, CALL_SLEEP);
	leave(&ledger, 130, 0, &done);
	assert_int_equal(done.total, 30);
}

static void a_32_bit_call_restarts_with_its_own_number(void **state)
{
	struct ledger ledger = begin_in_user_mode();
	struct ledger_call done;

	(void)state;
	ledger__enter_call(&ledger, 0, COMPAT_SLEEP, COMPAT_RESTART);
	leave(&ledger, 10, RESTART_BLOCK, &done);
	assert_false(ledger__interrupted(&ledger, COMPAT_RESTART, COMPAT_RESTART));
	/* 0 is restart_syscall only there: it is read on the other side */
	assert_true(ledger__interrupted(&ledger, CALL_READ, COMPAT_RESTART));
	ledger__enter_call(&ledger, 12, COMPAT_RESTART, COMPAT_RESTART);
	leave(&ledger, 40, 0, &done);
	assert_int_equal(done.call, COMPAT_SLEEP);
	assert_int_equal(done.total, 40);
}

static void only_the_kernels_own_codes_mean_a_restart(void **state)
{
	static const struct {
		int64_t result;
		int restart;
	} cases[] = {{-511, 0}, {-512, 1}, {-513, 1}, {-514, 1}, {-515, 0}, {-516, 1},
		     {-517, 0}, {-4, 0},   {0, 0},    {512, 0},	 {-4095, 0}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(ledger__is_restart(cases[i].result), cases[i].restart);
}

static void an_exit_without_its_entry_has_no_duration_and_no_name(void **state)
{
	struct ledger ledger = begin_in_user_mode();
	struct ledger_call done;

	(void)state;
	enter(&ledger, 10, CALL_POLL);
	leave(&ledger, 20, 0, &done);
	/* seccomp denied a call: there is no entry, and it is not the poll before it */
	assert_int_equal(leave(&ledger, 50, -1, &done), 1);
	assert_int_equal(done.censored, 1);
	assert_int_equal(done.call, LEDGER_CALL_NONE);
	assert_int_equal(LEDGER_CALL_NONE, SYSCALL_NONE);
	assert_int_equal(ledger.lost, 1);
	/* it ran all the time, but where it entered the kernel was not seen */
	assert_int_equal(ledger.sum[LEDGER_RUNNING], 30);
	assert_int_equal(ledger.sum[LEDGER_USER], 10);
	assert_int_equal(ledger.sum[LEDGER_UNKNOWN], 0);
}

static void an_exit_without_entry_forgets_the_interrupted_call(void **state)
{
	struct ledger ledger = begin_in_user_mode();
	struct ledger_call done;

	(void)state;
	enter(&ledger, 0, CALL_READ);
	leave(&ledger, 10, INTERRUPTED, &done);
	leave(&ledger, 20, 0, &done);
	assert_int_equal(done.censored, 1);
	enter(&ledger, 1000, CALL_READ);
	leave(&ledger, 1005, 0, &done);
	assert_int_equal(done.total, 5);
}

static void a_call_open_at_attach_is_censored(void **state)
{
	struct ledger ledger = begin(0, LEDGER_BLOCKED, LEDGER_KERNEL);
	struct ledger_call done;
	struct ledger_wait wait;

	(void)state;
	ledger.call = CALL_READ; /* as the census reads it from the registers */
	ledger.flags |= LEDGER_IN_CALL;
	waking(&ledger, 40);
	switch_in(&ledger, 50, &wait);
	assert_int_equal(wait.censored, 1);
	assert_int_equal(leave(&ledger, 55, 0, &done), 1);
	assert_int_equal(done.censored, 1);
	assert_int_equal(done.call, CALL_READ);
	assert_int_equal(ledger.sum[LEDGER_KERNEL], 5);
	assert_int_equal(ledger.lost, 0);
	/* and interrupted, it is not taken for one whose entry was seen */
	enter(&ledger, 60, CALL_READ);
	leave(&ledger, 63, 0, &done);
	assert_int_equal(done.total, 3);
	assert_int_equal(done.censored, 0);
}

static void a_missed_exit_does_not_lengthen_the_next_call(void **state)
{
	struct ledger ledger = begin_in_user_mode();
	struct ledger_call done;

	(void)state;
	enter(&ledger, 0, CALL_READ);
	enter(&ledger, 1000, CALL_READ);
	assert_int_equal(ledger.lost, 1);
	assert_int_equal(ledger.sum[LEDGER_RUNNING], 1000); /* in either mode */
	leave(&ledger, 1004, 0, &done);
	assert_int_equal(done.total, 4);
}

static void lost_time_in_a_call_is_no_cpu_time(void **state)
{
	struct ledger ledger = begin_in_user_mode();
	struct ledger_call done;
	struct ledger_wait wait;

	(void)state;
	enter(&ledger, 0, CALL_READ);
	switch_out(&ledger, 10, 0, STATE_INTERRUPTIBLE);
	ledger__lose_waking(&ledger);
	switch_in(&ledger, 1010, &wait);
	switch_out(&ledger, 1020, 0, STATE_INTERRUPTIBLE); /* its switch-in is missed */
	waking(&ledger, 1030);
	leave(&ledger, 1050, 0, &done);
	assert_int_equal(done.total, 1050);
	assert_int_equal(done.total - done.off_cpu, 10 + 10);
	assert_int_equal(ledger.sum[LEDGER_KERNEL], 20);
}

static void a_call_is_never_longer_off_the_cpu_than_it_lasts(void **state)
{
	struct ledger ledger = begin_in_user_mode();
	struct ledger_call done;
	struct ledger_wait wait;

	(void)state;
	enter(&ledger, 1000, CALL_READ);
	switch_out(&ledger, 900, 0, STATE_INTERRUPTIBLE); /* this CPU's clock is behind */
	waking(&ledger, 950);
	switch_in(&ledger, 1100, &wait);
	leave(&ledger, 1101, 0, &done);
	assert_int_equal(done.total, 101);
	assert_int_equal(done.off_cpu, 100);
	assert_int_equal(done.blocked, 0);
	assert_int_equal(ledger.backwards, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_sleeps_of_a_call_add_up),
		cmocka_unit_test(a_sleep_outside_a_call_belongs_to_none),
		cmocka_unit_test(restart_syscall_goes_on_with_the_interrupted_call),
		cmocka_unit_test(a_call_that_is_entered_again_goes_on),
		cmocka_unit_test(a_call_can_be_interrupted_many_times),
		cmocka_unit_test(a_stop_between_exit_and_restart_is_no_cpu_time_of_the_call),
		cmocka_unit_test(a_handler_ends_the_call_it_interrupted),
		cmocka_unit_test(a_32_bit_call_restarts_with_its_own_number),
		cmocka_unit_test(only_the_kernels_own_codes_mean_a_restart),
		cmocka_unit_test(an_exit_without_its_entry_has_no_duration_and_no_name),
		cmocka_unit_test(an_exit_without_entry_forgets_the_interrupted_call),
		cmocka_unit_test(a_call_open_at_attach_is_censored),
		cmocka_unit_test(a_missed_exit_does_not_lengthen_the_next_call),
		cmocka_unit_test(lost_time_in_a_call_is_no_cpu_time),
		cmocka_unit_test(a_call_is_never_longer_off_the_cpu_than_it_lasts),
	};

	return cmocka_run_group_tests_name("ledger: syscalls", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The I/O model where there is little I/O, at its thresholds, and where it has to be unknown. */
#include "judge/thresholds.h"
#include "tests/unit/judge_steps.h"

/* Libraries, modules and configuration make no program one that does blocking I/O. */
static void reads_to_start_up_are_left_out(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = judged__process(profile);
	struct thread *thread = judged__thread(process, 990 * MS);
	struct call *opens;

	(void)state;
	judged__call(thread, "read", 300)->slept = 2;
	opens = judged__call(thread, "openat", 180);
	opens->errors = 30;
	thread->major_faults = 60;
	assert_judged(profile, MODEL_COMPUTE);
	assert_evidence(&thread->verdict, 0,
			"99.0% of its time; 0 I/O operations, and 360 to start up");
	/* of so many, most are work */
	thread->calls[0].calls = 3000;
	assert_judged(profile, MODEL_BLOCKING);
	assert_int_equal(thread->verdict.shares[0].operations, 2700);
	/* and there is an end to what is start-up */
	opens->calls = 30000;
	assert_judged(profile, MODEL_BLOCKING);
	assert_int_equal(thread->verdict.shares[0].operations, 3000 - STARTUP_MOST);
	profile__free(profile);
}

static void threads_but_the_first_do_not_start_up(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = judged__process(profile);
	struct thread *thread;

	(void)state;
	judged__thread(process, 0);
	thread = judged__thread(process, 100 * MS);
	judged__call(thread, "read", 40);
	judged__call(thread, "openat", 20);
	judged__again(profile);
	assert_model(&thread->verdict, MODEL_BLOCKING);
	assert_int_equal(thread->verdict.shares[0].operations, 40);
	profile__free(profile);
}

static void little_io_and_little_waiting_is_compute(void **state)
{
	struct profile *profile = sample__empty();
	struct thread *thread = judged__thread(judged__process(profile), 900 * MS);
	struct call *call = judged__call(thread, "write", 18);

	(void)state;
	assert_judged(profile, MODEL_COMPUTE);
	call->calls = 19; /* 0.9 s on a CPU: 18 operations */
	assert_judged(profile, MODEL_BLOCKING);
	call->calls = 5;
	thread->account.running -= MS; /* 899 ms */
	thread->account.blocked += MS;
	assert_judged(profile, MODEL_UNKNOWN);
	profile__free(profile);
}

static void waits_for_locks_timers_children_and_signals_are_no_io(void **state)
{
	static const struct {
		enum wait_class class;
		const char *call;
	} cases[] = {
		{CLASS_LOCK, "futex"},
		{CLASS_TIMER, "clock_nanosleep"},
		{CLASS_CHILD, "wait4"},
		{CLASS_SIGNAL, "rt_sigsuspend"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct profile *profile = sample__empty();
		struct thread *thread = judged__one(profile);

		judged__wait(&profile->processes[0], thread, cases[i].class, cases[i].call, NULL, 3,
			     810 * MS);
		assert_judged(profile, MODEL_NONE);
		assert_evidence(&thread->verdict, 0, "asleep 90.0% of its time, 90.0% of that");
		thread->waits[0].total = 809 * MS;
		assert_judged(profile, MODEL_UNKNOWN);
		profile__free(profile);
	}
}

static void an_event_loop_without_events_is_one_all_the_same(void **state)
{
	struct profile *profile = sample__empty();
	struct thread *thread = judged__one(profile);

	(void)state;
	judged__loop(thread, "epoll_wait", 10);
	judged__wait(&profile->processes[0], thread, CLASS_MULTIPLEX, "epoll_wait", "epoll fd 4",
		     10, 900 * MS);
	assert_judged(profile, MODEL_EPOLL);
	assert_evidence(&thread->verdict, 0, "epoll returned 10 times, and slept 10 times");
	thread->waits[0].count = 9;
	assert_judged(profile, MODEL_UNKNOWN);
	profile__free(profile);
}

static void a_share_below_the_threshold_is_mixed(void **state)
{
	struct profile *profile = sample__empty();
	struct thread *thread = judged__one(profile);
	struct call *call = judged__call(thread, "read", 100);

	(void)state;
	judged__loop(thread, "poll", 50);
	call->handled = 75;
	assert_judged(profile, MODEL_POLL);
	call->handled = 74;
	assert_judged(profile, MODEL_MIXED);
	assert_int_equal(thread->verdict.share_count, 2);
	assert_true(thread->verdict.shares[0].share == 0.74);
	profile__free(profile);
}

static void too_little_data_is_unknown_and_says_so(void **state)
{
	struct profile *profile = sample__empty();
	struct thread *thread = judged__one(profile);
	struct call *call = judged__call(thread, "read", OPERATIONS_LEAST - 1);

	(void)state;
	assert_judged(profile, MODEL_UNKNOWN);
	assert_string_equal(thread->verdict.why, "too little data: 9 I/O operations");
	assert_int_equal(thread->verdict.share_count, 0);
	call->calls = OPERATIONS_LEAST;
	assert_judged(profile, MODEL_BLOCKING);
	assert_null(thread->verdict.why);
	/* nor is a short life enough to say that it computes */
	call->calls = 0;
	thread->account = (struct account){.lifetime = MS, .running = MS};
	assert_judged(profile, MODEL_UNKNOWN);
	assert_string_equal(thread->verdict.why, "too little data: 0 I/O operations in 1 ms");
	/* and waiting for a CPU is not computing */
	thread->account =
		(struct account){.lifetime = 160 * MS, .running = MS, .runnable = 159 * MS};
	assert_judged(profile, MODEL_UNKNOWN);
	profile__free(profile);
}

static void a_thread_that_lost_events_is_unknown(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = judged__process(profile);
	struct thread *lossy;

	(void)state;
	judged__call(judged__thread(process, 100 * MS), "read", 900);
	lossy = judged__thread(process, 100 * MS);
	judged__call(lossy, "read", 101);
	lossy->incomplete = true;
	lossy->lost = 2;
	lossy->account.unknown = 50 * MS;
	judged__again(profile);
	assert_model(&lossy->verdict, MODEL_UNKNOWN);
	assert_string_equal(lossy->verdict.why, "events were lost");
	/* what happened in so little time does not change what the process does */
	assert_model(&process->verdict, MODEL_BLOCKING);
	assert_evidence(&process->verdict, 0,
			"2 switches of its threads were not seen; what they did in 50 ms is "
			"unknown");
	lossy->account.unknown++;
	judged__again(profile);
	assert_model(&process->verdict, MODEL_UNKNOWN);
	assert_string_equal(process->verdict.why, "events of its threads were lost");
	/* and neither do a tenth of its operations */
	lossy->calls[0].calls = 100;
	judged__again(profile);
	assert_model(&lossy->verdict, MODEL_UNKNOWN);
	assert_model(&process->verdict, MODEL_BLOCKING);
	profile__free(profile);
}

/* Of waits without a row nobody knows how many there were. */
static void a_thread_whose_waits_had_no_room_is_unknown(void **state)
{
	struct profile *profile = sample__empty();
	struct thread *thread = judged__one(profile);

	(void)state;
	judged__call(thread, "read", 900);
	thread->incomplete = true;
	assert_judged(profile, MODEL_UNKNOWN);
	assert_string_equal(thread->verdict.why, "not all of its waits could be kept");
	profile__free(profile);
}

static void rows_without_room_make_all_unknown(void **state)
{
	static const char *const causes[] = {"syscalls", "loops", "requests", "processes"};

	(void)state;
	for (size_t i = 0; i < COUNT(causes); i++) {
		struct profile *profile = sample__empty();

		judged__call(judged__one(profile), "read", 900);
		judged__lose(profile, "wakers");
		assert_judged(profile, MODEL_BLOCKING);
		judged__lose(profile, causes[i]);
		assert_judged(profile, MODEL_UNKNOWN);
		assert_non_null(strstr(profile->processes[0].verdict.why, causes[i]));
		profile__free(profile);
	}
}

static void workers_of_the_kernel_are_not_judged(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = judged__process(profile);
	struct thread *worker;

	(void)state;
	judged__call(judged__thread(process, 0), "io_uring_enter", 100);
	judged__requests(process, REQUEST_IO_URING, "fsync", 100);
	worker = judged__thread(process, 0);
	worker->io_worker = true;
	judged__wait(process, worker, CLASS_DISK, NULL, NULL, 300, 500 * MS);
	judged__again(profile);
	assert_model(&worker->verdict, MODEL_UNKNOWN);
	assert_model(&process->verdict, MODEL_IO_URING);
	assert_int_equal(process->verdict.share_count, 1);
	profile__free(profile);
}

/* Sleeps are all that the waits tier has: enough for those models that sleep in their own calls. */
static void the_waits_tier_judges_by_sleeps(void **state)
{
	static const struct {
		enum wait_class class;
		const char *call;
		enum io_model model;
	} cases[] = {
		{CLASS_DISK, "read", MODEL_BLOCKING},
		{CLASS_NETWORK, "recvfrom", MODEL_BLOCKING},
		{CLASS_IPC, "write", MODEL_BLOCKING},
		{CLASS_TERMINAL, "read", MODEL_BLOCKING},
		{CLASS_MULTIPLEX, "pselect6", MODEL_SELECT},
		{CLASS_MULTIPLEX, "ppoll", MODEL_POLL},
		{CLASS_MULTIPLEX, "epoll_pwait", MODEL_EPOLL},
		{CLASS_AIO, "io_getevents", MODEL_LINUX_AIO},
		{CLASS_IO_URING, "io_uring_enter", MODEL_IO_URING},
		{CLASS_FAULT, NULL, MODEL_MMAP},
		{CLASS_TIMER, "clock_nanosleep", MODEL_UNKNOWN},
		{CLASS_LOCK, "futex", MODEL_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct profile *profile = sample__empty();
		struct thread *thread = judged__one(profile);

		profile->tier = TIER_WAITS;
		judged__wait(&profile->processes[0], thread, cases[i].class, cases[i].call, NULL,
			     OPERATIONS_LEAST, 900 * MS);
		assert_judged(profile, cases[i].model);
		if (!cases[i].model)
			assert_non_null(strstr(thread->verdict.why, "waits tier"));
		thread->waits[0].count--;
		assert_judged(profile, MODEL_UNKNOWN);
		profile__free(profile);
	}
}

/* It may spin on calls that never sleep. */
static void the_waits_tier_knows_of_no_compute(void **state)
{
	struct profile *profile = sample__empty();

	(void)state;
	profile->tier = TIER_WAITS;
	judged__thread(judged__process(profile), 1000 * MS);
	assert_judged(profile, MODEL_UNKNOWN);
	profile__free(profile);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_to_start_up_are_left_out),
		cmocka_unit_test(threads_but_the_first_do_not_start_up),
		cmocka_unit_test(little_io_and_little_waiting_is_compute),
		cmocka_unit_test(waits_for_locks_timers_children_and_signals_are_no_io),
		cmocka_unit_test(an_event_loop_without_events_is_one_all_the_same),
		cmocka_unit_test(a_share_below_the_threshold_is_mixed),
		cmocka_unit_test(too_little_data_is_unknown_and_says_so),
		cmocka_unit_test(a_thread_that_lost_events_is_unknown),
		cmocka_unit_test(a_thread_whose_waits_had_no_room_is_unknown),
		cmocka_unit_test(rows_without_room_make_all_unknown),
		cmocka_unit_test(workers_of_the_kernel_are_not_judged),
		cmocka_unit_test(the_waits_tier_judges_by_sleeps),
		cmocka_unit_test(the_waits_tier_knows_of_no_compute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

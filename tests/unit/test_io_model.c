// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The I/O model of threads and processes: what each call and request is evidence of. */
#include "judge/thresholds.h"
#include "tests/unit/judge_steps.h"

static void calls_on_blocking_descriptors_are_blocking(void **state)
{
	struct profile *profile = sample__empty();
	struct thread *thread = judged__one(profile);

	(void)state;
	judged__call(thread, "read", 900)->slept = 850;
	judged__call(thread, "write", 300);
	assert_judged(profile, MODEL_BLOCKING);
	assert_int_equal(profile->processes[0].verdict.shares[0].operations, 1200);
	assert_true(profile->processes[0].verdict.shares[0].share == 1);
	assert_evidence(&thread->verdict, 0,
			"1,200 calls on blocking descriptors (read 900, write 300), 850 of them "
			"slept");
	profile__free(profile);
}

/* A call that the window cut was asleep: a server in its only accept. */
static void calls_that_are_still_open_count(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = judged__process(profile);

	(void)state;
	for (int i = 0; i < OPERATIONS_LEAST; i++)
		judged__call(judged__thread(process, 0), "recvfrom", 0)->censored = 1;
	judged__again(profile);
	assert_model(&process->verdict, MODEL_BLOCKING);
	assert_model(&process->threads[3].verdict, MODEL_UNKNOWN);
	profile__free(profile);
}

static void each_multiplexer_gives_its_model(void **state)
{
	static const struct {
		const char *call;
		enum io_model model;
	} cases[] = {
		{"select", MODEL_SELECT},      {"pselect6", MODEL_SELECT},
		{"poll", MODEL_POLL},	       {"ppoll", MODEL_POLL},
		{"epoll_wait", MODEL_EPOLL},   {"epoll_pwait", MODEL_EPOLL},
		{"epoll_pwait2", MODEL_EPOLL}, {"io_uring_enter", MODEL_IO_URING},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct profile *profile = sample__empty();
		struct thread *thread = judged__one(profile);
		struct call *call = judged__call(thread, "read", 100);

		judged__loop(thread, cases[i].call, 50);
		call->nonblocking = call->handled = 97;
		assert_judged(profile, cases[i].model);
		assert_true(thread->verdict.shares[0].operations == 97);
		assert_evidence(&thread->verdict, 1, "3 calls on blocking descriptors");
		profile__free(profile);
	}
}

/* On edges, each event ends with a refused read: tries, not operations. */
/* tar and gzip open their files so, and it means nothing there. */
static void o_nonblock_without_a_refusal_is_blocking(void **state)
{
	struct profile *profile = sample__empty();
	struct thread *thread = judged__one(profile);
	struct call *call;

	(void)state;
	judged__call(thread, "read", 900)->nonblocking = 900;
	call = judged__call(thread, "write", 300);
	assert_judged(profile, MODEL_BLOCKING);
	assert_int_equal(thread->verdict.shares[0].operations, 1200);
	/* one who is refused anywhere tries again, and the reads are part of that */
	call->calls = call->nonblocking = 310;
	call->eagain = 10;
	assert_judged(profile, MODEL_NONBLOCKING);
	profile__free(profile);
}

static void refused_calls_are_no_operations(void **state)
{
	struct profile *profile = sample__empty();
	struct thread *thread = judged__one(profile);
	struct call *call = judged__call(thread, "read", 200);

	(void)state;
	judged__loop(thread, "epoll_wait", 100);
	call->eagain = 100;
	call->nonblocking = call->handled = 200;
	assert_judged(profile, MODEL_EPOLL);
	assert_int_equal(thread->verdict.share_count, 1);
	assert_int_equal(thread->verdict.shares[0].operations, 100);
	profile__free(profile);
}

static void a_call_that_slept_in_a_handler_is_blocking(void **state)
{
	struct profile *profile = sample__empty();
	struct thread *thread = judged__one(profile);
	struct call *call = judged__call(thread, "read", 100);

	(void)state;
	judged__loop(thread, "epoll_wait", 100);
	call->handled = call->nonblocking = 60;
	call->slept = 40;
	assert_judged(profile, MODEL_MIXED);
	assert_int_equal(thread->verdict.shares[0].model, MODEL_EPOLL);
	assert_int_equal(thread->verdict.shares[1].model, MODEL_BLOCKING);
	assert_int_equal(thread->verdict.shares[1].operations, 40);
	profile__free(profile);
}

/* A program that polls once and copies a file then has no event loop. */
static void one_poll_is_no_event_loop(void **state)
{
	struct profile *profile = sample__empty();
	struct thread *thread = judged__one(profile);
	struct call *call = judged__call(thread, "read", 5000);
	struct loop *loop = judged__loop(thread, "poll", LOOP_RETURNS_LEAST - 1);

	(void)state;
	call->handled = 5000;
	assert_judged(profile, MODEL_BLOCKING);
	loop->iterations = loop->events = LOOP_RETURNS_LEAST;
	assert_judged(profile, MODEL_BLOCKING); /* 500 calls for each return */
	call->calls = call->handled = LOOP_CALLS_AN_EVENT * LOOP_RETURNS_LEAST;
	assert_judged(profile, MODEL_POLL);
	loop->main = false;
	assert_judged(profile, MODEL_BLOCKING);
	profile__free(profile);
}

/* Too few returns for a loop that is trusted with calls that could have slept. */
static void non_blocking_calls_behind_a_few_polls_await_readiness_there(void **state)
{
	struct profile *profile = sample__empty();
	struct thread *thread = judged__one(profile);
	struct call *call = judged__call(thread, "read", 22);
	struct loop *loop = judged__loop(thread, "pselect6", 7);

	(void)state;
	call->nonblocking = call->handled = 22;
	call->eagain = 8;
	assert_judged(profile, MODEL_SELECT);
	loop->unslept = 7;
	assert_judged(profile, MODEL_NONBLOCKING);
	loop->unslept = 0;
	call->nonblocking = call->eagain = 0;
	assert_judged(profile, MODEL_BLOCKING);
	profile__free(profile);
}

static void retries_without_a_multiplexer_are_nonblocking(void **state)
{
	struct profile *profile = sample__empty();
	struct thread *thread = judged__one(profile);
	struct call *call = judged__call(thread, "read", 10100);

	(void)state;
	call->eagain = 10000;
	call->nonblocking = 10100;
	call->spin_runs = 100;
	call->spin_cpu = 80 * MS;
	assert_judged(profile, MODEL_NONBLOCKING);
	assert_int_equal(thread->verdict.shares[0].operations, 100);
	assert_evidence(&thread->verdict, 0,
			"10,000 refused (EAGAIN); 100 runs of these without a sleep took 80 ms");
	profile__free(profile);
}

/* An asynchronous runtime awaits readiness in one thread and does the I/O in another. */
static void readiness_may_be_awaited_by_another_thread(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = judged__process(profile);
	struct thread *thread;
	struct call *call;

	(void)state;
	judged__loop(judged__thread(process, 0), "epoll_pwait", 100);
	thread = judged__thread(process, 100 * MS);
	call = judged__call(thread, "read", 200);
	call->nonblocking = 200;
	call->eagain = 100;
	judged__again(profile);
	assert_model(&thread->verdict, MODEL_EPOLL);
	assert_model(&process->verdict, MODEL_EPOLL);
	/* but trying again and again is not waiting for it */
	call->eagain = 100 + RETRIES_AN_OPERATION * 100;
	call->calls = call->nonblocking = call->eagain + 50;
	judged__again(profile);
	assert_model(&thread->verdict, MODEL_NONBLOCKING);
	profile__free(profile);
}

static void polls_that_find_nothing_and_do_not_wait_are_nonblocking(void **state)
{
	struct profile *profile = sample__empty();
	struct thread *thread = judged__one(profile);
	struct call *call = judged__call(thread, "read", 100);
	struct loop *loop = judged__loop(thread, "poll", 1000);

	(void)state;
	call->nonblocking = call->handled = 100;
	loop->empty = loop->unslept = 900;
	assert_judged(profile, MODEL_NONBLOCKING);
	assert_evidence(&thread->verdict, 0, "900 of 1,000 polls found nothing and did not wait");
	/* a loop that looks again before it rests is none of that */
	loop->empty = loop->unslept = 899;
	assert_judged(profile, MODEL_POLL);
	profile__free(profile);
}

static void signals_that_announce_readiness_are_signal_driven(void **state)
{
	struct profile *profile = sample__empty();
	struct thread *thread = judged__one(profile);
	struct call *call = judged__call(thread, "recvfrom", 200);

	(void)state;
	call->signalled = call->nonblocking = 200;
	call->eagain = 100;
	assert_judged(profile, MODEL_SIGNAL_DRIVEN);
	assert_int_equal(thread->verdict.shares[0].operations, 100);
	profile__free(profile);
}

static void requests_are_operations_of_their_submitter(void **state)
{
	static const struct {
		enum request_api api;
		const char *submit;
		enum io_model model;
	} cases[] = {
		{REQUEST_LINUX_AIO, "io_submit", MODEL_LINUX_AIO},
		{REQUEST_IO_URING, "io_uring_enter", MODEL_IO_URING},
		{REQUEST_IO_URING, NULL, MODEL_IO_URING}, /* SQPOLL */
		{REQUEST_POSIX_AIO, NULL, MODEL_POSIX_AIO},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct profile *profile = sample__empty();
		struct thread *thread = judged__one(profile);

		if (cases[i].submit)
			judged__call(thread, cases[i].submit, 500);
		judged__call(thread, "read", 20);
		judged__requests(&profile->processes[0], cases[i].api, "read", 480);
		judged__requests(&profile->processes[0], REQUEST_BLOCK, "read", 480);
		assert_judged(profile, cases[i].model);
		assert_true(thread->verdict.shares[0].share == 0.96);
		assert_evidence(&thread->verdict, 0,
				"480 requests completed (read 480), at most 4 in flight");
		profile__free(profile);
	}
}

/* A thread that watches its ring in memory makes no call at all, and seems to compute. */
static void requests_of_nobody_knows_whom_leave_threads_unknown(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = judged__process(profile);
	struct thread *thread;

	(void)state;
	judged__thread(process, 0);
	thread = judged__thread(process, 1000 * MS);
	judged__requests(process, REQUEST_BLOCK, "read", 100);
	judged__again(profile);
	assert_model(&thread->verdict, MODEL_COMPUTE);
	judged__requests(process, REQUEST_IO_URING, "read", 100);
	judged__again(profile);
	assert_model(&thread->verdict, MODEL_UNKNOWN);
	assert_model(&process->verdict, MODEL_IO_URING);
	/* but one has made the ring */
	judged__call(thread, "io_uring_setup", 1);
	judged__again(profile);
	assert_model(&thread->verdict, MODEL_IO_URING);
	profile__free(profile);
}

static void orders_to_a_ring_are_no_io(void **state)
{
	struct profile *profile = sample__empty();

	(void)state;
	judged__one(profile);
	judged__requests(&profile->processes[0], REQUEST_IO_URING, "nop", 1000);
	judged__requests(&profile->processes[0], REQUEST_IO_URING, "timeout", 1000);
	judged__again(profile);
	assert_model(&profile->processes[0].verdict, MODEL_UNKNOWN);
	judged__requests(&profile->processes[0], REQUEST_IO_URING, "recv", 10);
	judged__again(profile);
	assert_model(&profile->processes[0].verdict, MODEL_IO_URING);
	profile__free(profile);
}

/* The C library's helpers read for others: their calls are requests already. */
static void calls_of_posix_aio_helpers_do_not_count_twice(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = judged__process(profile);
	const struct thread *helper;

	(void)state;
	judged__thread(process, 10 * MS);
	for (int i = 0; i < 2; i++)
		judged__call(judged__thread(process, 50 * MS), "pread64", 100)->slept = 100;
	judged__requests(process, REQUEST_POSIX_AIO, "read", 200);
	judged__again(profile);
	helper = &process->threads[1];
	assert_model(&process->verdict, MODEL_POSIX_AIO);
	assert_int_equal(process->verdict.share_count, 1);
	assert_int_equal(process->verdict.shares[0].operations, 200);
	assert_model(&process->threads[0].verdict, MODEL_POSIX_AIO);
	assert_model(&helper->verdict, MODEL_POSIX_AIO);
	assert_evidence(&helper->verdict, 0, "100 requests of other threads done for them");
	/* what is more than the requests is the threads' own */
	process->requests[0].submitted = process->requests[0].completed = 120;
	judged__again(profile);
	assert_model(&process->verdict, MODEL_MIXED);
	assert_int_equal(process->verdict.shares[1].operations, 80);
	profile__free(profile);
}

/* Whoever called its functions has the requests, whatever other threads do. */
static void requests_of_posix_aio_belong_to_who_asked_for_them(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = judged__process(profile);

	(void)state;
	judged__thread(process, 10 * MS);
	judged__thread(process, 10 * MS)->posix_aio = true;
	judged__call(judged__thread(process, 50 * MS), "sendto", 300);
	judged__requests(process, REQUEST_POSIX_AIO, "read", 200);
	judged__again(profile);
	assert_model(&process->threads[1].verdict, MODEL_POSIX_AIO);
	assert_model(&process->threads[2].verdict, MODEL_BLOCKING);
	/* of two that asked, nobody knows who asked for what */
	process->threads[0].posix_aio = true;
	judged__again(profile);
	assert_int_not_equal(process->threads[1].verdict.model, MODEL_POSIX_AIO);
	profile__free(profile);
}

static void page_faults_that_read_are_mmap(void **state)
{
	struct profile *profile = sample__empty();
	struct thread *thread = judged__one(profile);

	(void)state;
	judged__call(thread, "read", 20);
	thread->major_faults = 500;
	judged__wait(&profile->processes[0], thread, CLASS_FAULT, NULL, NULL, 480, 120 * MS);
	assert_judged(profile, MODEL_MMAP);
	assert_evidence(&thread->verdict, 0,
			"500 page faults that had to read; sleeps in faults: "
			"480, 120 ms in all");
	profile__free(profile);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_on_blocking_descriptors_are_blocking),
		cmocka_unit_test(calls_that_are_still_open_count),
		cmocka_unit_test(each_multiplexer_gives_its_model),
		cmocka_unit_test(o_nonblock_without_a_refusal_is_blocking),
		cmocka_unit_test(refused_calls_are_no_operations),
		cmocka_unit_test(a_call_that_slept_in_a_handler_is_blocking),
		cmocka_unit_test(one_poll_is_no_event_loop),
		cmocka_unit_test(non_blocking_calls_behind_a_few_polls_await_readiness_there),
		cmocka_unit_test(retries_without_a_multiplexer_are_nonblocking),
		cmocka_unit_test(readiness_may_be_awaited_by_another_thread),
		cmocka_unit_test(polls_that_find_nothing_and_do_not_wait_are_nonblocking),
		cmocka_unit_test(signals_that_announce_readiness_are_signal_driven),
		cmocka_unit_test(requests_are_operations_of_their_submitter),
		cmocka_unit_test(requests_of_nobody_knows_whom_leave_threads_unknown),
		cmocka_unit_test(orders_to_a_ring_are_no_io),
		cmocka_unit_test(calls_of_posix_aio_helpers_do_not_count_twice),
		cmocka_unit_test(requests_of_posix_aio_belong_to_who_asked_for_them),
		cmocka_unit_test(page_faults_that_read_are_mmap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Findings on threads, pools, locks and CPUs, each with the fault and just short of it. */
#include "tests/unit/judge_steps.h"

static void threads_by_the_hundred_that_only_wait(void **state)
{
	static const char id[] = "threads_only_wait";
	struct profile *profile = sample__empty();
	struct process *process = judged__process(profile);
	struct cost *cost = &process->cost;
	const struct finding *finding;
	struct thread *last;

	(void)state;
	for (int i = 0; i < 100; i++)
		last = judged__thread(process, 10 * MS);
	cost->kernel_stack = 100 * 16384;
	assert_found(profile, id, 1000 * MS,
		     "100 threads of process 800 `program` do nothing but "
		     "wait");
	assert_found(profile, id, 1000 * MS, "1.56 MiB of kernel stacks:");
	cost->stacks_known = true;
	cost->stack_reserved = 100ULL << 23;
	cost->stack_resident = 100 * 8192;
	assert_found(profile, id, 1000 * MS, "800 KiB of stacks (800 MiB reserved)");
	finding = find(profile, id);
	assert_int_equal(finding->severity, SEVERITY_NOTICE);
	assert_int_equal(finding->tid, 0);
	assert_string_equal(finding->figures[4].name, "stack_reserved_bytes");
	assert_edge(profile, id, &last->account.running, 11 * MS);
	last->account.running = 0;
	assert_edge(profile, id, &last->account.blocked, 9 * MS);
	process->threads_max = 99;
	assert_not_found(profile, id);
	process->threads_max = 100;
	assert_none_on_lost_events(profile, id);
	profile__free(profile);
}

static void rest_on_queue(struct process *process, struct thread *thread, uint64_t times,
			  uint64_t total)
{
	struct wait *wait =
		judged__wait(process, thread, CLASS_LOCK, "futex", "futex 0x7f00", times, total);
	struct wait *sum = &process->waits[process->wait_count - 1];

	wait->futex = sum->futex = FUTEX_USE_QUEUE;
	wait->idle = sum->idle = true;
}

/* A loop that hands its work to two threads. */
static struct process *busy_pool(struct profile *profile)
{
	struct process *process = judged__process(profile);
	struct thread *worker;

	judged__loop(judged__thread(process, 100 * MS), "epoll_wait", 100);
	judged__call(&process->threads[0], "read", 100)->handled = 100;
	for (int i = 0; i < 2; i++) {
		worker = judged__thread(process, 100 * MS);
		judged__call(worker, "pread64", 40);
		rest_on_queue(process, worker, 2, 50 * MS);
		judged__wait(process, worker, CLASS_DISK, "pread64", "file /x", 20, 850 * MS);
	}
	return process;
}

static void a_pool_that_is_always_busy(void **state)
{
	static const char id[] = "pool_saturated";
	struct profile *profile = sample__empty();
	struct process *process = busy_pool(profile);
	struct wait *queue = &process->threads[2].waits[0], *job = &process->threads[2].waits[1];
	char *object;

	(void)state;
	assert_found(profile, id, 1700 * MS,
		     "the pool of 2 threads of process 800 `program` is "
		     "always busy: they rested 4 times (5.0% of their "
		     "time)");
	assert_edge(profile, id, &job->count, 19); /* less than ten for each rest */
	assert_edge(profile, id, &queue->total, 51 * MS);
	assert_edge(profile, id, &process->threads[2].account.lifetime, 9999 * MS);
	/* the other word of its condition variable is the same queue, the next one is another */
	object = queue->object;
	queue->object = strdup("futex 0x7f04");
	assert_found(profile, id, 1700 * MS, "2 threads");
	queue->object[strlen(queue->object) - 1] = '8';
	assert_not_found(profile, id);
	free(queue->object);
	queue->object = object;
	/* computing, more threads would not help them */
	job->total = process->threads[1].waits[1].total = 299 * MS;
	assert_not_found(profile, id);
	job->total = process->threads[1].waits[1].total = 850 * MS;
	/* nobody feeds them */
	process->threads[0].account.running = process->threads[0].loop_count = 0;
	process->threads[0].calls[0].calls = 0;
	assert_not_found(profile, id);
	profile__free(profile);
}

static void a_pool_that_lost_events_is_not_judged(void **state)
{
	struct profile *profile = sample__empty();

	(void)state;
	busy_pool(profile);
	assert_none_on_lost_events(profile, "pool_saturated");
	profile__free(profile);
}

static void a_lock_that_serialises(void **state)
{
	static const char id[] = "lock_serialises_threads";
	struct profile *profile = sample__empty();
	struct process *process = judged__process(profile);
	struct wait *wait = NULL;

	(void)state;
	for (int i = 0; i < 2; i++) {
		wait = judged__wait(process, judged__thread(process, 300 * MS), CLASS_LOCK, "futex",
				    "futex 0x7f00", 25, 100 * MS);
		wait->futex = FUTEX_USE_LOCK;
	}
	assert_found(profile, id, 200 * MS,
		     "2 of its threads waited for it 50 times, 200 ms in "
		     "all (10.0% of their time), in futex on futex 0x7f00");
	/* two rows of one lock are one finding */
	assert_int_equal(profile->finding_count, 1);
	assert_edge(profile, id, &wait->count, 24);
	assert_edge(profile, id, &wait->total, 99 * MS);
	wait->futex = process->threads[0].waits[0].futex = FUTEX_USE_QUEUE;
	for (int i = 0; i < 2; i++)
		process->waits[i].futex = FUTEX_USE_QUEUE;
	assert_not_found(profile, id);
	for (int i = 0; i < 2; i++)
		process->waits[i].futex = FUTEX_USE_LOCK;
	wait->futex = process->threads[0].waits[0].futex = FUTEX_USE_LOCK;
	assert_none_on_lost_events(profile, id);
	profile__free(profile);
}

static void delay_that_exceeds_blocking(void **state)
{
	static const char id[] = "run_queue_delay_exceeds_blocking";
	struct profile *profile = sample__empty();
	struct thread *thread = judged__one(profile);

	(void)state;
	thread->account = (struct account){.lifetime = 1000 * MS,
					   .blocked = 649 * MS,
					   .idle = 600 * MS,
					   .runnable = 50 * MS,
					   .running = 301 * MS};
	thread->wakeups = 20;
	assert_found(profile, id, 50 * MS,
		     "50 ms after 20 wakeups (12.5% of its active time), "
		     "and 49 ms blocked");
	assert_edge(profile, id, &thread->wakeups, 19);
	assert_edge(profile, id, &thread->account.runnable, 49 * MS);
	/* little of its time; at rest it would have been more of it */
	thread->account.blocked = thread->account.idle = 0;
	assert_edge(profile, id, &thread->account.runnable, 50 * MS - 1);
	assert_none_on_lost_events(profile, id);
	profile__free(profile);
}

static void storms_of_preemptions(void **state)
{
	static const char id[] = "preemption_storm";
	struct profile *profile = sample__empty();
	struct thread *thread = judged__one(profile);

	(void)state;
	thread->account = (struct account){
		.lifetime = 200 * MS, .preempted = 100 * MS, .running = 100 * MS - 1};
	thread->involuntary = 100;
	assert_found(profile, id, 100 * MS, "100 times, 1000 times in each second that it ran");
	assert_edge(profile, id, &thread->involuntary, 99);
	assert_edge(profile, id, &thread->account.preempted, 9 * MS);
	/* as often in twice the time: slices of 2 ms are what a scheduler gives */
	assert_edge(profile, id, &thread->account.running, 200 * MS);
	assert_edge(profile, id, &thread->account.running, 100 * MS - 1 + 2);
	assert_none_on_lost_events(profile, id);
	profile__free(profile);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_by_the_hundred_that_only_wait),
		cmocka_unit_test(a_pool_that_is_always_busy),
		cmocka_unit_test(a_pool_that_lost_events_is_not_judged),
		cmocka_unit_test(a_lock_that_serialises),
		cmocka_unit_test(delay_that_exceeds_blocking),
		cmocka_unit_test(storms_of_preemptions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* How processes divide their work, from evidence made by hand. */
#include "judge/structure.h"
#include "judge/thresholds.h"
#include "tests/unit/judge_sample.h"

static void assert_structure(struct profile *profile, size_t process, enum structure structure)
{
	judged__again(profile);
	if (profile->processes[process].structure != structure)
		fail_msg("%s instead of %s", structure__name(profile->processes[process].structure),
			 structure__name(structure));
}

static void rest_on_queue(struct process *process, struct thread *thread, uint64_t times,
			  uint64_t total)
{
	struct wait *wait =
		judged__wait(process, thread, CLASS_LOCK, "futex", "futex 0x7f00", times, total);

	wait->futex = FUTEX_USE_QUEUE;
	wait->idle = true;
}

static struct wait *sleep_on_socket(struct process *process, struct thread *thread,
				    const char *object, uint64_t times, uint64_t total)
{
	struct wait *wait =
		judged__wait(process, thread, CLASS_NETWORK, "recvfrom", object, times, total);

	wait->object_kind = OBJECT_SOCKET;
	judged__call(thread, "recvfrom", times);
	return wait;
}

static struct thread *add_loop(struct process *process)
{
	struct thread *thread = judged__thread(process, 200 * MS);
	struct call *call = judged__call(thread, "read", 500);

	call->nonblocking = call->handled = 500;
	judged__loop(thread, "epoll_wait", 100);
	return thread;
}

static void add_worker(struct process *process)
{
	struct thread *thread = judged__thread(process, 100 * MS);

	judged__call(thread, "pread64", 100)->slept = 100;
	rest_on_queue(process, thread, 100, 500 * MS);
	judged__wait(process, thread, CLASS_DISK, "pread64", "file /x", 100, 400 * MS);
}

static void one_thread_is_sequential(void **state)
{
	struct profile *profile = sample__empty();

	(void)state;
	judged__call(judged__one(profile), "read", 100);
	assert_structure(profile, 0, STRUCTURE_SEQUENTIAL);
	/* threads that do nothing change nothing; io_uring's own are not the program's */
	judged__thread(&profile->processes[0], 0);
	judged__thread(&profile->processes[0], 900 * MS)->io_worker = true;
	assert_structure(profile, 0, STRUCTURE_SEQUENTIAL);
	/* a second that works on something else is another matter */
	judged__call(judged__thread(&profile->processes[0], 10 * MS), "read", 100);
	assert_structure(profile, 0, STRUCTURE_UNKNOWN);
	profile__free(profile);
}

/* Who asks for POSIX AIO has not built a pool: the C library has. */
static void helpers_of_posix_aio_are_not_counted(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = judged__process(profile);

	(void)state;
	judged__thread(process, 200 * MS);
	add_worker(process);
	add_worker(process);
	assert_structure(profile, 0, STRUCTURE_WORKER_POOL);
	judged__requests(process, REQUEST_POSIX_AIO, "read", 200);
	assert_structure(profile, 0, STRUCTURE_SEQUENTIAL);
	profile__free(profile);
}

static void loops_are_counted(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = judged__process(profile);

	(void)state;
	add_loop(process);
	assert_structure(profile, 0, STRUCTURE_EVENT_LOOP);
	/* a pool that has not been asked for anything */
	rest_on_queue(process, judged__thread(process, 0), 1, 1000 * MS);
	assert_structure(profile, 0, STRUCTURE_EVENT_LOOP);
	add_loop(process);
	assert_structure(profile, 0, STRUCTURE_EVENT_LOOPS);
	add_worker(process);
	assert_structure(profile, 0, STRUCTURE_EVENT_LOOP_POOL);
	profile__free(profile);
}

/* A housekeeper of a library: it looks in now and then, and waits long for a busy CPU. */
static void waiting_for_a_cpu_makes_no_worker(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = judged__process(profile);
	struct thread *keeper;

	(void)state;
	add_loop(process);
	keeper = judged__thread(process, 10 * MS);
	rest_on_queue(process, keeper, 5, 990 * MS);
	keeper->account.running = 1 * MS;
	keeper->account.runnable = 9 * MS;
	assert_structure(profile, 0, STRUCTURE_EVENT_LOOP);
	keeper->account.running = 9 * MS;
	keeper->account.runnable = 1 * MS;
	assert_structure(profile, 0, STRUCTURE_EVENT_LOOP_POOL);
	profile__free(profile);
}

static void a_worker_without_a_rest_is_one_all_the_same(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = judged__process(profile);

	(void)state;
	add_loop(process);
	judged__thread(process, 500 * MS);
	assert_structure(profile, 0, STRUCTURE_EVENT_LOOP_POOL);
	profile__free(profile);
}

static void a_polling_loop_is_no_event_loop(void **state)
{
	struct profile *profile = sample__empty();
	struct thread *thread = add_loop(judged__process(profile));

	(void)state;
	thread->loops[0].unslept = 90;
	assert_structure(profile, 0, STRUCTURE_SEQUENTIAL);
	thread->loops[0].unslept = 89;
	assert_structure(profile, 0, STRUCTURE_EVENT_LOOP);
	profile__free(profile);
}

static void workers_rest_on_their_queue(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = judged__process(profile);

	(void)state;
	judged__thread(process, 10 * MS);
	add_worker(process);
	assert_structure(profile, 0, STRUCTURE_UNKNOWN);
	add_worker(process);
	assert_structure(profile, 0, STRUCTURE_WORKER_POOL);
	profile__free(profile);
}

static void threads_that_work_all_the_time_are_parallel(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = judged__process(profile);
	struct thread *thread;

	(void)state;
	judged__thread(process, 760 * MS);
	thread = judged__thread(process, 499 * MS);
	assert_structure(profile, 0, STRUCTURE_UNKNOWN);
	/* asleep for its disk it is still at work */
	judged__wait(process, thread, CLASS_DISK, "read", "file /x", 10, MS);
	assert_structure(profile, 0, STRUCTURE_PARALLEL);
	profile__free(profile);
}

static void threads_that_work_one_after_the_other_are_not(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = judged__process(profile);

	(void)state;
	judged__thread(process, 700 * MS);
	judged__thread(process, 549 * MS);
	assert_structure(profile, 0, STRUCTURE_SEQUENTIAL);
	/* the same work in less time is done side by side */
	process->threads[0].end = process->threads[1].end = 990 * MS;
	assert_structure(profile, 0, STRUCTURE_PARALLEL);
	profile__free(profile);
}

/* On a busy machine a thread that has nothing to do still waits for a CPU to do it. */
static void waiting_for_a_cpu_is_no_work(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = judged__process(profile);
	struct thread *thread;

	(void)state;
	add_loop(process);
	thread = judged__thread(process, MS);
	thread->account.runnable = 100 * MS;
	rest_on_queue(process, thread, 5, 890 * MS);
	assert_structure(profile, 0, STRUCTURE_EVENT_LOOP);
	thread->account.running = 3 * MS;
	assert_structure(profile, 0, STRUCTURE_EVENT_LOOP_POOL);
	profile__free(profile);
}

static void a_server_with_a_thread_for_each_socket(void **state)
{
	static const char *const objects[] = {"tcp 127.0.0.1:80 <- 127.0.0.1",
					      "tcp 127.0.0.1:40000 -> 127.0.0.1:40001"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct profile *profile = sample__empty();
		struct process *process = judged__process(profile);
		struct thread *acceptor, *thread = NULL;

		judged__thread(process, 10 * MS);
		sleep_on_socket(process, judged__thread(process, 50 * MS), objects[i], 100,
				800 * MS);
		assert_structure(profile, 0, STRUCTURE_UNKNOWN);
		for (int j = 0; j < 3; j++) {
			thread = judged__thread(process, 50 * MS);
			sleep_on_socket(process, thread, objects[i], 100, 800 * MS);
			/* the lock of an interpreter looks like a queue */
			rest_on_queue(process, thread, 150, 20 * MS);
		}
		acceptor = &process->threads[0];
		/* where the object tells, nobody has to be seen accepting */
		assert_structure(profile, 0,
				 i ? STRUCTURE_UNKNOWN : STRUCTURE_THREAD_PER_CONNECTION);
		judged__call(acceptor, "accept4", 0)->censored = 1;
		assert_structure(profile, 0, STRUCTURE_THREAD_PER_CONNECTION);
		assert_int_equal(
			structure__role(profile, &process->threads[1], structure__work(process)),
			ROLE_CONNECTION);
		profile__free(profile);
	}
}

/* Its listener polls before it accepts, as many do: that is not what serves. */
static void a_loop_that_only_accepts_serves_nobody(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = judged__process(profile);
	struct thread *listener = judged__thread(process, 10 * MS);
	struct call *call = judged__call(listener, "accept4", 20);

	(void)state;
	call->handled = 20;
	judged__loop(listener, "poll", 20);
	for (int i = 0; i < 3; i++)
		sleep_on_socket(process, judged__thread(process, 50 * MS), "tcp x", 100, 800 * MS);
	assert_structure(profile, 0, STRUCTURE_THREAD_PER_CONNECTION);
	/* where the loop's own calls are most of them, the others are its helpers */
	judged__call(&process->threads[0], "recvfrom", 1300)->handled = 1300;
	assert_structure(profile, 0, STRUCTURE_EVENT_LOOP);
	profile__free(profile);
}

static void a_pool_that_asks_a_database_is_none_of_connections(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = judged__process(profile);

	(void)state;
	judged__call(judged__thread(process, 10 * MS), "accept4", 20);
	for (int i = 0; i < 3; i++) {
		struct thread *thread = judged__thread(process, 50 * MS);

		sleep_on_socket(process, thread, "tcp 10.0.0.7:5432", 100, 300 * MS);
		rest_on_queue(process, thread, 101, 600 * MS);
	}
	assert_structure(profile, 0, STRUCTURE_WORKER_POOL);
	profile__free(profile);
}

static struct profile *forking_server(void)
{
	struct profile *profile = sample__empty();
	struct process *process = judged__process(profile);

	judged__call(judged__thread(process, 10 * MS), "accept4", 3);
	for (int i = 0; i < 2; i++) {
		process = judged__process(profile);
		process->ppid = JUDGED_PID;
		sleep_on_socket(process, judged__thread(process, 10 * MS), "tcp x", 100, 800 * MS);
	}
	return profile;
}

static void a_server_with_a_process_for_each_connection(void **state)
{
	struct profile *profile = forking_server();

	(void)state;
	assert_structure(profile, 0, STRUCTURE_PROCESS_PER_CONNECTION);
	assert_int_equal(profile->processes[2].structure, STRUCTURE_PROCESS_PER_CONNECTION);
	/* children of somebody else */
	profile->processes[2].ppid = 1;
	assert_structure(profile, 0, STRUCTURE_SEQUENTIAL);
	assert_int_equal(profile->processes[2].structure, STRUCTURE_SEQUENTIAL);
	profile__free(profile);
}

/* Each accepts by itself: a pool of processes, each one thing after the other. */
static void children_that_accept_are_no_process_per_connection(void **state)
{
	struct profile *profile = forking_server();

	(void)state;
	judged__call(&profile->processes[1].threads[0], "accept4", 3);
	assert_structure(profile, 0, STRUCTURE_SEQUENTIAL);
	profile__free(profile);
}

static void threads_that_lost_events_leave_it_unknown(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = judged__process(profile);

	(void)state;
	add_loop(process)->incomplete = true;
	assert_structure(profile, 0, STRUCTURE_UNKNOWN);
	/* a switch or two that were not seen hide no other structure */
	process->threads[0].lost = 2;
	assert_structure(profile, 0, STRUCTURE_EVENT_LOOP);
	process->threads[0].account.unknown = 51 * MS;
	assert_structure(profile, 0, STRUCTURE_UNKNOWN);
	process->threads[0].incomplete = false;
	/* one that does nothing has nothing to tell */
	judged__thread(process, 0)->incomplete = true;
	assert_structure(profile, 0, STRUCTURE_EVENT_LOOP);
	profile__free(profile);
}

static void the_waits_tier_knows_loops_by_their_sleeps(void **state)
{
	struct profile *profile = sample__empty();
	struct thread *thread = judged__one(profile);

	(void)state;
	profile->tier = TIER_WAITS;
	judged__wait(&profile->processes[0], thread, CLASS_MULTIPLEX, "epoll_wait", "epoll fd 4",
		     LOOP_RETURNS_LEAST, 800 * MS);
	assert_structure(profile, 0, STRUCTURE_EVENT_LOOP);
	judged__wait(&profile->processes[0], thread, CLASS_DISK, "read", "file /x",
		     LOOP_RETURNS_LEAST + 1, 100 * MS);
	assert_structure(profile, 0, STRUCTURE_SEQUENTIAL);
	profile__free(profile);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_thread_is_sequential),
		cmocka_unit_test(helpers_of_posix_aio_are_not_counted),
		cmocka_unit_test(loops_are_counted),
		cmocka_unit_test(waiting_for_a_cpu_makes_no_worker),
		cmocka_unit_test(a_worker_without_a_rest_is_one_all_the_same),
		cmocka_unit_test(a_polling_loop_is_no_event_loop),
		cmocka_unit_test(workers_rest_on_their_queue),
		cmocka_unit_test(threads_that_work_all_the_time_are_parallel),
		cmocka_unit_test(threads_that_work_one_after_the_other_are_not),
		cmocka_unit_test(waiting_for_a_cpu_is_no_work),
		cmocka_unit_test(a_server_with_a_thread_for_each_socket),
		cmocka_unit_test(a_loop_that_only_accepts_serves_nobody),
		cmocka_unit_test(a_pool_that_asks_a_database_is_none_of_connections),
		cmocka_unit_test(a_server_with_a_process_for_each_connection),
		cmocka_unit_test(children_that_accept_are_no_process_per_connection),
		cmocka_unit_test(threads_that_lost_events_leave_it_unknown),
		cmocka_unit_test(the_waits_tier_knows_loops_by_their_sleeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

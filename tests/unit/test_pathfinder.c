// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The critical path: from streams of events whose path is known. */
#include <errno.h>
#include <stdlib.h>

#include "recording/pathfinder.h"
#include "recording/path_tree.h"
#include "tests/unit/cast_steps.h"

#define COMMAND	 1 /* thread rows; thread ids are 100, 101, 102 */
#define CHILD	 2
#define THREAD	 3 /* of the command */
#define HELD	 4
#define STRANGER 5
#define READ	 0 /* syscalls */
#define PIPE_ROW 1 /* waits */
#define DISK_ROW 2

static struct pathfinder *finder;
static struct critical_path *path;

static void happens(unsigned int cpu, const struct stream_event *event)
{
	assert_int_equal(pathfinder__event(finder, cpu, event), 0);
}

static void begins(unsigned int cpu, uint64_t time, uint32_t thread, uint8_t state)
{
	happens(cpu, &(struct stream_event){.time = time,
					    .thread = thread,
					    .kind = STREAM_BEGIN,
					    .flags = state,
					    .call = SYSCALL_NONE,
					    .result = LEDGER_USER});
}

/* The command's window begins at 1000, on CPU 0. */
static int begin(void **state)
{
	const struct identity_thread threads[] = {
		{.tid = 100, .tgid = 100, .ppid = 1, .comm = "command"},
		{.tid = 101, .tgid = 101, .ppid = 100, .comm = "child"},
		{.tid = 102, .tgid = 100, .ppid = 1, .comm = "thread"},
		{.tid = 100, .tgid = 100, .ppid = 1, .flags = THREAD_HELD, .comm = "held"},
		{.tid = 103, .tgid = 103, .ppid = 100, .comm = "stranger"},
	};
	const struct object_row pipe = {.key = {.kind = OBJECT_PIPE, .number = 77}};
	const struct wait_key keys[] = {
		{.thread = COMMAND,
		 .syscall = READ,
		 .object = 1,
		 .sleep = LEDGER_SLEEP_INTERRUPTIBLE},
		{.thread = CHILD,
		 .syscall = READ,
		 .flags = WAIT_IN_IOWAIT,
		 .sleep = LEDGER_SLEEP_UNINTERRUPTIBLE},
	};

	(void)state;
	path = NULL;
	cast = cast__new(NULL);
	for (uint32_t i = 0; i < COUNT(threads); i++)
		identify(POOL_THREADS, i + 1, &threads[i], sizeof(threads[i]));
	identify(POOL_OBJECTS, 1, &pipe, sizeof(pipe));
	for (uint32_t i = 0; i < COUNT(keys); i++)
		identify(POOL_WAITS, i + 1, &keys[i], sizeof(keys[i]));
	finder = pathfinder__new(cast);
	begins(0, 500, HELD, LEDGER_RUNNING);
	begins(0, 1000, COMMAND, LEDGER_USER);
	return 0;
}

static int end(void **state)
{
	(void)state;
	critical_path__free(path);
	pathfinder__free(finder);
	cast__free(cast);
	return 0;
}

/* `row`: of the wait that begins; 0: it is put off; LAST: it ends. */
#define LAST 99

static void switches(unsigned int cpu, uint64_t time, uint32_t from, uint32_t to, uint32_t row)
{
	uint8_t flags = row == LAST ? LEDGER_EVENT_ENDED
			: row	    ? LEDGER_EVENT_BLOCKED
				    : LEDGER_EVENT_PREEMPTED;

	happens(cpu, &(struct stream_event){.time = time,
					    .thread = from,
					    .other = to,
					    .row = row == LAST ? 0 : row,
					    .call = SYSCALL_NONE,
					    .kind = STREAM_SWITCH,
					    .flags = flags});
}

static void wakes(unsigned int cpu, uint64_t time, uint32_t thread, uint32_t kind, uint32_t tid,
		  uint8_t taken_for)
{
	happens(cpu, &(struct stream_event){.time = time,
					    .thread = thread,
					    .other = tid,
					    .kind = STREAM_WAKING,
					    .flags = taken_for,
					    .result = (int32_t)kind});
}

static void woken_by(unsigned int cpu, uint64_t time, uint32_t thread, uint32_t kind, uint32_t tid)
{
	wakes(cpu, time, thread, kind, tid, LEDGER_EVENT_WOKEN);
}

static void loses(unsigned int cpu, uint64_t time)
{
	happens(cpu, &(struct stream_event){.time = time, .row = 3, .kind = STREAM_LOST});
}

/* The rows of the path add up to the window, whatever happened. */
static void find_path(uint64_t until)
{
	uint64_t sum = 0;

	assert_int_equal(pathfinder__finish(finder, until, &path), 0);
	assert_int_equal(path->window, until - 1000);
	for (size_t i = 0; i < path->row_count; i++)
		sum += path->rows[i].time;
	assert_int_equal(sum, path->window);
}

/* On the path of that thread (0: of none), in that way. */
static uint64_t time_of(int tid, enum path_cause_kind kind)
{
	uint64_t time = 0;

	for (size_t i = 0; i < path->row_count; i++)
		if (path->rows[i].thread->tid == tid && path->rows[i].cause->kind == kind)
			time += path->rows[i].time;
	return time;
}

#define check(tid, kind, time) assert_int_equal(time_of(tid, kind), time)

static void what_runs_is_its_own_path(void **state)
{
	(void)state;
	switches(0, 3000, COMMAND, 0, LAST);
	find_path(3100);
	check(100, PATH_RUNNING, 2000);
	check(0, PATH_AFTER, 100);
	assert_true(path->ended);
	assert_string_equal(path->rows[0].thread->comm, "command");
}

static void a_sleep_that_no_thread_ended_is_on_it(void **state)
{
	(void)state;
	switches(0, 1500, COMMAND, 0, PIPE_ROW);
	woken_by(1, 2500, COMMAND, WAKER_SOFTIRQ, 0);
	switches(0, 2600, 0, COMMAND, 0);
	switches(0, 3000, COMMAND, 0, LAST);
	find_path(3000);
	check(100, PATH_RUNNING, 900);
	check(100, PATH_ASLEEP, 1000);
	check(100, PATH_RUNNABLE, 100);
	assert_string_equal(path->rows[0].cause->object, "pipe:[77]");
	assert_int_equal(path->rows[0].cause->waker, WAKER_SOFTIRQ);
}

static void being_put_off_is_on_it(void **state)
{
	(void)state;
	switches(0, 1500, COMMAND, 0, 0);
	switches(1, 1800, 0, COMMAND, 0);
	switches(1, 3000, COMMAND, 0, LAST);
	find_path(3000);
	check(100, PATH_RUNNING, 1700);
	check(100, PATH_PREEMPTED, 300);
}

/* Created at 1200, runs from 1300 on CPU 1; the command sleeps from 1400 on. */
static void create(uint32_t thread)
{
	begins(0, 1200, thread, LEDGER_RUNNABLE);
	switches(1, 1300, 0, thread, 0);
	switches(0, 1400, COMMAND, 0, PIPE_ROW);
}

/* The last switch of the command. */
static void end_command(void)
{
	switches(0, 3000, COMMAND, 0, LAST);
	find_path(3000);
}

static void a_child_that_is_waited_for_is_on_it(void **state)
{
	(void)state;
	create(CHILD);
	switches(1, 1500, CHILD, 0, DISK_ROW);
	woken_by(1, 2000, CHILD, WAKER_TIMER, 0);
	switches(1, 2100, 0, CHILD, 0);
	woken_by(1, 2500, COMMAND, WAKER_SIGNAL, 101);
	switches(1, 2520, CHILD, 0, LAST);
	switches(0, 2550, 0, COMMAND, 0);
	end_command();
	check(100, PATH_RUNNING, 200 + 450);
	check(101, PATH_RUNNABLE, 100 + 100);
	check(101, PATH_RUNNING, 200 + 400);
	check(101, PATH_ASLEEP, 500);
	check(100, PATH_RUNNABLE, 50);
	check(100, PATH_ASLEEP, 0);
}

static void a_thread_that_is_joined_is_on_it(void **state)
{
	(void)state;
	create(THREAD);
	woken_by(1, 2500, COMMAND, WAKER_THREAD, 102);
	switches(1, 2600, THREAD, 0, LAST);
	switches(0, 2700, 0, COMMAND, 0);
	end_command();
	check(102, PATH_RUNNING, 1200);
	check(102, PATH_RUNNABLE, 100);
	check(100, PATH_RUNNABLE, 200);
	check(100, PATH_RUNNING, 500);
}

/* interrupt -> child -> command: the disk that the child waited for is on it. */
static void a_chain_of_wakings_ends_in_the_interrupt(void **state)
{
	(void)state;
	create(CHILD);
	switches(1, 1450, CHILD, 0, DISK_ROW);
	woken_by(0, 2400, CHILD, WAKER_HARDIRQ, 0);
	switches(1, 2410, 0, CHILD, 0);
	woken_by(1, 2500, COMMAND, WAKER_THREAD, 101);
	switches(0, 2510, 0, COMMAND, 0);
	end_command();
	check(101, PATH_ASLEEP, 950);
	check(101, PATH_RUNNING, 240);
	check(100, PATH_RUNNABLE, 10);
	assert_int_equal(path->rows[0].cause->class, CLASS_DISK);
	assert_int_equal(path->rows[0].cause->waker, WAKER_HARDIRQ);
}

static void being_put_off_is_on_the_path_of_the_waker_too(void **state)
{
	(void)state;
	create(CHILD);
	switches(1, 1500, CHILD, 0, 0);
	switches(1, 2300, 0, CHILD, 0);
	woken_by(1, 2500, COMMAND, WAKER_THREAD, 101);
	switches(0, 2510, 0, COMMAND, 0);
	end_command();
	check(101, PATH_PREEMPTED, 800);
	check(101, PATH_RUNNING, 400);
}

/* Who is woken before it sleeps has not waited. */
static void an_early_waking_is_not_followed(void **state)
{
	(void)state;
	begins(0, 1200, CHILD, LEDGER_RUNNABLE);
	switches(1, 1300, 0, CHILD, 0);
	wakes(1, 1350, COMMAND, WAKER_THREAD, 101, LEDGER_EVENT_EARLY);
	switches(0, 1400, COMMAND, 0, PIPE_ROW);
	switches(0, 1450, 0, COMMAND, 0);
	end_command();
	check(100, PATH_RUNNING, 400 + 1550);
	check(100, PATH_RUNNABLE, 50);
	check(101, PATH_RUNNING, 0);
}

/* Whoever wakes another may be woken by that later; each has the other's path up to then. */
static void threads_that_wake_each_other_take_turns(void **state)
{
	(void)state;
	create(CHILD);
	for (uint64_t time = 1500; time < 2900; time += 100) {
		woken_by(1, time, COMMAND, WAKER_THREAD, 101);
		switches(1, time + 10, CHILD, 0, DISK_ROW);
		switches(0, time + 20, 0, COMMAND, 0);
		woken_by(0, time + 50, CHILD, WAKER_THREAD, 100);
		if (time + 100 < 2900)
			switches(0, time + 60, COMMAND, 0, PIPE_ROW);
		switches(1, time + 70, 0, CHILD, 0);
	}
	end_command();
	check(100, PATH_ASLEEP, 0);
	check(101, PATH_ASLEEP, 0);
	check(101, PATH_RUNNING, 200 + 13 * 30);
}

/* --- what is not known -------------------------------------------------------------------------
 */

static void what_lies_before_a_loss_is_unknown(void **state)
{
	(void)state;
	create(CHILD);
	loses(5, 1800);
	switches(5, 1900, 0, THREAD, 0);
	woken_by(1, 2500, COMMAND, WAKER_THREAD, 101);
	switches(0, 2550, 0, COMMAND, 0);
	end_command();
	check(0, PATH_UNKNOWN, 900);
	check(101, PATH_RUNNING, 600);
	check(100, PATH_RUNNABLE, 50);
	assert_int_equal(path->lost, 3);
}

/* It may have slept for something else while events were lost. */
static void a_sleep_across_a_loss_is_unknown(void **state)
{
	(void)state;
	switches(0, 1500, COMMAND, 0, PIPE_ROW);
	loses(5, 1800);
	switches(5, 1900, 0, THREAD, 0);
	woken_by(1, 2500, COMMAND, WAKER_SOFTIRQ, 0);
	switches(0, 2600, 0, COMMAND, 0);
	end_command();
	check(100, PATH_ASLEEP, 0);
	check(0, PATH_UNKNOWN, 900);
	check(100, PATH_UNKNOWN, 700);
	check(100, PATH_RUNNING, 400);
}

static void a_waking_before_a_loss_is_not_followed(void **state)
{
	(void)state;
	create(CHILD);
	woken_by(1, 1700, COMMAND, WAKER_THREAD, 101);
	loses(5, 1800);
	switches(5, 1900, 0, THREAD, 0);
	switches(0, 2550, 0, COMMAND, 0);
	end_command();
	check(101, PATH_RUNNING, 0);
	check(0, PATH_UNKNOWN, 900);
	check(100, PATH_UNKNOWN, 650);
}

static void a_loss_that_lasts_hides_all(void **state)
{
	(void)state;
	loses(5, 2900);
	end_command();
	check(0, PATH_UNKNOWN, 2000);
}

static void a_waking_that_was_not_seen_is_unknown(void **state)
{
	(void)state;
	switches(0, 1500, COMMAND, 0, PIPE_ROW);
	happens(0, &(struct stream_event){.time = 2500,
					  .other = COMMAND,
					  .call = SYSCALL_NONE,
					  .kind = STREAM_SWITCH,
					  .flags = STREAM_IN_LOST_WAKING});
	end_command();
	check(100, PATH_UNKNOWN, 1000);
	check(100, PATH_ASLEEP, 0);
}

/* Its CPU seems to have run somebody who cannot have created it. */
static void a_creator_that_is_hidden_is_unknown(void **state)
{
	(void)state;
	begins(0, 1050, STRANGER, LEDGER_RUNNABLE);
	switches(3, 1100, 0, STRANGER, 0);
	begins(3, 1200, CHILD, LEDGER_RUNNABLE);
	switches(1, 1300, 0, CHILD, 0);
	switches(0, 1400, COMMAND, 0, PIPE_ROW);
	woken_by(1, 2500, COMMAND, WAKER_THREAD, 101);
	switches(0, 2550, 0, COMMAND, 0);
	end_command();
	check(0, PATH_UNKNOWN, 200);
	check(101, PATH_RUNNING, 1200);
}

static void a_trace_may_end_before_the_command(void **state)
{
	(void)state;
	switches(0, 1500, COMMAND, 0, PIPE_ROW);
	find_path(3000);
	assert_false(path->ended);
	check(100, PATH_ASLEEP, 1500);
	check(100, PATH_RUNNING, 500);
}

static void a_command_that_is_nowhere_any_more_is_unknown(void **state)
{
	const struct identity_thread other = {.tid = 300, .tgid = 300, .comm = "other"};

	(void)state;
	identify(POOL_THREADS, COMMAND, &other, sizeof(other));
	find_path(3000);
	check(0, PATH_UNKNOWN, 2000);
}

static void without_a_command_there_is_no_path(void **state)
{
	struct pathfinder *other = pathfinder__new(cast);

	(void)state;
	assert_int_equal(pathfinder__finish(other, 3000, &path), -ENODATA);
	assert_null(path);
	pathfinder__free(other);
}

/* --- any events --------------------------------------------------------------------------------
 */

static struct stream_event any_event(uint64_t time)
{
	struct stream_event event = {.time = time + (uint64_t)(rand() % 40),
				     .thread = (uint32_t)rand() % 4,
				     .other = (uint32_t)rand() % 4,
				     .row = (uint32_t)rand() % 3,
				     .call = SYSCALL_NONE,
				     .kind = (uint8_t)(1 + rand() % (STREAM_KINDS - 1)),
				     .flags = (uint8_t)(rand() % 8)};

	if (event.kind == STREAM_LOST && rand() % 8)
		event.kind = STREAM_SWITCH;
	if (event.kind == STREAM_WAKING || !event.thread) {
		event.kind = STREAM_WAKING;
		event.thread = 1 + (uint32_t)rand() % 3;
		event.other = rand() % 2 ? 100 + (uint32_t)rand() % 3 : 0;
		event.result = rand() % WAKER_KINDS;
	}
	return event;
}

/* Whatever comes, in an order or in none, the rows are the window. */
static void any_events_make_a_path_of_the_right_length(void **state)
{
	for (unsigned int seed = 0; seed < 300; seed++) {
		uint64_t time = 1000;

		srand(seed);
		for (int i = 0; i < 200; i++) {
			struct stream_event event = any_event(time += (uint64_t)(rand() % 20));

			happens((unsigned int)rand() % 3, &event);
		}
		find_path(time + 100);
		end(state);
		begin(state);
	}
}

/* --- how much it keeps -------------------------------------------------------------------------
 */

static void a_tree_stays_small(void **state)
{
	struct path_tree tree = {0};
	struct path_node *one = path_node__new(&tree, NULL), *two = path_node__new(&tree, NULL);
	struct path_sums sums = {0};
	uint64_t time = 0;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		struct path_node *trunk, *tip = one;

		assert_int_equal(path_node__add(one, (uint64_t)(i % 7), 3), 0);
		trunk = path_node__fork(&tree, &one);
		assert_non_null(trunk);
		path_node__release(&tree, two);
		two = one == tip ? NULL : one; /* the other one goes on */
		one = path_node__new(&tree, trunk);
		assert_int_equal(path_tree__tidy(&tree), 0);
		assert_true(tree.count < 3000);
	}
	assert_int_equal(path_node__sum(one, &sums), 0);
	for (uint32_t i = 0; i < sums.room; i++)
		time += sums.places[i].time;
	assert_int_equal(sums.used, 7);
	assert_int_equal(time, 300000);
	free(sums.places);
	path_tree__clear(&tree);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(what_runs_is_its_own_path),
		TEST(a_sleep_that_no_thread_ended_is_on_it),
		TEST(being_put_off_is_on_it),
		TEST(a_child_that_is_waited_for_is_on_it),
		TEST(a_thread_that_is_joined_is_on_it),
		TEST(a_chain_of_wakings_ends_in_the_interrupt),
		TEST(being_put_off_is_on_the_path_of_the_waker_too),
		TEST(an_early_waking_is_not_followed),
		TEST(threads_that_wake_each_other_take_turns),
		TEST(what_lies_before_a_loss_is_unknown),
		TEST(a_sleep_across_a_loss_is_unknown),
		TEST(a_waking_before_a_loss_is_not_followed),
		TEST(a_loss_that_lasts_hides_all),
		TEST(a_waking_that_was_not_seen_is_unknown),
		TEST(a_creator_that_is_hidden_is_unknown),
		TEST(a_trace_may_end_before_the_command),
		TEST(a_command_that_is_nowhere_any_more_is_unknown),
		TEST(without_a_command_there_is_no_path),
		TEST(any_events_make_a_path_of_the_right_length),
		TEST(a_tree_stays_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

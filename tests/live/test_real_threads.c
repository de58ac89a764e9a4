// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* python3 with threads: a queue, a lock, a pause, and the interpreter's own lock. */
#include <stdlib.h>
#include <string.h>

#include "tests/live/lib/real.h"

#define MILLISECOND 1000000LL
#define PAUSES	    20

/* A worker that takes 20 things from a queue, one thread that pauses 20 times, and one that wants
 * a lock that the main thread holds for 0.2 s. It says who is who. */
static const char script[] =
	"import json, queue, threading, time\n"
	"ids = {'main': threading.get_native_id()}\n"
	"things, held, here = queue.Queue(), threading.Lock(), threading.Barrier(4)\n"
	"def enter(name):\n"
	"    ids[name] = threading.get_native_id()\n"
	"    here.wait()\n"
	"def worker():\n"
	"    enter('worker')\n"
	"    while things.get() is not None: pass\n"
	"def sleeper():\n"
	"    enter('sleeper')\n"
	"    for i in range(20): time.sleep(0.005)\n"
	"def contender():\n"
	"    enter('contender')\n"
	"    with held: pass\n"
	"held.acquire()\n"
	"threads = [threading.Thread(target=t) for t in (worker, sleeper, contender)]\n"
	"for t in threads: t.start()\n"
	"here.wait()\n"
	"for i in range(20):\n"
	"    time.sleep(0.01)\n"
	"    things.put(i)\n"
	"things.put(None)\n"
	"held.release()\n"
	"for t in threads: t.join()\n"
	"print(json.dumps(ids))\n";

static struct json_object *thread_of(struct trace *trace, const char *name)
{
	return the_thread(trace->profile, (pid_t)json__integer(trace->truth, name));
}

/* The longest wait for a futex. */
static struct json_object *longest_lock_wait(struct json_object *thread)
{
	struct json_object *wait, *longest = NULL;

	json__each (wait, thread, "waits") {
		if (strcmp(json__string(wait, "class"), "lock") != 0)
			continue;
		if (!longest ||
		    json__integer(wait, "total_ns") > json__integer(longest, "total_ns"))
			longest = wait;
	}
	if (!longest)
		live__fail("thread %s waited for no lock", json__show(json__at(thread, "tid")));
	assert_string_equal(json__string(longest, "syscall"), "futex");
	assert_true(real__object_is(longest, "futex 0x"));
	return longest;
}

static void threads_of_python_wait_for_each_other(void **state)
{
	struct trace *trace = real__run(WORDS("--", "/usr/bin/python3", "-c", script));
	struct json_object *wait, *process;
	pid_t main_tid;

	(void)state;
	assert_non_null(trace->truth);
	main_tid = (pid_t)json__integer(trace->truth, "main");
	process = the_process(trace->profile, main_tid);
	assert_count(json__length(process, "threads"), 4);
	assert_count(json__integer(process, "threads_max"), 4);

	/* a pause of one thread is no pause of another */
	wait = the_wait(thread_of(trace, "sleeper"), "timer", "clock_nanosleep", NULL);
	assert_count(json__integer(wait, "count"), PAUSES);
	assert_count(waker_count(wait, "timer", 0), PAUSES);
	assert_time_within(json__number(wait, "total_ns"), 5 * MILLISECOND * PAUSES, 10,
			   20 * MILLISECOND);
	assert_count(
		json__integer(the_wait(thread_of(trace, "main"), "timer", NULL, NULL), "count"),
		PAUSES);
	assert_null(find_wait(thread_of(trace, "worker"), "timer", NULL, NULL));

	/* who puts something into the queue wakes the worker, and gives the lock back */
	wait = longest_lock_wait(thread_of(trace, "worker"));
	assert_true(json__integer(wait, "total_ns") > 100 * MILLISECOND);
	assert_true(waker_count(wait, "thread", main_tid) >= 1);
	wait = longest_lock_wait(thread_of(trace, "contender"));
	assert_true(json__integer(wait, "total_ns") > 150 * MILLISECOND);
	assert_count(waker_count(wait, "thread", main_tid), json__integer(wait, "count"));
}

/* A worker that waits for work is at rest: nothing in it is held up. */
static void a_worker_on_its_queue_is_idle(void **state)
{
	struct trace *trace = real__run(WORDS("--", "/usr/bin/python3", "-c", script));
	struct json_object *ledger = json__at(thread_of(trace, "worker"), "ledger");

	(void)state;
	assert_true(json__integer(ledger, "idle_ns") > json__integer(ledger, "blocked_ns") / 2);
	ledger = json__at(thread_of(trace, "sleeper"), "ledger");
	assert_true(json__integer(ledger, "idle_ns") < json__integer(ledger, "blocked_ns") / 2);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(threads_of_python_wait_for_each_other),
		LIVE_TEST(a_worker_on_its_queue_is_idle),
	};

	real__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

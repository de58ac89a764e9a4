// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The kernel keeps books of its own: run time, run-queue delay and switches of each thread. They
 * agree with waitscope's, in its audit and as /proc has them. The threads are created in the window
 * and are asleep, but alive, when both are read: so both count from zero, and to the same event.
 */
#define _GNU_SOURCE
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/live/lib/live.h"
#include "tests/live/lib/role.h"

/* --- threads that keep a CPU busy ----------------------------------------------------------------
 */

struct pair {
	int to_first[2], to_second[2];
	unsigned int cpu_of_second;
	long rounds;
};

static void *wait_here(void)
{
	for (;;)
		pause();
	return NULL;
}

static void *serve(void *context)
{
	struct pair *pair = context;
	char byte = 'b';

	role__pin(0);
	for (long i = 0; i < pair->rounds; i++) {
		role__check(write(pair->to_second[1], &byte, 1), "write");
		role__check(read(pair->to_first[0], &byte, 1), "read");
	}
	return wait_here();
}

static void *answer(void *context)
{
	struct pair *pair = context;
	char byte;

	role__pin(pair->cpu_of_second);
	for (long i = 0; i < pair->rounds; i++) {
		role__check(read(pair->to_second[0], &byte, 1), "read");
		role__check(write(pair->to_first[1], &byte, 1), "write");
	}
	return wait_here();
}

/* What perf bench sched pipe does: a byte goes to and fro. */
static void pingpong(unsigned int cpu_of_second)
{
	static struct pair pair;

	pair.rounds = 10000;
	pair.cpu_of_second = cpu_of_second;
	role__check(pipe(pair.to_first), "pipe");
	role__check(pipe(pair.to_second), "pipe");
	role__thread("one", serve, &pair, NULL);
	role__thread("two", answer, &pair, NULL);
}

#define SPIN_MS 400

static void *spin(void *context)
{
	(void)context;
	role__pin(0);
	role__spin_until(live__now() + SPIN_MS * 1000000ULL);
	return wait_here();
}

/* Has the CPU of the second thread to itself whenever that one is asleep. */
static void *hog(void *context)
{
	(void)context;
	role__pin(1);
	for (;;)
		role__spin_until(live__now() + 1000000000ULL);
	return NULL;
}

static void *yield(void *context)
{
	(void)context;
	role__pin(0);
	for (uint64_t end = live__now() + 100000000ULL; live__now() < end;)
		sched_yield();
	return wait_here();
}

/* Waits for "go", sets two threads of that kind to work, and stays. */
static int run_pair(int argc, char **argv)
{
	char line[8];

	role__say("ready\n");
	role__hear(line, sizeof(line));
	if (argc > 1 && strcmp(argv[1], "pingpong") == 0) {
		pingpong(0);
	} else if (argc > 1 && strcmp(argv[1], "apart") == 0) {
		pingpong(1);
	} else if (argc > 1 && strcmp(argv[1], "preempt") == 0) {
		role__thread("hog", hog, NULL, NULL);
		pingpong(1);
	} else {
		void *(*work)(void *) = argc > 1 && strcmp(argv[1], "yield") == 0 ? yield : spin;

		role__thread("one", work, NULL, NULL);
		role__thread("two", work, NULL, NULL);
	}
	return role__hear(line, sizeof(line));
}

/* --- the books ----------------------------------------------------------------------------------
 */

struct books {
	double runtime, rundelay, voluntary, involuntary;
};

static double field(const char *text, const char *name)
{
	const char *at = text ? strstr(text, name) : NULL;

	if (!at)
		live__fail("there is no %s", name);
	return strtod(at + strlen(name), NULL);
}

static struct books books_of(pid_t pid, pid_t tid)
{
	const char *task = live__text("/proc/%d/task/%d", pid, tid);
	const char *schedstat = live__read_file(live__text("%s/schedstat", task), NULL);
	const char *status = live__read_file(live__text("%s/status", task), NULL);
	struct books books;

	if (!schedstat || sscanf(schedstat, "%lf %lf", &books.runtime, &books.rundelay) != 2)
		live__skip("this kernel has no schedstat");
	books.voluntary = field(status, "\nvoluntary_ctxt_switches:");
	books.involuntary = field(status, "nonvoluntary_ctxt_switches:");
	return books;
}

static const char *outside(const char *what, double theirs, double low, double high, double allowed)
{
	if (theirs >= low - allowed && theirs <= high + allowed)
		return NULL;
	return live__text("%s: the kernel has %.0f, waitscope %.0f to %.0f, give or take %.0f",
			  what, theirs, low, high, allowed);
}

static const char *differ_from(struct json_object *thread, const struct books *theirs)
{
	double voluntary = json__number(thread, "voluntary_switches");
	double involuntary = json__number(thread, "involuntary_switches");
	double switches = voluntary + involuntary;
	double wakeups = json__number(thread, "wakeups");
	double running = json__number(thread, "ledger.running_ns");
	double delay = json__number(thread, "ledger.runnable_ns") +
		       json__number(thread, "ledger.preempted_ns");
	/* Woken on an idle CPU: the kernel books the time from enqueue to switch-in as run time
	 * (rq_clock_skip_update()), at most all of it. bpf/records.h, idle_wake. */
	double band = json__number(thread, "books.idle_wake_ns");
	const char *difference;

	difference = outside("voluntary switches", theirs->voluntary, voluntary, voluntary, 2);
	if (!difference)
		difference = outside("involuntary switches", theirs->involuntary, involuntary,
				     involuntary, 2);
	if (!difference && !live__emulated())
		difference = outside("run time", theirs->runtime, running, running + band,
				     running * 0.005 + switches * 2000);
	if (!difference && !live__emulated())
		difference = outside("run-queue delay", theirs->rundelay, delay - band, delay,
				     delay * 0.02 + wakeups * 5000);
	return difference;
}

/* The audit's own columns are these figures too. */
static void check_audit(struct json_object *thread, const struct books *theirs)
{
	struct json_object *books = json__at(thread, "books");

	assert_count(json__integer(books, "kernel_runtime_ns"), theirs->runtime);
	assert_count(json__integer(books, "kernel_rundelay_ns"), theirs->rundelay);
	assert_count(json__integer(books, "kernel_voluntary"), theirs->voluntary);
	assert_count(json__integer(books, "kernel_involuntary"), theirs->involuntary);
	assert_count(json__integer(books, "runtime_ns"),
		     json__integer(thread, "ledger.running_ns"));
	assert_count(json__integer(books, "rundelay_ns"),
		     json__integer(thread, "ledger.runnable_ns") +
			     json__integer(thread, "ledger.preempted_ns"));
}

static pid_t tid_named(pid_t pid, const char *name)
{
	struct program *list;
	char *lines, *line;

	program__run(&list,
		     WORDS("sh", "-c", live__text("grep -sx %s /proc/%d/task/*/comm", name, pid)),
		     LIVE_TIMEOUT_MS);
	lines = program__output(list);
	line = strstr(lines, "/task/");
	return line ? atoi(line + strlen("/task/")) : 0;
}

static pid_t await_thread(pid_t pid, const char *name)
{
	uint64_t deadline = live__now() + LIVE_TIMEOUT_MS * 1000000ULL;
	pid_t tid;

	while (!(tid = tid_named(pid, name)))
		if (live__now() > deadline)
			live__fail("process %d never had a thread '%s'", pid, name);
	return tid;
}

/* At rest it is in pause(). */
static void await_rest(pid_t pid, pid_t tid)
{
	const char *path = live__text("/proc/%d/task/%d/syscall", pid, tid);
	uint64_t deadline = live__now() + LIVE_TIMEOUT_MS * 1000000ULL;

	for (;;) {
		const char *call = live__read_file(path, NULL);

		if (call && strncmp(call, "34 ", 3) == 0 && task__state(pid, tid) == 'S')
			return;
		if (live__now() > deadline)
			live__fail("thread %d never rested: %s", tid, call ? call : "(gone)");
		live__sleep_ms(10);
	}
}

/*
 * Was the thread alone with its peer, as the test means it to be? Strangers that preempt it take
 * what it ran since they were enqueued with them, in the kernel's books; and in front of a CPU that
 * strangers keep busy there is no idle CPU to be woken on.
 */
static bool was_undisturbed(struct json_object *thread, struct json_object *peer, const char *kind)
{
	double lifetime = json__number(thread, "ledger.lifetime_ns");
	double waited = json__number(thread, "ledger.preempted_ns");
	double peer_ran = json__number(peer, "ledger.running_ns");

	if (strcmp(kind, "apart") == 0)
		return json__number(thread, "books.idle_wake_ns") >
		       0.9 * json__number(thread, "ledger.runnable_ns");
	if (strcmp(kind, "spin") != 0 && strcmp(kind, "yield") != 0)
		return true;
	/* they share a CPU: each waits for as long as the other runs */
	if (fabs(waited - peer_ran) > 0.02 * lifetime)
		return false;
	return strcmp(kind, "yield") == 0 ||
	       json__integer(thread, "involuntary_switches") < SPIN_MS / 4;
}

struct outcome {
	const char *difference; /* NULL: none */
	bool valid;		/* no switch was hidden, nobody disturbed it */
};

static struct outcome judge(struct trace *trace, const char *kind, const pid_t tids[2],
			    const struct books books[2])
{
	struct outcome outcome = {NULL, true};

	for (int i = 0; i < 2; i++) {
		struct json_object *thread = the_thread(trace->profile, tids[i]);
		struct json_object *peer = the_thread(trace->profile, tids[1 - i]);

		check_audit(thread, &books[i]);
		if (thread__was_hit(trace, thread) || !was_undisturbed(thread, peer, kind))
			outcome.valid = false;
		if (!outcome.difference)
			outcome.difference = differ_from(thread, &books[i]);
	}
	return outcome;
}

static struct outcome run_once(const char *tier, const char *kind)
{
	struct program *pair = program__start_role(WORDS("pair", kind));
	struct trace *trace =
		trace__start(WORDS("--tier", tier, "-p", live__text("%d", pair->pid)));
	struct outcome outcome;
	struct books books[2];
	pid_t tids[2];

	trace__await_attached(trace);
	program__say(pair, "go\n");
	for (int i = 0; i < 2; i++) {
		tids[i] = await_thread(pair->pid, i ? "two" : "one");
		await_rest(pair->pid, tids[i]);
	}
	for (int i = 0; i < 2; i++)
		books[i] = books_of(pair->pid, tids[i]);
	program__signal(trace->program, SIGINT);
	trace__finish(trace, LIVE_TIMEOUT_MS);
	assert_conserved(trace->profile);
	outcome = judge(trace, kind, tids, books);
	program__signal(pair, SIGKILL);
	program__wait(pair, LIVE_TIMEOUT_MS);
	return outcome;
}

/* Runs that are not valid prove nothing, and are made again. */
#define ATTEMPTS 6

static void compare(const char *tier, const char *kind)
{
	struct outcome outcome;

	for (int i = 0; i < ATTEMPTS; i++) {
		outcome = run_once(tier, kind);
		if (!outcome.difference)
			return;
		if (outcome.valid)
			live__fail("%s in tier %s: %s", kind, tier, outcome.difference);
	}
	live__skip("%s in tier %s: others disturbed each of %d runs; %s", kind, tier, ATTEMPTS,
		   outcome.difference);
}

static void threads_that_wake_each_other_on_one_cpu(void **state)
{
	(void)state;
	compare("full", "pingpong");
	compare("waits", "pingpong");
}

static void threads_that_wake_each_other_across_cpus(void **state)
{
	(void)state;
	compare("full", "apart");
	compare("waits", "apart");
}

static void threads_that_compete_for_a_cpu(void **state)
{
	(void)state;
	compare("full", "spin");
	compare("waits", "spin");
}

static void threads_that_yield_to_each_other(void **state)
{
	(void)state;
	compare("full", "yield");
	compare("waits", "yield");
}

int main(int argc, char **argv)
{
	static const struct live_role roles[] = {{"pair", run_pair}, {0}};
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(threads_that_wake_each_other_on_one_cpu),
		LIVE_TEST(threads_that_wake_each_other_across_cpus),
		LIVE_TEST(threads_that_compete_for_a_cpu),
		LIVE_TEST(threads_that_yield_to_each_other),
	};

	live__begin(argc, argv, roles);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

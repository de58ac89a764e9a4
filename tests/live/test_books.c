// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The kernel keeps books of its own: run time, run-queue delay and switches of each thread. They
 * agree with waitscope's, in its audit and as /proc has them. The threads are created in the window
 * and are asleep, but alive, when both are read: so both count from zero, and to the same event.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/live/lib/busy_pair.h"
#include "tests/live/lib/live.h"

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

/* What waitscope has for a thread, and how far the kernel's figures may be off. */
struct account {
	double running, delay, voluntary, involuntary, gain, loss;
	double run_slack, delay_slack, switches_slack;
};

/* A thread that is not traced and puts one off the CPU moves as much in the kernel's books as a
 * traced one, but by how much was not measured. */
#define PUT_OFF_NS 50000

/* The kernel's clock stands still within sched_yield() too (yield_task_fair()), for this at most.
 */
#define YIELD_NS 1000

/* `stolen`: what the hypervisor took in the whole run. The kernel takes it off its run time. */
static struct account account_of(struct json_object *thread, double stolen)
{
	struct account ours = {
		.running = json__number(thread, "ledger.running_ns"),
		.delay = json__number(thread, "ledger.runnable_ns") +
			 json__number(thread, "ledger.preempted_ns"),
		.voluntary = json__number(thread, "voluntary_switches"),
		.involuntary = json__number(thread, "involuntary_switches"),
		.gain = json__number(thread, "books.clock_gain_ns"),
		.loss = json__number(thread, "books.clock_loss_ns"),
	};
	/* what a kernel hides (thread__was_hit()) makes time unknown, which it has in its books */
	double unknown = json__number(thread, "ledger.unknown_ns") + stolen +
			 json__number(thread, "books.put_off_by_untraced") * PUT_OFF_NS;

	ours.switches_slack = 2 + 2 * json__number(thread, "lost_transitions");
	ours.run_slack =
		ours.running * 0.005 + (ours.voluntary + ours.involuntary) * 2000 + unknown;
	ours.delay_slack = ours.delay * 0.02 + json__number(thread, "wakeups") * 5000 +
			   ours.involuntary * YIELD_NS + unknown;
	return ours;
}

/* The kernel's clock may stand still before a switch, but for no longer than was measured. See
 * clock__count_lag() in bpf/sched.bpf.c. */
static const char *differ(const struct account *ours, const struct books *theirs)
{
	const char *difference;

	difference = outside("voluntary switches", theirs->voluntary, ours->voluntary,
			     ours->voluntary, ours->switches_slack);
	if (!difference)
		difference = outside("involuntary switches", theirs->involuntary, ours->involuntary,
				     ours->involuntary, ours->switches_slack);
	if (!difference && !live__emulated())
		difference = outside("run time", theirs->runtime, ours->running - ours->loss,
				     ours->running + ours->gain, ours->run_slack);
	if (!difference && !live__emulated())
		difference = outside("run-queue delay", theirs->rundelay, ours->delay - ours->gain,
				     ours->delay + ours->loss, ours->delay_slack);
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

#define THREADS 3

struct thread_books {
	pid_t tid;
	struct books theirs;
	struct account ours;
};

#define UNKNOWN_SHARE 0.05

struct outcome {
	const char *difference; /* NULL: none */
	bool valid;		/* next to no time is unknown */
};

/*
 * Where nothing but wakeups of one thread put another off the CPU, what one gains in the kernel's
 * books is what the other loses, and what a thread gains in run time it loses in delay: the sums
 * agree without knowing how long the clock stood still.
 */
static const char *differ_in_sum(const struct thread_books *woken, const struct thread_books *hog)
{
	const struct thread_books *threads[] = {woken, hog};
	double ours = woken->ours.running + hog->ours.running;
	const char *difference =
		outside("run time of both", woken->theirs.runtime + hog->theirs.runtime, ours, ours,
			woken->ours.run_slack + hog->ours.run_slack);

	for (int i = 0; i < 2 && !difference; i++) {
		ours = threads[i]->ours.running + threads[i]->ours.delay;
		difference =
			outside("run time and delay",
				threads[i]->theirs.runtime + threads[i]->theirs.rundelay, ours,
				ours, threads[i]->ours.run_slack + threads[i]->ours.delay_slack);
	}
	return difference;
}

static struct outcome judge(struct trace *trace, const char *kind, struct thread_books *threads,
			    int count, double stolen)
{
	struct outcome outcome = {NULL, true};

	for (int i = 0; i < count; i++) {
		struct json_object *thread = the_thread(trace->profile, threads[i].tid);

		check_audit(thread, &threads[i].theirs);
		threads[i].ours = account_of(thread, stolen);
		if (json__number(thread, "ledger.unknown_ns") >
		    UNKNOWN_SHARE * json__number(thread, "ledger.lifetime_ns"))
			outcome.valid = false;
		if (!outcome.difference)
			outcome.difference = differ(&threads[i].ours, &threads[i].theirs);
	}
	if (!outcome.difference && strcmp(kind, "preempt") == 0 && !live__emulated())
		outcome.difference = differ_in_sum(&threads[1], &threads[2]);
	return outcome;
}

/* ns that the hypervisor has taken from this machine's CPUs, to the hundredth of a second */
static double stolen_so_far(void)
{
	const char *stat = live__read_file("/proc/stat", NULL);
	double ticks = 0;

	if (!stat || sscanf(stat, "cpu %*f %*f %*f %*f %*f %*f %*f %lf", &ticks) != 1)
		return 0;
	return ticks * 1e9 / (double)sysconf(_SC_CLK_TCK);
}

static struct outcome run_once(const char *tier, const char *kind)
{
	static const char *const names[THREADS] = {"one", "two", "hog"};
	struct program *pair = program__start_role(WORDS("pair", kind));
	struct trace *trace =
		trace__start(WORDS("--tier", tier, "-p", live__text("%d", pair->pid)));
	int count = strcmp(kind, "preempt") == 0 ? THREADS : 2;
	double stolen = stolen_so_far();
	struct thread_books threads[THREADS] = {0};
	struct outcome outcome;

	trace__await_attached(trace);
	program__say(pair, "go\n");
	for (int i = 0; i < count; i++) {
		threads[i].tid = await_thread(pair->pid, names[i]);
		await_rest(pair->pid, threads[i].tid);
	}
	for (int i = 0; i < count; i++)
		threads[i].theirs = books_of(pair->pid, threads[i].tid);
	program__signal(trace->program, SIGINT);
	trace__finish(trace, LIVE_TIMEOUT_MS);
	assert_conserved(trace->profile);
	outcome = judge(trace, kind, threads, count, stolen_so_far() - stolen);
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
	live__skip("%s in tier %s: the kernel hid too much in each of %d runs; %s", kind, tier,
		   ATTEMPTS, outcome.difference);
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

static void a_thread_that_preempts_another_at_each_wakeup(void **state)
{
	(void)state;
	compare("full", "preempt");
	compare("waits", "preempt");
}

int main(int argc, char **argv)
{
	static const struct live_role roles[] = {{"pair", busy_pair__run}, {0}};
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(threads_that_wake_each_other_on_one_cpu),
		LIVE_TEST(threads_that_wake_each_other_across_cpus),
		LIVE_TEST(threads_that_compete_for_a_cpu),
		LIVE_TEST(threads_that_yield_to_each_other),
		LIVE_TEST(a_thread_that_preempts_another_at_each_wakeup),
	};

	live__begin(argc, argv, roles);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

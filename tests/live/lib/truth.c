// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "tests/live/lib/internal.h"
#include "tests/live/lib/truth.h"

struct json_object *truth__waiter(struct trace *trace)
{
	struct json_object *process =
		the_process(trace->profile, json__integer(trace->truth, "pid"));
	int64_t tid = json__integer(trace->truth, "waiter_tid");
	struct json_object *thread, *found = NULL;

	json__each (thread, process, "threads") {
		if (json__integer(thread, "tid") != tid)
			continue;
		if (found)
			live__fail("thread %d has two rows", (int)tid);
		found = thread;
	}
	if (!found)
		live__fail("the waiter, thread %d, has no row", (int)tid);
	return found;
}

int64_t truth__calls(struct json_object *truth, const char *syscall)
{
	struct json_object *calls = json__at(truth, "calls");

	return json__has(calls, syscall) ? json__integer(calls, syscall) : 0;
}

void truth__check_calls(struct json_object *truth, struct json_object *waiter)
{
	const char *waiting = json__string(truth, "syscall");
	struct json_object *call;

	json_object_object_foreach (json__at(truth, "calls"), name, expected) {
		if (json_object_get_int64(expected) == 0)
			continue;
		call = the_syscall(waiter, name);
		if (json__integer(call, "calls") != json_object_get_int64(expected))
			live__fail("%s: %lld calls were seen, %s were made", name,
				   (long long)json__integer(call, "calls"), json__show(expected));
		assert_count(json__integer(call, "latency.count"), json__integer(call, "calls"));
		assert_count(json__integer(call, "censored"), 0);
	}
	/* the event loop's EAGAIN are of its reads, and asserted there */
	if (!truth__calls(truth, waiting) || !json__has(truth, "einprogress"))
		return;
	call = the_syscall(waiter, waiting);
	assert_count(json__integer(call, "eagain"), json__integer(truth, "eagain"));
	assert_count(json__integer(call, "einprogress"), json__integer(truth, "einprogress"));
	assert_count(json__integer(call, "eintr"), json__integer(truth, "eintr"));
	assert_count(json__integer(call, "errors"), json__integer(truth, "eagain") +
							    json__integer(truth, "einprogress") +
							    json__integer(truth, "eintr"));
}

static bool starts_with(const char *text, const char *start)
{
	return text && strncmp(text, start, strlen(start)) == 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* "tcp LOCAL -> REMOTE", or "tcp LOCAL (listening)" */
static bool socket_agrees(struct json_object *truth, const char *kind, const char *object)
{
	const char *local = json__string(truth, "local"), *remote = json__string(truth, "remote");

	if (!starts_with(object, kind))
		return false;
	if (local && !starts_with(object + strlen(kind) + 1, local))
		return false;
	return remote ? ends_with(object, live__text(" -> %s", remote))
		      : ends_with(object, " (listening)");
}

/* A multiplexer waits for the epoll descriptor, or for a number of them. */
static bool multiplexer_agrees(struct json_object *truth, const char *object)
{
	int descriptors = json__integer(truth, "descriptors");

	if (strcmp(json__string(truth, "object_kind"), "epoll") == 0)
		return starts_with(object, "epoll fd ");
	return object && strcmp(object, live__text("%d descriptor%s", descriptors,
						   descriptors == 1 ? "" : "s")) == 0;
}

static bool is_anonymous(const char *kind)
{
	static const char *const kinds[] = {"eventfd", "timerfd", "signalfd", "inotify"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	return false;
}

static bool object_agrees(struct json_object *truth, const char *object)
{
	const char *kind = json__string(truth, "object_kind");
	const char *expected = json__string(truth, "object");

	if (strcmp(json__string(truth, "class"), "multiplex") == 0)
		return multiplexer_agrees(truth, object);
	if (!kind)
		return object == NULL;
	if (strcmp(kind, "tcp") == 0 || strcmp(kind, "udp") == 0)
		return socket_agrees(truth, kind, object);
	if (is_anonymous(kind))
		return object && strcmp(object, live__text("%s fd %d", kind,
							   (int)json__integer(truth, "fd"))) == 0;
	/* of a unix socket without a name there is but its inode */
	if (strcmp(kind, "unix") == 0 || !expected)
		return starts_with(object, kind);
	return object && strcmp(object, expected) == 0;
}

bool truth__waker_is_possible(struct json_object *truth, const char *kind)
{
	struct json_object *possible = json__at(truth, "wakers");

	for (size_t i = 0; i < json_object_array_length(possible); i++)
		if (strcmp(json_object_get_string(json_object_array_get_idx(possible, i)), kind) ==
		    0)
			return true;
	return false;
}

static void check_wakers(struct json_object *truth, struct json_object *wait)
{
	struct json_object *waker;

	assert_count(waker_total(wait), json__integer(wait, "count"));
	json__each (waker, wait, "wakers") {
		const char *kind = json__string(waker, "kind");

		if (!truth__waker_is_possible(truth, kind))
			live__fail("woken by %s, which cannot be", json__show(waker));
		if (strcmp(kind, "thread") == 0 && json__has(truth, "partner_tid")) {
			assert_count(json__integer(waker, "tid"),
				     json__integer(truth, "partner_tid"));
			assert_count(json__integer(waker, "pid"),
				     json__integer(truth, "partner_pid"));
			assert_string_equal(json__string(waker, "comm"), "partner");
		}
		if (strcmp(kind, "softirq") == 0 || strcmp(kind, "hardirq") == 0 ||
		    strcmp(kind, "timer") == 0)
			assert_false(json__has(waker, "tid"));
	}
}

static void check_wait(struct json_object *truth, struct json_object *wait)
{
	const char *object = json__string(wait, "object");

	assert_string_equal(json__string(wait, "class"), json__string(truth, "class"));
	if (!object_agrees(truth, object))
		live__fail("waited for '%s', but it was %s %s", object ? object : "(nothing)",
			   json__string(truth, "object_kind"), json__string(truth, "object"));
	if (strcmp(json__string(truth, "class"), "multiplex") == 0)
		assert_true(json__boolean(wait, "idle"));
	assert_count(json__integer(wait, "censored"), 0);
	assert_count(json__integer(wait, "duration.count"), json__integer(wait, "count"));
	assert_count(json__integer(wait, "duration.sum_ns"), json__integer(wait, "total_ns"));
	check_wakers(truth, wait);
}

/* A timer that is over before its thread is asleep lets it go on: on a slow machine that happens,
 * and then the kernel counts fewer switches than the program meant to make sleeps. */
static int64_t sleeps_expected(struct json_object *truth)
{
	int64_t meant = json__integer(truth, "sleep_count");
	int64_t made = json__integer(truth, "voluntary_switches");

	if (json__has(truth, "waker") && strcmp(json__string(truth, "waker"), "timer") == 0 &&
	    made < meant)
		return made;
	return meant;
}

static bool is_realtime(void)
{
	struct utsname name;

	return uname(&name) == 0 && strstr(name.version, "PREEMPT_RT");
}

/*
 * Any call may have to wait for a lock in the kernel, on PREEMPT_RT for a spinlock too, which is of
 * class `lock` in any call. The truth knows nothing of those sleeps; truth__check_switches() does.
 */
static bool is_for_kernel_lock(struct json_object *truth, struct json_object *wait)
{
	const char *sleep = json__string(wait, "sleep"), *expected = json__string(truth, "sleep");

	if (!sleep || strcmp(sleep, "uninterruptible") != 0)
		return false;
	if (!expected || strcmp(expected, sleep) != 0)
		return true;
	return is_realtime() && strcmp(json__string(wait, "class"), "lock") == 0 &&
	       strcmp(json__string(truth, "class"), "lock") != 0;
}

void truth__check_waits(struct json_object *truth, struct json_object *waiter)
{
	const char *syscall = json__string(truth, "syscall");
	int64_t count = 0;
	struct json_object *wait;

	json__each (wait, waiter, "waits") {
		const char *name = json__string(wait, "syscall");

		if (!name || strcmp(name, syscall) != 0 || is_for_kernel_lock(truth, wait))
			continue;
		assert_string_equal(json__string(wait, "sleep"), json__string(truth, "sleep"));
		check_wait(truth, wait);
		count += json__integer(wait, "count");
	}
	if (json__has(truth, "sleep_count") && count != sleeps_expected(truth))
		live__fail("%lld waits in %s, but %lld were expected; the kernel counted %lld "
			   "switches, and %lld wakeups were early: %s",
			   (long long)count, syscall, (long long)sleeps_expected(truth),
			   (long long)json__integer(truth, "voluntary_switches"),
			   (long long)json__integer(waiter, "early_wakeups"),
			   json__show(json__at(waiter, "waits")));
}

void truth__check_switches(struct json_object *truth, struct json_object *waiter)
{
	int64_t expected = json__integer(truth, "voluntary_switches"), count = 0, faults = 0;
	struct json_object *wait;

	json__each (wait, waiter, "waits") {
		const char *name = json__string(wait, "syscall");

		if (!name)
			faults += json__integer(wait, "count");
		else if (truth__calls(truth, name))
			count += json__integer(wait, "count");
	}
	if (count > expected || count + faults < expected)
		live__fail("%lld waits (and %lld in page faults), but the kernel counted %lld "
			   "switches",
			   (long long)count, (long long)faults, (long long)expected);
}

bool trace__is_full(struct trace *trace)
{
	return strcmp(json__string(trace->profile, "tool.tier"), "full") == 0;
}

#define ATTEMPTS 8

void truth__compare(const char *tier, const char *const *words, void (*counts)(struct trace *),
		    const char *(*times)(struct trace *))
{
	const char *difference = NULL;

	for (int i = 0; i < ATTEMPTS; i++) {
		struct trace *trace = trace__workload(tier, words);
		struct json_object *waiter = truth__waiter(trace);

		assert_conserved(trace->profile);
		assert_nothing_lost(trace->profile);
		assert_nothing_unknown(
			the_process(trace->profile, json__integer(trace->truth, "pid")));
		if (trace__is_full(trace))
			truth__check_calls(trace->truth, waiter);
		else
			assert_count(json__length(waiter, "syscalls"), 0);
		truth__check_switches(trace->truth, waiter);
		counts(trace);
		difference = live__emulated() ? NULL : times(trace);
		if (!difference)
			return;
	}
	live__fail("in each of %d runs the times differ; in the last: %s", ATTEMPTS, difference);
}

const char *bounds__differ(double actual, double low, double high, const char *what)
{
	if (actual >= low - fmax(low * 0.02, 100000) && actual <= high + fmax(high * 0.02, 100000))
		return NULL;
	return live__text("%s is %.0f ns, not between %.0f and %.0f", what, actual, low, high);
}

/*
 * A program's latency of a call has its own looks at the clock in it, the way into the kernel and
 * out of it, and what tracing costs there: 1.2 and 0.8 us in a virtual machine. Of one call that is
 * nothing beside 100 us, but it is in the sum as often as there are calls.
 */
#define AROUND_A_CALL_NS 4000

const char *distribution__differs(struct json_object *actual, struct json_object *truth)
{
	static const char *const members[] = {"sum_ns", "p50_ns", "p90_ns", "p99_ns"};

	if (json__integer(actual, "count") != json__integer(truth, "count"))
		return live__text("count is %lld, not %lld",
				  (long long)json__integer(actual, "count"),
				  (long long)json__integer(truth, "count"));
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		double got = json__number(actual, members[i]);
		double wanted = json__number(truth, members[i]), slack = 100000;

		if (i == 0)
			slack = fmax(slack, json__number(truth, "count") * AROUND_A_CALL_NS);
		if (fabs(got - wanted) > fmax(wanted * 0.02, slack))
			return live__text("%s is %.0f, not %.0f", members[i], got, wanted);
	}
	return NULL;
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE 1
#include "turns.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "check.h"
#include "monotonic.h"
#include "process.h"

enum {
	POLL_INTERVAL_NS = 20000,
	ASLEEP_LIMIT_NS = 1000000000,
};

struct turns *turns__new(void)
{
	void *memory = mmap(NULL, sizeof(struct turns), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		err(EXIT_FAILURE, "mmap");
	memset(memory, 0, sizeof(struct turns));
	return memory;
}

void turns__free(struct turns *turns)
{
	munmap(turns, sizeof(*turns));
}

static void cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#else
	atomic_signal_fence(memory_order_seq_cst);
#endif
}

void turns__await_armed(struct turns *turns, uint64_t operation)
{
	while (atomic_load(&turns->armed) <= operation)
		cpu_relax();
}

uint64_t turns__enter(struct turns *turns, uint64_t operation)
{
	uint64_t now_ns = monotonic__now_ns();

	atomic_store(&turns->entered_at_ns, now_ns);
	atomic_store(&turns->entered, operation + 1);
	return now_ns;
}

void turns__finish(struct turns *turns, uint64_t operation)
{
	atomic_store(&turns->finished, operation + 1);
}

void turns__watch_waiter(struct turns *turns, pid_t waiter_tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", waiter_tid);
	turns->waiter_stat_fd = (int)check(open(path, O_RDONLY | O_CLOEXEC), path);
	snprintf(path, sizeof(path), "/proc/self/task/%d/status", waiter_tid);
	turns->waiter_status_fd = (int)check(open(path, O_RDONLY | O_CLOEXEC), path);
	/* The default slack of 50 us would be added to each of the partner's sleeps. */
	check(prctl(PR_SET_TIMERSLACK, 1UL), "prctl PR_SET_TIMERSLACK");
}

/* How often the waiter has given its CPU up. */
static uint64_t waiter_switches(const struct turns *turns)
{
	static const char name[] = "\nvoluntary_ctxt_switches:";
	char text[4096];
	ssize_t length = pread(turns->waiter_status_fd, text, sizeof(text) - 1, 0);
	const char *found;

	check(length, "read /proc/PID/task/TID/status");
	text[length] = '\0';
	found = strstr(text, name);
	if (!found)
		errx(EXIT_FAILURE, "no voluntary_ctxt_switches in /proc/PID/task/TID/status");
	return strtoull(found + strlen(name), NULL, 10);
}

void turns__arm(struct turns *turns, uint64_t operation)
{
	turns->switches = waiter_switches(turns);
	atomic_store(&turns->armed, operation + 1);
}

static void await(const _Atomic uint64_t *reached, uint64_t operation)
{
	while (atomic_load(reached) <= operation)
		monotonic__sleep_ns(POLL_INTERVAL_NS);
}

void turns__await_entered(struct turns *turns, uint64_t operation)
{
	await(&turns->entered, operation);
}

void turns__await_finished(struct turns *turns, uint64_t operation)
{
	await(&turns->finished, operation);
}

/*
 * The state alone does not tell: it is set some time before the thread leaves its CPU. Whoever is
 * woken in between does not sleep.
 */
static bool waiter_is_asleep(const struct turns *turns)
{
	char line[256];
	ssize_t length = pread(turns->waiter_stat_fd, line, sizeof(line) - 1, 0);

	check(length, "read /proc/PID/task/TID/stat");
	line[length] = '\0';
	return process__is_asleep(line) && waiter_switches(turns) > turns->switches;
}

void turns__hold_awake(struct turns *turns, uint64_t delay_ns)
{
	uint64_t entered_at_ns = atomic_load(&turns->entered_at_ns);

	monotonic__sleep_until_ns(entered_at_ns + delay_ns);
	atomic_fetch_add(&turns->held_ns, monotonic__now_ns() - entered_at_ns);
}

/*
 * On a busy machine the waiter may not even have got into the call when the delay is over. A
 * release would then find nobody, and the call would not sleep: so make sure first.
 */
void turns__hold(struct turns *turns, uint64_t delay_ns)
{
	uint64_t entered_at_ns = atomic_load(&turns->entered_at_ns);
	uint64_t give_up_ns = entered_at_ns + delay_ns + ASLEEP_LIMIT_NS;

	monotonic__sleep_until_ns(entered_at_ns + delay_ns);
	while (!waiter_is_asleep(turns)) {
		if (monotonic__now_ns() > give_up_ns) {
			atomic_fetch_add(&turns->released_awake, 1);
			break;
		}
		monotonic__sleep_ns(POLL_INTERVAL_NS);
	}
	atomic_fetch_add(&turns->held_ns, monotonic__now_ns() - entered_at_ns);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Idle or harmful: the waits that are a thread's resting place (docs/definitions.md). Everything
 * else holds up work and is ranked.
 */
#include <string.h>

#include "model/wait_class.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct idle_rule {
	enum wait_class class;
	enum futex_use futex; /* FUTEX_USE_NONE: any use */
	const char *syscall;  /* NULL: any */
	unsigned int flags;   /* WAIT_* that must be set */
};

/*
 * A wait is idle if a row fits. What no row names is not: locks, network, pipes, disks, faults,
 * sleeps on purpose, children, asynchronous requests that are waited for.
 */
static const struct idle_rule idle_rules[] = {
	/* an event loop without an event: select, poll and epoll with something to watch (with
	 * nothing to watch the class is timer) */
	{CLASS_MULTIPLEX, FUTEX_USE_NONE, NULL, 0},
	/* a thread that is there to take signals */
	{CLASS_SIGNAL, FUTEX_USE_NONE, NULL, 0},
	/* a pool worker on its queue: condition variables, semaphores, parked threads */
	{CLASS_LOCK, FUTEX_USE_QUEUE, NULL, 0},
	/* a thread that has handed out its work, and does nothing but wait for the workers' end */
	{CLASS_LOCK, FUTEX_USE_JOIN, NULL, 0},
	/* a server without a client, over the network or a local socket */
	{CLASS_NETWORK, FUTEX_USE_NONE, "accept", 0},
	{CLASS_NETWORK, FUTEX_USE_NONE, "accept4", 0},
	{CLASS_IPC, FUTEX_USE_NONE, "accept", 0},
	{CLASS_IPC, FUTEX_USE_NONE, "accept4", 0},
	{CLASS_OTHER, FUTEX_USE_NONE, "accept", 0},
	{CLASS_OTHER, FUTEX_USE_NONE, "accept4", 0},
	/* a kernel thread without work, or a worker of an io_uring; a program's own thread in
	 * io_uring_enter waits for its requests */
	{CLASS_KERNEL, FUTEX_USE_NONE, NULL, 0},
	{CLASS_IO_URING, FUTEX_USE_NONE, NULL, WAIT_IO_WORKER},
};

static bool fits(const struct idle_rule *rule, enum wait_class class,
		 const struct wait_facts *facts)
{
	if (rule->class != class || (facts->flags & rule->flags) != rule->flags)
		return false;
	if (rule->futex != FUTEX_USE_NONE && rule->futex != facts->futex)
		return false;
	return !rule->syscall || (facts->syscall && !strcmp(rule->syscall, facts->syscall));
}

bool wait_class__is_idle(enum wait_class class, const struct wait_facts *facts)
{
	/* asleep so that no signal gets through, a thread is in the middle of something */
	if (facts->sleep != LEDGER_SLEEP_INTERRUPTIBLE && facts->sleep != LEDGER_SLEEP_IDLE)
		return false;
	for (size_t i = 0; i < COUNT(idle_rules); i++) {
		if (fits(&idle_rules[i], class, facts))
			return true;
	}
	return false;
}

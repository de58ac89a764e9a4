// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * poll(): the set of descriptors is an array, of any length, that is handed over with each call.
 * Kernel and program go through all of it, however few are ready.
 */
#include <poll.h>

#include "check.h"
#include "readiness.h"

static void set_up(struct readiness_waiter *waiter)
{
	const uint64_t descriptors = waiter->run->descriptors;
	struct pollfd *set = check_memory(calloc(descriptors, sizeof(*set)));

	for (uint64_t i = 0; i < descriptors; i++)
		set[i] = (struct pollfd){.fd = waiter->run->task.fds[i], .events = POLLIN};
	waiter->own = set;
}

static uint64_t await(struct readiness_waiter *waiter, int timeout_ms)
{
	const uint64_t descriptors = waiter->run->descriptors;
	struct pollfd *set = waiter->own;
	uint64_t count = 0;

	check(poll(set, descriptors, timeout_ms), "poll");
	for (uint64_t i = 0; i < descriptors; i++)
		if (set[i].revents)
			waiter->ready[count++] = i;
	return count;
}

int main(int argc, char **argv)
{
	static const struct readiness_model model = {
		.name = "poll",
		.syscall = SYSCALL_POLL,
		.set_up = set_up,
		.await = await,
	};

	return readiness__main(&model,
			       "Receive blocks by poll(), and state the truth about it as JSON.",
			       argc, argv);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * select(): the set of descriptors is handed over anew with each call, as a bit map, and comes
 * back with the bits of those that are ready. It has no bit for a descriptor above 1023.
 */
#include <sys/select.h>

#include "arguments.h"
#include "check.h"
#include "readiness.h"

static void set_up(struct readiness_waiter *waiter)
{
	const struct task *task = &waiter->run->task;

	for (uint64_t i = 0; i < waiter->run->descriptors; i++)
		if (task->fds[i] >= FD_SETSIZE)
			usage_error("--descriptors: select() can watch none above %d",
				    FD_SETSIZE - 1);
}

static uint64_t await(struct readiness_waiter *waiter, int timeout_ms)
{
	const struct task *task = &waiter->run->task;
	const uint64_t descriptors = waiter->run->descriptors;
	struct timeval timeout = {.tv_sec = timeout_ms / 1000,
				  .tv_usec = (suseconds_t)timeout_ms % 1000 * 1000};
	int highest = 0;
	uint64_t count = 0;
	fd_set readable;

	FD_ZERO(&readable);
	for (uint64_t i = 0; i < descriptors; i++) {
		FD_SET(task->fds[i], &readable);
		if (task->fds[i] > highest)
			highest = task->fds[i];
	}
	check(select(highest + 1, &readable, NULL, NULL, timeout_ms < 0 ? NULL : &timeout),
	      "select");
	for (uint64_t i = 0; i < descriptors; i++)
		if (FD_ISSET(task->fds[i], &readable))
			waiter->ready[count++] = i;
	return count;
}

int main(int argc, char **argv)
{
	static const struct readiness_model model = {
		.name = "select",
		.syscall = "pselect6", /* glibc makes it of select() */
		.set_up = set_up,
		.await = await,
	};

	return readiness__main(&model,
			       "Receive blocks by select(), and state the truth about it as JSON.",
			       argc, argv);
}

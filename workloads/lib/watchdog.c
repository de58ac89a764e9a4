// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "watchdog.h"

#include <signal.h>
#include <unistd.h>

#include "check.h"
#include "scratch.h"

static const uint64_t NSEC_PER_SEC = 1000000000;

/* Only calls that are safe in a signal handler. */
static void give_up(int signal)
{
	static const char message[] = "workload: not done in time, giving up\n";

	(void)signal;
	scratch__remove();
	if (write(STDERR_FILENO, message, sizeof(message) - 1) < 0) {
		/* Nobody to tell. */
	}
	_exit(EXIT_FAILURE);
}

void watchdog__give_up_after(uint64_t limit_ns)
{
	struct sigaction action = {.sa_handler = give_up};

	check(sigaction(SIGALRM, &action, NULL), "sigaction");
	alarm((unsigned int)((limit_ns + NSEC_PER_SEC - 1) / NSEC_PER_SEC));
}

void watchdog__start(uint64_t expected_ns)
{
	const uint64_t longest_s = 86400;
	uint64_t seconds = 30 + expected_ns / NSEC_PER_SEC * 10;

	watchdog__give_up_after((seconds < longest_s ? seconds : longest_s) * NSEC_PER_SEC);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "watchdog.h"

#include <signal.h>
#include <unistd.h>

#include "check.h"
#include "scratch.h"

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

void watchdog__start(uint64_t expected_ns)
{
	const uint64_t longest_s = 86400, ns_per_s = 1000000000;
	struct sigaction action = {.sa_handler = give_up};
	uint64_t seconds = 30 + expected_ns / ns_per_s * 10;

	check(sigaction(SIGALRM, &action, NULL), "sigaction");
	alarm((unsigned int)(seconds < longest_s ? seconds : longest_s));
}

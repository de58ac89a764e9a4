// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Does this kernel deliver the events of all threads? Asked of perf, not of the program under test.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/live/lib/real.h"

#define CPUS_MAX 1024

/* The number behind `text` in a line of perf script, or -1. */
static long number_after(const char *line, const char *text)
{
	const char *at = strstr(line, text);

	return at ? strtol(at + strlen(text), NULL, 10) : -1;
}

/* On each CPU the thread that a switch leaves must be the one that the last switch went to. */
static unsigned int count_gaps(char *script)
{
	static long running[CPUS_MAX];
	unsigned int gaps = 0;
	char *line;

	for (int cpu = 0; cpu < CPUS_MAX; cpu++)
		running[cpu] = -1;
	while ((line = strsep(&script, "\n")) != NULL) {
		long cpu = number_after(line, "["), previous = number_after(line, " prev_pid=");

		if (cpu < 0 || cpu >= CPUS_MAX || previous < 0)
			continue;
		if (running[cpu] >= 0 && running[cpu] != previous)
			gaps++;
		running[cpu] = number_after(line, " next_pid=");
	}
	return gaps;
}

bool real__events_are_hidden(void)
{
	const char *record = live__scratch("perf.data");
	struct program *program;

	if (program__run(NULL,
			 WORDS("perf", "record", "-q", "-m", "4M", "-a", "-e", "sched:sched_switch",
			       "-o", record, "--", "sleep", "1"),
			 LIVE_TIMEOUT_MS) != 0)
		return false;
	if (program__run(&program, WORDS("perf", "script", "-i", record, "-F", "cpu,event,trace"),
			 LIVE_TIMEOUT_MS) != 0)
		return false;
	return count_gaps(program__output(program)) > 0;
}

void real__never_complete(void)
{
	if (real__events_are_hidden())
		live__skip("switches were missed in each of %d runs, and this kernel hides the "
			   "events of some threads",
			   REAL_ATTEMPTS);
	live__fail("switches were missed in each of %d runs", REAL_ATTEMPTS);
}

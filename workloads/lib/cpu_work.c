// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cpu_work.h"

#include <time.h>

#include "check.h"

/* Written by cpu_work__calibrate() before other threads run. */
static double rounds_per_ns;

/* The barrier keeps the compiler from seeing that nobody uses the result. */
static void do_rounds(uint64_t rounds)
{
	uint64_t state = 1;

	for (uint64_t i = 0; i < rounds; i++) {
		state = state * 6364136223846793005ULL + 1442695040888963407ULL;
		__asm__ volatile("" : "+r"(state));
	}
}

static double thread_cpu_ns(void)
{
	struct timespec now;

	check(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now), "clock_gettime");
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* The best of several: others on the machine can only make it slower. */
void cpu_work__calibrate(void)
{
	const uint64_t rounds = 2000000;

	for (int i = 0; i < 10; i++) {
		double start_ns = thread_cpu_ns(), rate;

		do_rounds(rounds);
		rate = (double)rounds / (thread_cpu_ns() - start_ns);
		if (rate > rounds_per_ns)
			rounds_per_ns = rate;
	}
}

void cpu_work__do(uint64_t cpu_ns)
{
	do_rounds((uint64_t)((double)cpu_ns * rounds_per_ns));
}

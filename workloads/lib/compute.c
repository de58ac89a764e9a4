// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "compute.h"

#include "monotonic.h"

enum { SAMPLE_ROUNDS = 200000, SAMPLES = 9 };

void compute__run(uint64_t rounds)
{
	uint64_t value = 1;

	for (uint64_t i = 0; i < rounds; i++) {
		value = value * 6364136223846793005ULL + 1442695040888963407ULL;
		__asm__ volatile("" : "+r"(value)); /* not to be optimised away */
	}
}

/* The shortest of several: in the others somebody else had the CPU for a part of the time. */
uint64_t compute__calibrate(uint64_t duration_ns)
{
	uint64_t shortest_ns = UINT64_MAX;

	for (int i = 0; i < SAMPLES; i++) {
		uint64_t start_ns = monotonic__now_ns(), taken_ns;

		compute__run(SAMPLE_ROUNDS);
		taken_ns = monotonic__now_ns() - start_ns;
		if (taken_ns < shortest_ns)
			shortest_ns = taken_ns;
	}
	return duration_ns * SAMPLE_ROUNDS / (shortest_ns ? shortest_ns : 1);
}

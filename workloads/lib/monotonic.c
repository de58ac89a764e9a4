// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "monotonic.h"

#include <errno.h>

enum { NSEC_PER_SEC = 1000000000 };

uint64_t monotonic__now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

struct timespec monotonic__timespec(uint64_t time_ns)
{
	return (struct timespec){
		.tv_sec = (time_t)(time_ns / NSEC_PER_SEC),
		.tv_nsec = (long)(time_ns % NSEC_PER_SEC),
	};
}

void monotonic__sleep_until_ns(uint64_t time_ns)
{
	struct timespec until = monotonic__timespec(time_ns);

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

void monotonic__sleep_ns(uint64_t duration_ns)
{
	struct timespec left = monotonic__timespec(duration_ns);

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
		;
}

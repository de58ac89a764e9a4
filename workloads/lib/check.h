/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls that must not fail. A workload that cannot do what it states has no truth to tell, so
 * it says which call failed and ends with status 1.
 */
#ifndef WORKLOADS_CHECK_H
#define WORKLOADS_CHECK_H

#include <err.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

/* Passes on the result of a call that sets errno, and ends the program if that was -1. */
static inline int64_t check(int64_t result, const char *call)
{
	if (result < 0)
		err(EXIT_FAILURE, "%s", call);
	return result;
}

/* The same for the pthread family, which returns its error number. */
static inline void check_error(int error, const char *call)
{
	if (error) {
		errno = error;
		err(EXIT_FAILURE, "%s", call);
	}
}

/* The same for memory. */
static inline void *check_memory(void *memory)
{
	if (!memory)
		errx(EXIT_FAILURE, "out of memory");
	return memory;
}

/* Ends the program where the machine lacks what the row needs: nothing failed, nothing ran. */
#define EXIT_UNAVAILABLE 77
#define unavailable(...) errx(EXIT_UNAVAILABLE, __VA_ARGS__)

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel has in its books about this process as a whole. */
#ifndef WORKLOADS_PROCESS_H
#define WORKLOADS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "actor.h"
#include "truth.h"

/* Of all threads, those that have ended included, and of the children that have been waited for. */
struct books process__books(void);
struct books process__books_since(struct books start);

/* Whether a line of /proc/PID/task/TID/stat says that the thread sleeps. */
bool process__is_asleep(const char *stat_line);

/* How many threads of this process do, the calling one not counted. */
uint64_t process__threads_asleep(void);

/* Memory in bytes at one moment. */
struct footprint {
	uint64_t resident;	/* Rss of smaps_rollup, which is exact; VmRSS need not be */
	uint64_t resident_peak; /* VmHWM: so far */
	uint64_t private_;	/* of the resident, what no other process shares */
	uint64_t virtual_;	/* VmSize */
	uint64_t main_stack;	/* VmStk: reserved for the main thread's stack */
	uint64_t page_tables;	/* VmPTE */
	uint64_t threads;

	/* Of the whole machine; others' share is in it. */
	uint64_t system_kernel_stacks; /* KernelStack */
	uint64_t system_slab;	       /* SUnreclaim: tasks, sockets, descriptors */
};
struct footprint process__footprint(void);

/*
 * The number after a name such as "VmRSS:" in a file such as /proc/PID/status, kB turned into
 * bytes. 0 if there is none. "" finds the number that a file begins with.
 */
uint64_t process__read_field(const char *path, const char *name);

/* An object: the footprint at its largest, and beside each figure that of before. */
void process__write_footprint(struct truth *truth, const char *name, const struct footprint *before,
			      const struct footprint *at_most);

/*
 * Raises the limit of open files to the hard limit, and as root beyond it. Ends the program with
 * status 1 and one line if that is less than needed.
 */
void process__raise_open_files(uint64_t needed);

#endif

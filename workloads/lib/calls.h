/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How often the waiting thread made each system call in its measured section. Names are those
 * of the kernel's system call table, not those of the C library.
 */
#ifndef WORKLOADS_CALLS_H
#define WORKLOADS_CALLS_H

#include <stdint.h>
#include <sys/syscall.h>

/* glibc uses the older call where the architecture has it. */
#ifdef SYS_poll
#define SYSCALL_POLL "poll"
#else
#define SYSCALL_POLL "ppoll"
#endif
#ifdef SYS_epoll_wait
#define SYSCALL_EPOLL_WAIT "epoll_wait"
#else
#define SYSCALL_EPOLL_WAIT "epoll_pwait"
#endif

enum { CALLS_MAX = 8 };

struct calls {
	struct {
		const char *name;
		uint64_t count;
	} rows[CALLS_MAX];
};

/* Counts one call. The name must be a string that stays. */
void calls__count(struct calls *calls, const char *name);

#endif

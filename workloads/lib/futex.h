/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The futex call, which the C library keeps to itself. For threads of one process. */
#ifndef WORKLOADS_FUTEX_H
#define WORKLOADS_FUTEX_H

#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Sleeps if the word has that value, until it is woken. 0, or -1 with EAGAIN or EINTR. */
static inline long futex__wait(_Atomic uint32_t *word, uint32_t value)
{
	return syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

/* Wakes at most so many, and returns their number. */
static inline long futex__wake(_Atomic uint32_t *word, int count)
{
	return syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

#endif

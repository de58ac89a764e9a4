/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* CLOCK_MONOTONIC in nanoseconds: the clock of the kernel's bpf_ktime_get_ns(), too. */
#ifndef WORKLOADS_MONOTONIC_H
#define WORKLOADS_MONOTONIC_H

#include <stdint.h>
#include <time.h>

/* Read through the vDSO, so that no system call is made where the clock source allows that. */
uint64_t monotonic__now_ns(void);

/* Sleeps (clock_nanosleep) until the clock shows time_ns; goes on after signals. */
void monotonic__sleep_until_ns(uint64_t time_ns);

/* Sleeps for a time: exactly one clock_nanosleep call unless a signal interrupts it. */
void monotonic__sleep_ns(uint64_t duration_ns);

struct timespec monotonic__timespec(uint64_t time_ns);

#endif

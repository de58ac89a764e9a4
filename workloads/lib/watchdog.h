/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A workload ends by itself, even if the wakeup that it waits for never comes. */
#ifndef WORKLOADS_WATCHDOG_H
#define WORKLOADS_WATCHDOG_H

#include <stdint.h>

/*
 * Ends the process with status 1 and a line on stderr when it should long have been done:
 * half a minute plus ten times the expected duration, so that a slow tracer or an emulated
 * machine does not trip it. Uses alarm(), so SIGALRM.
 */
void watchdog__start(uint64_t expected_ns);

/* The same after exactly that time (in whole seconds, rounded up), where others set the pace. */
void watchdog__give_up_after(uint64_t limit_ns);

#endif

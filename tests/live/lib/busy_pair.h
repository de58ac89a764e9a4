/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Two threads that keep a CPU busy: a role. When they have done their work they rest in pause(). */
#ifndef WAITSCOPE_LIVE_BUSY_PAIR_H
#define WAITSCOPE_LIVE_BUSY_PAIR_H

/*
 * Waits for a line, sets threads "one" and "two" to work, and stays until the next line. argv[1]:
 * "pingpong", they wake each other on one CPU; "apart", on two; "preempt", on two, and a thread
 * "hog" spins on that of "two"; "spin", they compete for a CPU; "yield", they yield it to each
 * other.
 */
int busy_pair__run(int argc, char **argv);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the tests of real programs (dd, fio, nginx ...) share. */
#ifndef WAITSCOPE_LIVE_REAL_H
#define WAITSCOPE_LIVE_REAL_H

#include "tests/live/lib/live.h"

/* live__begin for tests of installed programs: skips all where only the bundled ones are. */
void real__begin(int argc, char **argv, const struct live_role *roles);

/*
 * Has the tool seen every switch, by the kernel's own books? There are virtual machines in which no
 * tracepoint fires while certain threads (of the hypervisor's agent) are on the CPU. The switch
 * from one of these to the next thread is not seen then, nor what that one does until it is
 * switched out: calls, waits. The books show it, and exact counts can be asserted of the other runs
 * only. Asserts that time is conserved, in either case.
 */
bool real__is_complete(struct json_object *profile);

/* trace__run, repeated until a run is complete. Fails if the command fails; real__never_complete()
 * if no run is. */
struct trace *real__run(const char *const *options);

/* Do events of sched_switch fail to come, by perf's account? */
bool real__events_are_hidden(void);
/* Skips the test if that is why no run was complete, else fails it. */
void real__never_complete(void) __attribute__((noreturn));

#define REAL_ATTEMPTS 10

/* A new directory that everybody may enter; removed with all in it behind the test. */
const char *real__directory(void);
/* A TCP port of the loopback interface that nobody uses. */
unsigned int real__free_port(void);
/* Waits until somebody listens on it. */
void real__await_port(unsigned int port);

/* A file on a disk of so many MiB, written out: fio would write one that is not there first, with
 * blocking calls of its own. */
const char *real__laid_out_file(const char *name, unsigned int mib);

/* Waits of the row that were ended by the kernel itself: interrupts, or its threads. */
uint64_t real__woken_by_kernel(struct json_object *wait);
/* The number before `text` in an output ("200+0 records out"); fails if there is none. */
int64_t real__number_before(const char *output, const char *text);
/* Does the row's object begin so? */
bool real__object_is(struct json_object *wait, const char *beginning);

#endif

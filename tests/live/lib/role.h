/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* For functions that run as programs of their own (struct live_role): no test is there to fail, so
 * these print what went wrong and exit. */
#ifndef WAITSCOPE_LIVE_ROLE_H
#define WAITSCOPE_LIVE_ROLE_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

/* Exits with what errno says if `result` is negative; returns it. */
long role__check(long result, const char *what);
/* Starts a thread of that name (15 characters) and returns once it runs. */
pthread_t role__thread(const char *name, void *(*run)(void *context), void *context, pid_t *tid);
/* To a CPU that the process may use: the first or (modulo) the next ones. False if it is the same
 * as number 0 because there is no other. */
bool role__pin(unsigned int number);
void role__nap(unsigned long microseconds);
void role__spin_until(unsigned long long ns); /* CLOCK_MONOTONIC */
/* printf in one write, so that whoever waits for it sees it whole. */
void role__say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* One line of stdin, without the newline; false at its end. */
bool role__hear(char *line, int size);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files of this directory share among themselves. */
#ifndef WAITSCOPE_LIVE_INTERNAL_H
#define WAITSCOPE_LIVE_INTERNAL_H

#include "tests/live/lib/live.h"

/* Has `release(thing)` called behind the test. Returns `thing`; fails if that is NULL. */
void *live__keep(void *thing, void (*release)(void *thing));

/* Kills and reaps what the test started. */
void programs__end(void);

/* The trace of a workload that was announced, NULL if it was not, or did not succeed. */
struct trace *shared__trace(const char *tier, const char *const *words);

/* Tells which of several comparisons failed. */
void live__fail_at(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4), noreturn));

#endif

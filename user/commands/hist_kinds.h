/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What `waitscope hist` can measure, and by what. */
#ifndef WAITSCOPE_COMMANDS_HIST_KINDS_H
#define WAITSCOPE_COMMANDS_HIST_KINDS_H

#include <stddef.h>
#include <stdio.h>

#include "collect/measuring.h"

#define HIST_REASON 256

/*
 * Reads WHAT: "blocked", "syscall:read", "request:io_uring", "stage:5". Fills what of `measuring`
 * follows from it. Returns 0, or -EINVAL with the reason for a person (which names the nearest
 * one).
 */
int hist_kinds__find(const char *text, struct measuring *measuring, char reason[HIST_REASON]);

/* Reads --by for what is measured. Same results. */
int hist_kinds__by(const char *text, struct measuring *measuring, char reason[HIST_REASON]);

/* Lists them, for --help. */
void hist_kinds__list(FILE *stream);

#endif

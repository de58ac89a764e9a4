/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * io_uring's tracepoints: which arguments they have is told by their types, never by a version.
 *
 * A signature has one letter for each argument: 'p' for a pointer, '1', '2', '4' or '8' for an
 * integer of that many bytes.
 */
#ifndef WAITSCOPE_NAMES_URING_HOOKS_H
#define WAITSCOPE_NAMES_URING_HOOKS_H

#include <stdbool.h>
#include <stddef.h>

#include "bpf/uring_records.h"

#define URING_SIGNATURE 16 /* room for one, with its NUL */

/* The tracepoints that are looked for, one after the other. NULL: there are no more. */
const char *uring_hooks__name(size_t index);

/*
 * Enters in `hooks` where the arguments of tracepoint `name` are. False if no kernel that is
 * known has it with this signature: it is left alone.
 */
bool uring_hooks__learn(struct uring_hooks *hooks, const char *name, const char *signature);

/* Requests can be followed: their submissions and their completions are understood. */
bool uring_hooks__can_follow(const struct uring_hooks *hooks);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From the rows of a stopped session to a profile.
 */
#ifndef WAITSCOPE_COLLECT_GATHER_H
#define WAITSCOPE_COLLECT_GATHER_H

#include "collect/session.h"
#include "model/profile.h"

/*
 * Builds the processes, threads, waits, syscalls and the audit of a profile. `profile` is zeroed
 * but for tier, target and what the caller knows of the command. Returns 0 or a negative errno;
 * profile__free() frees what was built either way.
 */
int gather__profile(struct session *session, struct profile *profile);

#endif

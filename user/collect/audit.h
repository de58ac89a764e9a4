/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Our books against the kernel's, and what was lost.
 */
#ifndef WAITSCOPE_COLLECT_AUDIT_H
#define WAITSCOPE_COLLECT_AUDIT_H

#include "collect/session.h"
#include "model/profile.h"

/* The kernel's figures for one thread beside ours; needs a closed ledger. */
void audit__compare(struct comparison *books, const struct thread_row *row);

/* Fills profile->audit from its threads and what is known of the trace. Returns 0 or -ENOMEM. */
int audit__fill(struct profile *profile, const struct trace_facts *facts);

#endif

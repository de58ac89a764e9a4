/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How threads and processes do their I/O: the shares of the models, with their evidence, and the
 * verdict. The rules are in docs/io-models.md, the thresholds in thresholds.h.
 */
#ifndef WAITSCOPE_JUDGE_IO_MODEL_H
#define WAITSCOPE_JUDGE_IO_MODEL_H

#include "model/profile.h"

/* Fills the verdict of a process and those of its threads. Returns 0 or -ENOMEM. */
int io_model__judge(const struct profile *profile, struct process *process);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From a profile to verdicts: the I/O model of each thread and process, the structure of each
 * process, and the findings. Pure: the profile is all that it looks at.
 */
#ifndef WAITSCOPE_JUDGE_H
#define WAITSCOPE_JUDGE_H

#include "model/profile.h"

/* Fills in what the profile has for verdicts, once. Returns 0 or -ENOMEM. */
int judge__profile(struct profile *profile);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside of compare: which process of one side is which of the other. */
#ifndef WAITSCOPE_JUDGE_COMPARE_MATCH_H
#define WAITSCOPE_JUDGE_COMPARE_MATCH_H

#include "judge/compare.h"

/* Gives processes of side B the names that they have on side A. Returns 0 or -ENOMEM. */
int match__processes(struct diff *diff, struct diff_side sides[2]);

/* Fills the verdicts that differ. Returns 0 or -ENOMEM. */
int match__verdicts(struct diff *diff);

#endif

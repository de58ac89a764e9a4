/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The counts that the share of a model rests on, as texts. */
#ifndef WAITSCOPE_JUDGE_EVIDENCE_H
#define WAITSCOPE_JUDGE_EVIDENCE_H

#include "judge/io_tally.h"

/* A new text, or NULL without memory. */
char *evidence__text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Takes the text, which may be NULL (no memory). Returns 0 or -ENOMEM. */
int evidence__add(struct model_share *share, char *text);

/* Adds what `tally` says of the share's model. Returns 0 or -ENOMEM. */
int evidence__tell(struct model_share *share, const struct io_tally *tally, enum tier tier);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Documents against a schema of docs/. */
#ifndef WAITSCOPE_LIVE_SCHEMA_H
#define WAITSCOPE_LIVE_SCHEMA_H

#include "tests/live/lib/live.h"

/* Validates a file. The exit status of the validator; what it says is in *program. `schema` is
 * like "profile.schema.json". */
int schema__validate(struct program **program, const char *schema, const char *document);

/* Fails unless it is valid. */
void schema__check(const char *schema, const char *document);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the tests of `waitscope models` share: one run of it, and its rows. */
#ifndef WAITSCOPE_LIVE_MODELS_H
#define WAITSCOPE_LIVE_MODELS_H

#include "tests/live/lib/live.h"

#define MODELS_TIMEOUT_MS 120000

struct models {
	struct program *program;
	const char *path; /* of the document */
	struct json_object *document;
};

/* Runs `BEFORE... waitscope models --json WORDS...`, which ends with `status`. */
struct models models__run(int status, const char *const *before, const char *const *words);
/* The row of that name, and with `scale` not 0 of that scale. */
struct json_object *models__row(const struct models *models, const char *name, int64_t scale);
double models__figure(struct json_object *row, const char *name);
/* It ran, was traced whole, and is taken for what it is. */
void models__check_row(struct json_object *row);
/* It was left out for a reason with `text` in it, which is among the notes, once. */
void models__check_left_out(const struct models *models, struct json_object *row, const char *text);

#endif

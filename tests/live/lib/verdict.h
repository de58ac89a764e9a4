/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a profile says of a program: model, structure. */
#ifndef WAITSCOPE_LIVE_VERDICT_H
#define WAITSCOPE_LIVE_VERDICT_H

#include "tests/live/lib/live.h"

/* Is `word` one of `words`, which have a space between them? */
bool words__include(const char *words, const char *word);

/* A thread or process is said to have that model. What it rests on is told if not. */
void assert_model(struct json_object *owner, const char *model);
/* `structures`: words, one of which it has. */
void assert_structure(struct json_object *process, const char *structures);
/* Operations that were counted for a model, 0 if none. */
int64_t model__operations(struct json_object *owner, const char *model);

/* The process with the most I/O operations. */
struct json_object *busiest_process(struct json_object *profile);

/* Did events that the kernel hid keep a verdict back? Another run may see them. */
bool verdict__is_kept_back(struct trace *trace);
/* trace__run, again as long as that is so; the command has to end with 0. */
struct trace *verdict__run(const char *const *options);

#endif

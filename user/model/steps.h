/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Levels over time (threads that run, requests in flight), from changes that come in almost any
 * order: of a request it is known only at its end when it began. Changes wait here, as many as
 * there is room for; when that is full the older half is told. What comes later and belongs before
 * it counts from there on.
 */
#ifndef WAITSCOPE_MODEL_STEPS_H
#define WAITSCOPE_MODEL_STEPS_H

#include <stddef.h>
#include <stdint.h>

struct steps;

/* A level is `level` from `time` on. 0, or a negative errno, which ends it. */
typedef int steps_taker(void *context, uint32_t number, uint64_t time, int64_t level);

/* `room`: changes that may wait. NULL: no memory. */
struct steps *steps__new(size_t room, steps_taker *taker, void *context);
void steps__free(struct steps *steps);

/* Changes a level, which was 0. 0, -ENOMEM, or what the taker returned. */
int steps__add(struct steps *steps, uint32_t number, uint64_t time, int32_t change);

/* Tells all that waits. */
int steps__finish(struct steps *steps);

#endif

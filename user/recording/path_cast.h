/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who and what is on a path: numbers that stay, for rows of threads and waits are given to others
 * while it grows. Pure.
 */
#ifndef WAITSCOPE_RECORDING_PATH_CAST_H
#define WAITSCOPE_RECORDING_PATH_CAST_H

#include <stdbool.h>
#include <stdint.h>

#include "model/critical_path.h"
#include "recording/cast.h"
#include "recording/grown.h"
#include "recording/path_tree.h"

struct path_cast {
	struct grown lives;  /* struct path_thread; 0: nobody */
	struct grown causes; /* struct path_cause; the plain ones first */
	uint32_t *places;    /* of causes by what they say; 0: empty */
	uint32_t room;	     /* a power of 2 */
};

/* 0 or -ENOMEM; to be cleared either way. */
int path_cast__init(struct path_cast *names);
void path_cast__clear(struct path_cast *names);

/* A thread begins: its number. False: no memory. */
bool path_cast__life(struct path_cast *names, const struct identity_thread *thread, uint32_t *life);
void path_cast__rename(struct path_cast *names, uint32_t life,
		       const struct identity_thread *thread);

/* A cause that says no more than its kind. */
static inline uint32_t path_cast__plain(enum path_cause_kind kind)
{
	return kind;
}

/* A sleep in the wait of that row, ended by that kind of waker. False: no memory. */
bool path_cast__sleep(struct path_cast *names, struct cast *cast, uint32_t row,
		      enum waker_kind waker, uint32_t *cause);

static inline uint64_t path_key(uint32_t life, uint32_t cause)
{
	return (uint64_t)life << 32 | cause;
}

/* The sums in words: rows, threads and causes of a new path. 0 or -ENOMEM. */
int path_cast__tell(const struct path_cast *names, const struct path_sums *sums,
		    struct critical_path **path);

#endif

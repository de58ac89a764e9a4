/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The JSON in a recording: at its head what is traced, at its end how that went. Both travel in the
 * members of a profile that are not counted from rows.
 */
#ifndef WAITSCOPE_RECORDING_STORY_H
#define WAITSCOPE_RECORDING_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/profile.h"
#include "model/rows.h"

/* Of the event stream. */
struct stream_facts {
	uint64_t events, late, lost;
};

struct story {
	struct trace_facts facts;
	struct stream_facts stream;
	uint64_t before; /* ns that were traced before the window, and are not in the recording */
};

/* The JSON of the head, from tier, target, kernel and CPUs of a profile. NULL: no memory. */
char *story__head(const struct profile *profile);

/* Fills these in. 0, -ENOMEM, or -EPROTO: that is no such head. profile__free() frees them. */
int story__read_head(const char *text, struct profile *profile);

/* What the head says of the clocks: CLOCK_REALTIME is so many ns ahead of CLOCK_MONOTONIC. */
uint64_t story__clock(const char *head);

/* The JSON of the end, from a finished profile. NULL: no memory. */
char *story__end(const struct profile *profile, const struct story *story);

/*
 * What of it is needed before the rows are read (`story`), and after (`profile`, whose processes
 * are known then). 0, -ENOMEM, -EPROTO.
 */
int story__read_end(const char *text, size_t length, struct story *story);
int story__tell(const char *text, size_t length, struct profile *profile);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A recording read back into a profile, as a traced run makes one.
 *
 * What goes wrong is said on stderr here, and comes back as an exit status.
 */
#ifndef WAITSCOPE_COMMANDS_REPLAYING_H
#define WAITSCOPE_COMMANDS_REPLAYING_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/measuring.h"
#include "model/profile.h"
#include "recording/rebuild.h"
#include "recording/row_filter.h"
#include "recording/story.h"

/* Stacks, those of the one or the other part, which are all that is shown then; of wakers; samples.
 */
#define REPLAY_STACKS  0x01
#define REPLAY_KERNEL  0x02
#define REPLAY_USER    0x04
#define REPLAY_WAKERS  0x08
#define REPLAY_SAMPLES 0x10

struct replaying_options {
	const char *path;
	uint64_t from, to; /* of the window, ns since its begin; 0: all of it */
	/* borrowed; hears what is counted, as it is; NULL: nobody does */
	const struct rebuild_listener *listener;
	const struct measuring *measuring; /* borrowed; what is measured besides; NULL: nothing */
	struct row_filter *filter;	   /* borrowed: names in it become ids; NULL: all */
	uint32_t stacks;		   /* REPLAY_*: that the recording has to have */
	bool quiet;			   /* says nothing of what the recording does not have */
};

struct replaying;

/* Reads all of it. 0 or an exit status; replaying__free() frees either way. */
int replaying__new(struct replaying **replaying, const struct replaying_options *options);
void replaying__free(struct replaying *replaying);

const struct profile *replaying__profile(const struct replaying *replaying);
/* What the profile was built from; belongs to the replaying. */
const struct rebuild *replaying__rebuild(const struct replaying *replaying);
const struct sources *replaying__sources(const struct replaying *replaying);
const struct story *replaying__story(const struct replaying *replaying);
/* It has no end: what there is of it is all that the profile tells. */
bool replaying__is_cut(const struct replaying *replaying);
/* CLOCK_REALTIME was so many ns ahead of CLOCK_MONOTONIC. */
uint64_t replaying__clock(const struct replaying *replaying);

/* What was measured; belongs to the replaying. */
const struct distributions *replaying__distributions(const struct replaying *replaying);
/* How it compares with what the programs had counted. */
const struct rebuild_check *replaying__check(const struct replaying *replaying);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From events to the anatomy of calls that slept: keeps the longest ones. Pure.
 */
#ifndef WAITSCOPE_RECORDING_ANATOMIST_H
#define WAITSCOPE_RECORDING_ANATOMIST_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/stream.h"
#include "model/anatomy.h"
#include "recording/cast.h"

struct anatomist;

struct anatomist_options {
	size_t keep; /* how many */
	bool (*wants)(void *context, int tid, const char *syscall);
	void *context;
};

/* NULL: no memory. `cast` is borrowed. */
struct anatomist *anatomist__new(const struct anatomist_options *options, struct cast *cast);
void anatomist__free(struct anatomist *anatomist);

/* 0, -EPROTO for an event that cannot be, -ENOMEM. */
int anatomist__event(struct anatomist *anatomist, unsigned int cpu,
		     const struct stream_event *event);

/* The longest call is number 0; NULL: there are not so many. */
const struct anatomy *anatomist__call(const struct anatomist *anatomist, size_t number);
/* Calls that could have been meant. */
uint64_t anatomist__seen(const struct anatomist *anatomist);
/* Events that were lost before they came here. */
uint64_t anatomist__lost(const struct anatomist *anatomist);

#endif

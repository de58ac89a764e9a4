/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside collect/session*: what a session is made of. */
#ifndef WAITSCOPE_COLLECT_SESSION_INTERNAL_H
#define WAITSCOPE_COLLECT_SESSION_INTERNAL_H

#include "bpf/records.h"
#include "bpf/uring_records.h"

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
#include "waitscope.skel.h"

#include "collect/aio_probes.h"
#include "collect/session.h"
#include "collect/stack_clock.h"

struct session {
	struct waitscope_bpf *skeleton;
	enum uprobes_method aio_method;
	struct aio_probes *aio_probes; /* NULL: none */
	int aio_error;		       /* why POSIX AIO is not followed, or not of all */
	struct rows rows[POOLS];
	uint32_t given_back[POOLS];
	uint64_t attached_at, ended_at;
	uint32_t sample_rate; /* 0: no samples */
	struct stack_clock clock;
};

/* Sizes all maps for `entries` threads, before the load. 0 or a negative errno. */
int session__size_maps(struct session *session, uint64_t entries, size_t targets);

/* Maps the pools into this process, and unmaps them. 0 or a negative errno. */
int session__map_rows(struct session *session);
void session__unmap_rows(struct session *session);

#endif

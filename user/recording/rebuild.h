/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From a recording back to rows, as the programs had them: what a profile is built from.
 *
 * Threads, waits and calls are counted from the events, by the functions that the programs count
 * with (bpf/ledger.h, bpf/tally.h). Event loops, refused calls and requests are the rows of the
 * end; a part of the window has none.
 */
#ifndef WAITSCOPE_RECORDING_REBUILD_H
#define WAITSCOPE_RECORDING_REBUILD_H

#include <stdbool.h>
#include <stdint.h>

#include "model/rows.h"
#include "recording/reader.h"
#include "recording/replay.h"
#include "recording/row_filter.h"

struct rebuild;

/* Only what lies between is counted: ns since the first thread of the window; 0: all. NULL without
 * memory. */
struct rebuild *rebuild__new(uint64_t from, uint64_t to);
/* Something is measured besides, as `waitscope hist` would have: the rows of POOL_SERIES. */
struct rebuild_measure {
	enum measure measure;
	enum measure_by by;		 /* not by cgroup: no event tells it */
	uint32_t syscall;		 /* only this one, plus 1; 0: all */
	const struct row_filter *filter; /* borrowed; only these threads, by their ids. NULL: all */
};
void rebuild__measure(struct rebuild *rebuild, const struct rebuild_measure *measure);

/*
 * Everything that counts, as it is counted: `thread` and `row` are numbers of the rows that
 * rebuild__finish() hands over (row 0: the kind of wait is not known), the process of a request is
 * its id. NULL: not wanted. A negative errno ends it.
 */
struct rebuild_listener {
	int (*wait)(void *context, const struct replay_wait *wait);
	int (*call)(void *context, const struct replay_call *call);
	int (*waking)(void *context, const struct replay_waking *waking);
	int (*slice)(void *context, const struct replay_slice *slice);
	int (*request)(void *context, const struct replay_request *request);
	int (*loss)(void *context, const struct replay_loss *loss);
	const struct row_filter *filter; /* borrowed; only of these threads, by their ids */
	void *context;
};
void rebuild__listen(struct rebuild *rebuild, const struct rebuild_listener *listener);

/* Who woke others, by thread id; all ids are smaller than rebuild__task_count(). NULL: nobody. */
uint32_t rebuild__task_count(const struct rebuild *rebuild);
const struct identity_task *rebuild__task(const struct rebuild *rebuild, uint32_t tid);

void rebuild__free(struct rebuild *rebuild);

/* Takes an event, an identity, or rows. 0, -ENOMEM, or -EPROTO: a damaged recording. */
int rebuild__take(struct rebuild *rebuild, const struct reader_item *item);

/* Ends it at `end`, once all is taken. The rows belong to the rebuild. 0 or a negative errno. */
int rebuild__finish(struct rebuild *rebuild, uint64_t end, struct sources *sources);

/* The last instant that an event told of. */
uint64_t rebuild__last(const struct rebuild *rebuild);
/* Narrows a window to what is counted. False: that is all of it. */
bool rebuild__part(const struct rebuild *rebuild, uint64_t *from, uint64_t *to);
/* Events that the ring buffers had no room for. */
uint64_t rebuild__lost(const struct rebuild *rebuild);

/*
 * How what was counted again compares with what the programs had at the end: threads, waits and
 * calls that are there, and those of which a figure differs. After rebuild__finish(), of the whole
 * window.
 */
struct rebuild_check {
	uint64_t compared, different;
	uint64_t without_bucket; /* values that only the programs had no room for */
	char first[160];	 /* the first difference, in words */
};

const struct rebuild_check *rebuild__check(const struct rebuild *rebuild);

#endif

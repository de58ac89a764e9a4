/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside recording/rebuild*: the rows that are rebuilt. */
#ifndef WAITSCOPE_RECORDING_REBUILD_INTERNAL_H
#define WAITSCOPE_RECORDING_REBUILD_INTERNAL_H

#include "names/syscall_traits.h"
#include "names/syscalls.h"
#include "recording/format.h"
#include "recording/grown.h"
#include "recording/rebuild.h"

/* What numbers of the recording stand for now; by number, as far as they were named. */
struct renamed {
	uint32_t *own;
	uint32_t count;
};

/* Finds rows (rebuild_index.c). */
struct row_index {
	struct grown places;
	uint64_t (*key_of)(const void *row);
};

struct rebuild {
	struct replay *replay;
	uint64_t from, to; /* as given; instants once the window has `begun` */
	uint64_t begun, last, lost;
	bool cut, over;
	struct grown pools[POOLS];
	struct grown
		ends[POOLS]; /* rows as the programs had them at the end; threads, waits, calls */
	struct grown names;  /* struct identity_thread, by recorded number */
	struct grown keys;   /* struct wait_key, likewise */
	struct grown tasks;  /* struct identity_task, by thread id */
	struct renamed threads, waits;
	struct row_index calls_index, wakers_index, errnos_index, series_index;
	struct grown wakers,
		errnos; /* struct overflow_waker, struct overflow_errno; from row 0 on */
	uint32_t traits[2][SYSCALL_TABLE]; /* [1]: 32-bit calls; 0: not asked for yet */
	struct rebuild_listener listener;
	struct rebuild_measure measure;
	struct grown measured; /* by recorded number of a thread (rebuild_measure.c) */
	struct rebuild_check check;
	int err;
};

/* grown__at() and grown__add(), whose failure is kept in rebuild->err. */
void *rebuild__at(struct rebuild *rebuild, struct grown *grown, uint32_t number);
uint32_t rebuild__add(struct rebuild *rebuild, struct grown *grown);

/* The row of that key; 0: there is none, or no memory (rebuild->err). */
uint32_t rebuild__look_up(struct rebuild *rebuild, struct row_index *index, struct grown *rows,
			  uint64_t key);
/* The same, and its number; made if there is none: empty, and to be given its key at once. NULL: no
 * memory. */
void *rebuild__keyed(struct rebuild *rebuild, struct row_index *index, struct grown *rows,
		     uint64_t key, uint32_t *number);

/* From now on a number of the recording stands for `own`. 0 or rebuild->err. */
int rebuild__rename(struct rebuild *rebuild, struct renamed *renamed, uint32_t number,
		    uint32_t own);

/* Is the stream at a place that counts? */
bool rebuild__is_counted(const struct rebuild *rebuild);

/* The row of a thread of the recording, or of its wait, made at the first that is heard of it.
 * NULL: rebuild->err, or (of a wait) it was never named. */
struct thread_row *rebuild__thread(struct rebuild *rebuild, uint32_t number);
struct wait_row *rebuild__wait(struct rebuild *rebuild, uint32_t thread, uint32_t number);

/* What counts (rebuild_count.c). */
struct replay_hooks rebuild__hooks(struct rebuild *rebuild);
void rebuild__index(struct rebuild *rebuild);

/* One value more in a histogram row, which is made if there is none. */
void rebuild__count(struct rebuild *rebuild, uint32_t *histogram, uint64_t value);

/* Tells who listens (rebuild_listen.c). 0 or a negative errno. */
int rebuild__tell_wait(struct rebuild *rebuild, const struct replay_wait *wait);
int rebuild__tell_call(struct rebuild *rebuild, const struct replay_call *call);
int rebuild__tell_waking(struct rebuild *rebuild, const struct replay_waking *waking);
int rebuild__on_slice(void *context, const struct replay_slice *slice);
int rebuild__on_request(void *context, const struct replay_request *request);
int rebuild__tell_loss(struct rebuild *rebuild, const struct replay_loss *loss);

/* What is measured (rebuild_measure.c). */
int rebuild__on_leaving(void *context, const struct replay_leaving *leaving);
int rebuild__on_coming(void *context, const struct replay_coming *coming);
int rebuild__on_begin(void *context, uint32_t thread, uint64_t time);
void rebuild__measure_call(struct rebuild *rebuild, const struct replay_call *call);
/* The window begins here. */
void rebuild__forget_measured(struct rebuild *rebuild);

/* The call row that stands for one of the end; NULL: there is none. */
const struct call_row *rebuild__find_call(struct rebuild *rebuild, const struct call_row *end);

/* Rows of the end: those that are taken over as they are, and what is only there of the others. */
int rebuild__take_rows(struct rebuild *rebuild, const struct reader_item *item);
void rebuild__merge_end(struct rebuild *rebuild);

/* Compares what was counted with what the programs had. */
void rebuild__compare(struct rebuild *rebuild);

/* No number in the rows leads out of them, whatever was in the file. */
void rebuild__make_safe(struct rebuild *rebuild);

static inline uint32_t renamed__of(const struct renamed *renamed, uint32_t number)
{
	return number < renamed->count ? renamed->own[number] : 0;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside recording/timeline*: who is on it, and their levels. */
#ifndef WAITSCOPE_RECORDING_TIMELINE_INTERNAL_H
#define WAITSCOPE_RECORDING_TIMELINE_INTERNAL_H

#include "model/steps.h"
#include "recording/cast.h"
#include "recording/grown.h"
#include "recording/replay.h"
#include "recording/timeline.h"

/* A thread row, as the writer knows it. */
struct track {
	struct timeline_thread thread;
	uint32_t process; /* row in processes */
	uint32_t wait;	  /* row of the last wait in the call that is open */
	uint64_t flow;	  /* of the waking whose wait is not over yet; 0: none */
	uint64_t entered; /* the call that was begun: entry and number */
	uint64_t floor;	  /* nothing begins or ends before this any more */
	uint32_t call;
	bool told;   /* the writer knows it */
	bool stale;  /* it may have another name by now */
	bool inside; /* a call is begun */
	bool helper;
	bool running;			       /* it counts among those of: */
	uint32_t running_process, running_pid; /* ... process row, and process */
};

/* What a process has levels of. */
enum timeline_level {
	LEVEL_RUNNING = 0,
	LEVEL_OPERATIONS = 1,
	LEVEL_REQUESTS = 2, /* and one each API */
	LEVELS = LEVEL_REQUESTS + REQUEST_BLOCK + 1,
};

/* A process row. */
struct crowd {
	uint32_t pid;
	uint32_t counters[LEVELS]; /* numbers of counters; 0: none yet */
};

struct timeline {
	const struct timeline_writer *writer;
	struct replay *replay;
	struct cast *cast;
	char *kernel;
	uint64_t from, to; /* as given; instants once the window has `begun` */
	uint64_t begun, last;
	bool cut, over, headed;
	struct grown tracks; /* struct track, by thread row */
	struct grown rows;   /* uint32_t, by thread id: its thread row */
	struct grown tasks;  /* uint8_t, by thread id: told */
	struct grown pids;   /* uint8_t, by process id: told */
	struct grown crowds; /* struct crowd, by process row */
	uint64_t track_count, flow_count, lost;
	uint32_t counter_count;
	/* changes that come in order but for a few, and such that come late */
	struct steps *running, *outstanding;
};

/* --- timeline_who.c: the writer is told of whom the rest will speak -------------------------- */

/* Of a thread row; NULL: timeline__error(). Valid until the next call. */
struct track *timeline__track(struct timeline *timeline, uint32_t number, int *err);

/* Fills in who has that thread id; track 0 for none. `likely`: a thread row that may have it. */
int timeline__waker(struct timeline *timeline, uint32_t tid, uint32_t likely,
		    struct timeline_thread *waker);
int timeline__tell_process(struct timeline *timeline, uint32_t pid, uint32_t parent,
			   const char *name, bool again);

/* --- timeline_levels.c ----------------------------------------------------------------------- */

int timeline__levels_new(struct timeline *timeline);
/* A change of a level of process row `process`, whose process is `pid`. */
int timeline__change(struct timeline *timeline, uint32_t process, uint32_t pid,
		     enum timeline_level level, uint64_t time, int32_t change);
/* The level lasts from `since` to `until`. */
int timeline__outstanding(struct timeline *timeline, uint32_t process, uint32_t pid,
			  enum timeline_level level, uint64_t since, uint64_t until);
/* A thread runs, or does not any more. */
int timeline__set_running(struct timeline *timeline, struct track *track, uint64_t time,
			  bool running);
int timeline__levels_finish(struct timeline *timeline);

/* --- timeline_told.c ------------------------------------------------------------------------- */

#define TELL(timeline, what, argument)                                                             \
	((timeline)->writer->what((timeline)->writer->context, (argument)))

extern const struct replay_hooks timeline__hooks; /* for a timeline as context */

/* Is this in the part of the window that is asked for? */
bool timeline__is_shown(const struct timeline *timeline);

/* The entry of the call in flight; if it was not seen, the begin of the window or of the thread. */
uint64_t replay_thread__entry(const struct replay_thread *thread);

/* Begins a call, unless it is begun. What is inside of it may follow then. */
int timeline__begin_call(struct timeline *timeline, struct track *track, uint64_t since,
			 uint32_t call);
/* Ends a call that was begun and of which no end will be told. */
int timeline__drop_call(struct timeline *timeline, struct track *track, uint64_t time,
			enum timeline_end end);
/* `number`, `row`: of the thread and of the wait. The rest of `wait` is filled in. */
int timeline__tell_wait(struct timeline *timeline, uint32_t number, uint32_t row,
			struct timeline_wait *wait);
/* Thread rows, 0 for one that is not traced; `end` and `row` are of `from`. */
int timeline__tell_switch(struct timeline *timeline, unsigned int cpu, uint64_t time, uint32_t from,
			  uint32_t to, uint32_t end, uint32_t row);

#endif

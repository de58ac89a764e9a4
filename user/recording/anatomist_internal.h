/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside of the anatomist: what is kept of each thread until its call returns. */
#ifndef WAITSCOPE_RECORDING_ANATOMIST_INTERNAL_H
#define WAITSCOPE_RECORDING_ANATOMIST_INTERNAL_H

#include "recording/anatomist.h"
#include "recording/cpu_past.h"
#include "recording/grown.h"
#include "recording/losses.h"
#include "recording/replay.h"
#include "recording/thread_ids.h"

#define WAKINGS_KEPT 16 /* that a thread has made in a call from which it is still to return */

/* A waking, as it was when it was made. Instants are CLOCK_MONOTONIC. */
struct waking_note {
	uint64_t time; /* 0: none */
	uint32_t kind, tid;
	uint32_t waker;	      /* thread row of the waker; 0: none that is traced */
	uint32_t interrupted; /* thread row of whom the CPU ran; of an interrupt */
	unsigned int cpu;
	const char *call; /* in which the waker was; NULL: not known yet */
	uint64_t call_since;
};

/* A block request that an interrupt has just completed on a CPU, before any switch there. */
struct completion {
	uint64_t time, latency;
	uint32_t process, operation;
};

struct chain_link {
	uint64_t since; /* the sleeper was asleep from */
	uint32_t row;	/* its wait */
	uint32_t tid;	/* its own id: rows are given to others */
	struct waking_note waking;
	struct completion completion;
};

/* How a thread came to run: by its last waking, before that by its waker's, and so on. */
struct waking_chain {
	struct chain_link links[ANATOMY_CHAIN];
	uint32_t count;
	bool cut; /* there is more */
};

/* A sleep of a call that has not returned yet. */
struct nap {
	uint64_t off, woken, on;
	uint64_t early_by;
	uint32_t row, next; /* wait row; thread row, 0: not traced */
	unsigned int cpu_off, cpu_on;
	bool early;
	struct waking_note waking;
	struct waking_chain chain; /* of its waker */
	struct completion completion;
};

/* A thread that was woken by one that has yet to return from its call. */
struct made_waking {
	uint64_t time;
	uint32_t thread;
};

/* Of a waking, with what is to be known of it then. */
struct noted {
	struct waking_note waking;
	struct waking_chain chain;
	struct completion completion;
};

struct person {
	struct nap *naps;
	uint32_t count, room;
	struct anatomy_more more;
	bool out_of_order; /* its instants are: clocks of CPUs differ, or the file is hostile */
	/* of the switch-out and the waking that may begin and end the next sleep */
	uint32_t next;
	unsigned int cpu_off, cpu_entry;
	struct noted woken, early;
	struct waking_chain chain;
	uint32_t lost;			       /* by its ledger, when its last call returned */
	uint32_t chain_lost;		       /* by its ledger, when `chain` was made */
	uint64_t epoch;			       /* ... and the losses until then */
	struct made_waking made[WAKINGS_KEPT]; /* the last ones, by it */
	uint32_t made_count;		       /* since its last return */
};

/* A call that is kept. */
struct specimen {
	struct anatomy anatomy;
	uint64_t began;
	uint32_t thread; /* row */
};

struct anatomist {
	struct anatomist_options options;
	struct cast *cast;
	struct replay *replay;
	struct grown people; /* struct person *, by thread row */
	struct cpu_pasts pasts;
	struct grown completions; /* struct completion, by CPU + 1 */
	struct thread_ids ids;
	struct specimen *kept;
	size_t count;
	struct anatomist_sums sums;
	struct losses losses;
};

struct person *anatomist__person(struct anatomist *anatomist, uint32_t thread);

/* Does the user want that call? The person has what it slept. */
bool anatomist__wants(struct anatomist *anatomist, const struct identity_thread *thread,
		      const char *syscall, const struct person *person);

/* anatomist_notes.c: before the replay has it. 0 or a negative errno. */
int anatomist__note(struct anatomist *anatomist, unsigned int cpu,
		    const struct stream_event *event);

/* anatomist_wakings.c: who woke whom, and in which call. 0 or a negative errno. */

/* Before the replay has it. */
int anatomist__note_waking(struct anatomist *anatomist, unsigned int cpu,
			   const struct stream_event *event);
/* The thread's sleep is over, and was ended by that. */
void anatomist__adopt_waking(struct anatomist *anatomist, struct person *person,
			     const struct noted *noted, const struct replay_wait *wait);
/* The thread has made its last wakings in that call. */
void anatomist__settle_wakings(struct anatomist *anatomist, uint32_t thread, uint32_t call,
			       uint64_t since, uint64_t until);

/* anatomist_tell.c: from row numbers to names. */

void anatomist__name_thread(struct anatomist *anatomist, uint32_t row,
			    struct anatomy_thread *thread);
/* `process`: row of the sleeper's. 0 or -ENOMEM. */
int anatomist__tell_sleep(struct anatomist *anatomist, const struct nap *nap, uint64_t began,
			  uint32_t process, struct anatomy_sleep *sleep);

#endif

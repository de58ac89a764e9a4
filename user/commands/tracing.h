/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One traced run, from the check of what is asked for to the finished profile.
 *
 *   tracing__new -> tracing__run -> (the profile is shown) -> tracing__conclude -> tracing__free
 *
 * What goes wrong is said on stderr here, and comes back as an exit status. Several runs may follow
 * each other in one process, not overlap.
 */
#ifndef WAITSCOPE_COMMANDS_TRACING_H
#define WAITSCOPE_COMMANDS_TRACING_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/measuring.h"
#include "collect/stream.h"
#include "collect/target.h"
#include "collect/watch.h"
#include "model/profile.h"
#include "recording/story.h"

#define TAKER_WANTS_STORY 1

/*
 * Takes the events of a traced run, for the verbs that need an order in time. Each of its functions
 * returns 0 or a negative errno, after which it is called no more; tracing__run() fails then.
 */
struct event_taker {
	size_t buffer; /* bytes of the ring buffer of a CPU: a power of two */
	/* before the first event: the rows that events name, and what is traced of a profile */
	int (*begin)(void *context, const struct rows pools[POOLS], const struct profile *profile);
	stream_sink *event;
	/* after a bunch of events; all before `now` were handed out. NULL: none. It may return
	 * TAKER_WANTS_STORY */
	int (*step)(void *context, uint64_t now);
	/* NULL: none. How it goes so far (what was handed out ends at facts.ended_at), because
	 * step() asked for it, or SIGUSR1 did */
	int (*look)(void *context, const struct story *story, bool asked);
	/* the profile is finished, and the rows are as they will be */
	int (*finish)(void *context, const struct sources *sources, const struct profile *profile,
		      const struct story *story);
	void *context;
};

struct tracing_options {
	struct target *target; /* borrowed; what it names is looked up and filled in */
	enum tier tier;
	uint64_t duration;    /* ns; 0: no end */
	uint64_t map_entries; /* 0: the default */
	bool quiet;	      /* no progress line */
	bool verbose;	      /* libbpf's messages, and when the programs are attached */
	/* where a command writes, borrowed; 0: where we do */
	int command_stdout, command_stderr;
	uint32_t stack_mode;		   /* STACK_OF_*; 0: no stacks */
	uint32_t sample_rate;		   /* of threads on a CPU, a second; 0: none */
	const struct measuring *measuring; /* borrowed; NULL: only what is always kept */
	const struct event_taker *events;  /* borrowed; NULL: no event stream */
	/* called at the end of each of its intervals; NULL: not */
	void (*on_interval)(void *context, const struct distributions *latest);
	void *context;
};

struct tracing;

/*
 * Checks all that can be refused before anything is loaded: the target, the kernel, our rights.
 * Returns 0 or an exit status. tracing__free() frees it; its options must outlive it.
 */
int tracing__new(struct tracing **tracing, const struct tracing_options *options);

/*
 * Traces until the target, the duration or a signal ends it. Returns 0 and the profile, which
 * belongs to the tracing and borrows texts from the target, or an exit status: that of the shells
 * (126, 127) for a command that cannot be executed.
 */
int tracing__run(struct tracing *tracing, const struct profile **profile);

/* After tracing__run(): what was measured; belongs to the tracing. NULL without memory. */
const struct distributions *tracing__distributions(const struct tracing *tracing);

/* What ended it. */
enum watch_end tracing__end(const struct tracing *tracing);

/*
 * The exit status once the report is out: of a command its own, for which it is waited if it still
 * runs, or 128 + the signal that ended the tracing; else 0.
 */
int tracing__conclude(struct tracing *tracing);

/* Kills a command that still runs, and waits for its end: of the runs that are ours to end. */
void tracing__kill_command(struct tracing *tracing);

void tracing__free(struct tracing *tracing);

#endif

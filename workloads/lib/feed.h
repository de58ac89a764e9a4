/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sources that a partner feeds, one event each delay, one source after the other: on a fixed
 * schedule, whether or not the receiver keeps up. Timers feed themselves at the same rate.
 */
#ifndef WORKLOADS_FEED_H
#define WORKLOADS_FEED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "event_source.h"

enum { FEED_SIZE_MAX = 4096, FEED_SOURCES_MAX = 10000 };

struct feed {
	/* To be set before feed__open(). */
	const enum event_source_kind *kinds; /* of the sources, in turn */
	unsigned int kinds_length;
	uint64_t sources_count;
	uint64_t operations; /* events in all */
	uint64_t delay_ns;   /* from one to the next */
	uint64_t size;	     /* bytes of a message, at most FEED_SIZE_MAX */
	bool nonblocking;    /* reads are to say EAGAIN */

	/*
	 * Number of events that the receiver has asked for so far. If set, there is no schedule:
	 * each event is sent the delay after it was asked for, and thus never there before.
	 */
	const _Atomic uint64_t *asked;

	struct event_source *sources;
	_Atomic uint64_t *sent_ns; /* just before event i was sent to source i % sources_count */
	_Atomic uint64_t start_ns; /* when the first event is due; 0: not known yet */
};

/* Opens the sources, each with its quota. Raises the limit of open files for that. */
void feed__open(struct feed *feed);
void feed__close(struct feed *feed);

/* Says when the first event is due, and starts the timers. */
void feed__start(struct feed *feed, uint64_t first_ns);

/* What the partner plays, with the feed as its argument: waits for the start, and feeds. */
void feed__play(void *feed);

/* When the event was sent of which unit (counted from 0) was read from that source. */
uint64_t feed__sent_ns(const struct feed *feed, uint64_t source, uint64_t unit);

#endif

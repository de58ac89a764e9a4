/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What an event loop or another receiver watches: sockets, eventfds, timerfds, pipes. */
#ifndef WORKLOADS_EVENT_SOURCE_H
#define WORKLOADS_EVENT_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "calls.h"

enum event_source_kind {
	SOURCE_SOCKET, /* TCP over loopback */
	SOURCE_EVENTFD,
	SOURCE_TIMERFD,
	SOURCE_PIPE,
	SOURCE_UNIX,
	SOURCE_LISTENER, /* TCP; what comes is connections, and its owner accepts them */
	SOURCE_KINDS,
};

extern const char *const event_source_names[SOURCE_KINDS];

/* What an event brings is counted in units: messages, added ones, expirations. */
struct event_source {
	enum event_source_kind kind;
	int fd;
	int feed_fd;	   /* where the partner writes; -1 for timers, which feed themselves;
			    * the connection made last, of a listener */
	uint64_t quota;	   /* units that it is to deliver */
	uint64_t received; /* units so far; bytes where there are messages */
	uint64_t unit;	   /* what one unit adds to received */
	bool is_done;
};

/* Opens the source; its messages, if it has such, are of that size in bytes. */
void event_source__open(struct event_source *source, enum event_source_kind kind, uint64_t size);

/* Closes both ends. */
void event_source__close(struct event_source *source);

/* Starts a timer source: first at first_ns on the monotonic clock, then each interval_ns. */
void event_source__start_timer(struct event_source *source, uint64_t first_ns,
			       uint64_t interval_ns);

/* Stops it (timerfd_settime, counted), so that it is not ready for ever after. */
void event_source__stop_timer(struct event_source *source, struct calls *calls);

/* Is what it delivers counted in bytes of messages? */
bool event_source__has_messages(enum event_source_kind kind);

/* Partner: delivers one unit. message has the size given at opening. */
void event_source__feed(struct event_source *source, const char *message);

/*
 * Loop: one read (counted), which takes at most one message where there are such, and all
 * there is from others. Returns the number of bytes read, or -1 on EAGAIN.
 */
int64_t event_source__take(struct event_source *source, char *buffer, struct calls *calls);

#endif

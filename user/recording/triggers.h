/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What makes a flight recorder write: a wait that lasts too long, a handler that keeps its event
 * loop from waiting. Seen as soon as the time is over, though the wait or the handler goes on.
 */
#ifndef WAITSCOPE_RECORDING_TRIGGERS_H
#define WAITSCOPE_RECORDING_TRIGGERS_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/stream.h"
#include "model/rows.h"

#define TRIGGER_REASON 192

/* What is asked for; ns, 0: not. */
struct trigger_limits {
	uint64_t wait; /* blocking waits, of these classes */
	uint32_t classes;
	uint64_t stall; /* handlers of event loops */
	bool finding;	/* somebody else judges that */
};

/* Adds "wait>50ms", "CLASS>50ms", "stall>20ms" or "finding". 0, or -EINVAL and the reason. */
int trigger__parse(struct trigger_limits *limits, const char *text, char reason[TRIGGER_REASON]);

struct triggers;

/* `pools`: of the session, borrowed; they say which call a thread loops on. NULL: no memory. */
struct triggers *triggers__new(const struct trigger_limits *limits, const struct rows pools[POOLS]);
void triggers__free(struct triggers *triggers);

/* 0, -EPROTO for an event that cannot be, -ENOMEM. */
int triggers__event(struct triggers *triggers, unsigned int cpu, const struct stream_event *event);

/*
 * The first that fired and is not forgotten, in words; NULL: nothing. All events before `now` were
 * given.
 */
const char *triggers__fired(struct triggers *triggers, uint64_t now);
void triggers__forget(struct triggers *triggers);

#endif

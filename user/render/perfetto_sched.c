// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/per_cpu.h"
#include "render/perfetto_internal.h"

#define EVENTS_A_BUNDLE 64

/* As the kernel's own sched_switch reports them (TASK_REPORT in include/linux/sched.h, since
 * 4.14). What it has no letter for, it calls uninterruptible. */
#define STATE_RUNNABLE	0
#define STATE_PREEMPTED 0x100
#define STATE_DEAD	0x10

static const uint32_t sleep_states[] = {
	[LEDGER_SLEEP_NONE] = 0x01,
	[LEDGER_SLEEP_INTERRUPTIBLE] = 0x01,
	[LEDGER_SLEEP_UNINTERRUPTIBLE] = 0x02,
	[LEDGER_SLEEP_KILLABLE] = 0x02,
	[LEDGER_SLEEP_STOPPED] = 0x04,
	[LEDGER_SLEEP_TRACED] = 0x08,
	[LEDGER_SLEEP_IDLE] = 0x80,
	[LEDGER_SLEEP_FROZEN] = 0x02,
};

/* `flags` of an event (include/linux/trace_events.h) */
#define IN_HARDIRQ 0x08
#define IN_SOFTIRQ 0x10

static const uint32_t waker_flags[WAKER_KINDS] = {
	[WAKER_HARDIRQ] = IN_HARDIRQ,
	[WAKER_TIMER] = IN_HARDIRQ,
	[WAKER_SOFTIRQ] = IN_SOFTIRQ,
};

struct sched_event {
	uint64_t time;
	bool is_waking;
	uint32_t from_tid, to_tid; /* waker and woken, likewise */
	uint32_t state;		   /* or flags */
	char from_name[RECORDS_COMM], to_name[RECORDS_COMM];
};

struct cpu_events {
	struct sched_event events[EVENTS_A_BUNDLE];
	size_t count;
	bool lost;
};

struct sched {
	struct per_cpu cpus; /* struct cpu_events */
	Pf__SchedEvent events[EVENTS_A_BUNDLE];
	Pf__SchedEvent *list[EVENTS_A_BUNDLE];
	Pf__Switch switches[EVENTS_A_BUNDLE];
	Pf__Waking wakings[EVENTS_A_BUNDLE];
	char *owned[EVENTS_A_BUNDLE * 2];
	size_t owned_count;
};

struct sched *sched__new(void)
{
	struct sched *sched = calloc(1, sizeof(*sched));

	if (sched)
		sched->cpus.size = sizeof(struct cpu_events);
	return sched;
}

void sched__free(struct sched *sched)
{
	if (sched)
		per_cpu__clear(&sched->cpus);
	free(sched);
}

/* Its text as the format takes it, kept until the bundle is written. NULL: no memory. */
static char *name_of(struct sched *sched, const char *name)
{
	char *owned = NULL;
	const char *clean = perfetto__clean(name, &owned);

	if (owned)
		sched->owned[sched->owned_count++] = owned;
	return (char *)clean;
}

static bool fill(struct sched *sched, size_t i, const struct sched_event *from)
{
	Pf__SchedEvent *event = &sched->events[i];
	Pf__Switch *change = &sched->switches[i];
	Pf__Waking *waking = &sched->wakings[i];

	*event = (Pf__SchedEvent)PF__SCHED_EVENT__INIT;
	sched->list[i] = event;
	event->has_timestamp = event->has_tid = 1;
	event->timestamp = from->time;
	event->tid = from->from_tid;
	if (from->is_waking) {
		*waking = (Pf__Waking)PF__WAKING__INIT;
		event->waking = waking;
		event->has_flags = from->state != 0;
		event->flags = from->state;
		waking->has_tid = 1;
		waking->tid = (int32_t)from->to_tid;
		waking->name = name_of(sched, from->to_name);
		return waking->name;
	}
	*change = (Pf__Switch)PF__SWITCH__INIT;
	event->switch_ = change;
	change->has_from_tid = change->has_to_tid = change->has_from_state = 1;
	change->from_tid = (int32_t)from->from_tid;
	change->to_tid = (int32_t)from->to_tid;
	change->from_state = from->state;
	change->from_name = name_of(sched, from->from_name);
	change->to_name = name_of(sched, from->to_name);
	return change->from_name && change->to_name;
}

static int flush(struct perfetto *perfetto, unsigned int number)
{
	struct sched *sched = perfetto->sched;
	struct cpu_events *cpu = sched->cpus.lanes[number];
	Pf__Packet packet = PF__PACKET__INIT;
	Pf__SchedBundle bundle = PF__SCHED_BUNDLE__INIT;
	int err = 0;

	if (!cpu || (!cpu->count && !cpu->lost))
		return 0;
	for (size_t i = 0; i < cpu->count; i++)
		if (!fill(sched, i, &cpu->events[i]))
			err = -ENOMEM;
	packet.has_sequence = 1;
	packet.sequence = SEQUENCE_SCHED;
	packet.sched = &bundle;
	bundle.has_cpu = 1;
	bundle.cpu = number;
	bundle.has_lost = bundle.lost = cpu->lost;
	bundle.n_event = cpu->count;
	bundle.event = sched->list;
	if (!err)
		err = perfetto__write(perfetto, &packet);
	while (sched->owned_count)
		free(sched->owned[--sched->owned_count]);
	cpu->count = 0;
	cpu->lost = false;
	return err;
}

/* Room for an event on that CPU; NULL: *err says why. */
static struct sched_event *add(struct perfetto *perfetto, unsigned int number, int *err)
{
	struct cpu_events *cpu = per_cpu__at(&perfetto->sched->cpus, number, err);

	if (cpu && cpu->count == EVENTS_A_BUNDLE)
		*err = flush(perfetto, number);
	return !cpu || *err ? NULL : &cpu->events[cpu->count++];
}

static uint32_t state_of(const struct timeline_switch *event)
{
	if (!event->from->track)
		return STATE_RUNNABLE;
	switch (event->end) {
	case LEDGER_EVENT_PREEMPTED:
		return STATE_PREEMPTED;
	case LEDGER_EVENT_ENDED:
		return STATE_DEAD;
	case LEDGER_EVENT_BLOCKED:
		return sleep_states[event->sleep & 7];
	default:
		return STATE_RUNNABLE;
	}
}

/* The kernel's idle task has number 0: so has everyone who is not traced. */
static void set_name(char name[RECORDS_COMM], const struct timeline_thread *thread)
{
	static const char not_traced[RECORDS_COMM] = "not traced";

	memcpy(name, thread->track ? thread->name : not_traced, RECORDS_COMM);
}

int sched__switched(struct perfetto *perfetto, const struct timeline_switch *event)
{
	struct sched_event *place;
	int err;

	place = add(perfetto, event->cpu, &err);
	if (!place)
		return err;
	place->time = event->time;
	place->is_waking = false;
	place->from_tid = event->from->tid;
	place->to_tid = event->to->tid;
	place->state = state_of(event);
	set_name(place->from_name, event->from);
	set_name(place->to_name, event->to);
	return 0;
}

int sched__waking(struct perfetto *perfetto, const struct timeline_waking *waking)
{
	struct sched_event *place;
	int err;

	place = add(perfetto, waking->cpu, &err);
	if (!place)
		return err;
	place->time = waking->time;
	place->is_waking = true;
	place->from_tid = waking->waker->tid;
	place->to_tid = waking->thread->tid;
	place->state = waking->kind < WAKER_KINDS ? waker_flags[waking->kind] : 0;
	set_name(place->to_name, waking->thread);
	return 0;
}

int sched__lost(struct perfetto *perfetto, unsigned int cpu)
{
	int err;
	struct cpu_events *events = per_cpu__at(&perfetto->sched->cpus, cpu, &err);

	if (!events)
		return err;
	err = flush(perfetto, cpu);
	events->lost = true;
	return err;
}

int sched__finish(struct perfetto *perfetto)
{
	int err = 0;

	for (unsigned int i = 0; i < CPUS_MOST && !err; i++)
		err = flush(perfetto, i);
	return err;
}

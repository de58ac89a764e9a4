// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>

#include "render/perfetto_internal.h"

/* `sequence_flags` of a packet */
#define NAMES_BEGIN_ANEW 1
#define NAMES_ARE_USED	 2

static uint64_t number_of(struct event *event, enum name_kind kind, const char *text)
{
	uint64_t number = names__number(event->perfetto->names, kind, text);

	if (!number)
		event->err = -ENOMEM;
	return number;
}

void event__begin(struct event *event, struct perfetto *perfetto, enum event_type type,
		  uint64_t track, uint64_t time)
{
	event->perfetto = perfetto;
	event->err = 0;
	event->packet = (Pf__Packet)PF__PACKET__INIT;
	event->event = (Pf__TrackEvent)PF__TRACK_EVENT__INIT;
	event->packet.event = &event->event;
	event->packet.has_timestamp = event->packet.has_sequence = 1;
	event->packet.timestamp = time;
	event->packet.sequence = SEQUENCE_EVENTS;
	event->packet.has_sequence_flags = 1;
	event->packet.sequence_flags = NAMES_ARE_USED;
	if (names__begin(perfetto->names) || !perfetto->said) {
		event->packet.sequence_flags |= NAMES_BEGIN_ANEW;
		event->defaults = (Pf__PacketDefaults)PF__PACKET_DEFAULTS__INIT;
		event->defaults.has_clock = 1;
		event->defaults.clock = CLOCK_OF_TRACE;
		event->packet.defaults = &event->defaults;
		perfetto->said = true;
	}
	event->event.has_type = event->event.has_track = 1;
	event->event.type = type;
	event->event.track = track;
	event->event.note = event->note_list;
}

void event__name(struct event *event, const char *category, const char *name)
{
	event->category = number_of(event, NAME_CATEGORY, category);
	event->event.n_category = 1;
	event->event.category = &event->category;
	event->event.has_name = 1;
	event->event.name = number_of(event, NAME_EVENT, name);
}

static Pf__Note *add_note(struct event *event, const char *name)
{
	size_t place = event->event.n_note++;
	Pf__Note *note = &event->notes[place];

	*note = (Pf__Note)PF__NOTE__INIT;
	note->has_name = 1;
	note->name = number_of(event, NAME_NOTE, name);
	event->note_list[place] = note;
	return note;
}

void event__note_text(struct event *event, const char *name, const char *text)
{
	Pf__Note *note = text ? add_note(event, name) : NULL;

	if (!note)
		return;
	note->has_interned_text = 1;
	note->interned_text = number_of(event, NAME_TEXT, text);
}

void event__note_number(struct event *event, const char *name, int64_t number)
{
	Pf__Note *note = add_note(event, name);

	if (number < 0) { /* ten bytes */
		note->has_signed_number = 1;
		note->signed_number = number;
	} else {
		note->has_number = 1;
		note->number = (uint64_t)number;
	}
}

void event__note_truth(struct event *event, const char *name, bool truth)
{
	Pf__Note *note = truth ? add_note(event, name) : NULL;

	if (note)
		note->has_truth = note->truth = 1;
}

void event__begin_flow(struct event *event, uint64_t flow)
{
	event->flow = flow;
	event->event.n_flow = flow ? 1 : 0;
	event->event.flow = &event->flow;
}

void event__end_flow(struct event *event, uint64_t flow)
{
	event->flow = flow;
	event->event.n_flow_end = flow ? 1 : 0;
	event->event.flow_end = &event->flow;
}

int event__write(struct event *event)
{
	event->packet.interned = names__fresh(event->perfetto->names);
	return event->err ? event->err : perfetto__write(event->perfetto, &event->packet);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside render/perfetto*: packets, names that are said once, and events of a track. */
#ifndef WAITSCOPE_RENDER_PERFETTO_INTERNAL_H
#define WAITSCOPE_RENDER_PERFETTO_INTERNAL_H

#include <stddef.h>

#include "perfetto.pb-c.h"
#include "render/perfetto.h"

/* Sequences of packets: their names are their own. */
#define SEQUENCE_EVENTS 1
#define SEQUENCE_SCHED	2

#define CLOCK_OF_TRACE 3 /* CLOCK_MONOTONIC */

/* Ids of tracks: what it is the track of, and its number. */
enum track_kind {
	TRACK_THREAD = 1,
	TRACK_PROCESS = 2,
	TRACK_COUNTER = 3,
	TRACK_REQUESTS = 4,
	TRACK_LOSSES = 5,
};

static inline uint64_t track__id(enum track_kind kind, uint64_t number)
{
	return number << 3 | kind;
}

/* --- perfetto.c ------------------------------------------------------------------------------ */

int perfetto__write(struct perfetto *perfetto, const Pf__Packet *packet);

/* A text that the format takes: as it is, or escaped. The caller frees `*owned`. */
const char *perfetto__clean(const char *text, char **owned);

/* --- perfetto_names.c: texts, which packets name by number once they were said --------------- */

enum name_kind {
	NAME_CATEGORY = 0,
	NAME_EVENT = 1,
	NAME_NOTE = 2,
	NAME_TEXT = 3,
	NAME_KINDS = 4,
};

#define NAMES_A_PACKET 32

struct names;

struct names *names__new(void);
void names__free(struct names *names);

/* Makes room for NAMES_A_PACKET. True: all names are forgotten, and have to be said again. */
bool names__begin(struct names *names);

/* The number of a text; if it is new, it is among what `interned` will say. 0: no memory. */
uint64_t names__number(struct names *names, enum name_kind kind, const char *text);

/* What was new since names__begin(); NULL: nothing. Valid until it is called again. */
Pf__InternedData *names__fresh(struct names *names);

/* --- perfetto_events.c: slices, instants and counters ---------------------------------------- */

enum event_type {
	EVENT_BEGIN = 1,
	EVENT_END = 2,
	EVENT_INSTANT = 3,
	EVENT_VALUE = 4,
};

#define NOTES 12

/* An event that is being made. */
struct event {
	struct perfetto *perfetto;
	Pf__Packet packet;
	Pf__TrackEvent event;
	Pf__PacketDefaults defaults;
	Pf__Note notes[NOTES];
	Pf__Note *note_list[NOTES];
	uint64_t category, flow;
	int err;
};

void event__begin(struct event *event, struct perfetto *perfetto, enum event_type type,
		  uint64_t track, uint64_t time);
void event__name(struct event *event, const char *category, const char *name);
/* Each notes something with the slice; NULL is no text. */
void event__note_text(struct event *event, const char *name, const char *text);
void event__note_number(struct event *event, const char *name, int64_t number);
void event__note_truth(struct event *event, const char *name, bool truth);
/* An arrow begins here, or ends; 0: none. */
void event__begin_flow(struct event *event, uint64_t flow);
void event__end_flow(struct event *event, uint64_t flow);
int event__write(struct event *event);

/* --- perfetto_sched.c: per CPU, what the scheduler did --------------------------------------- */

struct sched;

struct sched *sched__new(void);
void sched__free(struct sched *sched);
int sched__switched(struct perfetto *perfetto, const struct timeline_switch *event);
int sched__waking(struct perfetto *perfetto, const struct timeline_waking *waking);
int sched__lost(struct perfetto *perfetto, unsigned int cpu);
int sched__finish(struct perfetto *perfetto);

/* --- perfetto_tracks.c: what is on the tracks of threads and processes ----------------------- */

int tracks__begin(struct perfetto *perfetto);
int tracks__process(void *context, const struct timeline_process *process);
int tracks__thread(void *context, const struct timeline_thread *thread);
int tracks__waking(struct perfetto *perfetto, const struct timeline_waking *waking);
int tracks__enter(void *context, const struct timeline_call *call);
int tracks__call(void *context, const struct timeline_call *call);
int tracks__wait(void *context, const struct timeline_wait *wait);
int tracks__request(void *context, const struct timeline_request *request);
int tracks__counter(void *context, uint32_t counter, uint32_t pid, const char *name);
int tracks__level(void *context, uint32_t counter, uint64_t time, int64_t level);
int tracks__loss(struct perfetto *perfetto, const struct timeline_loss *loss);

/* Requests of a process and API: tracks on which they do not overlap. */
struct lane {
	uint32_t pid;
	enum request_api api;
	uint64_t until; /* the end of the last one on it */
};

struct perfetto {
	FILE *stream;
	uint8_t *packed;
	size_t packed_room;
	struct names *names;
	struct sched *sched;
	bool said; /* the defaults of the sequence */
	struct lane *lanes;
	size_t lane_count, lane_room;
};

#endif

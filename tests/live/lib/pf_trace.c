// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "tests/live/lib/internal.h"
#include "tests/live/lib/pf_trace.h"

/* A row more, of zeroes. */
static void *grow(void **at, size_t *count, size_t *room, size_t size)
{
	if (*count == *room) {
		*room = *room ? *room * 2 : 1024;
		*at = reallocarray(*at, *room, size);
		assert_non_null(*at);
	}
	return memset((char *)*at + (*count)++ * size, 0, size);
}

#define ADD(list) grow((void **)&(list).at, &(list).count, &(list).room, sizeof(*(list).at))

/* --- interned texts ----------------------------------------------------------------------------
 */

enum { CATEGORIES, EVENTS, NOTES, TEXTS, POOLS };

struct texts {
	const char **at[POOLS];
	size_t room[POOLS];
};

static void learn(struct texts *texts, int pool, uint64_t number, const char *text)
{
	size_t room = texts->room[pool];

	assert_true(number < 10000000);
	if (number >= room) {
		room = number * 2 + 64;
		texts->at[pool] = reallocarray(texts->at[pool], room, sizeof(char *));
		assert_non_null(texts->at[pool]);
		memset(texts->at[pool] + texts->room[pool], 0,
		       (room - texts->room[pool]) * sizeof(char *));
		texts->room[pool] = room;
	}
	for (const char *byte = text; *byte; byte++)
		if ((unsigned char)*byte < ' ' || *byte == 0x7f)
			live__fail("a control character is in '%s'", text);
	texts->at[pool][number] = text;
}

static const char *text_of(const struct texts *texts, int pool, uint64_t number)
{
	if (number >= texts->room[pool] || !texts->at[pool][number])
		live__fail("name %llu was not said", (unsigned long long)number);
	return texts->at[pool][number];
}

static void learn_all(struct texts *texts, const Pf__Packet *packet)
{
	const Pf__InternedData *data = packet->interned;
	char *text;

	if (packet->sequence_flags & 1)
		for (int i = 0; i < POOLS; i++)
			if (texts->room[i])
				memset(texts->at[i], 0, texts->room[i] * sizeof(char *));
	if (!data)
		return;
	for (size_t i = 0; i < data->n_category; i++)
		learn(texts, CATEGORIES, data->category[i]->number, data->category[i]->name);
	for (size_t i = 0; i < data->n_event; i++)
		learn(texts, EVENTS, data->event[i]->number, data->event[i]->name);
	for (size_t i = 0; i < data->n_note; i++)
		learn(texts, NOTES, data->note[i]->number, data->note[i]->name);
	for (size_t i = 0; i < data->n_text; i++) {
		Pf__InternedData__Text *bytes = data->text[i];

		/* the packet's own memory, with the NUL that it lacks */
		text = realloc(bytes->text.data, bytes->text.len + 1);
		assert_non_null(text);
		text[bytes->text.len] = '\0';
		bytes->text.data = (uint8_t *)text;
		learn(texts, TEXTS, bytes->number, text);
	}
}

/* --- packets -----------------------------------------------------------------------------------
 */

static const struct pf_track *track_of(const struct pf *pf, uint64_t id)
{
	for (size_t i = pf->tracks.count; i-- > 0;)
		if (pf->tracks.at[i].id == id)
			return &pf->tracks.at[i];
	live__fail("track %llu was not said", (unsigned long long)id);
}

static void take_track(struct pf *pf, const Pf__Track *said)
{
	struct pf_track *track = ADD(pf->tracks);

	*track = (struct pf_track){said->id, said->parent, said->name ? said->name : "", 0, 0};
	if (said->process) {
		track->pid = (uint32_t)said->process->pid;
		track->name = said->process->name ? said->process->name : "";
	} else if (said->thread) {
		track->pid = (uint32_t)said->thread->pid;
		track->tid = (uint32_t)said->thread->tid;
		track->name = said->thread->name;
	} else if (said->parent) {
		track->pid = track_of(pf, said->parent)->pid;
	}
}

static void take_notes(const struct texts *texts, const Pf__TrackEvent *event,
		       struct pf_slice *slice)
{
	for (size_t i = 0; i < event->n_note; i++) {
		const Pf__Note *note = event->note[i];
		const char *name = text_of(texts, NOTES, note->name), *text = "";

		if (note->has_interned_text)
			text = text_of(texts, TEXTS, note->interned_text);
		if (!strcmp(name, "class"))
			slice->class = text;
		else if (!strcmp(name, "object"))
			slice->object = text;
		else if (!strcmp(name, "woken by"))
			slice->woken_by = text;
		else if (!strcmp(name, "began before the recording"))
			slice->censored = true;
		else if (!strcmp(name, "goes on after the recording") || !strcmp(name, "end"))
			slice->open = true;
	}
}

/* The slice of that track that was begun last and is not ended. */
static struct pf_slice *innermost(struct pf *pf, uint64_t track)
{
	for (size_t i = pf->slices.count; i-- > 0;)
		if (pf->slices.at[i].track == track && !pf->slices.at[i].closed)
			return &pf->slices.at[i];
	live__fail("a slice of track %llu ends that was not begun", (unsigned long long)track);
}

static void begin_slice(struct pf *pf, const struct texts *texts, const Pf__Packet *packet)
{
	const Pf__TrackEvent *event = packet->event;
	const struct pf_track *track = track_of(pf, event->track);
	struct pf_slice *slice = ADD(pf->slices);

	*slice = (struct pf_slice){
		.track = event->track,
		.since = packet->timestamp,
		.pid = track->pid,
		.tid = track->tid,
		.name = text_of(texts, EVENTS, event->name),
		.category = text_of(texts, CATEGORIES, event->category[0]),
		.class = "",
		.object = "",
		.woken_by = "",
		.flow = event->n_flow_end ? event->flow_end[0] : 0,
	};
	take_notes(texts, event, slice);
}

static void take_mark(struct pf *pf, const struct texts *texts, const Pf__Packet *packet)
{
	const Pf__TrackEvent *event = packet->event;
	struct pf_mark *mark = ADD(pf->marks);

	mark->track = event->track;
	mark->time = packet->timestamp;
	mark->level = event->type == 4;
	mark->value = event->value;
	mark->name = mark->level ? "" : text_of(texts, EVENTS, event->name);
	mark->flow = event->n_flow ? event->flow[0] : 0;
	for (size_t i = 0; i < event->n_note; i++)
		if (!strcmp(text_of(texts, NOTES, event->note[i]->name), "count"))
			mark->value = event->note[i]->has_number ? (int64_t)event->note[i]->number
								 : event->note[i]->signed_number;
}

static void take_event(struct pf *pf, const struct texts *texts, const Pf__Packet *packet)
{
	struct pf_slice *slice;

	if (packet->event->type == 1) {
		begin_slice(pf, texts, packet);
	} else if (packet->event->type == 2) {
		slice = innermost(pf, packet->event->track);
		slice->closed = true;
		slice->until = packet->timestamp;
		assert_true(slice->until >= slice->since);
		take_notes(texts, packet->event, slice);
	} else {
		take_mark(pf, texts, packet);
	}
}

static void take_sched(struct pf *pf, const Pf__SchedBundle *bundle)
{
	pf->lost_bundles += bundle->has_lost && bundle->lost;
	for (size_t i = 0; i < bundle->n_event; i++) {
		const Pf__SchedEvent *event = bundle->event[i];
		struct pf_switch *place = ADD(pf->switches);

		*place = (struct pf_switch){.time = event->timestamp, .cpu = bundle->cpu};
		if (event->switch_) {
			place->from = (uint32_t)event->switch_->from_tid;
			place->to = (uint32_t)event->switch_->to_tid;
			place->state = event->switch_->from_state;
		} else {
			assert_non_null(event->waking);
			place->waking = true;
			place->from = event->tid;
			place->to = (uint32_t)event->waking->tid;
		}
	}
}

/* --- the whole ---------------------------------------------------------------------------------
 */

static int switches_by_time(const void *a, const void *b)
{
	const struct pf_switch *left = a, *right = b;

	return (left->time > right->time) - (left->time < right->time);
}

static int by_flow(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return (left[0] > right[0]) - (left[0] < right[0]);
}

/* Arrows by number, with their times: each number twice, a begin and an end. */
static void check_flows(const struct pf *pf)
{
	size_t begins = 0, ends = 0, count = 0;
	uint64_t(*flows)[2] = calloc(pf->marks.count + pf->slices.count + 1, sizeof(*flows));

	assert_non_null(flows);
	for (size_t i = 0; i < pf->marks.count; i++)
		if (pf->marks.at[i].flow) {
			flows[count][0] = pf->marks.at[i].flow * 2;
			flows[count++][1] = pf->marks.at[i].time;
			begins++;
		}
	for (size_t i = 0; i < pf->slices.count; i++)
		if (pf->slices.at[i].flow) {
			flows[count][0] = pf->slices.at[i].flow * 2 + 1;
			flows[count++][1] = pf->slices.at[i].since;
			ends++;
		}
	qsort(flows, count, sizeof(*flows), by_flow);
	for (size_t i = 0; i < count; i++) {
		if (i && flows[i][0] == flows[i - 1][0])
			live__fail("two ends of arrow %llu", (unsigned long long)flows[i][0] / 2);
		if (!(flows[i][0] & 1))
			continue;
		if (!i || flows[i - 1][0] != flows[i][0] - 1)
			live__fail("arrow %llu begins nowhere",
				   (unsigned long long)flows[i][0] / 2);
		assert_count(flows[i][1], flows[i - 1][1]);
	}
	assert_true(ends <= begins); /* whom it woke may be lost */
	free(flows);
}

static void find_bounds(struct pf *pf)
{
	pf->begin = pf->switches.at[0].time;
	pf->end = pf->switches.at[pf->switches.count - 1].time;
	for (size_t i = 0; i < pf->slices.count; i++) {
		if (pf->slices.at[i].since < pf->begin)
			pf->begin = pf->slices.at[i].since;
		if (pf->slices.at[i].until > pf->end)
			pf->end = pf->slices.at[i].until;
	}
}

static void free_it(void *memory)
{
	struct pf *pf = memory;

	if (pf->trace)
		pf__trace__free_unpacked(pf->trace, NULL);
	free(pf->slices.at);
	free(pf->switches.at);
	free(pf->marks.at);
	free(pf->tracks.at);
	free(pf);
}

struct pf *pf__export(const char *recording)
{
	const char *path = live__scratch("out.pftrace");
	struct program *program;
	struct texts texts = {0};
	struct pf *pf = live__keep(calloc(1, sizeof(struct pf)), free_it);
	size_t size = 0;
	char *bytes;

	assert_non_null(pf);
	if (program__run(&program,
			 WORDS(live__waitscope(), "report", "--perfetto", path, recording),
			 LIVE_TIMEOUT_MS))
		live__fail("report: %s", program__errors(program));
	assert_string_equal(program__output(program), "");
	bytes = live__read_file(path, &size);
	pf->trace = pf__trace__unpack(NULL, size, (uint8_t *)bytes);
	assert_non_null(pf->trace);
	for (size_t i = 0; i < pf->trace->n_packet; i++) {
		const Pf__Packet *packet = pf->trace->packet[i];

		assert_count(packet->base.n_unknown_fields, 0);
		learn_all(&texts, packet);
		if (packet->track)
			take_track(pf, packet->track);
		if (packet->event)
			take_event(pf, &texts, packet);
		if (packet->sched)
			take_sched(pf, packet->sched);
	}
	for (size_t i = 0; i < pf->slices.count; i++)
		assert_true(pf->slices.at[i].closed);
	qsort(pf->switches.at, pf->switches.count, sizeof(*pf->switches.at), switches_by_time);
	assert_true(pf->switches.count > 0);
	find_bounds(pf);
	check_flows(pf);
	for (int i = 0; i < POOLS; i++)
		free(texts.at[i]);
	return pf;
}

static bool is_one(const struct pf_slice *slice, const char *category, uint32_t tid)
{
	return !strcmp(slice->category, category) && (!tid || slice->tid == tid);
}

uint64_t pf__total(const struct pf *pf, const char *category, uint32_t tid)
{
	uint64_t total = 0;

	for (size_t i = 0; i < pf->slices.count; i++)
		if (is_one(&pf->slices.at[i], category, tid))
			total += pf->slices.at[i].until - pf->slices.at[i].since;
	return total;
}

size_t pf__count(const struct pf *pf, const char *category, uint32_t tid)
{
	size_t count = 0;

	for (size_t i = 0; i < pf->slices.count; i++)
		count += is_one(&pf->slices.at[i], category, tid);
	return count;
}

bool pf__levels(const struct pf *pf, const char *name, uint32_t pid, int64_t *most, double *area)
{
	const struct pf_track *track = NULL;
	const struct pf_mark *last = NULL;

	for (size_t i = 0; i < pf->tracks.count && !track; i++)
		if (!pf->tracks.at[i].tid && pf->tracks.at[i].pid == pid &&
		    !strcmp(pf->tracks.at[i].name, name))
			track = &pf->tracks.at[i];
	*most = 0;
	*area = 0;
	for (size_t i = 0; track && i < pf->marks.count; i++) {
		const struct pf_mark *mark = &pf->marks.at[i];

		if (!mark->level || mark->track != track->id)
			continue;
		assert_true(mark->value >= 0);
		if (last) {
			/* a loss is told when its CPU has room again: others may have told later
			 * ones */
			assert_true(mark->time >= last->time || strstr(name, "lost"));
			*area += (double)last->value * ((double)mark->time - (double)last->time);
		}
		if (mark->value > *most)
			*most = mark->value;
		last = mark;
	}
	return last != NULL;
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The timeline of a page: what each thread did when, what its waits lasted, what was lost. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "names/units.h"
#include "render/html_timeline.h"

/* --- threads -------------------------------------------------------------------------------- */

/* NULL: not traced, or more threads than a page has room for. */
static struct html_thread *find(struct html_timeline *timeline,
				const struct timeline_thread *thread)
{
	return thread->track && thread->track <= timeline->lanes.count
		       ? &timeline->threads[thread->track - 1]
		       : NULL;
}

static int add_thread(struct html_timeline *timeline)
{
	size_t lane, room = timeline->lanes.room;
	int err = lanes__add(&timeline->lanes, &lane);

	if (!err && timeline->lanes.room > room) {
		struct html_thread *more =
			reallocarray(timeline->threads, timeline->lanes.room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		timeline->threads = more;
	}
	if (!err)
		timeline->threads[lane] = (struct html_thread){.lane = lane};
	return err;
}

/* Tracks are numbered from 1, and new ones come in order. */
static int thread(void *context, const struct timeline_thread *told)
{
	struct html_timeline *timeline = context;
	struct html_thread *thread;
	int err = 0;

	if (told->track & TIMELINE_TASK)
		return 0;
	if (told->track > HTML_THREADS) {
		timeline->threads_hidden = told->track - HTML_THREADS;
		return 0;
	}
	while (!err && timeline->lanes.count < told->track)
		err = add_thread(timeline);
	thread = err ? NULL : find(timeline, told);
	if (thread)
		thread->is = *told;
	return err;
}

/* --- slices --------------------------------------------------------------------------------- */

static uint64_t within(const struct html_timeline *timeline, uint64_t time)
{
	uint64_t since_begin = time > timeline->begin ? time - timeline->begin : 0;

	return since_begin < timeline->window ? since_begin : timeline->window;
}

static int append(struct html_timeline *timeline, const struct html_thread *thread, uint64_t since,
		  uint64_t until, enum lane_kind kind, uint32_t detail)
{
	const struct lane_slice slice = {
		.since = within(timeline, since),
		.until = within(timeline, until),
		.kind = kind,
		.detail = detail,
	};

	return lanes__append(&timeline->lanes, thread->lane, &slice);
}

/* What it was in ends: running, or put off its CPU. What is not known of it is no slice. */
static int end_stretch(struct html_timeline *timeline, struct html_thread *thread, uint64_t time)
{
	int err = 0;

	if (thread->stretch != STRETCH_NONE)
		err = append(timeline, thread, thread->since, time,
			     thread->stretch == STRETCH_RUNNING ? LANE_RUNNING : LANE_PREEMPTED, 0);
	thread->stretch = STRETCH_NONE;
	return err;
}

/* A CPU has one thread at a time: what was there and is not said to leave has left unseen, nobody
 * knows when. */
static void take_cpu(struct html_timeline *timeline, unsigned int cpu,
		     const struct html_thread *from, struct html_thread *to)
{
	uint32_t *on_cpu = &timeline->on_cpu[cpu];
	struct html_thread *before = *on_cpu ? &timeline->threads[*on_cpu - 1] : NULL;

	if (before && before != from && before->stretch == STRETCH_RUNNING && before->cpu == cpu)
		before->stretch = STRETCH_NONE;
	*on_cpu = to ? (uint32_t)to->lane + 1 : 0;
}

static int switched(void *context, const struct timeline_switch *event)
{
	struct html_timeline *timeline = context;
	struct html_thread *from = find(timeline, event->from), *to = find(timeline, event->to);
	int err = 0;

	if (event->cpu >= HTML_CPUS)
		return -EPROTO;
	take_cpu(timeline, event->cpu, from, to);
	if (from) {
		err = end_stretch(timeline, from, event->time);
		if (event->end == LEDGER_EVENT_PREEMPTED)
			from->stretch = STRETCH_PREEMPTED;
		from->since = event->time;
	}
	if (to && !err) {
		if (to->stretch == STRETCH_RUNNING) /* its switch-out was lost: since when? */
			to->stretch = STRETCH_NONE;
		err = end_stretch(timeline, to, event->time);
		to->stretch = STRETCH_RUNNING;
		to->cpu = event->cpu;
		to->since = event->time;
	}
	return err;
}

static void count_wait(struct html_timeline *timeline, const struct timeline_wait *wait)
{
	uint64_t woken = within(timeline, wait->woken), window = timeline->window;
	unsigned int column, row = html_heat__row(wait->woken - wait->since);

	if (wait->open || wait->censored || !window)
		return;
	column = (unsigned int)((double)woken / (double)window * HEAT_COLUMNS);
	if (column >= HEAT_COLUMNS)
		column = HEAT_COLUMNS - 1;
	timeline->heat[wait->idle ? CLASSES : wait->class][column][row]++;
}

static int wait(void *context, const struct timeline_wait *wait)
{
	struct html_timeline *timeline = context;
	struct html_thread *thread = find(timeline, wait->thread);
	enum lane_kind kind = wait->idle ? LANE_IDLE : LANE_BLOCKED + wait->class;
	uint32_t detail = 0;
	int err;

	count_wait(timeline, wait);
	if (!thread)
		return 0;
	err = html_details__number(&timeline->details, wait, &detail);
	if (!err)
		err = end_stretch(timeline, thread, wait->since);
	if (!err)
		err = append(timeline, thread, wait->since, wait->woken, kind, detail);
	if (!err && !wait->asleep)
		err = append(timeline, thread, wait->woken, wait->until, LANE_RUNNABLE, detail);
	return err;
}

/* --- the rest ------------------------------------------------------------------------------- */

static int begin(void *context, const struct timeline_head *head)
{
	struct html_timeline *timeline = context;

	timeline->begin = head->begin;
	return 0;
}

static int process(void *context, const struct timeline_process *process)
{
	(void)context; /* the profile has them */
	(void)process;
	return 0;
}

static int waking(void *context, const struct timeline_waking *waking)
{
	(void)context; /* a wait says who ended it */
	(void)waking;
	return 0;
}

static int call(void *context, const struct timeline_call *call)
{
	(void)context; /* a wait says in which it was */
	(void)call;
	return 0;
}

static int request(void *context, const struct timeline_request *request)
{
	(void)context;
	(void)request;
	return 0;
}

/* Who ran there may do so no longer. */
static int loss(void *context, const struct timeline_loss *loss)
{
	struct html_timeline *timeline = context;
	struct html_thread *thread;
	uint64_t place = timeline->window ? (uint64_t)((double)within(timeline, loss->time) /
						       (double)timeline->window * (HTML_LOSSES - 1))
					  : 0;

	timeline->losses[place] += loss->count;
	/* on any CPU: at the end, where nothing follows */
	if (loss->cpu >= HTML_CPUS || !timeline->on_cpu[loss->cpu])
		return 0;
	thread = &timeline->threads[timeline->on_cpu[loss->cpu] - 1];
	timeline->on_cpu[loss->cpu] = 0;
	return thread->stretch == STRETCH_RUNNING && thread->cpu == loss->cpu
		       ? end_stretch(timeline, thread, loss->time)
		       : 0;
}

static int counter(void *context, uint32_t counter, uint32_t pid, const char *name)
{
	(void)context;
	(void)counter;
	(void)pid;
	(void)name;
	return 0;
}

static int level(void *context, uint32_t counter, uint64_t time, int64_t level)
{
	(void)context;
	(void)counter;
	(void)time;
	(void)level;
	return 0;
}

static int finish(void *context)
{
	struct html_timeline *timeline = context;
	uint64_t end = timeline->begin + timeline->window;
	int err = 0;

	for (size_t i = 0; i < timeline->lanes.count && !err; i++)
		err = end_stretch(timeline, &timeline->threads[i], end);
	return err;
}

struct html_timeline *html_timeline__new(uint64_t window, size_t slices,
					 struct timeline_writer *writer)
{
	struct html_timeline *timeline = calloc(1, sizeof(*timeline));

	if (!timeline)
		return NULL;
	timeline->window = window;
	timeline->lanes.most = slices;
	*writer = (struct timeline_writer){
		.begin = begin,
		.process = process,
		.thread = thread,
		.switched = switched,
		.waking = waking,
		.enter = call,
		.call = call,
		.wait = wait,
		.request = request,
		.loss = loss,
		.counter = counter,
		.level = level,
		.finish = finish,
		.context = timeline,
	};
	return timeline;
}

void html_timeline__free(struct html_timeline *timeline)
{
	if (!timeline)
		return;
	lanes__clear(&timeline->lanes);
	html_details__clear(&timeline->details);
	free(timeline->threads);
	free(timeline);
}

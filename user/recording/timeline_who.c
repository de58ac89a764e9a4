// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Threads and processes of a timeline: told to its writer before they are mentioned. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "recording/timeline_internal.h"

/* Marks place `number`; *first: it was not marked yet. */
static int mark(struct grown *marks, uint32_t number, bool *first)
{
	uint8_t *place = grown__at(marks, number);

	if (!place)
		return grown__error(number);
	*first = !*place;
	*place = 1;
	return 0;
}

int timeline__tell_process(struct timeline *timeline, uint32_t pid, uint32_t parent,
			   const char *name, bool again)
{
	const struct timeline_process process = {pid, parent, name ? name : ""};
	bool first = false;
	int err = mark(&timeline->pids, pid, &first);

	if (err || (!first && !again))
		return err;
	return timeline->writer->process(timeline->writer->context, &process);
}

/* Another one begins in its row, and that it ended was lost: what is open of it ends with that. */
static int leave(struct timeline *timeline, struct track *track)
{
	int err = timeline__drop_call(timeline, track, timeline->last, TIMELINE_UNSEEN);

	if (!err)
		err = timeline__set_running(timeline, track, timeline->last, false);
	*track = (struct track){.floor = track->floor};
	return err;
}

/* Its identity, as it is now. */
static int tell_thread(struct timeline *timeline, uint32_t number, struct track *track)
{
	const struct identity_thread *known = cast__thread(timeline->cast, number);
	struct timeline_thread thread = {.track = track->thread.track};
	uint32_t *row;
	int err = 0;

	track->stale = false;
	if (known) {
		thread.tid = known->tid;
		thread.pid = known->tgid;
		memcpy(thread.name, known->comm, sizeof(thread.name));
	}
	if (track->told && !memcmp(&thread, &track->thread, sizeof(thread)))
		return 0;
	if (!track->told || thread.tid != track->thread.tid) {
		err = leave(timeline, track);
		thread.track = ++timeline->track_count;
	}
	if (err)
		return err;
	track->told = true;
	track->thread = thread;
	track->process = known ? known->process : 0;
	track->helper = known && known->flags & THREAD_AIO_HELPER;
	row = grown__at(&timeline->rows, thread.tid);
	if (!row)
		return grown__error(thread.tid);
	*row = number;
	err = timeline__tell_process(timeline, thread.pid, known ? known->ppid : 0, thread.name,
				     thread.tid == thread.pid);
	return err ? err : timeline->writer->thread(timeline->writer->context, &thread);
}

struct track *timeline__track(struct timeline *timeline, uint32_t number, int *err)
{
	struct track *track = grown__at(&timeline->tracks, number);

	*err = track ? 0 : grown__error(number);
	if (track && (!track->told || track->stale))
		*err = tell_thread(timeline, number, track);
	return *err ? NULL : track;
}

static int find_row(struct timeline *timeline, uint32_t number, uint32_t tid,
		    struct timeline_thread *waker)
{
	const struct identity_thread *known = cast__thread(timeline->cast, number);
	const struct track *track;
	int err = 0;

	if (!known || known->tid != tid)
		return 0;
	track = timeline__track(timeline, number, &err);
	if (track)
		*waker = track->thread;
	return err;
}

static int find_task(struct timeline *timeline, uint32_t tid, struct timeline_thread *waker)
{
	const struct identity_task *task = cast__task(timeline->cast, tid);
	bool first = false;
	int err = mark(&timeline->tasks, tid, &first);

	if (err)
		return err;
	*waker = (struct timeline_thread){.track = TIMELINE_TASK | tid, .tid = tid, .pid = tid};
	if (task) {
		waker->pid = task->pid;
		memcpy(waker->name, task->comm, sizeof(waker->name));
	}
	if (!first)
		return 0;
	err = timeline__tell_process(timeline, waker->pid, 0, waker->name, false);
	return err ? err : timeline->writer->thread(timeline->writer->context, waker);
}

int timeline__waker(struct timeline *timeline, uint32_t tid, uint32_t likely,
		    struct timeline_thread *waker)
{
	int err = 0;

	*waker = (struct timeline_thread){0};
	if (!tid)
		return 0;
	if (likely)
		err = find_row(timeline, likely, tid, waker);
	if (!err && !waker->track && tid <= timeline->rows.used)
		err = find_row(timeline, *(uint32_t *)grown__at(&timeline->rows, tid), tid, waker);
	if (!err && !waker->track)
		err = find_task(timeline, tid, waker);
	return err;
}

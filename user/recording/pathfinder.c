// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "recording/pathfinder_internal.h"

struct pathfinder *pathfinder__new(struct cast *cast)
{
	struct pathfinder *finder = calloc(1, sizeof(*finder));
	const struct replay_hooks hooks = {0};

	if (!finder)
		return NULL;
	finder->cast = cast;
	finder->walkers.size = sizeof(struct walker);
	finder->losses = LOSSES_NONE;
	finder->ids = THREAD_IDS_EMPTY;
	finder->pasts = cpu_pasts__empty();
	finder->replay = replay__new(&hooks, ROWS_MOST);
	if (finder->replay && !path_cast__init(&finder->names))
		return finder;
	pathfinder__free(finder);
	return NULL;
}

void pathfinder__free(struct pathfinder *finder)
{
	if (!finder)
		return;
	path_tree__clear(&finder->tree);
	path_cast__clear(&finder->names);
	free(finder->walkers.base);
	losses__clear(&finder->losses);
	thread_ids__clear(&finder->ids);
	cpu_pasts__clear(&finder->pasts);
	replay__free(finder->replay);
	free(finder);
}

/* --- events ------------------------------------------------------------------------------------
 */

static bool is_held(struct pathfinder *finder, uint32_t row)
{
	const struct identity_thread *thread = cast__thread(finder->cast, row);

	return thread && thread->flags & THREAD_HELD;
}

/* Up to now it has been on a CPU, if the replay says so. */
static int charge_running(struct pathfinder *finder, uint32_t row, uint64_t now)
{
	const struct replay_thread *thread = replay__thread(finder->replay, row);
	struct walker *walker = pathfinder__walker(finder, row);
	int err;

	if (!walker)
		return grown__error(row);
	err = walker__doubt(finder, walker, false, now);
	if (err)
		return err;
	return walker__charge_kind(
		walker,
		thread && ledger__is_running(thread->ledger.state) ? PATH_RUNNING : PATH_UNKNOWN,
		now);
}

/* The path of a running thread, for somebody who goes on from it. NULL node: it has none. */
static int fork_path(struct pathfinder *finder, uint32_t row, uint64_t now, struct origin *origin)
{
	struct walker *walker;
	int err = charge_running(finder, row, now);

	*origin = (struct origin){0};
	if (err)
		return err;
	walker = pathfinder__walker(finder, row);
	if (!walker->tip)
		return 0;
	origin->node = path_node__fork(&finder->tree, &walker->tip);
	origin->at = walker->at;
	origin->epoch = finder->losses.epoch;
	return origin->node ? 0 : -ENOMEM;
}

/* Noted when it is made; it counts when the sleeper comes to a CPU. */
static int note_waking(struct pathfinder *finder, const struct stream_event *event)
{
	struct walker *walker = pathfinder__walker(finder, event->thread);
	uint32_t waker;
	int err = 0;

	if (!walker)
		return grown__error(event->thread);
	if (event->flags != LEDGER_EVENT_WOKEN)
		return 0;
	walker__forget_origin(finder, walker);
	walker->kind =
		(uint32_t)event->result < WAKER_KINDS ? (uint32_t)event->result : WAKER_UNKNOWN;
	waker = thread_ids__row(&finder->ids, finder->cast, event->other);
	if (waker && waker != event->thread && !is_held(finder, waker)) {
		struct origin origin;

		err = fork_path(finder, waker, event->time, &origin);
		walker = pathfinder__walker(finder, event->thread);
		walker->woken = origin;
	}
	return err;
}

/* Before the replay has it: what it was in until now. */
static int charge_waiting(struct pathfinder *finder, const struct stream_event *event)
{
	const struct replay_thread *thread = replay__thread(finder->replay, event->other);
	struct walker *walker = pathfinder__walker(finder, event->other);
	enum path_cause_kind kind = PATH_UNKNOWN;
	int err;

	if (!walker)
		return grown__error(event->other);
	err = walker__doubt(finder, walker, true, event->time);
	if (err || !thread)
		return err;
	if (event->flags & STREAM_IN_LOST_WAKING)
		kind = PATH_UNKNOWN;
	else if (thread->ledger.state == LEDGER_RUNNABLE && (thread->ledger.flags & LEDGER_WAITING))
		return walker__end_sleep(finder, walker, thread, event->time);
	else if (thread->ledger.state == LEDGER_RUNNABLE ||
		 (thread->ledger.state == LEDGER_BLOCKED && thread->ledger.woken_early))
		kind = PATH_RUNNABLE;
	else if (thread->ledger.state == LEDGER_PREEMPTED || thread->ledger.state == LEDGER_BLOCKED)
		kind = PATH_PREEMPTED;
	walker__forget_origin(finder, walker);
	return walker__charge_kind(walker, kind, event->time);
}

/* The command is over when its last thread is. */
static int keep_last(struct pathfinder *finder, uint32_t row)
{
	const struct identity_thread *thread = cast__thread(finder->cast, row);
	struct walker *walker = pathfinder__walker(finder, row);

	if (thread && thread->tgid == finder->root_tgid && walker->tip) {
		path_node__release(&finder->tree, finder->last);
		finder->last = walker->tip;
		finder->last_at = walker->at;
		finder->last_epoch = walker->epoch;
	} else {
		path_node__release(&finder->tree, walker->tip);
	}
	walker->tip = NULL;
	walker__forget_origin(finder, walker);
	return 0;
}

static int on_switch(struct pathfinder *finder, unsigned int cpu, const struct stream_event *event)
{
	uint32_t kind = event->flags & STREAM_OUT_MASK;
	int err = cpu_pasts__switch(&finder->pasts, cpu, event->time, event->other);

	if (!err && event->thread && !is_held(finder, event->thread)) {
		err = charge_running(finder, event->thread, event->time);
		if (!err)
			pathfinder__walker(finder, event->thread)->off = event->time;
		if (!err && kind == LEDGER_EVENT_ENDED)
			err = keep_last(finder, event->thread);
	}
	if (!err && event->other && !is_held(finder, event->other))
		err = charge_waiting(finder, event);
	return err;
}

/* Is that who has created it? The CPU may have run somebody else whom the kernel hides. */
static bool is_creator(struct pathfinder *finder, uint32_t row, const struct identity_thread *child)
{
	const struct identity_thread *thread = row ? cast__thread(finder->cast, row) : NULL;

	return thread && !(thread->flags & THREAD_HELD) &&
	       (thread->tgid == child->tgid || thread->tgid == child->ppid);
}

static int begin_root(struct pathfinder *finder, const struct stream_event *event,
		      const struct identity_thread *thread)
{
	finder->root = event->thread;
	finder->root_tgid = thread->tgid;
	finder->began = event->time;
	return walker__go_on_from(finder, pathfinder__walker(finder, event->thread), NULL,
				  event->time);
}

static int begin_child(struct pathfinder *finder, unsigned int cpu,
		       const struct stream_event *event, const struct identity_thread *thread)
{
	uint32_t creator = cpu_pasts__running(&finder->pasts, cpu);
	struct origin origin = {0};
	int err = 0;

	if (is_creator(finder, creator, thread))
		err = fork_path(finder, creator, event->time, &origin);
	if (err)
		return err;
	if (origin.node)
		return walker__go_on_from(finder, pathfinder__walker(finder, event->thread),
					  origin.node, origin.at);
	return walker__begin_unknown(finder, pathfinder__walker(finder, event->thread),
				     event->time);
}

static int on_begin(struct pathfinder *finder, unsigned int cpu, const struct stream_event *event)
{
	const struct identity_thread *thread = cast__thread(finder->cast, event->thread);
	struct walker *walker = pathfinder__walker(finder, event->thread);
	struct identity_thread copy;
	int err;

	if (!walker)
		return grown__error(event->thread);
	if (!thread || thread->flags & THREAD_HELD)
		return 0;
	copy = *thread;
	path_node__release(&finder->tree, walker->tip);
	walker__forget_origin(finder, walker);
	*walker = (struct walker){.epoch = finder->losses.epoch};
	if (!path_cast__life(&finder->names, &copy, &walker->life))
		return -ENOMEM;
	err = finder->root ? begin_child(finder, cpu, event, &copy)
			   : begin_root(finder, event, &copy);
	if (!err && ledger__is_running(event->flags)) /* at an exec it is on its CPU */
		err = cpu_pasts__switch(&finder->pasts, cpu, event->time, event->thread);
	return err ? err : thread_ids__begin(&finder->ids, finder->cast, event->thread);
}

static int follow(struct pathfinder *finder, unsigned int cpu, const struct stream_event *event)
{
	switch (event->kind) {
	case STREAM_SWITCH:
		return on_switch(finder, cpu, event);
	case STREAM_WAKING:
		return note_waking(finder, event);
	case STREAM_BEGIN:
		return on_begin(finder, cpu, event);
	}
	return 0;
}

static void learn_name(struct pathfinder *finder, const struct stream_event *event)
{
	const struct identity_thread *thread;

	if (!cast__names_anew(event))
		return;
	thread = cast__thread(finder->cast, event->thread);
	if (thread && pathfinder__walker(finder, event->thread))
		path_cast__rename(&finder->names, pathfinder__walker(finder, event->thread)->life,
				  thread);
}

int pathfinder__event(struct pathfinder *finder, unsigned int cpu, const struct stream_event *event)
{
	int err = losses__take(&finder->losses, cpu, event);

	if (!err)
		err = follow(finder, cpu, event);
	if (!err)
		err = replay__event(finder->replay, cpu, event);
	learn_name(finder, event);
	return err ? err : path_tree__tidy(&finder->tree);
}

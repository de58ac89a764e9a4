// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The end of the window: whose path it is. */
#include <errno.h>
#include <stdlib.h>

#include "recording/pathfinder_internal.h"

static bool is_open(struct pathfinder *finder, uint32_t row, bool exiting)
{
	const struct identity_thread *thread = cast__thread(finder->cast, row);
	const struct replay_thread *replayed = replay__thread(finder->replay, row);
	const struct walker *walker = pathfinder__walker(finder, row);

	return thread && replayed && walker && thread->tgid == finder->root_tgid && walker->tip &&
	       replayed->exiting == exiting;
}

/*
 * A thread of the command that has not ended: the first one, or any, or one that exits and whose
 * last switch came too late for the window. 0: all have ended.
 */
static uint32_t one_open(struct pathfinder *finder)
{
	uint32_t count = replay__thread_count(finder->replay), found = 0;

	if (is_open(finder, finder->root, false))
		return finder->root;
	for (uint32_t i = 1; i < count; i++)
		if (is_open(finder, i, false))
			return i;
	for (uint32_t i = 1; i < count; i++)
		if (is_open(finder, i, true) &&
		    pathfinder__walker(finder, i)->at >= finder->last_at &&
		    (!found ||
		     pathfinder__walker(finder, i)->at > pathfinder__walker(finder, found)->at))
			found = i;
	return found;
}

/* What it is in when the window ends. */
static int charge_open(struct pathfinder *finder, uint32_t row, uint64_t end)
{
	const struct replay_thread *thread = replay__thread(finder->replay, row);
	struct walker *walker = pathfinder__walker(finder, row);
	uint32_t state = thread->ledger.state, number;
	int err = walker__doubt(finder, walker, !ledger__is_running(state), end);

	if (err)
		return err;
	if (ledger__is_running(state))
		return walker__charge_kind(walker, PATH_RUNNING, end);
	if (state == LEDGER_RUNNABLE && (thread->ledger.flags & LEDGER_WAITING))
		return walker__end_sleep(finder, walker, thread, end);
	if (state == LEDGER_RUNNABLE || state == LEDGER_PREEMPTED)
		return walker__charge_kind(
			walker, state == LEDGER_RUNNABLE ? PATH_RUNNABLE : PATH_PREEMPTED, end);
	if (state != LEDGER_BLOCKED)
		return walker__charge_kind(walker, PATH_UNKNOWN, end);
	if (!path_cast__sleep(&finder->names, finder->cast, thread->wait, WAKER_UNKNOWN, &number))
		return -ENOMEM;
	return walker__charge(walker, walker->life, number, end);
}

/* The path up to the end of the window, as a thread of its own that nobody is. */
static int find_end(struct pathfinder *finder, uint64_t end, struct walker *rest, bool *ended)
{
	uint32_t row = one_open(finder);
	struct walker *walker;
	int err;

	*ended = !row && finder->last;
	if (row) {
		err = charge_open(finder, row, end);
		walker = pathfinder__walker(finder, row);
		*rest = *walker;
		walker->tip = NULL; /* its node goes with the tree */
		*ended = replay__thread(finder->replay, row)->exiting;
		return err;
	}
	if (!finder->last) /* its rows are somebody else's now */
		return walker__begin_unknown(finder, rest, end);
	*rest = (struct walker){.tip = NULL, .at = finder->last_at, .epoch = finder->last_epoch};
	err = walker__go_on_from(finder, rest, finder->last, finder->last_at);
	finder->last = NULL;
	if (err)
		return err;
	err = walker__doubt(finder, rest, false, end);
	return err ? err : walker__charge(rest, 0, path_cast__plain(PATH_AFTER), end);
}

int pathfinder__finish(struct pathfinder *finder, uint64_t end, struct critical_path **path)
{
	struct path_sums sums = {0};
	struct walker rest = {0};
	bool ended = false;
	int err;

	*path = NULL;
	if (!finder->root || end < finder->began)
		return -ENODATA;
	err = find_end(finder, end, &rest, &ended);
	if (!err && finder->losses.losing_cpus) /* up to the end, for all that is known */
		err = walker__begin_unknown(finder, &rest, end);
	if (!err)
		err = path_node__sum(rest.tip, &sums);
	if (!err)
		err = path_cast__tell(&finder->names, &sums, path);
	free(sums.places);
	if (err)
		return err;
	(*path)->window = rest.at - finder->began;
	(*path)->ended = ended;
	(*path)->lost = finder->losses.events;
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One thread's path: where it comes from, and what it has spent since. */
#include <errno.h>

#include "recording/pathfinder_internal.h"

struct walker *pathfinder__walker(struct pathfinder *finder, uint32_t row)
{
	return grown__at(&finder->walkers, row);
}

void walker__forget_origin(struct pathfinder *finder, struct walker *walker)
{
	path_node__release(&finder->tree, walker->woken.node);
	walker->woken = (struct origin){0};
}

int walker__go_on_from(struct pathfinder *finder, struct walker *walker, struct path_node *node,
		       uint64_t at)
{
	struct path_node *tip = path_node__new(&finder->tree, node);

	if (!tip) {
		path_node__release(&finder->tree, node);
		return -ENOMEM;
	}
	path_node__release(&finder->tree, walker->tip);
	walker->tip = tip;
	walker->at = at;
	return 0;
}

int walker__charge(struct walker *walker, uint32_t life, uint32_t cause, uint64_t until)
{
	uint64_t time = until > walker->at ? until - walker->at : 0;

	if (!walker->tip || !time)
		return 0;
	walker->at = until;
	return path_node__add(walker->tip, path_key(life, cause), time);
}

int walker__charge_kind(struct walker *walker, enum path_cause_kind kind, uint64_t until)
{
	return walker__charge(walker, walker->life, path_cast__plain(kind), until);
}

int walker__begin_unknown(struct pathfinder *finder, struct walker *walker, uint64_t until)
{
	int err = walker__go_on_from(finder, walker, NULL, finder->began);

	return err ? err : walker__charge(walker, 0, path_cast__plain(PATH_UNKNOWN), until);
}

int walker__doubt(struct pathfinder *finder, struct walker *walker, bool sleeps, uint64_t now)
{
	int err;

	if (!walker->tip || walker->epoch == finder->losses.epoch)
		return 0;
	walker->epoch = finder->losses.epoch;
	if (walker->woken.epoch != finder->losses.epoch)
		walker__forget_origin(finder, walker);
	err = walker__begin_unknown(finder, walker, finder->losses.doubted);
	if (!err && sleeps && !walker->woken.node)
		err = walker__charge_kind(walker, PATH_UNKNOWN, now);
	return err;
}

int walker__end_sleep(struct pathfinder *finder, struct walker *walker,
		      const struct replay_thread *thread, uint64_t now)
{
	struct origin origin = walker->woken;
	uint32_t number;
	int err = 0;

	walker->woken = (struct origin){0};
	if (origin.node && origin.at > walker->off) {
		err = walker__go_on_from(finder, walker, origin.node, origin.at);
	} else {
		path_node__release(&finder->tree, origin.node);
		if (!path_cast__sleep(&finder->names, finder->cast, thread->wait, walker->kind,
				      &number))
			return -ENOMEM;
		err = walker__charge(walker, walker->life, number, thread->ledger.woken_at);
	}
	return err ? err : walker__charge_kind(walker, PATH_RUNNABLE, now);
}

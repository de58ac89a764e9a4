// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdlib.h>

#include "model/anatomy.h"

void anatomy__clear(struct anatomy *anatomy)
{
	for (size_t i = 0; anatomy->sleeps && i < anatomy->sleep_count; i++) {
		struct anatomy_sleep *sleep = &anatomy->sleeps[i];

		free(sleep->reason.object);
		for (size_t k = 0; k < sleep->chain_count; k++)
			free(sleep->chain[k].reason.object);
	}
	free(anatomy->sleeps);
	*anatomy = (struct anatomy){0};
}

struct walk {
	int (*tell)(void *context, const struct anatomy_stage *stage);
	void *context;
	uint64_t at; /* the last instant */
	int stopped;
};

static void seen(struct walk *walk, int number, uint64_t at, const struct anatomy_sleep *sleep)
{
	const struct anatomy_stage stage = {
		.number = number, .seen = true, .at = at, .took = at - walk->at, .sleep = sleep};

	walk->at = at;
	if (!walk->stopped)
		walk->stopped = walk->tell(walk->context, &stage);
}

static void unseen(struct walk *walk, int number, const struct anatomy_sleep *sleep)
{
	const struct anatomy_stage stage = {.number = number, .sleep = sleep};

	if (!walk->stopped)
		walk->stopped = walk->tell(walk->context, &stage);
}

static void tell_sleep(struct walk *walk, const struct anatomy_sleep *sleep)
{
	unseen(walk, ANATOMY_BLOCKS, sleep);
	seen(walk, ANATOMY_STATE, sleep->off, sleep);
	seen(walk, ANATOMY_QUEUE, sleep->off, sleep);
	seen(walk, ANATOMY_SWITCH, sleep->off, sleep);
	if (sleep->request.known && !sleep->early)
		seen(walk, ANATOMY_HAPPENS, sleep->request.completed, sleep);
	else
		unseen(walk, ANATOMY_HAPPENS, sleep);
	seen(walk, ANATOMY_WAKING, sleep->woken, sleep);
	unseen(walk, ANATOMY_RUNQ, sleep);
	seen(walk, ANATOMY_RUNS_ON, sleep->on, sleep);
}

int anatomy__each_stage(const struct anatomy *anatomy,
			int (*tell)(void *context, const struct anatomy_stage *stage),
			void *context)
{
	struct walk walk = {.tell = tell, .context = context};

	seen(&walk, ANATOMY_ENTRY, 0, NULL);
	for (size_t i = 0; i < anatomy->sleep_count; i++)
		tell_sleep(&walk, &anatomy->sleeps[i]);
	if (anatomy->more.count)
		seen(&walk, ANATOMY_RUNS_ON, anatomy->more.until, NULL);
	seen(&walk, ANATOMY_RETURN, anatomy->total, NULL);
	return walk.stopped;
}

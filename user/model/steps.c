// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/steps.h"

struct step {
	uint64_t time;
	uint32_t number;
	int32_t change;
};

struct steps {
	steps_taker *taker;
	void *context;
	struct step *waiting;
	size_t count, allocated, room;
	uint64_t told; /* levels are told up to here */
	int64_t *levels;
	uint32_t level_count;
};

struct steps *steps__new(size_t room, steps_taker *taker, void *context)
{
	struct steps *steps = calloc(1, sizeof(*steps));

	if (steps)
		*steps = (struct steps){.taker = taker, .context = context, .room = room};
	return steps;
}

void steps__free(struct steps *steps)
{
	if (!steps)
		return;
	free(steps->waiting);
	free(steps->levels);
	free(steps);
}

static int by_time(const void *a, const void *b)
{
	const struct step *left = a, *right = b;

	if (left->time != right->time)
		return left->time < right->time ? -1 : 1;
	return (left->number > right->number) - (left->number < right->number);
}

static int know(struct steps *steps, uint32_t number)
{
	uint32_t count = steps->level_count ? steps->level_count : 16;
	int64_t *levels;

	while (count <= number && count < UINT32_MAX / 2)
		count *= 2;
	if (count <= number)
		return -ENOMEM;
	if (count == steps->level_count)
		return 0;
	levels = reallocarray(steps->levels, count, sizeof(*levels));
	if (!levels)
		return -ENOMEM;
	memset(levels + steps->level_count, 0, (count - steps->level_count) * sizeof(*levels));
	steps->levels = levels;
	steps->level_count = count;
	return 0;
}

/* Tells the first `count` in order of time; changes of one instant as one. */
static int tell(struct steps *steps, size_t count)
{
	int64_t change;
	size_t next;
	int err = 0;

	if (steps->count)
		qsort(steps->waiting, steps->count, sizeof(*steps->waiting), by_time);
	for (size_t i = 0; i < count && !err; i = next) {
		const struct step *step = &steps->waiting[i];

		change = 0;
		for (next = i; next < count && !by_time(step, &steps->waiting[next]); next++)
			change += steps->waiting[next].change;
		steps->told = step->time;
		if (!change)
			continue;
		steps->levels[step->number] += change;
		err = steps->taker(steps->context, step->number, step->time,
				   steps->levels[step->number]);
	}
	steps->count -= count;
	memmove(steps->waiting, steps->waiting + count, steps->count * sizeof(*steps->waiting));
	return err;
}

static int make_room(struct steps *steps)
{
	size_t allocated = steps->allocated ? steps->allocated * 2 : 256;
	struct step *waiting;

	if (steps->count < steps->allocated)
		return 0;
	if (steps->count >= steps->room)
		return tell(steps, (steps->count + 1) / 2);
	if (allocated > steps->room)
		allocated = steps->room;
	waiting = reallocarray(steps->waiting, allocated, sizeof(*waiting));
	if (!waiting)
		return -ENOMEM;
	steps->waiting = waiting;
	steps->allocated = allocated;
	return 0;
}

int steps__add(struct steps *steps, uint32_t number, uint64_t time, int32_t change)
{
	int err = number < steps->level_count ? 0 : know(steps, number);

	if (!err)
		err = make_room(steps);
	if (err)
		return err;
	steps->waiting[steps->count++] =
		(struct step){time > steps->told ? time : steps->told, number, change};
	return 0;
}

int steps__finish(struct steps *steps)
{
	return steps->count ? tell(steps, steps->count) : 0;
}

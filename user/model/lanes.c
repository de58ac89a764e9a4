// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/lanes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define FIRST_RESOLUTION 1000 /* ns */
/* Beyond, a lane is one slice, or two: no window is as long. */
#define LAST_RESOLUTION (1ULL << 60)

int lanes__add(struct lanes *lanes, size_t *lane)
{
	if (lanes->count == lanes->room) {
		size_t room = lanes->room * 2 + 16;
		struct lane *more = reallocarray(lanes->lanes, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		lanes->lanes = more;
		lanes->room = room;
	}
	*lane = lanes->count++;
	lanes->lanes[*lane] = (struct lane){0};
	return 0;
}

static uint64_t length_of(const struct lane_slice *slice)
{
	return slice->until - slice->since;
}

/* Short ones merge, across a gap too if that is as short; long ones stay as they came. */
static bool merges(const struct lane_slice *slice, const struct lane_slice *next,
		   uint64_t resolution)
{
	return length_of(slice) < resolution && length_of(next) < resolution &&
	       next->since - slice->until < resolution;
}

static void add_sums(uint64_t *sums, const struct lane_slice *slice)
{
	if (!slice->sums) {
		sums[slice->kind] += length_of(slice);
		return;
	}
	for (int i = 0; i < LANE_KINDS; i++)
		sums[i] += slice->sums[i];
}

/* Takes what `next` owns, and leaves it to the caller where it fails. 0 or -ENOMEM. */
static int merge(struct lane_slice *slice, struct lane_slice *next)
{
	bool alike = !slice->sums && !next->sums && slice->kind == next->kind &&
		     slice->until == next->since;

	if (!alike) {
		uint64_t *sums = calloc(LANE_KINDS, sizeof(*sums));

		if (!sums)
			return -ENOMEM;
		add_sums(sums, slice);
		add_sums(sums, next);
		free(slice->sums);
		free(next->sums);
		slice->sums = sums;
		for (int i = 0; i < LANE_KINDS; i++)
			if (sums[i] > sums[slice->kind])
				slice->kind = (enum lane_kind)i;
	}
	slice->until = next->until;
	slice->merged += next->merged;
	slice->detail = 0;
	return 0;
}

static int merge_lane(struct lane *lane, uint64_t resolution)
{
	size_t kept = 0;
	int err = 0;

	for (size_t i = 1; i < lane->count; i++) {
		struct lane_slice *last = &lane->slices[kept], *next = &lane->slices[i];

		if (!err && merges(last, next, resolution))
			err = merge(last, next);
		else
			lane->slices[++kept] = *next;
	}
	if (lane->count)
		lane->count = kept + 1;
	return err;
}

/* To half of what may be, so that it is not done again for each slice that comes. */
static int coarsen(struct lanes *lanes)
{
	int err = 0;

	while (!err && lanes->slices > lanes->most / 2 && lanes->resolution < LAST_RESOLUTION) {
		lanes->resolution = lanes->resolution ? lanes->resolution * 2 : FIRST_RESOLUTION;
		lanes->slices = 0;
		for (size_t i = 0; i < lanes->count && !err; i++) {
			err = merge_lane(&lanes->lanes[i], lanes->resolution);
			lanes->slices += lanes->lanes[i].count;
		}
	}
	return err;
}

static int push(struct lane *lane, const struct lane_slice *slice)
{
	if (lane->count == lane->room || !lane->slices) {
		size_t room = lane->room * 2 + 16;
		struct lane_slice *more = reallocarray(lane->slices, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		lane->slices = more;
		lane->room = room;
	}
	lane->slices[lane->count++] = *slice;
	return 0;
}

int lanes__append(struct lanes *lanes, size_t number, const struct lane_slice *slice)
{
	struct lane *lane = &lanes->lanes[number];
	struct lane_slice *last = lane->count ? &lane->slices[lane->count - 1] : NULL;
	struct lane_slice next = *slice;
	int err;

	next.sums = NULL;
	next.merged = 1;
	if (last && next.since < last->until)
		next.since = last->until;
	if (next.until <= next.since)
		return 0;
	lanes->came++;
	if (last && merges(last, &next, lanes->resolution))
		return merge(last, &next);
	err = push(lane, &next);
	if (!err && ++lanes->slices > lanes->most)
		err = coarsen(lanes);
	return err;
}

void lanes__clear(struct lanes *lanes)
{
	for (size_t i = 0; i < lanes->count; i++) {
		for (size_t j = 0; j < lanes->lanes[i].count; j++)
			free(lanes->lanes[i].slices[j].sums);
		free(lanes->lanes[i].slices);
	}
	free(lanes->lanes);
	*lanes = (struct lanes){.most = lanes->most};
}

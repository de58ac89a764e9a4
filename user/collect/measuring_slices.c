// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The values of intervals: what came between two looks at all of them. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/measuring_internal.h"

void entry__clear(struct entry *entry)
{
	for (size_t i = 0; i < entry->slice_room; i++)
		histogram__clear(&entry->slices[i]);
	free(entry->slices);
	histogram__clear(&entry->now);
	histogram__clear(&entry->before);
	histogram__clear(&entry->marked);
	free(entry->label);
}

/* The buckets of what came between two looks, and their ends. */
static int subtract_buckets(struct histogram *slice, const struct entry *entry, uint64_t *low,
			    uint64_t *high)
{
	uint64_t counts[BUCKETS_PER_CHUNK];
	int err = 0;

	*low = UINT64_MAX;
	*high = 0;
	for (unsigned int chunk = 0; chunk < BUCKET_CHUNKS && !err; chunk++) {
		bool any = false;

		for (unsigned int i = 0; i < BUCKETS_PER_CHUNK; i++) {
			unsigned int bucket = chunk * BUCKETS_PER_CHUNK + i;

			counts[i] = histogram__bucket(&entry->now, bucket) -
				    histogram__bucket(&entry->before, bucket);
			if (!counts[i])
				continue;
			any = true;
			*low = *low == UINT64_MAX ? buckets__low(bucket) : *low;
			*high = buckets__high(bucket) - 1;
		}
		if (any)
			err = histogram__add_chunk(slice, chunk, counts);
	}
	return err;
}

/* The extremes are those of the buckets, unless it has the new ones of all. */
static int subtract(struct histogram *slice, const struct entry *entry)
{
	const struct histogram *now = &entry->now, *before = &entry->before;
	uint64_t low, high;
	int err = subtract_buckets(slice, entry, &low, &high);

	if (err || now->count <= before->count)
		return err;
	if ((!before->count || now->min < before->min) &&
	    now->min < buckets__high(buckets__index(low)))
		low = now->min;
	if (now->max > before->max && now->max >= buckets__low(buckets__index(high)))
		high = now->max;
	histogram__add_totals(slice, now->count - before->count,
			      now->sum > before->sum ? now->sum - before->sum : 0,
			      low > high ? high : low, high);
	return 0;
}

static int grow_slices(struct entry *entry, size_t count)
{
	size_t room = entry->slice_room ? entry->slice_room : 16;
	struct histogram *grown;

	if (count <= entry->slice_room)
		return 0;
	while (room < count)
		room *= 2;
	grown = reallocarray(entry->slices, room, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	memset(grown + entry->slice_room, 0, (room - entry->slice_room) * sizeof(*grown));
	entry->slices = grown;
	entry->slice_room = room;
	return 0;
}

int entry__end_slice(struct entry *entry, size_t slice)
{
	int err = grow_slices(entry, slice + 1);

	if (err)
		return err;
	histogram__clear(&entry->slices[slice]);
	err = subtract(&entry->slices[slice], entry);
	histogram__clear(&entry->before);
	return err ? err : histogram__merge(&entry->before, &entry->now);
}

int entry__merge_slices(struct entry *entry, size_t count)
{
	int err = grow_slices(entry, count);

	for (size_t i = 0; i + 1 < count && !err; i += 2) {
		err = histogram__merge(&entry->slices[i], &entry->slices[i + 1]);
		histogram__clear(&entry->slices[i + 1]);
		if (!i)
			continue;
		entry->slices[i / 2] = entry->slices[i];
		memset(&entry->slices[i], 0, sizeof(entry->slices[i]));
	}
	return err;
}

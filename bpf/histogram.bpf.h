/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Histograms in the kernel: buckets are handed out a power of two at a time. */
#ifndef WAITSCOPE_HISTOGRAM_BPF_H
#define WAITSCOPE_HISTOGRAM_BPF_H

#include "maps.bpf.h"

static __always_inline u32 histogram__new(void)
{
	return pool__take(POOL_HISTOGRAMS, LOSS_HISTOGRAMS);
}

GLOBAL u32 histogram__new_chunk(struct histogram_row *histogram, u32 chunk)
{
	u32 fresh;

	if (!histogram || chunk >= BUCKET_CHUNKS)
		return 0;
	fresh = pool__take(POOL_CHUNKS, LOSS_CHUNKS);
	if (fresh)
		histogram->chunks[chunk] = fresh;
	return fresh;
}

/*
 * Counts one value. A histogram belongs to one thread's row, and the scheduler orders what
 * happens to one thread: plain additions are enough.
 */
static __always_inline void histogram__count(u32 number, u64 value)
{
	struct histogram_row *histogram;
	struct chunk_row *row;
	u32 index, chunk, place;

	if (!number)
		return;
	histogram = ROW(histograms, number);
	if (!histogram)
		return;
	index = buckets__index(value);
	chunk = index / BUCKETS_PER_CHUNK;
	if (chunk >= BUCKET_CHUNKS)
		return;
	place = histogram->chunks[chunk];
	if (!place)
		place = histogram__new_chunk(histogram, chunk);
	row = place ? ROW(chunks, place) : 0;
	if (!row) {
		histogram->overflow++;
		return;
	}
	row->counts[index % BUCKETS_PER_CHUNK]++;
}

#endif

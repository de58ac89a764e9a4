/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Histograms in the kernel: buckets are handed out a power of two at a time. */
#ifndef WAITSCOPE_HISTOGRAM_BPF_H
#define WAITSCOPE_HISTOGRAM_BPF_H

#include "maps.bpf.h"

static __always_inline u32 histogram__new(void)
{
	return pool__take(POOL_HISTOGRAMS, LOSS_HISTOGRAMS);
}

/* Of rows that are kept beside what was asked for; 0, which counts nothing, where that is all. */
static __always_inline u32 histogram__new_beside(void)
{
	return bare_rows ? 0 : histogram__new();
}

GLOBAL u32 histogram__new_chunk(struct histogram_row *histogram, u32 chunk)
{
	u32 fresh;

	if (!histogram || chunk >= BUCKET_CHUNKS)
		return 0;
	fresh = pool__take(POOL_CHUNKS, LOSS_CHUNKS);
	if (!fresh)
		return 0;
	if (!histogram->shared) {
		histogram->chunks[chunk] = fresh;
		return fresh;
	}
	/* another CPU may have been first: its chunk counts, this one is spent */
	__sync_val_compare_and_swap(&histogram->chunks[chunk], 0, fresh);
	return histogram->chunks[chunk];
}

/* One that several threads count in. */
static __always_inline u32 histogram__new_shared(void)
{
	u32 number = histogram__new();
	struct histogram_row *histogram = number ? ROW(histograms, number) : 0;

	if (!histogram)
		return 0;
	histogram->shared = 1;
	return number;
}

/* The chunk that `index` falls into, made if there is none; NULL: counted as overflow. */
static __always_inline struct chunk_row *histogram__chunk(struct histogram_row *histogram,
							  u32 index)
{
	u32 chunk = index / BUCKETS_PER_CHUNK, place;
	struct chunk_row *row;

	if (chunk >= BUCKET_CHUNKS)
		return 0;
	place = histogram->chunks[chunk];
	if (!place)
		place = histogram__new_chunk(histogram, chunk);
	row = place ? ROW(chunks, place) : 0;
	if (!row)
		__sync_fetch_and_add(&histogram->overflow, 1);
	return row;
}

/*
 * Counts one value. A histogram of one thread's row needs no more than a plain addition: the
 * scheduler orders what happens to one thread. Returns 0 if there is no histogram.
 */
GLOBAL int histogram__count(u32 number, u64 value)
{
	struct histogram_row *histogram = number ? ROW(histograms, number) : 0;
	struct chunk_row *row;
	u32 index;

	if (!histogram)
		return 0;
	index = buckets__index(value);
	row = histogram__chunk(histogram, index);
	if (!row)
		return 1;
	if (histogram->shared)
		__sync_fetch_and_add(&row->counts[index % BUCKETS_PER_CHUNK], 1);
	else
		row->counts[index % BUCKETS_PER_CHUNK]++;
	return 1;
}

#endif

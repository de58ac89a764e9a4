/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Log-linear histogram buckets: the arithmetic, shared by the BPF programs, user space and
 * the tests.
 *
 * Every power of two is split in BUCKETS_PER_CHUNK equal parts, so the middle of a bucket is
 * never further than 1/64 from any value in it. Values below BUCKETS_PER_CHUNK have a bucket
 * of their own. A chunk is the buckets of one power of two; storage is handed out by chunk,
 * because a latency distribution touches few of them.
 *
 * Unit: whatever the caller counts, here always nanoseconds. Range: 0 .. 2^42 - 1 ns (73
 * minutes); what is larger goes to the last bucket and is counted as overflow by the caller.
 */
#ifndef WAITSCOPE_BUCKETS_H
#define WAITSCOPE_BUCKETS_H

#include <linux/types.h>

#define BUCKET_BITS	  5
#define BUCKETS_PER_CHUNK 32
#define BUCKET_CHUNKS	  38
#define BUCKET_LIMIT	  (1ULL << 42)

/* Floor of the base-2 logarithm; 0 for 0. BPF has no count-leading-zeros instruction. */
static inline __u32 buckets__log2(__u64 value)
{
	__u32 log = 0;

	if (value >> 32) {
		value >>= 32;
		log += 32;
	}
	if (value >> 16) {
		value >>= 16;
		log += 16;
	}
	if (value >> 8) {
		value >>= 8;
		log += 8;
	}
	if (value >> 4) {
		value >>= 4;
		log += 4;
	}
	if (value >> 2) {
		value >>= 2;
		log += 2;
	}
	return log + (__u32)(value >> 1);
}

/* The bucket of a value, 0 .. BUCKET_CHUNKS * BUCKETS_PER_CHUNK - 1. */
static inline __u32 buckets__index(__u64 value)
{
	__u32 log;

	if (value < BUCKETS_PER_CHUNK)
		return (__u32)value;
	if (value >= BUCKET_LIMIT)
		value = BUCKET_LIMIT - 1;
	log = buckets__log2(value);
	return (log - BUCKET_BITS + 1) * BUCKETS_PER_CHUNK +
	       ((__u32)(value >> (log - BUCKET_BITS)) & (BUCKETS_PER_CHUNK - 1));
}

/* Smallest value that falls into a bucket. */
static inline __u64 buckets__low(__u32 index)
{
	__u32 chunk = index / BUCKETS_PER_CHUNK;
	__u32 part = index % BUCKETS_PER_CHUNK;

	if (chunk == 0)
		return part;
	return (__u64)(BUCKETS_PER_CHUNK + part) << (chunk - 1);
}

/* First value above a bucket. */
static inline __u64 buckets__high(__u32 index)
{
	return buckets__low(index + 1);
}

#endif

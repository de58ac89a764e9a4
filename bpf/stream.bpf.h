/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events into the ring buffer of the CPU that they happen on, if anybody wants them (`streaming`).
 * User space looks there now and then, and is woken once in STREAM_BATCH events. What does not fit
 * is counted, and told in the stream itself as soon as there is room again.
 */
#ifndef WAITSCOPE_STREAM_BPF_H
#define WAITSCOPE_STREAM_BPF_H

#include "maps.bpf.h"
#include "stream.h"

#define STREAM_BATCH 16384

struct stream_ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1); /* CPUs, once there is something to stream */
	__type(key, u32);
	__array(values, struct stream_ring);
} streams SEC(".maps");

const volatile bool streaming;

static __always_inline bool stream__tell_loss(struct cpu *cpu, void *ring)
{
	struct stream_event event = {
		.time = cpu->lost_since, .row = cpu->lost, .kind = STREAM_LOST};

	if (bpf_ringbuf_output(ring, &event, sizeof(event), BPF_RB_NO_WAKEUP))
		return false;
	cpu->lost = 0;
	return true;
}

/* The four words of a struct stream_event. */
GLOBAL int stream__put(u64 time, u64 threads, u64 rows, u64 rest)
{
	u64 words[4] = {time, threads, rows, rest};
	u32 number = bpf_get_smp_processor_id();
	struct cpu *cpu = this_cpu();
	void *ring = bpf_map_lookup_elem(&streams, &number);
	u64 flags = BPF_RB_NO_WAKEUP;

	if (!ring)
		return 0;
	if (cpu->lost && !stream__tell_loss(cpu, ring))
		goto lost;
	if (++cpu->streamed % STREAM_BATCH == 0)
		flags = BPF_RB_FORCE_WAKEUP;
	if (!bpf_ringbuf_output(ring, words, sizeof(words), flags))
		return 0;
lost:
	if (!cpu->lost)
		cpu->lost_since = time;
	cpu->lost++;
	cpu->lost_ever++;
	return 0;
}

static __always_inline u64 stream__rest(u32 call, u32 kind, u32 flags, s64 result)
{
	return (call & 0xffff) | (u64)kind << 16 | (u64)(flags & 0xff) << 24 |
	       (u64)(u32)(s32)result << 32;
}

static __always_inline s64 stream__cut(s64 result)
{
	if (result > 0x7fffffff)
		return 0x7fffffff;
	return result < -0x7fffffff ? -0x7fffffff : result;
}

/* How long ago the call in flight was entered, if that is still to be told; that it was, then. */
static __always_inline u32 stream__since_entry(struct thread_row *thread, u32 number, u64 now)
{
	u64 entered = thread->entered;

	if (!entered)
		return 0;
	thread->entered = 0;
	if (now - entered < STREAM_SINCE_MAX)
		return now > entered ? now - entered : 1;
	stream__put(entered, number, 0, stream__rest(thread->ledger.call, STREAM_ENTER, 0, 0));
	return 0;
}

/* A thread that was switched out, and the one that came; NULL, 0: not traced. */
static __always_inline void stream__switch(u64 now, struct thread_row *leaver, u32 leaving,
					   u32 coming, u32 flags)
{
	u32 since = 0, call = 0, row = 0;

	if (!leaving && !coming)
		return;
	if (leaver) {
		since = stream__since_entry(leaver, leaving, now);
		call = leaver->ledger.call;
		if ((flags & STREAM_OUT_MASK) == LEDGER_EVENT_BLOCKED)
			row = leaver->wait;
	}
	stream__put(now, leaving | (u64)coming << 32, row | (u64)since << 32,
		    stream__rest(call, STREAM_SWITCH, flags, 0));
}

static __always_inline void stream__waking(u64 now, u32 number, u32 tid, u32 kind, u32 event)
{
	stream__put(now, number | (u64)tid << 32, 0, stream__rest(0, STREAM_WAKING, event, kind));
}

/* `since`: from stream__since_entry(), before anything else could happen to the thread. */
static __always_inline void stream__return(u64 now, struct thread_row *thread, u32 number,
					   u32 since, s64 result, u32 argument)
{
	u32 flags = thread->call_flags;

	thread->call_flags = 0;
	stream__put(now, number | (u64)argument << 32, (u64)since << 32,
		    stream__rest(thread->ledger.call, STREAM_RETURN, flags, stream__cut(result)));
}

static __always_inline void stream__begin(u64 now, const struct thread_row *thread, u32 number)
{
	stream__put(now, number, 0,
		    stream__rest(thread->ledger.call, STREAM_BEGIN, thread->ledger.state,
				 thread->ledger.resume));
}

static __always_inline void stream__state(u64 now, const struct thread_row *thread, u32 number,
					  u32 state)
{
	stream__put(now, number, state == LEDGER_BLOCKED ? thread->wait : 0,
		    stream__rest(thread->ledger.call, STREAM_STATE, state, thread->ledger.resume));
}

static __always_inline void stream__request(u64 now, const struct request_key *key, u64 latency,
					    s64 result)
{
	stream__put(now, key->process | latency << 32, key->operation | (latency >> 32) << 32,
		    stream__rest(0, STREAM_REQUEST, key->api, stream__cut(result)));
}

static __always_inline void stream__note(u64 now, u32 number, u32 kind)
{
	stream__put(now, number, 0, stream__rest(0, kind, 0, 0));
}

#endif

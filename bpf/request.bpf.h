/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Asynchronous requests of a process, whatever the API: from submission to completion. Submitter
 * and completer may be on two CPUs, so everything here is atomic.
 */
#ifndef WAITSCOPE_REQUEST_BPF_H
#define WAITSCOPE_REQUEST_BPF_H

#include "histogram.bpf.h"
#include "process.bpf.h"
#include "stream.bpf.h"

/* The row for requests of a kind, made if there is none. 0: no room (counted). */
GLOBAL u32 request__look_up(u32 process, u32 api, u32 operation, u32 device)
{
	struct request_key key = {
		.process = process, .api = api, .operation = operation, .device = device};
	struct request_row *request;
	u32 number, *known;

	known = bpf_map_lookup_elem(&request_index, &key);
	if (known)
		return *known;
	number = pool__take(POOL_REQUESTS, LOSS_REQUESTS);
	request = number ? ROW(requests, number) : 0;
	if (!request)
		return 0;
	request->key = key;
	request->latency_min = request->queue_min = ~0ULL;
	request->latency_histogram = histogram__new_shared();
	if (api == REQUEST_BLOCK)
		request->queue_histogram = histogram__new_shared();
	if (api == REQUEST_IO_URING) {
		request->taken_min = request->taken_by_min = ~0ULL;
		request->taken_histogram = histogram__new_shared();
		request->taken_by_histogram = histogram__new_shared();
	}
	if (!bpf_map_update_elem(&request_index, &key, &number, BPF_NOEXIST))
		return number;
	known = bpf_map_lookup_elem(&request_index, &key);
	if (known)
		return *known;
	lose(LOSS_INDEX);
	return 0;
}

/* Two CPUs that set an extreme at the same instant: the lesser may win, by a race of nanoseconds.
 */
static __always_inline void keep_extremes(u64 *least, u64 *most, u64 value)
{
	if (value < *least)
		*least = value;
	if (value > *most)
		*most = value;
}

static __always_inline void request__operate(struct request_row *request, s32 change)
{
	if (request__is_operation(request->key.api, request->key.operation))
		process__operate(request->key.process, change);
}

/* A request of that row is in flight from `now` on. */
static __always_inline void request__submitted(struct request_row *request, u64 now)
{
	s32 inflight;

	__sync_fetch_and_add(&request->submitted, 1);
	__sync_fetch_and_add(&request->open_since, now);
	inflight = __sync_fetch_and_add(&request->inflight, 1) + 1;
	if (inflight > request->inflight_max)
		request->inflight_max = inflight;
	request__operate(request, 1);
}

/* It was submitted, but cannot be followed. */
static __always_inline void request__unfollowed(struct request_row *request)
{
	__sync_fetch_and_add(&request->submitted, 1);
	__sync_fetch_and_add(&request->unseen, 1);
}

/* It is in flight no more: what was added is taken back. */
static __always_inline void request__landed(struct request_row *request, u64 since)
{
	__sync_fetch_and_add(&request->open_since, -since);
	__sync_fetch_and_add(&request->inflight, -1);
	request__operate(request, -1);
}

/* The same, and how it ended was not seen. */
static __always_inline void request__forgotten(struct request_row *request, u64 since)
{
	request__landed(request, since);
	__sync_fetch_and_add(&request->unseen, 1);
}

/* It was not taken after all. */
static __always_inline void request__refused(struct request_row *request, u64 since)
{
	request__landed(request, since);
	__sync_fetch_and_add(&request->submitted, -1);
}

/* How a request ended that was submitted at `since`. */
static __always_inline void request__ended(struct request_row *request, u64 since, u64 now,
					   s64 result)
{
	u64 latency = now > since ? now - since : 0;

	__sync_fetch_and_add(&request->completed, 1);
	if (result == -ECANCELED)
		__sync_fetch_and_add(&request->cancelled, 1);
	else if (result < 0)
		__sync_fetch_and_add(&request->failed, 1);
	__sync_fetch_and_add(&request->latency_total, latency);
	keep_extremes(&request->latency_min, &request->latency_max, latency);
	histogram__count(request->latency_histogram, latency);
	if (streaming)
		stream__request(now, &request->key, latency, result);
}

/* A request that was submitted at `since` is complete at `now`, with this result. */
static __always_inline void request__completed(struct request_row *request, u64 since, u64 now,
					       s64 result)
{
	request__landed(request, since);
	request__ended(request, since, now, result);
}

/* The program took the completion out of the ring, not before `earliest` and by `latest`. */
static __always_inline void request__taken(struct request_row *request, u64 since, u64 earliest,
					   u64 latest)
{
	u64 least = earliest > since ? earliest - since : 0;
	u64 most = latest > earliest ? latest - since : least;

	__sync_fetch_and_add(&request->taken, 1);
	__sync_fetch_and_add(&request->taken_total, least);
	__sync_fetch_and_add(&request->taken_by_total, most);
	keep_extremes(&request->taken_min, &request->taken_max, least);
	keep_extremes(&request->taken_by_min, &request->taken_by_max, most);
	histogram__count(request->taken_histogram, least);
	histogram__count(request->taken_by_histogram, most);
}

static __always_inline void request__moved(struct request_row *request, s64 bytes)
{
	if (bytes > 0)
		__sync_fetch_and_add(&request->bytes, bytes);
}

static __always_inline void request__served(struct request_row *request, u32 how)
{
	if (how < SERVED_KINDS)
		__sync_fetch_and_add(&request->served[how], 1);
}

/* Completed, but its submission was not seen. */
static __always_inline void request__censored(u32 process, u32 api, u32 operation)
{
	u32 number = process ? request__look_up(process, api, operation, 0) : 0;
	struct request_row *request = number ? ROW(requests, number) : 0;

	if (request)
		__sync_fetch_and_add(&request->censored, 1);
}

/* A block request waited for `queued` ns before it was issued to its device. */
static __always_inline void request__queued(struct request_row *request, u64 queued)
{
	__sync_fetch_and_add(&request->queued, 1);
	__sync_fetch_and_add(&request->queue_total, queued);
	keep_extremes(&request->queue_min, &request->queue_max, queued);
	histogram__count(request->queue_histogram, queued);
}

#endif

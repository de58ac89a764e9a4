// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What belongs to a process as a whole, from the rows of the kernel side. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>

#include "collect/block_device.h"
#include "collect/gather_processes.h"
#include "collect/recycle.h"
#include "names/operations.h"

/* Set in `room` by user space: no thread row was left when it was looked at last. */
#define LOOKED_EMPTY(row) ((row)->room[0])

/* ns in flight, all requests together: those that are open have been since they were submitted, up
 * to the end of the window or of the process. */
static uint64_t time_in_flight(const struct request_row *row, uint64_t end)
{
	uint64_t open = (uint64_t)row->inflight * end - row->open_since;

	if (row->inflight <= 0 || (int64_t)open < 0)
		open = 0; /* read while it changed */
	return row->latency_total + row->alike_total + open;
}

static int requests__from_row(struct requests *requests, const struct look *look,
			      const struct request_row *row, uint64_t end)
{
	const struct sources *sources = &look->sources;
	int err = 0;

	*requests = (struct requests){
		.api = row->key.api,
		.operation = operations__name(row->key.api, row->key.operation),
		.operation_outstanding = request__is_operation(row->key.api, row->key.operation),
		.submitted = row->submitted,
		.completed = row->completed,
		.failed = row->failed,
		.cancelled = row->cancelled,
		.unseen = row->unseen,
		.alike = row->alike,
		.open = row->inflight > 0 ? (uint64_t)row->inflight : 0,
		.bytes = row->bytes,
		.censored = row->censored,
		.more = row->more,
		.inflight_total = time_in_flight(row, end),
		.inflight_max = row->inflight_max > 0 ? (uint64_t)row->inflight_max : 0,
		.batches = row->batches,
		.reaps = row->reaps,
		.submit_known = row->key.api == REQUEST_LINUX_AIO,
		.submit_blocked = row->submit_blocked,
		.overflowed = row->overflowed,
	};
	memcpy(requests->served, row->served, sizeof(requests->served));
	memcpy(requests->notified, row->notified, sizeof(requests->notified));
	if (row->key.device)
		requests->device = block_device__name(row->key.device);
	if (row->key.device && !requests->device)
		err = -ENOMEM;
	if (!err)
		err = histogram__from_row(&requests->latency, sources, row->latency_histogram);
	if (!err)
		err = histogram__from_row(&requests->queue, sources, row->queue_histogram);
	if (!err)
		err = histogram__from_row(&requests->taken, sources, row->taken_histogram);
	if (!err)
		err = histogram__from_row(&requests->taken_by, sources, row->taken_by_histogram);
	histogram__add_totals(&requests->taken, row->taken, row->taken_total, row->taken_min,
			      row->taken_max);
	histogram__add_totals(&requests->taken_by, row->taken, row->taken_by_total,
			      row->taken_by_min, row->taken_by_max);
	histogram__add_totals(&requests->latency, row->completed - row->alike, row->latency_total,
			      row->latency_min, row->latency_max);
	histogram__add_totals(&requests->queue, row->queued, row->queue_total, row->queue_min,
			      row->queue_max);
	return err;
}

static int by_time_in_flight(const void *a, const void *b)
{
	const struct requests *left = a, *right = b;

	if (left->api != right->api)
		return left->api < right->api ? -1 : 1;
	return (left->inflight_total < right->inflight_total) -
	       (left->inflight_total > right->inflight_total);
}

/* Two CPUs that saw the first request of a kind at the same time made a row each: one is not used.
 */
static bool is_spare(const struct request_row *row)
{
	return !row->submitted && !row->completed && !row->censored && !row->more;
}

static int take_requests(struct process_notes *notes, const struct look *look, uint32_t process)
{
	const struct rows *rows = &look->sources.pools[POOL_REQUESTS];
	const struct process_row *owner = rows__at(&look->sources.pools[POOL_PROCESSES], process);
	uint64_t end = owner->ended && owner->ended < look->end ? owner->ended : look->end;
	struct requests *grown;
	int err = 0;

	for (uint32_t i = 1; i <= rows->used && !err; i++) {
		const struct request_row *row = rows__at(rows, i);

		if (row->key.process != process || !row->key.api || is_spare(row))
			continue;
		grown = reallocarray(notes->requests, notes->request_count + 1, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		notes->requests = grown;
		err = requests__from_row(&grown[notes->request_count++], look, row, end);
	}
	if (notes->request_count)
		qsort(notes->requests, notes->request_count, sizeof(*notes->requests),
		      by_time_in_flight);
	return err;
}

static int take_process(struct notebook *notebook, const struct look *look, uint32_t number)
{
	const struct process_row *row = rows__at(&look->sources.pools[POOL_PROCESSES], number);
	struct process_notes *grown;

	grown = reallocarray(notebook->notes, notebook->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	notebook->notes = grown;
	grown[notebook->count] = (struct process_notes){
		.tgid = (int)row->tgid,
		.running_max = row->running_max,
		.operations_max = row->operations_max > 0 ? (uint64_t)row->operations_max : 0,
	};
	memcpy(grown[notebook->count].posix_calls, row->posix_calls, sizeof(row->posix_calls));
	return take_requests(&grown[notebook->count++], look, number);
}

int notebook__reap(struct notebook *notebook, struct session *session, const struct look *look)
{
	const struct rows *rows = &look->sources.pools[POOL_PROCESSES];
	int err = 0;

	for (uint32_t i = 1; i <= rows->used && !err; i++) {
		struct process_row *row = (struct process_row *)rows__at(rows, i);

		if (!row->tgid || row->threads) {
			LOOKED_EMPTY(row) = 0;
			continue;
		}
		if (!LOOKED_EMPTY(row)) {
			bpf_map_delete_elem(session__index_fd(session, POOL_PROCESSES), &row->tgid);
			LOOKED_EMPTY(row) = 1;
			continue;
		}
		err = take_process(notebook, look, i);
		if (!err)
			err = recycle__process(session, look, i);
	}
	return err;
}

static int by_tgid(const void *a, const void *b)
{
	const struct process_notes *left = a, *right = b;

	return (left->tgid > right->tgid) - (left->tgid < right->tgid);
}

int notebook__finish(struct notebook *notebook, const struct look *look)
{
	const struct rows *rows = &look->sources.pools[POOL_PROCESSES];
	int err = 0;

	for (uint32_t i = 1; i <= rows->used && !err; i++) {
		const struct process_row *row = rows__at(rows, i);

		if (row->tgid)
			err = take_process(notebook, look, i);
	}
	if (notebook->count)
		qsort(notebook->notes, notebook->count, sizeof(*notebook->notes), by_tgid);
	return err;
}

static void raise_to(uint64_t *most, uint64_t value)
{
	if (value > *most)
		*most = value;
}

/* A pid that was used twice has two notes. */
int notebook__tell(struct notebook *notebook, struct process *process)
{
	for (size_t i = 0; i < notebook->count; i++) {
		struct process_notes *notes = &notebook->notes[i];
		struct requests *grown;

		if (notes->tgid != process->pid)
			continue;
		raise_to(&process->parallelism.max, notes->running_max);
		raise_to(&process->concurrency.max, notes->operations_max);
		for (int call = 0; call < POSIX_AIO_CALLS; call++)
			process->posix_calls[call] += notes->posix_calls[call];
		if (!notes->request_count)
			continue;
		grown = reallocarray(process->requests,
				     process->request_count + notes->request_count, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		memcpy(grown + process->request_count, notes->requests,
		       notes->request_count * sizeof(*grown));
		process->requests = grown;
		process->request_count += notes->request_count;
		notes->request_count = 0; /* they have a new owner */
	}
	return 0;
}

void notebook__clear(struct notebook *notebook)
{
	for (size_t i = 0; i < notebook->count; i++) {
		for (size_t j = 0; j < notebook->notes[i].request_count; j++)
			requests__clear(&notebook->notes[i].requests[j]);
		free(notebook->notes[i].requests);
	}
	free(notebook->notes);
	*notebook = (struct notebook){0};
}

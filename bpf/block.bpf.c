/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Block requests: inserted in a queue, issued to the device, completed (full tier).
 *
 * Whose a request is shows when it is made: then its process is the current one. From 6.5 on there
 * is a tracepoint for that (block_io_start). Before, what is seen first of a request is taken for
 * it: as a rule that is its insertion, by the thread that made it. Later events are of no use: any
 * thread may issue what others have queued, and completion is an interrupt's.
 */
#include "overhead.bpf.h"
#include "request.bpf.h"
#include "waker.bpf.h"

static __always_inline u32 block__device(struct request *request)
{
	struct request___before_5_17 *older = (void *)request;
	struct gendisk *disk;

	if (bpf_core_field_exists(request->q->disk))
		disk = request->q->disk;
	else
		disk = older->rq_disk;
	return disk ? disk->major << 20 | disk->first_minor : 0;
}

static __always_inline u32 block__operation(struct request *request)
{
	u32 operation = request->cmd_flags & BLOCK_OPERATION;

	/* what asks for nothing but a flush is a write of nothing */
	return operation == BLOCK_WRITE && !request->__data_len ? BLOCK_FLUSH : operation;
}

/* The traced thread that is at work here; NULL in an interrupt, whoever it has interrupted. */
static __always_inline struct thread_row *working_thread(u32 *number)
{
	struct task_struct *current = (void *)bpf_get_current_task_btf();
	struct thread_row *thread = thread__of(current, number);

	if (!thread || (thread->flags & THREAD_HELD) || !waker__is_task(waker__context(current)))
		return 0;
	return thread;
}

/* A request that the thread has made. NULL: it is not followed. */
static __always_inline struct block_request *block__begin(struct request *request,
							  struct thread_row *thread, u64 now)
{
	struct block_request fresh = {.created = now, .process = thread->process};
	u64 address = (u64)request;

	if (!thread->process)
		return 0;
	fresh.request = request__look_up(thread->process, REQUEST_BLOCK, block__operation(request),
					 block__device(request));
	if (!fresh.request)
		return 0;
	if (bpf_map_update_elem(&block_requests, &address, &fresh, BPF_NOEXIST)) {
		lose(LOSS_INFLIGHT);
		return 0;
	}
	__sync_fetch_and_add(&hot.block_open, 1);
	return bpf_map_lookup_elem(&block_requests, &address);
}

/* Its row, unless that was given to another process since. */
static __always_inline struct request_row *block__row(const struct block_request *known)
{
	struct request_row *row = ROW(requests, known->request);

	return row && row->key.api == REQUEST_BLOCK && row->key.process == known->process ? row : 0;
}

static __always_inline void block__drop(struct request *request)
{
	u64 address = (u64)request;

	if (!bpf_map_delete_elem(&block_requests, &address))
		__sync_fetch_and_add(&hot.block_open, -1);
}

/* It is not with the device after all. */
static __always_inline void block__take_back(struct block_request *known)
{
	struct request_row *row = known->issued ? block__row(known) : 0;

	if (row)
		request__refused(row, known->issued);
	known->issued = 0;
}

/* It is over, and its completion was not seen. */
static __always_inline void block__forget(struct block_request *known)
{
	struct request_row *row = known->issued ? block__row(known) : 0;

	if (row)
		request__forgotten(row, known->issued);
	known->issued = 0;
}

/* A new request: whatever was known of one at its address is out of date. */
static __always_inline void block__clear(struct request *request)
{
	u64 address = (u64)request;
	struct block_request *stale;

	if (hot.block_open <= 0)
		return;
	stale = bpf_map_lookup_elem(&block_requests, &address);
	if (!stale)
		return;
	block__forget(stale);
	block__drop(request);
}

SEC("?tp_btf/block_io_start")
int BPF_PROG(block_io_start, struct request *request)
{
	TIMED u64 now = bpf_ktime_get_ns();
	struct thread_row *thread;
	u32 number;

	if (now >= hot.window_end)
		return 0;
	block__clear(request);
	thread = working_thread(&number);
	if (thread)
		block__begin(request, thread, now);
	return 0;
}

/* One that was seen before, or that its maker shows us now. */
static __always_inline struct block_request *block__find(struct request *request, u64 now)
{
	struct block_request *known = 0;
	u64 address = (u64)request;
	struct thread_row *thread;
	u32 number;

	if (hot.block_open > 0)
		known = bpf_map_lookup_elem(&block_requests, &address);
	if (known || now >= hot.window_end)
		return known;
	/* the kernel's own flushes begin without a word; all else was made before the window */
	if (have_io_start && block__operation(request) != BLOCK_FLUSH)
		return 0;
	thread = working_thread(&number);
	if (!thread || (have_io_start && !(thread->flags & THREAD_KTHREAD)))
		return 0;
	return block__begin(request, thread, now);
}

SEC("?tp_btf/block_rq_insert")
int BPF_PROG(block_rq_insert, struct request *request)
{
	TIMED u64 now = bpf_ktime_get_ns();
	struct block_request *known = block__find(request, now);

	if (known && !known->inserted)
		known->inserted = now;
	return 0;
}

SEC("?tp_btf/block_rq_issue")
int BPF_PROG(block_rq_issue, struct request *request)
{
	TIMED u64 now = bpf_ktime_get_ns();
	struct block_request *known = block__find(request, now);
	struct request_row *row;

	if (!known || known->issued || now >= hot.window_end)
		return 0;
	row = block__row(known);
	if (!row)
		return 0;
	known->issued = now;
	request__submitted(row, now);
	if (known->inserted)
		request__queued(row, now - known->inserted);
	known->inserted = 0;
	return 0;
}

/* The device had no room for it: it is to be issued again, and waits for that from now on. */
SEC("?tp_btf/block_rq_requeue")
int BPF_PROG(block_rq_requeue, struct request *request)
{
	u64 address = (u64)request;
	struct block_request *known;

	if (hot.block_open <= 0)
		return 0;
	known = bpf_map_lookup_elem(&block_requests, &address);
	if (known) {
		block__take_back(known);
		known->inserted = bpf_ktime_get_ns();
	}
	return 0;
}

/* It has become a part of another one, and ends without a word. */
SEC("?tp_btf/block_rq_merge")
int BPF_PROG(block_rq_merge, struct request *request)
{
	if (hot.block_open > 0)
		block__drop(request);
	return 0;
}

/* `error` is an errno before 5.16 and a blk_status_t since: 0 is success in both. */
SEC("?tp_btf/block_rq_complete")
int BPF_PROG(block_rq_complete, struct request *request, int error, unsigned int bytes)
{
	TIMED u64 now = bpf_ktime_get_ns();
	u64 address = (u64)request;
	struct block_request *known;
	struct request_row *row;

	if (hot.block_open <= 0 || now >= hot.window_end)
		return 0;
	known = bpf_map_lookup_elem(&block_requests, &address);
	row = known ? block__row(known) : 0;
	if (row && !error)
		request__moved(row, bytes);
	if (!known || bytes < request->__data_len)
		return 0;	     /* the rest is still to come */
	if (row && !known->issued) { /* a flush that the kernel has done for it */
		known->issued = known->created;
		request__submitted(row, known->created);
	}
	if (row)
		request__completed(row, known->issued, now, error ? -EIO : 0);
	block__drop(request);
	return 0;
}

struct bpf_map;

static long settle_one(struct bpf_map *map, const u64 *address, struct block_request *known,
		       void *context)
{
	struct request *request = (void *)*address;

	if (known->issued && BPF_CORE_READ(request, state) != MQ_RQ_IN_FLIGHT)
		block__forget(known);
	return 0;
}

/*
 * At the end of the window: what the kernel has no more in flight has been completed while no
 * program was run, on kernels that hide what happens during some of their tasks.
 */
static __always_inline void block__settle(void)
{
	if (hot.block_open > 0)
		bpf_for_each_map_elem(&block_requests, settle_one, 0, 0);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Linux AIO: requests from io_submit() to the io_getevents() that hands them over (full tier).
 *
 * The kernel announces neither the begin nor the end of a request, so both are read from the
 * program's memory: the control blocks when io_submit() is entered, the events when io_getevents()
 * returns. A request is known by its context and the address of its control block; the program
 * may use that address again once it has the event. Many read the events from the ring in their
 * own memory, without a call: such a request is still in the books when its block comes again.
 */
#ifndef WAITSCOPE_AIO_BPF_H
#define WAITSCOPE_AIO_BPF_H

#include "request.bpf.h"
#include "wait.bpf.h"

struct aio_key {
	u64 context; /* aio_context_t */
	u64 block;   /* address of the struct iocb */
	u32 process; /* row in processes */
	u32 pad;
};

struct aio_request {
	u64 since;  /* entry of the io_submit() */
	u32 row;    /* in requests */
	u32 served; /* enum request_served */
};

INDEX(aio_requests, struct aio_key, struct aio_request); /* those in flight */

/* Blocks, or events, of one call that are looked at. */
#define AIO_CALL_MOST 1024

/* The call that is looked at, for the functions that bpf_loop() and its like call. */
struct aio_call {
	struct aio_key key;
	u64 array; /* address of the pointers to control blocks, or of the events */
	u64 now;
	u32 first; /* entry of the array to begin with */
	u32 pointer_size;
	u32 row; /* of the first request */
};

/* What of a struct iocb is read (include/uapi/linux/aio_abi.h). */
struct aio_block {
	u64 data;
	u32 key, flags;
	u16 opcode;
	u16 priority;
	u32 fd;
};

struct aio_event {
	u64 data, block;
	s64 result, result2;
};

static __always_inline bool file_is_direct(u32 fd)
{
	struct file_identity id = {};
	struct file *file;

	file = (void *)find_file((void *)bpf_get_current_task_btf(), fd, &id);
	return file && (BPF_CORE_READ(file, f_flags) & FILE_DIRECT);
}

/*
 * How io_submit() serves a request: nothing announces it, but the code has one way for each kind
 * (fs/aio.c). Only O_DIRECT is given to a device; all else is read and written on the spot.
 */
static __always_inline u32 aio__served(const struct aio_block *block)
{
	switch (block->opcode) {
	case LINUX_AIO_FSYNC:
	case LINUX_AIO_FDSYNC:
		return SERVED_PUNTED;
	case LINUX_AIO_POLL:
		return SERVED_POLLED;
	}
	return file_is_direct(block->fd) ? SERVED_DEVICE : SERVED_INLINE;
}

static __always_inline u64 aio__block_address(const struct aio_call *call, u32 index)
{
	u64 address = 0;

	bpf_probe_read_user(&address, call->pointer_size == 4 ? 4 : 8,
			    (void *)(call->array + (u64)index * call->pointer_size));
	return address;
}

static __always_inline struct request_row *aio__row(const struct aio_request *request, u32 process)
{
	struct request_row *row = ROW(requests, request->row);

	return row && row->key.process == process && row->key.api == REQUEST_LINUX_AIO ? row : 0;
}

/* Makes the request findable. One that is in flight under the same key has been reaped unseen. */
static __always_inline int aio__insert(const struct aio_key *key, const struct aio_request *request)
{
	struct request_row *row;
	struct aio_request *before;

	before = bpf_map_lookup_elem(&aio_requests, key);
	if (!before)
		return bpf_map_update_elem(&aio_requests, key, request, BPF_NOEXIST);
	row = aio__row(before, key->process);
	if (row)
		request__forgotten(row, before->since);
	*before = *request;
	return 0;
}

static int aio__take_block(u32 index, struct aio_call *call)
{
	struct aio_request request = {.since = call->now};
	struct aio_key key = call->key;
	struct aio_block block = {};
	struct request_row *row;

	key.block = aio__block_address(call, index);
	if (!key.block || bpf_probe_read_user(&block, sizeof(block), (void *)key.block)) {
		lose(LOSS_INFLIGHT);
		return 0;
	}
	request.row = request__look_up(key.process, REQUEST_LINUX_AIO, block.opcode, 0);
	row = request.row ? ROW(requests, request.row) : 0;
	if (!row)
		return 0;
	if (!call->row)
		call->row = request.row;
	request.served = aio__served(&block);
	if (aio__insert(&key, &request)) {
		lose(LOSS_INFLIGHT);
		request__unfollowed(row);
	} else {
		request__submitted(row, call->now);
	}
	return 0;
}

/* io_submit() did not take this one. */
static int aio__drop_block(u32 index, struct aio_call *call)
{
	struct aio_key key = call->key;
	struct aio_request *request;
	struct request_row *row;

	key.block = aio__block_address(call, call->first + index);
	request = bpf_map_lookup_elem(&aio_requests, &key);
	if (!request || request->since != call->now)
		return 0; /* not of this call */
	row = aio__row(request, key.process);
	if (row)
		request__refused(row, request->since);
	bpf_map_delete_elem(&aio_requests, &key);
	return 0;
}

static __always_inline u32 aio__operation(u64 block_address)
{
	struct aio_block block = {};

	bpf_probe_read_user(&block, sizeof(block), (void *)block_address);
	return block.opcode;
}

static int aio__take_event(u32 index, struct aio_call *call)
{
	struct aio_key key = call->key;
	struct aio_event event = {};
	struct aio_request *request;
	struct request_row *row;

	bpf_probe_read_user(&event, sizeof(event),
			    (void *)(call->array + (u64)index * sizeof(event)));
	key.block = event.block;
	request = bpf_map_lookup_elem(&aio_requests, &key);
	if (!request) {
		request__censored(key.process, REQUEST_LINUX_AIO, aio__operation(event.block));
		return 0;
	}
	row = aio__row(request, key.process);
	if (row) {
		if (!call->row)
			call->row = request->row;
		request__completed(row, request->since, call->now, event.result);
		request__served(row, request->served);
		if (operation__is_in(LINUX_AIO_BYTES_OPERATIONS, row->key.operation))
			request__moved(row, event.result);
	}
	bpf_map_delete_elem(&aio_requests, &key);
	return 0;
}

struct bpf_map;

/* Its context is gone, so no event will ever be handed over. */
static int aio__drop_request(struct bpf_map *map, const struct aio_key *given,
			     struct aio_request *request, struct aio_call *call)
{
	struct aio_key key = *given; /* 6.1 takes keys from its own stack frame only */
	struct request_row *row;

	(void)map;
	if (key.process != call->key.process)
		return 0;
	if (call->key.context) { /* else the process has ended, and its requests stay open */
		if (key.context != call->key.context)
			return 0;
		row = aio__row(request, key.process);
		if (row)
			request__forgotten(row, request->since);
	}
	bpf_map_delete_elem(&aio_requests, &key);
	return 0;
}

/* Forgets what is in flight of a process (row) in a context, or in all (0). */
GLOBAL int aio__drop(u32 process, u64 context)
{
	struct aio_call call = {.key = {.process = process, .context = context}};

	bpf_for_each_map_elem(&aio_requests, aio__drop_request, &call, 0);
	return 0;
}

/* How many of these are looked at. A negative number of blocks is refused by the kernel. */
static __always_inline u32 aio__within(s64 count)
{
	if (count < 0)
		return 0;
	return count < AIO_CALL_MOST ? count : AIO_CALL_MOST;
}

static __always_inline void aio__lose_beyond(s64 count)
{
	if (count > AIO_CALL_MOST)
		__sync_fetch_and_add(&losses[LOSS_INFLIGHT], count - AIO_CALL_MOST);
}

/* The call that a thread is in, from its registers. */
static __always_inline void aio__read(struct task_struct *task, struct thread_row *thread,
				      struct aio_call *call, u64 args[4])
{
	struct call_facts facts = {};

	call__read(task, thread, &facts);
	__builtin_memcpy(args, facts.args, sizeof(facts.args));
	call->key.context = facts.args[0];
	call->key.process = thread->process;
	call->pointer_size = facts.syscall & SYSCALL_COMPAT ? 4 : 8;
}

/* io_submit(context, count, blocks) is entered. */
GLOBAL int aio__enter(u32 number)
{
	struct thread_row *thread = ROW(threads, number);
	struct process_row *process;
	struct aio_call call = {};
	u64 args[4];

	if (!have_loop || !thread || !thread->process)
		return 0;
	aio__read((void *)bpf_get_current_task_btf(), thread, &call, args);
	call.now = thread->ledger.call_since;
	call.array = args[2];
	process = ROW(processes, thread->process);
	if (process)
		process->aio = 1;
	bpf_loop(aio__within(args[1]), aio__take_block, &call, 0);
	aio__lose_beyond(args[1]);
	thread->aio = call.row;
	return 0;
}

/* io_submit() is left: it took `result` of the blocks. */
static __always_inline void aio__left_submit(struct thread_row *thread, struct aio_call *call,
					     u64 args[4], s64 result)
{
	u32 taken = result > 0 ? result : 0, count = aio__within(args[1]);
	struct request_row *row = thread->aio ? ROW(requests, thread->aio) : 0;

	call->array = args[2];
	call->first = taken;
	call->now = thread->ledger.call_since;
	if (taken < count)
		bpf_loop(count - taken, aio__drop_block, call, 0);
	if (!row)
		return;
	if (taken)
		__sync_fetch_and_add(&row->batches, 1);
	/* the call is over, but its account is still there */
	__sync_fetch_and_add(&row->submit_blocked, thread->ledger.call_blocked);
}

/* io_getevents(context, least, most, events) has handed over `result` of them. */
static __always_inline void aio__left_reap(struct aio_call *call, u64 args[4], s64 result)
{
	struct request_row *row;

	call->array = args[3];
	bpf_loop(aio__within(result), aio__take_event, call, 0);
	aio__lose_beyond(result);
	row = call->row ? ROW(requests, call->row) : 0;
	if (row)
		__sync_fetch_and_add(&row->reaps, 1);
}

/* A call of TRAIT_AIO is left. */
GLOBAL int aio__leave(u32 number, u32 traits, u64 now, s64 result)
{
	struct thread_row *thread = ROW(threads, number);
	struct aio_call call = {.now = now};
	u64 args[4];

	if (!have_loop || !thread || !thread->process)
		return 0;
	aio__read((void *)bpf_get_current_task_btf(), thread, &call, args);
	if (traits & TRAIT_AIO_SUBMIT)
		aio__left_submit(thread, &call, args, result);
	else if (traits & TRAIT_AIO_REAP)
		aio__left_reap(&call, args, result);
	else if (!result)
		aio__drop(call.key.process, call.key.context);
	return 0;
}

#endif

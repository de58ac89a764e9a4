// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What is counted, told one by one: with the numbers of the rows that it is counted in. */
#include "recording/rebuild_internal.h"

void rebuild__listen(struct rebuild *rebuild, const struct rebuild_listener *listener)
{
	rebuild->listener = *listener;
}

/* The row of a thread of the recording; 0: nobody wants to hear of it, or rebuild->err. */
static uint32_t own_thread(struct rebuild *rebuild, uint32_t number)
{
	const struct row_filter *filter = rebuild->listener.filter;
	const struct thread_row *row;

	if (!rebuild__is_counted(rebuild))
		return 0;
	row = rebuild__thread(rebuild, number);
	if (!row || row->flags & THREAD_HELD ||
	    (filter && !row_filter__has(filter, row->tgid, row->tid)))
		return 0;
	return renamed__of(&rebuild->threads, number);
}

static uint32_t own_wait(struct rebuild *rebuild, uint32_t thread, uint32_t number)
{
	return rebuild__wait(rebuild, thread, number) ? renamed__of(&rebuild->waits, number) : 0;
}

int rebuild__tell_wait(struct rebuild *rebuild, const struct replay_wait *wait)
{
	struct replay_wait told = *wait;

	if (!rebuild->listener.wait)
		return 0;
	told.thread = own_thread(rebuild, wait->thread);
	if (!told.thread)
		return rebuild->err;
	told.row = own_wait(rebuild, wait->thread, wait->row);
	return rebuild->err ? rebuild->err
			    : rebuild->listener.wait(rebuild->listener.context, &told);
}

int rebuild__tell_call(struct rebuild *rebuild, const struct replay_call *call)
{
	struct replay_call told = *call;

	if (!rebuild->listener.call)
		return 0;
	told.thread = own_thread(rebuild, call->thread);
	if (!told.thread)
		return rebuild->err;
	return rebuild->listener.call(rebuild->listener.context, &told);
}

int rebuild__tell_waking(struct rebuild *rebuild, const struct replay_waking *waking)
{
	struct replay_waking told = *waking;

	if (!rebuild->listener.waking)
		return 0;
	told.thread = own_thread(rebuild, waking->thread);
	if (!told.thread)
		return rebuild->err;
	told.row = own_wait(rebuild, waking->thread, waking->row);
	told.waker_thread = waking->waker_thread ? own_thread(rebuild, waking->waker_thread) : 0;
	return rebuild->err ? rebuild->err
			    : rebuild->listener.waking(rebuild->listener.context, &told);
}

int rebuild__on_slice(void *context, const struct replay_slice *slice)
{
	struct rebuild *rebuild = context;
	struct replay_slice told = *slice;

	if (!rebuild->listener.slice)
		return 0;
	told.thread = own_thread(rebuild, slice->thread);
	if (!told.thread)
		return rebuild->err;
	return rebuild->listener.slice(rebuild->listener.context, &told);
}

int rebuild__on_request(void *context, const struct replay_request *request)
{
	struct rebuild *rebuild = context;
	struct replay_request told = *request;
	const struct grown *processes = &rebuild->pools[POOL_PROCESSES];
	const struct row_filter *filter = rebuild->listener.filter;
	const struct process_row *row;

	if (!rebuild->listener.request || !rebuild__is_counted(rebuild))
		return 0;
	row = request->process <= processes->used
		      ? (const void *)(processes->base + request->process * processes->size)
		      : NULL;
	told.process = row ? row->tgid : 0;
	if (filter && !row_filter__has(filter, told.process, 0))
		return 0;
	return rebuild->listener.request(rebuild->listener.context, &told);
}

int rebuild__tell_loss(struct rebuild *rebuild, const struct replay_loss *loss)
{
	if (!rebuild->listener.loss || !rebuild__is_counted(rebuild))
		return 0;
	return rebuild->listener.loss(rebuild->listener.context, loss);
}

uint32_t rebuild__task_count(const struct rebuild *rebuild)
{
	return rebuild->tasks.used + 1;
}

const struct identity_task *rebuild__task(const struct rebuild *rebuild, uint32_t tid)
{
	const struct identity_task *task;

	if (!tid || tid > rebuild->tasks.used)
		return NULL;
	task = (const void *)(rebuild->tasks.base + tid * rebuild->tasks.size);
	return task->pid ? task : NULL;
}

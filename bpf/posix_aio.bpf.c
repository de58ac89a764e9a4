/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * POSIX AIO: the functions of the C library by which a program asks for it (uprobes, full tier).
 * The cookie says which function it is; several symbols are one function.
 */
#include "object.bpf.h"
#include "posix_aio.bpf.h"

#define LIO_READ   0
#define LIO_WRITE  1
#define LIO_WAIT   0
#define SIGEV_NONE 1

/* What a request is asked for with: an operation, or that of the control block itself ... */
#define POSIX_AIO_OPERATION 0x0f
#define POSIX_AIO_AS_LISTED 0x0f
/* ... and who is told: 1 + SIGEV_* of the list that it is in, for those that tell nobody */
#define POSIX_AIO_LIST_NOTIFY_SHIFT 4

/* 0, or the request is none (LIO_NOP) */
static __always_inline int posix_aio__operation(u32 how, const struct posix_aio_control *control,
						u32 *operation)
{
	*operation = how & POSIX_AIO_OPERATION;
	if (*operation != POSIX_AIO_AS_LISTED)
		return 0;
	*operation = control->opcode == LIO_WRITE ? POSIX_WRITE : POSIX_READ;
	return control->opcode == LIO_READ || control->opcode == LIO_WRITE ? 0 : -1;
}

/*
 * Does the helper's call say where in the file? The kernel refuses pread() and pwrite() by these
 * bits; then glibc uses read() and write(), as musl does at once, and to append, too.
 */
static __always_inline bool has_position(s32 fd, u32 operation)
{
	struct task_struct *current = (void *)bpf_get_current_task_btf();
	struct file_identity id = {};
	struct file *file = (void *)find_file(current, fd, &id);

	if (!file)
		return true;
	if (operation == POSIX_READ)
		return BPF_CORE_READ(file, f_mode) & FMODE_PREAD;
	return (BPF_CORE_READ(file, f_mode) & FMODE_PWRITE) &&
	       !(BPF_CORE_READ(file, f_flags) & FILE_APPEND);
}

static __always_inline void posix_aio__key(struct posix_aio_key *key, u32 process, u32 operation,
					   const struct posix_aio_control *control)
{
	__builtin_memset(key, 0, sizeof(*key));
	key->process = process;
	key->fd = control->fd;
	key->operation = operation;
	if (operation == POSIX_FSYNC)
		return;
	key->buffer = control->buffer;
	key->offset = has_position(control->fd, operation) ? control->offset : POSIX_AIO_ANYWHERE;
}

static __always_inline void count_notification(struct request_row *row, u32 how,
					       const struct posix_aio_control *control)
{
	u32 notify = control->event_notify, of_list = how >> POSIX_AIO_LIST_NOTIFY_SHIFT;

	if (notify == SIGEV_NONE && of_list)
		notify = of_list - 1;
	__sync_fetch_and_add(&row->notified[notify < 3 ? notify : 3], 1);
}

/* There is one of this key already, and `fresh` is one more of its kind. -1: that one is over by
 * now, or other threads are at it. */
static __always_inline int posix_aio__join(struct posix_aio_request *open,
					   const struct posix_aio_request *fresh)
{
	u32 copies = *(volatile u32 *)&open->copies;

	if (!copies || __sync_val_compare_and_swap(&open->copies, copies, copies + 1) != copies)
		return -1;
	open->alike = 1;
	__sync_fetch_and_add(&open->since, fresh->since);
	return 0;
}

/* How often it is tried: one that is over is taken out of the map in the next moment, if nothing
 * comes in between. */
#define POSIX_AIO_ROUNDS 64

/* Enters a request in the map; -1: there is no room. */
static __always_inline int posix_aio__enter(struct request_row *row,
					    const struct posix_aio_key *key,
					    const struct posix_aio_request *fresh)
{
	struct posix_aio_request *open;

	for (int i = 0; i < POSIX_AIO_ROUNDS; i++) {
		open = bpf_map_lookup_elem(&posix_aio_requests, key);
		if (open && open->control == fresh->control && !open->alike) {
			/* nobody may submit a block that is in flight: its end was missed */
			request__forgotten(row, open->since);
			return bpf_map_update_elem(&posix_aio_requests, key, fresh, BPF_EXIST);
		}
		if (open && !posix_aio__join(open, fresh))
			return 0;
		if (open)
			continue;
		if (!bpf_map_update_elem(&posix_aio_requests, key, fresh, BPF_NOEXIST)) {
			__sync_fetch_and_add(&hot.posix_aio_open, 1);
			return 0;
		}
	}
	return -1;
}

static __always_inline void posix_aio__follow(struct request_row *row, u32 number,
					      const struct posix_aio_key *key, u64 control, u32 tid,
					      u64 now)
{
	struct posix_aio_request fresh = {
		.since = now, .control = control, .request = number, .submitter = tid, .copies = 1};

	if (posix_aio__enter(row, key, &fresh)) {
		request__unfollowed(row);
		lose(LOSS_INFLIGHT);
		return;
	}
	request__submitted(row, now);
}

/* A thread asks for the request of a control block. */
GLOBAL int posix_aio__submit(u32 thread_number, u64 address, u32 how, u64 now)
{
	struct thread_row *thread = ROW(threads, thread_number);
	struct posix_aio_control control;
	struct request_row *row;
	struct posix_aio_key key;
	u32 operation, number;

	if (!thread || !thread->process)
		return 0;
	if (bpf_probe_read_user(&control, sizeof(control), (void *)address)) {
		lose(LOSS_INFLIGHT);
		return 0;
	}
	if (posix_aio__operation(how, &control, &operation))
		return 0;
	number = request__look_up(thread->process, REQUEST_POSIX_AIO, operation, 0);
	row = number ? ROW(requests, number) : 0;
	if (!row)
		return 0;
	count_notification(row, how, &control);
	posix_aio__key(&key, thread->process, operation, &control);
	posix_aio__follow(row, number, &key, address, thread->tid, now);
	return number;
}

static __always_inline void count_batch(u32 number)
{
	struct request_row *row = number ? ROW(requests, number) : 0;

	if (row)
		__sync_fetch_and_add(&row->batches, 1);
}

/* Longer lists are cut, and counted. */
#define POSIX_AIO_LIST_MOST 512

struct posix_aio_list {
	u64 blocks; /* address of an array of addresses */
	u64 now;
	u32 count, how;
	u32 first; /* row of the first request: the call counts as a batch there */
	u32 pad;
};

GLOBAL int posix_aio__submit_entry(u32 thread_number, struct posix_aio_list *list, u32 index)
{
	u64 address = 0;
	u32 number;

	if (!list)
		return 0;
	if (bpf_probe_read_user(&address, sizeof(address),
				(void *)(list->blocks + index * sizeof(address))))
		lose(LOSS_INFLIGHT);
	if (!address)
		return 0;
	number = posix_aio__submit(thread_number, address, list->how, list->now);
	if (!list->first)
		list->first = number;
	return 0;
}

/* A loop with nothing in it that the verifier could follow in two ways. */
GLOBAL u32 posix_aio__submit_list(u32 thread_number, struct posix_aio_list *list)
{
	if (!list)
		return 0;
	for (u32 i = 0; i < POSIX_AIO_LIST_MOST; i++) {
		if (i >= list->count)
			return list->first;
		posix_aio__submit_entry(thread_number, list, i);
	}
	if (list->count > POSIX_AIO_LIST_MOST)
		__sync_fetch_and_add(&losses[LOSS_INFLIGHT], list->count - POSIX_AIO_LIST_MOST);
	return list->first;
}

/* lio_listio(mode, list, count, event) */
static __always_inline u32 on_list(const struct pt_regs *regs, u32 thread_number, u64 now)
{
	struct posix_aio_list list = {
		.blocks = regs->si, .now = now, .count = regs->dx, .how = POSIX_AIO_AS_LISTED};
	u64 event = regs->cx;
	u32 notify = SIGEV_NONE;

	if ((s32)list.count < 0)
		return 0;
	if ((u32)regs->di != LIO_WAIT && event)
		bpf_probe_read_user(&notify, sizeof(notify),
				    (void *)(event +
					     offsetof(struct posix_aio_control, event_notify) -
					     offsetof(struct posix_aio_control, event_value)));
	if (notify != SIGEV_NONE)
		list.how |= ((notify < 3 ? notify : 3) + 1) << POSIX_AIO_LIST_NOTIFY_SHIFT;
	return posix_aio__submit_list(thread_number, &list);
}

static __always_inline void count_call(struct thread_row *thread, u32 function)
{
	struct process_row *process = thread->process ? ROW(processes, thread->process) : 0;
	u32 call = function - POSIX_AIO_FIRST_CALL;

	if (process && call < POSIX_AIO_CALLS)
		__sync_fetch_and_add(&process->posix_calls[call], 1);
}

/* The thread that runs here, if it is traced now; NULL if not. */
static __always_inline struct thread_row *calling_thread(u32 *number, u64 *now)
{
	struct thread_row *thread = thread__of((void *)bpf_get_current_task_btf(), number);

	if (!thread || (thread->flags & THREAD_HELD))
		return 0;
	*now = bpf_ktime_get_ns();
	return *now < hot.window_end ? thread : 0;
}

SEC("?uprobe")
int posix_aio_entered(struct pt_regs *regs)
{
	u32 function = bpf_get_attach_cookie(regs), number;
	u64 first = regs->di, second = regs->si, now;
	struct thread_row *thread;

	/* or the compiler reads only one of them, from an address that the verifier cannot know */
	barrier_var(first);
	barrier_var(second);
	thread = calling_thread(&number, &now);
	if (!thread)
		return 0;
	thread->posix_control =
		function == POSIX_AIO_FSYNC || function == POSIX_AIO_CANCEL ? second : first;
	switch (function) {
	case POSIX_AIO_READ:
		count_batch(posix_aio__submit(number, thread->posix_control, POSIX_READ, now));
		break;
	case POSIX_AIO_WRITE:
		count_batch(posix_aio__submit(number, thread->posix_control, POSIX_WRITE, now));
		break;
	case POSIX_AIO_FSYNC:
		count_batch(posix_aio__submit(number, thread->posix_control, POSIX_FSYNC, now));
		break;
	case POSIX_AIO_LIST:
		count_batch(on_list(regs, number, now));
		break;
	default:
		count_call(thread, function);
	}
	return 0;
}

/* What a look at the requests in flight is for. */
struct posix_aio_sweep {
	u32 process;
	u32 submitter; /* 0: of any thread */
	u64 control;   /* 0: any */
	u64 now;
	bool cancelled; /* those that were cancelled; else those that were refused */
};

/* Of one that is not to be done any more. It may still be one of several that are alike. */
static __always_inline void posix_aio__withdraw(const struct posix_aio_key *key,
						struct posix_aio_request *request, u64 now,
						bool cancelled)
{
	struct request_row *row = ROW(requests, request->request);
	struct posix_aio_landing landing;

	if (!row)
		return;
	posix_aio__land(row, request, now, &landing);
	if (cancelled && landing.alike) {
		__sync_fetch_and_add(&row->completed, 1);
		__sync_fetch_and_add(&row->cancelled, 1);
	} else if (cancelled) {
		request__ended(row, landing.since, now, -ECANCELED);
	} else {
		__sync_fetch_and_add(&row->submitted, -1);
		if (landing.alike)
			__sync_fetch_and_add(&row->alike, -1);
	}
	if (landing.last)
		posix_aio__drop(key);
}

struct bpf_map;

/* The library notes in the control block what became of a request that no helper will do. */
static long sweep_one(struct bpf_map *map, const struct posix_aio_key *key,
		      struct posix_aio_request *request, struct posix_aio_sweep *sweep)
{
	u64 error_at = request->control + offsetof(struct posix_aio_control, error);
	struct posix_aio_key own = *key;
	s32 error;

	if (own.process != sweep->process ||
	    (sweep->submitter && request->submitter != sweep->submitter) ||
	    (sweep->control && request->control != sweep->control))
		return 0;
	if (bpf_probe_read_user(&error, sizeof(error), (void *)error_at))
		return 0;
	if (sweep->cancelled ? error == ECANCELED : error != EINPROGRESS)
		posix_aio__withdraw(&own, request, sweep->now, sweep->cancelled);
	return 0;
}

/*
 * Two of these functions leave requests in flight that no helper will do: one that refuses to
 * submit, and aio_cancel(). Their returns are rare compared to what is in the map.
 */
SEC("?uretprobe")
int posix_aio_returned(struct pt_regs *regs)
{
	u32 function = bpf_get_attach_cookie(regs), number;
	struct posix_aio_sweep sweep = {};
	struct thread_row *thread;
	s32 result = regs->ax;

	/* 0: AIO_CANCELED, 1: AIO_NOTCANCELED, which may be true of some only */
	if (function == POSIX_AIO_CANCEL ? result != 0 && result != 1 : result == 0)
		return 0;
	thread = calling_thread(&number, &sweep.now);
	if (!thread || hot.posix_aio_open <= 0)
		return 0;
	sweep.process = thread->process;
	sweep.cancelled = function == POSIX_AIO_CANCEL;
	if (!sweep.cancelled)
		sweep.submitter = thread->tid;
	if (function != POSIX_AIO_LIST)
		sweep.control = thread->posix_control;
	bpf_for_each_map_elem(&posix_aio_requests, sweep_one, &sweep, 0);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * POSIX AIO in flight, and the syscalls that do it.
 *
 * The C library queues a request and has a helper thread do it by an ordinary syscall with the
 * same descriptor, buffer and offset. That is how the two are brought together: nothing of the
 * library's inside is needed, and glibc and musl are the same.
 */
#ifndef WAITSCOPE_POSIX_AIO_BPF_H
#define WAITSCOPE_POSIX_AIO_BPF_H

#include "request.bpf.h"
#include "task.bpf.h"

/* What a syscall would be the work of. TRAIT_SERVES_AIO is given. */
static __always_inline void posix_aio__key_of_call(struct posix_aio_key *key, u32 process,
						   u32 traits, s32 fd, u64 buffer, u64 offset)
{
	__builtin_memset(key, 0, sizeof(*key));
	key->process = process;
	key->fd = fd;
	if (!(traits & TRAIT_BYTES)) {
		key->operation = POSIX_FSYNC;
		return;
	}
	key->operation = traits & TRAIT_WRITES ? POSIX_WRITE : POSIX_READ;
	key->buffer = buffer;
	key->offset = traits & TRAIT_POSITIONED ? offset : POSIX_AIO_ANYWHERE;
}

/*
 * The request that a call with this key by thread `tid` serves, or NULL. `key` becomes that of the
 * request: on a file that has no positions, and for writes that musl appends, its own has none.
 */
static __always_inline struct posix_aio_request *posix_aio__served_by(struct posix_aio_key *key,
								      u32 tid)
{
	struct posix_aio_request *request = bpf_map_lookup_elem(&posix_aio_requests, key);

	if (!request && key->operation != POSIX_FSYNC && key->offset != POSIX_AIO_ANYWHERE) {
		key->offset = POSIX_AIO_ANYWHERE;
		request = bpf_map_lookup_elem(&posix_aio_requests, key);
	}
	/* a library does no request in the thread that asked for it */
	return request && request->submitter != tid ? request : 0;
}

GLOBAL u32 posix_aio__is_served_by(const struct posix_aio_key *given, u32 tid)
{
	struct posix_aio_key key;

	if (!given)
		return 0;
	key = *given; /* 6.1 takes keys from its own stack frame only */
	return posix_aio__served_by(&key, tid) != 0;
}

/* Takes a request out of the map that will not be done, or of which nothing more is known. */
static __always_inline void posix_aio__drop(const struct posix_aio_key *key)
{
	if (!bpf_map_delete_elem(&posix_aio_requests, key))
		__sync_fetch_and_add(&hot.posix_aio_open, -1);
}

/* A request that is in flight no more. */
struct posix_aio_landing {
	u64 since;
	bool alike; /* it was one of several that nothing told apart */
	bool last;  /* of these: what is in the map is to be dropped */
};

/*
 * One request less is in flight. Which one of several that are alike it was would be a guess, so
 * none of them gets a latency; each counts as if it had been submitted at the mean of those that
 * are left, and their sum is right in the end.
 *
 * Another one may be joining at this moment. `copies` decides: nobody joins where it is 0, and who
 * takes it there was the last.
 */
static __always_inline void posix_aio__land(struct request_row *row,
					    struct posix_aio_request *request, u64 now,
					    struct posix_aio_landing *landing)
{
	bool alike = request->alike;
	u64 since = request->since;
	u32 copies = request->copies;

	if (copies > 1)
		since /= copies;
	__sync_fetch_and_add(&request->since, -since);
	request__landed(row, since);
	landing->since = since;
	landing->last = __sync_fetch_and_add(&request->copies, -1) <= 1;
	landing->alike = alike || !landing->last;
	if (!landing->alike)
		return;
	__sync_fetch_and_add(&row->alike, 1);
	__sync_fetch_and_add(&row->alike_total, now - since);
}

/* A syscall with this key has returned in thread `tid`. 1: it was a helper's, at a request. */
GLOBAL u32 posix_aio__done(const struct posix_aio_key *given, u32 tid, s64 result, u64 now)
{
	struct posix_aio_landing landing;
	struct posix_aio_request *request;
	struct request_row *row;
	struct posix_aio_key key;

	if (!given)
		return 0;
	key = *given;
	request = posix_aio__served_by(&key, tid);
	if (!request)
		return 0;
	/* glibc tries pread() on anything, and read() where that is refused */
	if (result == -ESPIPE || result == -EINTR)
		return 1;
	row = ROW(requests, request->request);
	if (!row)
		return 1;
	if (key.operation != POSIX_FSYNC)
		request__moved(row, result);
	posix_aio__land(row, request, now, &landing);
	if (!landing.alike) {
		request__ended(row, landing.since, now, result);
	} else {
		__sync_fetch_and_add(&row->completed, 1);
		if (result < 0)
			__sync_fetch_and_add(&row->failed, 1);
	}
	if (landing.last)
		posix_aio__drop(&key);
	return 1;
}

/* A thread goes to sleep in a call: as a helper, its request is what counts as outstanding. */
static __always_inline void posix_aio__recognise(struct thread_row *thread, u32 traits,
						 const u64 *args)
{
	struct posix_aio_key key;

	if (hot.posix_aio_open <= 0 || !(traits & TRAIT_SERVES_AIO) ||
	    (thread->flags & THREAD_AIO_HELPER))
		return;
	posix_aio__key_of_call(&key, thread->process, traits, args[0], args[1], args[3]);
	if (posix_aio__is_served_by(&key, thread->tid))
		thread->flags |= THREAD_AIO_HELPER;
}

/* A call has returned. To all that do no POSIX AIO this costs the test of one variable. */
static __always_inline void posix_aio__call_done(struct thread_row *thread, u32 traits,
						 const struct pt_regs *regs, s64 result, u64 now)
{
	struct posix_aio_key key;

	if (hot.posix_aio_open <= 0 || !(traits & TRAIT_SERVES_AIO))
		return;
	posix_aio__key_of_call(&key, thread->process, traits, regs->di, regs->si, regs->r10);
	if (posix_aio__done(&key, thread->tid, result, now))
		thread->flags |= THREAD_AIO_HELPER;
}

#endif

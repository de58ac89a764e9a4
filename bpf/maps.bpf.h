/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps and settings of the kernel side, and how rows are handed out.
 *
 * Rows live in array maps, so that the JIT inlines the look-up and user space reads them in
 * place. They are handed out once, in order; a pool that is empty is counted, never silent.
 */
#ifndef WAITSCOPE_MAPS_BPF_H
#define WAITSCOPE_MAPS_BPF_H

#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "records.h"

/* A function that the verifier checks once, by its arguments alone, instead of at every call: what
 * is off the fast path is one, or loading would take half a second. Needs an int result. */
#define GLOBAL __attribute__((noinline))

#define ROWS(name, row)                                                                            \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                  \
		__uint(map_flags, BPF_F_MMAPABLE);                                                 \
		__uint(max_entries, 2);                                                            \
		__type(key, u32);                                                                  \
		__type(value, row);                                                                \
	} name SEC(".maps")

#define INDEX(name, index_key, index_value)                                                        \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_HASH);                                                   \
		__uint(max_entries, 2);                                                            \
		__type(key, index_key);                                                            \
		__type(value, index_value);                                                        \
	} name SEC(".maps")

/* One in which the oldest entries make room for new ones. */
#define LATEST(name, index_key, index_value)                                                       \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_LRU_HASH);                                               \
		__uint(max_entries, 2);                                                            \
		__type(key, index_key);                                                            \
		__type(value, index_value);                                                        \
	} name SEC(".maps")

#define FREE_ROWS(name)                                                                            \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_QUEUE);                                                  \
		__uint(max_entries, 2);                                                            \
		__type(value, u32);                                                                \
	} name SEC(".maps")

/* sizes are set by user space before the load (collect/session.c) */
ROWS(threads, struct thread_row);
ROWS(waits, struct wait_row);
ROWS(calls, struct call_row);
ROWS(objects, struct object_row);
ROWS(histograms, struct histogram_row);
ROWS(chunks, struct chunk_row);
ROWS(processes, struct process_row);
ROWS(loops, struct loop_row);
ROWS(attempts, struct attempt_row);
ROWS(requests, struct request_row);
ROWS(series, struct series_row);
INDEX(thread_index, u64, u32); /* address of the task_struct -> thread row */
INDEX(wait_index, struct wait_key, u32);
INDEX(call_index, struct call_key, u32);
INDEX(object_index, struct object_key, u32);
INDEX(process_index, u32, u32); /* process id -> process row */
INDEX(attempt_index, struct attempt_key, u32);
INDEX(request_index, struct request_key, u32);
INDEX(posix_aio_requests, struct posix_aio_key, struct posix_aio_request); /* POSIX AIO in flight */
INDEX(block_requests, u64, struct block_request); /* by the struct request's address */
/* what is lost with the oldest is a readiness time, and the row's cache */
LATEST(episodes, struct episode_key, struct episode);
INDEX(series_index, u64, u32);
INDEX(wakers, struct waker_key, struct waker_count);
INDEX(errnos, struct errno_key, u64);
/* rows of threads that are gone, emptied by user space; for when a pool is used up */
FREE_ROWS(free_threads);
FREE_ROWS(free_waits);
FREE_ROWS(free_calls);
FREE_ROWS(free_histograms);
FREE_ROWS(free_chunks);
FREE_ROWS(free_processes);
FREE_ROWS(free_loops);
FREE_ROWS(free_attempts);
FREE_ROWS(free_requests);
INDEX(targets, u32, u8); /* process or thread ids that were named */

/* pid -> thread row, direct-mapped. Faster than task storage (which no program here needs to
 * allocate in a scheduler path either); `task` in the row tells whether the entry is right. */
#define PID_SLOTS 65536
u32 pid_slots[PID_SLOTS];
#define PID_SLOT_SHARED 0xffffffff /* two traced threads fall here: ask thread_index */

u32 pool_used[POOLS];	  /* rows handed out for the first time */
u32 pool_recycled[POOLS]; /* rows handed out again */
u64 losses[LOSSES];
struct hot hot __attribute__((aligned(4096)));

u32 command_pid;    /* spawned command: traced from its exec */
u32 census_at_end;  /* which of its two passes the census makes */
u32 census_matched; /* tasks that the target named, at the start */
u32 kernel_stack;   /* bytes of one */

/* Settings, constant once loaded: the verifier drops what they switch off. */
const volatile u32 pool_size[POOLS];
const volatile u32 target_mode; /* enum target_mode */
const volatile u32 own_tgid;	/* waitscope itself is left out */
const volatile char target_comm[RECORDS_COMM];
const volatile u64 target_cgroup;
const volatile u32 target_cgroup_level;
const volatile bool tier_full;
const volatile bool bare_rows;	      /* waits and calls keep counts and sums, no histograms */
const volatile u32 measured;	      /* enum measure */
const volatile u32 measured_by;	      /* enum measure_by */
const volatile u32 measured_syscall;  /* only this one, plus 1; 0: all */
const volatile bool have_io_start;    /* tracepoint of 6.5 */
const volatile bool have_rdonly_cast; /* kfunc of 6.2 */
const volatile bool have_loop;	      /* bpf_loop(), 5.17 */
const volatile bool have_preempt_count, have_hrtimer_bases, have_timer_bases;
/* offsets in the per-CPU area (waker.bpf.h) */
const volatile u32 percpu_runqueues, percpu_preempt_count, percpu_hrtimer_bases, percpu_timer_bases;
const volatile u32 timer_base_count;	     /* NR_BASES: 1 to 3 */
const volatile u8 syscall_arguments[2][512]; /* enum argument_kind; [1]: 32-bit calls */
const volatile u32 restart_syscall[2] = {219, 0};
/* what this call leaves behind is no result, but the register of the code that was interrupted */
const volatile u32 sigreturn_syscall[2] = {15, 173};
const volatile u32 ephemeral_port = 32768; /* ports from here on are nobody's address */

/* Loops, refused calls, requests, who runs at once: what a verdict rests on. Where one thing is
 * measured, none of it is shown, nor followed. */
static __always_inline bool judged(void)
{
	return tier_full && !measured;
}

/* Who ended a wait: nor is that shown, but where it goes by wakers. */
static __always_inline bool names_wakers(void)
{
	return !measured || measured_by == MEASURE_BY_WAKER;
}

static __always_inline void lose(u32 cause)
{
	if (cause < LOSSES)
		__sync_fetch_and_add(&losses[cause], 1);
}

static __always_inline u32 pool__take_recycled(u32 pool)
{
	u32 row = 0;

	switch (pool) {
	case POOL_THREADS:
		return bpf_map_pop_elem(&free_threads, &row) ? 0 : row;
	case POOL_WAITS:
		return bpf_map_pop_elem(&free_waits, &row) ? 0 : row;
	case POOL_CALLS:
		return bpf_map_pop_elem(&free_calls, &row) ? 0 : row;
	case POOL_HISTOGRAMS:
		return bpf_map_pop_elem(&free_histograms, &row) ? 0 : row;
	case POOL_CHUNKS:
		return bpf_map_pop_elem(&free_chunks, &row) ? 0 : row;
	case POOL_PROCESSES:
		return bpf_map_pop_elem(&free_processes, &row) ? 0 : row;
	case POOL_LOOPS:
		return bpf_map_pop_elem(&free_loops, &row) ? 0 : row;
	case POOL_ATTEMPTS:
		return bpf_map_pop_elem(&free_attempts, &row) ? 0 : row;
	case POOL_REQUESTS:
		return bpf_map_pop_elem(&free_requests, &row) ? 0 : row;
	}
	return 0;
}

/* The number of an empty row, or 0 if the pool is used up. Row 0 is never handed out. */
GLOBAL u32 pool__take(u32 pool, u32 cause)
{
	u32 row;

	if (pool >= POOLS)
		return 0;
	if (pool_used[pool] + 1 < pool_size[pool]) {
		row = __sync_fetch_and_add(&pool_used[pool], 1) + 1;
		if (row < pool_size[pool])
			return row;
		__sync_fetch_and_add(&pool_used[pool], -1);
	}
	row = pool__take_recycled(pool);
	if (row)
		__sync_fetch_and_add(&pool_recycled[pool], 1);
	else
		lose(cause);
	return row;
}

#define ROW(map, number)                                                                           \
	({                                                                                         \
		u32 __number = (number);                                                           \
		bpf_map_lookup_elem(&(map), &__number);                                            \
	})

extern void *bpf_rdonly_cast(void *object, u32 type) __ksym __weak; /* 6.2 */

/* `pointer` as a kernel type that can be read by plain loads; only if have_rdonly_cast. */
#define CAST(pointer, type)                                                                        \
	((type *)bpf_rdonly_cast((void *)(pointer), bpf_core_type_id_kernel(type)))

static __always_inline u64 read_pointer(void *address)
{
	u64 value = 0;

	if (have_rdonly_cast)
		return (u64)CAST(address, struct llist_head)->first;
	bpf_probe_read_kernel(&value, sizeof(value), address);
	return value;
}

static __always_inline u32 read_int(void *address)
{
	u32 value = 0;

	if (have_rdonly_cast)
		return CAST(address, struct refcount_struct)->refs.counter;
	bpf_probe_read_kernel(&value, sizeof(value), address);
	return value;
}

static __always_inline struct cpu *this_cpu(void)
{
	return &hot.cpus[bpf_get_smp_processor_id() & (CPUS - 1)];
}

#endif

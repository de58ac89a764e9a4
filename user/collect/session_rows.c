// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The rows of a session: how many there are, where they are, which are free again. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "collect/session_internal.h"

struct pool_map {
	size_t map;		/* offset of its struct bpf_map pointer in the skeleton's maps */
	unsigned int per_entry; /* rows for one of map_entries */
	size_t recycled;	/* offset of its queue of emptied rows; 0: none */
	size_t index;		/* offset of the hash that finds its rows; 0: none */
};

#define MAP(name) offsetof(struct waitscope_bpf, maps.name)

static const struct pool_map pools[POOLS] = {
	[POOL_THREADS] = {MAP(threads), 1, MAP(free_threads)},
	[POOL_WAITS] = {MAP(waits), 4, MAP(free_waits), MAP(wait_index)},
	[POOL_CALLS] = {MAP(calls), 6, MAP(free_calls), MAP(call_index)},
	[POOL_OBJECTS] = {MAP(objects), 1},
	[POOL_HISTOGRAMS] = {MAP(histograms), 8, MAP(free_histograms)},
	[POOL_CHUNKS] = {MAP(chunks), 8, MAP(free_chunks)},
	[POOL_PROCESSES] = {MAP(processes), 1, MAP(free_processes), MAP(process_index)},
	[POOL_LOOPS] = {MAP(loops), 1, MAP(free_loops)},
	[POOL_ATTEMPTS] = {MAP(attempts), 1, MAP(free_attempts), MAP(attempt_index)},
	[POOL_REQUESTS] = {MAP(requests), 1, MAP(free_requests), MAP(request_index)},
	[POOL_SERIES] = {MAP(series), 1, 0, MAP(series_index)},
};

/* Hash maps: those that find rows, and requests in flight. */
static const struct pool_map indexes[] = {
	{MAP(thread_index), 1},	      {MAP(wait_index), 4},	{MAP(call_index), 6},
	{MAP(object_index), 1},	      {MAP(wakers), 2},		{MAP(errnos), 1},
	{MAP(process_index), 1},      {MAP(attempt_index), 1},	{MAP(request_index), 1},
	{MAP(aio_requests), 2},	      {MAP(uring_requests), 2}, {MAP(uring_many), 1},
	{MAP(uring_rings), 1},	      {MAP(uring_posted), 2},	{MAP(episodes), 2},
	{MAP(posix_aio_requests), 1}, {MAP(block_requests), 1}, {MAP(series_index), 1},
	{MAP(stack_traces), 1},	      {MAP(stack_counts), 8},
};

static struct bpf_map *map_at(struct waitscope_bpf *skeleton, size_t offset)
{
	return *(struct bpf_map **)((char *)skeleton + offset);
}

/* What nothing is measured in takes no memory. */
static uint64_t entries_of(const struct session *session, size_t map, uint64_t entries)
{
	bool of_series = map == MAP(series) || map == MAP(series_index);
	bool of_stacks = map == MAP(stack_traces) || map == MAP(stack_counts);

	if (of_stacks && !session->skeleton->rodata->stack_mode)
		return 1;
	return of_series && !session->skeleton->rodata->measured ? 1 : entries;
}

int session__size_maps(struct session *session, uint64_t entries, size_t targets)
{
	struct waitscope_bpf *skeleton = session->skeleton;
	int err = 0;

	for (int i = 0; i < POOLS && !err; i++) {
		uint32_t rows = entries_of(session, pools[i].map, entries) * pools[i].per_entry + 1;

		skeleton->rodata->pool_size[i] = rows;
		err = bpf_map__set_max_entries(map_at(skeleton, pools[i].map), rows);
		if (!err && pools[i].recycled)
			err = bpf_map__set_max_entries(map_at(skeleton, pools[i].recycled), rows);
	}
	for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]) && !err; i++)
		err = bpf_map__set_max_entries(map_at(skeleton, indexes[i].map),
					       entries_of(session, indexes[i].map, entries) *
						       indexes[i].per_entry);
	if (!err)
		err = bpf_map__set_max_entries(skeleton->maps.targets, targets ? targets : 1);
	if (!err && skeleton->rodata->streaming)
		err = bpf_map__set_max_entries(skeleton->maps.streams, libbpf_num_possible_cpus());
	return err;
}

int session__map_rows(struct session *session)
{
	long page = sysconf(_SC_PAGESIZE);

	for (int i = 0; i < POOLS; i++) {
		struct bpf_map *map = map_at(session->skeleton, pools[i].map);
		struct rows *rows = &session->rows[i];
		void *base;

		rows->capacity = bpf_map__max_entries(map);
		rows->stride = ((size_t)bpf_map__value_size(map) + 7) / 8 * 8;
		rows->length = (rows->stride * rows->capacity + page - 1) / page * page;
		base = mmap(NULL, rows->length, PROT_READ | PROT_WRITE, MAP_SHARED,
			    bpf_map__fd(map), 0);
		if (base == MAP_FAILED)
			return -errno;
		rows->base = base;
	}
	return 0;
}

void session__unmap_rows(struct session *session)
{
	for (int i = 0; i < POOLS; i++)
		if (session->rows[i].base)
			munmap((void *)session->rows[i].base, session->rows[i].length);
}

int session__rows(const struct session *session, enum pool pool, struct rows *rows)
{
	if (!session->rows[pool].base)
		return -EINVAL;
	*rows = session->rows[pool];
	rows->used = session->skeleton->bss->pool_used[pool];
	if (rows->used >= rows->capacity)
		rows->used = rows->capacity - 1;
	return 0;
}

uint64_t session__missed_runs(const struct session *session)
{
	struct bpf_program *program;
	uint64_t missed = 0;

	bpf_object__for_each_program(program, session->skeleton->obj)
	{
		struct bpf_prog_info info = {};
		__u32 length = sizeof(info);
		int fd = bpf_program__fd(program);

		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &length))
			missed += info.recursion_misses;
	}
	return missed;
}

uint64_t session__program_time(const struct session *session)
{
	uint64_t sampled = 0;

	for (int i = 0; i < CPUS; i++)
		sampled += session->skeleton->bss->hot.cpus[i].sampled;
	return sampled * OVERHEAD_ONE_IN;
}

/* Fewer than this, and looking for them is not worth it. */
#define REAP_AT_LEAST 32

static bool enough_have_ended(const struct session *session)
{
	const struct rows *rows = &session->rows[POOL_THREADS];
	unsigned int ended = 0;

	for (uint32_t i = 1; i <= session->skeleton->bss->pool_used[POOL_THREADS]; i++) {
		const struct thread_row *row = rows__at(rows, i);

		if (row->flags & THREAD_ENDED)
			ended++;
	}
	return ended >= REAP_AT_LEAST;
}

bool session__runs_low(const struct session *session)
{
	for (int i = 0; i < POOLS; i++)
		if (pools[i].recycled &&
		    session->skeleton->bss->pool_used[i] > session->rows[i].capacity / 2)
			return enough_have_ended(session);
	return false;
}

uint32_t session__in_use(const struct session *session, enum pool pool)
{
	return session->skeleton->bss->pool_used[pool] +
	       session->skeleton->bss->pool_recycled[pool] - session->given_back[pool];
}

void session__facts(const struct session *session, struct trace_facts *facts)
{
	*facts = (struct trace_facts){
		.attached_at = session->attached_at,
		.ended_at = session->ended_at,
		.missed_runs = session__missed_runs(session),
	};
	memcpy(facts->losses, session->skeleton->bss->losses, sizeof(facts->losses));
	for (int i = 0; i < POOLS; i++) {
		facts->in_use[i] = session__in_use(session, i);
		facts->capacity[i] = session->rows[i].capacity - 1;
	}
}

uint64_t session__stream_lost(const struct session *session)
{
	uint64_t lost = 0;

	for (int i = 0; i < CPUS; i++)
		lost += session->skeleton->bss->hot.cpus[i].lost_ever;
	return lost;
}

int session__streams_fd(const struct session *session)
{
	return bpf_map__fd(session->skeleton->maps.streams);
}

unsigned int session__stream_count(const struct session *session)
{
	return bpf_map__max_entries(session->skeleton->maps.streams);
}

int session__give_back(struct session *session, enum pool pool, uint32_t number)
{
	int fd = bpf_map__fd(map_at(session->skeleton, pools[pool].recycled));

	if (bpf_map_update_elem(fd, NULL, &number, BPF_ANY))
		return -errno;
	session->given_back[pool]++;
	return 0;
}

int session__index_fd(const struct session *session, enum pool pool)
{
	return bpf_map__fd(map_at(session->skeleton, pools[pool].index));
}

/* Does an entry of posix_aio_requests, or of block_requests, belong to this process? */
static bool aio_belongs(int fd, const void *key, uint32_t process)
{
	(void)fd;
	return ((const struct posix_aio_key *)key)->process == process;
}

static bool block_belongs(int fd, const void *key, uint32_t process)
{
	struct block_request request;

	return !bpf_map_lookup_elem(fd, key, &request) && request.process == process;
}

/* `open` counts the entries: of most sessions there are none. */
static void forget(int fd, int32_t *open, uint32_t process,
		   bool (*belongs)(int fd, const void *key, uint32_t process))
{
	char keys[2][sizeof(struct posix_aio_key)], *last = NULL, *next = keys[0];

	if (__atomic_load_n(open, __ATOMIC_RELAXED) <= 0)
		return;
	while (!bpf_map_get_next_key(fd, last, next)) {
		if (last && belongs(fd, last, process) && !bpf_map_delete_elem(fd, last))
			__atomic_fetch_sub(open, 1, __ATOMIC_RELAXED);
		last = next;
		next = next == keys[0] ? keys[1] : keys[0];
	}
	if (last && belongs(fd, last, process) && !bpf_map_delete_elem(fd, last))
		__atomic_fetch_sub(open, 1, __ATOMIC_RELAXED);
}

void session__forget_requests(struct session *session, uint32_t process)
{
	struct waitscope_bpf *skeleton = session->skeleton;

	forget(bpf_map__fd(skeleton->maps.posix_aio_requests), &skeleton->bss->hot.posix_aio_open,
	       process, aio_belongs);
	forget(bpf_map__fd(skeleton->maps.block_requests), &skeleton->bss->hot.block_open, process,
	       block_belongs);
}

int session__wakers_fd(const struct session *session)
{
	return bpf_map__fd(session->skeleton->maps.wakers);
}

int session__errnos_fd(const struct session *session)
{
	return bpf_map__fd(session->skeleton->maps.errnos);
}

int session__stack_traces_fd(const struct session *session)
{
	return bpf_map__fd(session->skeleton->maps.stack_traces);
}

int session__stack_counts_fd(const struct session *session)
{
	return bpf_map__fd(session->skeleton->maps.stack_counts);
}

void session__progress(const struct session *session, uint64_t *threads, uint64_t *waits)
{
	const struct rows *rows = &session->rows[POOL_THREADS];
	uint32_t used = session->skeleton->bss->pool_used[POOL_THREADS];

	*threads = used;
	*waits = 0;
	for (uint32_t i = 1; i <= used && i < rows->capacity; i++) {
		const struct thread_row *thread = rows__at(rows, i);

		*waits += thread->ledger.wakings;
	}
}

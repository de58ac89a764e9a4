// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/records.h"

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;
#include "waitscope.skel.h"

#include "collect/session.h"
#include "names/syscalls.h"

struct session {
	struct waitscope_bpf *skeleton;
	struct rows rows[POOLS];
	uint32_t given_back[POOLS];
	uint64_t attached_at, ended_at;
};

uint64_t session__now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int print_nothing(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
	return 0;
}

static int print_all(enum libbpf_print_level level, const char *format, va_list arguments)
{
	return level == LIBBPF_DEBUG ? 0 : vfprintf(stderr, format, arguments);
}

struct pool_map {
	size_t map;		/* offset of its struct bpf_map pointer in the skeleton's maps */
	unsigned int per_entry; /* rows for one of map_entries */
	size_t recycled;	/* offset of its queue of emptied rows; 0: none */
};

#define MAP(name) offsetof(struct waitscope_bpf, maps.name)

static const struct pool_map pools[POOLS] = {
	[POOL_THREADS] = {MAP(threads), 1, MAP(free_threads)},
	[POOL_WAITS] = {MAP(waits), 4, MAP(free_waits)},
	[POOL_CALLS] = {MAP(calls), 6, MAP(free_calls)},
	[POOL_OBJECTS] = {MAP(objects), 1},
	[POOL_HISTOGRAMS] = {MAP(histograms), 8, MAP(free_histograms)},
	[POOL_CHUNKS] = {MAP(chunks), 8, MAP(free_chunks)},
};

/* Hash maps, by the pool whose rows they find. */
static const struct pool_map indexes[] = {
	{MAP(thread_index), 1}, {MAP(wait_index), 4}, {MAP(call_index), 6},
	{MAP(object_index), 1}, {MAP(wakers), 2},     {MAP(errnos), 1},
};

static struct bpf_map *map_at(struct waitscope_bpf *skeleton, size_t offset)
{
	return *(struct bpf_map **)((char *)skeleton + offset);
}

static int size_maps(struct waitscope_bpf *skeleton, uint64_t entries, size_t targets)
{
	int err = 0;

	for (int i = 0; i < POOLS && !err; i++) {
		uint32_t rows = entries * pools[i].per_entry + 1;

		skeleton->rodata->pool_size[i] = rows;
		err = bpf_map__set_max_entries(map_at(skeleton, pools[i].map), rows);
		if (!err && pools[i].recycled)
			err = bpf_map__set_max_entries(map_at(skeleton, pools[i].recycled), rows);
	}
	for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]) && !err; i++)
		err = bpf_map__set_max_entries(map_at(skeleton, indexes[i].map),
					       entries * indexes[i].per_entry);
	if (!err)
		err = bpf_map__set_max_entries(skeleton->maps.targets, targets ? targets : 1);
	return err;
}

static const enum target_mode modes[] = {
	[TARGET_COMMAND] = TARGET_MODE_SPAWNED, [TARGET_PID] = TARGET_MODE_PROCESSES,
	[TARGET_TID] = TARGET_MODE_THREADS,	[TARGET_TREE] = TARGET_MODE_TREES,
	[TARGET_NAME] = TARGET_MODE_NAME,	[TARGET_CGROUP] = TARGET_MODE_CGROUP,
	[TARGET_ALL] = TARGET_MODE_ALL,
};

static void set_target(struct waitscope_bpf *skeleton, const struct target *target)
{
	skeleton->rodata->target_mode = modes[target->kind];
	skeleton->rodata->own_tgid = getpid();
	if (target->kind == TARGET_NAME)
		snprintf((char *)skeleton->rodata->target_comm, RECORDS_COMM, "%s", target->text);
	skeleton->rodata->target_cgroup = target->cgroup;
	skeleton->rodata->target_cgroup_level = target->cgroup_level;
}

static uint32_t ephemeral_port(void)
{
	FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "r");
	unsigned int low = 32768;

	if (file) {
		if (fscanf(file, "%u", &low) != 1)
			low = 32768;
		fclose(file);
	}
	return low;
}

static void set_kernel(struct waitscope_bpf *skeleton, const struct preflight *preflight)
{
	bool context = preflight__knows_context(preflight);

	skeleton->rodata->have_rdonly_cast = preflight->rdonly_cast;
	skeleton->rodata->have_preempt_count = context;
	skeleton->rodata->have_hrtimer_bases = context && preflight->hrtimer_bases.present;
	skeleton->rodata->have_timer_bases = context && preflight->timer_bases.present;
	skeleton->rodata->timer_base_count = preflight->timer_base_count;
	skeleton->rodata->percpu_runqueues = preflight->runqueues.offset;
	skeleton->rodata->percpu_preempt_count = preflight->preempt_count.offset;
	skeleton->rodata->percpu_hrtimer_bases = preflight->hrtimer_bases.offset;
	skeleton->rodata->percpu_timer_bases = preflight->timer_bases.offset;
	skeleton->rodata->ephemeral_port = ephemeral_port();
	syscalls__arguments((uint8_t *)skeleton->rodata->syscall_arguments[0],
			    (uint8_t *)skeleton->rodata->syscall_arguments[1]);
}

static void choose_programs(struct waitscope_bpf *skeleton, const struct session_options *options,
			    const struct preflight *preflight)
{
	bool full = options->tier == TIER_FULL;

	skeleton->rodata->tier_full = full;
	bpf_program__set_autoload(skeleton->progs.sched_switch, preflight->prev_state);
	bpf_program__set_autoload(skeleton->progs.sched_switch_before_5_18, !preflight->prev_state);
	bpf_program__set_autoload(skeleton->progs.sys_enter, full);
	bpf_program__set_autoload(skeleton->progs.sys_exit, full);
	bpf_program__set_autoload(skeleton->progs.cgroup_attach_task,
				  options->target->kind == TARGET_CGROUP && preflight->hook_cgroup);
	bpf_program__set_autoattach(skeleton->progs.census, false);
}

static int map_rows(struct session *session)
{
	long page = sysconf(_SC_PAGESIZE);

	for (int i = 0; i < POOLS; i++) {
		struct bpf_map *map = map_at(session->skeleton, pools[i].map);
		struct rows *rows = &session->rows[i];
		void *base;

		rows->capacity = bpf_map__max_entries(map);
		rows->stride = (bpf_map__value_size(map) + 7) / 8 * 8;
		rows->length = (rows->stride * rows->capacity + page - 1) / page * page;
		base = mmap(NULL, rows->length, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
		if (base == MAP_FAILED)
			return -errno;
		rows->base = base;
	}
	return 0;
}

static int fill_targets(struct session *session, const struct target *target)
{
	int fd = bpf_map__fd(session->skeleton->maps.targets);
	uint8_t one = 1;

	for (size_t i = 0; i < target->id_count; i++) {
		uint32_t id = target->ids[i];

		if (bpf_map_update_elem(fd, &id, &one, BPF_ANY))
			return -errno;
	}
	return 0;
}

/* Who runs on a CPU is not known until its next switch; it is told to find out. */
static void forget_current_threads(struct session *session)
{
	for (size_t i = 0;
	     i < sizeof(session->skeleton->bss->cpus) / sizeof(session->skeleton->bss->cpus[0]);
	     i++)
		session->skeleton->bss->cpus[i].thread = THREAD_UNSURE;
}

int session__new(struct session **result, const struct session_options *options,
		 const struct preflight *preflight, char *message, size_t size)
{
	uint64_t entries = options->map_entries ? options->map_entries : SESSION_MAP_ENTRIES;
	struct session *session = calloc(1, sizeof(*session));
	int err = -ENOMEM;

	if (!session)
		return err;
	libbpf_set_print(options->debug ? print_all : print_nothing);
	session->skeleton = waitscope_bpf__open();
	if (!session->skeleton)
		goto failed;
	set_target(session->skeleton, options->target);
	set_kernel(session->skeleton, preflight);
	choose_programs(session->skeleton, options, preflight);
	forget_current_threads(session);
	err = size_maps(session->skeleton, entries, options->target->id_count);
	if (!err)
		err = waitscope_bpf__load(session->skeleton);
	if (!err)
		err = map_rows(session);
	if (!err)
		err = fill_targets(session, options->target);
	if (err)
		goto failed;
	*result = session;
	return 0;
failed:
	if (err == -ENOMEM || err == -E2BIG)
		snprintf(message, size,
			 "the kernel has no room for maps of %llu entries: try a smaller "
			 "--map-entries",
			 (unsigned long long)entries);
	else
		snprintf(message, size,
			 "the kernel refused the tracing programs: %s (-v shows its reasons; "
			 "'waitscope doctor' says what this machine has)",
			 strerror(-err));
	session__free(session);
	return err;
}

static int take_census(struct session *session)
{
	struct bpf_link *link = bpf_program__attach_iter(session->skeleton->progs.census, NULL);
	char nothing[64];
	int fd, err = 0;
	ssize_t got;

	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0) {
		err = -errno;
	} else {
		do
			got = read(fd, nothing, sizeof(nothing));
		while (got > 0 || (got < 0 && errno == EINTR));
		if (got < 0)
			err = -errno;
		close(fd);
	}
	bpf_link__destroy(link);
	return err;
}

int session__attach(struct session *session, pid_t command, char *message, size_t size)
{
	int err;

	session->skeleton->bss->command_pid = command;
	err = waitscope_bpf__attach(session->skeleton);
	session->attached_at = session__now();
	if (!err)
		err = take_census(session);
	forget_current_threads(session);
	if (err)
		snprintf(message, size, "the tracing programs could not be attached: %s",
			 strerror(-err));
	return err;
}

unsigned int session__matched(const struct session *session)
{
	return session->skeleton->bss->census_matched;
}

uint64_t session__attached_at(const struct session *session)
{
	return session->attached_at;
}

uint64_t session__ended_at(const struct session *session)
{
	return session->ended_at;
}

/* Far enough ahead that every CPU sees it before its clock gets there. */
#define STOP_AHEAD_NS 100000

int session__stop(struct session *session)
{
	int err;

	if (session->ended_at)
		return 0;
	session->ended_at = session__now() + STOP_AHEAD_NS;
	session->skeleton->data->window_end = session->ended_at;
	while (session__now() < session->ended_at)
		usleep(20);
	session->skeleton->bss->census_at_end = 1;
	err = take_census(session);
	waitscope_bpf__detach(session->skeleton);
	return err;
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

uint64_t session__loss(const struct session *session, enum loss loss)
{
	return session->skeleton->bss->losses[loss];
}

/* Adds up what the kernel counts for each program. */
static void count_runs(const struct session *session, uint64_t *missed, uint64_t *ns)
{
	struct bpf_program *program;

	*missed = *ns = 0;
	bpf_object__for_each_program(program, session->skeleton->obj)
	{
		struct bpf_prog_info info = {};
		__u32 length = sizeof(info);
		int fd = bpf_program__fd(program);

		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &length))
			continue;
		*missed += info.recursion_misses;
		*ns += info.run_time_ns;
	}
}

uint64_t session__missed_runs(const struct session *session)
{
	uint64_t missed, ns;

	count_runs(session, &missed, &ns);
	return missed;
}

uint64_t session__program_time(const struct session *session)
{
	uint64_t missed, ns;

	count_runs(session, &missed, &ns);
	return ns;
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
	return bpf_map__fd(pool == POOL_CALLS ? session->skeleton->maps.call_index
					      : session->skeleton->maps.wait_index);
}

int session__wakers_fd(const struct session *session)
{
	return bpf_map__fd(session->skeleton->maps.wakers);
}

int session__errnos_fd(const struct session *session)
{
	return bpf_map__fd(session->skeleton->maps.errnos);
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

void session__free(struct session *session)
{
	if (!session)
		return;
	for (int i = 0; i < POOLS; i++)
		if (session->rows[i].base)
			munmap((void *)session->rows[i].base, session->rows[i].length);
	if (session->skeleton)
		waitscope_bpf__destroy(session->skeleton);
	free(session);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "collect/session_internal.h"
#include "names/syscall_traits.h"
#include "names/syscalls.h"
#include "names/uring_hooks.h"

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
	skeleton->rodata->have_loop = preflight->loop;
	*(struct uring_hooks *)&skeleton->rodata->uring = preflight->uring;
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
	skeleton->bss->hot.window_end = UINT64_MAX;
	syscalls__traits((uint16_t *)skeleton->bss->hot.syscall_traits[0],
			 (uint16_t *)skeleton->bss->hot.syscall_traits[1]);
}

static int choose_uring_programs(struct waitscope_bpf *skeleton, bool full,
				 const struct preflight *preflight)
{
	const struct uring_hooks *hooks = &preflight->uring;
	bool follow = full && uring_hooks__can_follow(hooks);

	bpf_program__set_autoload(skeleton->progs.uring_submit, follow);
	bpf_program__set_autoload(skeleton->progs.uring_complete, follow);
	bpf_program__set_autoload(skeleton->progs.uring_work, follow && hooks->work);
	bpf_program__set_autoload(skeleton->progs.uring_poll, follow && hooks->poll);
	bpf_program__set_autoload(skeleton->progs.uring_failed, follow && hooks->failed);
	bpf_program__set_autoload(skeleton->progs.uring_overflow, follow && hooks->overflow);
	bpf_program__set_autoload(skeleton->progs.uring_block_io, follow && preflight->hook_bio);
	if (!follow || !preflight->uring_old_submit)
		return 0;
	return bpf_program__set_attach_target(skeleton->progs.uring_submit, 0,
					      "io_uring_submit_sqe");
}

static int choose_programs(struct waitscope_bpf *skeleton, const struct session_options *options,
			   const struct preflight *preflight)
{
	bool full = options->tier == TIER_FULL;

	skeleton->rodata->tier_full = full;
	skeleton->rodata->bare_rows = options->bare_rows;
	skeleton->rodata->streaming = options->stream;
	skeleton->rodata->measured = options->measure;
	skeleton->rodata->measured_by = options->measure_by;
	skeleton->rodata->measured_syscall = options->measure_syscall;
	bpf_program__set_autoload(skeleton->progs.sched_switch, preflight->prev_state);
	bpf_program__set_autoload(skeleton->progs.sched_switch_before_5_18, !preflight->prev_state);
	bpf_program__set_autoload(skeleton->progs.sys_enter, full);
	bpf_program__set_autoload(skeleton->progs.sys_exit, full);
	bpf_program__set_autoload(skeleton->progs.sched_wakeup,
				  options->measure == MEASURE_ENQUEUE ||
					  options->measure == MEASURE_QUEUE);
	bpf_program__set_autoload(skeleton->progs.task_rename,
				  options->stream && preflight->hook_rename);
	bpf_program__set_autoload(skeleton->progs.cgroup_attach_task,
				  options->target->kind == TARGET_CGROUP && preflight->hook_cgroup);
	skeleton->rodata->stack_mode = options->stack_mode;
	bpf_program__set_autoload(skeleton->progs.stack_sample, options->sample_rate);
	bpf_program__set_autoattach(skeleton->progs.stack_sample, false);
	bpf_program__set_autoattach(skeleton->progs.census, false);
	return choose_uring_programs(skeleton, full && !options->no_requests, preflight);
}

static void choose_block(struct waitscope_bpf *skeleton, bool wanted,
			 const struct preflight *preflight)
{
	struct bpf_program *programs[] = {
		skeleton->progs.block_rq_insert,   skeleton->progs.block_rq_issue,
		skeleton->progs.block_rq_requeue,  skeleton->progs.block_rq_merge,
		skeleton->progs.block_rq_complete,
	};

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		bpf_program__set_autoload(programs[i], wanted && preflight->hook_block);
	bpf_program__set_autoload(skeleton->progs.block_io_start,
				  wanted && preflight->hook_block && preflight->hook_io_start);
	skeleton->rodata->have_io_start = preflight->hook_io_start;
}

static void choose_posix_aio(struct session *session, const struct session_options *options,
			     const struct preflight *preflight)
{
	struct bpf_program *entered = session->skeleton->progs.posix_aio_entered;
	struct bpf_program *returned = session->skeleton->progs.posix_aio_returned;

	session->aio_method = options->tier == TIER_FULL && !options->no_requests
				      ? uprobes__method(preflight)
				      : UPROBES_NONE;
	uprobes__prepare(entered, session->aio_method);
	uprobes__prepare(returned, session->aio_method);
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

int session__new(struct session **result, const struct session_options *options,
		 const struct preflight *preflight, char *message, size_t size)
{
	uint64_t entries = options->map_entries ? options->map_entries : SESSION_MAP_ENTRIES;
	struct session *session = calloc(1, sizeof(*session));
	int err = -ENOMEM;

	if (!session)
		return err;
	session->sample_rate = options->sample_rate;
	libbpf_set_print(options->debug ? print_all : print_nothing);
	session->skeleton = waitscope_bpf__open();
	if (!session->skeleton)
		goto failed;
	set_target(session->skeleton, options->target);
	set_kernel(session->skeleton, preflight);
	choose_block(session->skeleton, options->tier == TIER_FULL && !options->no_requests,
		     preflight);
	choose_posix_aio(session, options, preflight);
	err = choose_programs(session->skeleton, options, preflight);
	if (!err)
		err = session__size_maps(session, entries, options->target->id_count);
	if (!err)
		err = waitscope_bpf__load(session->skeleton);
	if (!err)
		err = session__map_rows(session);
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
	else if (err == -EMFILE)
		snprintf(message, size,
			 "tracing takes some hundred open files, more than this process may have "
			 "(ulimit -n)");
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

static int begin_aio_probes(struct session *session)
{
	struct rows processes;
	int err = session__rows(session, POOL_PROCESSES, &processes);

	if (err)
		return err;
	return aio_probes__begin(&session->aio_probes, session->aio_method,
				 session->skeleton->progs.posix_aio_entered,
				 session->skeleton->progs.posix_aio_returned, &processes);
}

int session__attach(struct session *session, pid_t command, char *message, size_t size)
{
	int err;

	session->skeleton->bss->command_pid = command;
	err = waitscope_bpf__attach(session->skeleton);
	session->attached_at = session__now();
	if (!err)
		err = take_census(session);
	if (!err && session->sample_rate)
		err = stack_clock__begin(&session->clock, session->skeleton->progs.stack_sample,
					 session->sample_rate);
	if (!err && session->aio_method != UPROBES_NONE)
		session->aio_error = begin_aio_probes(session);
	if (err)
		snprintf(message, size, "the tracing programs could not be attached: %s",
			 strerror(-err));
	return err;
}

void session__step(struct session *session, uint64_t now)
{
	struct rows processes;

	if (!session__rows(session, POOL_PROCESSES, &processes))
		aio_probes__step(session->aio_probes, &processes, now);
}

unsigned int session__matched(const struct session *session)
{
	return session->skeleton->bss->census_matched;
}

int session__posix_aio_error(const struct session *session)
{
	return session->aio_error;
}

uint32_t session__kernel_stack(const struct session *session)
{
	return session->skeleton->bss->kernel_stack;
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
	session->skeleton->bss->hot.window_end = session->ended_at;
	while (session__now() < session->ended_at)
		usleep(20);
	stack_clock__end(&session->clock);
	session->skeleton->bss->census_at_end = 1;
	err = take_census(session);
	waitscope_bpf__detach(session->skeleton);
	return err;
}

void session__free(struct session *session)
{
	if (!session)
		return;
	aio_probes__end(session->aio_probes);
	stack_clock__end(&session->clock);
	session__unmap_rows(session);
	if (session->skeleton)
		waitscope_bpf__destroy(session->skeleton);
	free(session);
}

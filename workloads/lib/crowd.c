// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE 1
#include "crowd.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "check.h"
#include "futex.h"
#include "monotonic.h"
#include "process.h"

const struct crowd_wait_kind crowd_waits[CROWD_WAITS] = {
	[CROWD_FUTEX] = {"futex", "futex", "lock", "futex"},
	[CROWD_PIPE] = {"pipe", "read", "ipc", "pipe"},
	[CROWD_SLEEP] = {"sleep", "clock_nanosleep", "timer", NULL},
};

static void wait_once(struct crowd *crowd)
{
	char byte;

	switch (crowd->on) {
	case CROWD_FUTEX:
		while (!atomic_load(&crowd->gate))
			futex__wait(&crowd->gate, 0);
		break;
	case CROWD_PIPE:
		check(read(crowd->pipe[0], &byte, 1), "read");
		break;
	default:
		monotonic__sleep_ns(crowd->sleep_ns);
	}
}

static void *crowd_main(void *argument)
{
	struct crowd *crowd = argument;
	uint64_t never = 0;

	wait_once(crowd);
	atomic_compare_exchange_strong(&crowd->first_woken_ns, &never, monotonic__now_ns());
	return NULL;
}

void crowd__set_up(struct crowd *crowd, uint64_t count, uint64_t stack, enum crowd_wait on,
		   uint64_t sleep_ns)
{
	pthread_attr_t attributes;

	*crowd = (struct crowd){.on = on, .sleep_ns = sleep_ns, .asked = count, .pipe = {-1, -1}};
	check_error(pthread_attr_init(&attributes), "pthread_attr_init");
	pthread_attr_getstacksize(&attributes, &crowd->stack);
	pthread_attr_getguardsize(&attributes, &crowd->guard);
	pthread_attr_destroy(&attributes);
	if (stack)
		crowd->stack = stack;
	if (on == CROWD_PIPE)
		check(pipe2(crowd->pipe, O_CLOEXEC), "pipe2");
	crowd->threads = check_memory(calloc(count, sizeof(*crowd->threads)));
	latency__init(&crowd->creation, count);
}

void crowd__start(struct crowd *crowd)
{
	uint64_t start_ns = monotonic__now_ns();
	pthread_attr_t attributes;

	check_error(pthread_attr_init(&attributes), "pthread_attr_init");
	check_error(pthread_attr_setstacksize(&attributes, crowd->stack),
		    "pthread_attr_setstacksize");
	while (crowd->count < crowd->asked && !crowd->error) {
		uint64_t before_ns = monotonic__now_ns();

		crowd->error = pthread_create(&crowd->threads[crowd->count], &attributes,
					      crowd_main, crowd);
		if (crowd->error)
			break;
		latency__record(&crowd->creation, monotonic__now_ns() - before_ns);
		crowd->count++;
	}
	crowd->creating_ns = monotonic__now_ns() - start_ns;
	pthread_attr_destroy(&attributes);
}

bool crowd__await_asleep(const struct crowd *crowd)
{
	const uint64_t look_again_ns = 20000000;
	const uint64_t give_up_ns = monotonic__now_ns() + 60ULL * 1000000000;

	while (process__threads_asleep() < crowd->count) {
		if (crowd->first_woken_ns || monotonic__now_ns() > give_up_ns)
			return false;
		monotonic__sleep_ns(look_again_ns);
	}
	return !crowd->first_woken_ns;
}

void crowd__release(struct crowd *crowd)
{
	atomic_store(&crowd->gate, 1);
	if (crowd->on == CROWD_FUTEX)
		check(futex__wake(&crowd->gate, INT_MAX), "futex");
	if (crowd->on == CROWD_PIPE)
		close(crowd->pipe[1]);
	for (uint64_t i = 0; i < crowd->count; i++)
		check_error(pthread_join(crowd->threads[i], NULL), "pthread_join");
}

void crowd__free(struct crowd *crowd)
{
	if (crowd->on == CROWD_PIPE)
		close(crowd->pipe[0]);
	latency__free(&crowd->creation);
	free(crowd->threads);
}

static uint64_t read_number(const char *path)
{
	return process__read_field(path, "");
}

static uint64_t count_mappings(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	uint64_t count = 0;
	int c;

	while (file && (c = getc(file)) != EOF)
		count += c == '\n';
	if (file)
		fclose(file);
	return count;
}

/* Threads of the whole machine: after the slash in "0.10 0.20 0.30 1/234 567". */
static uint64_t count_all_threads(void)
{
	FILE *file = fopen("/proc/loadavg", "re");
	uint64_t count = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%*s %*s %*s %*u/%" SCNu64, &count) != 1)
		count = 0;
	fclose(file);
	return count;
}

const char *crowd__limit(char *text, size_t size)
{
	const uint64_t near = 400; /* the kernel keeps 300 pids back, some are others' */
	const uint64_t threads = count_all_threads();
	const struct {
		const char *name, *path;
		uint64_t used;
	} limits[] = {
		{"vm.max_map_count", "/proc/sys/vm/max_map_count", count_mappings()},
		{"kernel.threads-max", "/proc/sys/kernel/threads-max", threads},
		{"kernel.pid_max", "/proc/sys/kernel/pid_max", threads},
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		uint64_t limit = read_number(limits[i].path);

		if (limits[i].used + near < limit)
			continue;
		snprintf(text, size, "%s is %" PRIu64, limits[i].name, limit);
		return text;
	}
	snprintf(text, size, "memory, ulimit -u, or pids.max of a cgroup");
	return text;
}

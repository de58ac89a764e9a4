// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "commands/models_limits.h"
#include "names/units.h"

/* Room that others on this machine, the client and waitscope itself may need. */
#define TASKS_BESIDE 500
#define FILES_BESIDE 128

/* Measured generously: stack, task, its books in the traced maps; a process has page tables too. */
#define BYTES_PER_THREAD     (128ULL << 10)
#define BYTES_PER_PROCESS    (1ULL << 20)
#define BYTES_PER_CONNECTION (32ULL << 10)

static void look_at_io_uring(struct models_limits *limits)
{
	struct io_uring_params params = {0};
	long fd = syscall(__NR_io_uring_setup, 1, &params);

	limits->io_uring = fd >= 0;
	if (fd >= 0)
		close((int)fd);
	else if (errno == ENOMEM)
		snprintf(limits->io_uring_why, sizeof(limits->io_uring_why),
			 "io_uring may not lock the memory that it needs here (ulimit -l)");
	else if (errno == EPERM)
		snprintf(limits->io_uring_why, sizeof(limits->io_uring_why),
			 "io_uring is not allowed here (sysctl kernel.io_uring_disabled, or a "
			 "sandbox)");
	else
		snprintf(limits->io_uring_why, sizeof(limits->io_uring_why),
			 "there is no io_uring: %s", strerror(errno));
}

/* The number in a file of one ("max" is none). */
static bool read_number(const char *path, uint64_t *number)
{
	FILE *file = fopen(path, "re");
	bool found = file && fscanf(file, "%" SCNu64, number) == 1;

	if (file)
		fclose(file);
	return found;
}

static void bound_tasks(struct models_limits *limits, uint64_t most, const char *by)
{
	if (most >= limits->tasks)
		return;
	limits->tasks = most;
	limits->tasks_by = by;
}

/* pids.max of the cgroup `group`, as its hierarchy names it, and of those above it, less what is in
 * there. */
static void bound_by_cgroup(struct models_limits *limits, const char *mount, char *group)
{
	uint64_t most, current;
	char path[700];
	char *slash;

	while ((slash = strrchr(group, '/'))) {
		snprintf(path, sizeof(path), "%s%s/pids.max", mount, group);
		if (read_number(path, &most)) {
			snprintf(path, sizeof(path), "%s%s/pids.current", mount, group);
			if (!read_number(path, &current))
				current = 0;
			bound_tasks(limits, most > current ? most - current : 0,
				    "pids.max of the cgroup");
		}
		*slash = '\0';
	}
}

/* A line is HIERARCHY:CONTROLLERS:GROUP; the hierarchy of version 2 is 0 and has no controllers. */
static void bound_by_cgroups(struct models_limits *limits)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[512];

	while (file && fgets(line, sizeof(line), file)) {
		char *controllers = strchr(line, ':');
		char *group = controllers ? strchr(controllers + 1, ':') : NULL;

		if (!group)
			continue;
		line[strcspn(line, "\n")] = '\0';
		*group++ = '\0';
		if (strcmp(controllers, ":") == 0)
			bound_by_cgroup(limits, "/sys/fs/cgroup", group);
		else if (strcmp(controllers, ":pids") == 0)
			bound_by_cgroup(limits, "/sys/fs/cgroup/pids", group);
	}
	if (file)
		fclose(file);
}

static uint64_t tasks_of_the_system(void)
{
	FILE *file = fopen("/proc/loadavg", "re");
	uint64_t tasks = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%*f %*f %*f %*u/%" SCNu64, &tasks) != 1)
		tasks = 0;
	fclose(file);
	return tasks;
}

static void look_at_tasks(struct models_limits *limits)
{
	uint64_t used = tasks_of_the_system() + TASKS_BESIDE, most;
	struct rlimit limit;

	limits->tasks = UINT64_MAX;
	if (read_number("/proc/sys/kernel/pid_max", &most))
		bound_tasks(limits, most > used ? most - used : 0, "sysctl kernel.pid_max");
	if (read_number("/proc/sys/kernel/threads-max", &most))
		bound_tasks(limits, most > used ? most - used : 0, "sysctl kernel.threads-max");
	if (geteuid() != 0 && !getrlimit(RLIMIT_NPROC, &limit))
		bound_tasks(limits, limit.rlim_cur, "ulimit -u");
	bound_by_cgroups(limits);
}

static void look_at_files(struct models_limits *limits)
{
	struct rlimit limit = {0}, more;
	uint64_t most;

	getrlimit(RLIMIT_NOFILE, &limit);
	limits->files = limit.rlim_max;
	if (!read_number("/proc/sys/fs/nr_open", &most) || most <= limits->files)
		return;
	/* workloads raise their own limit, if they may (CAP_SYS_RESOURCE): so try */
	more = (struct rlimit){.rlim_cur = limit.rlim_cur, .rlim_max = most};
	if (setrlimit(RLIMIT_NOFILE, &more))
		return;
	limits->files = most;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void look_at_memory(struct models_limits *limits)
{
	FILE *file = fopen("/proc/meminfo", "re");
	uint64_t kilobytes = 0;
	char line[128];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %" SCNu64, &kilobytes) == 1)
			limits->memory = kilobytes << 10;
	fclose(file);
}

void models_limits__look(struct models_limits *limits)
{
	*limits = (struct models_limits){0};
	look_at_io_uring(limits);
	look_at_tasks(limits);
	look_at_files(limits);
	look_at_memory(limits);
}

static uint64_t memory_of(const struct models_run *run, uint64_t scale)
{
	uint64_t each = 0;

	if (run->needs & NEEDS_CLIENT)
		each += BYTES_PER_CONNECTION;
	if (run->needs & NEEDS_TASKS)
		each += run->needs & NEEDS_FORKS ? BYTES_PER_PROCESS : BYTES_PER_THREAD;
	return each * scale;
}

bool models_limits__allow(const struct models_limits *limits, const struct models_run *run,
			  uint64_t scale, char *line, size_t size)
{
	uint64_t memory = memory_of(run, scale);
	char text[UNITS_TEXT], more[UNITS_TEXT];

	if (run->needs & NEEDS_IO_URING && !limits->io_uring)
		snprintf(line, size, "%s", limits->io_uring_why);
	else if (run->needs & NEEDS_TASKS && scale > limits->tasks)
		snprintf(line, size, "%s with %s: %s leaves room for %s threads and processes",
			 run->name, units__count(scale, text), limits->tasks_by,
			 units__count(limits->tasks, more));
	else if (run->needs & NEEDS_CLIENT && scale + FILES_BESIDE > limits->files)
		snprintf(line, size, "%s connections: a process can have %s open files",
			 units__count(scale, text), units__count(limits->files, more));
	else if (limits->memory && memory > limits->memory)
		snprintf(line, size, "%s with %s: it may take %s of memory", run->name,
			 units__count(scale, text), units__size(memory, more));
	else
		return true;
	return false;
}

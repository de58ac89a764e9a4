// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "collect/block_device.h"
#include "collect/measuring_internal.h"
#include "names/operations.h"
#include "names/syscalls.h"

static const struct thread_row *thread_at(const struct sources *sources, uint32_t number)
{
	return rows__at(&sources->pools[POOL_THREADS], number);
}

/* A thread by its id, the one that was seen last; NULL: its row is gone. */
static const struct thread_row *find_thread(const struct sources *sources, uint32_t tid)
{
	const struct rows *rows = &sources->pools[POOL_THREADS];
	const struct thread_row *found = NULL;

	for (uint32_t i = 1; i <= rows->used; i++) {
		const struct thread_row *row = rows__at(rows, i);

		if (row->tid == tid && row->ledger.start &&
		    (!found || row->ledger.start > found->ledger.start))
			found = row;
	}
	return found;
}

static char *task_label(const struct sources *sources, uint32_t id)
{
	const struct thread_row *row = find_thread(sources, id);
	char *label;

	if (!row)
		return asprintf(&label, "%u", id) < 0 ? NULL : label;
	return asprintf(&label, "%.*s (%u)", RECORDS_COMM, row->comm, id) < 0 ? NULL : label;
}

static char *syscall_label(uint32_t number)
{
	const char *name = syscalls__name((uint16_t)number);

	return strdup(name ? name : "no syscall");
}

/* The class of the waits of a row, or the object that they are on. */
static char *wait_label(const struct sources *sources, uint32_t number, enum series_by by)
{
	struct wait wait = {0};
	char *label = NULL;

	if (!number)
		return strdup("not known: the maps were full");
	if (wait__from_row(&wait, sources, number) == 0) {
		if (by == BY_CLASS)
			label = strdup(wait_class__name(wait.class));
		else
			label = strdup(wait.object ? wait.object : "no object");
	}
	wait__clear(&wait);
	return label;
}

static char *waker_label(const struct sources *sources, uint64_t key)
{
	const char *kind = waker_kind__name((enum waker_kind)(key >> 32));
	uint32_t tid = (uint32_t)key;
	char *label, *task;

	if (!tid)
		return strdup(kind);
	task = task_label(sources, tid);
	if (!task)
		return NULL;
	if (asprintf(&label, "%s %s", kind, task) < 0)
		label = NULL;
	free(task);
	return label;
}

/* ----------------------------------------------------------------------------- cgroups */

#define CGROUP_ROOT "/sys/fs/cgroup"

/* nftw() has no room for what is looked for, and what was found. */
static struct {
	uint64_t id;
	char *path;
} cgroup_search;

/* The id of a cgroup is the inode number of its directory (kernfs, 64-bit). */
static int compare_cgroup(const char *path, const struct stat *stat, int kind, struct FTW *place)
{
	(void)place;
	if (kind != FTW_D || stat->st_ino != cgroup_search.id)
		return 0;
	cgroup_search.path = strdup(path + strlen(CGROUP_ROOT));
	return 1;
}

static char *cgroup_label(uint64_t id)
{
	char *label;

	cgroup_search.id = id;
	cgroup_search.path = NULL;
	nftw(CGROUP_ROOT, compare_cgroup, 16, FTW_PHYS | FTW_MOUNT);
	if (cgroup_search.path && *cgroup_search.path)
		return cgroup_search.path;
	free(cgroup_search.path);
	if (id == 1)
		return strdup("/");
	return asprintf(&label, "cgroup %llu", (unsigned long long)id) < 0 ? NULL : label;
}

/* ---------------------------------------------------------------------------- the rows */

static char *series_label(const struct measuring *measuring, const struct sources *sources,
			  uint32_t number)
{
	const struct series_row *row = rows__at(&sources->pools[POOL_SERIES], number);
	uint64_t key = row->key - 1;
	char *label;

	if (key == MEASURE_KEY_NO_WAIT)
		return strdup("put off its CPU, or new");
	switch (measuring->by) {
	case BY_PROCESS:
	case BY_THREAD:
		return task_label(sources, (uint32_t)key);
	case BY_SYSCALL:
		return syscall_label((uint32_t)key);
	case BY_CLASS:
	case BY_OBJECT:
		return wait_label(sources, (uint32_t)key, measuring->by);
	case BY_WAKER:
		return waker_label(sources, key);
	case BY_CPU:
		return asprintf(&label, "cpu %llu", (unsigned long long)key) < 0 ? NULL : label;
	case BY_CGROUP:
		return cgroup_label(key);
	default:
		return strdup("?");
	}
}

static char *loop_label(const struct measuring *measuring, const struct sources *sources,
			uint32_t number)
{
	const struct loop_row *row = rows__at(&sources->pools[POOL_LOOPS], number);
	const struct thread_row *thread = thread_at(sources, row->thread);

	if (measuring->by == BY_SYSCALL)
		return syscall_label(row->syscall);
	return task_label(sources, measuring->by == BY_THREAD ? thread->tid : thread->tgid);
}

static char *request_label(const struct measuring *measuring, const struct sources *sources,
			   uint32_t number)
{
	const struct request_row *row = rows__at(&sources->pools[POOL_REQUESTS], number);
	const struct process_row *process =
		rows__at(&sources->pools[POOL_PROCESSES], row->key.process);
	const char *operation = operations__name(row->key.api, row->key.operation);
	char *label;

	if (measuring->by == BY_PROCESS)
		return task_label(sources, process->tgid);
	if (measuring->by == BY_DEVICE)
		return block_device__name(row->key.device);
	if (measuring->source != SOURCE_REQUESTS)
		return strdup(operation);
	return asprintf(&label, "%s %s", request_api__name(row->key.api), operation) < 0 ? NULL
											 : label;
}

int measuring__label(const struct measuring *measuring, const struct sources *sources,
		     uint32_t number, char **label)
{
	*label = NULL;
	if (measuring->by == BY_ALL)
		return 0;
	switch (measuring->source) {
	case SOURCE_SERIES:
		*label = series_label(measuring, sources, number);
		break;
	case SOURCE_HANDLER:
	case SOURCE_READINESS:
		*label = loop_label(measuring, sources, number);
		break;
	default:
		*label = request_label(measuring, sources, number);
		break;
	}
	return *label ? 0 : -ENOMEM;
}

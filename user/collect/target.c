// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "collect/target.h"
#include "names/units.h"

#define MAGIC_CGROUP2 0x63677270
#define ID_LIMIT      4194304 /* PID_MAX_LIMIT, include/linux/threads.h */

static int add_id(struct target *target, int id)
{
	int *ids = reallocarray(target->ids, target->id_count + 1, sizeof(*ids));

	if (!ids)
		return -ENOMEM;
	target->ids = ids;
	ids[target->id_count++] = id;
	return 0;
}

int target__add_ids(struct target *target, const char *list, const char **why)
{
	char *copy = strdup(list), *rest = copy, *word;
	uint64_t id;
	int err = copy ? 0 : -ENOMEM;

	while (!err && (word = strsep(&rest, ",")) != NULL) {
		err = units__parse_count(word, 1, ID_LIMIT, &id, why);
		if (!err)
			err = add_id(target, (int)id);
	}
	free(copy);
	return err;
}

/* A thread's directory is below its process, but /proc/TID answers for every thread id too. */
static int check_ids(const struct target *target, char *message, size_t size)
{
	char path[64];

	for (size_t i = 0; i < target->id_count; i++) {
		int id = target->ids[i];

		snprintf(path, sizeof(path), "/proc/%d/task/%d", id, id);
		if (target->kind == TARGET_TID)
			snprintf(path, sizeof(path), "/proc/%d", id);
		if (access(path, F_OK) == 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%d", id);
		if (target->kind != TARGET_TID && access(path, F_OK) == 0)
			snprintf(message, size,
				 "%d is a thread, not a process: trace it with --tid", id);
		else
			snprintf(message, size, "there is no %s %d",
				 target->kind == TARGET_TID ? "thread" : "process", id);
		return -ESRCH;
	}
	return 0;
}

static unsigned int depth_below(const char *mount, const char *path)
{
	unsigned int depth = 0;
	const char *rest = path + strlen(mount);

	for (; *rest; rest++)
		if (*rest == '/' && rest[1])
			depth++;
	return depth;
}

/* The mount point: the highest directory up from `path` that is still on a cgroup v2. */
static void find_mount(const char *path, char mount[PATH_MAX])
{
	struct statfs fs;
	char parent[PATH_MAX];

	snprintf(mount, PATH_MAX, "%s", path);
	while (strcmp(mount, "/") != 0) {
		char *slash;

		snprintf(parent, sizeof(parent), "%s", mount);
		slash = strrchr(parent, '/');
		slash[slash == parent ? 1 : 0] = '\0';
		if (statfs(parent, &fs) || fs.f_type != MAGIC_CGROUP2)
			return;
		snprintf(mount, PATH_MAX, "%s", parent);
	}
}

/* The id that the programs compare is the inode number's handle: name_to_handle_at() gives it. */
static int check_cgroup(struct target *target, char *message, size_t size)
{
	struct {
		struct file_handle handle;
		uint64_t id;
	} answer = {.handle = {.handle_bytes = sizeof(uint64_t)}};
	char path[PATH_MAX], mount[PATH_MAX];
	struct statfs fs;
	int mount_id;

	if (!realpath(target->text, path) || statfs(path, &fs)) {
		snprintf(message, size, "cgroup %s: %s", target->text, strerror(errno));
		return -ENOENT;
	}
	if (fs.f_type != MAGIC_CGROUP2) {
		snprintf(message, size, "%s is not a directory of a cgroup v2 hierarchy",
			 target->text);
		return -EINVAL;
	}
	if (name_to_handle_at(AT_FDCWD, path, &answer.handle, &mount_id, 0)) {
		snprintf(message, size, "cgroup %s has no id: %s", target->text, strerror(errno));
		return -errno;
	}
	memcpy(&target->cgroup, answer.handle.f_handle, sizeof(target->cgroup));
	find_mount(path, mount);
	target->cgroup_level = depth_below(mount, path);
	return 0;
}

int target__check(struct target *target, char *message, size_t size)
{
	switch (target->kind) {
	case TARGET_PID:
	case TARGET_TID:
	case TARGET_TREE:
		return check_ids(target, message, size);
	case TARGET_CGROUP:
		return check_cgroup(target, message, size);
	default:
		return 0;
	}
}

void target__clear(struct target *target)
{
	free(target->ids);
	free(target->text);
	memset(target, 0, sizeof(*target));
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Waiting for a file to be changed by somebody. */
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "check.h"
#include "scene.h"
#include "scratch.h"

/* Of a file that is watched itself, not its directory, an event carries no name. */
static void set_up_inotify(struct scene *scene)
{
	scene->partner_fd = scratch__create(scene->path);
	scene->fd = (int)check(inotify_init1(IN_CLOEXEC), "inotify_init1");
	check(inotify_add_watch(scene->fd, scratch__path(), IN_MODIFY), "inotify_add_watch");
	snprintf(scene->object, sizeof(scene->object), "inotify");
}

static int64_t attempt_read(struct scene *scene)
{
	return COUNTED(scene, "read", read(scene->fd, scene->buffer, scene->size));
}

static void release_by_change(struct scene *scene)
{
	check(pwrite(scene->partner_fd, scene->message, 1, 0), "pwrite");
}

const struct wait_kind wait_kinds_watch[] = {
	{
		.name = "inotify",
		.help = "read from an inotify descriptor that watches a file",
		.syscall = "read",
		.class = "other",
		.object_kind = "inotify",
		.sleep = "interruptible",
		.wakers = "thread",
		.partner = PARTNER_THREAD,
		.uses_file = true,
		.size = sizeof(struct inotify_event),
		.size_max = sizeof(struct inotify_event),
		.size_multiple = sizeof(struct inotify_event),
		.set_up = set_up_inotify,
		.attempt = attempt_read,
		.release = release_by_change,
	},
	{0},
};

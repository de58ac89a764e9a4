// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE 1
#include "scratch.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

/*
 * Global, because a signal handler has to find it. The owner is kept because a forked child
 * inherits the name and must not remove its parent's file.
 */
static char scratch_path[PATH_MAX];
static volatile pid_t scratch_owner;

void scratch__remove(void)
{
	if (scratch_owner && scratch_owner == getpid())
		unlink(scratch_path);
}

const char *scratch__path(void)
{
	return scratch_path;
}

static void remove_and_die(int number)
{
	scratch__remove();
	signal(number, SIG_DFL);
	raise(number);
}

static void remove_when_killed(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = remove_and_die}, before;

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		check(sigaction(signals[i], NULL, &before), "sigaction");
		if (before.sa_handler != SIG_IGN) /* nohup and shells' background jobs */
			check(sigaction(signals[i], &action, NULL), "sigaction");
	}
}

int scratch__create(const char *path)
{
	const char *directory = getenv("TMPDIR");
	char template[PATH_MAX];
	int fd;

	if (path) {
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	} else {
		snprintf(template, sizeof(template), "%s/waitscope-XXXXXX",
			 directory && *directory ? directory : "/var/tmp");
		path = template;
		fd = mkostemp(template, O_CLOEXEC);
	}
	if (fd < 0)
		err(EXIT_FAILURE, "cannot create %s", path);
	if (!realpath(path, scratch_path))
		err(EXIT_FAILURE, "%s", path);
	scratch_owner = getpid();
	atexit(scratch__remove);
	remove_when_killed();
	return fd;
}

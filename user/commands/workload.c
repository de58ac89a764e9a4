// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* waitscope workload: the bundled programs that wait in known ways and state their own truth. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/commands.h"

struct workload {
	const char *name, *summary;
};

static const struct workload workloads[] = {
	{"blocking", "every call that blocks: pipes, terminals, files, sockets, locks, timers ..."},
	{"nonblocking", "the same resources with O_NONBLOCK: spinning, backing off, EINPROGRESS"},
	{"event_loop", "one epoll loop: sockets, eventfd, timerfd; level- and edge-triggered"},
	{"select", "receive blocks by select()"},
	{"poll", "receive blocks by poll()"},
	{"epoll", "receive blocks by epoll: level, edge, one-shot; one thread or several"},
	{"posix_aio", "POSIX AIO: completion by callback, signal, aio_suspend or polling"},
	{"native_aio", "Linux AIO: io_submit, direct and buffered; getevents, eventfd, ring"},
	{"io_uring", "read, write, recv, accept, poll, timeout ...; SQPOLL, DEFER_TASKRUN"},
	{"overlap", "the same waiting and computing: sequential, async, parallel, both"},
	{"thread_server", "an echo service with a delay: a thread for each connection"},
	{"process_server", "the same with a process for each connection"},
	{"event_server",
	 "the same in one epoll loop, in several, or in one with a pool of threads"},
	{"uring_server", "the same on an io_uring"},
	{"connections", "their client: many connections, closed or open loop"},
	{"threads", "threads that only wait: what they cost"},
	{"fault", "waits badly, or does the same task as one should"},
};

#define WORKLOADS (sizeof(workloads) / sizeof(workloads[0]))

/* In the build tree beside the program, installed below libexec. */
static const char *const places[] = {"workloads", "../libexec/waitscope"};

int workload__find(const char *name, char *path)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (length < 0)
		return -errno;
	self[length] = '\0';
	slash = strrchr(self, '/');
	*slash = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (snprintf(path, PATH_MAX, "%s/%s/%s", self, places[i], name) >= PATH_MAX)
			return -ENAMETOOLONG;
		if (access(path, X_OK) == 0)
			return 0;
	}
	return -ENOENT;
}

static int list(void)
{
	for (size_t i = 0; i < WORKLOADS; i++)
		printf("%-14s %s\n", workloads[i].name, workloads[i].summary);
	return EXIT_DONE;
}

static void print_usage(FILE *stream)
{
	fputs("Usage: waitscope workload list\n"
	      "       waitscope workload run NAME [OPTION...]\n\n"
	      "The bundled programs wait in known ways and print the truth about it as JSON.\n"
	      "'waitscope workload run NAME --help' has the options of one.\n\n"
	      "Example: waitscope workload run blocking --what pipe --ops 100 --delay 1ms\n",
	      stream);
}

static int run(char **argv)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < WORKLOADS; i++) {
		if (strcmp(argv[0], workloads[i].name) != 0)
			continue;
		if (workload__find(argv[0], path)) {
			complain("the workload '%s' is not installed", argv[0]);
			return EXIT_FAILED;
		}
		execv(path, argv);
		complain("%s: %s", path, strerror(errno));
		return EXIT_FAILED;
	}
	complain("there is no workload '%s'; 'waitscope workload list' has their names", argv[0]);
	return EXIT_USAGE;
}

int command_workload(int argc, char **argv)
{
	if (argc == 2 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
		print_usage(stdout);
		return EXIT_DONE;
	}
	if (argc == 2 && !strcmp(argv[1], "list"))
		return list();
	if (argc >= 3 && !strcmp(argv[1], "run"))
		return run(argv + 2);
	print_usage(stderr);
	return EXIT_USAGE;
}

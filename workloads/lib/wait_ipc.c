// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Waiting for another thread's data: pipe, eventfd, unix socket; and for a terminal's. */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "check.h"
#include "endpoint.h"
#include "scene.h"

static int64_t attempt_read(struct scene *scene)
{
	return COUNTED(scene, "read", read(scene->fd, scene->buffer, scene->size));
}

/* Up to PIPE_BUF bytes (and a terminal's line) pass as one piece, so one read gets them. */
static void release_by_write(struct scene *scene)
{
	check(write(scene->partner_fd, scene->message, scene->size), "write");
}

static void set_up_pipe(struct scene *scene)
{
	int ends[2];

	check(pipe2(ends, O_CLOEXEC), "pipe2");
	scene->fd = ends[0];
	scene->partner_fd = ends[1];
	endpoint__link(scene->fd, scene->object, sizeof(scene->object));
}

/* A signal handler that does nothing but end the call: no SA_RESTART. */
static void interrupt(int signal)
{
	(void)signal;
}

static void set_up_interrupted_pipe(struct scene *scene)
{
	struct sigaction action = {.sa_handler = interrupt};

	check(sigaction(SIGUSR1, &action, NULL), "sigaction");
	set_up_pipe(scene);
}

static void release_by_signal(struct scene *scene)
{
	check_error(pthread_kill(scene->waiter.thread, SIGUSR1), "pthread_kill");
}

static void set_up_eventfd(struct scene *scene)
{
	scene->fd = (int)check(eventfd(0, EFD_CLOEXEC), "eventfd");
	snprintf(scene->object, sizeof(scene->object), "eventfd");
}

static void release_eventfd(struct scene *scene)
{
	check(eventfd_write(scene->fd, 1), "eventfd_write");
}

static void set_up_unix_pair(struct scene *scene)
{
	int ends[2];

	check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
	scene->fd = ends[0];
	scene->partner_fd = ends[1];
	snprintf(scene->object, sizeof(scene->object), "unix");
}

/* glibc makes recv() the system call recvfrom. */
static int64_t attempt_recv(struct scene *scene)
{
	return COUNTED(scene, "recvfrom", recv(scene->fd, scene->buffer, scene->size, 0));
}

/*
 * A terminal in its usual line mode, so that a read ends with the end of the line. No echo:
 * nobody reads it, and it would fill the terminal's other direction.
 */
static void set_up_pty(struct scene *scene)
{
	char path[64];
	struct termios settings;

	check(openpty(&scene->partner_fd, &scene->fd, NULL, NULL, NULL), "openpty");
	check(tcgetattr(scene->fd, &settings), "tcgetattr");
	settings.c_lflag &= ~(tcflag_t)ECHO;
	check(tcsetattr(scene->fd, TCSANOW, &settings), "tcsetattr");
	scene->message[scene->size - 1] = '\n';
	endpoint__link(scene->fd, path, sizeof(path));
	snprintf(scene->object, sizeof(scene->object), "tty %s", path + strlen("/dev/"));
}

/*
 * The kernel's worker may not be done with the last line when that has been read already, and
 * the next read would begin by waiting for the worker. A poll waits in its stead.
 */
static void settle_pty(struct scene *scene)
{
	struct pollfd terminal = {.fd = scene->fd, .events = POLLIN};

	check(poll(&terminal, 1, 0), "poll");
}

const struct wait_kind wait_kinds_ipc[] = {
	{
		.name = "pipe",
		.help = "read from an empty pipe",
		.syscall = "read",
		.class = "ipc",
		.object_kind = "pipe",
		.sleep = "interruptible",
		.wakers = "thread",
		.partner = PARTNER_THREAD,
		.can_be_nonblocking = true,
		.size = 64,
		.size_max = PIPE_BUF,
		.set_up = set_up_pipe,
		.attempt = attempt_read,
		.release = release_by_write,
	},
	{
		.name = "read-eintr",
		.help = "read from an empty pipe, ended by a signal (EINTR)",
		.syscall = "read",
		.class = "ipc",
		.object_kind = "pipe",
		.sleep = "interruptible",
		.wakers = "signal",
		.partner = PARTNER_THREAD,
		.expected_errno = EINTR,
		.size = 64,
		.size_max = PIPE_BUF,
		.set_up = set_up_interrupted_pipe,
		.attempt = attempt_read,
		.release = release_by_signal,
	},
	{
		.name = "eventfd",
		.help = "read from an eventfd that is 0",
		.syscall = "read",
		.class = "ipc",
		.object_kind = "eventfd",
		.sleep = "interruptible",
		.wakers = "thread",
		.partner = PARTNER_THREAD,
		.can_be_nonblocking = true,
		.size = sizeof(eventfd_t),
		.size_max = sizeof(eventfd_t),
		.size_multiple = sizeof(eventfd_t),
		.set_up = set_up_eventfd,
		.attempt = attempt_read,
		.release = release_eventfd,
	},
	{
		.name = "recv-unix",
		.help = "recv on a unix stream socket",
		.syscall = "recvfrom",
		.class = "ipc",
		.object_kind = "unix",
		.sleep = "interruptible",
		.wakers = "thread",
		.partner = PARTNER_THREAD,
		.can_be_nonblocking = true,
		.size = 64,
		.size_max = 4096,
		.set_up = set_up_unix_pair,
		.attempt = attempt_recv,
		.release = release_by_write,
	},
	{
		/* Input goes through the line discipline in a kernel worker, which wakes. */
		.name = "pty",
		.help = "read a line from a terminal",
		.syscall = "read",
		.class = "terminal",
		.object_kind = "tty",
		.sleep = "interruptible",
		.wakers = "kernel",
		.partner = PARTNER_THREAD,
		.can_be_nonblocking = true,
		.size = 64,
		.size_max = 1024,
		.set_up = set_up_pty,
		.arm = settle_pty,
		.attempt = attempt_read,
		.release = release_by_write,
	},
	{0},
};

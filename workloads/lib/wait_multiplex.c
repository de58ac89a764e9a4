// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Waiting for readiness: the multiplexer sleeps, the read that follows it does not. */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

#include "check.h"
#include "endpoint.h"
#include "monotonic.h"
#include "scene.h"

static void set_up_pipe(struct scene *scene)
{
	int ends[2];

	check(pipe2(ends, O_CLOEXEC), "pipe2");
	scene->fd = ends[0];
	scene->partner_fd = ends[1];
	scene->descriptors = 1;
	endpoint__link(scene->fd, scene->object, sizeof(scene->object));
}

static void set_up_epoll(struct scene *scene)
{
	struct epoll_event event = {.events = EPOLLIN};

	set_up_pipe(scene);
	scene->multiplexer_fd = (int)check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
	check(epoll_ctl(scene->multiplexer_fd, EPOLL_CTL_ADD, scene->fd, &event), "epoll_ctl");
	snprintf(scene->object, sizeof(scene->object), "epoll");
}

static int64_t attempt_poll(struct scene *scene)
{
	struct pollfd ready = {.fd = scene->fd, .events = POLLIN};

	return COUNTED(scene, SYSCALL_POLL, poll(&ready, 1, -1));
}

/* poll() counts in milliseconds only. */
static int64_t attempt_ppoll_timeout(struct scene *scene)
{
	struct pollfd ready = {.fd = scene->fd, .events = POLLIN};
	struct timespec timeout = monotonic__timespec(scene->delay_ns);

	return COUNTED(scene, "ppoll", ppoll(&ready, 1, &timeout, NULL));
}

/* glibc makes select() the system call pselect6. */
static int64_t attempt_select(struct scene *scene)
{
	fd_set readable;

	FD_ZERO(&readable);
	FD_SET(scene->fd, &readable);
	return COUNTED(scene, "pselect6", select(scene->fd + 1, &readable, NULL, NULL, NULL));
}

static int64_t attempt_epoll_wait(struct scene *scene)
{
	struct epoll_event event;

	return COUNTED(scene, SYSCALL_EPOLL_WAIT, epoll_wait(scene->multiplexer_fd, &event, 1, -1));
}

static void drain(struct scene *scene)
{
	int64_t length = COUNTED(scene, "read", read(scene->fd, scene->buffer, 1));

	scene->bytes += (uint64_t)check(length, "read");
}

static void release_by_write(struct scene *scene)
{
	check(write(scene->partner_fd, "x", 1), "write");
}

const struct wait_kind wait_kinds_multiplex[] = {
	{
		.name = "poll",
		.help = "poll a pipe until it is readable",
		.syscall = SYSCALL_POLL,
		.class = "multiplex",
		.object_kind = "pipe",
		.sleep = "interruptible",
		.wakers = "thread",
		.partner = PARTNER_THREAD,
		.set_up = set_up_pipe,
		.attempt = attempt_poll,
		.conclude = drain,
		.release = release_by_write,
	},
	{
		.name = "ppoll-timeout",
		.help = "ppoll a pipe on which nothing comes, until the time is over",
		.syscall = "ppoll",
		.class = "multiplex",
		.object_kind = "pipe",
		.sleep = "interruptible",
		.wakers = "timer",
		.delay_is_the_wait = true,
		.set_up = set_up_pipe,
		.attempt = attempt_ppoll_timeout,
	},
	{
		.name = "select",
		.help = "select a pipe until it is readable",
		.syscall = "pselect6",
		.class = "multiplex",
		.object_kind = "pipe",
		.sleep = "interruptible",
		.wakers = "thread",
		.partner = PARTNER_THREAD,
		.set_up = set_up_pipe,
		.attempt = attempt_select,
		.conclude = drain,
		.release = release_by_write,
	},
	{
		.name = "epoll",
		.help = "epoll_wait until a pipe is readable",
		.syscall = SYSCALL_EPOLL_WAIT,
		.class = "multiplex",
		.object_kind = "epoll",
		.sleep = "interruptible",
		.wakers = "thread",
		.partner = PARTNER_THREAD,
		.set_up = set_up_epoll,
		.attempt = attempt_epoll_wait,
		.conclude = drain,
		.release = release_by_write,
	},
	{0},
};

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Waiting for room: writing to what is full. Before each operation the partner fills the buffer
 * to the last byte that the kernel takes, and after the delay it takes all of that away again. A
 * unix socket calls itself writable only when three quarters of its buffer are free, TCP when a
 * third is: a smaller release would not end the wait.
 */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "endpoint.h"
#include "monotonic.h"
#include "scene.h"

enum {
	PAGE = 4096,
	CHUNK = 4096,
	BUFFER = 65536, /* of sockets, so that filling them does not take long */
};

/* What the partner knows of the buffer. */
struct filling {
	int fd;		  /* its own for what the waiter writes to: refusals are the partner's */
	uint64_t bytes;	  /* in it, without the waiter's last */
	uint64_t written; /* by the waiter, as far as they are counted in the above */
	char chunk[CHUNK];
};

static void new_filling(struct scene *scene)
{
	struct filling *filling = check_memory(calloc(1, sizeof(*filling)));

	filling->fd = (int)check(fcntl(scene->fd, F_DUPFD_CLOEXEC, 0), "fcntl F_DUPFD_CLOEXEC");
	scene->own = filling;
}

/* What the partner put into it, and no more: for that it would have to wait. */
static void take_away(struct scene *scene)
{
	struct filling *filling = scene->own;

	while (filling->bytes > 0) {
		uint64_t length = filling->bytes < CHUNK ? filling->bytes : CHUNK;

		filling->bytes -=
			(uint64_t)check(read(scene->partner_fd, filling->chunk, length), "read");
	}
}

/* And what the waiter wrote in the operation before. */
static void take_away_rest(struct scene *scene)
{
	struct filling *filling = scene->own;

	filling->bytes += scene->bytes - filling->written;
	filling->written = scene->bytes;
	take_away(scene);
}

/* A pipe of one page: a write of a page fills it. */
static void set_up_pipe(struct scene *scene)
{
	int ends[2];

	check(pipe2(ends, O_CLOEXEC), "pipe2");
	check(fcntl(ends[1], F_SETPIPE_SZ, PAGE), "fcntl F_SETPIPE_SZ");
	scene->fd = ends[1];
	scene->partner_fd = ends[0];
	new_filling(scene);
	endpoint__link(scene->fd, scene->object, sizeof(scene->object));
}

static void fill_pipe(struct scene *scene)
{
	struct filling *filling = scene->own;

	take_away_rest(scene);
	check(write(filling->fd, filling->chunk, PAGE), "write");
	filling->bytes = PAGE;
}

static int64_t attempt_write(struct scene *scene)
{
	return COUNTED(scene, "write", write(scene->fd, scene->buffer, scene->size));
}

static void limit_buffers(const struct scene *scene)
{
	const int size = BUFFER;

	check(setsockopt(scene->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)),
	      "setsockopt SO_SNDBUF");
	check(setsockopt(scene->partner_fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)),
	      "setsockopt SO_RCVBUF");
}

static void set_up_unix(struct scene *scene)
{
	int ends[2];

	check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
	scene->fd = ends[0];
	scene->partner_fd = ends[1];
	limit_buffers(scene);
	new_filling(scene);
	snprintf(scene->object, sizeof(scene->object), "unix");
}

static void set_up_tcp(struct scene *scene)
{
	int ends[2];

	endpoint__tcp_pair(ends);
	scene->fd = ends[0];
	scene->partner_fd = ends[1];
	limit_buffers(scene);
	new_filling(scene);
	endpoint__local_address(scene->fd, scene->local, sizeof(scene->local));
	endpoint__remote_address(scene->fd, scene->remote, sizeof(scene->remote));
	snprintf(scene->object, sizeof(scene->object), "tcp %s", scene->remote);
}

static void send_until_full(struct scene *scene)
{
	struct filling *filling = scene->own;
	int64_t length;

	while ((length = send(filling->fd, filling->chunk, CHUNK, MSG_DONTWAIT)) > 0)
		filling->bytes += (uint64_t)length;
	if (errno != EAGAIN)
		err(EXIT_FAILURE, "send");
}

static void fill_unix(struct scene *scene)
{
	take_away_rest(scene);
	send_until_full(scene);
}

/* Is all that was sent acknowledged, and the rest held back by a window of zero? */
static bool has_come_to_rest(const struct scene *scene)
{
	int unacknowledged, unsent;

	check(ioctl(scene->fd, SIOCOUTQ, &unacknowledged), "ioctl SIOCOUTQ");
	check(ioctl(scene->fd, SIOCOUTQNSD, &unsent), "ioctl SIOCOUTQNSD");
	return unacknowledged == unsent;
}

/* What is acknowledged late makes room in the sender's buffer late. */
static void fill_tcp(struct scene *scene)
{
	bool was_at_rest;

	take_away_rest(scene);
	do {
		was_at_rest = has_come_to_rest(scene);
		send_until_full(scene);
		if (!was_at_rest)
			monotonic__sleep_ns(100000);
	} while (!was_at_rest);
}

/* glibc makes send() the system call sendto. */
static int64_t attempt_send(struct scene *scene)
{
	return COUNTED(scene, "sendto", send(scene->fd, scene->buffer, scene->size, 0));
}

const struct wait_kind wait_kinds_write[] = {
	{
		.name = "write-pipe",
		.help = "write to a pipe that is full",
		.syscall = "write",
		.class = "ipc",
		.object_kind = "pipe",
		.sleep = "interruptible",
		.wakers = "thread",
		.partner = PARTNER_THREAD,
		.can_be_nonblocking = true,
		.size = 64,
		.size_max = PAGE,
		.set_up = set_up_pipe,
		.arm = fill_pipe,
		.attempt = attempt_write,
		.release = take_away,
	},
	{
		.name = "send-unix",
		.help = "send on a unix stream socket that is full",
		.syscall = "sendto",
		.class = "ipc",
		.object_kind = "unix",
		.sleep = "interruptible",
		.wakers = "thread",
		.partner = PARTNER_THREAD,
		.can_be_nonblocking = true,
		.size = 64,
		.size_max = CHUNK,
		.set_up = set_up_unix,
		.arm = fill_unix,
		.attempt = attempt_send,
		.release = take_away,
	},
	{
		.name = "send",
		.help = "send on a TCP connection whose buffers are full",
		.syscall = "sendto",
		.class = "network",
		.object_kind = "tcp",
		.sleep = "interruptible",
		.wakers = "softirq",
		.wakers_realtime = "softirq,thread,kernel",
		.partner = PARTNER_THREAD,
		.can_be_nonblocking = true,
		.size = 64,
		.size_max = CHUNK,
		.set_up = set_up_tcp,
		.arm = fill_tcp,
		.attempt = attempt_send,
		.release = take_away,
	},
	{0},
};

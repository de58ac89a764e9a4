// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Waiting on the network, over the loopback device. What a thread sends there is received in
 * a soft interrupt that its own send call runs at its end: so the waker is `softirq`, not the
 * sending thread. On PREEMPT_RT soft interrupts run in threads.
 */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "endpoint.h"
#include "scene.h"

/* The object is named by the address that tells it best: the peer's, or a listener's own. */
static void describe(struct scene *scene, const char *protocol)
{
	endpoint__local_address(scene->fd, scene->local, sizeof(scene->local));
	endpoint__remote_address(scene->fd, scene->remote, sizeof(scene->remote));
	snprintf(scene->object, sizeof(scene->object), "%s %s", protocol,
		 scene->remote[0] ? scene->remote : scene->local);
}

static void set_up_tcp(struct scene *scene)
{
	int ends[2];

	endpoint__tcp_pair(ends);
	scene->fd = ends[0];
	scene->partner_fd = ends[1];
	describe(scene, "tcp");
}

static void set_up_udp(struct scene *scene)
{
	int ends[2];

	endpoint__udp_pair(ends);
	scene->fd = ends[0];
	scene->partner_fd = ends[1];
	describe(scene, "udp");
}

/* glibc makes recv() the system call recvfrom. */
static int64_t attempt_recv(struct scene *scene)
{
	return COUNTED(scene, "recvfrom", recv(scene->fd, scene->buffer, scene->size, 0));
}

static void release_by_send(struct scene *scene)
{
	check(send(scene->partner_fd, scene->message, scene->size, 0), "send");
}

static void set_up_accept(struct scene *scene)
{
	scene->fd = endpoint__tcp_listener(1);
	describe(scene, "tcp");
}

static int64_t attempt_accept(struct scene *scene)
{
	return COUNTED(scene, "accept", accept(scene->fd, NULL, NULL));
}

static void close_accepted(struct scene *scene)
{
	check(COUNTED(scene, "close", close((int)scene->result)), "close");
}

/* Only when the waiter is done with it: a reset in the midst would show in its calls. */
static void reset_connection(struct scene *scene)
{
	endpoint__reset(&scene->held_fd);
}

static void release_by_connect(struct scene *scene)
{
	scene->held_fd = endpoint__client(scene->fd);
	check(endpoint__connect(scene->held_fd, scene->fd), "connect");
}

const struct wait_kind wait_kinds_network[] = {
	{
		.name = "recv",
		.help = "recv on a TCP connection",
		.syscall = "recvfrom",
		.class = "network",
		.object_kind = "tcp",
		.sleep = "interruptible",
		.wakers = "softirq",
		.wakers_realtime = "softirq,thread,kernel",
		.partner = PARTNER_THREAD,
		.can_be_nonblocking = true,
		.size = 64,
		.size_max = 4096,
		.set_up = set_up_tcp,
		.attempt = attempt_recv,
		.release = release_by_send,
	},
	{
		.name = "recv-udp",
		.help = "recv on a UDP socket",
		.syscall = "recvfrom",
		.class = "network",
		.object_kind = "udp",
		.sleep = "interruptible",
		.wakers = "softirq",
		.wakers_realtime = "softirq,thread,kernel",
		.partner = PARTNER_THREAD,
		.can_be_nonblocking = true,
		.size = 64,
		.size_max = 4096,
		.set_up = set_up_udp,
		.attempt = attempt_recv,
		.release = release_by_send,
	},
	{
		.name = "accept",
		.help = "accept on a TCP socket, each connection closed at once",
		.syscall = "accept",
		.class = "network",
		.object_kind = "tcp",
		.sleep = "interruptible",
		.wakers = "softirq",
		.wakers_realtime = "softirq,thread,kernel",
		.partner = PARTNER_THREAD,
		.can_be_nonblocking = true,
		.set_up = set_up_accept,
		.arm = reset_connection,
		.attempt = attempt_accept,
		.conclude = close_accepted,
		.release = release_by_connect,
	},
	{0},
};

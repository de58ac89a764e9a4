// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Waiting for a connection to be made. What makes connect() wait?
 *
 * connect: on loopback, nothing. The whole handshake runs in soft interrupts inside the call;
 *	the answer is on the socket before the call would go to sleep. The listener's thread
 *	need not accept for it.
 * connect-full: the listener's queue is full (backlog 0, one connection in it), so the kernel
 *	drops the SYN. The partner makes room after the delay, but the caller learns of it
 *	only when its SYN is sent again, 1 s after the first (TCP's initial retransmission
 *	timeout). Each call takes 1 s, or 3 s or more where the delay is longer than that.
 * connect-unix: the listener's queue is full as well, but here the kernel lets connect() wait
 *	for room, and accept() makes it. This is the one connect that lasts just the delay.
 */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "endpoint.h"
#include "scene.h"

/* The listener is the partner's, the waiter gets a fresh socket for each operation. */
static void set_up_destination(struct scene *scene, const char *protocol)
{
	struct endpoint_address *destination = check_memory(malloc(sizeof(*destination)));

	*destination = endpoint__address(scene->partner_fd);
	scene->own = destination;
	endpoint__local_address(scene->partner_fd, scene->remote, sizeof(scene->remote));
	snprintf(scene->object, sizeof(scene->object), "%s %s", protocol, scene->remote);
}

static void fill_queue(struct scene *scene)
{
	int client = endpoint__client(scene->partner_fd);

	check(endpoint__connect(client, scene->partner_fd), "connect");
	/* Left open: it stays in the queue until the partner accepts it. */
}

static void set_up_connect(struct scene *scene)
{
	scene->partner_fd = endpoint__tcp_listener(1);
	set_up_destination(scene, "tcp");
}

static void set_up_connect_full(struct scene *scene)
{
	scene->partner_fd = endpoint__tcp_listener(0);
	set_up_destination(scene, "tcp");
	fill_queue(scene);
}

static void set_up_connect_unix(struct scene *scene)
{
	scene->partner_fd = endpoint__unix_listener(0);
	set_up_destination(scene, "unix");
	fill_queue(scene);
}

/* Resets the last connection only now: in the midst it would show in the waiter's calls. */
static void new_client(struct scene *scene)
{
	endpoint__reset(&scene->held_fd);
	scene->fd = endpoint__client(scene->partner_fd);
	if (scene->nonblocking)
		endpoint__set_nonblocking(scene->fd);
}

static int64_t attempt_connect(struct scene *scene)
{
	const struct endpoint_address *to = scene->own;

	return COUNTED(scene, "connect",
		       connect(scene->fd, (const struct sockaddr *)&to->storage, to->length));
}

static void close_client(struct scene *scene)
{
	check(COUNTED(scene, "close", close(scene->fd)), "close");
	scene->fd = -1;
}

/* Takes the connection that has been queued longest, which makes room for the waiter's. */
static void release_by_accept(struct scene *scene)
{
	scene->held_fd = (int)check(accept(scene->partner_fd, NULL, NULL), "accept");
}

const struct wait_kind wait_kinds_connect[] = {
	{
		.name = "connect",
		.help = "connect over TCP on loopback, which does not sleep",
		.syscall = "connect",
		.class = "network",
		.object_kind = "tcp",
		.wakers = "",
		.sleeps = SLEEPS_NEVER,
		.partner = PARTNER_THREAD,
		.can_be_in_progress = true,
		.set_up = set_up_connect,
		.arm = new_client,
		.attempt = attempt_connect,
		.conclude = close_client,
		.release = release_by_accept,
	},
	{
		.name = "connect-full",
		.help = "connect over TCP to a full listener, which takes 1s",
		.syscall = "connect",
		.class = "network",
		.object_kind = "tcp",
		.sleep = "interruptible",
		.wakers = "softirq",
		.wakers_realtime = "softirq,thread,kernel",
		.partner = PARTNER_THREAD,
		.can_be_in_progress = true,
		.extra_delay_ns = 1000000000,
		.set_up = set_up_connect_full,
		.arm = new_client,
		.attempt = attempt_connect,
		.conclude = close_client,
		.release = release_by_accept,
	},
	{
		.name = "connect-unix",
		.help = "connect to a unix listener that is full",
		.syscall = "connect",
		.class = "ipc",
		.object_kind = "unix",
		.sleep = "interruptible",
		.wakers = "thread",
		.partner = PARTNER_THREAD,
		.set_up = set_up_connect_unix,
		.arm = new_client,
		.attempt = attempt_connect,
		.conclude = close_client,
		.release = release_by_accept,
	},
	{0},
};

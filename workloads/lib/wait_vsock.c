// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Waiting on vsock, the sockets between a virtual machine and its host; here both ends are on one
 * machine. That takes the module vsock_loopback, in which a worker of the kernel delivers what was
 * sent. Without it a socket can listen, but nobody here can connect to it.
 */
#define _GNU_SOURCE 1
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include "check.h"
#include "scene.h"

#ifndef VMADDR_CID_LOCAL
#define VMADDR_CID_LOCAL 1 /* 5.6 */
#endif

static int new_socket(void)
{
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 && errno == EAFNOSUPPORT)
		unavailable("this kernel has no vsock (or its module is not loaded)");
	return (int)check(fd, "socket AF_VSOCK");
}

static struct sockaddr_vm local_address(int fd)
{
	struct sockaddr_vm address;
	socklen_t size = sizeof(address);

	check(getsockname(fd, (struct sockaddr *)&address, &size), "getsockname");
	return address;
}

/*
 * A listener on any port. To bind to a context id that no transport has fails: so nothing is ever
 * sent to the host.
 */
static int new_listener(unsigned int cid)
{
	const struct sockaddr_vm address = {
		.svm_family = AF_VSOCK,
		.svm_cid = cid,
		.svm_port = VMADDR_PORT_ANY,
	};
	int fd = new_socket();

	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		if (errno == EADDRNOTAVAIL && cid == VMADDR_CID_LOCAL)
			unavailable("there is no vsock loopback (modprobe vsock_loopback)");
		err(EXIT_FAILURE, "bind AF_VSOCK");
	}
	check(listen(fd, 1), "listen");
	return fd;
}

/* A connection is named by the peer's address. */
static void set_up_pair(struct scene *scene)
{
	int listener = new_listener(VMADDR_CID_LOCAL);
	struct sockaddr_vm address = local_address(listener);
	socklen_t size;

	scene->partner_fd = new_socket();
	check(connect(scene->partner_fd, (const struct sockaddr *)&address, sizeof(address)),
	      "connect");
	scene->fd = (int)check(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept4");
	close(listener);
	size = sizeof(address);
	check(getpeername(scene->fd, (struct sockaddr *)&address, &size), "getpeername");
	snprintf(scene->object, sizeof(scene->object), "vsock %u:%u", address.svm_cid,
		 address.svm_port);
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

/* A signal handler that does nothing but end the call: no SA_RESTART. */
static void interrupt(int signal)
{
	(void)signal;
}

static void set_up_lone_listener(struct scene *scene)
{
	struct sigaction action = {.sa_handler = interrupt};

	check(sigaction(SIGUSR1, &action, NULL), "sigaction");
	scene->fd = new_listener(VMADDR_CID_ANY);
	snprintf(scene->object, sizeof(scene->object), "vsock any:%u (listening)",
		 local_address(scene->fd).svm_port);
}

static int64_t attempt_accept(struct scene *scene)
{
	return COUNTED(scene, "accept", accept(scene->fd, NULL, NULL));
}

static void release_by_signal(struct scene *scene)
{
	check_error(pthread_kill(scene->waiter.thread, SIGUSR1), "pthread_kill");
}

const struct wait_kind wait_kinds_vsock[] = {
	{
		/* Seen on 6.12: it is woken once more than there are messages, now and then, or
		 * sleeps for the socket's lock, which the worker holds while it delivers. */
		.name = "recv-vsock",
		.help = "recv on a vsock connection (needs the module vsock_loopback)",
		.syscall = "recvfrom",
		.class = "network",
		.object_kind = "vsock",
		.sleep = "interruptible",
		.wakers = "kernel",
		.sleeps = SLEEPS_MAYBE,
		.partner = PARTNER_THREAD,
		.size = 64,
		.size_max = 4096,
		.set_up = set_up_pair,
		.attempt = attempt_recv,
		.release = release_by_send,
	},
	{
		.name = "accept-vsock-eintr",
		.help = "accept on a vsock socket, ended by a signal (EINTR)",
		.syscall = "accept",
		.class = "network",
		.object_kind = "vsock",
		.sleep = "interruptible",
		.wakers = "signal",
		.partner = PARTNER_THREAD,
		.expected_errno = EINTR,
		.set_up = set_up_lone_listener,
		.attempt = attempt_accept,
		.release = release_by_signal,
	},
	{0},
};

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE 1
#include "endpoint.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"

/* Large enough for any address, and readable as each kind. */
union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_un un;
	struct sockaddr_storage storage;
};

static int new_socket(int family, int type)
{
	return (int)check(socket(family, type | SOCK_CLOEXEC, 0), "socket");
}

static void bind_to_loopback(int fd, uint16_t port)
{
	union address address = {.in = {
					 .sin_family = AF_INET,
					 .sin_port = htons(port),
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				 }};

	check(bind(fd, &address.any, sizeof(address.in)), "bind");
}

int endpoint__tcp_listener(int backlog)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	bind_to_loopback(fd, 0);
	check(listen(fd, backlog), "listen");
	return fd;
}

int endpoint__tcp_listener_at(uint16_t port, int backlog, bool share)
{
	const int yes = 1;
	int fd = new_socket(AF_INET, SOCK_STREAM);

	check(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)),
	      "setsockopt SO_REUSEADDR");
	if (share)
		check(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes)),
		      "setsockopt SO_REUSEPORT");
	bind_to_loopback(fd, port);
	check(listen(fd, backlog), "listen");
	return fd;
}

void endpoint__send_at_once(int fd)
{
	const int yes = 1;

	check(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)),
	      "setsockopt TCP_NODELAY");
}

int endpoint__unix_listener(int backlog)
{
	union address address = {.un = {.sun_family = AF_UNIX}};
	int fd = new_socket(AF_UNIX, SOCK_STREAM);
	int length = snprintf(address.un.sun_path + 1, sizeof(address.un.sun_path) - 1,
			      "waitscope-workload-%d", getpid());

	/* The leading NUL makes the name abstract: nothing to remove from a file system. */
	length += (int)offsetof(struct sockaddr_un, sun_path) + 1;
	check(bind(fd, &address.any, (socklen_t)length), "bind");
	check(listen(fd, backlog), "listen");
	return fd;
}

int endpoint__client(int listener)
{
	int family;
	socklen_t size = sizeof(family);

	check(getsockopt(listener, SOL_SOCKET, SO_DOMAIN, &family, &size), "getsockopt SO_DOMAIN");
	return new_socket(family, SOCK_STREAM);
}

struct endpoint_address endpoint__address(int fd)
{
	struct endpoint_address address = {.length = sizeof(address.storage)};

	check(getsockname(fd, (struct sockaddr *)&address.storage, &address.length), "getsockname");
	return address;
}

int endpoint__connect(int client, int listener)
{
	struct endpoint_address address = endpoint__address(listener);

	return connect(client, (const struct sockaddr *)&address.storage, address.length);
}

void endpoint__tcp_pair(int ends[2])
{
	int listener = endpoint__tcp_listener(1);

	ends[1] = endpoint__client(listener);
	check(endpoint__connect(ends[1], listener), "connect");
	ends[0] = (int)check(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept4");
	for (int i = 0; i < 2; i++)
		endpoint__send_at_once(ends[i]);
	close(listener);
}

void endpoint__udp_pair(int ends[2])
{
	for (int i = 0; i < 2; i++) {
		ends[i] = new_socket(AF_INET, SOCK_DGRAM);
		bind_to_loopback(ends[i], 0);
	}
	check(endpoint__connect(ends[0], ends[1]), "connect");
	check(endpoint__connect(ends[1], ends[0]), "connect");
}

void endpoint__reset(int *fd)
{
	const struct linger reset_at_close = {.l_onoff = 1, .l_linger = 0};

	if (*fd < 0)
		return;
	check(setsockopt(*fd, SOL_SOCKET, SO_LINGER, &reset_at_close, sizeof(reset_at_close)),
	      "setsockopt SO_LINGER");
	close(*fd);
	*fd = -1;
}

static void format_address(const union address *address, socklen_t length, char *text, size_t size)
{
	char host[INET_ADDRSTRLEN];
	const int name = (int)(length - offsetof(struct sockaddr_un, sun_path)) - 1;

	text[0] = '\0';
	if (address->any.sa_family == AF_INET && address->in.sin_port &&
	    inet_ntop(AF_INET, &address->in.sin_addr, host, sizeof(host)))
		snprintf(text, size, "%s:%u", host, ntohs(address->in.sin_port));
	else if (address->any.sa_family == AF_UNIX && name > 0)
		snprintf(text, size, "@%.*s", name, address->un.sun_path + 1);
}

void endpoint__local_address(int fd, char *text, size_t size)
{
	union address address = {0};
	socklen_t length = sizeof(address);

	check(getsockname(fd, &address.any, &length), "getsockname");
	format_address(&address, length, text, size);
}

void endpoint__remote_address(int fd, char *text, size_t size)
{
	union address address = {0};
	socklen_t length = sizeof(address);

	text[0] = '\0';
	if (getpeername(fd, &address.any, &length) == 0)
		format_address(&address, length, text, size);
}

void endpoint__link(int fd, char *text, size_t size)
{
	char path[64];
	int64_t length;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	length = check(readlink(path, text, size - 1), path);
	text[length] = '\0';
}

void endpoint__set_nonblocking(int fd)
{
	int flags = (int)check(fcntl(fd, F_GETFL), "fcntl F_GETFL");

	check(fcntl(fd, F_SETFL, flags | O_NONBLOCK), "fcntl F_SETFL");
}

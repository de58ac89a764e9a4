// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE 1
#include "service.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"
#include "endpoint.h"
#include "monotonic.h"
#include "stop.h"
#include "watchdog.h"

/* Each connection takes a descriptor. Without a number of connections, as many as we get. */
static void raise_limits(const struct service_options *options)
{
	const uint64_t others = 64;

	process__raise_open_files(options->connections ? options->connections + others : 0);
}

void service__set_up(struct service *service, const struct service_options *options)
{
	*service = (struct service){.options = *options, .when_done = stop__now};
	service->counts = mmap(NULL, sizeof(*service->counts), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (service->counts == MAP_FAILED)
		err(EXIT_FAILURE, "mmap");
	memset(service->counts, 0, sizeof(*service->counts));
	raise_limits(options);
	stop__on_signals();
	watchdog__give_up_after(options->give_up_ns);
}

int service__listen(struct service *service, bool nonblocking, bool reuse_port)
{
	const int backlog = 65535; /* the kernel cuts it to net.core.somaxconn */
	int fd = endpoint__tcp_listener_at((uint16_t)service->options.port, backlog, reuse_port);

	if (nonblocking)
		endpoint__set_nonblocking(fd);
	endpoint__local_address(fd, service->address, sizeof(service->address));
	service->options.port = strtoul(strrchr(service->address, ':') + 1, NULL, 10);
	stop__add(fd);
	return fd;
}

/* It must not exist before: no option makes a workload overwrite anybody's data. */
static void write_port_file(const struct service *service)
{
	const char *path = service->options.port_file;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	char line[16];
	int length = snprintf(line, sizeof(line), "%" PRIu64 "\n", service->options.port);

	if (fd < 0 || write(fd, line, (size_t)length) != length)
		err(EXIT_FAILURE, "%s", path);
	close(fd);
}

void service__announce(struct service *service)
{
	service->footprint_before = process__footprint();
	service->books_at_start = process__books();
	if (service->options.port_file)
		write_port_file(service);
	else
		fprintf(stderr, "listening on %s\n", service->address);
}

void service__finish(struct service *service)
{
	service->books = process__books_since(service->books_at_start);
}

/* Said once: a server that is out of descriptors would say it very often. */
static void say_once(const struct service_counts *counts, const char *call, int error)
{
	if (counts->accept_errors + counts->connections_refused == 1)
		warnx("%s: %s (said once, counted in the truth)", call, strerror(error));
}

void service__count_accept_error(struct service *service, int error)
{
	atomic_fetch_add(&service->counts->accept_errors, 1);
	say_once(service->counts, "accept4", error);
}

int service__accept(struct service *service, int listener, bool nonblocking)
{
	int flags = SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0);
	int fd = accept4(listener, NULL, NULL, flags);
	int error = errno;

	service__count_call(service, CALL_ACCEPT);
	if (fd >= 0) {
		endpoint__send_at_once(fd);
		return fd;
	}
	if (error == EAGAIN) {
		atomic_fetch_add(&service->counts->eagain, 1);
	} else if (error != EINVAL && error != EINTR) {
		service__count_accept_error(service, error);
	}
	errno = error;
	return -1;
}

static void count_done(struct service *service)
{
	if (atomic_fetch_add(&service->counts->connections_done, 1) + 1 ==
	    service->options.connections)
		service->when_done();
}

void service__refuse(struct service *service, const char *call, int error)
{
	atomic_fetch_add(&service->counts->connections_refused, 1);
	say_once(service->counts, call, error);
	count_done(service);
}

void service__begin_connection(struct service *service)
{
	struct service_counts *counts = service->counts;

	atomic_fetch_add(&counts->connections, 1);
	distribution__raise(&counts->connections_max,
			    atomic_fetch_add(&counts->connections_open, 1) + 1);
}

void service__end_connection(struct service *service, bool is_whole)
{
	struct service_counts *counts = service->counts;

	if (!atomic_exchange(&counts->footprint_taken, true))
		counts->footprint = process__footprint();
	if (!is_whole)
		atomic_fetch_add(&counts->cut_short, 1);
	atomic_fetch_sub(&counts->connections_open, 1);
	count_done(service);
}

void service__count_call(struct service *service, enum service_call call)
{
	atomic_fetch_add(&service->counts->calls[call], 1);
}

static void count_transfer(struct service *service, int64_t result, _Atomic uint64_t *bytes)
{
	if (result > 0)
		atomic_fetch_add(bytes, (uint64_t)result);
	else if (result == -EAGAIN)
		atomic_fetch_add(&service->counts->eagain, 1);
}

void service__count_received(struct service *service, int64_t result)
{
	count_transfer(service, result, &service->counts->bytes_received);
}

void service__count_sent(struct service *service, int64_t result)
{
	count_transfer(service, result, &service->counts->bytes_sent);
}

void service__count_recv(struct service *service, int64_t result)
{
	service__count_call(service, CALL_RECV);
	service__count_received(service, result);
}

void service__count_send(struct service *service, int64_t result)
{
	service__count_call(service, CALL_SEND);
	service__count_sent(service, result);
}

void service__end_request(struct service *service, uint64_t asked_ns)
{
	struct service_counts *counts = service->counts;

	distribution__record(&counts->latency, monotonic__now_ns() - asked_ns);
	if (atomic_fetch_add(&counts->requests, 1) + 1 == service->options.requests)
		service->when_done();
}

void service__tear_down(struct service *service)
{
	if (service->options.port_file)
		unlink(service->options.port_file);
	munmap(service->counts, sizeof(*service->counts));
}

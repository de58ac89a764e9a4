// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the servers state in common; README.md explains every member. */
#include <unistd.h>

#include "service.h"

static const char *const call_names[SERVICE_CALLS] = {
	[CALL_ACCEPT] = "accept4",	[CALL_RECV] = "recvfrom",
	[CALL_SEND] = "sendto",		[CALL_SLEEP] = "clock_nanosleep",
	[CALL_FORK] = "clone",		[CALL_EPOLL_WAIT] = "epoll_pwait2",
	[CALL_EPOLL_CTL] = "epoll_ctl", [CALL_EVENTFD_READ] = "read",
	[CALL_EVENTFD_WRITE] = "write", [CALL_FILE_WRITE] = "pwrite64",
	[CALL_FILE_SYNC] = "fdatasync", [CALL_URING_ENTER] = "io_uring_enter",
};

static void write_calls(const struct service_counts *counts, struct truth *truth)
{
	truth__open(truth, "calls");
	for (int call = 0; call < SERVICE_CALLS; call++)
		if (counts->calls[call])
			truth__number(truth, call_names[call], counts->calls[call]);
	truth__close(truth);
}

void service__write_truth(const struct service *service, struct truth *truth, const char *workload)
{
	const struct service_counts *counts = service->counts;

	truth__text(truth, "workload", workload);
	truth__number(truth, "pid", (uint64_t)getpid());
	truth__text(truth, "address", service->address);
	truth__number(truth, "port", service->options.port);
	truth__number(truth, "size", service->options.size);
	truth__number(truth, "delay_ns", service->options.delay_ns);
	truth__number(truth, "connections", counts->connections);
	truth__number(truth, "connections_max", counts->connections_max);
	truth__number(truth, "connections_refused", counts->connections_refused);
	truth__number(truth, "accept_errors", counts->accept_errors);
	truth__number(truth, "cut_short", counts->cut_short);
	truth__number(truth, "requests", counts->requests);
	truth__number(truth, "bytes_received", counts->bytes_received);
	truth__number(truth, "bytes_sent", counts->bytes_sent);
	truth__number(truth, "slept_ns", counts->requests * service->options.delay_ns);
	distribution__write(&counts->latency, truth, "latency");
	truth__number(truth, "eagain", counts->eagain);
	write_calls(counts, truth);
	truth__books(truth, &service->books);
	process__write_footprint(truth, "memory", &service->footprint_before, &counts->footprint);
}

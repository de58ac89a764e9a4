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

static uint64_t increase(uint64_t before, uint64_t after)
{
	return after > before ? after - before : 0;
}

/*
 * A process costs what it does not share; of what one process holds for all connections, each has
 * an equal part.
 */
static void write_memory_per_connection(const struct service *service, struct truth *truth)
{
	const struct service_counts *counts = service->counts;
	const struct footprint *before = &service->footprint_before, *now = &counts->footprint;
	uint64_t connections = counts->connections_max;
	uint64_t user, page_tables, kernel_stacks;
	bool known = connections > 0 && counts->footprint_taken;

	connections += connections == 0;
	user = increase(before->resident, now->resident) / connections;
	page_tables = increase(before->page_tables, now->page_tables) / connections;
	kernel_stacks =
		increase(before->system_kernel_stacks, now->system_kernel_stacks) / connections;
	if (service->is_process_per_connection) {
		user = now->private_;
		page_tables = now->page_tables;
	}
	truth__open(truth, "memory_per_connection");
	truth__number_if(truth, "user_bytes", known, user);
	truth__number_if(truth, "page_tables_bytes", known, page_tables);
	truth__number_if(truth, "kernel_stack_bytes", known, kernel_stacks);
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
	write_memory_per_connection(service, truth);
}

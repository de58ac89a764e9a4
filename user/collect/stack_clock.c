// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <bpf/libbpf.h>

#include "collect/stack_clock.h"

/* The cpu-clock is a timer, not a counter of the hardware: virtual machines have it too. */
static int open_clock(int cpu, uint32_t rate)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attributes),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_freq = rate,
		.freq = 1,
	};
	long fd = syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

static int begin_cpu(struct stack_clock *clock, struct bpf_program *program, int cpu, uint32_t rate)
{
	int fd = open_clock(cpu, rate), err;
	struct bpf_link *link;

	if (fd == -ENODEV)
		return 0; /* offline */
	if (fd < 0)
		return fd;
	link = bpf_program__attach_perf_event(program, fd); /* owns the descriptor */
	if (!link) {
		err = -errno;
		close(fd);
		return err;
	}
	clock->links[clock->count++] = link;
	return 0;
}

int stack_clock__begin(struct stack_clock *clock, struct bpf_program *program, uint32_t rate)
{
	int cpus = libbpf_num_possible_cpus(), err = 0;

	if (cpus < 0)
		return cpus;
	clock->links = calloc(cpus, sizeof(struct bpf_link *));
	if (!clock->links)
		return -ENOMEM;
	for (int cpu = 0; cpu < cpus && !err; cpu++)
		err = begin_cpu(clock, program, cpu, rate);
	return err;
}

void stack_clock__end(struct stack_clock *clock)
{
	for (size_t i = 0; i < clock->count; i++)
		bpf_link__destroy(clock->links[i]);
	free(clock->links);
	memset(clock, 0, sizeof(*clock));
}

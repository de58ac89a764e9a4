// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Holds something in the kernel until SIGINT or SIGTERM, for the benchmark:
 *
 *   floor two      two empty programs: sched_switch, sched_waking (the hooks of tier waits)
 *   floor four     four: sys_enter and sys_exit too (the hooks of tier full)
 *   floor clock    the four, and each looks at the clock
 *   floor stats    the kernel's run-time statistics of BPF programs, which end with this process
 *
 * Writes "attached" to stderr once it holds it. Exit status: 0 done, 1 failed, 2 wrong usage.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "floor.skel.h"

static int wait_for_the_end(const sigset_t *signals)
{
	int signal_number;

	fputs("attached\n", stderr);
	return sigwait(signals, &signal_number) ? 1 : 0;
}

static int failed(const char *what, int error)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(-error));
	return 1;
}

static int hold_programs(bool syscalls, bool clock, const sigset_t *signals)
{
	struct floor_bpf *skeleton;
	int status, error;

	skeleton = floor_bpf__open();
	if (!skeleton) {
		fputs("floor: cannot open the programs\n", stderr);
		return 1;
	}
	skeleton->rodata->reads_clock = clock;
	bpf_program__set_autoload(skeleton->progs.floor_sys_enter, syscalls);
	bpf_program__set_autoload(skeleton->progs.floor_sys_exit, syscalls);
	error = floor_bpf__load(skeleton);
	if (error) {
		status = failed("cannot load", error);
		goto cleanup;
	}
	error = floor_bpf__attach(skeleton);
	if (error) {
		status = failed("cannot attach", error);
		goto cleanup;
	}
	status = wait_for_the_end(signals);
cleanup:
	floor_bpf__destroy(skeleton);
	return status;
}

static int hold_two(const sigset_t *signals)
{
	return hold_programs(false, false, signals);
}

static int hold_four(const sigset_t *signals)
{
	return hold_programs(true, false, signals);
}

static int hold_clock(const sigset_t *signals)
{
	return hold_programs(true, true, signals);
}

static int hold_stats(const sigset_t *signals)
{
	int descriptor = bpf_enable_stats(BPF_STATS_RUN_TIME);
	int status;

	if (descriptor < 0)
		return failed("cannot turn the statistics on", descriptor);
	status = wait_for_the_end(signals);
	close(descriptor);
	return status;
}

static const struct mode {
	const char *name;
	int (*hold)(const sigset_t *signals);
} modes[] = {
	{"two", hold_two},
	{"four", hold_four},
	{"clock", hold_clock},
	{"stats", hold_stats},
};

int main(int argc, char **argv)
{
	sigset_t signals;

	/* Blocked, and then waited for: one that comes before the attach is not lost. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);

	for (size_t i = 0; argc == 2 && i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(argv[1], modes[i].name))
			return modes[i].hold(&signals);
	fputs("usage: floor two|four|clock|stats\n", stderr);
	return 2;
}

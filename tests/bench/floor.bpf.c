// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The floor: programs that do nothing, on the hooks that waitscope uses. What they add is the price
 * of being called at all, which no tracer on these hooks can go below; with one look at the clock
 * each, the price of knowing when.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile bool reads_clock;
__u64 clock;

static __always_inline int nothing(void)
{
	if (reads_clock)
		clock = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/sched_switch")
int floor_sched_switch(void *context)
{
	return nothing();
}

SEC("tp_btf/sched_waking")
int floor_sched_waking(void *context)
{
	return nothing();
}

SEC("tp_btf/sys_enter")
int floor_sys_enter(void *context)
{
	return nothing();
}

SEC("tp_btf/sys_exit")
int floor_sys_exit(void *context)
{
	return nothing();
}

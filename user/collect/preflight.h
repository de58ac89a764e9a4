/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What this kernel has of what tracing needs. Asked of BTF, never of the version.
 */
#ifndef WAITSCOPE_COLLECT_PREFLIGHT_H
#define WAITSCOPE_COLLECT_PREFLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/uring_records.h"

/* A per-CPU variable, as a distance from the start of the per-CPU area. */
struct percpu_variable {
	bool present;
	uint32_t offset; /* bytes */
};

struct preflight {
	char kernel[80];
	char machine[80];
	bool btf; /* /sys/kernel/btf/vmlinux can be read */
	bool cap_bpf, cap_perfmon, cap_sys_admin;
	bool hook_switch, hook_waking, hook_wakeup_new, hook_exec,
		hook_exit;		    /* both tiers need these */
	bool hook_sys_enter, hook_sys_exit; /* the full tier needs these */
	bool hook_cgroup, hook_rename;
	bool hook_block;    /* requests inserted, issued, completed, requeued, merged */
	bool hook_io_start; /* block requests when they are made (6.5) */
	bool uprobe_pmu;    /* a perf event can be a uprobe; no tracefs needed */
	bool uprobe_multi;  /* one link for many uprobes (6.6) */
	bool attach_cookie; /* a program knows which of its probes it runs for (5.15) */
	bool task_iterator;
	bool prev_state;  /* sched_switch passes it (5.18) */
	bool rdonly_cast; /* kfunc of 6.2 */
	bool loop;	  /* bpf_loop(), 5.17 */
	bool hook_bio;	  /* block_bio_queue */
	struct uring_hooks uring;
	bool uring_old_submit; /* the submission is io_uring_submit_sqe (before 6.4) */
	bool mmapable;	       /* array maps that user space reads in place (5.5) */
	struct percpu_variable runqueues, preempt_count, hrtimer_bases, timer_bases;
	unsigned int timer_base_count;
	bool group_rq;	  /* a task leads to its run queue (FAIR_GROUP_SCHED) */
	bool tracefs;	  /* mounted; nothing here needs it */
	bool schedstat;	  /* /proc/PID/schedstat: the kernel's books of run-queue delay */
	uint64_t memlock; /* RLIMIT_MEMLOCK, bytes; matters before 5.11 only */
};

/* Looks. Returns 0; what is missing is not an error. */
int preflight__look(struct preflight *preflight);

/* Rights to load and attach tracing programs. */
bool preflight__has_rights(const struct preflight *preflight);

/*
 * The first thing without which nothing can be traced in this tier, as a sentence with what to
 * do about it, or NULL if there is none.
 */
const char *preflight__obstacle(const struct preflight *preflight, bool full);

/* Interrupt contexts can be told from threads; without, wakers in interrupts are unknown. */
bool preflight__knows_context(const struct preflight *preflight);

#endif

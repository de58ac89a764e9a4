/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One blocking call, laid out in the stages of docs/how-waiting-works.md.
 *
 * All instants are ns since its entry. The parts between them add up to `total` exactly:
 * up to the first switch-out, each sleep, each wait for a CPU, between sleeps, and after the last.
 */
#ifndef WAITSCOPE_MODEL_ANATOMY_H
#define WAITSCOPE_MODEL_ANATOMY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/records.h"
#include "model/wait_class.h"

struct anatomy_thread {
	int pid, tid; /* 0: not traced, or the idle task */
	char comm[RECORDS_COMM];
};

/* Who had the CPU that it left, and for how long. */
struct anatomy_run {
	struct anatomy_thread thread;
	uint64_t time; /* ns */
};

#define ANATOMY_RUNS 4

struct anatomy_sleep {
	uint64_t off, woken, on; /* switched out asleep, woken, on a CPU again */
	unsigned int cpu_off, cpu_waker, cpu_on;
	bool known; /* else class, sleep and object say nothing */
	enum wait_class class;
	enum ledger_sleep sleep;
	char *object;		    /* owned; NULL: none */
	bool early;		    /* its waking came before the switch-out: it did not sleep */
	struct anatomy_thread next; /* to whom the CPU switched */
	struct anatomy_run runs[ANATOMY_RUNS]; /* from `off` to `on`; the longest first */
	size_t run_count;
	uint64_t untraced; /* ns of that in which the CPU was idle, or ran who is not traced */
	uint64_t others;   /* ns of those that are beyond ANATOMY_RUNS */
	enum waker_kind waker_kind;
	struct anatomy_thread waker;
	const char *waker_call; /* static: in which it was then; NULL: in none, or not known */
};

struct anatomy {
	struct anatomy_thread thread;
	const char *syscall; /* static */
	bool on_descriptor;
	uint32_t argument;
	int64_t result;
	unsigned int cpu_entry, cpu_exit;
	uint64_t total;
	uint64_t preempted;	      /* of the parts on the CPU: put off it, and back */
	struct anatomy_sleep *sleeps; /* owned */
	size_t sleep_count;
};

#endif

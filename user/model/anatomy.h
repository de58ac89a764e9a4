/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One blocking call, laid out in the stages of docs/anatomy.md.
 *
 * All instants are ns since its entry. What lies between the stages that have an instant adds up to
 * `total` exactly.
 */
#ifndef WAITSCOPE_MODEL_ANATOMY_H
#define WAITSCOPE_MODEL_ANATOMY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/io_records.h"
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

#define ANATOMY_RUNS   4
#define ANATOMY_CHAIN  8
#define ANATOMY_SLEEPS 64 /* of a call; what more there are is added up */

/* What somebody slept for; unknown: class and sleep say nothing. */
struct anatomy_reason {
	bool known;
	enum wait_class class;
	enum ledger_sleep sleep;
	const char *syscall; /* static; NULL: in none */
	char *object;	     /* owned; NULL: none */
};

struct anatomy_waker {
	enum waker_kind kind;
	struct anatomy_thread thread;	   /* tid 0: none, or not known */
	struct anatomy_thread interrupted; /* whom the CPU ran then, if the waker is an interrupt */
	unsigned int cpu;
	const char *call;   /* static: in which it was then; NULL: in none, or not known */
	uint64_t call_time; /* ns since it had entered that */
};

/* A block request of its process that was completed by the interrupt which woke it, just before. */
struct anatomy_request {
	bool known;
	uint32_t operation;
	uint64_t completed; /* ns since the call's entry */
	uint64_t latency;   /* ns with the device */
};

/* A waker had slept itself, within the sleep that it ended: whoever woke it is next. */
struct anatomy_link {
	uint64_t woken; /* ns before the waking that this link explains */
	struct anatomy_reason reason;
	struct anatomy_waker waker;
	struct anatomy_request request;
};

struct anatomy_sleep {
	uint64_t off, woken, on; /* switched out asleep, woken, on a CPU again */
	unsigned int cpu_off, cpu_on;
	struct anatomy_reason reason;
	/* its waking came so many ns before the switch-out: it did not sleep, `woken` is `off` */
	bool early;
	uint64_t early_by;
	struct anatomy_thread next;	       /* to whom the CPU switched */
	struct anatomy_run runs[ANATOMY_RUNS]; /* from `off` to `on`; the longest first */
	size_t run_count;
	uint64_t untraced; /* ns of that in which the CPU was idle, or ran who is not traced */
	uint64_t others;   /* ns of those that are beyond ANATOMY_RUNS */
	struct anatomy_waker waker;
	struct anatomy_request request;
	struct anatomy_link chain[ANATOMY_CHAIN]; /* how its waker had been woken, and so on */
	size_t chain_count;
	bool chain_cut; /* it goes on further back than is kept, or events were lost there */
};

/* Sleeps beyond ANATOMY_SLEEPS: they follow the last one that is laid out. */
struct anatomy_more {
	uint64_t count, asleep, queued; /* ns, added up */
	uint64_t until;			/* on a CPU again after the last of them */
};

struct anatomy {
	struct anatomy_thread thread;
	const char *syscall; /* static */
	bool on_descriptor;
	uint32_t argument;
	bool has_result;
	int64_t result;
	unsigned int cpu_entry, cpu_exit;
	uint64_t total;
	uint64_t preempted; /* of the parts on a CPU: off it for other reasons, and back */
	struct anatomy_sleep *sleeps; /* owned */
	size_t sleep_count;
	struct anatomy_more more;
};

/* Frees what it owns, not itself. */
void anatomy__clear(struct anatomy *anatomy);

#define ANATOMY_ENTRY	1
#define ANATOMY_BLOCKS	2 /* finds that it cannot go on */
#define ANATOMY_STATE	3
#define ANATOMY_QUEUE	4
#define ANATOMY_SWITCH	5
#define ANATOMY_HAPPENS 6
#define ANATOMY_WAKING	7
#define ANATOMY_RUNQ	8
#define ANATOMY_RUNS_ON 9
#define ANATOMY_RETURN	10

struct anatomy_stage {
	int number; /* 1 to 10; 9 also stands for all of `more` */
	bool seen;  /* it has an instant */
	uint64_t at, took;
	const struct anatomy_sleep *sleep; /* of 2 to 9; NULL: of `more` */
};

/*
 * Tells each stage in order. `took` is the time since the last one that has an instant: their sum
 * is `total`. Stops at the first that returns other than 0, and returns that.
 */
int anatomy__each_stage(const struct anatomy *anatomy,
			int (*tell)(void *context, const struct anatomy_stage *stage),
			void *context);

#endif

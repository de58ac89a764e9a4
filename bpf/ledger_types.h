/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a ledger is made of: states, events, flags and the struct. The rules are in ledger.h. */
#ifndef WAITSCOPE_LEDGER_TYPES_H
#define WAITSCOPE_LEDGER_TYPES_H

#include <linux/types.h>

/* Bits of task_struct.__state that matter here (include/linux/sched.h; 5.14 to 6.18). */
#define LEDGER_TASK_INTERRUPTIBLE   0x0001
#define LEDGER_TASK_UNINTERRUPTIBLE 0x0002
#define LEDGER_TASK_STOPPED	    0x0004
#define LEDGER_TASK_TRACED	    0x0008
#define LEDGER_TASK_PARKED	    0x0040
#define LEDGER_TASK_DEAD	    0x0080
#define LEDGER_TASK_WAKEKILL	    0x0100
#define LEDGER_TASK_NOLOAD	    0x0400
#define LEDGER_TASK_RTLOCK_WAIT	    0x1000
#define LEDGER_TASK_FROZEN	    0x8000
/* The bits that mean "asleep", as opposed to modifiers such as FREEZABLE or NOLOAD. */
#define LEDGER_TASK_SLEEPING                                                                       \
	(LEDGER_TASK_INTERRUPTIBLE | LEDGER_TASK_UNINTERRUPTIBLE | LEDGER_TASK_STOPPED |           \
	 LEDGER_TASK_TRACED | LEDGER_TASK_PARKED | LEDGER_TASK_RTLOCK_WAIT | LEDGER_TASK_FROZEN)

/* Append only: the values are in recordings. */
enum ledger_state {
	LEDGER_UNKNOWN = 0,  /* not yet seen, or a transition was lost */
	LEDGER_RUNNING = 1,  /* on a CPU, not known whether inside a syscall */
	LEDGER_USER = 2,     /* on a CPU, outside any syscall */
	LEDGER_KERNEL = 3,   /* on a CPU, inside a syscall */
	LEDGER_RUNNABLE = 4, /* woken, waiting for a CPU */
	LEDGER_PREEMPTED = 5,
	LEDGER_BLOCKED = 6,
	LEDGER_ENDED = 7,
	LEDGER_STATES = 8,
};

enum ledger_sleep {
	LEDGER_SLEEP_NONE = 0,
	LEDGER_SLEEP_INTERRUPTIBLE = 1,
	LEDGER_SLEEP_UNINTERRUPTIBLE = 2,
	LEDGER_SLEEP_KILLABLE = 3,
	LEDGER_SLEEP_STOPPED = 4,
	LEDGER_SLEEP_TRACED = 5,
	LEDGER_SLEEP_IDLE = 6,
	LEDGER_SLEEP_FROZEN = 7,
};

/* What a switch-out, a waking or a switch-in turned out to be. */
enum ledger_event {
	LEDGER_EVENT_NONE = 0,
	LEDGER_EVENT_PREEMPTED = 1, /* switch-out: still wants to run */
	LEDGER_EVENT_BLOCKED = 2,   /* switch-out: asleep now */
	LEDGER_EVENT_ENDED = 3,	    /* switch-out: for the last time */
	LEDGER_EVENT_WOKEN = 4,	    /* waking: ended a wait */
	LEDGER_EVENT_EARLY = 5,	    /* waking: the thread has not been switched out (yet) */
	LEDGER_EVENT_SPURIOUS = 6,  /* waking: the thread was not asleep at all */
	LEDGER_EVENT_WAIT_DONE = 7, /* switch-in: a wait is complete */
	LEDGER_EVENT_UNWOKEN = 8,   /* switch-in: "asleep", yet never woken: it never slept */
};

/* `flags` of a ledger */
#define LEDGER_CENSORED	  0x01 /* the open wait began before the window */
#define LEDGER_WAITING	  0x04 /* a wait is open: BLOCKED, or woken and not yet running */
#define LEDGER_IN_CALL	  0x08 /* between syscall entry and exit */
#define LEDGER_ENTRY_SEEN 0x10 /* ... and the entry was seen, so its duration is known */
#define LEDGER_RESTARTING 0x20 /* a call was interrupted and may be resumed */

/* `call` of a ledger: none, or not known which (SYSCALL_NONE of records.h) */
#define LEDGER_CALL_NONE 0xffff

struct ledger {
	__u64 start; /* first instant accounted for */
	__u64 at;    /* instant up to which everything is accounted for */
	__u64 sum[LEDGER_STATES];
	__u32 state;  /* enum ledger_state; written last at switch-out, see above */
	__u32 resume; /* the running state to take up at the next switch-in */
	__u32 flags;
	__u32 lost;	  /* transitions that must have been missed */
	__u64 wait_since; /* switch-out that began the open wait */
	__u64 woken_at;	  /* waking that ended it; 0 while blocked */
	/* switches, in the kernel's sense (nvcsw, nivcsw) */
	__u64 voluntary;
	__u64 involuntary;
	__u32 wakings;	   /* wakings that ended a wait */
	__u32 spurious;	   /* wakings of a thread that was not asleep */
	__u32 woken_early; /* a waking came since the last switch-in; wakers write it */
	__u32 early;	   /* waits whose waking came before their switch-out */
	__u32 unwoken;	   /* "sleeps" without a waking, put right */
	__u32 backwards;   /* events that came with a clock behind `at` */
	/* the syscall in flight */
	__u32 call;	    /* its number, with the 32-bit flag of records.h */
	__u64 call_since;   /* entry */
	__u64 call_off_cpu; /* of it off-CPU, all states */
	__u64 call_blocked; /* of it blocked */
	__u64 lost_blocked; /* blocked time of waits whose end was missed */
	__u32 lost_waits;   /* ... and how many they are */
	__u32 pad;
	__u64 restart_until; /* return of an interrupted call that may be resumed */
};

/* A finished wait, as ledger__switch_in() hands it out. */
struct ledger_wait {
	__u64 blocked;	/* switch-out to waking */
	__u64 runqueue; /* waking to switch-in */
	__u32 censored; /* the wait began before the window: both sums are lower bounds */
	__u32 early;	/* its waking came before its switch-out */
};

/* A finished syscall, as ledger__exit_call() hands it out. */
struct ledger_call {
	__u64 total;
	__u64 off_cpu;
	__u64 blocked;
	__u32 call;
	__u32 censored; /* entry not seen: no duration */
};

#endif

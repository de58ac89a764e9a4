/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The ledger of one thread: which state it is in, and how long it was in each.
 *
 * This is the state machine of the whole tool, as plain functions over a plain struct, without
 * helpers or maps. The BPF programs run it on live events, the unit tests on literal sequences.
 *
 * Conservation holds by construction: time enters the books only through ledger__charge(), which
 * moves `at` forward by exactly what it adds to one sum. So at any moment
 *
 *     sum over states == at - start
 *
 * All times are nanoseconds of CLOCK_MONOTONIC (bpf_ktime_get_ns).
 *
 * Who may write: everything but sched_waking runs on the CPU that switches the thread or on the
 * thread itself, so those are ordered by the scheduler. sched_waking runs on the waker's CPU,
 * possibly while the sleeper is still being switched out. It touches the sums only if it finds
 * the state BLOCKED, and the switch-out writes that state last; else it only writes
 * `woken_early`, a field of its own: setting a bit of `flags` from there would undo what the
 * thread does to the other bits at that moment. (`spurious` may lose a count to such a race.)
 */
#ifndef WAITSCOPE_LEDGER_H
#define WAITSCOPE_LEDGER_H

#include "ledger_types.h"

#define LEDGER_INLINE static inline __attribute__((always_inline))

/*
 * Opens the books of a thread that is in `state` at `now`; `resume` is the running state that it
 * takes up at its next switch-in. If it is asleep, its wait is open and censored.
 */
LEDGER_INLINE void ledger__begin(struct ledger *ledger, __u64 now, __u32 state, __u32 resume)
{
	ledger->start = now;
	ledger->at = now;
	ledger->wait_since = now;
	if (state == LEDGER_BLOCKED)
		ledger->flags |= LEDGER_WAITING | LEDGER_CENSORED;
	ledger->resume = resume;
	ledger->state = state;
}

/* Charges the time since the last event to `state`. A clock that went back charges nothing. */
LEDGER_INLINE void ledger__charge(struct ledger *ledger, __u64 now, __u32 state)
{
	__s64 delta = (__s64)(now - ledger->at);

	if (delta <= 0) {
		if (delta < 0)
			ledger->backwards++;
		return;
	}
	ledger->sum[state & (LEDGER_STATES - 1)] += delta;
	ledger->at = now;
}

LEDGER_INLINE int ledger__is_running(__u32 state)
{
	return state == LEDGER_RUNNING || state == LEDGER_USER || state == LEDGER_KERNEL;
}

/* ns on a CPU so far, in whatever mode. */
LEDGER_INLINE __u64 ledger__cpu(const struct ledger *ledger)
{
	return ledger->sum[LEDGER_RUNNING] + ledger->sum[LEDGER_USER] + ledger->sum[LEDGER_KERNEL];
}

/* ns that it wanted to run, and did not. */
LEDGER_INLINE __u64 ledger__delayed(const struct ledger *ledger)
{
	return ledger->sum[LEDGER_RUNNABLE] + ledger->sum[LEDGER_PREEMPTED];
}

/*
 * Charges the time of which nothing is certain, because a transition was missed. Of a call in
 * flight it is no CPU time: only what was seen to run is.
 */
LEDGER_INLINE void ledger__charge_unknown(struct ledger *ledger, __u64 now)
{
	__u64 since = ledger__is_running(ledger->state) ? ledger->at : ledger->wait_since;

	ledger__charge(ledger, now, LEDGER_UNKNOWN);
	if (ledger->flags & LEDGER_IN_CALL)
		ledger->call_off_cpu += ledger->at - since;
}

/* An open wait is over, but its end was missed. What was charged as blocked stays so. */
LEDGER_INLINE void ledger__drop_wait(struct ledger *ledger)
{
	if (ledger->flags & LEDGER_WAITING) {
		ledger->lost_waits++;
		if (ledger->woken_at > ledger->wait_since)
			ledger->lost_blocked += ledger->woken_at - ledger->wait_since;
	}
	ledger->flags &= ~(LEDGER_WAITING | LEDGER_CENSORED);
}

/* The sleep kind of a task state. Bits are tested, never compared: modifiers come on top. */
LEDGER_INLINE __u32 ledger__sleep(__u32 task_state)
{
	if (task_state & LEDGER_TASK_INTERRUPTIBLE)
		return LEDGER_SLEEP_INTERRUPTIBLE;
	if (task_state & LEDGER_TASK_TRACED)
		return LEDGER_SLEEP_TRACED;
	if (task_state & LEDGER_TASK_STOPPED)
		return LEDGER_SLEEP_STOPPED;
	if (task_state & LEDGER_TASK_FROZEN)
		return LEDGER_SLEEP_FROZEN;
	if (task_state & LEDGER_TASK_PARKED)
		return LEDGER_SLEEP_IDLE;
	if (task_state & LEDGER_TASK_UNINTERRUPTIBLE) {
		if (task_state & LEDGER_TASK_WAKEKILL)
			return LEDGER_SLEEP_KILLABLE;
		/* TASK_IDLE is UNINTERRUPTIBLE | NOLOAD: both bits, or it would match any D */
		if (task_state & LEDGER_TASK_NOLOAD)
			return LEDGER_SLEEP_IDLE;
		return LEDGER_SLEEP_UNINTERRUPTIBLE;
	}
	if (task_state & LEDGER_TASK_RTLOCK_WAIT)
		return LEDGER_SLEEP_UNINTERRUPTIBLE;
	return LEDGER_SLEEP_NONE;
}

/* What a switch-out with these arguments means, before it is entered in the books. */
LEDGER_INLINE __u32 ledger__switch_out_kind(int preempt, __u32 task_state)
{
	if (task_state & LEDGER_TASK_DEAD)
		return LEDGER_EVENT_ENDED;
	/* preempt means runnable, whatever the state says: it is about to sleep, but was stopped
	 * on the way there and has to run again to get there */
	if (preempt || !(task_state & LEDGER_TASK_SLEEPING))
		return LEDGER_EVENT_PREEMPTED;
	return LEDGER_EVENT_BLOCKED;
}

/* `kind` is from ledger__switch_out_kind(). */
LEDGER_INLINE void ledger__switch_out(struct ledger *ledger, __u64 now, __u32 kind)
{
	__u32 state = ledger->state;

	if (ledger__is_running(state)) {
		ledger__charge(ledger, now, state);
		ledger->resume = state;
	} else {
		/* its switch-in was missed: since the last event, anything may have happened */
		ledger__charge_unknown(ledger, now);
		ledger__drop_wait(ledger);
		if (state != LEDGER_UNKNOWN) {
			ledger->lost++;
			ledger->woken_early = 0;
		}
	}
	if (kind == LEDGER_EVENT_PREEMPTED)
		ledger->involuntary++;
	else
		ledger->voluntary++;
	/* `at`, not `now`: no duration may be longer than what was charged (clocks go back) */
	ledger->wait_since = ledger->at;
	ledger->woken_at = 0;
	ledger->flags &= ~(LEDGER_CENSORED | LEDGER_WAITING);
	if (kind == LEDGER_EVENT_BLOCKED)
		ledger->flags |= LEDGER_WAITING;
	/* compiler barrier: sched_waking on another CPU acts on BLOCKED as soon as it sees it */
	__asm__ __volatile__("" ::: "memory");
	ledger->state = kind == LEDGER_EVENT_BLOCKED	 ? LEDGER_BLOCKED
			: kind == LEDGER_EVENT_PREEMPTED ? LEDGER_PREEMPTED
							 : LEDGER_ENDED;
}

LEDGER_INLINE __u32 ledger__waking(struct ledger *ledger, __u64 now)
{
	__u32 state = ledger->state;

	if (state == LEDGER_BLOCKED) {
		/* a census found it asleep, and has yet to charge the time before */
		if (ledger->at < ledger->wait_since)
			ledger__charge(ledger, ledger->wait_since, LEDGER_UNKNOWN);
		ledger__charge(ledger, now, LEDGER_BLOCKED);
		ledger->woken_at = ledger->at;
		ledger->wakings++;
		ledger->state = LEDGER_RUNNABLE;
		return LEDGER_EVENT_WOKEN;
	}
	if (ledger__is_running(state) || state == LEDGER_UNKNOWN) {
		/* On its way to sleep, or awake after all. If it does sleep and nobody else wakes
		 * it, this was the waking: switch_in decides. */
		if (ledger->woken_early)
			ledger->spurious++;
		ledger->woken_early = 1;
		return LEDGER_EVENT_EARLY;
	}
	ledger->spurious++;
	return LEDGER_EVENT_SPURIOUS;
}

LEDGER_INLINE __u32 ledger__finish_wait(struct ledger *ledger, __u64 now, struct ledger_wait *wait)
{
	__u64 woken = ledger->woken_at ? ledger->woken_at : ledger->wait_since;

	wait->blocked = woken > ledger->wait_since ? woken - ledger->wait_since : 0;
	wait->runqueue = now > woken ? now - woken : 0;
	wait->censored = !!(ledger->flags & LEDGER_CENSORED);
	ledger->flags &= ~(LEDGER_WAITING | LEDGER_CENSORED);
	return LEDGER_EVENT_WAIT_DONE;
}

/* About to be switched in from a sleep that no waking has ended: see the next two functions. */
LEDGER_INLINE int ledger__lacks_waking(const struct ledger *ledger)
{
	return ledger->state == LEDGER_BLOCKED && !ledger->woken_early;
}

/*
 * Such a sleep has two explanations. With a signal pending, the thread never slept (see
 * ledger__switch_in()). Without, its waking was missed, and how long it slept is not known: call
 * this first.
 */
LEDGER_INLINE void ledger__lose_waking(struct ledger *ledger)
{
	ledger->state = LEDGER_UNKNOWN;
	ledger__drop_wait(ledger);
	ledger->lost++;
}

/* Returns LEDGER_EVENT_WAIT_DONE and fills `wait` if a wait is complete now. */
LEDGER_INLINE __u32 ledger__switch_in(struct ledger *ledger, __u64 now, struct ledger_wait *wait)
{
	__u32 state = ledger->state, event = LEDGER_EVENT_NONE;
	__u64 off_since = ledger->wait_since;

	wait->early = 0;
	if (state == LEDGER_RUNNABLE || state == LEDGER_PREEMPTED) {
		ledger__charge(ledger, now, state);
		/* nobody waits who was preempted: a census that ran beside the switch-out may
		 * have left the flag behind */
		if (state == LEDGER_RUNNABLE && (ledger->flags & LEDGER_WAITING))
			event = ledger__finish_wait(ledger, ledger->at, wait);
	} else if (state == LEDGER_BLOCKED && ledger->woken_early) {
		/* the waking overtook the switch-out: asleep for no time, then runnable */
		ledger__charge(ledger, now, LEDGER_RUNNABLE);
		ledger->woken_early = 0;
		wait->early = 1;
		ledger->early++;
		ledger->wakings++;
		event = ledger__finish_wait(ledger, ledger->at, wait);
	} else if (state == LEDGER_BLOCKED) {
		/* 5.18 to 6.15: prev_state says sleeping although a pending signal kept the task
		 * runnable, and no waking follows. It was never off the run queue. */
		ledger__charge(ledger, now, LEDGER_PREEMPTED);
		ledger->unwoken++;
		ledger->flags &= ~(LEDGER_WAITING | LEDGER_CENSORED);
		event = LEDGER_EVENT_UNWOKEN;
	} else {
		/* its switch-out was missed, or it is seen for the first time */
		ledger__charge_unknown(ledger, now);
		if (state != LEDGER_UNKNOWN)
			ledger->lost++;
		else
			ledger->woken_early = 0;
		if (ledger__is_running(state))
			ledger->resume = state;
		off_since = ledger->at;
	}
	if (ledger->flags & LEDGER_IN_CALL) {
		ledger->call_off_cpu += ledger->at - off_since;
		if (event == LEDGER_EVENT_WAIT_DONE)
			ledger->call_blocked += wait->blocked;
	}
	if (ledger->woken_early) {
		/* it answered no sleep */
		ledger->spurious++;
		ledger->woken_early = 0;
	}
	ledger->woken_at = 0;
	ledger->state = ledger->resume;
	return event;
}

/*
 * The first syscall event of a thread tells in what mode it has been running so far. Only the
 * full tier has these events; in the other one everything stays in LEDGER_RUNNING.
 */
LEDGER_INLINE void ledger__learn_mode(struct ledger *ledger, __u64 now, __u32 mode)
{
	__u32 state = ledger->state;

	if (state == mode) {
		ledger__charge(ledger, now, mode);
		return;
	}
	if (state == LEDGER_RUNNING) {
		ledger__charge(ledger, now, mode);
		ledger->sum[mode & (LEDGER_STATES - 1)] += ledger->sum[LEDGER_RUNNING];
		ledger->sum[LEDGER_RUNNING] = 0;
		return;
	}
	if (state != LEDGER_UNKNOWN)
		ledger->lost++;
	if (ledger__is_running(state)) {
		/* a missed syscall event: it was running, part of it in either mode */
		ledger__charge(ledger, now, LEDGER_RUNNING);
		return;
	}
	/* a missed switch-in: no wait is open any more */
	ledger__charge_unknown(ledger, now);
	ledger__drop_wait(ledger);
	ledger->woken_early = 0;
}

/*
 * Enters syscall `call`. `restart_syscall` is the number of that call in this ABI (219, 0 on i386).
 *
 * A call that a signal interrupted comes back as restart_syscall, or is simply entered again.
 * Both are the same logical call: it goes on where it was. If a handler ran, rt_sigreturn or
 * another call comes first; then the interrupted call had ended (with EINTR), which
 * ledger__interrupted() hands out before this is called.
 */
LEDGER_INLINE void ledger__enter_call(struct ledger *ledger, __u64 now, __u32 call,
				      __u32 restart_syscall)
{
	ledger__learn_mode(ledger, now, LEDGER_USER);
	ledger->state = LEDGER_KERNEL;
	if ((ledger->flags & LEDGER_RESTARTING) &&
	    (call == restart_syscall || call == ledger->call)) {
		/* The time between the two is the call's own, and off its CPU books: SIGSTOP
		 * stops a thread there, after the exit of the call. */
		ledger->call_off_cpu += ledger->at - ledger->restart_until;
		ledger->flags =
			(ledger->flags & ~LEDGER_RESTARTING) | LEDGER_IN_CALL | LEDGER_ENTRY_SEEN;
		return;
	}
	ledger->flags = (ledger->flags & ~LEDGER_RESTARTING) | LEDGER_IN_CALL | LEDGER_ENTRY_SEEN;
	ledger->call = call;
	ledger->call_since = ledger->at;
	ledger->call_off_cpu = 0;
	ledger->call_blocked = 0;
}

/* -ERESTARTSYS, -ERESTARTNOINTR, -ERESTARTNOHAND, -ERESTART_RESTARTBLOCK: never seen by users. */
LEDGER_INLINE int ledger__is_restart(__s64 result)
{
	return result <= -512 && result >= -516 && result != -515;
}

/* True if an interrupted call ends with EINTR because `call` is entered instead of it. */
LEDGER_INLINE int ledger__interrupted(const struct ledger *ledger, __u32 call,
				      __u32 restart_syscall)
{
	return (ledger->flags & LEDGER_RESTARTING) && call != restart_syscall &&
	       call != ledger->call;
}

/* The interrupted call of ledger__interrupted(), as it was when it returned. */
LEDGER_INLINE void ledger__take_interrupted(struct ledger *ledger, struct ledger_call *done)
{
	done->call = ledger->call;
	done->total = ledger->restart_until - ledger->call_since;
	done->off_cpu = ledger->call_off_cpu;
	done->blocked = ledger->call_blocked;
	done->censored = 0;
	ledger->flags &= ~LEDGER_RESTARTING;
}

/*
 * Leaves the syscall in flight with `result`. Returns 1 and fills `done` if a logical call is
 * complete, 0 if it was interrupted and may go on.
 */
LEDGER_INLINE int ledger__exit_call(struct ledger *ledger, __u64 now, __s64 result,
				    struct ledger_call *done)
{
	__u32 flags;

	ledger__learn_mode(ledger, now, LEDGER_KERNEL);
	ledger->state = LEDGER_USER;
	flags = ledger->flags;
	ledger->flags = flags & ~(LEDGER_IN_CALL | LEDGER_ENTRY_SEEN | LEDGER_RESTARTING);
	if ((flags & LEDGER_ENTRY_SEEN) && ledger__is_restart(result)) {
		ledger->restart_until = ledger->at;
		ledger->flags |= LEDGER_RESTARTING;
		return 0;
	}
	/* without an entry, `call` is the one before: seccomp denies a call ahead of its entry */
	done->call = flags & LEDGER_IN_CALL ? ledger->call : LEDGER_CALL_NONE;
	done->total = ledger->at - ledger->call_since;
	done->off_cpu = ledger->call_off_cpu;
	done->blocked = ledger->call_blocked;
	done->censored = !(flags & LEDGER_ENTRY_SEEN);
	return 1;
}

/*
 * Closes the books at the end of the window. Returns 1 and fills `wait` if a wait is open: all
 * of it is a lower bound. If it was woken already, its blocked part is exact all the same.
 */
LEDGER_INLINE int ledger__close(struct ledger *ledger, __u64 end, struct ledger_wait *wait)
{
	int open = (ledger->flags & LEDGER_WAITING) &&
		   (ledger->state == LEDGER_BLOCKED || ledger->state == LEDGER_RUNNABLE);

	if (ledger->state == LEDGER_ENDED)
		return 0;
	ledger__charge(ledger, end, ledger->state);
	if (!open)
		return 0;
	if (ledger->state == LEDGER_BLOCKED)
		ledger->woken_at = ledger->at;
	ledger__finish_wait(ledger, ledger->at, wait);
	wait->early = 0;
	wait->censored = 1;
	return 1;
}

#endif

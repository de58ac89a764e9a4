/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ledger's events as single steps. After each of them the books must balance. */
#ifndef WAITSCOPE_TESTS_LEDGER_STEPS_H
#define WAITSCOPE_TESTS_LEDGER_STEPS_H

#include "bpf/records.h"
#include "tests/unit/unit.h"

/* Task states as sched_switch reports them. */
#define STATE_RUNNING	      0x0
#define STATE_INTERRUPTIBLE   0x1
#define STATE_UNINTERRUPTIBLE 0x2
#define STATE_DEAD	      0x80
#define STATE_KILLABLE	      0x102

#define CALL_READ   0u
#define CALL_POLL   7u
#define CALL_SLEEP  35u
#define CALL_RETURN 15u /* rt_sigreturn */
#define RESTART	    219u

static inline void assert_balanced(const struct ledger *ledger)
{
	uint64_t sum = 0;

	for (int state = 0; state < LEDGER_STATES; state++)
		sum += ledger->sum[state];
	assert_int_equal(sum, ledger->at - ledger->start);
	assert_int_equal(ledger->sum[LEDGER_ENDED], 0);
}

static inline struct ledger begin(uint64_t now, uint32_t state, uint32_t resume)
{
	struct ledger ledger = {.call = LEDGER_CALL_NONE};

	ledger__begin(&ledger, now, state, resume);
	assert_balanced(&ledger);
	return ledger;
}

static inline uint32_t switch_out(struct ledger *ledger, uint64_t now, int preempt, uint32_t state)
{
	uint32_t kind = ledger__switch_out_kind(preempt, state);

	ledger__switch_out(ledger, now, kind);
	assert_balanced(ledger);
	return kind;
}

static inline uint32_t waking(struct ledger *ledger, uint64_t now)
{
	uint32_t event = ledger__waking(ledger, now);

	assert_balanced(ledger);
	return event;
}

/* As the BPF program does it where a signal may explain a sleep without a waking. */
static inline uint32_t switch_in(struct ledger *ledger, uint64_t now, struct ledger_wait *wait)
{
	uint32_t event = ledger__switch_in(ledger, now, wait);

	assert_balanced(ledger);
	return event;
}

/* Asleep from one instant to the other, and back on a CPU at once. */
static inline void sleep_from_to(struct ledger *ledger, uint64_t from, uint64_t to)
{
	struct ledger_wait wait;

	switch_out(ledger, from, 0, STATE_INTERRUPTIBLE);
	waking(ledger, to);
	switch_in(ledger, to, &wait);
}

static inline void enter(struct ledger *ledger, uint64_t now, uint32_t call)
{
	ledger__enter_call(ledger, now, call, RESTART);
	assert_balanced(ledger);
}

static inline int leave(struct ledger *ledger, uint64_t now, int64_t result,
			struct ledger_call *done)
{
	int complete = ledger__exit_call(ledger, now, result, done);

	assert_balanced(ledger);
	return complete;
}

static inline int close_books(struct ledger *ledger, uint64_t end, struct ledger_wait *wait)
{
	int open = ledger__close(ledger, end, wait);

	assert_balanced(ledger);
	return open;
}

#endif

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What must hold of the books after any events whatever, in any order, with any clocks.
 * ledger_steps.h asserts after each step that the states add up to the time accounted for.
 */
#include "tests/unit/ledger_steps.h"

#define SEQUENCES 2000
#define STEPS	  300

/* What the wait and call rows would hold. */
struct totals {
	uint64_t blocked, waits;
	uint64_t wakings;
};

static const uint32_t task_states[] = {0x0,   0x1,   0x2,  0x4,	   0x8,	   0x102,  0x402,
				       0x104, 0x108, 0x40, 0x2001, 0x2402, 0x8000, 0x1000};
#define ENDS_ONE_IN 2000
static const uint32_t first_states[] = {LEDGER_UNKNOWN, LEDGER_RUNNING,	 LEDGER_USER,
					LEDGER_KERNEL,	LEDGER_RUNNABLE, LEDGER_PREEMPTED,
					LEDGER_BLOCKED, LEDGER_RUNNING};
static const uint32_t calls[] = {CALL_READ, CALL_POLL, CALL_SLEEP, CALL_RETURN, RESTART};
static const int64_t results[] = {0, 1, -11, -4, -512, -513, -514, -516, -4095};

#define PICK(array, seed) ((array)[next_random(seed) % COUNT(array)])

/* Mostly forward, now and then back, rarely by a lot. */
static uint64_t next_clock(uint64_t now, uint64_t *seed)
{
	uint64_t step = next_random(seed) % 1000;

	switch (next_random(seed) % 16) {
	case 0:
		return now > step ? now - step : 0;
	case 1:
		return now;
	case 2:
		return now + step * 1000000;
	default:
		return now + step;
	}
}

static void check_call(const struct ledger_call *done)
{
	if (done->censored)
		return;
	assert_true(done->off_cpu <= done->total);
	assert_true(done->blocked <= done->off_cpu);
}

static void add_wait(struct totals *totals, const struct ledger_wait *wait)
{
	totals->blocked += wait->blocked;
	totals->waits++;
}

static void random_enter(struct ledger *ledger, uint64_t now, uint64_t *seed)
{
	uint32_t call = PICK(calls, seed);
	struct ledger_call done;

	if (ledger__interrupted(ledger, call, RESTART)) {
		ledger__take_interrupted(ledger, &done);
		check_call(&done);
	}
	enter(ledger, now, call);
}

/* Any event, whether it makes sense or not. */
static void random_step(struct ledger *ledger, uint64_t now, uint64_t *seed, struct totals *totals)
{
	struct ledger_wait wait;
	struct ledger_call done;

	switch (next_random(seed) % 6) {
	case 0:
		switch_out(ledger, now, next_random(seed) % 4 == 0,
			   next_random(seed) % ENDS_ONE_IN ? PICK(task_states, seed) : STATE_DEAD);
		break;
	case 1:
		if (ledger__lacks_waking(ledger) && next_random(seed) % 2)
			ledger__lose_waking(ledger);
		if (switch_in(ledger, now, &wait) == LEDGER_EVENT_WAIT_DONE)
			add_wait(totals, &wait);
		break;
	case 2:
	case 3:
		if (waking(ledger, now) == LEDGER_EVENT_WOKEN)
			totals->wakings++;
		break;
	case 4:
		random_enter(ledger, now, seed);
		break;
	case 5:
		if (leave(ledger, now, PICK(results, seed), &done))
			check_call(&done);
		break;
	}
}

static void any_events_with_any_clocks_conserve_time(void **state)
{
	uint64_t seed = 0x9e3779b97f4a7c15ULL;

	(void)state;
	for (int i = 0; i < SEQUENCES; i++) {
		uint64_t now = next_random(&seed) % 1000000;
		struct ledger ledger = begin(now, PICK(first_states, &seed), LEDGER_RUNNING);
		struct totals totals = {0};
		struct ledger_wait wait;
		uint64_t latest = now;

		for (int step = 0; step < STEPS; step++) {
			now = next_clock(now, &seed);
			latest = now > latest ? now : latest;
			random_step(&ledger, now, &seed, &totals);
			/* the books stand at the latest instant seen, unless nothing was due */
			assert_true(ledger.at <= latest);
		}
		if (close_books(&ledger, latest + 1, &wait))
			add_wait(&totals, &wait);
		if (ledger.state != LEDGER_ENDED)
			assert_int_equal(ledger.at, latest + 1);
		/* no wait claims time that was not booked as blocked */
		assert_true(totals.blocked <= ledger.sum[LEDGER_BLOCKED]);
		assert_int_equal(ledger.wakings, totals.wakings + ledger.early);
	}
}

/* The life of a thread as a kernel tells it: no event lost, none out of place. */
struct life {
	struct ledger ledger;
	struct totals totals;
	uint64_t now;
	uint64_t seed;
	uint64_t spurious, early, unwoken, calls, call_cpu;
	int in_call, interrupted;
};

static void pass(struct life *life)
{
	life->now += next_random(&life->seed) % 1000;
}

static void live_off_cpu(struct life *life)
{
	struct ledger *ledger = &life->ledger;
	struct ledger_wait wait;
	uint32_t kind, event;
	int woken_early = next_random(&life->seed) % 8 == 0;

	if (woken_early)
		waking(ledger, life->now);
	kind = switch_out(ledger, life->now, next_random(&life->seed) % 4 == 0,
			  PICK(task_states, &life->seed));
	pass(life);
	if (kind == LEDGER_EVENT_BLOCKED && woken_early) {
		life->early++;
	} else if (kind == LEDGER_EVENT_BLOCKED) {
		if (next_random(&life->seed) % 8)
			waking(ledger, life->now);
		else
			life->unwoken++;
	} else {
		life->spurious += woken_early;
	}
	pass(life);
	event = switch_in(ledger, life->now, &wait);
	if (event == LEDGER_EVENT_WAIT_DONE)
		add_wait(&life->totals, &wait);
}

static void live_call(struct life *life)
{
	static const int64_t outcomes[] = {0, -11, 7};
	struct ledger_call done;

	if (!life->in_call) {
		enter(&life->ledger, life->now, life->interrupted ? RESTART : CALL_SLEEP);
		life->interrupted = 0;
		life->in_call = 1;
		return;
	}
	life->in_call = 0;
	life->interrupted = next_random(&life->seed) % 4 == 0;
	if (!leave(&life->ledger, life->now, life->interrupted ? -516 : PICK(outcomes, &life->seed),
		   &done))
		return;
	check_call(&done);
	assert_int_equal(done.call, CALL_SLEEP);
	life->calls++;
	life->call_cpu += done.total - done.off_cpu;
}

static void a_life_without_loss_is_told_without_loss(void **state)
{
	struct life life = {.seed = 0x2545f4914f6cdd1dULL};

	(void)state;
	for (int i = 0; i < SEQUENCES; i++) {
		struct ledger_wait wait;

		life = (struct life){.seed = life.seed};
		life.ledger = begin(0, LEDGER_USER, LEDGER_USER);
		for (int step = 0; step < STEPS; step++) {
			pass(&life);
			if (next_random(&life.seed) % 2)
				live_off_cpu(&life);
			else
				live_call(&life);
		}
		while (life.in_call || life.interrupted)
			live_call(&life);
		assert_int_equal(close_books(&life.ledger, life.now, &wait), 0);
		assert_int_equal(life.ledger.sum[LEDGER_UNKNOWN], 0);
		assert_int_equal(life.ledger.lost, 0);
		assert_int_equal(life.ledger.backwards, 0);
		assert_int_equal(life.ledger.early, life.early);
		assert_int_equal(life.ledger.unwoken, life.unwoken);
		assert_int_equal(life.ledger.spurious, life.spurious);
		assert_int_equal(life.ledger.sum[LEDGER_BLOCKED], life.totals.blocked);
		/* what calls had of the CPU is the kernel's share of it, to the nanosecond */
		assert_int_equal(life.ledger.sum[LEDGER_KERNEL], life.call_cpu);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_events_with_any_clocks_conserve_time),
		cmocka_unit_test(a_life_without_loss_is_told_without_loss),
	};

	return cmocka_run_group_tests_name("ledger: any sequence", tests, NULL, NULL);
}

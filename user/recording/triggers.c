// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names/nearest.h"
#include "names/syscalls.h"
#include "names/units.h"
#include "recording/cast.h"
#include "recording/grown.h"
#include "recording/replay.h"
#include "recording/triggers.h"

/* As gather_loops.c has it: a call made more rarely is no loop. */
#define LEAST_ITERATIONS 3

#define ALL_CLASSES ((1U << CLASSES) - 1)

struct watched {
	uint64_t told;	   /* begin of the wait that was told last */
	uint64_t returned; /* from the call that it loops on; 0: not yet */
	bool stalled;	   /* that was told of the handler since then */
};

struct triggers {
	struct trigger_limits limits;
	struct rows threads, loops;
	struct cast *cast;
	struct replay *replay;
	struct grown watched; /* by thread row */
	char reason[TRIGGER_REASON];
};

/* --- what is asked for -------------------------------------------------------------------------
 */

static int refuse(char reason[TRIGGER_REASON], const char *text)
{
	snprintf(reason, TRIGGER_REASON, "%s", text);
	return -EINVAL;
}

static int parse_subject(struct trigger_limits *limits, const char *word, uint64_t time,
			 char reason[TRIGGER_REASON])
{
	struct nearest nearest = {.wanted = word};
	uint32_t classes = strcmp(word, "wait") ? 0 : ALL_CLASSES;

	if (!strcmp(word, "stall")) {
		limits->stall = time;
		return 0;
	}
	nearest__offer(&nearest, "wait");
	nearest__offer(&nearest, "stall");
	for (unsigned int class = 0; class < CLASSES && !classes; class ++) {
		nearest__offer(&nearest, wait_class__name(class));
		if (!strcmp(word, wait_class__name(class)))
			classes = 1U << class;
	}
	if (!classes) {
		snprintf(reason, TRIGGER_REASON,
			 "there is no '%s' to wait for; the nearest is '%s'", word, nearest.best);
		return -EINVAL;
	}
	if (limits->wait && limits->wait != time)
		return refuse(reason, "all kinds of waits have the same limit");
	limits->wait = time;
	limits->classes |= classes;
	return 0;
}

int trigger__parse(struct trigger_limits *limits, const char *text, char reason[TRIGGER_REASON])
{
	const char *limit = strchr(text, '>'), *why = NULL;
	char word[32];
	uint64_t time = 0;

	if (!strcmp(text, "finding")) {
		limits->finding = true;
		return 0;
	}
	if (!limit || limit - text >= (long)sizeof(word))
		return refuse(reason,
			      "has to be 'wait>TIME', 'CLASS>TIME', 'stall>TIME' or 'finding'");
	memcpy(word, text, limit - text);
	word[limit - text] = '\0';
	if (units__parse_time(limit + 1, &time, &why))
		return refuse(reason, why);
	if (!time)
		return refuse(reason, "a time of 0 is always over");
	return parse_subject(limits, word, time, reason);
}

/* --- what happens ------------------------------------------------------------------------------
 */

static void fire(struct triggers *triggers, uint32_t number, const char *what, uint64_t time,
		 uint32_t wait)
{
	const struct identity_thread *thread = cast__thread(triggers->cast, number);
	const struct wait_words *words = wait ? cast__words(triggers->cast, wait) : NULL;
	char text[UNITS_TEXT], *comm = units__escape(thread ? thread->comm : "?");
	char *object = units__escape(words && words->object ? words->object : "");

	if (!triggers->reason[0])
		snprintf(triggers->reason, sizeof(triggers->reason), "%s (%u) %s %s%s%s%s%s",
			 comm ? comm : "?", thread ? thread->tid : 0, what, units__time(time, text),
			 words && words->syscall ? " in " : "",
			 words && words->syscall ? words->syscall : "",
			 object && *object ? " on " : "", object ? object : "");
	free(comm);
	free(object);
}

static bool concerns(struct triggers *triggers, uint32_t number, uint32_t wait)
{
	const struct identity_thread *thread = cast__thread(triggers->cast, number);
	const struct wait_words *words = wait ? cast__words(triggers->cast, wait) : NULL;

	if (!words || words->idle || (thread && thread->flags & THREAD_HELD))
		return false;
	return triggers->limits.classes & 1U << words->class;
}

static struct watched *watched_of(struct triggers *triggers, uint32_t number)
{
	return grown__at(&triggers->watched, number);
}

static int check_wait(struct triggers *triggers, uint32_t number, uint32_t wait, uint64_t since,
		      uint64_t blocked)
{
	struct watched *watched;

	if (!triggers->limits.wait || blocked <= triggers->limits.wait)
		return 0;
	watched = watched_of(triggers, number);
	if (!watched)
		return grown__error(number);
	if (watched->told == since || !concerns(triggers, number, wait))
		return 0;
	watched->told = since;
	fire(triggers, number, "was blocked for", blocked, wait);
	return 0;
}

static int on_wait(void *context, const struct replay_wait *wait)
{
	return check_wait(context, wait->thread, wait->row, wait->since, wait->wait.blocked);
}

/* Is that the call which its thread loops on? The session's programs found out. */
static bool is_loop(const struct triggers *triggers, uint32_t number, uint32_t call)
{
	const struct thread_row *thread;
	const struct loop_row *loop;

	if (number >= triggers->threads.capacity)
		return false;
	thread = rows__at(&triggers->threads, number);
	if (!thread->main_loop || thread->main_loop >= triggers->loops.capacity)
		return false;
	loop = rows__at(&triggers->loops, thread->main_loop);
	return loop->thread == number && loop->syscall == call &&
	       loop->iterations >= LEAST_ITERATIONS;
}

static void check_stall(struct triggers *triggers, uint32_t number, struct watched *watched,
			uint64_t until)
{
	uint64_t limit = triggers->limits.stall;

	if (!limit || !watched->returned || watched->stalled || until < watched->returned ||
	    until - watched->returned <= limit)
		return;
	watched->stalled = true;
	fire(triggers, number, "kept its event loop waiting for", until - watched->returned, 0);
}

static int on_call(void *context, const struct replay_call *call)
{
	struct triggers *triggers = context;
	struct watched *watched;

	if (!triggers->limits.stall || !is_loop(triggers, call->thread, call->done.call))
		return 0;
	watched = watched_of(triggers, call->thread);
	if (!watched)
		return grown__error(call->thread);
	if (!call->done.censored)
		check_stall(triggers, call->thread, watched, call->since);
	watched->returned = call->until;
	watched->stalled = false;
	return 0;
}

/* Another thread has the row now. */
static int on_begin(void *context, uint32_t number, uint64_t time)
{
	struct watched *watched = watched_of(context, number);

	(void)time;
	if (!watched)
		return grown__error(number);
	*watched = (struct watched){0};
	return 0;
}

struct triggers *triggers__new(const struct trigger_limits *limits, const struct rows pools[POOLS])
{
	struct triggers *triggers = calloc(1, sizeof(*triggers));
	const struct replay_hooks hooks = {
		.wait = on_wait, .call = on_call, .begin = on_begin, .context = triggers};

	if (!triggers)
		return NULL;
	triggers->limits = *limits;
	triggers->threads = pools[POOL_THREADS];
	triggers->loops = pools[POOL_LOOPS];
	triggers->watched.size = sizeof(struct watched);
	triggers->cast = cast__new(pools);
	triggers->replay = replay__new(&hooks, ROWS_MOST);
	if (triggers->cast && triggers->replay)
		return triggers;
	triggers__free(triggers);
	return NULL;
}

void triggers__free(struct triggers *triggers)
{
	if (!triggers)
		return;
	free(triggers->watched.base);
	cast__free(triggers->cast);
	replay__free(triggers->replay);
	free(triggers);
}

int triggers__event(struct triggers *triggers, unsigned int cpu, const struct stream_event *event)
{
	return replay__event(triggers->replay, cpu, event);
}

/* What is still going on. */
static void check_open(struct triggers *triggers, uint32_t number, uint64_t now)
{
	const struct replay_thread *thread = replay__thread(triggers->replay, number);
	const struct ledger *ledger = thread ? &thread->ledger : NULL;

	if (!thread || thread->ended)
		return;
	if (ledger->state == LEDGER_BLOCKED && ledger->flags & LEDGER_WAITING &&
	    now > ledger->wait_since)
		check_wait(triggers, number, thread->wait, ledger->wait_since,
			   now - ledger->wait_since);
	if (number > triggers->watched.used ||
	    (ledger->flags & LEDGER_IN_CALL && is_loop(triggers, number, ledger->call)))
		return;
	check_stall(triggers, number, watched_of(triggers, number), now);
}

const char *triggers__fired(struct triggers *triggers, uint64_t now)
{
	const char *reason = triggers->reason;

	if (!*reason)
		for (uint32_t i = 1; i < replay__thread_count(triggers->replay); i++)
			check_open(triggers, i, now);
	return *reason ? reason : NULL;
}

void triggers__forget(struct triggers *triggers)
{
	triggers->reason[0] = '\0';
}

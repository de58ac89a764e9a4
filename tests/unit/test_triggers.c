// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What makes a flight recorder write: what can be asked for, and when it fires. */
#include <errno.h>

#include "recording/triggers.h"
#include "tests/unit/unit.h"

#define ROOM	   16
#define MS	   1000000ULL
#define READ	   0
#define EPOLL_WAIT 232

static struct thread_row threads[ROOM];
static struct wait_row waits[ROOM];
static struct object_row objects[ROOM];
static struct process_row processes[ROOM];
static struct loop_row loops[ROOM];

static struct triggers *triggers_of(const char *text)
{
	struct rows pools[POOLS] = {
		[POOL_THREADS] = {threads, sizeof(threads[0]), ROOM - 1, ROOM},
		[POOL_WAITS] = {waits, sizeof(waits[0]), ROOM - 1, ROOM},
		[POOL_OBJECTS] = {objects, sizeof(objects[0]), ROOM - 1, ROOM},
		[POOL_PROCESSES] = {processes, sizeof(processes[0]), ROOM - 1, ROOM},
		[POOL_LOOPS] = {loops, sizeof(loops[0]), ROOM - 1, ROOM},
	};
	struct trigger_limits limits = {0};
	char reason[TRIGGER_REASON];
	struct triggers *triggers;

	threads[1] = (struct thread_row){.task = 1, .tid = 4711, .tgid = 4711, .comm = "server"};
	threads[1].main_loop = 1;
	loops[1] = (struct loop_row){.thread = 1, .syscall = EPOLL_WAIT, .iterations = 9};
	objects[1].key = (struct object_key){.kind = OBJECT_PIPE, .number = 99};
	waits[1].key = (struct wait_key){
		.thread = 1, .object = 1, .syscall = READ, .sleep = LEDGER_SLEEP_INTERRUPTIBLE};
	waits[2].key = (struct wait_key){
		.thread = 1, .syscall = EPOLL_WAIT, .sleep = LEDGER_SLEEP_INTERRUPTIBLE};
	assert_int_equal(trigger__parse(&limits, text, reason), 0);
	triggers = triggers__new(&limits, pools);
	assert_non_null(triggers);
	return triggers;
}

static void give(struct triggers *triggers, const struct stream_event event)
{
	assert_int_equal(triggers__event(triggers, 0, &event), 0);
}

static void begins(struct triggers *triggers)
{
	give(triggers, (struct stream_event){.time = 1,
					     .thread = 1,
					     .kind = STREAM_BEGIN,
					     .flags = LEDGER_USER,
					     .call = SYSCALL_NONE,
					     .result = LEDGER_KERNEL});
}

static void sleeps(struct triggers *triggers, uint64_t time, uint32_t row, uint16_t call)
{
	give(triggers, (struct stream_event){.time = time,
					     .thread = 1,
					     .kind = STREAM_SWITCH,
					     .flags = LEDGER_EVENT_BLOCKED,
					     .row = row,
					     .call = call,
					     .since = 10});
}

static void wakes(struct triggers *triggers, uint64_t time)
{
	give(triggers, (struct stream_event){.time = time,
					     .thread = 1,
					     .kind = STREAM_WAKING,
					     .flags = LEDGER_EVENT_WOKEN,
					     .result = WAKER_TIMER});
	give(triggers, (struct stream_event){.time = time + 10, .other = 1, .kind = STREAM_SWITCH});
}

static void returns(struct triggers *triggers, uint64_t time, uint16_t call)
{
	give(triggers,
	     (struct stream_event){.time = time, .thread = 1, .kind = STREAM_RETURN, .call = call});
}

static void a_long_wait_fires_once(void **state)
{
	struct triggers *triggers = triggers_of("wait>50ms");

	(void)state;
	begins(triggers);
	sleeps(triggers, 10 * MS, 1, READ);
	wakes(triggers, 59 * MS);
	returns(triggers, 60 * MS, READ);
	assert_null(triggers__fired(triggers, 61 * MS));
	sleeps(triggers, 100 * MS, 1, READ);
	wakes(triggers, 151 * MS);
	assert_string_equal(triggers__fired(triggers, 152 * MS),
			    "server (4711) was blocked for 51 ms in read on pipe:[99]");
	triggers__forget(triggers);
	assert_null(triggers__fired(triggers, 153 * MS));
	triggers__free(triggers);
}

static void a_wait_fires_before_it_is_over(void **state)
{
	struct triggers *triggers = triggers_of("ipc>50ms");

	(void)state;
	begins(triggers);
	sleeps(triggers, 10 * MS, 1, READ);
	assert_null(triggers__fired(triggers, 60 * MS));
	assert_non_null(triggers__fired(triggers, 60 * MS + 1));
	triggers__forget(triggers);
	wakes(triggers, 500 * MS);
	assert_null(triggers__fired(triggers, 501 * MS)); /* the same one */
	triggers__free(triggers);
}

static void other_classes_and_idle_waits_fire_nothing(void **state)
{
	struct triggers *triggers = triggers_of("disk>50ms");

	(void)state;
	begins(triggers);
	sleeps(triggers, 10 * MS, 1, READ);
	assert_null(triggers__fired(triggers, 900 * MS));
	triggers__free(triggers);
	triggers = triggers_of("wait>50ms");
	begins(triggers);
	sleeps(triggers, 10 * MS, 2, EPOLL_WAIT);
	assert_null(triggers__fired(triggers, 900 * MS));
	triggers__free(triggers);
}

static void a_handler_that_takes_too_long_fires(void **state)
{
	struct triggers *triggers = triggers_of("stall>20ms");

	(void)state;
	begins(triggers);
	sleeps(triggers, 10 * MS, 2, EPOLL_WAIT);
	assert_null(triggers__fired(triggers, 900 * MS)); /* at rest */
	wakes(triggers, 1000 * MS);
	returns(triggers, 1001 * MS, EPOLL_WAIT);
	sleeps(triggers, 1015 * MS, 2, EPOLL_WAIT);
	wakes(triggers, 2000 * MS);
	returns(triggers, 2001 * MS, EPOLL_WAIT);
	assert_null(triggers__fired(triggers, 2020 * MS));
	assert_string_equal(triggers__fired(triggers, 2025 * MS),
			    "server (4711) kept its event loop waiting for 24 ms");
	triggers__forget(triggers);
	assert_null(triggers__fired(triggers, 2050 * MS)); /* the same handler */
	sleeps(triggers, 2060 * MS, 2, EPOLL_WAIT);
	wakes(triggers, 2070 * MS);
	returns(triggers, 2071 * MS, EPOLL_WAIT);
	assert_null(triggers__fired(triggers, 2072 * MS));
	triggers__free(triggers);
}

/* Over before anybody asked: the next call tells. */
static void a_handler_that_is_over_fires_too(void **state)
{
	struct triggers *triggers = triggers_of("stall>20ms");

	(void)state;
	begins(triggers);
	sleeps(triggers, 5 * MS, 2, EPOLL_WAIT);
	wakes(triggers, 6 * MS);
	returns(triggers, 7 * MS, EPOLL_WAIT);
	sleeps(triggers, 40 * MS, 2, EPOLL_WAIT);
	wakes(triggers, 41 * MS);
	returns(triggers, 42 * MS, EPOLL_WAIT);
	if (!triggers__fired(triggers, 43 * MS))
		fail_msg("nothing fired");
	triggers__free(triggers);
}

static void what_cannot_be_asked_for_is_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "has to be"},
		{"wait", "has to be"},
		{"wait<5ms", "has to be"},
		{"wait>", ""},
		{"wait>0", "always over"},
		{"wait>abc", ""},
		{"dsk>5ms", "'disk'"},
		{">5ms", "there is no ''"},
		{"findings", "has to be"},
		{"stall>-1s", ""},
		{"a-name-that-is-far-too-long-for-a-class>5ms", "has to be"},
	};
	struct trigger_limits limits = {0};
	char reason[TRIGGER_REASON];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		reason[0] = '\0';
		assert_int_equal(trigger__parse(&limits, cases[i].text, reason), -EINVAL);
		assert_non_null(strstr(reason, cases[i].why));
		assert_true(reason[0]);
	}
	assert_int_equal(trigger__parse(&limits, "lock>5ms", reason), 0);
	assert_int_equal(trigger__parse(&limits, "disk>5ms", reason), 0);
	assert_int_equal(trigger__parse(&limits, "disk>6ms", reason), -EINVAL);
	assert_int_equal(trigger__parse(&limits, "finding", reason), 0);
	assert_true(limits.finding);
	assert_int_equal(limits.wait, 5 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_long_wait_fires_once),
		cmocka_unit_test(a_wait_fires_before_it_is_over),
		cmocka_unit_test(other_classes_and_idle_waits_fire_nothing),
		cmocka_unit_test(a_handler_that_takes_too_long_fires),
		cmocka_unit_test(a_handler_that_is_over_fires_too),
		cmocka_unit_test(what_cannot_be_asked_for_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

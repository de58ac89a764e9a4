/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the tests of anatomies share: three threads of one process, and what happens to them. */
#ifndef WAITSCOPE_UNIT_ANATOMIST_STEPS_H
#define WAITSCOPE_UNIT_ANATOMIST_STEPS_H

#include "recording/anatomist.h"
#include "render/anatomy.h"
#include "tests/unit/cast_steps.h"

#define READER	 1 /* thread rows; thread ids are 100, 101, 102 */
#define WRITER	 2
#define OTHER	 3
#define HELD	 4
#define PROCESS	 1 /* row */
#define READ	 0 /* syscalls */
#define WRITE	 1
#define EXIT	 60
#define PIPE_ROW 1 /* waits */
#define DISK_ROW 2
#define REST_ROW 3

static struct anatomist *anatomist;

static struct {
	const char *syscall, *object;
	int tid;
	bool no_idle;
} wanted;

static inline bool wants(void *context, const struct anatomy_candidate *candidate)
{
	bool has_object = !wanted.object;

	(void)context;
	for (size_t i = 0; i < candidate->object_count; i++)
		has_object |= !!strstr(candidate->objects[i], wanted.object ? wanted.object : "");
	return has_object && (!wanted.syscall || !strcmp(wanted.syscall, candidate->syscall)) &&
	       (!wanted.tid || wanted.tid == candidate->tid) &&
	       !(wanted.no_idle && candidate->idle);
}

static inline void happens(unsigned int cpu, const struct stream_event *event)
{
	assert_int_equal(anatomist__event(anatomist, cpu, event), 0);
}

static inline void identify_waits(void)
{
	const struct object_row pipe = {.key = {.kind = OBJECT_PIPE, .number = 77}};
	const struct wait_key keys[] = {
		{.thread = READER,
		 .syscall = READ,
		 .object = 1,
		 .sleep = LEDGER_SLEEP_INTERRUPTIBLE},
		{.thread = READER,
		 .syscall = READ,
		 .flags = WAIT_IN_IOWAIT,
		 .sleep = LEDGER_SLEEP_UNINTERRUPTIBLE},
		{.thread = READER, .syscall = 7 /* poll */, .sleep = LEDGER_SLEEP_INTERRUPTIBLE},
	};

	identify(POOL_OBJECTS, 1, &pipe, sizeof(pipe));
	for (uint32_t i = 0; i < COUNT(keys); i++)
		identify(POOL_WAITS, i + 1, &keys[i], sizeof(keys[i]));
}

static inline int begin(void **state)
{
	const struct identity_thread threads[] = {
		{.tid = 100, .tgid = 100, .process = PROCESS, .comm = "reader"},
		{.tid = 101, .tgid = 100, .process = PROCESS, .comm = "writer"},
		{.tid = 102, .tgid = 100, .process = PROCESS, .comm = "other\n"},
		{.tid = 100, .tgid = 100, .flags = THREAD_HELD, .comm = "waitscope"},
	};
	const struct anatomist_options options = {.keep = 2, .wants = wants};

	(void)state;
	memset(&wanted, 0, sizeof(wanted));
	cast = cast__new(NULL);
	for (uint32_t i = 0; i < COUNT(threads); i++)
		identify(POOL_THREADS, i + 1, &threads[i], sizeof(threads[i]));
	identify_waits();
	anatomist = anatomist__new(&options, cast);
	for (uint32_t i = 0; i < COUNT(threads); i++)
		happens(7, &(struct stream_event){.time = 100,
						  .thread = i + 1,
						  .kind = STREAM_BEGIN,
						  .flags = LEDGER_RUNNABLE,
						  .call = SYSCALL_NONE,
						  .result = LEDGER_USER});
	return 0;
}

static inline int end(void **state)
{
	(void)state;
	anatomist__free(anatomist);
	cast__free(cast);
	return 0;
}

/* `row`: of the wait that begins, 0: it is put off. `since`: it entered read so long ago. */
static inline void switches(unsigned int cpu, uint64_t time, uint32_t from, uint32_t to,
			    uint32_t row, uint32_t since)
{
	happens(cpu, &(struct stream_event){.time = time,
					    .thread = from,
					    .other = to,
					    .row = row,
					    .since = since,
					    .call = since ? READ : SYSCALL_NONE,
					    .kind = STREAM_SWITCH,
					    .flags = row ? LEDGER_EVENT_BLOCKED
							 : LEDGER_EVENT_PREEMPTED});
}

static inline void wakes(unsigned int cpu, uint64_t time, uint32_t thread, uint32_t kind,
			 uint32_t tid, uint32_t taken_for)
{
	happens(cpu, &(struct stream_event){.time = time,
					    .thread = thread,
					    .other = tid,
					    .kind = STREAM_WAKING,
					    .flags = (uint8_t)taken_for,
					    .result = (int32_t)kind});
}

static inline void wakes_reader(unsigned int cpu, uint64_t time, uint32_t kind, uint32_t tid)
{
	wakes(cpu, time, READER, kind, tid, LEDGER_EVENT_WOKEN);
}

static inline void returns(unsigned int cpu, uint64_t time, uint32_t thread, uint16_t call,
			   uint32_t since)
{
	happens(cpu, &(struct stream_event){.time = time,
					    .thread = thread,
					    .other = 3,
					    .since = since,
					    .call = call,
					    .kind = STREAM_RETURN,
					    .result = 64});
}

/* Enters at 1000, sleeps from 1300 on CPU 0, is woken from CPU 1 at 2000 in a write (1900 to
 * `write_until`), runs at 2500, returns at 2600. */
static inline void read_that_slept(uint64_t write_until)
{
	switches(1, 900, 0, WRITER, 0, 0);
	switches(0, 950, 0, READER, 0, 0);
	switches(0, 1300, READER, OTHER, PIPE_ROW, 300);
	switches(0, 1700, OTHER, 0, 0, 0);
	wakes_reader(1, 2000, WAKER_THREAD, 101);
	if (write_until < 2500)
		returns(1, write_until, WRITER, WRITE, (uint32_t)(write_until - 1900));
	switches(0, 2500, 0, READER, 0, 0);
	returns(0, 2600, READER, READ, 0);
	if (write_until >= 2500)
		returns(1, write_until, WRITER, WRITE, (uint32_t)(write_until - 1900));
}

static inline int add_took(void *context, const struct anatomy_stage *stage)
{
	*(uint64_t *)context += stage->took;
	return 0;
}

/* The stages of a call that is there add up to it. */
static inline const struct anatomy *the_call(size_t number)
{
	const struct anatomy *anatomy = anatomist__call(anatomist, number);
	uint64_t sum = 0;

	assert_non_null(anatomy);
	assert_int_equal(anatomy__each_stage(anatomy, add_took, &sum), 0);
	assert_int_equal(sum, anatomy->total);
	return anatomy;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

#endif

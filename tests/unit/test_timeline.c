// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the writer of a timeline is told of a command that was held until its exec. */
#include "recording/format.h"
#include "recording/timeline.h"
#include "tests/unit/unit.h"

/* What was told, as far as it is of interest here. */
struct told {
	size_t switches, threads;
	char last_name[16]; /* of a process */
	int64_t most;	    /* of any level */
};

static int on_begin(void *context, const struct timeline_head *head)
{
	(void)context;
	(void)head;
	return 0;
}

static int on_process(void *context, const struct timeline_process *process)
{
	struct told *told = context;

	snprintf(told->last_name, sizeof(told->last_name), "%s", process->name);
	return 0;
}

static int on_thread(void *context, const struct timeline_thread *thread)
{
	(void)thread;
	((struct told *)context)->threads++;
	return 0;
}

static int on_switch(void *context, const struct timeline_switch *event)
{
	struct told *told = context;

	assert_string_not_equal(event->from->name, "held");
	assert_string_not_equal(event->to->name, "held");
	told->switches++;
	return 0;
}

static int on_call(void *context, const struct timeline_call *call)
{
	(void)context;
	(void)call;
	return 0;
}

static int on_counter(void *context, uint32_t counter, uint32_t pid, const char *name)
{
	(void)context;
	(void)counter;
	(void)pid;
	(void)name;
	return 0;
}

static int on_level(void *context, uint32_t counter, uint64_t time, int64_t level)
{
	struct told *told = context;

	(void)counter;
	(void)time;
	if (level > told->most)
		told->most = level;
	return 0;
}

static int on_finish(void *context)
{
	(void)context;
	return 0;
}

static void name_thread(struct timeline *timeline, uint32_t number, const char *comm,
			uint32_t flags)
{
	struct identity_thread thread = {.tid = 100, .tgid = 100, .process = 1, .flags = flags};
	struct reader_item item = {.kind = READER_IDENTITY,
				   .pool = POOL_THREADS,
				   .number = number,
				   .bytes = &thread,
				   .length = sizeof(thread)};

	strncpy(thread.comm, comm, sizeof(thread.comm) - 1);
	assert_int_equal(timeline__take(timeline, &item), 0);
}

static void take(struct timeline *timeline, uint64_t time, unsigned int cpu,
		 const struct stream_event *event)
{
	struct reader_item item = {.kind = READER_EVENT, .cpu = cpu, .event = *event};

	item.event.time = time;
	assert_int_equal(timeline__take(timeline, &item), 0);
}

/* It is held in row 1, execs at 1000 into row 2, sleeps from 1100 and runs again, on another CPU,
 * from 1500 to 1700. */
static struct told tell_command(uint64_t from)
{
	struct told told = {0};
	const struct timeline_writer writer = {.begin = on_begin,
					       .process = on_process,
					       .thread = on_thread,
					       .switched = on_switch,
					       .enter = on_call,
					       .call = on_call,
					       .counter = on_counter,
					       .level = on_level,
					       .finish = on_finish,
					       .context = &told};
	struct timeline *timeline = timeline__new(&writer, "6.1", from, 0);
	const struct stream_event begun = {.kind = STREAM_BEGIN,
					   .flags = LEDGER_USER,
					   .result = LEDGER_USER,
					   .call = SYSCALL_NONE};
	struct stream_event event = begun;

	name_thread(timeline, 1, "held", THREAD_HELD | THREAD_INHERIT);
	event.thread = 1;
	take(timeline, 500, 0, &event);
	name_thread(timeline, 2, "command", THREAD_INHERIT);
	event.thread = 2;
	take(timeline, 1000, 0, &event);
	event = (struct stream_event){
		.thread = 2, .kind = STREAM_SWITCH, .flags = LEDGER_EVENT_PREEMPTED};
	take(timeline, 1100, 0, &event);
	event = (struct stream_event){.other = 2, .kind = STREAM_SWITCH};
	take(timeline, 1500, 1, &event);
	event = (struct stream_event){
		.thread = 2, .kind = STREAM_SWITCH, .flags = LEDGER_EVENT_PREEMPTED};
	take(timeline, 1700, 1, &event);
	assert_int_equal(timeline__finish(timeline, 2000, 0), 0);
	timeline__free(timeline);
	return told;
}

static void a_command_has_its_own_name_at_the_end(void **state)
{
	struct told told = tell_command(0);

	(void)state;
	assert_string_equal(told.last_name, "command");
	assert_int_equal(told.threads, 1);
	assert_int_equal(told.switches, 4); /* that it runs as it begins is one */
	assert_int_equal(told.most, 1);
}

/* What it was before its exec has no end, and would seem to be on its CPU for ever. */
static void a_part_of_the_window_has_nothing_of_before_the_exec(void **state)
{
	struct told told = tell_command(200);

	(void)state;
	assert_string_equal(told.last_name, "command");
	assert_int_equal(told.threads, 1);
	assert_int_equal(told.switches, 2);
	assert_int_equal(told.most, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_has_its_own_name_at_the_end),
		cmocka_unit_test(a_part_of_the_window_has_nothing_of_before_the_exec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One call, stage by stage: from events to instants, threads and wakers, and what is printed. */
#include <errno.h>

#include "recording/anatomist.h"
#include "render/anatomy.h"
#include "tests/unit/unit.h"

#define READER	 1 /* thread rows */
#define WRITER	 2
#define OTHER	 3
#define READ	 0 /* syscalls */
#define WRITE	 1
#define PIPE_ROW 1

static struct cast *cast;
static struct anatomist *anatomist;
static const char *wanted;

static bool wants(void *context, int tid, const char *syscall)
{
	(void)context;
	(void)tid;
	return !wanted || !strcmp(wanted, syscall);
}

static void identify(uint32_t pool, uint32_t number, const void *bytes, size_t length)
{
	const struct reader_item item = {.kind = READER_IDENTITY,
					 .pool = pool,
					 .number = number,
					 .bytes = bytes,
					 .length = length};

	assert_int_equal(cast__take(cast, &item), 0);
}

static void happens(unsigned int cpu, const struct stream_event *event)
{
	assert_int_equal(anatomist__event(anatomist, cpu, event), 0);
}

static int begin(void **state)
{
	const struct identity_thread threads[] = {{.tid = 100, .tgid = 100, .comm = "reader"},
						  {.tid = 101, .tgid = 100, .comm = "writer"},
						  {.tid = 102, .tgid = 100, .comm = "other\n"}};
	const struct wait_key key = {
		.thread = READER, .syscall = READ, .sleep = LEDGER_SLEEP_INTERRUPTIBLE};
	const struct anatomist_options options = {.keep = 2, .wants = wants};

	(void)state;
	wanted = NULL;
	cast = cast__new(NULL);
	for (uint32_t i = 0; i < COUNT(threads); i++)
		identify(POOL_THREADS, i + 1, &threads[i], sizeof(threads[i]));
	identify(POOL_WAITS, PIPE_ROW, &key, sizeof(key));
	anatomist = anatomist__new(&options, cast);
	for (uint32_t i = 0; i < COUNT(threads); i++)
		happens(i == 1, &(struct stream_event){.time = 100,
						       .thread = i + 1,
						       .kind = STREAM_BEGIN,
						       .flags = LEDGER_USER,
						       .call = SYSCALL_NONE,
						       .result = LEDGER_USER});
	return 0;
}

static int end(void **state)
{
	(void)state;
	anatomist__free(anatomist);
	cast__free(cast);
	return 0;
}

static void switches(unsigned int cpu, uint64_t time, uint32_t from, uint32_t to, uint8_t flags,
		     uint32_t since)
{
	happens(cpu, &(struct stream_event){.time = time,
					    .thread = from,
					    .other = to,
					    .row = flags == LEDGER_EVENT_BLOCKED ? PIPE_ROW : 0,
					    .since = since,
					    .call = since ? READ : SYSCALL_NONE,
					    .kind = STREAM_SWITCH,
					    .flags = flags});
}

static void wakes_reader(unsigned int cpu, uint64_t time, uint32_t kind, uint32_t tid)
{
	happens(cpu, &(struct stream_event){.time = time,
					    .thread = READER,
					    .other = tid,
					    .kind = STREAM_WAKING,
					    .flags = LEDGER_EVENT_WOKEN,
					    .result = (int32_t)kind});
}

static void returns(unsigned int cpu, uint64_t time, uint32_t thread, uint16_t call, uint32_t since)
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
static void read_that_slept(uint64_t write_until)
{
	switches(1, 900, 0, WRITER, 0, 0);
	switches(0, 950, 0, READER, 0, 0);
	switches(0, 1300, READER, OTHER, LEDGER_EVENT_BLOCKED, 300);
	switches(0, 1700, OTHER, 0, LEDGER_EVENT_PREEMPTED, 0);
	wakes_reader(1, 2000, WAKER_THREAD, 101);
	if (write_until < 2500)
		returns(1, write_until, WRITER, WRITE, (uint32_t)(write_until - 1900));
	switches(0, 2500, 0, READER, 0, 0);
	returns(0, 2600, READER, READ, 0);
	if (write_until >= 2500)
		returns(1, write_until, WRITER, WRITE, (uint32_t)(write_until - 1900));
}

static void check_read(void)
{
	const struct anatomy *anatomy = anatomist__call(anatomist, 0);
	const struct anatomy_sleep *sleep;

	assert_non_null(anatomy);
	assert_null(anatomist__call(anatomist, 1));
	assert_string_equal(anatomy->syscall, "read");
	assert_int_equal(anatomy->thread.tid, 100);
	assert_int_equal(anatomy->total, 1600);
	assert_int_equal(anatomy->sleep_count, 1);
	sleep = anatomy->sleeps;
	assert_int_equal(sleep->off, 300);
	assert_int_equal(sleep->woken, 1000);
	assert_int_equal(sleep->on, 1500);
	assert_int_equal(sleep->cpu_off, 0);
	assert_int_equal(sleep->cpu_waker, 1);
	assert_int_equal(sleep->next.tid, 102);
	assert_int_equal(sleep->run_count, 1);
	assert_int_equal(sleep->runs[0].time, 400);
	assert_int_equal(sleep->untraced, 800);
	assert_int_equal(sleep->waker.tid, 101);
	assert_string_equal(sleep->waker_call, "write");
}

static void each_stage_has_its_instant(void **state)
{
	(void)state;
	read_that_slept(2100);
	check_read();
}

static void the_wakers_call_may_return_later(void **state)
{
	(void)state;
	read_that_slept(9000);
	check_read();
}

static void a_waker_in_another_call_later_is_not_taken_for_it(void **state)
{
	(void)state;
	read_that_slept(2100);
	returns(1, 9000, WRITER, READ, 500);
	check_read();
}

static void an_interrupt_was_in_no_call(void **state)
{
	(void)state;
	switches(0, 950, 0, READER, 0, 0);
	switches(0, 1300, READER, 0, LEDGER_EVENT_BLOCKED, 300);
	wakes_reader(1, 2000, WAKER_SOFTIRQ, 0);
	switches(0, 2500, 0, READER, 0, 0);
	returns(0, 2600, READER, READ, 0);
	assert_null(anatomist__call(anatomist, 0)->sleeps->waker_call);
	assert_int_equal(anatomist__call(anatomist, 0)->sleeps->waker.tid, 0);
	assert_int_equal(anatomist__call(anatomist, 0)->sleeps->untraced, 1200);
}

static void the_longest_are_kept_in_order(void **state)
{
	static const uint32_t lengths[] = {500, 900, 700, 600};
	uint64_t time = 1000;

	(void)state;
	switches(0, 950, 0, READER, 0, 0);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		switches(0, time + 100, READER, 0, LEDGER_EVENT_BLOCKED, 100);
		wakes_reader(1, time + 200, WAKER_TIMER, 0);
		switches(0, time + 300, 0, READER, 0, 0);
		returns(0, time + lengths[i], READER, READ, 0);
		time += 2000;
	}
	assert_int_equal(anatomist__seen(anatomist), 4);
	assert_int_equal(anatomist__call(anatomist, 0)->total, 900);
	assert_int_equal(anatomist__call(anatomist, 1)->total, 700);
	assert_null(anatomist__call(anatomist, 2));
}

static void what_is_not_wanted_is_not_kept(void **state)
{
	(void)state;
	wanted = "write";
	read_that_slept(2100);
	assert_int_equal(anatomist__seen(anatomist), 0);
	assert_null(anatomist__call(anatomist, 0));
}

static void the_text_has_ten_stages_and_their_sum(void **state)
{
	static const char *const expected[] = {
		"read(fd 3) = 64, by thread 100 reader: 1.6 us\n",
		"   1               0                  it enters read\n",
		"   3             300             300  its state is interruptible\n",
		"   5             300                  CPU 0 switches to 102 other\\x0a\n",
		" CPU 0 meanwhile: 102 other\\x0a 400 ns, idle or not traced 800 ns\n",
		"   6           1,000             700  what it waits for happens: in write\n",
		"   7           1,000                  thread 101 writer wakes it, on CPU 1\n",
		"   9           1,500             500  CPU 0 runs it again\n",
		"  10           1,600             100  read returns, on CPU 0\n",
		"                               1,600\n",
	};
	const char *at;
	size_t size;
	char *text;
	FILE *stream = open_memstream(&text, &size);

	(void)state;
	read_that_slept(2100);
	assert_int_equal(render__anatomy_text(stream, anatomist__call(anatomist, 0), true), 0);
	fclose(stream);
	at = text;
	for (size_t i = 0; i < COUNT(expected); i++) {
		at = strstr(at, expected[i]);
		if (!at)
			fail_msg("no '%s' where it should be in:\n%s", expected[i], text);
	}
	free(text);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(each_stage_has_its_instant),
		TEST(the_wakers_call_may_return_later),
		TEST(a_waker_in_another_call_later_is_not_taken_for_it),
		TEST(an_interrupt_was_in_no_call),
		TEST(the_longest_are_kept_in_order),
		TEST(what_is_not_wanted_is_not_kept),
		TEST(the_text_has_ten_stages_and_their_sum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

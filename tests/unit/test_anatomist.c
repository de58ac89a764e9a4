// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One call, stage by stage: from events to instants, threads and wakers. */
#include <errno.h>

#include "model/per_cpu.h"
#include "recording/grown.h"
#include "tests/unit/anatomist_steps.h"

static void check_read(void)
{
	const struct anatomy *anatomy = the_call(0);
	const struct anatomy_sleep *sleep;

	assert_null(anatomist__call(anatomist, 1));
	assert_string_equal(anatomy->syscall, "read");
	assert_int_equal(anatomy->thread.tid, 100);
	assert_int_equal(anatomy->total, 1600);
	assert_int_equal(anatomy->cpu_entry, 0);
	assert_int_equal(anatomy->sleep_count, 1);
	sleep = anatomy->sleeps;
	assert_int_equal(sleep->off, 300);
	assert_int_equal(sleep->woken, 1000);
	assert_int_equal(sleep->on, 1500);
	assert_int_equal(sleep->cpu_off, 0);
	assert_int_equal(sleep->waker.cpu, 1);
	assert_int_equal(sleep->next.tid, 102);
	assert_int_equal(sleep->run_count, 1);
	assert_int_equal(sleep->runs[0].time, 400);
	assert_int_equal(sleep->untraced, 800);
	assert_int_equal(sleep->waker.thread.tid, 101);
	assert_string_equal(sleep->waker.call, "write");
	assert_int_equal(sleep->waker.call_time, 100);
	assert_int_equal(sleep->chain_count, 0);
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

static void a_waker_may_end_in_its_call(void **state)
{
	(void)state;
	switches(1, 900, 0, WRITER, 0, 0);
	switches(0, 950, 0, READER, 0, 0);
	switches(0, 1300, READER, 0, PIPE_ROW, 300);
	wakes_reader(1, 2000, WAKER_THREAD, 101);
	happens(1, &(struct stream_event){.time = 2200,
					  .thread = WRITER,
					  .since = 300,
					  .call = EXIT,
					  .kind = STREAM_SWITCH,
					  .flags = LEDGER_EVENT_ENDED});
	switches(0, 2500, 0, READER, 0, 0);
	returns(0, 2600, READER, READ, 0);
	assert_string_equal(the_call(0)->sleeps->waker.call, "exit");
}

static void an_interrupt_is_no_thread_in_no_call(void **state)
{
	const struct anatomy_sleep *sleep;

	(void)state;
	switches(1, 900, 0, WRITER, 0, 0);
	switches(0, 950, 0, READER, 0, 0);
	switches(0, 1300, READER, 0, PIPE_ROW, 300);
	wakes_reader(1, 2000, WAKER_SOFTIRQ, 0);
	returns(1, 2100, WRITER, WRITE, 200);
	switches(0, 2500, 0, READER, 0, 0);
	returns(0, 2600, READER, READ, 0);
	sleep = the_call(0)->sleeps;
	assert_null(sleep->waker.call);
	assert_int_equal(sleep->waker.thread.tid, 0);
	assert_int_equal(sleep->waker.interrupted.tid, 101);
	assert_int_equal(sleep->untraced, 1200);
}

static void a_waking_ahead_of_the_switch_out_has_its_instant(void **state)
{
	const struct anatomy_sleep *sleep;

	(void)state;
	switches(1, 900, 0, WRITER, 0, 0);
	switches(0, 950, 0, READER, 0, 0);
	wakes(1, 1200, READER, WAKER_THREAD, 101, LEDGER_EVENT_EARLY);
	switches(0, 1300, READER, 0, PIPE_ROW, 300);
	switches(1, 1350, WRITER, OTHER, 0, 0);
	switches(0, 1500, 0, READER, 0, 0);
	returns(0, 1600, READER, READ, 0);
	sleep = the_call(0)->sleeps;
	assert_true(sleep->early);
	assert_int_equal(sleep->early_by, 100);
	assert_int_equal(sleep->woken, sleep->off);
	assert_int_equal(sleep->waker.cpu, 1);
	assert_int_equal(sleep->waker.thread.tid, 101);
}

static void the_waker_of_the_waker_is_told(void **state)
{
	const struct anatomy_sleep *sleep;

	(void)state;
	switches(0, 950, 0, READER, 0, 0);
	switches(1, 960, 0, WRITER, 0, 0);
	switches(0, 1300, READER, 0, PIPE_ROW, 300);
	switches(1, 1400, WRITER, OTHER, PIPE_ROW, 10);
	wakes(1, 1500, WRITER, WAKER_THREAD, 102, LEDGER_EVENT_WOKEN);
	switches(1, 1600, OTHER, WRITER, 0, 0);
	wakes_reader(1, 2000, WAKER_THREAD, 101);
	switches(0, 2500, 0, READER, 0, 0);
	returns(0, 2600, READER, READ, 0);
	sleep = the_call(0)->sleeps;
	assert_int_equal(sleep->chain_count, 1);
	assert_int_equal(sleep->chain[0].woken, 500);
	assert_int_equal(sleep->chain[0].waker.thread.tid, 102);
	assert_string_equal(sleep->chain[0].reason.object, "pipe:[77]");
	assert_false(sleep->chain_cut);
}

/* It was not waited for. */
static void a_waker_that_was_awake_all_the_time_ends_the_chain(void **state)
{
	(void)state;
	switches(1, 960, 0, WRITER, 0, 0);
	switches(1, 970, WRITER, OTHER, PIPE_ROW, 10);
	wakes(1, 980, WRITER, WAKER_THREAD, 102, LEDGER_EVENT_WOKEN);
	switches(1, 990, OTHER, WRITER, 0, 0);
	switches(0, 995, 0, READER, 0, 0);
	switches(0, 1300, READER, 0, PIPE_ROW, 300);
	wakes_reader(1, 2000, WAKER_THREAD, 101);
	switches(0, 2500, 0, READER, 0, 0);
	returns(0, 2600, READER, READ, 0);
	assert_int_equal(the_call(0)->sleeps->chain_count, 0);
	assert_false(the_call(0)->sleeps->chain_cut);
}

static void completes(unsigned int cpu, uint64_t time, uint32_t process, uint32_t latency)
{
	happens(cpu, &(struct stream_event){.time = time,
					    .thread = process,
					    .other = latency,
					    .kind = STREAM_REQUEST,
					    .flags = REQUEST_BLOCK});
}

static void read_the_disk(uint32_t process, uint64_t completed, uint64_t woken)
{
	switches(0, 950, 0, READER, 0, 0);
	switches(0, 1300, READER, 0, DISK_ROW, 300);
	completes(1, completed, process, 400);
	wakes_reader(1, woken, WAKER_SOFTIRQ, 0);
	switches(0, woken + 500, 0, READER, 0, 0);
	returns(0, woken + 600, READER, READ, 0);
}

static void the_request_that_the_interrupt_completed_is_stage_6(void **state)
{
	const struct anatomy_request *request;

	(void)state;
	read_the_disk(PROCESS, 1900, 2000);
	request = &the_call(0)->sleeps->request;
	assert_true(request->known);
	assert_int_equal(request->completed, 900);
	assert_int_equal(request->latency, 400);
}

/* disk -> writer -> reader */
static void the_chain_goes_back_to_the_request(void **state)
{
	const struct anatomy_link *link;

	(void)state;
	switches(0, 950, 0, READER, 0, 0);
	switches(1, 960, 0, WRITER, 0, 0);
	switches(0, 1300, READER, 0, PIPE_ROW, 300);
	switches(1, 1400, WRITER, 0, DISK_ROW, 10);
	completes(2, 1800, PROCESS, 350);
	wakes(2, 1810, WRITER, WAKER_HARDIRQ, 0, LEDGER_EVENT_WOKEN);
	switches(1, 1850, 0, WRITER, 0, 0);
	wakes_reader(1, 2000, WAKER_THREAD, 101);
	switches(0, 2500, 0, READER, 0, 0);
	returns(0, 2600, READER, READ, 0);
	assert_int_equal(the_call(0)->sleeps->chain_count, 1);
	link = the_call(0)->sleeps->chain;
	assert_int_equal(link->waker.kind, WAKER_HARDIRQ);
	assert_true(link->request.known);
	assert_int_equal(link->request.latency, 350);
	assert_int_equal(link->request.completed, 800);
	assert_false(the_call(0)->sleeps->request.known);
}

static void a_request_of_another_process_is_not(void **state)
{
	(void)state;
	read_the_disk(PROCESS + 1, 1900, 2000);
	assert_false(the_call(0)->sleeps->request.known);
}

static void a_request_of_long_ago_is_not(void **state)
{
	(void)state;
	read_the_disk(PROCESS, 1900, 1900000);
	assert_false(the_call(0)->sleeps->request.known);
}

static void the_longest_are_kept_in_order(void **state)
{
	static const uint32_t lengths[] = {500, 900, 700, 600};
	uint64_t time = 1000;

	(void)state;
	switches(0, 950, 0, READER, 0, 0);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		switches(0, time + 100, READER, 0, PIPE_ROW, 100);
		wakes_reader(1, time + 200, WAKER_TIMER, 0);
		switches(0, time + 300, 0, READER, 0, 0);
		returns(0, time + lengths[i], READER, READ, 0);
		time += 2000;
	}
	assert_int_equal(anatomist__sums(anatomist)->seen, 4);
	assert_int_equal(the_call(0)->total, 900);
	assert_int_equal(the_call(1)->total, 700);
	assert_null(anatomist__call(anatomist, 2));
}

static void sleeps_beyond_the_limit_are_added_up(void **state)
{
	const struct anatomy *anatomy;
	uint64_t time = 1000;

	(void)state;
	switches(0, 950, 0, READER, 0, 0);
	for (uint32_t i = 0; i < ANATOMY_SLEEPS + 3; i++) {
		switches(0, time + 100, READER, 0, PIPE_ROW, i ? 0 : 100);
		wakes_reader(1, time + 150, WAKER_TIMER, 0);
		switches(0, time + 200, 0, READER, 0, 0);
		time += 200;
	}
	returns(0, time + 10, READER, READ, 0);
	anatomy = the_call(0);
	assert_int_equal(anatomy->sleep_count, ANATOMY_SLEEPS);
	assert_int_equal(anatomy->more.count, 3);
	assert_int_equal(anatomy->more.asleep, 150);
	assert_int_equal(anatomy->more.queued, 150);
	assert_int_equal(anatomy->more.until, time - 1000);
	assert_int_equal(anatomy->preempted, 0);
}

static void what_is_not_wanted_is_not_kept(void **state)
{
	(void)state;
	wanted.syscall = "write";
	read_that_slept(2100);
	assert_int_equal(anatomist__sums(anatomist)->seen, 0);
	assert_int_equal(anatomist__sums(anatomist)->unwanted, 1);
	assert_null(anatomist__call(anatomist, 0));
}

static void objects_and_threads_can_be_wanted(void **state)
{
	(void)state;
	wanted.object = "pipe:[77]";
	wanted.tid = 100;
	read_that_slept(2100);
	check_read();
}

static void rest_is_told_apart(void **state)
{
	(void)state;
	wanted.no_idle = true;
	switches(0, 950, 0, READER, 0, 0);
	switches(0, 1300, READER, 0, REST_ROW, 300);
	wakes_reader(1, 2000, WAKER_TIMER, 0);
	switches(0, 2500, 0, READER, 0, 0);
	returns(0, 2600, READER, READ, 0);
	assert_null(anatomist__call(anatomist, 0));
}

/* The command before its exec. */
static void what_is_held_is_outside_the_window(void **state)
{
	(void)state;
	switches(0, 950, 0, HELD, 0, 0);
	switches(0, 1300, HELD, 0, PIPE_ROW, 300);
	wakes(1, 2000, HELD, WAKER_THREAD, 5, LEDGER_EVENT_WOKEN);
	switches(0, 2500, 0, HELD, 0, 0);
	returns(0, 2600, HELD, READ, 0);
	assert_int_equal(anatomist__sums(anatomist)->seen, 0);
}

static void loses(unsigned int cpu, uint64_t time)
{
	happens(cpu, &(struct stream_event){.time = time, .row = 3, .kind = STREAM_LOST});
}

static void a_call_in_which_events_were_lost_is_left_out(void **state)
{
	(void)state;
	loses(5, 1100);
	switches(5, 1200, 0, OTHER, 0, 0);
	switches(5, 1250, OTHER, 0, 0, 0);
	read_that_slept(2100);
	assert_null(anatomist__call(anatomist, 0));
	assert_int_equal(anatomist__sums(anatomist)->doubtful, 1);
	anatomist__finish(anatomist, 5000);
	assert_int_equal(anatomist__sums(anatomist)->lost, 3);
}

/* What a CPU loses, it loses up to its next event. */
static void a_loss_lasts_to_the_next_event_of_its_cpu(void **state)
{
	(void)state;
	loses(5, 500);
	read_that_slept(2100);
	assert_null(anatomist__call(anatomist, 0));
	switches(5, 9000, 0, OTHER, 0, 0);
	switches(0, 9300, READER, 0, PIPE_ROW, 200);
	wakes_reader(1, 9400, WAKER_TIMER, 0);
	switches(0, 9500, 0, READER, 0, 0);
	returns(0, 9600, READER, READ, 0);
	assert_int_equal(the_call(0)->total, 500);
}

static void a_chain_across_a_loss_is_cut(void **state)
{
	(void)state;
	switches(0, 850, 0, READER, 0, 0);
	switches(1, 860, 0, WRITER, 0, 0);
	switches(1, 870, WRITER, OTHER, PIPE_ROW, 10);
	wakes(1, 880, WRITER, WAKER_THREAD, 102, LEDGER_EVENT_WOKEN);
	switches(1, 890, OTHER, WRITER, 0, 0);
	loses(1, 900);
	returns(1, 910, WRITER, READ, 0);
	switches(0, 1300, READER, 0, PIPE_ROW, 300);
	wakes_reader(1, 2000, WAKER_THREAD, 101);
	switches(0, 2500, 0, READER, 0, 0);
	returns(0, 2600, READER, READ, 0);
	assert_int_equal(the_call(0)->sleeps->chain_count, 0);
	assert_true(the_call(0)->sleeps->chain_cut);
}

static void what_has_not_returned_is_counted(void **state)
{
	const struct anatomist_sums *sums = anatomist__sums(anatomist);

	(void)state;
	switches(0, 950, 0, READER, 0, 0);
	switches(0, 1300, READER, 0, PIPE_ROW, 300);
	anatomist__finish(anatomist, 5000);
	assert_int_equal(sums->open, 1);
	assert_int_equal(sums->open_time, 4000);
	assert_int_equal(sums->open_thread.tid, 100);
	assert_string_equal(sums->open_syscall, "read");
}

static void events_that_cannot_be_are_refused(void **state)
{
	const struct stream_event waking = {
		.time = 200, .thread = ROWS_MOST, .kind = STREAM_WAKING};

	(void)state;
	assert_int_equal(anatomist__event(anatomist, 0, &waking), -EPROTO);
	assert_int_equal(anatomist__event(anatomist, CPUS_MOST, &waking), -EPROTO);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(each_stage_has_its_instant),
		TEST(the_wakers_call_may_return_later),
		TEST(a_waker_in_another_call_later_is_not_taken_for_it),
		TEST(a_waker_may_end_in_its_call),
		TEST(an_interrupt_is_no_thread_in_no_call),
		TEST(a_waking_ahead_of_the_switch_out_has_its_instant),
		TEST(the_waker_of_the_waker_is_told),
		TEST(a_waker_that_was_awake_all_the_time_ends_the_chain),
		TEST(the_request_that_the_interrupt_completed_is_stage_6),
		TEST(the_chain_goes_back_to_the_request),
		TEST(a_request_of_another_process_is_not),
		TEST(a_request_of_long_ago_is_not),
		TEST(the_longest_are_kept_in_order),
		TEST(sleeps_beyond_the_limit_are_added_up),
		TEST(what_is_not_wanted_is_not_kept),
		TEST(objects_and_threads_can_be_wanted),
		TEST(rest_is_told_apart),
		TEST(what_is_held_is_outside_the_window),
		TEST(a_call_in_which_events_were_lost_is_left_out),
		TEST(a_loss_lasts_to_the_next_event_of_its_cpu),
		TEST(a_chain_across_a_loss_is_cut),
		TEST(what_has_not_returned_is_counted),
		TEST(events_that_cannot_be_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

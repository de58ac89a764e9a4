// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the report for people says of models, findings, event loops and requests. */
#define _GNU_SOURCE
#include "tests/unit/render_text_steps.h"

static struct loop *add_loop(struct thread *thread, const char *call)
{
	struct loop *loop = sample__grow(&thread->loops, &thread->loop_count, sizeof(*loop));

	*loop = (struct loop){.tid = thread->tid,
			      .call = call,
			      .iterations = 4712,
			      .events = 9424,
			      .events_known = true,
			      .window = 1000 * MS,
			      .idle = 600 * MS,
			      .busy = 200 * MS,
			      .blocked = 150 * MS,
			      .delayed = 50 * MS,
			      .longest_handler = 12 * MS,
			      .longest_cause = strdup("fsync on file /var/x"),
			      .main = thread->loop_count == 1};
	for (int i = 0; i < 100; i++)
		if (histogram__add(&loop->readiness, i < 50 ? 5000 : 80000))
			abort();
	return loop;
}

static struct requests *add_requests(struct process *process, enum request_api api,
				     const char *operation)
{
	struct requests *requests =
		sample__grow(&process->requests, &process->request_count, sizeof(*requests));

	*requests = (struct requests){.api = api,
				      .operation = operation,
				      .submitted = 3000,
				      .completed = 3000,
				      .inflight_total = 9000 * MS,
				      .inflight_mean = 3.2,
				      .inflight_max = 8};
	for (int i = 0; i < 100; i++)
		if (histogram__add(&requests->latency, 250000))
			abort();
	return requests;
}

static void the_model_is_said_below_the_bar(void **state)
{
	struct profile *profile = sample__profile();
	char *text;

	(void)state;
	sample__verdict(profile);
	text = render_flat(profile, &(struct render_options){0});
	assert_says(text, "I/O: epoll (75% of 1,204 operations); an event loop with a pool of "
			  "threads");
	assert_says(text, "at once: 2.5 operations (17 at most), 6.0 threads running (8 at most); "
			  "25.3 ms of CPU an operation");
	assert_says(text, "I/O: unknown (too little data: 3 I/O operations)");
	assert_says_not(text, "stacks:");
	assert_says_not(text, "903 calls followed epoll");
	free(text);
	text = render_flat(profile, &(struct render_options){.verbose = true});
	assert_says(text, "stacks: 80 MiB reserved, 1 MiB used, 160 KiB in the kernel");
	assert_says(text, "epoll: 903 calls followed epoll");
	assert_says(text, "blocking: 301 calls on descriptors");
	free(text);
	profile__free(profile);
}

static void other_verdicts_have_their_words(void **state)
{
	struct profile *profile = sample__profile();
	struct verdict *verdict = &profile->processes[0].verdict;
	char *text;

	(void)state;
	sample__verdict(profile);
	verdict->model = MODEL_MIXED;
	text = render_flat(profile, &(struct render_options){0});
	assert_says(text, "I/O: mixed: epoll 75%, blocking calls 25%; an event loop");
	free(text);
	verdict->model = verdict->shares[0].model = MODEL_COMPUTE;
	text = render_flat(profile, &(struct render_options){0});
	assert_says(text, "I/O: hardly any, it computes (75% of its time); an event loop");
	assert_says(text, "threads running (8 at most)");
	assert_says_not(text, "of CPU an operation");
	free(text);
	verdict->model = MODEL_BLOCKING;
	profile->tier = TIER_WAITS;
	text = render_flat(profile, &(struct render_options){0});
	assert_says(text, "I/O: blocking calls (75% of 1,204 sleeps)");
	free(text);
	profile__free(profile);
}

static void kernel_threads_have_no_model(void **state)
{
	struct profile *profile = sample__profile();
	char *text;

	(void)state;
	profile->processes[0].kernel_thread = profile->processes[1].kernel_thread = true;
	text = render_flat(profile, &(struct render_options){0});
	assert_says_not(text, "I/O: ");
	free(text);
	profile__free(profile);
}

static void findings_come_before_the_waits(void **state)
{
	struct profile *profile = sample__profile();
	char *text = render_flat(profile, &(struct render_options){0});

	(void)state;
	assert_says_not(text, "Findings");
	free(text);
	sample__verdict(profile);
	text = render_flat(profile, &(struct render_options){0});
	assert_before(text, "How the time divides", "Findings (most harmful first)");
	assert_before(text, "Findings", "The worst waits");
	assert_says(text, "warning: the event loop of `a\\x1b[2J` was blocked in its handlers "
			  "[loop_blocked_in_handler]");
	assert_before(text, "warning: the event loop", "notice: many threads wait");
	free(text);
	text = render_flat(profile, &(struct render_options){.top = 1});
	assert_says_not(text, "many threads wait");
	assert_says(text, "1 more finding (beyond --top 1)");
	free(text);
	profile__free(profile);
}

static void event_loops_have_a_table(void **state)
{
	struct profile *profile = sample__profile();
	struct thread *thread = &profile->processes[0].threads[1];
	char *text = render_flat(profile, &(struct render_options){0});

	(void)state;
	assert_says_not(text, "Event loops");
	free(text);
	add_loop(thread, "epoll_wait");
	add_loop(thread, "poll")->idle = MS;
	text = render_flat(profile, &(struct render_options){.width = 140});
	assert_before(text, "The worst waits", "Event loops (");
	assert_before(text, "Event loops (", "Threads (");
	assert_says(text, "tid name loops on returns batch used idle busy blocked delayed longest "
			  "wake p50 wake p99 longest: asleep in 800 server epoll_wait 4,712 2.0 "
			  "40% 600 ms 200 ms 150 ms 50 ms 12 ms ");
	assert_says(text, " us fsync on file /var/x");
	/* one that its handlers make is no loop that it rests in */
	assert_says_not(text, "server poll");
	free(text);
	text = render_flat(profile, &(struct render_options){.width = 140, .verbose = true});
	assert_before(text, "server poll", "server epoll_wait");
	free(text);
	text = render_flat(profile, &(struct render_options){.width = 40});
	assert_says(text, "tid loops on used blocked 800 epoll_wait 40% 150 ms");
	free(text);
	profile__free(profile);
}

static void requests_have_a_table_and_devices_rows_of_their_own(void **state)
{
	struct profile *profile = sample__profile();
	struct process *process = &profile->processes[0];
	struct requests *requests;
	char *text = render_flat(profile, &(struct render_options){0});

	(void)state;
	assert_says_not(text, "Requests");
	free(text);
	requests = add_requests(process, REQUEST_IO_URING, "read");
	requests->served[SERVED_INLINE] = 2700;
	requests->served[SERVED_PUNTED] = 300;
	requests->failed = 3;
	requests->submit_blocked = 7 * MS;
	add_requests(process, REQUEST_BLOCK, "write")->device = strdup("vd\033a");
	text = render_flat(profile, &(struct render_options){.width = 140});
	assert_says(text, "process requests of operation done failed open p50 p99 in flight most "
			  "submit slept done by 800 server io_uring read 3,000 3 0 250 us 250 us "
			  "3.2 8 7 ms inline 90%, punted 10%");
	assert_says(text, "800 server device vd\\x1ba write 3,000 0 0 250 us 250 us 3.2 8 0");
	free(text);
	text = render_flat(profile, &(struct render_options){.top = 1});
	assert_says(text, "1 more kind of request (beyond --top 1)");
	free(text);
	process->requests[0].inflight_total = 10 * MS;
	text = render_flat(profile, &(struct render_options){.min = 20 * MS});
	assert_says(text, "1 kind of request below 20 ms left out (--min)");
	free(text);
	profile__free(profile);
}

/* Below the table, if the program took what was done notably later. */
static void a_program_that_looks_late_is_told(void **state)
{
	static const struct {
		uint64_t done, taken;
		bool late;
	} cases[] = {
		{80000, 210000, true}, {80000, 100000, true}, {80000, 99000, false},
		{8000, 18000, true},   {8000, 17000, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct profile *profile = sample__profile();
		struct requests *requests =
			add_requests(&profile->processes[0], REQUEST_IO_URING, "read");
		char *text;

		histogram__clear(&requests->latency);
		histogram__add(&requests->latency, cases[i].done);
		histogram__add(&requests->taken, cases[i].taken);
		text = render_flat(profile, &(struct render_options){.width = 140});
		if (cases[i].late)
			assert_says(text, "800 server looks late: read is done after");
		else
			assert_says_not(text, "looks late");
		if (i == 0)
			assert_says(text, "done after 80 us (p50), but taken out of the ring after "
					  "210 us or more");
		free(text);
		profile__free(profile);
	}
}

static void what_is_not_known_is_a_question_mark(void **state)
{
	struct profile *profile = sample__profile();
	struct requests *requests =
		add_requests(&profile->processes[0], REQUEST_LINUX_AIO, "pread");
	struct loop *loop = add_loop(&profile->processes[0].threads[1], "epoll_wait");
	char *text;

	(void)state;
	loop->events_known = false;
	histogram__clear(&requests->latency);
	histogram__clear(&loop->readiness);
	requests->latency = loop->readiness = (struct histogram){0};
	histogram__add_totals(&requests->latency, 3000, 9000 * MS, MS, 2 * MS);
	text = render_flat(profile, &(struct render_options){.width = 140});
	assert_says(text, "Linux AIO pread 3,000 0 0 ? ? 3.2");
	assert_says(text, "epoll_wait 4,712 ? 40%");
	assert_says(text, "12 ms ? ? fsync on file /var/x");
	free(text);
	profile__free(profile);
}

static void no_line_is_wider_than_the_page(void **state)
{
	struct profile *profile = sample__profile();
	struct process *process = &profile->processes[0];
	struct loop *loop = add_loop(&process->threads[1], "epoll_pwait2");
	struct requests *requests;
	char wide[400];

	(void)state;
	add_requests(process, REQUEST_IO_URING, "sync_file_range");
	sample__verdict(profile);
	assert_fits(profile, (struct render_options){0});
	memset(wide, 'w', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	free(loop->longest_cause);
	loop->longest_cause = strdup(wide);
	sample__finding(profile, "spinning_on_eagain", 1, wide);
	add_requests(process, REQUEST_BLOCK, "write")->device = strdup(wide);
	requests = &process->requests[0];
	requests->completed = requests->open = requests->failed = UINT64_MAX / 2;
	requests->submit_blocked = requests->inflight_max = UINT64_MAX;
	requests->inflight_mean = 1e15;
	loop->iterations = loop->window = loop->busy = loop->blocked = UINT64_MAX / 8;
	process->concurrency.mean = process->parallelism.mean = 1e12;
	process->concurrency.max = UINT64_MAX;
	process->cost.stack_reserved = UINT64_MAX;
	assert_fits(profile, (struct render_options){0});
	profile__free(profile);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_model_is_said_below_the_bar),
		cmocka_unit_test(other_verdicts_have_their_words),
		cmocka_unit_test(kernel_threads_have_no_model),
		cmocka_unit_test(findings_come_before_the_waits),
		cmocka_unit_test(event_loops_have_a_table),
		cmocka_unit_test(requests_have_a_table_and_devices_rows_of_their_own),
		cmocka_unit_test(a_program_that_looks_late_is_told),
		cmocka_unit_test(what_is_not_known_is_a_question_mark),
		cmocka_unit_test(no_line_is_wider_than_the_page),
	};

	return cmocka_run_group_tests(tests, use_utf8, NULL);
}

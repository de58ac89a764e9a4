// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Findings on calls, loops and requests, each with the fault and just short of it; all in order. */
#include "judge/findings.h"
#include "tests/unit/judge_steps.h"

#define FINDINGS_DOC "docs/findings.md"

/* ------------------------------------------------------------------------------- calls, loops */

static void a_loop_blocked_in_its_handler(void **state)
{
	static const char id[] = "loop_blocked_in_handler";
	struct profile *profile = sample__empty();
	struct thread *thread = judged__one(profile);
	struct loop *loop = judged__loop(thread, "epoll_wait", 20);

	(void)state;
	loop->window = 1000 * MS;
	loop->blocked = 20 * MS;
	loop->longest_handler = 5 * MS;
	judged__wait(&profile->processes[0], thread, CLASS_DISK, "fsync", "file /var/x", 10,
		     20 * MS)
		->handler = 18 * MS;
	judged__wait(&profile->processes[0], thread, CLASS_TIMER, "clock_nanosleep", NULL, 10,
		     200 * MS)
		->handler = 2 * MS;
	assert_found(profile, id, 20 * MS, "in fsync on file /var/x");
	assert_found(profile, id, 20 * MS,
		     "blocked for 20 ms (2.0% of its time, 20 returns of "
		     "epoll_wait)");
	assert_int_equal(find(profile, id)->severity, SEVERITY_WARNING);
	assert_string_equal(find(profile, id)->figures[0].name, "blocked_ns");
	assert_true(find(profile, id)->figures[0].value == 20 * MS);
	assert_edge(profile, id, &loop->iterations, 19);
	assert_edge(profile, id, &loop->blocked, 20 * MS - 1);
	loop->window = 100 * MS;
	assert_edge(profile, id, &loop->blocked, 10 * MS - 1);
	assert_none_on_lost_events(profile, id);
	profile__free(profile);
}

static void cpu_burned_on_eagain(void **state)
{
	static const char id[] = "spinning_on_eagain";
	struct profile *profile = sample__empty();
	struct thread *thread = judged__one(profile);
	struct attempts *attempts =
		sample__grow(&thread->attempts, &thread->attempt_count, sizeof(*attempts));

	(void)state;
	attempts->syscall = "read";
	attempts->object = strdup("pipe:[12]");
	attempts->eagain = 100;
	attempts->spin_runs = 4;
	attempts->spin_cpu = 50 * MS;
	assert_found(profile, id, 50 * MS,
		     "100 calls were refused with EAGAIN, most in read on "
		     "pipe:[12]");
	assert_edge(profile, id, &attempts->eagain, 99);
	assert_edge(profile, id, &attempts->spin_cpu, 50 * MS - 1);
	/* an event loop on edges is refused as often, and sleeps in between */
	assert_edge(profile, id, &attempts->spin_cpu, 0);
	/* a multiplexer's empty returns have a finding of their own */
	attempts->empty = 100;
	assert_not_found(profile, id);
	attempts->empty = 0;
	assert_none_on_lost_events(profile, id);
	profile__free(profile);
}

static void polling_with_a_timeout_of_zero(void **state)
{
	static const char id[] = "zero_timeout_polling";
	struct profile *profile = sample__empty();
	struct thread *thread = judged__one(profile);
	struct loop *loop = judged__loop(thread, "poll", 111);
	struct attempts *attempts;

	(void)state;
	loop->unslept = 100;
	loop->busy = 50 * MS;
	assert_found(profile, id, 50 * MS,
		     "100 of 111 calls of poll did not wait and found "
		     "nothing, for 50 ms of CPU (5.0% of its time)");
	assert_edge(profile, id, &loop->unslept, 99);
	assert_edge(profile, id, &loop->iterations, 112 + 0);
	assert_edge(profile, id, &loop->busy, 50 * MS - 1);
	attempts = sample__grow(&thread->attempts, &thread->attempt_count, sizeof(*attempts));
	attempts->syscall = "poll";
	attempts->empty = 100;
	attempts->spin_cpu = 70 * MS;
	assert_found(profile, id, 70 * MS, "for 70 ms of CPU");
	assert_none_on_lost_events(profile, id);
	profile__free(profile);
}

/* ------------------------------------------------------------------------------------ requests */

static void a_submit_that_sleeps(void **state)
{
	static const char id[] = "submit_blocks";
	struct profile *profile = sample__empty();
	struct thread *thread = judged__one(profile);
	struct wait *wait = judged__wait(&profile->processes[0], thread, CLASS_AIO, "io_submit",
					 "file /x", 10, 50 * MS);

	(void)state;
	assert_found(profile, id, 50 * MS,
		     "slept for 50 ms (5.0% of its time) while it submitted "
		     "requests with io_submit");
	assert_edge(profile, id, &wait->count, 9);
	assert_edge(profile, id, &wait->total, 50 * MS - 1);
	/* waiting for what was submitted is what one is there for */
	wait->syscall = "io_getevents";
	assert_not_found(profile, id);
	wait->syscall = "io_submit";
	assert_none_on_lost_events(profile, id);
	profile__free(profile);
}

static void a_ring_whose_submit_sleeps(void **state)
{
	static const char id[] = "submit_blocks";
	struct profile *profile = sample__empty();
	struct requests *requests;

	(void)state;
	judged__one(profile);
	requests = judged__requests(&profile->processes[0], REQUEST_IO_URING, "write", 400);
	requests->batches = 10;
	requests->submit_blocked = 60 * MS;
	assert_found(profile, id, 60 * MS, "with io_uring_enter");
	assert_edge(profile, id, &requests->batches, 9);
	assert_edge(profile, id, &requests->submit_blocked, 49 * MS);
	profile__free(profile);
}

static void requests_that_are_mostly_punted(void **state)
{
	static const char id[] = "uring_requests_punted";
	struct profile *profile = sample__empty();
	struct process *process = judged__process(profile);
	struct requests *requests;
	struct thread *worker;

	(void)state;
	judged__thread(process, 10 * MS);
	worker = judged__thread(process, 30 * MS);
	worker->io_worker = true;
	judged__requests(process, REQUEST_IO_URING, "read", 40);
	requests = judged__requests(process, REQUEST_IO_URING, "fsync", 60);
	requests->served[SERVED_PUNTED] = 50;
	assert_found(profile, id, 30 * MS,
		     "50 of 100 io_uring requests of process 800 `program` "
		     "were punted");
	assert_found(profile, id, 30 * MS, "most of them fsync");
	assert_edge(profile, id, &requests->served[SERVED_PUNTED], 49);
	assert_edge(profile, id, &requests->completed, 59);
	profile__free(profile);
}

static void small_writes_with_a_sync_each(void **state)
{
	static const char id[] = "small_synchronous_writes";
	struct profile *profile = sample__empty();
	struct thread *thread = judged__one(profile);
	struct call *write, *sync;

	(void)state;
	judged__call(thread, "pwrite64", 40);
	judged__call(thread, "fdatasync", 20);
	write = &thread->calls[0];
	sync = &thread->calls[1];
	write->bytes = 40 * 16384;
	sync->total = 100 * MS;
	assert_found(profile, id, 100 * MS,
		     "20 syncs after writes of 16 KiB on average took "
		     "100 ms (10.0% of its time)");
	assert_edge(profile, id, &sync->calls, 19);
	assert_edge(profile, id, &sync->total, 100 * MS - 1);
	assert_edge(profile, id, &write->calls, 41);
	assert_edge(profile, id, &write->bytes, 40 * 16384 + 1);
	assert_none_on_lost_events(profile, id);
	profile__free(profile);
}

/* ------------------------------------------------------------------------------ all of them */

static void findings_are_ordered_by_harm(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = judged__process(profile);
	static const uint64_t harm[] = {60, 300, 100};

	(void)state;
	for (size_t i = 0; i < COUNT(harm); i++) {
		struct loop *loop =
			judged__loop(judged__thread(process, 100 * MS), "epoll_wait", 100);

		loop->window = 1000 * MS;
		loop->blocked = harm[i] * MS;
	}
	judged__again(profile);
	assert_int_equal(profile->finding_count, 3);
	assert_int_equal(profile->findings[0].harm, 300 * MS);
	assert_int_equal(profile->findings[0].tid, process->threads[1].tid);
	assert_int_equal(profile->findings[1].harm, 100 * MS);
	assert_int_equal(profile->findings[2].harm, 60 * MS);
	profile__free(profile);
}

static void a_program_without_a_fault_has_no_finding(void **state)
{
	struct profile *profile = sample__empty();
	struct thread *thread = judged__one(profile);
	struct loop *loop = judged__loop(thread, "epoll_wait", 10000);

	(void)state;
	loop->window = 1000 * MS;
	loop->busy = 100 * MS;
	judged__call(thread, "read", 20000)->handled = 20000;
	judged__wait(&profile->processes[0], thread, CLASS_MULTIPLEX, "epoll_wait", "epoll fd 4",
		     9000, 900 * MS)
		->idle = true;
	thread->account.idle = thread->account.blocked;
	judged__again(profile);
	assert_int_equal(profile->finding_count, 0);
	profile__free(profile);
}

static void kernel_threads_have_no_findings(void **state)
{
	struct profile *profile = sample__empty();
	struct thread *thread = judged__one(profile);

	(void)state;
	thread->account = (struct account){.lifetime = 200 * MS, .preempted = 150 * MS};
	thread->involuntary = 10000;
	judged__again(profile);
	assert_int_equal(profile->finding_count, 1);
	profile->processes[0].kernel_thread = true;
	judged__again(profile);
	assert_int_equal(profile->finding_count, 0);
	profile__free(profile);
}

static char *read_all(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 1 << 17);

	assert_non_null(text);
	if (file) {
		assert_true(fread(text, 1, (1 << 17) - 1, file) > 0);
		fclose(file);
	}
	return text;
}

/* What the document has below the heading of that id; the caller frees it. */
static char *section_of(const char *text, const char *id)
{
	char heading[80];
	const char *section, *end;

	snprintf(heading, sizeof(heading), "\n## `%s`\n", id);
	section = strstr(text, heading);
	if (!section) {
		fail_msg("%s is not in %s", id, FINDINGS_DOC);
		return NULL;
	}
	section += strlen(heading);
	end = strstr(section, "\n## ");
	return end ? strndup(section, end - section) : strdup(section);
}

static void assert_documented(const char *text, const struct finding_rule *rule)
{
	char *section = section_of(text, rule->id), words[4][32];

	snprintf(words[0], sizeof(words[0]), "%s", severity__name(rule->severity));
	snprintf(words[1], sizeof(words[1]), "%g%%", rule->least.share * 100);
	snprintf(words[2], sizeof(words[2]), "%llu", (unsigned long long)rule->least.count);
	snprintf(words[3], sizeof(words[3]), "%llu ms",
		 (unsigned long long)(rule->least.time / MS));
	for (int i = 0; i < 4; i++)
		if ((i < 3 || rule->least.time) && !strstr(section, words[i]))
			fail_msg("%s: %s does not say \"%s\"", rule->id, FINDINGS_DOC, words[i]);
	free(section);
}

static void every_finding_is_documented_with_its_thresholds(void **state)
{
	char *text = read_all(FINDINGS_DOC);
	const struct finding_rule *rules;
	bool there = *text;
	size_t count;

	(void)state;
	rules = findings__rules(&count);
	for (size_t i = 0; there && i < count; i++)
		assert_documented(text, &rules[i]);
	free(text);
	if (!there)
		skip(); /* not run in the source tree */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_loop_blocked_in_its_handler),
		cmocka_unit_test(cpu_burned_on_eagain),
		cmocka_unit_test(polling_with_a_timeout_of_zero),
		cmocka_unit_test(a_submit_that_sleeps),
		cmocka_unit_test(a_ring_whose_submit_sleeps),
		cmocka_unit_test(requests_that_are_mostly_punted),
		cmocka_unit_test(small_writes_with_a_sync_each),
		cmocka_unit_test(findings_are_ordered_by_harm),
		cmocka_unit_test(a_program_without_a_fault_has_no_finding),
		cmocka_unit_test(kernel_threads_have_no_findings),
		cmocka_unit_test(every_finding_is_documented_with_its_thresholds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

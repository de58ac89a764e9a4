// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The report for people: what ran, what it waited for, and what is left out. */
#define _GNU_SOURCE
#include "tests/unit/render_text_steps.h"

static void the_headline_says_what_ran(void **state)
{
	struct profile *profile = sample__profile();
	char *text = render_flat(profile, &(struct render_options){0});

	(void)state;
	assert_says(text, "waitscope: `./server '--port=80 81'`, 5.03 s, 2 processes, 11 threads, "
			  "exit status 0, full tier");
	free(text);
	profile->exit_status = 137;
	text = render_flat(profile, &(struct render_options){0});
	assert_says(text, "exit status 137 (SIGKILL)");
	free(text);
	profile__free(profile);
}

static void a_long_command_is_cut(void **state)
{
	struct profile *profile = sample__empty();
	char *text;

	(void)state;
	free(profile->command[1]);
	profile->command[1] = calloc(1, 1001);
	memset(profile->command[1], 'x', 1000);
	text = render_flat(profile, &(struct render_options){.width = 100});
	assert_says(text, "xxx...`, 5.03 s");
	assert_true(count_of(text, "x") < 200);
	free(text);
	profile__free(profile);
}

static void a_wait_is_told_in_plain_words(void **state)
{
	struct profile *profile = sample__profile();
	char *text = render_flat(profile, &(struct render_options){0});

	(void)state;
	assert_says(text, "disk: thread 812 `worker` of 800 `server` waited 1.84 s (38% of its "
			  "time) in fsync on file /var/lib/x/wal, woken by the disk interrupt "
			  "and 1 other, 212 times, p50 8.68 ms, p99 8.68 ms");
	assert_says(text, "for a lock that another thread holds (futex 0x7f12a4001020), woken by "
			  "thread 901 `pool`, 31 times");
	assert_says(text, "timer: process 977 `logger` waited 950 ms (95% of its time) in "
			  "clock_nanosleep, a pause it asked for, woken by its timer, once");
	free(text);
	profile__free(profile);
}

static void every_kind_of_waker_has_its_words(void **state)
{
	static const struct {
		enum waker_kind kind;
		enum wait_class class;
		int tid;
		const char *words;
	} cases[] = {
		{WAKER_HARDIRQ, CLASS_DISK, 0, "woken by the disk interrupt"},
		{WAKER_HARDIRQ, CLASS_OTHER, 0, "woken by an interrupt"},
		{WAKER_SOFTIRQ, CLASS_NETWORK, 0, "woken by the network (softirq)"},
		{WAKER_TIMER, CLASS_TIMER, 0, "woken by its timer"},
		{WAKER_THREAD, CLASS_IPC, 7, "woken by thread 7 `peer`"},
		{WAKER_SIGNAL, CLASS_SIGNAL, 7, "woken by a signal from thread 7 `peer`"},
		{WAKER_IO_WQ, CLASS_IO_URING, 0, "woken by an io_uring worker"},
		{WAKER_KERNEL, CLASS_DISK, 7, "woken by kernel thread 7 `peer`"},
		{WAKER_UNKNOWN, CLASS_DISK, 0, "woken by an unknown waker"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct profile *profile = sample__empty();
		struct process *process = sample__process(profile, 5, "x");
		struct thread *thread = sample__thread(
			process, 5, "x", (struct account){.lifetime = MS, .blocked = MS});
		struct wait *wait = sample__wait(&thread->waits, &thread->wait_count,
						 cases[i].class, "call", NULL, 1, MS);
		char *text;

		sample__waker(wait, cases[i].kind, cases[i].tid, cases[i].tid ? "peer" : NULL, 1);
		text = render_flat(profile, &(struct render_options){0});
		assert_says(text, cases[i].words);
		free(text);
		profile__free(profile);
	}
}

static void harm_is_ranked_and_idle_stands_apart(void **state)
{
	struct profile *profile = sample__profile();
	char *text = render_flat(profile, &(struct render_options){0});

	(void)state;
	assert_before(text, "network: 8 threads", "disk: thread 812");
	assert_before(text, "disk: thread 812", "timer: process 977");
	assert_before(text, "timer: process 977", "lock: thread 812");
	/* more than any other wait of one thread, and yet it comes last */
	assert_before(text, "lock: thread 812", "idle: thread 800 `server` rested >= 4.6");
	assert_says(text, ">= at least");
	free(text);
	profile__free(profile);
}

static void threads_that_wait_alike_are_one_line(void **state)
{
	struct profile *profile = sample__profile();
	char *text = render_flat(profile, &(struct render_options){0});

	(void)state;
	assert_says(text, "8 threads of 800 `server` waited 12");
	assert_says(text, "(30% of their time) in recvfrom on 8 objects, the worst tcp "
			  "10.0.0.0:5432, woken by the network (softirq), 800 times");
	assert_says_not(text, "tcp 10.0.0.3:5432");
	free(text);
	profile__free(profile);
}

static void two_files_of_one_thread_are_two_lines(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = sample__process(profile, 5, "x");
	struct thread *thread = sample__thread(
		process, 5, "x", (struct account){.lifetime = 10 * MS, .blocked = 5 * MS});
	char *text;

	(void)state;
	sample__wait(&thread->waits, &thread->wait_count, CLASS_DISK, "fsync", "file /a", 1, MS);
	sample__wait(&thread->waits, &thread->wait_count, CLASS_DISK, "fsync", "file /b", 2,
		     2 * MS);
	text = render_flat(profile, &(struct render_options){0});
	assert_before(text, "in fsync on file /b, 2 times", "in fsync on file /a, once");
	free(text);
	profile__free(profile);
}

static void quantiles_come_from_the_process_where_threads_have_none(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = sample__process(profile, 5, "x");
	struct thread *thread = sample__thread(
		process, 5, "x", (struct account){.lifetime = 10 * MS, .blocked = 4 * MS});
	struct wait *wait;
	char *text;

	(void)state;
	wait = sample__wait(&thread->waits, &thread->wait_count, CLASS_DISK, "read", "file /a", 4,
			    MS);
	histogram__clear(&wait->duration);
	histogram__add_totals(&wait->duration, 4, 4 * MS, MS, MS);
	sample__wait(&process->waits, &process->wait_count, CLASS_DISK, "read", "file /a", 4, MS);
	text = render_flat(profile, &(struct render_options){0});
	assert_says(text, "4 times, p50 1");
	free(text);
	histogram__clear(&process->waits[0].duration);
	histogram__add_totals(&process->waits[0].duration, 4, 4 * MS, MS, MS);
	text = render_flat(profile, &(struct render_options){0});
	assert_says_not(text, "4 times, p50");
	assert_says(text, "ms at most");
	free(text);
	profile__free(profile);
}

static void delays_for_a_cpu_are_told_when_they_are_large(void **state)
{
	struct profile *profile = sample__profile();
	char *text = render_flat(profile, &(struct render_options){0});

	(void)state;
	assert_says(text, "waited 600 ms (12% of its time) for a free CPU after being woken "
			  "(run-queue delay), 212 times");
	assert_says(text, "was held off its CPU for 300 ms (6.2% of its time) while it had more "
			  "to do (preempted), 31 times");
	free(text);
	profile->processes[0].threads[0].account.runnable = 200 * MS; /* 4% */
	text = render_flat(profile, &(struct render_options){0});
	assert_says_not(text, "run-queue delay),");
	free(text);
	profile__free(profile);
}

static void top_and_min_say_what_they_left_out(void **state)
{
	struct profile *profile = sample__profile();
	char *text = render_flat(profile, &(struct render_options){.top = 2});

	(void)state;
	assert_says(text, "4 more waits (beyond --top 2)");
	assert_says(text, "9 more threads (beyond --top 2)");
	assert_says(text, "2 more syscalls (beyond --top 2)");
	free(text);
	text = render_flat(profile, &(struct render_options){.min = 200 * MS, .verbose = true});
	assert_says(text, "1 wait below 200 ms left out (--min)");
	assert_says(text, "1 syscall below 200 ms left out (--min)");
	assert_says_not(text, "beyond --top");
	free(text);
	text = render_flat(profile, &(struct render_options){0});
	assert_says(text, "1 more thread (-v shows all)");
	free(text);
	profile__free(profile);
}

static void the_waits_tier_has_no_syscalls(void **state)
{
	struct profile *profile = sample__profile();
	char *text;

	(void)state;
	profile->tier = TIER_WAITS;
	for (size_t i = 0; i < profile->process_count; i++)
		profile->processes[i].account.split = false;
	text = render_flat(profile, &(struct render_options){0});
	assert_says(text, "waits tier");
	assert_says(text, "# running 61%");
	assert_says_not(text, "Syscalls");
	assert_says_not(text, "user");
	free(text);
	profile__free(profile);
}

static void an_empty_profile_says_why(void **state)
{
	static const struct {
		enum target_kind target;
		const char *words;
	} cases[] = {
		{TARGET_COMMAND, "the command ended before"},
		{TARGET_PID, "had ended before tracing began"},
		{TARGET_NAME, "none named `ngin\\x1bx` was running"},
		{TARGET_CGROUP, "the cgroup was empty"},
		{TARGET_ALL, "nothing was seen at all"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct profile *profile = sample__empty();
		char *text;

		profile->target = cases[i].target;
		profile->target_text = strdup("ngin\033x");
		text = render_flat(profile, &(struct render_options){0});
		assert_says(text, "No process matched: ");
		assert_says(text, cases[i].words);
		assert_says(text, "Audit");
		free(text);
		assert_fits(profile, (struct render_options){0});
		profile__free(profile);
	}
}

static void nothing_waited_is_said(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = sample__process(profile, 5, "x");
	struct thread *thread = sample__thread(process, 5, "x", (struct account){.lifetime = MS});
	char *text = render_flat(profile, &(struct render_options){0});

	(void)state;
	assert_says(text, "Nothing waited.");
	free(text);
	sample__wait(&thread->waits, &thread->wait_count, CLASS_MULTIPLEX, "poll", NULL, 1, MS)
		->idle = true;
	text = render_flat(profile, &(struct render_options){0});
	assert_says(text, "Nothing waited for anything but its next piece of work.");
	free(text);
	profile__free(profile);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_headline_says_what_ran),
		cmocka_unit_test(a_long_command_is_cut),
		cmocka_unit_test(a_wait_is_told_in_plain_words),
		cmocka_unit_test(every_kind_of_waker_has_its_words),
		cmocka_unit_test(harm_is_ranked_and_idle_stands_apart),
		cmocka_unit_test(threads_that_wait_alike_are_one_line),
		cmocka_unit_test(two_files_of_one_thread_are_two_lines),
		cmocka_unit_test(quantiles_come_from_the_process_where_threads_have_none),
		cmocka_unit_test(delays_for_a_cpu_are_told_when_they_are_large),
		cmocka_unit_test(top_and_min_say_what_they_left_out),
		cmocka_unit_test(the_waits_tier_has_no_syscalls),
		cmocka_unit_test(an_empty_profile_says_why),
		cmocka_unit_test(nothing_waited_is_said),
	};

	return cmocka_run_group_tests(tests, use_utf8, NULL);
}

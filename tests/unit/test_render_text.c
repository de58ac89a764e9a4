// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The report for people: what it says, that it fits its page, and that no name from outside can
 * drive a terminal.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

#include <cmocka.h>

#include "render/render.h"
#include "tests/unit/render_sample.h"

static char *render(const struct profile *profile, const struct render_options *options)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	assert_int_equal(render__text(stream, profile, options), 0);
	assert_int_equal(fclose(stream), 0);
	return text;
}

/* Line breaks and indentation are layout: one space each, for the tests of what is said. */
static char *render_flat(const struct profile *profile, const struct render_options *options)
{
	char *text = render(profile, options), *out = text;

	for (const char *in = text; *in; in++) {
		char byte = *in == '\n' ? ' ' : *in;

		if (byte != ' ' || out == text || out[-1] != ' ')
			*out++ = byte;
	}
	*out = '\0';
	return text;
}

static void assert_says(const char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("\"%s\" is not in:\n%s", words, text);
}

static void assert_says_not(const char *text, const char *words)
{
	if (strstr(text, words))
		fail_msg("\"%s\" is in:\n%s", words, text);
}

static void assert_before(const char *text, const char *first, const char *second)
{
	assert_says(text, first);
	assert_says(text, second);
	if (strstr(text, first) > strstr(text, second))
		fail_msg("\"%s\" comes after \"%s\" in:\n%s", first, second, text);
}

static size_t count_of(const char *text, const char *sign)
{
	size_t count = 0;

	for (; (text = strstr(text, sign)); text++)
		count++;
	return count;
}

/* Display columns as the C library counts them; the renderer has a table of its own. */
static int columns_of(const char *line, size_t length)
{
	wchar_t wide[4096];
	char plain[8192];
	size_t used = 0;
	int columns;

	for (size_t i = 0; i < length; i++) {
		if (line[i] == '\033') {
			while (line[i] != 'm')
				i++;
			continue;
		}
		plain[used++] = line[i];
	}
	plain[used] = '\0';
	assert_int_not_equal(mbstowcs(wide, plain, 4096), (size_t)-1);
	columns = wcswidth(wide, 4096);
	assert_true(columns >= 0);
	return columns;
}

static void assert_fits(const struct profile *profile, struct render_options options)
{
	static const int widths[] = {40, 80, 100, 200};

	for (unsigned int i = 0; i < 4 * 8; i++) {
		char *text;

		options.width = widths[i % 4];
		options.colour = i & 4;
		options.unicode = i & 8;
		options.verbose = i & 16;
		text = render(profile, &options);
		for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
			size_t length = strcspn(line, "\n");

			if (columns_of(line, length) > options.width)
				fail_msg("wider than %d: %.*s", options.width, (int)length, line);
		}
		free(text);
	}
}

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

static void a_bar_is_drawn_to_scale(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = sample__process(profile, 5, "x");
	char *text, *bar, *end;

	(void)state;
	sample__thread(process, 5, "x",
		       (struct account){.lifetime = 100 * MS,
					.blocked = 75 * MS,
					.idle = 25 * MS,
					.runnable = 5 * MS,
					.unknown = 20 * MS});
	sample__wait(&process->waits, &process->wait_count, CLASS_DISK, "read", "file /a", 1,
		     50 * MS);
	text = render(profile, &(struct render_options){.width = 68});
	bar = strstr(text, "DDD");
	assert_non_null(bar);
	while (bar[-1] != '\n')
		bar--;
	end = strchr(bar, '\n');
	*end = '\0';
	/* 66 columns after the margin: 5% runnable, 50% disk, 25% idle, 20% unknown */
	assert_int_equal(strlen(bar), 68);
	assert_in_range(count_of(bar, "+"), 3, 4);
	assert_in_range(count_of(bar, "D"), 32, 34);
	assert_in_range(count_of(bar, "."), 16, 17);
	assert_in_range(count_of(bar, "?"), 13, 14);
	*end = '\n';
	assert_says(text, "D disk 50%");
	assert_says(text, ". idle 25%");
	assert_says(text, "? unknown 20%");
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

static void verbose_tells_wakers_and_the_books_of_each_thread(void **state)
{
	struct profile *profile = sample__profile();
	char *text = render_flat(profile, &(struct render_options){.verbose = true, .width = 140});

	(void)state;
	assert_says(text, "woken by the disk interrupt (210), by thread 813 `flusher` (2), 212");
	assert_says(text, "Syscalls of each thread");
	assert_says(text, "812 worker 1 ms +300 ns 2 us +100 ns 90 ns 70 ns 212 0 31 0 0");
	assert_says(text, "histogram_chunks 4,000 32,768 12%");
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

static void the_audit_takes_two_lines(void **state)
{
	struct profile *profile = sample__profile();
	char *text = render_flat(profile, &(struct render_options){0});

	(void)state;
	assert_says(text, "conserved; off the kernel's books: run 0.02%, delay 1.10%, both 0%, "
			  "switches 0%");
	assert_says(text, "nothing lost; fullest map (histogram chunks) 12%");
	free(text);
	profile__free(profile);
}

static void losses_and_breaches_are_said_aloud(void **state)
{
	struct profile *profile = sample__profile();
	char *text;

	(void)state;
	profile->audit.conserved = false;
	profile->audit.residual = -1500;
	profile->audit.lost[1].count = 1204;
	profile->audit.rundelay_known = false;
	profile->audit.runtime_error = NAN;
	text = render_flat(profile, &(struct render_options){0});
	assert_says(text, "NOT CONSERVED: states and lifetimes differ by -1.5");
	assert_says(text, "lost: 1,204 waits (");
	assert_says_not(text, "nothing lost");
	assert_says(text, "run not comparable, delay not comparable");
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

/* A process whose every text is hostile. */
static struct profile *hostile_profile(void)
{
	static const char evil[] =
		"a\033[2J\r\n\x9b\xc2\x9b\x7f\"\xff\\\xe2\x80\xae\xf0\x9f\x90\x9e";
	char path[300] = "";
	struct profile *profile = sample__empty();
	struct process *process = sample__process(profile, 5, evil);
	struct thread *thread = sample__thread(
		process, 6, evil,
		(struct account){.lifetime = 10 * MS, .blocked = 5 * MS, .runnable = 2 * MS});
	struct wait *wait =
		sample__wait(&thread->waits, &thread->wait_count, CLASS_DISK, "read", evil, 2, MS);

	sample__waker(wait, WAKER_THREAD, 9, evil, 2);
	sample__waker(wait, WAKER_SIGNAL, 8, evil, 1);
	sample__call(&process->calls, &process->call_count, "read", 3, MS, 0, 1);
	memset(path, 'p', sizeof(path) - 1);
	sample__wait(&thread->waits, &thread->wait_count, CLASS_DISK, "write", path, 1, MS);
	sample__thread(process, 7, "数据库工作线程", (struct account){.lifetime = MS});
	sample__process(profile, 8, evil);
	free(profile->command[1]);
	profile->command[1] = strdup(evil);
	return profile;
}

static void names_cannot_drive_a_terminal(void **state)
{
	struct profile *profile = hostile_profile();

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct render_options options = {.unicode = i & 1, .verbose = i & 2, .width = 80};
		char *text = render(profile, &options);

		assert_says(text, "\\x1b[2J");
		for (const char *at = text; *at; at++) {
			unsigned char byte = (unsigned char)*at;

			assert_true(byte == '\n' || (byte >= 0x20 && byte != 0x7f));
			assert_true(options.unicode || byte < 0x80);
		}
		assert_int_not_equal(mbstowcs(NULL, text, 0), (size_t)-1);
		assert_null(strstr(text, "\xc2\x9b"));
		assert_null(strstr(text, "\xe2\x80\xae"));
		free(text);
	}
	profile__free(profile);
}

static void colours_are_only_there_on_request(void **state)
{
	struct profile *profile = sample__profile();
	char *plain = render(profile, &(struct render_options){.unicode = true});
	char *coloured = render(profile, &(struct render_options){.unicode = true, .colour = true});
	char *out = coloured;

	(void)state;
	assert_null(strchr(plain, '\033'));
	assert_non_null(strchr(coloured, '\033'));
	for (const char *in = coloured; *in; in++) {
		if (*in == '\033')
			in = strchr(in, 'm');
		else
			*out++ = *in;
	}
	*out = '\0';
	/* colours change the signs of the bars, but not a word */
	assert_string_equal(strstr(coloured, "The worst waits"), strstr(plain, "The worst waits"));
	free(plain);
	free(coloured);
	profile__free(profile);
}

static void no_line_is_wider_than_the_page(void **state)
{
	struct profile *profile = sample__profile(), *hostile = hostile_profile();

	(void)state;
	assert_fits(profile, (struct render_options){0});
	assert_fits(profile, (struct render_options){.top = 1, .min = 500 * MS});
	assert_fits(hostile, (struct render_options){0});
	profile__free(profile);
	profile__free(hostile);
}

static void narrow_tables_leave_columns_out(void **state)
{
	struct profile *profile = sample__profile();
	char *text = render_flat(profile, &(struct render_options){.width = 40});

	(void)state;
	assert_says(text, "tid name running blocked idle 812 worker 2");
	assert_says(text, "process syscall calls total 800 server recvfrom 800 12");
	free(text);
	text = render_flat(profile, &(struct render_options){.width = 120});
	assert_says(text, "pid tid name in all running runnable preempted blocked idle unknown "
			  "switches forced 800 812 worker");
	free(text);
	profile__free(profile);
}

static void huge_numbers_fit_and_are_never_cut(void **state)
{
	struct profile *profile = sample__empty();
	struct process *process = sample__process(profile, INT32_MAX, "x");
	uint64_t huge = UINT64_MAX / 8;
	struct thread *thread = sample__thread(process, INT32_MAX, "x",
					       (struct account){.lifetime = huge * 6,
								.blocked = huge,
								.idle = huge / 2,
								.runnable = huge,
								.preempted = huge,
								.unknown = huge});
	struct wait *wait = sample__wait(&thread->waits, &thread->wait_count, CLASS_DISK, "read",
					 "file /a", 1, MS);
	char *text;

	(void)state;
	wait->count = wait->censored = UINT64_MAX;
	wait->total = wait->runqueue_total = UINT64_MAX;
	thread->voluntary = UINT64_MAX;
	thread->involuntary = 0;
	sample__call(&process->calls, &process->call_count, "read", 1, MS, 0, 1);
	process->calls[0].calls = process->calls[0].errors = UINT64_MAX;
	profile->window = UINT64_MAX;
	profile->audit.residual = INT64_MIN;
	profile->audit.conserved = false;
	assert_fits(profile, (struct render_options){0});
	text = render_flat(profile, &(struct render_options){.width = 140});
	assert_says(text, "18,446,744,073,709,551,615");
	free(text);
	profile__free(profile);
}

static void a_stream_that_fails_is_reported(void **state)
{
	/* one fails while it is written, the other one when what it buffers is flushed */
	struct profile *profiles[] = {sample__profile(), sample__empty()};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		FILE *full = fopen("/dev/full", "w");

		assert_non_null(full);
		assert_int_equal(render__text(full, profiles[i], &(struct render_options){0}),
				 -EIO);
		fclose(full);
		profile__free(profiles[i]);
	}
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
		cmocka_unit_test(a_bar_is_drawn_to_scale),
		cmocka_unit_test(top_and_min_say_what_they_left_out),
		cmocka_unit_test(verbose_tells_wakers_and_the_books_of_each_thread),
		cmocka_unit_test(the_waits_tier_has_no_syscalls),
		cmocka_unit_test(the_audit_takes_two_lines),
		cmocka_unit_test(losses_and_breaches_are_said_aloud),
		cmocka_unit_test(an_empty_profile_says_why),
		cmocka_unit_test(nothing_waited_is_said),
		cmocka_unit_test(names_cannot_drive_a_terminal),
		cmocka_unit_test(colours_are_only_there_on_request),
		cmocka_unit_test(no_line_is_wider_than_the_page),
		cmocka_unit_test(narrow_tables_leave_columns_out),
		cmocka_unit_test(huge_numbers_fit_and_are_never_cut),
		cmocka_unit_test(a_stream_that_fails_is_reported),
	};

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return 1; /* the oracle for display columns */
	return cmocka_run_group_tests(tests, NULL, NULL);
}

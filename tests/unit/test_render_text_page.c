// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The report for people as a page: to scale, within its width, in colour on request, and no name
 * from outside can drive a terminal.
 */
#define _GNU_SOURCE
#include "tests/unit/render_text_steps.h"

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

static struct stacks *hostile_stacks(const char *evil)
{
	struct stacks *stacks = calloc(1, sizeof(*stacks));
	struct stack row = {.pid = 5, .tid = 6, .class = CLASS_DISK, .count = 2, .ns = 5 * MS};

	row.process = row.thread = texts__keep(&stacks->texts, evil);
	row.syscall = row.waker = row.process;
	row.frames.names = calloc(1, sizeof(*row.frames.names));
	row.frames.names[0] = row.process;
	row.frames.user = 1;
	assert_int_equal(stacks__add(stacks, &row), 0);
	stacks__settle(stacks);
	return stacks;
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
	profile->stacks = hostile_stacks(evil);
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
	(void)state;
	assert_failing_streams_are_reported(render__text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bar_is_drawn_to_scale),
		cmocka_unit_test(names_cannot_drive_a_terminal),
		cmocka_unit_test(colours_are_only_there_on_request),
		cmocka_unit_test(no_line_is_wider_than_the_page),
		cmocka_unit_test(narrow_tables_leave_columns_out),
		cmocka_unit_test(huge_numbers_fit_and_are_never_cut),
		cmocka_unit_test(a_stream_that_fails_is_reported),
	};

	return cmocka_run_group_tests(tests, use_utf8, NULL);
}

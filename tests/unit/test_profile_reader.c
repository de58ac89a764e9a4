// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Profiles read back: what was written is what is read, and what is no profile is refused in one
 * line, wherever it was cut or changed.
 */
#include "recording/profile_reader.h"
#include "tests/unit/render_steps.h"

static char *sample_text(void)
{
	struct profile *profile = sample__profile();
	char *text;

	sample__verdict(profile);
	sample__finding(profile, "spinning_on_eagain", 5 * MS, "it spins");
	text = render_with(render__json, profile, &(struct render_options){0});
	profile__free(profile);
	return text;
}

static double value_of(const struct diff_run *run, const char *path)
{
	for (size_t i = 0; i < run->value_count; i++) {
		char *other = diff_value__path(&run->values[i]);
		bool same = !strcmp(other, path);

		free(other);
		if (same) {
			assert_false(run->values[i].unknown);
			return run->values[i].value;
		}
	}
	fail_msg("there is no %s", path);
	return 0;
}

static void what_was_written_is_read_back(void **state)
{
	char *text = sample_text(), message[READER_MESSAGE] = "";
	struct diff_run run = {0};

	(void)state;
	if (profile_reader__parse(text, strlen(text), &run, message))
		fail_msg("%s", message);
	assert_string_equal(run.command, "./server --port=80 81");
	assert_string_equal(run.kernel, "6.1.0-56-amd64");
	assert_true(run.window == 5030.0 * MS);
	assert_true(value_of(&run, "server:blocked.disk") == 212 * 8680000.0);
	assert_true(value_of(&run, "blocked.lock") == 31.0 * 3 * MS);
	assert_true(value_of(&run, "object.futex.waits") == 31);
	assert_true(value_of(&run, "idle.multiplex") == 4600.0 * MS);
	assert_true(value_of(&run, "syscall.read.calls") == 1204);
	assert_true(value_of(&run, "wait.disk/fsync/file /var/lib/x/wal.waits") == 212);
	assert_true(value_of(&run, "finding.spinning_on_eagain") >= 1);
	diff_run__clear(&run);
	free(text);
}

/* All waits add up to what the ledger has, however they are named. */
static void sums_are_kept(void **state)
{
	char *text = sample_text(), message[READER_MESSAGE];
	struct diff_run run = {0};
	double classes = 0, waits = 0, all = 0;

	(void)state;
	assert_int_equal(profile_reader__parse(text, strlen(text), &run, message), 0);
	for (size_t i = 0; i < run.value_count; i++) {
		const struct diff_value *value = &run.values[i];

		if (value->figure == DIFF_CLASS_BLOCKED && value->process)
			classes += value->value;
		if (value->figure == DIFF_WAIT_BLOCKED && value->process)
			waits += value->value;
		if (value->figure == DIFF_CLASS_BLOCKED && !value->process)
			all += value->value;
	}
	assert_true(classes > 0 && classes == waits && classes == all);
	diff_run__clear(&run);
	free(text);
}

static void assert_one_line(const char *message)
{
	assert_true(*message);
	for (const char *at = message; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			fail_msg("not one line: %s", message);
}

struct bad {
	const char *text;
	const char *why; /* a part of what is said */
};

#define HEAD                                                                                       \
	"{\"schema\":\"waitscope-profile/1\",\"tool\":{\"tier\":\"full\"},\"host\":{},"            \
	"\"target\":{\"kind\":\"all\"},"
#define AUDIT "\"audit\":{\"conserved\":true,\"lost\":{}},"

static void what_is_no_profile_is_refused_with_the_reason(void **state)
{
	static const struct bad cases[] = {
		{"", "is empty"},
		{" \n", "cut off"},
		{"{", "cut off"},
		{"hello", "no JSON"},
		{"\x1b[31m", "no JSON"},
		{"{} {}", "behind the profile"},
		{"null", "no object"},
		{"[]", "no object"},
		{"17", "no object"},
		{"{}", "no profile"},
		{"{\"schema\":7}", "no profile"},
		{"{\"schema\":\"waitscope-profile/2\"}", "version 2"},
		{"{\"schema\":\"waitscope-profile/\\u001b[31m\"}", "version \\x1b[31m"},
		{"{\"schema\":\"waitscope-hist/1\"}", "waitscope-hist/1"},
		{"{\"schema\":\"waitscope-profile/1\"}", "tool is missing"},
		{HEAD "\"window_ns\":-1}", "window_ns is negative"},
		{HEAD "\"window_ns\":1e999}", "beyond all measure"},
		{HEAD "\"window_ns\":\"x\"}", "window_ns is no number"},
		{HEAD "\"window_ns\":1}", "audit is missing"},
		{HEAD AUDIT "\"window_ns\":1}", "processes is missing"},
		{HEAD AUDIT "\"window_ns\":1,\"processes\":7}", "processes is no list"},
		{HEAD AUDIT "\"window_ns\":1,\"processes\":[7]}", "processes[0] is no object"},
		{HEAD AUDIT "\"window_ns\":1,\"processes\":[{}]}", "processes[0].comm is missing"},
		{HEAD AUDIT "\"window_ns\":1,\"processes\":[]}", "findings is missing"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char message[READER_MESSAGE] = "";
		struct diff_run run = {0};

		assert_true(profile_reader__parse(cases[i].text, strlen(cases[i].text), &run,
						  message) < 0);
		assert_one_line(message);
		if (!strstr(message, cases[i].why))
			fail_msg("\"%s\": \"%s\", without \"%s\"", cases[i].text, message,
				 cases[i].why);
		diff_run__clear(&run);
	}
}

static void an_empty_profile_is_one(void **state)
{
	static const char text[] = HEAD AUDIT "\"window_ns\":1,\"processes\":[],\"findings\":[]}\n";
	char message[READER_MESSAGE];
	struct diff_run run = {0};

	(void)state;
	assert_int_equal(profile_reader__parse(text, strlen(text), &run, message), 0);
	assert_int_equal(run.value_count, 1); /* the window */
	assert_null(run.command);
	diff_run__clear(&run);
}

static void too_deep_a_nesting_is_refused(void **state)
{
	enum { DEPTH = 100000 };
	char *text = malloc(DEPTH + 1), message[READER_MESSAGE];
	struct diff_run run = {0};

	(void)state;
	memset(text, '[', DEPTH);
	text[DEPTH] = '\0';
	assert_true(profile_reader__parse(text, DEPTH, &run, message) < 0);
	assert_non_null(strstr(message, "too deeply"));
	free(text);
}

static void a_profile_that_was_cut_anywhere_is_refused(void **state)
{
	char *text = sample_text();
	size_t length = strlen(text);

	(void)state;
	while (length && text[length - 1] != '}')
		length--;
	for (size_t cut = 0; cut < length; cut += cut < 600 ? 1 : 397) {
		char *part = strndup(text, cut), message[READER_MESSAGE] = "";
		struct diff_run run = {0};

		assert_true(profile_reader__parse(part, cut, &run, message) < 0);
		assert_one_line(message);
		diff_run__clear(&run);
		free(part);
	}
	free(text);
}

/* Bytes changed at random, and members of another type: read or refused, never more than that. */
static void a_profile_that_was_changed_anywhere_is_read_or_refused(void **state)
{
	static const char *const words[] = {"null", "-1", "[]", "{}", "\"\"", "1e400", "true"};
	char *text = sample_text();
	size_t length = strlen(text);
	uint64_t seed = 3;

	(void)state;
	for (int round = 0; round < 500; round++) {
		char *changed = strdup(text), message[READER_MESSAGE] = "";
		struct diff_run run = {0};
		size_t at = next_random(&seed) % length;

		if (round % 2) {
			char *colon = strchr(changed + at, ':');
			const char *word = words[next_random(&seed) % COUNT(words)];

			if (colon && strlen(colon + 1) > strlen(word))
				for (size_t i = 0; word[i]; i++)
					colon[1 + i] = word[i];
		} else {
			changed[at] = (char)next_random(&seed);
		}
		if (profile_reader__parse(changed, length, &run, message))
			assert_one_line(message);
		diff_run__clear(&run);
		free(changed);
	}
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read_back),
		cmocka_unit_test(sums_are_kept),
		cmocka_unit_test(what_is_no_profile_is_refused_with_the_reason),
		cmocka_unit_test(an_empty_profile_is_one),
		cmocka_unit_test(too_deep_a_nesting_is_refused),
		cmocka_unit_test(a_profile_that_was_cut_anywhere_is_refused),
		cmocka_unit_test(a_profile_that_was_changed_anywhere_is_read_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

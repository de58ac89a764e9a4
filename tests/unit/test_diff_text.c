// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Comparisons for people and for programs: the biggest change comes first, noise is called noise,
 * every width is kept, and no name drives a terminal.
 */
#define _GNU_SOURCE
#include <json-c/json.h>

#include "render/diff.h"
#include "tests/unit/diff_steps.h"
#include "tests/unit/render_text_steps.h"

#define NS_MS 1e6

static char *write_diff(const struct diff *diff, const char *by, struct render_options options,
			bool json)
{
	struct diff_report report = {.diff = diff, .by = by};
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	assert_int_equal(json ? render__diff_json(stream, &report, &options)
			      : render__diff_text(stream, &report, &options),
			 0);
	fclose(stream);
	return text;
}

/* Lock time tripled, disk time a little less, one finding more, another model. */
static void fill(struct pair *pair)
{
	struct diff_run *a = pair__run(pair, 0), *b = pair__run(pair, 1);
	static const struct diff_name row = {"program", "lock", "futex", "futex"};

	pair__add(a, DIFF_LIFETIME, NULL, 1000 * NS_MS);
	pair__add(b, DIFF_LIFETIME, NULL, 1400 * NS_MS);
	pair__add(a, DIFF_CLASS_BLOCKED, "lock", 200 * NS_MS);
	pair__add(b, DIFF_CLASS_BLOCKED, "lock", 600 * NS_MS);
	pair__add(a, DIFF_CLASS_WAITS, "lock", 200);
	pair__add(b, DIFF_CLASS_WAITS, "lock", 200);
	assert_int_equal(diff_run__add(a, DIFF_WAIT_BLOCKED, &row, 200 * NS_MS, 0), 0);
	assert_int_equal(diff_run__add(b, DIFF_WAIT_BLOCKED, &row, 600 * NS_MS, 0), 0);
	assert_int_equal(diff_run__add(a, DIFF_WAIT_P50, &row, NS_MS, 200), 0);
	assert_int_equal(diff_run__add(b, DIFF_WAIT_P50, &row, 3 * NS_MS, 200), 0);
	pair__add(a, DIFF_CLASS_BLOCKED, "disk", 300 * NS_MS);
	pair__add(b, DIFF_CLASS_BLOCKED, "disk", 280 * NS_MS);
	pair__add(a, DIFF_RUNNING, NULL, 50 * NS_MS);
	pair__add(b, DIFF_RUNNING, NULL, 50.1 * NS_MS);
	pair__add(a, DIFF_CLASS_IDLE, "multiplex", 1000 * NS_MS);
	pair__add(b, DIFF_CLASS_IDLE, "multiplex", 9000 * NS_MS);
	pair__add(b, DIFF_FINDING, "lock_serialises_threads", 1);
	free(b->processes[0].io_model);
	b->processes[0].io_model = strdup("epoll");
	assert_non_null(pair__compare(pair, DIFF_PER_RUN));
}

static void the_biggest_change_comes_first_in_words(void **state)
{
	struct pair pair = {0};
	char *text;

	(void)state;
	fill(&pair);
	text = write_diff(pair.diff, NULL, (struct render_options){.width = 200}, false);
	assert_says(text, "lock:");
	assert_says(text,
		    "process `program` waited longer: +400 ms (+200%), from 200 ms to 600 ms");
	assert_says(text, "p50 1 ms -> 3 ms");
	assert_says(text, "waited shorter: -20 ms (-6.7%)");
	assert_before(text, "+400 ms", "-20 ms");
	assert_before(text, "-20 ms", "rested longer: +8 s"); /* rest holds nothing up */
	assert_says(text, "1 change of less than 1.4 ms (0.1% of the time");
	assert_says(text, "came:");
	assert_says(text, "lock_serialises_threads in process `program`");
	assert_says(text, "I/O model blocking -> epoll");
	assert_says(text, "too few runs to know the noise");
	free(text);
	pair__clear(&pair);
}

static void noise_is_called_noise(void **state)
{
	static const double lock[] = {100 * NS_MS, 150 * NS_MS, 90 * NS_MS,
				      140 * NS_MS, 160 * NS_MS, 130 * NS_MS};
	static const double disk[] = {10 * NS_MS, 11 * NS_MS, 12 * NS_MS,
				      20 * NS_MS, 21 * NS_MS, 22 * NS_MS};
	struct pair pair = {0};
	char *text;

	(void)state;
	pair__figure(&pair, DIFF_CLASS_BLOCKED, "lock", 3, lock);
	assert_non_null(pair__compare(&pair, DIFF_PER_RUN));
	text = write_diff(pair.diff, NULL, (struct render_options){.width = 200}, false);
	assert_says(text, "nothing beyond noise");
	assert_says(text, "1 part of the time changed within noise; the largest by +40 ms");
	assert_says(text, "1 in 10");
	assert_says_not(text, "waited longer");
	free(text);
	pair__clear(&pair);

	pair__figure(&pair, DIFF_CLASS_BLOCKED, "lock", 3, lock);
	pair__figure(&pair, DIFF_CLASS_BLOCKED, "disk", 3, disk);
	assert_non_null(pair__compare(&pair, DIFF_PER_RUN));
	text = write_diff(pair.diff, NULL, (struct render_options){.width = 200}, false);
	assert_says(text, "+10 ms (+91%), from 11 ms (10 ms..12 ms) to 21 ms (20 ms..22 ms)");
	assert_says_not(text, "nothing beyond");
	assert_before(text, "+10 ms", "+40 ms");
	free(text);
	pair__clear(&pair);
}

static void one_part_can_be_asked_for(void **state)
{
	struct pair pair = {0};

	(void)state;
	fill(&pair);
	for (size_t i = 0; diff_by__name(i); i++) {
		char *text = write_diff(pair.diff, diff_by__name(i),
					(struct render_options){.width = 100}, false);

		assert_says_not(text, "What changed");
		if (!strcmp(diff_by__name(i), "class")) {
			assert_says(text, "Waits, by class");
			assert_before(text, "lock", "disk");
		}
		if (!strcmp(diff_by__name(i), "model"))
			assert_says(text, "epoll");
		free(text);
	}
	pair__clear(&pair);
}

static void bounds_are_kept_and_said(void **state)
{
	struct pair pair = {0};
	char *text;

	(void)state;
	fill(&pair);
	text = write_diff(pair.diff, NULL, (struct render_options){.width = 200, .top = 1}, false);
	assert_says(text, "+400 ms");
	assert_says_not(text, "waited shorter");
	assert_says(text, "more changes (beyond --top 1)");
	free(text);
	text = write_diff(pair.diff, NULL,
			  (struct render_options){.width = 200, .min = (uint64_t)(100 * NS_MS)},
			  false);
	assert_says_not(text, "waited shorter");
	assert_says(text, "2 changes of less than 100 ms left out (--min)");
	free(text);
	pair__clear(&pair);
}

static void a_recording_that_was_cut_is_told(void **state)
{
	const struct render_options options = {.width = 200};
	struct pair pair = {0};
	char *text;

	(void)state;
	fill(&pair);
	text = write_diff(pair.diff, NULL, options, false);
	assert_null(strstr(text, "cut off"));
	free(text);
	pair.runs[1][0].cut = true;
	text = write_diff(pair.diff, NULL, options, false);
	assert_says(text, "some of the recordings were cut off");
	free(text);
	text = write_diff(pair.diff, NULL, options, true);
	assert_before(text, "\"cut\":false", "\"cut\":true");
	free(text);
	pair__clear(&pair);
}

/* Names of all lengths and of all bytes. */
static void fill_hostile(struct pair *pair)
{
	static const char evil[] =
		"a\033[2J\r\n\x9b\xc2\x9b\x7f\"\xff\\\xe2\x80\xae\xf0\x9f\x90\x9e";
	char path[300] = "";
	struct diff_run *a = pair__run(pair, 0), *b = pair__run(pair, 1);
	struct diff_name name = {evil, evil, evil, evil};

	memset(path, 'p', sizeof(path) - 1);
	free(a->command);
	a->command = strdup(evil);
	free(b->command);
	b->command = strdup(path);
	for (enum diff_figure figure = 0; figure < DIFF_FIGURES; figure++) {
		assert_int_equal(diff_run__add(a, figure, &name, 1e18, 10000), 0);
		assert_int_equal(diff_run__add(b, figure, &name, 3, 10000), 0);
		name.name = path;
		assert_int_equal(diff_run__add(b, figure, &name, 1e30, 10000), 0);
		name.name = evil;
	}
	assert_int_equal(
		diff_run__add_process(b, &(struct diff_process){.name = path,
								.io_model = (char *)evil,
								.structure = (char *)evil}),
		0);
	assert_non_null(pair__compare(pair, DIFF_PER_RUN));
}

static void names_cannot_drive_a_terminal_nor_leave_the_page(void **state)
{
	static const int widths[] = {40, 60, 80, 100, 132, 200};
	struct pair pair = {0};

	(void)state;
	fill_hostile(&pair);
	for (size_t i = 0; i < 4 * COUNT(widths); i++) {
		struct render_options options = {
			.width = widths[i / 4], .unicode = i & 1, .verbose = i & 2};
		char *text = write_diff(pair.diff, NULL, options, false);

		assert_null(strchr(text, '\033'));
		assert_null(strchr(text, '\r'));
		for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
			size_t length = strcspn(line, "\n");

			if (columns_of(line, length) > options.width)
				fail_msg("wider than %d: %.*s", options.width, (int)length, line);
		}
		free(text);
	}
	pair__clear(&pair);
}

static void the_json_has_what_changed_in_the_same_order(void **state)
{
	struct json_object *document, *changes, *value, *first;
	struct pair pair = {0};
	char *text;

	(void)state;
	fill(&pair);
	text = write_diff(pair.diff, NULL, (struct render_options){0}, true);
	document = json_tokener_parse(text);
	assert_non_null(document);
	assert_true(json_object_object_get_ex(document, "changes", &changes));
	first = json_object_array_get_idx(changes, 0);
	assert_true(json_object_object_get_ex(first, "difference", &value));
	assert_true(json_object_get_double(value) == 400 * NS_MS);
	assert_true(json_object_object_get_ex(first, "noise", &value));
	assert_string_equal(json_object_get_string(value), "unknown");
	assert_true(json_object_object_get_ex(document, "per", &value));
	assert_string_equal(json_object_get_string(value), "run");
	json_object_put(document);
	free(text);
	pair__clear(&pair);
}

static void a_stream_that_fails_is_reported(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct pair pair = {0};
	struct diff_report report = {0};

	(void)state;
	fill(&pair);
	report.diff = pair.diff;
	assert_non_null(full);
	assert_int_equal(render__diff_text(full, &report, &(struct render_options){0}), -EIO);
	fclose(full);
	pair__clear(&pair);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_biggest_change_comes_first_in_words),
		cmocka_unit_test(noise_is_called_noise),
		cmocka_unit_test(one_part_can_be_asked_for),
		cmocka_unit_test(bounds_are_kept_and_said),
		cmocka_unit_test(a_recording_that_was_cut_is_told),
		cmocka_unit_test(names_cannot_drive_a_terminal_nor_leave_the_page),
		cmocka_unit_test(the_json_has_what_changed_in_the_same_order),
		cmocka_unit_test(a_stream_that_fails_is_reported),
	};

	return cmocka_run_group_tests(tests, use_utf8, NULL);
}

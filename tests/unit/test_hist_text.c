// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Histograms for people: on pages of all widths, in ASCII, with names that mean harm. */
#define _GNU_SOURCE
#include <wchar.h>

#include "tests/unit/hist_sample.h"

/* Display columns as the C library has them, without colours. */
static size_t columns_of(const char *line, size_t length)
{
	wchar_t wide[1024];
	char plain[4096];
	size_t used = 0, count;

	for (size_t i = 0; i < length && used + 1 < sizeof(plain); i++) {
		if (line[i] == '\033')
			i += strcspn(line + i, "m");
		else
			plain[used++] = line[i];
	}
	plain[used] = '\0';
	count = mbstowcs(wide, plain, COUNT(wide));
	assert_true(count != (size_t)-1);
	return (size_t)wcswidth(wide, count);
}

static void assert_fits(const char *text, int width)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		if (columns_of(text, length) > (size_t)width)
			fail_msg("wider than %d: %.*s", width, (int)length, text);
		text += length + (text[length] == '\n');
	}
}

static struct distributions *sample(struct profile *run)
{
	struct distributions *distributions = hist_sample__new(run);

	hist_sample__series(distributions, "reader (12)", 8200, 1800)->cause = "disk";
	hist_sample__series(distributions, HOSTILE, 300, 0);
	return distributions;
}

static void no_line_is_wider_than_the_page(void **state)
{
	static const hist_renderer renderers[] = {render__hist_text, render__heatmap_text};
	struct profile *run = sample__profile();
	struct distributions *distributions = sample(run);

	(void)state;
	hist_sample__lose(distributions, "series", 12);
	for (int width = 40; width <= 200; width += 5) {
		for (int form = 0; form < 4; form++) {
			struct hist_options options =
				hist_sample__options(width, form & 1, form & 2);

			options.page.verbose = true;
			for (size_t i = 0; i < COUNT(renderers); i++) {
				char *text =
					hist_sample__render(renderers[i], distributions, &options);

				assert_fits(text, width);
				assert_no_control(text, form & 2);
				free(text);
			}
		}
	}
	distributions__free(distributions);
	profile__free(run);
}

static void ascii_stays_ascii(void **state)
{
	struct profile *run = sample__profile();
	struct distributions *distributions = sample(run);
	struct hist_options options = hist_sample__options(100, false, false);
	char *text;

	(void)state;
	text = hist_sample__render(render__hist_text, distributions, &options);
	for (const char *at = text; *at; at++)
		assert_true((unsigned char)*at < 0x80);
	assert_non_null(strstr(text, "####"));
	free(text);
	distributions__free(distributions);
	profile__free(run);
}

/* The first series only: every count of a row, and every mark. */
static void rows_have_all_values_and_all_percentiles(void **state)
{
	struct profile *run = sample__profile();
	struct distributions *distributions = hist_sample__new(run);
	struct hist_options options = hist_sample__options(120, true, false);
	unsigned long long count, sum = 0;
	char *text, *line, *rest;

	(void)state;
	hist_sample__series(distributions, NULL, 800, 180);
	distributions->by = NULL;
	text = hist_sample__render(render__hist_text, distributions, &options);
	assert_non_null(strstr(text, "980 values"));
	for (int i = 0; i < 4; i++) {
		static const char *const marks[] = {"p50", "p90", "p99", "p99.9"};

		assert_true(count_of(text, marks[i]) >= 2); /* in the list, and at a bar */
	}
	rest = strstr(text, "up to\n");
	assert_non_null(rest);
	strtok_r(rest, "\n", &rest);
	while ((line = strtok_r(NULL, "\n", &rest)) && !strstr(line, "nothing lost"))
		sum += sscanf(line, " %*f %*s %llu", &count) == 1 ? count : 0;
	assert_int_equal(sum, 980);
	free(text);
	distributions__free(distributions);
	profile__free(run);
}

static void modes_come_with_their_evidence(void **state)
{
	struct profile *run = sample__profile();
	struct distributions *distributions = hist_sample__new(run);
	struct hist_options options = hist_sample__options(200, true, false);
	struct series *series = hist_sample__series(distributions, "reader (12)", 8200, 1800);
	char *text;

	(void)state;
	series->cause = "disk";
	text = hist_sample__render(render__hist_text, distributions, &options);
	assert_non_null(strstr(text, "two modes: 82% at "));
	assert_non_null(strstr(text, "(did not sleep), 18% at "));
	assert_non_null(strstr(text, "(asleep: disk)"));
	free(text);
	/* where marked values have no bucket, nothing is known of them */
	series->marked.count++;
	text = hist_sample__render(render__hist_text, distributions, &options);
	assert_non_null(strstr(text, "two modes: 82% at "));
	assert_null(strstr(text, "sleep)"));
	assert_null(strstr(text, "asleep"));
	free(text);
	distributions__free(distributions);
	profile__free(run);
}

static void what_is_lost_is_said(void **state)
{
	struct profile *run = sample__profile();
	struct distributions *distributions = hist_sample__new(run);
	struct hist_options options = hist_sample__options(100, true, false);
	struct series *series = hist_sample__series(distributions, "a (1)", 300, 0);
	char *text;

	(void)state;
	text = hist_sample__render(render__hist_text, distributions, &options);
	assert_non_null(strstr(text, "nothing lost"));
	free(text);
	hist_sample__lose(distributions, "series", 1234);
	hist_sample__lose(distributions, "missed_runs", 2);
	series->total.count += 3;
	text = hist_sample__render(render__hist_text, distributions, &options);
	assert_non_null(strstr(text, "INCOMPLETE: lost 1,234 series, 2 missed runs"));
	assert_non_null(strstr(text, "percentiles are unknown: 3 values are in no bucket"));
	free(text);
	distributions__free(distributions);
	profile__free(run);
}

static void intervals_say_which_they_are(void **state)
{
	struct profile *run = sample__profile();
	struct distributions *distributions = hist_sample__new(run);
	struct hist_options options = hist_sample__options(100, true, false);
	char *text;

	(void)state;
	hist_sample__series(distributions, "a (1)", 300, 0);
	distributions->slice_count = 0; /* shown as they came */
	text = hist_sample__render(render__hist_text, distributions, &options);
	assert_non_null(strstr(text, "all intervals together"));
	free(text);
	distributions->number = 3;
	distributions->from = 2000 * MS;
	distributions->window = 1000 * MS;
	distributions->run = NULL;
	text = hist_sample__render(render__hist_text, distributions, &options);
	assert_non_null(strstr(text, "interval 3, from 2 s to 3 s"));
	assert_null(strstr(text, "lost"));
	free(text);
	distributions->slice_count = SAMPLE_SLICES;
	distributions__free(distributions);
	profile__free(run);
}

static void the_unit_and_the_zoom_are_those_asked_for(void **state)
{
	struct profile *run = sample__profile();
	struct distributions *distributions = hist_sample__new(run);
	struct hist_options options = hist_sample__options(100, true, false);
	char *text;

	(void)state;
	hist_sample__series(distributions, NULL, 300, 20);
	options.unit = 1000;
	options.high = 100000;
	text = hist_sample__render(render__hist_text, distributions, &options);
	assert_null(strstr(strchr(text, '\n'), " ms")); /* below the heading */
	assert_null(strstr(text, " ns"));
	assert_non_null(strstr(text, "0 values below, 20 values above what is shown"));
	free(text);
	distributions__free(distributions);
	profile__free(run);
}

static void an_empty_result_says_why(void **state)
{
	static const hist_renderer renderers[] = {render__hist_text, render__heatmap_text};
	struct profile *run = sample__empty();
	struct distributions *distributions = hist_sample__new(run);
	struct hist_options options = hist_sample__options(100, true, false);

	(void)state;
	distributions->why_empty = strdup("nothing slept and woke");
	for (size_t i = 0; i < COUNT(renderers); i++) {
		char *text = hist_sample__render(renderers[i], distributions, &options);

		assert_non_null(strstr(text, "No values: nothing slept and woke"));
		free(text);
	}
	distributions__free(distributions);
	profile__free(run);
}

static int use_utf8(void **state)
{
	(void)state;
	return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_line_is_wider_than_the_page),
		cmocka_unit_test(ascii_stays_ascii),
		cmocka_unit_test(rows_have_all_values_and_all_percentiles),
		cmocka_unit_test(modes_come_with_their_evidence),
		cmocka_unit_test(what_is_lost_is_said),
		cmocka_unit_test(intervals_say_which_they_are),
		cmocka_unit_test(the_unit_and_the_zoom_are_those_asked_for),
		cmocka_unit_test(an_empty_result_says_why),
	};

	return cmocka_run_group_tests(tests, use_utf8, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Heat maps: every value is in a cell, single ones are seen, and the picture is a document. */
#include <ctype.h>

#include "names/escape_xml.h"
#include "render/heatmap.h"
#include "tests/unit/hist_sample.h"

/* An element's name, as far as it goes. */
static size_t name_length(const char *text)
{
	size_t length = 0;

	while (isalnum((unsigned char)text[length]))
		length++;
	return length;
}

/* Attributes up to the end of the tag: NAME="VALUE", no quote nor `<` within. Returns the end. */
static const char *skip_attributes(const char *at)
{
	for (;;) {
		at += strspn(at, " \n");
		if (*at == '>' || !strncmp(at, "/>", 2))
			return at;
		at += strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-:");
		assert_true(!strncmp(at, "=\"", 2));
		at += 2;
		at += strcspn(at, "\"<");
		assert_int_equal(*at++, '"');
	}
}

/* Text: every `&` begins an entity of XML. */
static const char *skip_text(const char *at)
{
	static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};

	for (; *at && *at != '<'; at++) {
		bool known = *at != '&';

		assert_true(*at == '\n' || (unsigned char)*at >= ' ');
		for (size_t i = 0; i < COUNT(entities); i++)
			known |= !strncmp(at, entities[i], strlen(entities[i]));
		if (!known)
			fail_msg("no entity: %.20s", at);
	}
	return at;
}

/* A small reader of XML, strict in what it knows. Returns the number of elements. */
static size_t assert_well_formed(const char *text)
{
	const char *open[16], *at = text;
	size_t depth = 0, elements = 0;

	for (size_t i = 0; i < COUNT(open); i++)
		open[i] = "";
	while (*(at = skip_text(at))) {
		at++;
		if (*at == '/') {
			size_t length = name_length(++at);

			assert_true(depth > 0);
			depth--;
			assert_int_equal(length, name_length(open[depth]));
			assert_memory_equal(at, open[depth], length);
			at += length;
			assert_int_equal(*at++, '>');
			assert_true(depth > 0 || at[strspn(at, "\n")] == '\0');
			continue;
		}
		assert_true(depth < COUNT(open));
		open[depth++] = at;
		elements++;
		at = skip_attributes(at + name_length(at));
		if (*at == '/') {
			depth--;
			at++;
		}
		at++;
	}
	assert_int_equal(depth, 0);
	return elements;
}

static void a_picture_is_well_formed_and_refers_to_nothing(void **state)
{
	static const char *const outside[] = {"href",	 "url(",   "<script",
					      "@import", "<image", "<foreignObject"};
	struct profile *run = sample__profile();
	struct distributions *distributions = hist_sample__new(run);
	struct hist_options options = hist_sample__options(100, true, false);
	char *text;

	(void)state;
	hist_sample__series(distributions, "reader (12)", 2000, 100);
	hist_sample__series(distributions, HOSTILE, 300, 10);
	text = hist_sample__render(render__heatmap_svg, distributions, &options);
	assert_true(assert_well_formed(text) > 50);
	assert_int_equal(count_of(text, "http"), 1); /* the name space */
	for (size_t i = 0; i < COUNT(outside); i++)
		assert_null(strstr(text, outside[i]));
	assert_non_null(strstr(text, "&lt;/title&gt;&lt;script&gt;"));
	assert_int_equal(strspn(text, "<svg"), 4);
	free(text);
	distributions__free(distributions);
	profile__free(run);
}

/* The counts that the cells' tooltips state. */
static void every_value_is_in_a_cell(void **state)
{
	struct profile *run = sample__profile();
	struct distributions *distributions = hist_sample__new(run);
	struct hist_options options = hist_sample__options(100, true, false);
	uint64_t sum = 0;
	char *text, *at;

	(void)state;
	hist_sample__series(distributions, NULL, 700, 31);
	text = hist_sample__render(render__heatmap_svg, distributions, &options);
	for (at = text; (at = strstr(at, "<title>")); at++)
		sum += strtoull(at + strlen("<title>"), NULL, 10);
	assert_int_equal(sum, 731);
	free(text);
	distributions__free(distributions);
	profile__free(run);
}

/* One value in 100,000 has a colour that is not the background's, and the most frequent cell the
 * strongest. */
static void a_single_value_is_seen(void **state)
{
	struct profile *run = sample__empty();
	struct distributions *distributions = hist_sample__new(run);
	struct hist_options options = hist_sample__options(100, true, false);
	struct series *series = hist_sample__series(distributions, NULL, 100000, 0);
	struct heatmap map;
	unsigned int strongest = 0;
	size_t cells, single = 0;

	(void)state;
	hist_sample__add(series, 3, 90 * MS, false);
	assert_int_equal(heatmap__lay(&map, distributions, series, &options, 20, 60), 0);
	assert_int_equal(map.columns, SAMPLE_SLICES);
	cells = map.axis.count * map.columns;
	for (size_t i = 0; i < cells; i++) {
		assert_int_equal(map.strength[i] > 0, map.counts[i] > 0);
		strongest = map.strength[i] > strongest ? map.strength[i] : strongest;
		single += map.counts[i] == 1 && map.strength[i] >= 1;
	}
	assert_int_equal(strongest, HEATMAP_STRENGTHS);
	assert_int_equal(single, 1);
	heatmap__clear(&map);
	distributions__free(distributions);
	profile__free(run);
}

/* Where the kernel woke us late, an interval is longer: it stays where it was in time. */
static void late_intervals_are_where_they_were(void **state)
{
	struct profile *run = sample__empty();
	struct distributions *distributions = hist_sample__new(run);
	struct hist_options options = hist_sample__options(100, true, false);
	struct series *series = hist_sample__series(distributions, NULL, 0, 0);
	struct heatmap map;

	(void)state;
	for (size_t i = 1; i < SAMPLE_SLICES; i++)
		distributions->starts[i] += 100 * MS; /* the first one took twice as long */
	distributions->window += 100 * MS;
	hist_sample__add(series, SAMPLE_SLICES - 1, 5000, false);
	assert_int_equal(heatmap__lay(&map, distributions, series, &options, 20, 100), 0);
	assert_int_equal(map.counts[map.columns - 1], 1);
	heatmap__clear(&map);
	hist_sample__add(series, 1, 5000, false);
	assert_int_equal(heatmap__lay(&map, distributions, series, &options, 20, 100), 0);
	assert_int_equal(map.counts[2], 1); /* 200 to 300 ms of 900, in 8 columns */
	heatmap__clear(&map);
	distributions__free(distributions);
	profile__free(run);
}

static void a_terminal_without_colours_shades(void **state)
{
	struct profile *run = sample__profile();
	struct distributions *distributions = hist_sample__new(run);
	struct hist_options options = hist_sample__options(80, false, false);
	char *text;

	(void)state;
	hist_sample__series(distributions, NULL, 3000, 40);
	text = hist_sample__render(render__heatmap_text, distributions, &options);
	assert_non_null(strchr(text, '@'));
	assert_null(strchr(text, '\033'));
	free(text);
	options.page.colour = options.page.unicode = true;
	text = hist_sample__render(render__heatmap_text, distributions, &options);
	assert_non_null(strstr(text, "\033[38;5;"));
	free(text);
	distributions__free(distributions);
	profile__free(run);
}

static void text_of_xml_is_escaped(void **state)
{
	char *text = xml__escape("a<b>&\"c\"'\001\xff");

	(void)state;
	assert_non_null(text);
	assert_int_equal(strncmp(text, "a&lt;b&gt;&amp;&quot;c&quot;&#39;", 32), 0);
	assert_null(strchr(text, '\001'));
	assert_null(memchr(text, 0xff, strlen(text)));
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_picture_is_well_formed_and_refers_to_nothing),
		cmocka_unit_test(every_value_is_in_a_cell),
		cmocka_unit_test(a_single_value_is_seen),
		cmocka_unit_test(late_intervals_are_where_they_were),
		cmocka_unit_test(a_terminal_without_colours_shades),
		cmocka_unit_test(text_of_xml_is_escaped),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

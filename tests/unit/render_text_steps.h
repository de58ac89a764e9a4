/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The report for people as a text in which words are looked for, and its lines measured. */
#ifndef WAITSCOPE_TESTS_RENDER_TEXT_STEPS_H
#define WAITSCOPE_TESTS_RENDER_TEXT_STEPS_H

#include <wchar.h>

#include "tests/unit/render_steps.h"

static inline char *render(const struct profile *profile, const struct render_options *options)
{
	return render_with(render__text, profile, options);
}

/* Line breaks and indentation are layout: one space each, for the tests of what is said. */
static inline char *render_flat(const struct profile *profile, const struct render_options *options)
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

static inline void assert_says(const char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("\"%s\" is not in:\n%s", words, text);
}

static inline void assert_says_not(const char *text, const char *words)
{
	if (strstr(text, words))
		fail_msg("\"%s\" is in:\n%s", words, text);
}

static inline void assert_before(const char *text, const char *first, const char *second)
{
	assert_says(text, first);
	assert_says(text, second);
	if (strstr(text, first) > strstr(text, second))
		fail_msg("\"%s\" comes after \"%s\" in:\n%s", first, second, text);
}

static inline size_t count_of(const char *text, const char *sign)
{
	size_t count = 0;

	for (; (text = strstr(text, sign)); text++)
		count++;
	return count;
}

/* Display columns as the C library counts them; the renderer has a table of its own. */
static inline int columns_of(const char *line, size_t length)
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

static inline void assert_fits(const struct profile *profile, struct render_options options)
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

#endif

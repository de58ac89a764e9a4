// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Numbers with units: what is read, what is refused and why, how they are written. */
#include <errno.h>

#include "names/units.h"
#include "tests/unit/unit.h"

#define SECOND 1000000000ULL

struct good {
	const char *text;
	uint64_t value;
};

struct bad {
	const char *text;
	const char *why; /* a part of the reason */
};

static void times_are_read_with_their_unit(void **state)
{
	static const struct good cases[] = {
		{"250us", 250000},
		{"1.5ms", 1500000},
		{"2s", 2 * SECOND},
		{"3m", 180 * SECOND},
		{"1h", 3600 * SECOND},
		{"100ns", 100},
		{"0", 0},
		{"0s", 0},
		{"5", 5 * SECOND},
		{"0.25", SECOND / 4},
		{"007ms", 7000000},
		{"1.000000001s", SECOND + 1},
		{"1.0000000010000s", SECOND + 1},
		{"1.0ns", 1},
		{"0.5m", 30 * SECOND},
		{"1.5h", 5400 * SECOND},
		{"18446744073709551615ns", UINT64_MAX},
		{"18446744073.709551615s", UINT64_MAX},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *why = NULL;
		uint64_t ns = 1;

		assert_int_equal(units__parse_time(cases[i].text, &ns, &why), 0);
		assert_int_equal(ns, cases[i].value);
	}
}

static void a_time_that_is_not_clear_is_refused_with_the_reason(void **state)
{
	static const struct bad cases[] = {
		{"", "empty"},
		{"abc", "not a number"},
		{"-3", "not a number"},
		{"+3", "not a number"},
		{" 3", "not a number"},
		{".5", "not a number"},
		{"nan", "not a number"},
		{"inf", "not a number"},
		{"s", "not a number"},
		{"1.5.2", "not a number"},
		{"5.", "not a number"},
		{"5.s", "not a number"},
		{"3 ", "unknown unit (use ns, us, ms, s, m or h)"},
		{"3 s", "unknown unit"},
		{"3sec", "unknown unit"},
		{"3S", "unknown unit"},
		{"3d", "unknown unit"},
		{"3K", "unknown unit"},
		{"0x10", "unknown unit"},
		{"1e3", "unknown unit"},
		{"1,5s", "unknown unit"},
		{"2s3", "unknown unit"},
		{"2-3", "unknown unit"},
		{"1.5ns", "finer than a nanosecond"},
		{"0.0000000001s", "finer than a nanosecond"},
		{"0.1234567890123456789s", "finer than a nanosecond"},
		{"18446744073709551616ns", "too large"},
		{"18446744073709551616", "too large"},
		{"18446744074s", "too large"},
		{"18446744073.709551616s", "too large"},
		{"99999999999999999999999999h", "too large"},
		{"5124096h", "too large"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *why = NULL;
		uint64_t ns = 77;

		assert_int_equal(units__parse_time(cases[i].text, &ns, &why), -EINVAL);
		assert_non_null(why);
		assert_non_null(strstr(why, cases[i].why));
		assert_int_equal(ns, 77);
	}
}

static void sizes_are_powers_of_1024(void **state)
{
	static const struct good cases[] = {
		{"0", 0},
		{"4096", 4096},
		{"64K", 65536},
		{"1M", 1 << 20},
		{"2G", 2ULL << 30},
		{"1T", 1ULL << 40},
		{"1.5K", 1536},
		{"1.25K", 1280},
		{"0.0009765625K", 1},
		{"16777215T", 16777215ULL << 40},
	};
	static const struct bad refused[] = {
		{"", "empty"},
		{"K", "not a number"},
		{"-1K", "not a number"},
		{"64k", "unknown unit (use K, M, G or T"},
		{"64KB", "unknown unit"},
		{"64s", "unknown unit"},
		{"1.5", "no whole number of bytes"},
		{"1.3K", "no whole number of bytes"},
		{"16777216T", "too large"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *why = NULL;
		uint64_t bytes = 1;

		assert_int_equal(units__parse_size(cases[i].text, &bytes, &why), 0);
		assert_int_equal(bytes, cases[i].value);
	}
	for (size_t i = 0; i < COUNT(refused); i++) {
		const char *why = NULL;
		uint64_t bytes = 77;

		assert_int_equal(units__parse_size(refused[i].text, &bytes, &why), -EINVAL);
		assert_non_null(strstr(why, refused[i].why));
		assert_int_equal(bytes, 77);
	}
}

static void counts_are_plain_and_within_their_range(void **state)
{
	static const struct bad refused[] = {
		{"", "empty"},
		{"abc", "whole number"},
		{"-1", "whole number"},
		{"+1", "whole number"},
		{" 1", "whole number"},
		{"1 ", "whole number"},
		{"1.0", "whole number"},
		{"1K", "whole number"},
		{"0x10", "whole number"},
		{"1e3", "whole number"},
		{"9", "too small"},
		{"0", "too small"},
		{"1001", "too large"},
		{"18446744073709551616", "too large"},
	};
	const char *why = NULL;
	uint64_t count = 0;

	(void)state;
	assert_int_equal(units__parse_count("10", 10, 1000, &count, &why), 0);
	assert_int_equal(count, 10);
	assert_int_equal(units__parse_count("1000", 10, 1000, &count, &why), 0);
	assert_int_equal(count, 1000);
	assert_int_equal(units__parse_count("18446744073709551615", 0, UINT64_MAX, &count, &why),
			 0);
	assert_true(count == UINT64_MAX);
	count = 77;
	for (size_t i = 0; i < COUNT(refused); i++) {
		why = NULL;
		assert_int_equal(units__parse_count(refused[i].text, 10, 1000, &count, &why),
				 -EINVAL);
		assert_non_null(strstr(why, refused[i].why));
		assert_int_equal(count, 77);
	}
}

static void times_have_three_digits_at_most(void **state)
{
	static const struct good cases[] = {
		{"0 ns", 0},
		{"1 ns", 1},
		{"750 ns", 750},
		{"999 ns", 999},
		{"1 us", 1000},
		{"1.24 us", 1235},
		{"8.2 ms", 8200000},
		{"21 ms", 21000000},
		{"21.1 ms", 21050000},
		{"212 ms", 212400000},
		{"1.84 s", 1840000000},
		{"9.99 us", 9994},
		{"10 us", 9995},
		{"100 us", 99950},
		{"999 us", 999499},
		{"1 ms", 999500}, /* never "1000 us" */
		{"1 s", 999999999},
		{"60 s", 60 * SECOND},
		{"999 s", 999 * SECOND},
		{"16.7 min", 1000 * SECOND},
		{"166 min", 9980 * SECOND},
		{"2.78 h", 10020 * SECOND},
		{"24 h", 86400 * SECOND},
		{"5124096 h", UINT64_MAX},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[UNITS_TEXT];

		assert_string_equal(units__time(cases[i].value, text), cases[i].text);
	}
}

static void sizes_and_counts_are_written_for_people(void **state)
{
	static const struct good sizes[] = {
		{"0 B", 0},
		{"1023 B", 1023},
		{"1 KiB", 1024},
		{"1.5 KiB", 1536},
		{"1023 KiB", 1023 << 10},
		{"1 MiB", (1 << 20) - 1},
		{"12.3 MiB", 12897485},
		{"16 EiB", UINT64_MAX},
	};
	static const struct good counts[] = {
		{"0", 0},
		{"999", 999},
		{"1,000", 1000},
		{"12,345", 12345},
		{"1,234,567", 1234567},
		{"18,446,744,073,709,551,615", UINT64_MAX},
	};
	char text[UNITS_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++)
		assert_string_equal(units__size(sizes[i].value, text), sizes[i].text);
	for (size_t i = 0; i < COUNT(counts); i++)
		assert_string_equal(units__count(counts[i].value, text), counts[i].text);
}

struct escaped {
	const char *data, *text;
};

static void data_cannot_drive_a_terminal(void **state)
{
	static const struct escaped cases[] = {
		{"", ""},
		{"plain /path-1 (x)", "plain /path-1 (x)"},
		{"\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"},
		{"a\nb\tc\rd", "a\\x0ab\\x09c\\x0dd"},
		{"\x7f", "\\x7f"},
		{"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"}, /* letters stay */
		{"\xe6\xbc\xa2\xf0\x9f\x98\x80", "\xe6\xbc\xa2\xf0\x9f\x98\x80"},
		{"\xc2\x9b"
		 "31m",
		 "\\u{9b}31m"}, /* C1: another ESC [ */
		{"\xe2\x80\xae"
		 "txt.exe",
		 "\\u{202e}txt.exe"}, /* right to left */
		{"\xe2\x81\xa6", "\\u{2066}"},
		{"\xe2\x80\xa8", "\\u{2028}"},
		{"\xff", "\\xff"},
		{"\xc3", "\\xc3"}, /* cut short */
		{"\xc3(", "\\xc3("},
		{"\xe6\xbc", "\\xe6\\xbc"},
		{"\xc0\x80", "\\xc0\\x80"}, /* overlong */
		{"\xc1\xbf", "\\xc1\\xbf"},
		{"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"},	      /* a surrogate */
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* past U+10FFFF */
		{"\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = units__escape(cases[i].data);

		assert_non_null(text);
		assert_string_equal(text, cases[i].text);
		free(text);
	}
}

static void any_bytes_come_out_printable(void **state)
{
	uint64_t seed = 99;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char data[24];
		size_t length = next_random(&seed) % sizeof(data);
		char *text, *again;

		for (size_t k = 0; k < length; k++)
			data[k] = (char)(next_random(&seed) >> 8);
		data[length] = '\0';
		text = units__escape(data);
		assert_non_null(text);
		for (const char *at = text; *at; at++)
			assert_true((unsigned char)*at >= 0x20 && *at != 0x7f);
		/* what is safe stays as it is */
		again = units__escape(text);
		assert_string_equal(again, text);
		free(again);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_read_with_their_unit),
		cmocka_unit_test(a_time_that_is_not_clear_is_refused_with_the_reason),
		cmocka_unit_test(sizes_are_powers_of_1024),
		cmocka_unit_test(counts_are_plain_and_within_their_range),
		cmocka_unit_test(times_have_three_digits_at_most),
		cmocka_unit_test(sizes_and_counts_are_written_for_people),
		cmocka_unit_test(data_cannot_drive_a_terminal),
		cmocka_unit_test(any_bytes_come_out_printable),
	};

	return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}

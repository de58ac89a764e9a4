/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "names/units.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------------------- reading */

struct unit {
	const char *name;
	uint64_t factor;
};

#define SECOND 1000000000ULL
#define KIB    1024ULL

/* The row with the empty name says what a bare number is. */
static const struct unit times[] = {
	{"", SECOND},  {"ns", 1},	   {"us", 1000},	 {"ms", 1000000},
	{"s", SECOND}, {"m", 60 * SECOND}, {"h", 3600 * SECOND}, {NULL, 0},
};
static const struct unit sizes[] = {
	{"", 1},   {"K", KIB}, {"M", KIB *KIB}, {"G", KIB *KIB *KIB}, {"T", KIB *KIB *KIB *KIB},
	{NULL, 0},
};

struct quantity {
	const struct unit *units;
	const char *not_a_number, *no_unit, *too_fine, *too_large;
};

static const struct quantity time_quantity = {
	times,
	"is not a number with a unit, such as 250us, 1.5ms or 2s",
	"has an unknown unit (use ns, us, ms, s, m or h)",
	"is finer than a nanosecond",
	"is too large",
};
static const struct quantity size_quantity = {
	sizes,
	"is not a number with a unit, such as 64K or 1M",
	"has an unknown unit (use K, M, G or T, or nothing for bytes)",
	"is no whole number of bytes",
	"is too large",
};

static int refuse(const char **why, const char *reason)
{
	*why = reason;
	return -EINVAL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads digits into `value`. Returns where they end, or NULL if the value does not fit. */
static const char *read_digits(const char *text, uint64_t *value)
{
	*value = 0;
	for (; is_digit(*text); text++) {
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, *text - '0', value))
			return NULL;
	}
	return text;
}

/* 10^18 is the largest power that leaves room for a digit more in 64 bits. */
#define MOST_DECIMALS 18

/*
 * Adds the digits behind a decimal point, which must come to whole units: 1.5us is 1500 ns, and
 * 1.5ns is refused.
 */
static int add_fraction(const char *digits, const char *end, uint64_t factor, uint64_t *value,
			const struct quantity *quantity, const char **why)
{
	uint64_t numerator = 0, denominator = 1;
	unsigned __int128 whole;

	/* zeroes at the end are no precision */
	while (end > digits && end[-1] == '0')
		end--;
	if (end - digits > MOST_DECIMALS)
		return refuse(why, quantity->too_fine);
	for (; digits < end; digits++) {
		numerator = numerator * 10 + (uint64_t)(*digits - '0');
		denominator *= 10;
	}
	whole = (unsigned __int128)numerator * factor;
	if (whole % denominator)
		return refuse(why, quantity->too_fine);
	if (__builtin_add_overflow(*value, (uint64_t)(whole / denominator), value))
		return refuse(why, quantity->too_large);
	return 0;
}

static int parse(const char *text, const struct quantity *quantity, uint64_t *result,
		 const char **why)
{
	const char *end, *fraction = NULL, *fraction_end = NULL;
	const struct unit *unit = quantity->units;
	uint64_t value;

	if (!text[0])
		return refuse(why, "is empty");
	if (!is_digit(text[0]))
		return refuse(why, quantity->not_a_number);
	end = read_digits(text, &value);
	if (!end)
		return refuse(why, quantity->too_large);
	if (*end == '.') {
		fraction = ++end;
		while (is_digit(*end))
			end++;
		fraction_end = end;
		if (fraction == fraction_end || *end == '.')
			return refuse(why, quantity->not_a_number);
	}
	while (unit->name && strcmp(unit->name, end))
		unit++;
	if (!unit->name)
		return refuse(why, quantity->no_unit);
	if (__builtin_mul_overflow(value, unit->factor, &value))
		return refuse(why, quantity->too_large);
	if (fraction && add_fraction(fraction, fraction_end, unit->factor, &value, quantity, why))
		return -EINVAL;
	*result = value;
	return 0;
}

int units__parse_time(const char *text, uint64_t *ns, const char **why)
{
	return parse(text, &time_quantity, ns, why);
}

int units__parse_size(const char *text, uint64_t *bytes, const char **why)
{
	return parse(text, &size_quantity, bytes, why);
}

int units__parse_count(const char *text, uint64_t low, uint64_t high, uint64_t *count,
		       const char **why)
{
	const char *end;
	uint64_t value;

	if (!text[0])
		return refuse(why, "is empty");
	if (!is_digit(text[0]))
		return refuse(why, "is not a whole number");
	end = read_digits(text, &value);
	if (!end)
		return refuse(why, "is too large");
	if (*end)
		return refuse(why, "is not a whole number");
	if (value < low)
		return refuse(why, "is too small");
	if (value > high)
		return refuse(why, "is too large");
	*count = value;
	return 0;
}

/* ---------------------------------------------------------------------------- writing */

/* A value is written in the first unit in which it rounds to less than `limit`. */
struct scale {
	const char *name;
	uint64_t factor;
	uint64_t limit;
};

static const struct scale time_scale[] = {
	{"ns", 1, 1000},     {"us", 1000, 1000},	{"ms", 1000000, 1000},
	{"s", SECOND, 1000}, {"min", 60 * SECOND, 167}, {"h", 3600 * SECOND, UINT64_MAX},
};
static const struct scale size_scale[] = {
	{"B", 1, 1024},
	{"KiB", 1ULL << 10, 1024},
	{"MiB", 1ULL << 20, 1024},
	{"GiB", 1ULL << 30, 1024},
	{"TiB", 1ULL << 40, 1024},
	{"PiB", 1ULL << 50, 1024},
	{"EiB", 1ULL << 60, UINT64_MAX},
};

/* value / factor, rounded, in tenths or hundredths as three significant digits take. */
static uint64_t round_to(uint64_t value, uint64_t factor, unsigned int power)
{
	return (uint64_t)(((unsigned __int128)value * power + factor / 2) / factor);
}

static const char *write_scaled(uint64_t value, const struct scale *scale, char text[UNITS_TEXT])
{
	unsigned int power, fraction;
	uint64_t rounded, whole;
	int digits;

	for (;; scale++) {
		whole = value / scale->factor;
		digits = scale->factor == 1 || whole >= 100 ? 0 : whole >= 10 ? 1 : 2;
		power = digits == 2 ? 100 : digits == 1 ? 10 : 1;
		rounded = round_to(value, scale->factor, power);
		if (rounded / power < scale->limit)
			break;
	}
	whole = rounded / power;
	fraction = (unsigned int)(rounded % power);
	/* zeroes behind the point say nothing */
	for (; digits && fraction % 10 == 0; digits--)
		fraction /= 10;
	if (digits)
		snprintf(text, UNITS_TEXT, "%llu.%0*u %s", (unsigned long long)whole, digits,
			 fraction, scale->name);
	else
		snprintf(text, UNITS_TEXT, "%llu %s", (unsigned long long)whole, scale->name);
	return text;
}

const char *units__time(uint64_t ns, char text[UNITS_TEXT])
{
	return write_scaled(ns, time_scale, text);
}

const char *units__size(uint64_t bytes, char text[UNITS_TEXT])
{
	return write_scaled(bytes, size_scale, text);
}

const char *units__count(uint64_t count, char text[UNITS_TEXT])
{
	char digits[UNITS_TEXT];
	int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);
	char *at = text;

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			*at++ = ',';
		*at++ = digits[i];
	}
	*at = '\0';
	return text;
}

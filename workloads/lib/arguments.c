// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE 1
#include "arguments.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit no_units[] = {{"", 1}, {NULL, 0}};

static const struct unit size_units[] = {
	{"", 1}, {"K", 1ULL << 10}, {"M", 1ULL << 20}, {"G", 1ULL << 30}, {NULL, 0}};

static const struct unit time_units[] = {
	{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}, {NULL, 0}};

const struct bounds operations_bounds = {1, 10000000, "1 to 10000000"};
const struct bounds delay_bounds = {0, 3600ULL * 1000000000, "0 to 3600s"};
const struct bounds stack_bounds = {16 << 10, 1 << 30, "16K to 1G"};

void usage_error(const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(EXIT_USAGE);
}

static const struct unit *find_unit(const struct unit *units, const char *name)
{
	for (; units->name; units++)
		if (strcmp(units->name, name) == 0)
			return units;
	return NULL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * Digits, at most one point, digits, a unit; in integers throughout, so that "1.1ms" is
 * exactly 1100000. False for anything else, and for what does not fit or is no whole number.
 */
static bool parse_with_unit(const char *text, const struct unit *units, uint64_t *value)
{
	const struct unit *unit;
	uint64_t number = 0, divisor = 1;
	bool fraction = false;
	const char *at = text;

	for (; is_digit(*at) || (*at == '.' && !fraction && at != text); at++) {
		if (*at == '.') {
			fraction = true;
			if (!is_digit(at[1]))
				return false;
			continue;
		}
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*at - '0'), &number))
			return false;
		if (fraction)
			divisor *= 10; /* at most as large as number could be, if that fits */
		if (fraction && divisor > 1000000000)
			return false;
	}
	unit = find_unit(units, at);
	if (at == text || !unit || __builtin_mul_overflow(number, unit->factor, &number))
		return false;
	*value = number / divisor;
	return number % divisor == 0;
}

static void check_bounds(const char *option, const char *text, uint64_t value, struct bounds bounds)
{
	if (value < bounds.min || value > bounds.max)
		usage_error("%s: '%s' is not in the range %s", option, text, bounds.text);
}

uint64_t parse_count(const char *option, const char *text, struct bounds bounds)
{
	uint64_t value;

	if (!parse_with_unit(text, no_units, &value))
		usage_error("%s: '%s' is not a whole number", option, text);
	check_bounds(option, text, value, bounds);
	return value;
}

uint64_t parse_size(const char *option, const char *text, struct bounds bounds)
{
	uint64_t value;

	if (!parse_with_unit(text, size_units, &value))
		usage_error("%s: '%s' is not a size such as 512, 64K or 1M", option, text);
	check_bounds(option, text, value, bounds);
	return value;
}

uint64_t parse_time(const char *option, const char *text, struct bounds bounds)
{
	uint64_t value = 0;

	if (strcmp(text, "0") != 0 && !parse_with_unit(text, time_units, &value))
		usage_error("%s: '%s' is not a time such as 250us, 1.5ms or 2s", option, text);
	check_bounds(option, text, value, bounds);
	return value;
}

int parse_choice(const char *option, const char *text, const char *const *choices, int count)
{
	char list[256] = "";
	size_t length = 0;

	for (int i = 0; i < count; i++) {
		if (strcmp(choices[i], text) == 0)
			return i;
		length += (size_t)snprintf(list + length, sizeof(list) - length, "%s%s",
					   i ? ", " : "", choices[i]);
	}
	usage_error("%s: '%s' is none of %s", option, text, list);
}

void parse_arguments(const struct argp *argp, int argc, char **argv, void *options)
{
	argp_err_exit_status = EXIT_USAGE;
	if (argp_parse(argp, argc, argv, 0, NULL, options))
		usage_error("cannot parse the options");
}

void refuse_argument(const char *argument)
{
	usage_error("'%s': only options are taken, see --help", argument);
}

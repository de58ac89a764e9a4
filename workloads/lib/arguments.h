/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Strict option values. Every value is parsed to its last character, with its unit; anything
 * else ends the program with status 2 and one line on stderr that names the option.
 */
#ifndef WORKLOADS_ARGUMENTS_H
#define WORKLOADS_ARGUMENTS_H

#include <argp.h>
#include <stdint.h>

enum { EXIT_USAGE = 2 };

/* What a number must lie between, both ends included, and how to say that. */
struct bounds {
	uint64_t min;
	uint64_t max;
	const char *text; /* "1us to 1h" */
};

/* Bounds that several workloads share. */
extern const struct bounds operations_bounds;
extern const struct bounds delay_bounds; /* nanoseconds */
extern const struct bounds stack_bounds; /* bytes of a thread's stack */

/* Prints "PROGRAM: text" on stderr and ends the program with status 2. */
_Noreturn void usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A plain decimal number: "1000". */
uint64_t parse_count(const char *option, const char *text, struct bounds bounds);

/* Bytes: "512", "64K", "1M", "2G" (powers of 1024). */
uint64_t parse_size(const char *option, const char *text, struct bounds bounds);

/* Nanoseconds from "250us", "1.5ms", "2s"; the unit may only be left out of "0". */
uint64_t parse_time(const char *option, const char *text, struct bounds bounds);

/* The index of one of the words in choices. */
int parse_choice(const char *option, const char *text, const char *const *choices, int count);

/*
 * argp_parse() with wrong usage reported by status 2 (argp's own default is 64) and with
 * stray arguments refused.
 */
void parse_arguments(const struct argp *argp, int argc, char **argv, void *options);

/* For the parser's ARGP_KEY_ARG: no workload takes plain arguments. */
_Noreturn void refuse_argument(const char *argument);

#endif

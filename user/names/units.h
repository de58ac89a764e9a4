/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Numbers with units, read strictly and written for people. Pure.
 */
#ifndef WAITSCOPE_NAMES_UNITS_H
#define WAITSCOPE_NAMES_UNITS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Reads "250us", "1.5ms", "2s", "3m", "1h", "100ns"; a bare number is seconds, as for sleep(1).
 * Returns 0 and the nanoseconds, or -EINVAL with `*why` set to the reason (static text).
 */
int units__parse_time(const char *text, uint64_t *ns, const char **why);

/* Reads "64K", "1M", "2G" (powers of 1024) or plain bytes. Same results. */
int units__parse_size(const char *text, uint64_t *bytes, const char **why);

/* Reads a plain decimal count in [low, high]. Same results. */
int units__parse_count(const char *text, uint64_t low, uint64_t high, uint64_t *count,
		       const char **why);

#define UNITS_TEXT 32

/* "8.2 ms", "1.84 s", "750 ns": three significant digits. Returns `text`. */
const char *units__time(uint64_t ns, char text[UNITS_TEXT]);
/* "12.3 MiB" */
const char *units__size(uint64_t bytes, char text[UNITS_TEXT]);
/* "1,234,567" */
const char *units__count(uint64_t count, char text[UNITS_TEXT]);

/*
 * Escapes data for a terminal: control characters, DEL, C1 controls, bidirectional overrides and
 * invalid UTF-8 become \xNN or \u{N}. Returns a string that the caller frees, or NULL.
 */
char *units__escape(const char *data);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Data from outside, made safe for a terminal. */
#include "names/units.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longest text for one byte of data: \xNN for an invalid one, \u{10ffff} for four bytes. */
#define WORST_GROWTH 4

struct range {
	uint32_t first, last;
};

/* What a terminal obeys instead of showing, or what makes it show things in another order. */
static const struct range harmful[] = {
	{0x00, 0x1f},	  {0x7f, 0x9f},	    {0x61c, 0x61c},   {0x200e, 0x200f},
	{0x2028, 0x202e}, {0x2066, 0x2069}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
};

struct sequence {
	uint8_t mask, lead; /* a first byte is of this kind if (byte & mask) == lead */
	unsigned int length;
	uint32_t least; /* a smaller code point needs fewer bytes: overlong */
};

static const struct sequence sequences[] = {
	{0x80, 0x00, 1, 0},
	{0xe0, 0xc0, 2, 0x80},
	{0xf0, 0xe0, 3, 0x800},
	{0xf8, 0xf0, 4, 0x10000},
};

static bool is_harmful(uint32_t point)
{
	for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++) {
		if (point >= harmful[i].first && point <= harmful[i].last)
			return true;
	}
	return false;
}

/* Reads one code point. Returns its length in bytes, or 0 if there is no valid one. */
static unsigned int decode(const uint8_t *data, uint32_t *point)
{
	for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
		const struct sequence *sequence = &sequences[i];

		if ((data[0] & sequence->mask) != sequence->lead)
			continue;
		*point = data[0] & ~sequence->mask & 0xff;
		for (unsigned int k = 1; k < sequence->length; k++) {
			if ((data[k] & 0xc0) != 0x80)
				return 0;
			*point = *point << 6 | (data[k] & 0x3f);
		}
		if (*point < sequence->least || *point > 0x10ffff ||
		    (*point >= 0xd800 && *point <= 0xdfff))
			return 0;
		return sequence->length;
	}
	return 0;
}

char *units__escape(const char *data)
{
	const uint8_t *from = (const uint8_t *)data;
	char *text = malloc(strlen(data) * WORST_GROWTH + 1);
	char *at = text;

	if (!text)
		return NULL;
	while (*from) {
		uint32_t point = 0;
		unsigned int length = decode(from, &point);

		if (!length || (point < 0x80 && is_harmful(point))) {
			at += sprintf(at, "\\x%02x", *from++);
			continue;
		}
		if (is_harmful(point)) {
			at += sprintf(at, "\\u{%x}", point);
		} else {
			memcpy(at, from, length);
			at += length;
		}
		from += length;
	}
	*at = '\0';
	return text;
}

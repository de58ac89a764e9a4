// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How many columns a text takes on a terminal.
 *
 * Not wcwidth(3): that depends on the locale of the process, and rendering is pure.
 */
#include <stdlib.h>
#include <string.h>

#include "names/units.h"
#include "render/text.h"

struct range {
	uint32_t low, high;
};

/* Unicode 15, general categories Mn, Me and Cf, by block: what combines or is not shown. */
static const struct range zero_width[] = {
	{0x0300, 0x036f}, {0x0483, 0x0489},   {0x0591, 0x05bd}, {0x0610, 0x061a}, {0x064b, 0x065f},
	{0x0e34, 0x0e3a}, {0x0e47, 0x0e4e},   {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200f},
	{0x202a, 0x202e}, {0x2060, 0x206f},   {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
	{0xfeff, 0xfeff}, {0xe0000, 0xe01ef},
};

/* East Asian Width W and F (Unicode 15, EastAsianWidth.txt), by block. */
static const struct range double_width[] = {
	{0x1100, 0x115f},   {0x231a, 0x231b},	{0x23e9, 0x23f3},   {0x25fd, 0x25fe},
	{0x2614, 0x2615},   {0x2648, 0x2653},	{0x26a1, 0x26a1},   {0x26bd, 0x26be},
	{0x2705, 0x2705},   {0x274c, 0x274c},	{0x2753, 0x2757},   {0x2795, 0x2797},
	{0x2b1b, 0x2b1c},   {0x2b50, 0x2b50},	{0x2e80, 0x303e},   {0x3041, 0xa4cf},
	{0xa960, 0xa97f},   {0xac00, 0xd7a3},	{0xf900, 0xfaff},   {0xfe30, 0xfe6f},
	{0xff00, 0xff60},   {0xffe0, 0xffe6},	{0x16fe0, 0x18cff}, {0x1b000, 0x1b2ff},
	{0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f1ff}, {0x1f200, 0x1f64f},
	{0x1f680, 0x1f6ff}, {0x1f7e0, 0x1f7eb}, {0x1f900, 0x1faff}, {0x20000, 0x3fffd},
};

static bool in_ranges(uint32_t code, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (code >= ranges[i].low && code <= ranges[i].high)
			return true;
	return false;
}

static int code_columns(uint32_t code)
{
	if (in_ranges(code, zero_width, sizeof(zero_width) / sizeof(zero_width[0])))
		return 0;
	if (in_ranges(code, double_width, sizeof(double_width) / sizeof(double_width[0])))
		return 2;
	return 1;
}

size_t text__next(const char *text, int *columns)
{
	unsigned char lead = (unsigned char)text[0];
	size_t length = lead < 0x80    ? 1
			: lead >= 0xf0 ? 4
			: lead >= 0xe0 ? 3
			: lead >= 0xc0 ? 2
				       : 1;
	uint32_t code = length == 1 ? lead : lead & (0x7fU >> length);

	*columns = 1;
	if (lead < 0x80)
		return 1;
	for (size_t i = 1; i < length; i++) {
		unsigned char byte = (unsigned char)text[i];

		if ((byte & 0xc0) != 0x80)
			return 1; /* not UTF-8: terminals show one replacement character */
		code = code << 6 | (byte & 0x3f);
	}
	*columns = code_columns(code);
	return length;
}

int text__columns(const char *text)
{
	int total = 0, columns;

	while (*text) {
		text += text__next(text, &columns);
		total += columns;
	}
	return total;
}

/* Where the terminal cannot show UTF-8, every other character becomes a question mark. */
static void to_ascii(char *text)
{
	char *out = text;
	int columns;

	while (*text) {
		size_t length = text__next(text, &columns);

		*out++ = length == 1 && (unsigned char)*text < 0x80 ? *text : '?';
		text += length;
	}
	*out = '\0';
}

char *text__clean(const char *data, bool unicode)
{
	char *clean = units__escape(data);

	if (clean && !unicode)
		to_ascii(clean);
	return clean;
}

void text__copy(char *out, size_t size, const char *data, bool unicode)
{
	char *clean = text__clean(data ? data : "?", unicode);
	const char *from = clean ? clean : "?";
	size_t used = 0;
	int columns;

	while (*from) {
		size_t length = text__next(from, &columns);

		if (used + length >= size)
			break;
		memcpy(out + used, from, length);
		used += length;
		from += length;
	}
	out[used] = '\0';
	free(clean);
}

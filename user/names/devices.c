/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "names/devices.h"

#include <stddef.h>
#include <stdio.h>

/* A run of minor numbers; the name carries on from `first_number`, or is whole if that is WHOLE. */
#define WHOLE	  UINT32_MAX
#define ALL_MINOR 0xfffff

struct terminal {
	uint32_t major, first_minor, last_minor;
	const char *name;
	uint32_t first_number;
};

/* First match wins. */
static const struct terminal terminals[] = {
	{136, 0, ALL_MINOR, "pts/", 0}, /* since 2.6.10 all of them are minors of 136 */
	{137, 0, ALL_MINOR, "pts/", 256},
	{138, 0, ALL_MINOR, "pts/", 512},
	{139, 0, ALL_MINOR, "pts/", 768},
	{140, 0, ALL_MINOR, "pts/", 1024},
	{141, 0, ALL_MINOR, "pts/", 1280},
	{142, 0, ALL_MINOR, "pts/", 1536},
	{143, 0, ALL_MINOR, "pts/", 1792},
	{5, 0, 0, "tty", WHOLE},
	{5, 1, 1, "console", WHOLE},
	{5, 2, 2, "ptmx", WHOLE},
	{5, 3, 3, "ttyprintk", WHOLE},
	{5, 4, ALL_MINOR, "cua", 0},
	{4, 0, 63, "tty", 0},
	{4, 64, ALL_MINOR, "ttyS", 0},
	{128, 0, ALL_MINOR, "ptm", 0},
	{2, 0, ALL_MINOR, "pty", 0}, /* BSD ptys, master and slave */
	{3, 0, ALL_MINOR, "ttyp", 0},
	{166, 0, ALL_MINOR, "ttyACM", 0},
	{188, 0, ALL_MINOR, "ttyUSB", 0},
	{204, 0, 63, "ttyLU", 0},
	{204, 64, 79, "ttyAMA", 0},
	{204, 80, ALL_MINOR, "ttySerial", 16},
	{229, 0, ALL_MINOR, "hvc", 0},
};

static const struct terminal *find_terminal(uint32_t device)
{
	uint32_t major = DEVICE_MAJOR(device), minor = DEVICE_MINOR(device);

	for (size_t i = 0; i < sizeof(terminals) / sizeof(terminals[0]); i++) {
		const struct terminal *terminal = &terminals[i];

		if (terminal->major == major && minor >= terminal->first_minor &&
		    minor <= terminal->last_minor)
			return terminal;
	}
	return NULL;
}

const char *devices__terminal(uint32_t device, char text[DEVICES_TEXT])
{
	const struct terminal *terminal = find_terminal(device);

	if (!terminal)
		return NULL;
	if (terminal->first_number == WHOLE)
		snprintf(text, DEVICES_TEXT, "%s", terminal->name);
	else
		snprintf(text, DEVICES_TEXT, "%s%u", terminal->name,
			 DEVICE_MINOR(device) - terminal->first_minor + terminal->first_number);
	return text;
}

bool devices__is_terminal(uint32_t device)
{
	return find_terminal(device) != NULL;
}

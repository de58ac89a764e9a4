// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "wait_kind.h"

#include <stddef.h>
#include <string.h>

static const struct wait_kind *const tables[] = {
	wait_kinds_ipc,	  wait_kinds_write, wait_kinds_network,	  wait_kinds_connect,
	wait_kinds_file,  wait_kinds_lock,  wait_kinds_multiplex, wait_kinds_time,
	wait_kinds_vsock, wait_kinds_watch,
};

const struct wait_kind *wait_kind__at(unsigned int index)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		for (const struct wait_kind *kind = tables[i]; kind->name; kind++)
			if (index-- == 0)
				return kind;
	return NULL;
}

const struct wait_kind *wait_kind__find(const char *name)
{
	const struct wait_kind *kind;

	for (unsigned int i = 0; (kind = wait_kind__at(i)); i++)
		if (strcmp(kind->name, name) == 0)
			return kind;
	return NULL;
}

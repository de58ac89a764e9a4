// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "fault.h"

#include <stddef.h>
#include <string.h>

static const struct fault_kind *const tables[] = {
	fault_kinds_calls,
	fault_kinds_threads,
	fault_kinds_scheduling,
};

const struct fault_kind *fault_kind__at(unsigned int index)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		for (const struct fault_kind *kind = tables[i]; kind->name; kind++)
			if (index-- == 0)
				return kind;
	return NULL;
}

const struct fault_kind *fault_kind__find(const char *name)
{
	const struct fault_kind *kind;

	for (unsigned int i = 0; (kind = fault_kind__at(i)); i++)
		if (strcmp(kind->name, name) == 0)
			return kind;
	return NULL;
}

void fault__play_two(struct fault *fault, void (*waiter_play)(void *fault),
		     void (*partner_play)(void *fault))
{
	fault->waiter = (struct actor){
		.name = "waiter", .cpu_rank = 0, .play = waiter_play, .scene = fault};
	fault->partner = (struct actor){
		.name = "partner", .cpu_rank = 1, .play = partner_play, .scene = fault};
	actor__start(&fault->waiter);
	actor__start(&fault->partner);
	actor__join(&fault->waiter);
	actor__join(&fault->partner);
}

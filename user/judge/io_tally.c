// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "judge/io_tally.h"

#include <string.h>

static void add_name(struct tally_names *names, const char *name, uint64_t count)
{
	size_t at = 0;

	while (at < names->count && strcmp(names->names[at].name, name) != 0)
		at++;
	if (at == TALLY_NAMES) {
		names->unnamed += count;
		return;
	}
	if (at == names->count) {
		names->names[at].name = name;
		names->names[at].count = 0;
		names->count++;
	}
	names->names[at].count += count;
	for (; at && names->names[at].count > names->names[at - 1].count; at--) {
		typeof(names->names[0]) other = names->names[at];

		names->names[at] = names->names[at - 1];
		names->names[at - 1] = other;
	}
}

void tally__count(struct io_tally *tally, enum io_model model, const char *name,
		  uint64_t operations)
{
	if (!operations)
		return;
	tally->operations[model] += operations;
	add_name(&tally->names[model], name, operations);
}

static void add_names(struct tally_names *to, const struct tally_names *from)
{
	for (size_t i = 0; i < from->count; i++)
		add_name(to, from->names[i].name, from->names[i].count);
	to->unnamed += from->unnamed;
}

void tally__add(struct io_tally *to, const struct io_tally *from)
{
	for (enum io_model model = 0; model < IO_MODELS; model++) {
		to->operations[model] += from->operations[model];
		to->returns[model] += from->returns[model];
		to->sleeps[model] += from->sleeps[model];
		if (model != MODEL_POSIX_AIO) /* helpers have the names of their calls there */
			add_names(&to->names[model], &from->names[model]);
	}
	to->startup += from->startup;
	to->slept += from->slept;
	to->refused += from->refused;
	to->spin_runs += from->spin_runs;
	to->spin_cpu += from->spin_cpu;
	to->polls += from->polls;
	to->empty_polls += from->empty_polls;
	to->faults += from->faults;
	to->fault_sleeps += from->fault_sleeps;
	to->fault_time += from->fault_time;
	to->running += from->running;
	to->busy += from->busy;
	to->known += from->known;
	to->asleep += from->asleep;
	to->asleep_no_io += from->asleep_no_io;
	to->asleep_multiplex += from->asleep_multiplex;
}

uint64_t tally__total(const struct io_tally *tally)
{
	uint64_t total = 0;

	for (enum io_model model = 0; model < IO_MODELS; model++)
		total += tally->operations[model];
	return total;
}

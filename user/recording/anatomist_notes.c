// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the events say that the replay does not tell: on which CPU, who came next, what was lost. */
#include "recording/anatomist_internal.h"

/* The entry is told with the next event, from the CPU on which it was made. */
static int note_entry(struct anatomist *anatomist, unsigned int cpu,
		      const struct stream_event *event)
{
	bool entered =
		event->kind == STREAM_ENTER ||
		(event->since && (event->kind == STREAM_SWITCH || event->kind == STREAM_RETURN));
	struct person *person;

	if (!entered || !event->thread)
		return 0;
	person = anatomist__person(anatomist, event->thread);
	if (!person)
		return grown__error(event->thread);
	person->cpu_entry = cpu;
	return 0;
}

static int note_switch(struct anatomist *anatomist, unsigned int cpu,
		       const struct stream_event *event)
{
	struct person *person;
	int err = cpu_pasts__switch(&anatomist->pasts, cpu, event->time, event->other);

	if (err)
		return err;
	if (cpu < anatomist->completions.used)
		((struct completion *)grown__at(&anatomist->completions, cpu + 1))->time = 0;
	if (!event->thread)
		return 0;
	person = anatomist__person(anatomist, event->thread);
	if (!person)
		return grown__error(event->thread);
	person->next = event->other;
	person->cpu_off = cpu;
	return 0;
}

static int note_request(struct anatomist *anatomist, unsigned int cpu,
			const struct stream_event *event)
{
	struct completion *completion;

	if (event->flags != REQUEST_BLOCK)
		return 0;
	completion = grown__at(&anatomist->completions, cpu + 1);
	if (!completion)
		return grown__error(cpu);
	*completion = (struct completion){.time = event->time,
					  .latency = event->other | (uint64_t)event->since << 32,
					  .process = event->thread,
					  .operation = event->row};
	return 0;
}

static int note(struct anatomist *anatomist, unsigned int cpu, const struct stream_event *event)
{
	switch (event->kind) {
	case STREAM_SWITCH:
		return note_switch(anatomist, cpu, event);
	case STREAM_WAKING:
		return anatomist__note_waking(anatomist, cpu, event);
	case STREAM_REQUEST:
		return note_request(anatomist, cpu, event);
	case STREAM_BEGIN: /* at an exec it is on its CPU */
		return ledger__is_running(event->flags)
			       ? cpu_pasts__switch(&anatomist->pasts, cpu, event->time,
						   event->thread)
			       : 0;
	}
	return 0;
}

int anatomist__note(struct anatomist *anatomist, unsigned int cpu, const struct stream_event *event)
{
	int err = losses__take(&anatomist->losses, cpu, event);

	if (!err)
		err = note_entry(anatomist, cpu, event);
	return err ? err : note(anatomist, cpu, event);
}

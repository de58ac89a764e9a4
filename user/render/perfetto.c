// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "names/units.h"
#include "render/perfetto_internal.h"

#define PACKET_TAG 0x0a /* Trace.packet: field 1, with a length */

/* A packet is written behind a tag and its length, of seven bits a byte. */
int perfetto__write(struct perfetto *perfetto, const Pf__Packet *packet)
{
	size_t length = pf__packet__get_packed_size(packet), head = 0;
	uint8_t begin[11] = {PACKET_TAG}, *packed;

	if (length > perfetto->packed_room) {
		packed = realloc(perfetto->packed, length * 2);
		if (!packed)
			return -ENOMEM;
		perfetto->packed = packed;
		perfetto->packed_room = length * 2;
	}
	pf__packet__pack(packet, perfetto->packed);
	for (size_t rest = length; !head || rest; rest >>= 7)
		begin[++head] = (uint8_t)((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
	if (fwrite(begin, 1, head + 1, perfetto->stream) != head + 1 ||
	    fwrite(perfetto->packed, 1, length, perfetto->stream) != length)
		return -EIO;
	return 0;
}

const char *perfetto__clean(const char *text, char **owned)
{
	const char *at = text;

	while (*at >= ' ' && *at <= '~')
		at++;
	if (!*at)
		return text;
	*owned = units__escape(text);
	if (*owned && !strcmp(*owned, text)) {
		free(*owned);
		*owned = NULL;
		return text;
	}
	return *owned;
}

/*
 * The numbers of the recording are CLOCK_MONOTONIC, and so are those of the trace. What the
 * scheduler did has no place for a clock in this format: it is taken for CLOCK_BOOTTIME, so that
 * is said to run with the other. (It is behind by the time that the machine was suspended, which a
 * recording does not say.)
 */
static int write_clocks(struct perfetto *perfetto, uint64_t time)
{
	static const uint32_t ids[] = {CLOCK_OF_TRACE, 6};
	Pf__ClockSnapshot__Clock clocks[2], *list[2];
	Pf__ClockSnapshot snapshot = PF__CLOCK_SNAPSHOT__INIT;
	Pf__Packet packet = PF__PACKET__INIT;

	for (int i = 0; i < 2; i++) {
		clocks[i] = (Pf__ClockSnapshot__Clock)PF__CLOCK_SNAPSHOT__CLOCK__INIT;
		clocks[i].has_clock = clocks[i].has_timestamp = 1;
		clocks[i].clock = ids[i];
		clocks[i].timestamp = time;
		list[i] = &clocks[i];
	}
	snapshot.n_clock = 2;
	snapshot.clock = list;
	snapshot.has_primary = 1;
	snapshot.primary = CLOCK_OF_TRACE;
	packet.has_sequence = 1;
	packet.sequence = SEQUENCE_SCHED;
	packet.clocks = &snapshot;
	return perfetto__write(perfetto, &packet);
}

/* The states of threads have other letters before 4.14. */
static int write_kernel(struct perfetto *perfetto, const char *kernel)
{
	Pf__SystemInfo__Names names = PF__SYSTEM_INFO__NAMES__INIT;
	Pf__SystemInfo system = PF__SYSTEM_INFO__INIT;
	Pf__Packet packet = PF__PACKET__INIT;
	char linux_name[] = "Linux", *owned = NULL;
	int err;

	names.system = linux_name;
	names.release = (char *)perfetto__clean(kernel, &owned);
	if (!names.release)
		return -ENOMEM;
	system.names = &names;
	packet.has_sequence = 1;
	packet.sequence = SEQUENCE_SCHED;
	packet.system = &system;
	err = perfetto__write(perfetto, &packet);
	free(owned);
	return err;
}

static int begin(void *context, const struct timeline_head *head)
{
	struct perfetto *perfetto = context;
	int err = write_clocks(perfetto, head->begin);

	if (!err && head->kernel)
		err = write_kernel(perfetto, head->kernel);
	if (!err)
		err = tracks__begin(perfetto);
	return err ? err : tracks__loss(perfetto, &(struct timeline_loss){.time = head->begin});
}

static int switched(void *context, const struct timeline_switch *event)
{
	return sched__switched(context, event);
}

static int waking(void *context, const struct timeline_waking *waking)
{
	int err = sched__waking(context, waking);

	return err ? err : tracks__waking(context, waking);
}

static int loss(void *context, const struct timeline_loss *loss)
{
	int err = loss->cpu == TIMELINE_ANY_CPU ? 0 : sched__lost(context, loss->cpu);

	return err ? err : tracks__loss(context, loss);
}

static int finish(void *context)
{
	return sched__finish(context);
}

struct perfetto *perfetto__new(FILE *stream, struct timeline_writer *writer)
{
	struct perfetto *perfetto = calloc(1, sizeof(*perfetto));

	if (!perfetto)
		return NULL;
	perfetto->stream = stream;
	perfetto->names = names__new();
	perfetto->sched = sched__new();
	*writer = (struct timeline_writer){
		.begin = begin,
		.process = tracks__process,
		.thread = tracks__thread,
		.switched = switched,
		.waking = waking,
		.enter = tracks__enter,
		.call = tracks__call,
		.wait = tracks__wait,
		.request = tracks__request,
		.loss = loss,
		.counter = tracks__counter,
		.level = tracks__level,
		.finish = finish,
		.context = perfetto,
	};
	if (perfetto->names && perfetto->sched)
		return perfetto;
	perfetto__free(perfetto);
	return NULL;
}

void perfetto__free(struct perfetto *perfetto)
{
	if (!perfetto)
		return;
	names__free(perfetto->names);
	sched__free(perfetto->sched);
	free(perfetto->packed);
	free(perfetto->lanes);
	free(perfetto);
}

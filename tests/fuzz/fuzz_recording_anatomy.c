// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The anatomy of the longest calls in a recording: the times of its stages add up. */
#include "commands/event_source.h"
#include "recording/anatomist.h"
#include "render/anatomy.h"
#include "tests/fuzz/recording_input.h"

struct laying_out {
	unsigned int way;
	struct anatomist *anatomist;
};

static bool wants(void *context, const struct anatomy_candidate *candidate)
{
	const struct laying_out *laying_out = context;

	return candidate->object_count < ANATOMY_SLEEPS + 1 &&
	       !(laying_out->way & 4 && candidate->idle);
}

static int begin(void *context, struct cast *cast, const struct profile *head)
{
	struct laying_out *laying_out = context;
	const struct anatomist_options options = {
		.keep = 1 + (laying_out->way & 3), .wants = wants, .context = laying_out};

	(void)head;
	laying_out->anatomist = anatomist__new(&options, cast);
	expect(laying_out->anatomist != NULL);
	return 0;
}

static int take(void *context, unsigned int cpu, const struct stream_event *event)
{
	return anatomist__event(((struct laying_out *)context)->anatomist, cpu, event);
}

static int add_took(void *context, const struct anatomy_stage *stage)
{
	*(uint64_t *)context += stage->took;
	return 0;
}

static int end(void *context, const struct event_end *end)
{
	struct anatomist *anatomist = ((struct laying_out *)context)->anatomist;
	const struct anatomy *anatomy;
	struct result text;

	anatomist__finish(anatomist, end->time);
	result__begin(&text);
	for (size_t i = 0; (anatomy = anatomist__call(anatomist, i)); i++) {
		const struct anatomy_place place = {i + 1, anatomist__sums(anatomist)->seen};
		uint64_t sum = 0;

		anatomy__each_stage(anatomy, add_took, &sum);
		expect(sum == anatomy->total);
		expect(render__anatomy_text(text.stream, anatomy, &place, true) == 0);
		expect(render__anatomy_json(text.stream, anatomy, &place) == 0);
	}
	result__end_text(&text);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct recording_input input = recording_input__make(data, size);
	struct laying_out laying_out = {.way = input.way};
	const struct event_consumer consumer = {
		.begin = begin, .event = take, .finish = end, .context = &laying_out};

	event_source__read(input.path, &consumer);
	anatomist__free(laying_out.anatomist);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A timeline in the formats of other viewers, read back: perfetto.proto, and as JSON. */
#define _GNU_SOURCE
#include <json-c/json.h>

#include "perfetto.pb-c.h"
#include "recording/format.h"
#include "recording/timeline.h"
#include "render/chrome_json.h"
#include "render/perfetto.h"
#include "tests/unit/unit.h"

struct out {
	char *bytes;
	size_t length;
	FILE *stream;
	struct timeline_writer writer;
	struct perfetto *perfetto;
	struct chrome_json *chrome;
};

static void open_out(struct out *out, bool chrome)
{
	*out = (struct out){0};
	out->stream = open_memstream(&out->bytes, &out->length);
	if (chrome)
		out->chrome = chrome_json__new(out->stream, &out->writer);
	else
		out->perfetto = perfetto__new(out->stream, &out->writer);
}

static void close_out(struct out *out)
{
	fclose(out->stream);
	perfetto__free(out->perfetto);
	chrome_json__free(out->chrome);
}

static void name_thread_of(struct timeline *timeline, uint32_t number, uint32_t tid,
			   const char *comm)
{
	struct identity_thread thread = {.tid = tid, .tgid = 100, .process = 1};
	struct reader_item item = {.kind = READER_IDENTITY,
				   .pool = POOL_THREADS,
				   .number = number,
				   .bytes = &thread,
				   .length = sizeof(thread)};

	strncpy(thread.comm, comm, sizeof(thread.comm) - 1);
	assert_int_equal(timeline__take(timeline, &item), 0);
}

static void name_thread(struct timeline *timeline, uint32_t number, const char *comm)
{
	name_thread_of(timeline, number, 100 + number, comm);
}

static void take(struct timeline *timeline, const struct stream_event *event)
{
	struct reader_item item = {.kind = READER_EVENT, .event = *event};

	assert_int_equal(timeline__take(timeline, &item), 0);
}

/* Thread 1 sleeps in read() from 300 to 500, woken by thread 2, and runs again at 600. */
static void tell_a_read_that_lost(struct out *out, uint64_t lost)
{
	struct timeline *timeline = timeline__new(&out->writer, "6.1.0", 0, 0);
	const struct wait_key key = {
		.thread = 1, .syscall = 0, .sleep = LEDGER_SLEEP_INTERRUPTIBLE};
	const struct reader_item wait = {.kind = READER_IDENTITY,
					 .pool = POOL_WAITS,
					 .number = 1,
					 .bytes = &key,
					 .length = sizeof(key)};

	name_thread(timeline, 1, "re\"a\xff\n");
	name_thread(timeline, 2, "writer");
	assert_int_equal(timeline__take(timeline, &wait), 0);
	take(timeline, &(struct stream_event){.time = 100,
					      .thread = 1,
					      .kind = STREAM_BEGIN,
					      .flags = LEDGER_USER,
					      .result = LEDGER_USER});
	take(timeline, &(struct stream_event){.time = 300,
					      .thread = 1,
					      .other = 2,
					      .row = 1,
					      .since = 100,
					      .call = 0,
					      .kind = STREAM_SWITCH,
					      .flags = LEDGER_EVENT_BLOCKED});
	take(timeline, &(struct stream_event){.time = 500,
					      .thread = 1,
					      .other = 102,
					      .kind = STREAM_WAKING,
					      .flags = LEDGER_EVENT_WOKEN,
					      .result = WAKER_THREAD});
	take(timeline, &(struct stream_event){.time = 600,
					      .thread = 2,
					      .other = 1,
					      .kind = STREAM_SWITCH,
					      .flags = LEDGER_EVENT_PREEMPTED});
	take(timeline, &(struct stream_event){
			       .time = 700, .thread = 1, .kind = STREAM_RETURN, .result = -11});
	take(timeline, &(struct stream_event){.time = 800, .row = 7, .kind = STREAM_LOST});
	assert_int_equal(timeline__finish(timeline, 900, lost), 0);
	timeline__free(timeline);
}

static void tell_a_read(struct out *out)
{
	tell_a_read_that_lost(out, 7);
}

static void a_read_is_told_in_packets(void **state)
{
	size_t begins = 0, ends = 0, switches = 0, wakings = 0, flows = 0, lost = 0;
	uint64_t begun[4] = {0}, ended[4] = {0};
	struct out out;
	Pf__Trace *trace;

	(void)state;
	open_out(&out, false);
	tell_a_read(&out);
	close_out(&out);
	trace = pf__trace__unpack(NULL, out.length, (uint8_t *)out.bytes);
	assert_non_null(trace);
	for (size_t i = 0; i < trace->n_packet; i++) {
		const Pf__Packet *packet = trace->packet[i];

		assert_int_equal(packet->base.n_unknown_fields, 0);
		for (size_t k = 0; packet->sched && k < packet->sched->n_event; k++) {
			switches += packet->sched->event[k]->switch_ != NULL;
			wakings += packet->sched->event[k]->waking != NULL;
		}
		lost += packet->sched && packet->sched->lost;
		if (!packet->event)
			continue;
		flows += packet->event->n_flow + packet->event->n_flow_end;
		if (packet->event->type == 1)
			begun[begins++ % 4] = packet->timestamp;
		if (packet->event->type == 2)
			ended[ends++ % 4] = packet->timestamp;
	}
	assert_int_equal(switches, 3); /* one for who ran as it began */
	assert_int_equal(wakings, 1);
	assert_int_equal(lost, 1);
	assert_int_equal(flows, 2);
	assert_int_equal(begins, 3); /* the call, the wait, the run queue */
	assert_int_equal(ends, 3);
	assert_int_equal(begun[0], 200);
	assert_int_equal(begun[1], 300);
	assert_int_equal(begun[2], 500);
	assert_int_equal(ended[0], 500);
	assert_int_equal(ended[1], 600);
	assert_int_equal(ended[2], 700);
	pf__trace__free_unpacked(trace, NULL);
	free(out.bytes);
}

static void a_read_is_told_in_json(void **state)
{
	size_t slices = 0, flows = 0;
	struct json_object *trace, *events = NULL, *phase = NULL;
	struct out out;

	(void)state;
	open_out(&out, true);
	tell_a_read(&out);
	close_out(&out);
	trace = json_tokener_parse(out.bytes);
	assert_non_null(trace);
	assert_true(json_object_object_get_ex(trace, "traceEvents", &events));
	for (size_t i = 0; i < json_object_array_length(events); i++) {
		assert_true(json_object_object_get_ex(json_object_array_get_idx(events, i), "ph",
						      &phase));
		slices += !strcmp(json_object_get_string(phase), "X");
		flows += strchr("sf", *json_object_get_string(phase)) != NULL;
	}
	assert_int_equal(slices, 5); /* three, and two on the CPU */
	assert_int_equal(flows, 2);
	json_object_put(trace);
	free(out.bytes);
}

/* Once more, with other addresses and what is left in memory from before. */
static void the_same_input_makes_the_same_bytes(void **state)
{
	struct out first, second;

	(void)state;
	for (int chrome = 0; chrome < 2; chrome++) {
		open_out(&first, chrome);
		tell_a_read(&first);
		close_out(&first);
		open_out(&second, chrome);
		tell_a_read(&second);
		close_out(&second);
		assert_true(first.length > 500);
		assert_int_equal(first.length, second.length);
		assert_memory_equal(first.bytes, second.bytes, first.length);
		free(first.bytes);
		free(second.bytes);
	}
}

/* What no event told of was lost at the end; once it is told it is not told again. */
static void losses_at_the_end_are_told_there(void **state)
{
	for (uint64_t lost = 7; lost < 10; lost++) {
		int64_t marks = 0, last = 0;
		struct out out;
		Pf__Trace *trace;

		(void)state;
		open_out(&out, false);
		tell_a_read_that_lost(&out, lost);
		close_out(&out);
		trace = pf__trace__unpack(NULL, out.length, (uint8_t *)out.bytes);
		assert_non_null(trace);
		for (size_t i = 0; i < trace->n_packet; i++) {
			const Pf__TrackEvent *event = trace->packet[i]->event;

			marks += event && event->type == 3 && !event->n_flow;
			if (event && event->type == 4 && event->track == 3)
				last = event->value;
		}
		assert_int_equal(marks, lost == 7 ? 1 : 2);
		assert_int_equal(last, lost);
		pf__trace__free_unpacked(trace, NULL);
		free(out.bytes);
	}
}

/* A wait in a call is told, and then another thread is in that row: the end of the first was lost.
 */
static void a_thread_whose_end_was_lost_leaves_nothing_open(void **state)
{
	int64_t open = 0, running = -1;
	struct timeline *timeline;
	Pf__Trace *trace;
	struct out out;

	(void)state;
	open_out(&out, false);
	timeline = timeline__new(&out.writer, NULL, 0, 0);
	name_thread(timeline, 1, "first");
	take(timeline, &(struct stream_event){.time = 100,
					      .thread = 1,
					      .kind = STREAM_BEGIN,
					      .flags = LEDGER_USER,
					      .result = LEDGER_USER});
	take(timeline, &(struct stream_event){.time = 300,
					      .thread = 1,
					      .since = 100,
					      .kind = STREAM_SWITCH,
					      .flags = LEDGER_EVENT_BLOCKED});
	take(timeline, &(struct stream_event){.time = 500,
					      .thread = 1,
					      .kind = STREAM_WAKING,
					      .flags = LEDGER_EVENT_WOKEN,
					      .result = WAKER_SOFTIRQ});
	take(timeline, &(struct stream_event){.time = 600, .other = 1, .kind = STREAM_SWITCH});
	name_thread_of(timeline, 1, 777, "second");
	take(timeline, &(struct stream_event){.time = 700,
					      .thread = 1,
					      .kind = STREAM_BEGIN,
					      .flags = LEDGER_RUNNABLE,
					      .result = LEDGER_USER});
	assert_int_equal(timeline__finish(timeline, 900, 0), 0);
	timeline__free(timeline);
	close_out(&out);
	trace = pf__trace__unpack(NULL, out.length, (uint8_t *)out.bytes);
	assert_non_null(trace);
	for (size_t i = 0; i < trace->n_packet; i++) {
		const Pf__TrackEvent *event = trace->packet[i]->event;

		open += event ? (event->type == 1) - (event->type == 2) : 0;
		if (event && event->type == 1)
			assert_true(trace->packet[i]->timestamp <= 500);
		if (event && event->type == 4 && trace->packet[i]->timestamp == 700)
			running = event->value;
	}
	assert_int_equal(open, 0);
	assert_int_equal(running, 0);
	pf__trace__free_unpacked(trace, NULL);
	free(out.bytes);
}

/* Any event in any order, as a damaged file may have them: what is written can be read, and what
 * was begun on a track is ended there. */
static void any_events_make_a_trace(void **state)
{
	uint64_t seed = 88172645463325252ULL;
	struct stream_event event;

	(void)state;
	for (int round = 0; round < 300; round++) {
		bool chrome = round & 1;
		struct timeline *timeline;
		struct reader_item item;
		struct out out;
		int err = 0;

		open_out(&out, chrome);
		timeline =
			timeline__new(&out.writer, NULL, round % 3 ? 0 : 40, round % 5 ? 0 : 900);
		name_thread(timeline, 1, "one");
		name_thread(timeline, 3, "three");
		for (int i = 0; i < 200 && !err; i++) {
			uint64_t random = next_random(&seed), more = next_random(&seed);

			event = (struct stream_event){
				.time = (random >> 8) % 1000,
				.thread = random % 5,
				.other = more % 5,
				.row = (more >> 8) % 3,
				.since = (more >> 16) % 300,
				.call = (uint16_t)((more >> 32) % 4),
				.kind = (random >> 3) % STREAM_KINDS,
				.flags = (uint8_t)((random >> 40) % 9),
				.result = (int32_t)((more >> 40) % 600) - 530,
			};
			if (event.kind == STREAM_NONE)
				continue;
			item = (struct reader_item){
				.kind = READER_EVENT, .cpu = random % 3, .event = event};
			err = timeline__take(timeline, &item);
		}
		assert_int_equal(err, 0);
		assert_int_equal(timeline__finish(timeline, 0, 0), 0);
		timeline__free(timeline);
		close_out(&out);
		if (chrome) {
			struct json_object *trace = json_tokener_parse(out.bytes);

			assert_non_null(trace);
			json_object_put(trace);
		} else {
			Pf__Trace *trace =
				pf__trace__unpack(NULL, out.length, (uint8_t *)out.bytes);
			int64_t open = 0;

			assert_non_null(trace);
			for (size_t i = 0; i < trace->n_packet; i++)
				if (trace->packet[i]->event)
					open += (trace->packet[i]->event->type == 1) -
						(trace->packet[i]->event->type == 2);
			assert_int_equal(open, 0);
			pf__trace__free_unpacked(trace, NULL);
		}
		free(out.bytes);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_read_is_told_in_packets),
		cmocka_unit_test(a_read_is_told_in_json),
		cmocka_unit_test(the_same_input_makes_the_same_bytes),
		cmocka_unit_test(losses_at_the_end_are_told_there),
		cmocka_unit_test(a_thread_whose_end_was_lost_leaves_nothing_open),
		cmocka_unit_test(any_events_make_a_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

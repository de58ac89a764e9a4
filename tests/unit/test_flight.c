// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A flight recorder's file begins where what is kept begins, and says from there on, to the
 * nanosecond, what a replay of all of it would say.
 */
#include "recording/flight.h"
#include "recording/reader.h"
#include "recording/replay.h"
#include "tests/unit/unit.h"

#define ROOM	64
#define THREADS 6
#define SECOND	1000000000ULL
#define EVENTS	4000

/* A session's rows, as far as the events below name them. */
struct session {
	struct thread_row threads[ROOM];
	struct wait_row waits[ROOM];
	struct object_row objects[ROOM];
	struct process_row processes[ROOM];
	struct loop_row loops[ROOM];
	struct rows pools[POOLS];
};

static struct session *new_session(void)
{
	struct session *session = calloc(1, sizeof(*session));

#define POOL(pool, member)                                                                         \
	session->pools[pool] = (struct rows){.base = session->member,                              \
					     .stride = sizeof(session->member[0]),                 \
					     .used = ROOM - 1,                                     \
					     .capacity = ROOM}
	POOL(POOL_THREADS, threads);
	POOL(POOL_WAITS, waits);
	POOL(POOL_OBJECTS, objects);
	POOL(POOL_PROCESSES, processes);
	POOL(POOL_LOOPS, loops);
#undef POOL
	for (uint32_t i = 1; i < ROOM; i++) {
		/* ids that no task of this machine has: its names are not asked for */
		session->threads[i] = (struct thread_row){
			.task = i, .tid = 4194400 + i, .tgid = 4194401, .comm = "w", .process = 1};
		session->waits[i].key = (struct wait_key){
			.thread = i % THREADS + 1, .object = i, .sleep = LEDGER_SLEEP_KILLABLE};
		session->objects[i] =
			(struct object_row){.key = {.kind = OBJECT_PIPE, .number = i}};
	}
	session->processes[1].tgid = 4194401;
	return session;
}

/* What was heard, added up so that order and every figure count. */
struct heard {
	uint64_t waits, calls, slices, digest;
	bool counts;
};

static void mix(struct heard *heard, uint64_t value)
{
	heard->digest = (heard->digest ^ value) * 1099511628211ULL;
}

static int on_wait(void *context, const struct replay_wait *wait)
{
	struct heard *heard = context;

	if (!heard->counts)
		return 0;
	heard->waits++;
	mix(heard, wait->thread);
	mix(heard, wait->row);
	mix(heard, wait->wait.blocked);
	mix(heard, wait->wait.runqueue);
	mix(heard, wait->wait.censored);
	mix(heard, wait->waker_kind);
	mix(heard, wait->waker_tid);
	return 0;
}

static int on_call(void *context, const struct replay_call *call)
{
	struct heard *heard = context;

	if (!heard->counts)
		return 0;
	heard->calls++;
	mix(heard, call->thread);
	mix(heard, call->done.call);
	mix(heard, call->done.total);
	mix(heard, call->done.blocked);
	mix(heard, call->done.off_cpu);
	mix(heard, call->done.censored);
	return 0;
}

static int on_slice(void *context, const struct replay_slice *slice)
{
	struct heard *heard = context;

	if (!heard->counts)
		return 0;
	heard->slices++;
	mix(heard, slice->thread);
	mix(heard, slice->until - slice->since);
	return 0;
}

static struct replay *new_replay(struct heard *heard)
{
	const struct replay_hooks hooks = {
		.wait = on_wait, .call = on_call, .slice = on_slice, .context = heard};

	return replay__new(&hooks, ROOM);
}

static uint32_t below(uint32_t limit)
{
	return (uint32_t)rand() % limit;
}

/* Anything that can be in a stream, and now and then what cannot follow from what was before. */
static struct stream_event any_event(uint64_t time)
{
	static const uint8_t outs[] = {LEDGER_EVENT_BLOCKED, LEDGER_EVENT_BLOCKED,
				       LEDGER_EVENT_PREEMPTED};
	static const uint8_t wakings[] = {LEDGER_EVENT_WOKEN, LEDGER_EVENT_WOKEN,
					  LEDGER_EVENT_EARLY, LEDGER_EVENT_SPURIOUS};
	struct stream_event event = {.time = time, .thread = 1 + below(THREADS)};

	switch (below(8)) {
	case 0:
	case 1:
	case 2:
		event.kind = STREAM_SWITCH;
		event.flags = outs[below(3)];
		event.row = 1 + below(ROOM - 1);
		event.other = below(THREADS + 1);
		event.since = below(3) ? 0 : below(1000);
		event.call = (uint16_t)below(4);
		break;
	case 3:
	case 4:
	case 5:
		event.kind = STREAM_WAKING;
		event.flags = wakings[below(4)];
		event.result = (int32_t)below(WAKER_KINDS);
		event.other = below(2) ? 4194401 + below(THREADS) : 0;
		break;
	case 6:
		event.kind = STREAM_RETURN;
		event.call = (uint16_t)below(4);
		event.since = below(3) ? below(100000) : 0;
		event.result = below(5) ? 7 : -512;
		break;
	default:
		event.kind = below(4) ? STREAM_ENTER : STREAM_BEGIN;
		event.call = event.kind == STREAM_ENTER ? (uint16_t)below(4) : SYSCALL_NONE;
		event.flags = event.kind == STREAM_BEGIN ? LEDGER_USER : 0;
		event.result = event.kind == STREAM_BEGIN ? LEDGER_KERNEL : 0;
	}
	return event;
}

/* All of a file, into a replay. Returns the summary. */
static char *read_file(const char *bytes, size_t size, struct replay *replay, uint64_t *first)
{
	FILE *stream = fmemopen((void *)bytes, size, "r");
	struct reader_item item;
	struct reader *reader;
	char message[160], *summary = NULL;

	*first = 0;
	assert_int_equal(reader__new(&reader, stream, message, sizeof(message)), 0);
	do {
		assert_int_equal(reader__next(reader, &item), 0);
		if (item.kind == READER_EVENT) {
			*first = *first ? *first : item.event.time;
			assert_int_equal(replay__event(replay, item.cpu, &item.event), 0);
		}
		if (item.kind == READER_SUMMARY && !summary)
			summary = strndup(item.bytes, item.length);
	} while (item.kind != READER_END);
	assert_false(reader__is_cut(reader));
	reader__free(reader);
	fclose(stream);
	return summary;
}

static void assert_same(const struct replay *whole, const struct replay *part, uint64_t begin)
{
	for (uint32_t i = 1; i <= THREADS; i++) {
		const struct replay_thread *a = replay__thread(whole, i),
					   *b = replay__thread(part, i);
		uint64_t sum = 0;

		if (!a || a->ledger.at < begin)
			continue;
		assert_non_null(b);
		assert_int_equal(a->ledger.state, b->ledger.state);
		assert_int_equal(a->ledger.start, b->ledger.start);
		assert_int_equal(a->ledger.at, b->ledger.at);
		assert_int_equal(a->ledger.flags, b->ledger.flags);
		for (int state = 0; state < LEDGER_STATES; state++) {
			assert_int_equal(a->ledger.sum[state], b->ledger.sum[state]);
			sum += b->ledger.sum[state];
		}
		assert_int_equal(sum, b->ledger.at - b->ledger.start);
		assert_int_equal(a->ledger.voluntary, b->ledger.voluntary);
		assert_int_equal(a->ledger.wakings, b->ledger.wakings);
		assert_int_equal(a->ledger.lost, b->ledger.lost);
		assert_int_equal(a->on_cpu, b->on_cpu);
	}
}

struct run {
	struct session *session;
	struct flight *flight;
	struct stream_event events[EVENTS];
	unsigned int cpus[EVENTS];
	uint64_t end;
};

static void fly(struct run *run, unsigned int seed, uint64_t last, size_t most)
{
	const struct flight_options options = {.last = last, .most = most};
	uint64_t time = 1000 * SECOND;

	srand(seed);
	run->session = new_session();
	assert_int_equal(flight__new(&run->flight, &options, run->session->pools), 0);
	for (int i = 0; i < EVENTS; i++) {
		time += below(50) ? below(20000000) : below(1500) * 1000000ULL;
		run->events[i] = any_event(time);
		run->cpus[i] = below(4);
		assert_int_equal(flight__event(run->flight, run->cpus[i], &run->events[i]), 0);
		if (!below(5))
			assert_int_equal(flight__step(run->flight, time), 0);
	}
	run->end = time + below(100000000);
}

static void land(struct run *run, struct flight_extent *extent)
{
	const struct story story = {
		.facts = {.attached_at = 1000 * SECOND - 5, .ended_at = run->end}};
	const struct profile profile = {0};
	struct heard heard = {.counts = false}, again = {.counts = true};
	struct replay *whole = new_replay(&heard), *part = new_replay(&again);
	char *bytes = NULL, *summary;
	uint64_t first;
	size_t size;
	FILE *stream = open_memstream(&bytes, &size);

	assert_int_equal(flight__write(run->flight, stream, "{}", NULL, &profile, &story, extent),
			 0);
	fclose(stream);
	assert_int_equal(extent->bytes, size);
	for (int i = 0; i < EVENTS; i++) {
		if (!heard.counts && (!extent->cut || run->events[i].time >= extent->begin)) {
			if (extent->cut)
				replay__cut(whole, extent->begin);
			heard.counts = true;
		}
		assert_int_equal(replay__event(whole, run->cpus[i], &run->events[i]), 0);
	}
	if (!heard.counts)
		replay__cut(whole, extent->begin);
	summary = read_file(bytes, size, part, &first);
	if (extent->cut)
		assert_int_equal(first, extent->begin);
	assert_int_equal(strstr(summary, "before_ns") != NULL, extent->cut);
	assert_int_equal(heard.waits, again.waits);
	assert_int_equal(heard.calls, again.calls);
	assert_int_equal(heard.slices, again.slices);
	assert_int_equal(heard.digest, again.digest);
	assert_same(whole, part, extent->begin);
	replay__free(whole);
	replay__free(part);
	flight__free(run->flight);
	free(run->session);
	free(summary);
	free(bytes);
}

static void what_is_kept_says_what_all_of_it_would(void **state)
{
	struct run *run = calloc(1, sizeof(*run));
	struct flight_extent extent;

	(void)state;
	for (unsigned int seed = 1; seed <= 60; seed++) {
		fly(run, seed, seed * 200000000ULL, 64 << 20);
		land(run, &extent);
		assert_true(extent.cut);
		assert_false(extent.limited);
		assert_int_equal(extent.end - extent.begin, seed * 200000000ULL);
	}
	free(run);
}

static void less_than_was_asked_for_is_all(void **state)
{
	struct run *run = calloc(1, sizeof(*run));
	struct flight_extent extent;

	(void)state;
	fly(run, 7, 10000 * SECOND, 64 << 20);
	land(run, &extent);
	assert_false(extent.cut);
	assert_int_equal(extent.begin, 1000 * SECOND - 5);
	assert_true(extent.events == EVENTS);
	free(run);
}

static void more_than_there_is_room_for_is_dropped(void **state)
{
	struct run *run = calloc(1, sizeof(*run));
	struct flight_extent extent;

	(void)state;
	for (unsigned int seed = 1; seed <= 20; seed++) {
		fly(run, seed, 10000 * SECOND, 4000);
		assert_true(flight__bytes(run->flight) < 8000);
		land(run, &extent);
		assert_true(extent.cut && extent.limited);
		assert_true(extent.begin > 1000 * SECOND);
		assert_true(extent.events < EVENTS);
	}
	free(run);
}

/* Its window is as long as that of others, and everybody is in the state that he was in. */
static void a_window_without_events_has_its_threads(void **state)
{
	struct run *run = calloc(1, sizeof(*run));
	struct flight_extent extent;

	(void)state;
	fly(run, 3, 2 * SECOND, 64 << 20);
	run->end += 100 * SECOND;
	assert_int_equal(flight__step(run->flight, run->end), 0);
	land(run, &extent);
	assert_int_equal(extent.end - extent.begin, 2 * SECOND);
	free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_kept_says_what_all_of_it_would),
		cmocka_unit_test(less_than_was_asked_for_is_all),
		cmocka_unit_test(more_than_there_is_room_for_is_dropped),
		cmocka_unit_test(a_window_without_events_has_its_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

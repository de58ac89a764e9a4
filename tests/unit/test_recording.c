// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A recording is written and read back: whole, cut at any byte, damaged at any byte. */
#include <errno.h>

#include "recording/cast.h"
#include "recording/reader.h"
#include "recording/rebuild.h"
#include "recording/story.h"
#include "recording/writer.h"
#include "tests/unit/unit.h"

#define ROOM 64

/* A session's rows, as far as the events below name them. */
struct rows_of_a_session {
	struct thread_row threads[ROOM];
	struct wait_row waits[ROOM];
	struct call_row calls[ROOM];
	struct object_row objects[ROOM];
	struct process_row processes[ROOM];
	struct rows pools[POOLS];
};

static struct rows_of_a_session *new_session(void)
{
	struct rows_of_a_session *session = calloc(1, sizeof(*session));

#define POOL(pool, member)                                                                         \
	session->pools[pool] = (struct rows){.base = session->member,                              \
					     .stride = sizeof(session->member[0]),                 \
					     .used = 2,                                            \
					     .capacity = ROOM}
	POOL(POOL_THREADS, threads);
	POOL(POOL_WAITS, waits);
	POOL(POOL_OBJECTS, objects);
	POOL(POOL_PROCESSES, processes);
#undef POOL
	for (uint32_t i = 1; i < 3; i++) {
		session->threads[i] = (struct thread_row){
			.task = i, .tid = 100 + i, .tgid = 101, .comm = "worker", .process = 1};
		session->waits[i].key = (struct wait_key){.thread = i,
							  .object = 1,
							  .syscall = 0,
							  .sleep = LEDGER_SLEEP_INTERRUPTIBLE};
	}
	session->objects[1] =
		(struct object_row){.key = {.kind = OBJECT_PIPE, .number = 4711}, .text_length = 0};
	session->processes[1].tgid = 101;
	return session;
}

static const struct stream_event events[] = {
	{.time = 1000,
	 .thread = 1,
	 .kind = STREAM_BEGIN,
	 .flags = LEDGER_USER,
	 .call = SYSCALL_NONE,
	 .result = LEDGER_KERNEL},
	{.time = 2000,
	 .thread = 1,
	 .kind = STREAM_SWITCH,
	 .row = 1,
	 .since = 100,
	 .other = 2,
	 .flags = LEDGER_EVENT_BLOCKED},
	{.time = 3000,
	 .thread = 1,
	 .kind = STREAM_WAKING,
	 .flags = LEDGER_EVENT_WOKEN,
	 .result = WAKER_SOFTIRQ},
	{.time = 3500,
	 .thread = 2,
	 .kind = STREAM_SWITCH,
	 .other = 1,
	 .flags = LEDGER_EVENT_PREEMPTED},
	{.time = 3600,
	 .thread = 1,
	 .kind = STREAM_RETURN,
	 .result = 5,
	 .other = 3,
	 .flags = STREAM_CALL_IO},
	{.time = 5000, .thread = 1, .kind = STREAM_SWITCH, .other = 0, .flags = LEDGER_EVENT_ENDED},
};

static const char head[] = "{\"schema\":\"waitscope-recording/1\",\"tier\":\"full\","
			   "\"target\":\"all\",\"cpus\":2,\"kernel\":\"6.1\",\"pids\":[]}";

/* The bytes of a recording of these events. */
static char *write_it(size_t *size, bool finish)
{
	struct rows_of_a_session *session = new_session();
	struct sources sources = {0};
	struct writer *writer;
	char *bytes = NULL;
	FILE *stream = open_memstream(&bytes, size);

	assert_non_null(stream);
	assert_int_equal(writer__new(&writer, stream, head, session->pools), 0);
	for (size_t i = 0; i < COUNT(events); i++)
		assert_int_equal(writer__event(writer, i % 2, &events[i]), 0);
	if (finish)
		assert_int_equal(writer__finish(writer, &sources, NULL,
						"{\"attached_ns\":1000,\"ended_ns\":6000}"),
				 0);
	else
		assert_int_equal(writer__step(writer, 1000000000000), 0);
	fclose(stream);
	assert_int_equal(writer__bytes(writer), *size);
	writer__free(writer);
	free(session);
	return bytes;
}

struct outcome {
	int err; /* of whichever step failed */
	size_t events, summaries;
	bool cut;
	uint64_t blocked, calls;
};

/* All of it, up to rows. */
static struct outcome read_it(const char *bytes, size_t size)
{
	FILE *stream = size ? fmemopen((void *)bytes, size, "r") : fopen("/dev/null", "r");
	struct reader_item item = {.kind = READER_END};
	struct rebuild *rebuild = rebuild__new(0, 0);
	struct outcome outcome = {0};
	struct sources sources;
	struct reader *reader;
	char message[160];

	outcome.err = reader__new(&reader, stream, message, sizeof(message));
	if (!outcome.err) {
		do {
			outcome.err = reader__next(reader, &item);
			if (!outcome.err)
				outcome.err = rebuild__take(rebuild, &item);
			outcome.events += !outcome.err && item.kind == READER_EVENT;
			outcome.summaries += !outcome.err && item.kind == READER_SUMMARY;
		} while (!outcome.err && item.kind != READER_END);
		outcome.cut = reader__is_cut(reader);
		reader__free(reader);
	}
	if (!outcome.err && !rebuild__finish(rebuild, 6000, &sources)) {
		for (uint32_t i = 1; i <= sources.pools[POOL_WAITS].used; i++)
			outcome.blocked +=
				((const struct wait_row *)rows__at(&sources.pools[POOL_WAITS], i))
					->total;
		for (uint32_t i = 1; i <= sources.pools[POOL_CALLS].used; i++)
			outcome.calls +=
				((const struct call_row *)rows__at(&sources.pools[POOL_CALLS], i))
					->calls;
	}
	rebuild__free(rebuild);
	fclose(stream);
	return outcome;
}

static void what_is_written_is_read(void **state)
{
	size_t size;
	char *bytes = write_it(&size, true);
	struct outcome outcome = read_it(bytes, size);

	(void)state;
	assert_int_equal(outcome.err, 0);
	assert_int_equal(outcome.events, COUNT(events));
	assert_int_equal(outcome.summaries, 1);
	assert_false(outcome.cut);
	assert_int_equal(outcome.blocked, 1000);
	assert_int_equal(outcome.calls, 1);
	free(bytes);
}

/* Up to the last whole frame; a head that is cut is refused. */
static void a_file_that_is_cut_anywhere_reads_as_far_as_it_goes(void **state)
{
	size_t size, before = 0;
	char *bytes = write_it(&size, true);

	(void)state;
	for (size_t cut = 0; cut < size; cut++) {
		struct outcome outcome = read_it(bytes, cut);

		if (cut < 24 + sizeof(head) - 1) {
			assert_int_equal(outcome.err, -EPROTO);
			continue;
		}
		assert_int_equal(outcome.err, 0);
		assert_true(outcome.cut);
		assert_int_equal(outcome.summaries, 0);
		assert_true(outcome.events == 0 || outcome.events == COUNT(events));
		assert_true(outcome.events >= before);
		before = outcome.events;
	}
	assert_int_equal(before, COUNT(events));
	free(bytes);
}

static void a_file_that_still_grows_reads_as_cut(void **state)
{
	size_t size;
	char *bytes = write_it(&size, false);
	struct outcome outcome = read_it(bytes, size);

	(void)state;
	assert_int_equal(outcome.err, 0);
	assert_true(outcome.cut);
	assert_int_equal(outcome.events, COUNT(events));
	free(bytes);
}

/* Behind the head each byte is under a checksum, or says how long something is. */
static void a_file_that_is_damaged_anywhere_is_refused_or_reads_as_cut(void **state)
{
	size_t size;
	char *bytes = write_it(&size, true);

	(void)state;
	for (size_t at = 24 + sizeof(head) - 1; at < size; at++) {
		for (int bit = 0; bit < 8; bit++) {
			struct outcome outcome;

			bytes[at] ^= 1 << bit;
			outcome = read_it(bytes, size);
			bytes[at] ^= 1 << bit;
			assert_true(!outcome.err || outcome.err == -EPROTO);
			/* but for the kind of a frame, and its count, which nobody relies on */
			if (!outcome.err && !outcome.cut)
				assert_true(outcome.events == COUNT(events) || !outcome.events);
		}
	}
	free(bytes);
}

static void refuse(const char *bytes, size_t size, const char *why)
{
	FILE *stream = size ? fmemopen((void *)bytes, size, "r") : fopen("/dev/null", "r");
	struct reader *reader;
	char message[160] = "";

	assert_int_equal(reader__new(&reader, stream, message, sizeof(message)), -EPROTO);
	assert_non_null(strstr(message, why));
	fclose(stream);
}

static void other_files_are_refused_and_it_is_said_why(void **state)
{
	size_t size;
	char *bytes = write_it(&size, true);

	(void)state;
	refuse("", 0, "is empty");
	refuse("PERFILE2 and more, long enough to hold a head", 45, "no recording");
	refuse("wait", 4, "within its head");
	refuse(bytes, 20, "within its head");
	bytes[16] = 2;
	refuse(bytes, size, "version 2");
	bytes[16] = 0;
	bytes[19] = 1;
	refuse(bytes, size, "byte order");
	bytes[16] = 1;
	bytes[19] = 0;
	memset(bytes + 20, 0xff, 4);
	refuse(bytes, size, "damaged head");
	free(bytes);
}

static void the_head_says_what_was_traced(void **state)
{
	char *command[] = {"dd", "if=/dev/zero", NULL};
	int pids[] = {1, 4711};
	struct profile written = {.tier = TIER_WAITS,
				  .target = TARGET_COMMAND,
				  .command = command,
				  .pids = pids,
				  .pid_count = 2,
				  .kernel = "6.18.5",
				  .cpus = 2};
	struct profile *read = calloc(1, sizeof(*read));
	char *text = story__head(&written);

	(void)state;
	assert_int_equal(story__read_head(text, read), 0);
	assert_int_equal(read->tier, TIER_WAITS);
	assert_int_equal(read->target, TARGET_COMMAND);
	assert_string_equal(read->command[1], "if=/dev/zero");
	assert_null(read->command[2]);
	assert_int_equal(read->pids[1], 4711);
	assert_string_equal(read->kernel, "6.18.5");
	profile__free(read);
	free(text);
}

static void a_head_that_is_none_is_refused(void **state)
{
	static const char *const heads[] = {
		"",
		"[]",
		"{}",
		"{\"schema\":\"waitscope-recording/2\",\"tier\":\"full\",\"target\":\"all\"}",
		"{\"schema\":\"waitscope-recording/1\",\"tier\":\"full\",\"target\":\"moon\"}",
		"{\"schema\":\"waitscope-recording/1\",\"tier\":\"full\",\"target\":\"name\"}",
		"{\"schema\":1,\"tier\":2,\"target\":3}",
		"{\"schema\":\"waitscope-recording/1\",\"tier\":\"full\",\"target\":\"command\"}",
		"{\"schema\":\"waitscope-recording/1\",\"tier\":\"full\",\"target\":\"command\","
		"\"command\":[]}",
		"{\"schema\":\"waitscope-recording/1\",\"tier\":\"full\",\"target\":\"pid\","
		"\"pids\":[7,-1]}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(heads); i++) {
		struct profile *profile = calloc(1, sizeof(*profile));

		assert_int_equal(story__read_head(heads[i], profile), -EPROTO);
		profile__free(profile);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(a_file_that_is_cut_anywhere_reads_as_far_as_it_goes),
		cmocka_unit_test(a_file_that_still_grows_reads_as_cut),
		cmocka_unit_test(a_file_that_is_damaged_anywhere_is_refused_or_reads_as_cut),
		cmocka_unit_test(other_files_are_refused_and_it_is_said_why),
		cmocka_unit_test(the_head_says_what_was_traced),
		cmocka_unit_test(a_head_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

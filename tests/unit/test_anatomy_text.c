// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One call, stage by stage: what is printed, for people and for programs. */
#include <json-c/json.h>
#include <stdlib.h>

#include "tests/unit/anatomist_steps.h"

static const struct anatomy_place place = {1, 5};

static char *print(bool json)
{
	size_t size;
	char *text;
	FILE *stream = open_memstream(&text, &size);
	int err = json ? render__anatomy_json(stream, the_call(0), &place)
		       : render__anatomy_text(stream, the_call(0), &place, true);

	assert_int_equal(err, 0);
	fclose(stream);
	return text;
}

static void check_text(const char *const *expected, size_t count)
{
	char *text = print(false);
	const char *at = text;

	for (size_t i = 0; i < count; i++) {
		at = strstr(at, expected[i]);
		if (!at)
			fail_msg("no '%s' where it should be in:\n%s", expected[i], text);
	}
	free(text);
}

static void the_text_has_ten_stages_and_their_sum(void **state)
{
	static const char *const expected[] = {
		"read(fd 3) = 64, by thread 100 reader: 1.6 us, number 1 of 5 by length\n",
		"   1               0                    it enters read, on CPU 0\n",
		"   2               -                    the kernel finds",
		"   3             300             300    its state is interruptible",
		"   4             300                    it stands on a wait queue: ipc, pipe:[77]\n",
		"   5             300                    CPU 0 switches to 102 other\\x0a\n",
		" CPU 0 until stage 9: 102 other\\x0a 400 ns, idle or not traced 800 ns\n",
		"   6               -                    what it waits for happens (no event",
		"   7           1,000             700    CPU 1: woken by thread 101 writer, in write",
		" for 100 ns\n",
		"   8               -                    it is put on a run queue (no event",
		"   9           1,500             500    CPU 0 runs it again\n",
		"  10           1,600             100    read returns, on CPU 0\n",
		"                               1,600    in all\n",
	};

	(void)state;
	read_that_slept(2100);
	check_text(expected, COUNT(expected));
}

static void the_text_has_the_chain_of_wakers(void **state)
{
	static const char *const expected[] = {
		"woken by thread 101 writer\n",
		"who had itself been woken 500 ns before, from read (ipc, pipe:[77]), by a soft",
		" interrupt (while 102 other\\x0a was running there)\n",
	};

	(void)state;
	switches(0, 950, 0, READER, 0, 0);
	switches(1, 960, 0, WRITER, 0, 0);
	switches(0, 1300, READER, 0, PIPE_ROW, 300);
	switches(1, 1400, WRITER, OTHER, PIPE_ROW, 10);
	wakes(1, 1500, WRITER, WAKER_SOFTIRQ, 0, LEDGER_EVENT_WOKEN);
	switches(1, 1600, OTHER, WRITER, 0, 0);
	wakes_reader(1, 2000, WAKER_THREAD, 101);
	switches(0, 2500, 0, READER, 0, 0);
	returns(0, 2600, READER, READ, 0);
	check_text(expected, COUNT(expected));
}

static struct json_object *member(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, name, &value))
		fail_msg("no member %s", name);
	return value;
}

static void the_json_has_the_same_stages(void **state)
{
	struct json_object *document, *stages, *stage;
	char *text;
	int64_t sum = 0;

	(void)state;
	read_that_slept(2100);
	text = print(true);
	document = json_tokener_parse(text);
	stages = member(document, "stages");
	assert_int_equal(json_object_array_length(stages), 10);
	for (size_t i = 0; i < 10; i++) {
		stage = json_object_array_get_idx(stages, i);
		assert_int_equal(json_object_get_int(member(stage, "stage")), i + 1);
		sum += json_object_get_int64(member(stage, "took_ns"));
	}
	assert_int_equal(sum, json_object_get_int64(member(document, "duration_ns")));
	assert_null(member(json_object_array_get_idx(stages, 7), "at_ns"));
	assert_int_equal(json_object_get_int(member(document, "of")), 5);
	json_object_put(document);
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(the_text_has_ten_stages_and_their_sum),
		TEST(the_text_has_the_chain_of_wakers),
		TEST(the_json_has_the_same_stages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The lines of `waitscope trace`: columns, units, results, names that are none, JSON. */
#include <json-c/json.h>

#include "render/trace_line.h"
#include "tests/unit/unit.h"

static char *text;

static int free_text(void **state)
{
	(void)state;
	free(text);
	text = NULL;
	return 0;
}

static const char *shown(const struct trace_line *line, bool unicode)
{
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	assert_int_equal(render__trace_line(stream, line, unicode), 0);
	fclose(stream);
	return text;
}

static struct json_object *parsed(const struct trace_line *line)
{
	struct json_object *object;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	assert_int_equal(render__trace_json_line(stream, line), 0);
	fclose(stream);
	assert_ptr_equal(strchr(text, '\n'), text + size - 1);
	object = json_tokener_parse(text);
	assert_non_null(object);
	return object;
}

static struct line_sleep read_sleep(void)
{
	return (struct line_sleep){
		.known = true,
		.class = CLASS_IPC,
		.sleep = LEDGER_SLEEP_INTERRUPTIBLE,
		.syscall = "read",
		.object = "pipe:[1234]",
		.count = 1,
		.blocked = 5060000,
		.runqueue = 8100,
		.waker = {.kind = WAKER_THREAD, .pid = 4711, .tid = 4712, .comm = "partner"},
	};
}

static struct trace_line read_line(const struct line_sleep *sleeps, size_t count)
{
	struct trace_line line = {
		.is_call = true,
		.since = 1000000,
		.until = 6123999,
		.cpu = 1,
		.pid = 4711,
		.tid = 4711,
		.comm = "waiter",
		.syscall = "read",
		.entered = true,
		.finished = true,
		.has_result = true,
		.result = 64,
		.on_descriptor = true,
		.argument = 3,
		.sleeps = sleeps,
		.sleep_count = count,
	};

	for (size_t i = 0; i < count; i++) {
		line.waits += sleeps[i].count;
		line.blocked += sleeps[i].blocked;
		line.runqueue += sleeps[i].runqueue;
	}
	return line;
}

static void a_call_that_slept_has_all_columns(void **state)
{
	struct line_sleep sleep = read_sleep();
	struct trace_line line = read_line(&sleep, 1);

	(void)state;
	assert_string_equal(shown(&line, true),
			    "   0.006123    4711 waiter             5.06 ms S ipc         8.1 us  "
			    "read(pipe:[1234]) = 64 <5.12 ms>  <- 4712 partner\n");
}

static void the_head_stands_over_the_columns(void **state)
{
	struct line_sleep sleep = read_sleep();
	struct trace_line line = read_line(&sleep, 1);
	char *head;
	size_t size;
	FILE *stream = open_memstream(&head, &size);

	(void)state;
	assert_int_equal(render__trace_head(stream), 0);
	fclose(stream);
	shown(&line, true);
	assert_int_equal(strstr(head, "thread") - head, strstr(text, "waiter") - text);
	assert_int_equal(strstr(head, "asleep") + 6 - head, strstr(text, "5.06 ms") + 7 - text);
	assert_int_equal(strstr(head, "waiting") - head, strstr(text, "S ipc") - text);
	assert_int_equal(strstr(head, "call(") - head, strstr(text, "read(") - text);
	free(head);
}

static void a_call_that_did_not_sleep_names_its_descriptor(void **state)
{
	struct trace_line line = read_line(NULL, 0);

	(void)state;
	line.result = -11;
	shown(&line, true);
	assert_non_null(strstr(text, "read(fd 3) = -1 EAGAIN <5.12 ms>\n"));
	assert_null(strstr(text, "<-"));
}

static void a_result_that_is_not_known_is_no_number(void **state)
{
	struct line_sleep sleep = read_sleep();
	struct trace_line line = read_line(&sleep, 1);

	(void)state;
	line.has_result = line.finished = false;
	sleep.open = sleep.censored = true;
	shown(&line, true);
	assert_non_null(strstr(text, " >=5.06 ms S ipc"));
	assert_non_null(strstr(text, ") = ? <>=5.12 ms> unfinished  still asleep\n"));
}

static void several_kinds_of_waits_are_counted_and_named(void **state)
{
	struct line_sleep sleeps[2] = {read_sleep(), read_sleep()};
	struct trace_line line;

	(void)state;
	sleeps[1].class = CLASS_DISK;
	sleeps[1].sleep = LEDGER_SLEEP_UNINTERRUPTIBLE;
	sleeps[1].object = "file /x";
	sleeps[1].count = 1999;
	line = read_line(sleeps, 2);
	shown(&line, true);
	assert_non_null(strstr(text, " 10.1 ms S ipc "));
	assert_non_null(strstr(text, "(2,000 waits; also D disk file /x)  <- 4712 partner\n"));
}

static void a_waker_is_named_by_its_context(void **state)
{
	static const struct {
		struct line_waker waker;
		const char *text;
	} cases[] = {
		{{.kind = WAKER_HARDIRQ}, "  <- hardirq\n"},
		{{.kind = WAKER_TIMER}, "  <- timer\n"},
		{{.kind = WAKER_SIGNAL, .tid = 7, .comm = "bash"}, "  <- signal 7 bash\n"},
		{{.kind = WAKER_IO_WQ, .tid = 8, .comm = "iou-wrk-8"}, "  <- io-wq 8 iou-wrk-8\n"},
		{{.kind = WAKER_THREAD, .tid = 9}, "  <- 9 ?\n"},
		{{.kind = WAKER_UNKNOWN}, "  <- unknown\n"},
		{{.kind = (enum waker_kind)200}, "  <- unknown\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct line_sleep sleep = read_sleep();
		struct trace_line line = read_line(&sleep, 1);

		sleep.waker = cases[i].waker;
		shown(&line, true);
		assert_string_equal(text + strlen(text) - strlen(cases[i].text), cases[i].text);
		free_text(NULL);
	}
}

static void a_wait_in_no_call_has_no_result(void **state)
{
	struct line_sleep sleep = read_sleep();
	struct trace_line line = read_line(&sleep, 1);

	(void)state;
	line.is_call = false;
	line.syscall = sleep.object = NULL;
	sleep.known = false;
	shown(&line, true);
	assert_non_null(strstr(text, " ? ? "));
	assert_non_null(strstr(text, "  [in no call]  <- 4712 partner\n"));
}

/* Nothing from outside may move a terminal's cursor, or end the line. */
static void hostile_names_stay_on_their_line(void **state)
{
	struct line_sleep sleep = read_sleep();
	struct trace_line line = read_line(&sleep, 1);

	(void)state;
	line.comm = "\x1b[31m\nx\xff";
	sleep.object = "file /a\nb\x1b]0;t\x07";
	sleep.waker.comm = "\r\n";
	shown(&line, true);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	for (const char *at = text; at[1]; at++)
		assert_true((unsigned char)*at >= ' ');
	assert_non_null(strstr(text, "\\x1b[31m\\x0ax\\xff"));
}

static void names_are_padded_by_what_they_show(void **state)
{
	struct line_sleep sleep = read_sleep();
	struct trace_line line = read_line(&sleep, 1);

	(void)state;
	line.comm = "\xe5\xb7\xa5\xe4\xbd\x9c"; /* two characters of two columns */
	shown(&line, true);
	assert_non_null(strstr(text, "\xe5\xb7\xa5\xe4\xbd\x9c               5.06 ms"));
	free_text(NULL);
	shown(&line, false);
	assert_non_null(strstr(text, "4711 ??                 5.06 ms"));
}

static void json_has_what_is_known_and_null_for_the_rest(void **state)
{
	struct line_sleep sleep = read_sleep();
	struct trace_line line = read_line(&sleep, 1);
	struct json_object *object, *sleeps, *member;

	(void)state;
	object = parsed(&line);
	assert_int_equal(json_object_get_int64(json_object_object_get(object, "duration_ns")),
			 5123999);
	assert_int_equal(json_object_get_int64(json_object_object_get(object, "result")), 64);
	sleeps = json_object_object_get(object, "sleeps");
	assert_int_equal(json_object_array_length(sleeps), 1);
	member = json_object_object_get(json_object_array_get_idx(sleeps, 0), "waker");
	assert_string_equal(json_object_get_string(json_object_object_get(member, "kind")),
			    "thread");
	json_object_put(object);
	free_text(NULL);
	line.entered = line.has_result = false;
	line.comm = NULL;
	object = parsed(&line);
	assert_true(json_object_object_get_ex(object, "duration_ns", &member) && !member);
	assert_true(json_object_object_get_ex(object, "result", &member) && !member);
	assert_true(json_object_object_get_ex(object, "comm", &member) && !member);
	json_object_put(object);
}

static void a_loss_says_where_and_how_many(void **state)
{
	const struct line_loss loss = {.time = 1500000000, .events = 12345, .cpu = 3};
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(render__trace_loss(stream, &loss), 0);
	fclose(stream);
	assert_string_equal(
		text,
		"   1.500000  LOST 12,345 events of CPU 3, from here on (no room: --buffer)\n");
}

#define TEST(function) cmocka_unit_test_teardown(function, free_text)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_call_that_slept_has_all_columns),
		TEST(the_head_stands_over_the_columns),
		TEST(a_call_that_did_not_sleep_names_its_descriptor),
		TEST(a_result_that_is_not_known_is_no_number),
		TEST(several_kinds_of_waits_are_counted_and_named),
		TEST(a_waker_is_named_by_its_context),
		TEST(a_wait_in_no_call_has_no_result),
		TEST(hostile_names_stay_on_their_line),
		TEST(names_are_padded_by_what_they_show),
		TEST(json_has_what_is_known_and_null_for_the_rest),
		TEST(a_loss_says_where_and_how_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

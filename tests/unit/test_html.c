// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The page as a document: what is in it, and that no name gets out of where it is put. */
#define _GNU_SOURCE
#include "render/html_timeline.h"
#include "tests/unit/render_json_steps.h"
#include "tests/unit/unit.h"

#define HOSTILE "</script><!--<script>\"'\\\xff\n\033"
#define ESCAPED "</script><!--<script>\"'\\\\xff\\x0a\\x1b"

static char *page_of(const struct profile *profile, struct html_timeline *timeline)
{
	size_t length;
	char *text;
	FILE *stream = open_memstream(&text, &length);

	assert_int_equal(render__html(stream, profile, &plain, timeline), 0);
	fclose(stream);
	assert_int_equal(strlen(text), length);
	return text;
}

static size_t times(const char *text, const char *what)
{
	size_t count = 0;

	while ((text = strcasestr(text, what))) {
		text += strlen(what);
		count++;
	}
	return count;
}

/* What the script element of that id has in it; NULL: there is none. */
static struct json_object *data_of(const char *page, const char *id)
{
	struct json_object *document;
	char *tag, *begin, *data;

	assert_true(asprintf(&tag, "<script type=\"application/json\" id=\"%s\">", id) > 0);
	begin = strstr(page, tag);
	if (!begin) {
		free(tag);
		return NULL;
	}
	begin += strlen(tag);
	data = strndup(begin, (size_t)(strstr(begin, "</script>") - begin));
	assert_null(strchr(data, '<'));
	document = json_tokener_parse(data);
	assert_non_null(document);
	free(data);
	free(tag);
	return document;
}

static void it_has_the_very_json_of_the_profile(void **state)
{
	const struct render_options buckets = {.buckets = true};
	struct profile *profile = sample__profile();
	struct json_object *inside, *printed;
	char *page = page_of(profile, NULL), *json = render(profile, &buckets);

	(void)state;
	inside = data_of(page, "profile");
	printed = parse(json);
	assert_non_null(inside);
	assert_true(json_object_equal(inside, printed));
	assert_null(data_of(page, "timeline-data"));
	json_object_put(inside);
	json_object_put(printed);
	free(json);
	free(page);
	profile__free(profile);
}

static void it_is_whole_and_asks_nobody(void **state)
{
	struct profile *profile = sample__profile();
	char *page = page_of(profile, NULL);

	(void)state;
	assert_memory_equal(page, "<!DOCTYPE html>", 15);
	assert_string_equal(page + strlen(page) - 8, "</html>\n");
	assert_null(strstr(page, "include: "));
	assert_null(strstr(page, "http:"));
	assert_null(strstr(page, "https:"));
	assert_null(strstr(page, "@import"));
	assert_null(strstr(page, " src="));
	assert_non_null(strstr(page, "default-src 'none'"));
	free(page);
	profile__free(profile);
}

static void tell_hostile(struct timeline_writer *writer)
{
	const struct timeline_head head = {.begin = 1000};
	struct timeline_thread thread = {.track = 1, .tid = 5, .pid = 5, .name = "</script>\"\xff"};
	struct timeline_wait wait = {.thread = &thread,
				     .waker = &thread,
				     .since = 1010,
				     .woken = 1030,
				     .until = 1040,
				     .class = CLASS_IPC,
				     .syscall = "read",
				     .object = HOSTILE};

	assert_int_equal(writer->begin(writer->context, &head), 0);
	assert_int_equal(writer->thread(writer->context, &thread), 0);
	assert_int_equal(writer->wait(writer->context, &wait), 0);
	assert_int_equal(writer->finish(writer->context), 0);
}

static void no_name_gets_out_of_its_place(void **state)
{
	struct profile *profile = sample__profile(), *harmless = sample__profile();
	struct timeline_writer writer;
	struct html_timeline *timeline = html_timeline__new(100, 100, &writer);
	struct json_object *inside;
	char *page, *usual;

	(void)state;
	usual = page_of(harmless, NULL);
	free(profile->processes[0].comm);
	profile->processes[0].comm = strdup(HOSTILE);
	free(profile->processes[0].waits[0].object);
	profile->processes[0].waits[0].object = strdup(HOSTILE);
	tell_hostile(&writer);
	page = page_of(profile, timeline);
	/* one script more: the timeline's */
	assert_int_equal(times(page, "<script"), times(usual, "<script") + 1);
	assert_int_equal(times(page, "</script"), times(usual, "</script") + 1);
	assert_int_equal(times(page, "<!--"), times(usual, "<!--"));
	assert_null(strstr(page, "\xff"));
	inside = data_of(page, "profile");
	assert_string_equal(text_at(inside, "processes 0 comm"), ESCAPED);
	json_object_put(inside);
	inside = data_of(page, "timeline-data");
	assert_string_equal(text_at(inside, "lanes 0 comm"), "</script>\"\\xff");
	assert_non_null(strstr(text_at(inside, "details 1 0"), ESCAPED));
	json_object_put(inside);
	html_timeline__free(timeline);
	free(usual);
	free(page);
	profile__free(harmless);
	profile__free(profile);
}

/* --- the timeline ----------------------------------------------------------------------------- */

static struct json_object *timeline_json(struct html_timeline *timeline)
{
	struct json_object *document;
	size_t length;
	char *text;
	FILE *stream = open_memstream(&text, &length);

	assert_int_equal(html_timeline__write(timeline, stream), 0);
	fclose(stream);
	document = json_tokener_parse(text);
	assert_non_null(document);
	free(text);
	return document;
}

static void tell_switch(struct timeline_writer *writer, uint64_t time, unsigned int cpu,
			const struct timeline_thread *from, const struct timeline_thread *to,
			enum ledger_event end)
{
	const struct timeline_switch event = {
		.time = time, .cpu = cpu, .from = from, .to = to, .end = end};

	assert_int_equal(writer->switched(writer->context, &event), 0);
}

static const struct timeline_thread nobody, one = {.track = 1, .tid = 8, .pid = 8, .name = "one"};

static void begin_one(struct timeline_writer *writer)
{
	const struct timeline_head head = {.begin = 1000};

	assert_int_equal(writer->begin(writer->context, &head), 0);
	assert_int_equal(writer->thread(writer->context, &one), 0);
}

/* Runs 0 to 10, is preempted to 15, runs to 20, sleeps to 50, waits for a CPU to 60, runs to 100.
 */
static void a_thread_is_one_thing_after_the_other(void **state)
{
	static const char expected[] = "[0,10,0,0,0,5,2,0,0,5,0,0,0,30,4,1,0,10,1,1,0,40,0,0]";
	const struct timeline_wait wait = {.thread = &one,
					   .waker = &nobody,
					   .since = 1020,
					   .woken = 1050,
					   .until = 1060,
					   .class = CLASS_DISK,
					   .syscall = "read",
					   .kind = WAKER_SOFTIRQ};
	struct timeline_writer writer;
	struct html_timeline *timeline = html_timeline__new(100, 100, &writer);
	struct json_object *document;

	(void)state;
	begin_one(&writer);
	tell_switch(&writer, 1000, 0, &nobody, &one, LEDGER_EVENT_NONE);
	tell_switch(&writer, 1010, 0, &one, &nobody, LEDGER_EVENT_PREEMPTED);
	tell_switch(&writer, 1015, 0, &nobody, &one, LEDGER_EVENT_NONE);
	tell_switch(&writer, 1020, 0, &one, &nobody, LEDGER_EVENT_BLOCKED);
	assert_int_equal(writer.wait(writer.context, &wait), 0);
	tell_switch(&writer, 1060, 0, &nobody, &one, LEDGER_EVENT_NONE);
	assert_int_equal(writer.finish(writer.context), 0);
	document = timeline_json(timeline);
	assert_string_equal(json_object_to_json_string_ext(at(document, "lanes 0 slices"),
							   JSON_C_TO_STRING_PLAIN),
			    expected);
	assert_string_equal(text_at(document, "details 1 0"), "disk: in read; woken by softirq");
	/* the wait ended at half of the window and had lasted 30 ns, which is between 24 and 32 */
	assert_string_equal(json_object_to_json_string_ext(at(document, "heat classes disk"),
							   JSON_C_TO_STRING_PLAIN),
			    "[60,9,1]");
	assert_int_equal(number_at(document, "heat lows_ns 9"), 24);
	json_object_put(document);
	html_timeline__free(timeline);
}

/* From the loss on nobody knows, until it is seen again. */
static void what_a_loss_hides_is_not_drawn(void **state)
{
	const struct timeline_loss loss = {.time = 1030, .count = 9, .cpu = 1};
	struct timeline_writer writer;
	struct html_timeline *timeline = html_timeline__new(100, 100, &writer);
	struct json_object *document;

	(void)state;
	begin_one(&writer);
	tell_switch(&writer, 1010, 1, &nobody, &one, LEDGER_EVENT_NONE);
	assert_int_equal(writer.loss(writer.context, &loss), 0);
	tell_switch(&writer, 1070, 1, &nobody, &one, LEDGER_EVENT_NONE);
	/* its switch-out is not seen */
	tell_switch(&writer, 1090, 1, &nobody, &one, LEDGER_EVENT_NONE);
	assert_int_equal(writer.finish(writer.context), 0);
	document = timeline_json(timeline);
	assert_string_equal(json_object_to_json_string_ext(at(document, "lanes 0 slices"),
							   JSON_C_TO_STRING_PLAIN),
			    "[10,20,0,0,60,10,0,0]");
	assert_int_equal(number_at(document, "losses 0 1"), 9);
	json_object_put(document);
	html_timeline__free(timeline);
}

/* As the thread that waited for the command's exec is still there for the replay. */
static void a_cpu_has_one_thread_at_a_time(void **state)
{
	const struct timeline_thread two = {.track = 2, .tid = 9, .pid = 9, .name = "two"};
	struct timeline_writer writer;
	struct html_timeline *timeline = html_timeline__new(100, 100, &writer);
	struct json_object *document;

	(void)state;
	begin_one(&writer);
	assert_int_equal(writer.thread(writer.context, &two), 0);
	tell_switch(&writer, 1010, 1, &nobody, &one, LEDGER_EVENT_NONE);
	tell_switch(&writer, 1040, 1, &nobody, &two, LEDGER_EVENT_NONE);
	assert_int_equal(writer.finish(writer.context), 0);
	document = timeline_json(timeline);
	assert_int_equal(json_object_array_length(at(document, "lanes 0 slices")), 0);
	assert_string_equal(json_object_to_json_string_ext(at(document, "lanes 1 slices"),
							   JSON_C_TO_STRING_PLAIN),
			    "[40,60,0,0]");
	json_object_put(document);
	html_timeline__free(timeline);
}

static void the_words_of_waits_are_bounded(void **state)
{
	struct timeline_wait wait = {.thread = &one, .waker = &nobody, .class = CLASS_IPC};
	struct html_details *details = calloc(1, sizeof(*details));
	uint32_t number, again;
	char object[32];

	(void)state;
	wait.object = object;
	for (int i = 0; i < HTML_DETAILS + 10; i++) {
		snprintf(object, sizeof(object), "pipe:[%d]", i);
		assert_int_equal(html_details__number(details, &wait, &number), 0);
		assert_int_equal(html_details__number(details, &wait, &again), 0);
		assert_int_equal(number, again);
		assert_int_equal(number, i < HTML_DETAILS / 4 * 3 ? i + 1 : 0);
	}
	html_details__clear(details);
	free(details);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_has_the_very_json_of_the_profile),
		cmocka_unit_test(it_is_whole_and_asks_nobody),
		cmocka_unit_test(no_name_gets_out_of_its_place),
		cmocka_unit_test(a_thread_is_one_thing_after_the_other),
		cmocka_unit_test(what_a_loss_hides_is_not_drawn),
		cmocka_unit_test(a_cpu_has_one_thread_at_a_time),
		cmocka_unit_test(the_words_of_waits_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The JSON format: asynchronous requests. */
#include "tests/unit/render_json_steps.h"

static struct requests *add(struct process *process, enum request_api api, const char *operation)
{
	struct requests *requests =
		sample__grow(&process->requests, &process->request_count, sizeof(*requests));

	*requests = (struct requests){.api = api, .operation = operation};
	return requests;
}

static struct profile *profile_with_requests(void)
{
	struct profile *profile = sample__empty();
	struct process *process = sample__process(profile, 5, "x");
	struct requests *requests;

	sample__thread(process, 5, "x", (struct account){.lifetime = MS});
	requests = add(process, REQUEST_LINUX_AIO, "pread");
	requests->submitted = 9;
	requests->completed = 6;
	requests->failed = 2;
	requests->cancelled = 1;
	requests->unseen = 2;
	requests->open = 1;
	requests->censored = 4;
	requests->bytes = 4096;
	requests->served[SERVED_DEVICE] = 5;
	requests->served[SERVED_INLINE] = 1;
	requests->inflight_mean = 1.5;
	requests->inflight_max = 3;
	requests->batches = 4;
	requests->reaps = 3;
	requests->submit_known = true;
	requests->submit_blocked = 777;
	histogram__add(&requests->latency, 50);
	requests = add(process, REQUEST_IO_URING, "accept");
	requests->submitted = requests->completed = 1;
	requests->inflight_mean = 0.25;
	requests->more = 17;
	requests->overflowed = 2;
	histogram__add(&requests->taken, 60);
	histogram__add(&requests->taken_by, 70);
	return profile;
}

static void figures_of_requests_arrive_unchanged(void **state)
{
	static const struct {
		const char *member;
		uint64_t value;
	} figures[] = {
		{"submitted", 9},     {"completed", 6},	      {"failed", 2},
		{"cancelled", 1},     {"unseen", 2},	      {"open", 1},
		{"censored", 4},      {"bytes", 4096},	      {"served device", 5},
		{"served inline", 1}, {"served polled", 0},   {"inflight max", 3},
		{"batches", 4},	      {"reaps", 3},	      {"submit_blocked_ns", 777},
		{"latency count", 1}, {"latency sum_ns", 50},
	};
	struct profile *profile = profile_with_requests();
	struct json_object *document = document_of(profile, &plain), *row;

	(void)state;
	row = at(document, "processes 0 requests 0");
	assert_string_equal(text_at(row, "api"), "linux_aio");
	assert_string_equal(text_at(row, "operation"), "pread");
	for (size_t i = 0; i < COUNT(figures); i++)
		if (number_at(row, figures[i].member) != figures[i].value)
			fail_msg("%s is another", figures[i].member);
	row = at(document, "processes 0 requests 1");
	assert_string_equal(text_at(row, "api"), "io_uring");
	assert_int_equal(number_at(row, "more"), 17);
	assert_int_equal(number_at(row, "overflowed"), 2);
	assert_int_equal(number_at(row, "taken sum_ns"), 60);
	assert_int_equal(number_at(row, "taken_by sum_ns"), 70);
	assert_false(
		json_object_object_get_ex(at(document, "processes 0 requests 0"), "taken", NULL));
	json_object_put(document);
	profile__free(profile);
}

/* How long those were in flight whose end was not seen; who submitted without a call. */
static void what_is_not_known_of_requests_is_null(void **state)
{
	struct profile *profile = profile_with_requests();
	struct json_object *document = document_of(profile, &plain);

	(void)state;
	assert_null(at(document, "processes 0 requests 0 inflight mean"));
	assert_true(json_object_get_double(at(document, "processes 0 requests 1 inflight mean")) ==
		    0.25);
	assert_null(at(document, "processes 0 requests 1 batches"));
	assert_null(at(document, "processes 0 requests 1 submit_blocked_ns"));
	json_object_put(document);
	profile__free(profile);
}

/* A row that began no call of its own, where another row of the interface did: that is none. */
static void no_batches_is_known_where_others_have_some(void **state)
{
	struct profile *profile = profile_with_requests();
	struct json_object *document;

	(void)state;
	add(&profile->processes[0], REQUEST_LINUX_AIO, "fsync");
	document = document_of(profile, &plain);
	assert_int_equal(number_at(document, "processes 0 requests 2 batches"), 0);
	json_object_put(document);
	profile__free(profile);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_of_requests_arrive_unchanged),
		cmocka_unit_test(what_is_not_known_of_requests_is_null),
		cmocka_unit_test(no_batches_is_known_where_others_have_some),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

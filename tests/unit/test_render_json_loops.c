// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The JSON format: event loops and refused calls. */
#include "tests/unit/render_json_steps.h"

/* Two calls of one thread, of which it rests in the first; and one that was refused. */
static struct profile *profile_with_loops(void)
{
	struct profile *profile = sample__empty();
	struct process *process = sample__process(profile, 5, "x");
	struct thread *thread = sample__thread(process, 6, "x", (struct account){.lifetime = MS});
	struct loop *loop = sample__grow(&thread->loops, &thread->loop_count, sizeof(*loop));
	struct attempts *attempts;

	*loop = (struct loop){.tid = 6,
			      .call = "epoll_wait",
			      .iterations = 4,
			      .events = 6,
			      .events_known = true,
			      .window = 1000,
			      .idle = 750,
			      .longest_cause = strdup("fsync on file /x\n"),
			      .main = true};
	histogram__add(&loop->handler, 40);
	loop = sample__grow(&thread->loops, &thread->loop_count, sizeof(*loop));
	*loop = (struct loop){.tid = 6, .call = "io_uring_enter", .iterations = 9};
	attempts = sample__grow(&process->attempts, &process->attempt_count, sizeof(*attempts));
	*attempts = (struct attempts){.syscall = "read",
				      .object = strdup("pipe:[1]"),
				      .eagain = 3,
				      .spin_runs = 2,
				      .spin_cpu = 77};
	histogram__add(&attempts->readiness, 50);
	return profile;
}

static void a_loop_is_in_its_process_and_its_thread(void **state)
{
	struct profile *profile = profile_with_loops();
	struct json_object *document = document_of(profile, &plain);

	(void)state;
	assert_int_equal(json_object_array_length(at(document, "processes 0 loops")), 2);
	assert_string_equal(text_at(document, "processes 0 threads 0 loop call"), "epoll_wait");
	assert_int_equal(number_at(document, "processes 0 loops 0 tid"), 6);
	assert_int_equal(number_at(document, "processes 0 loops 0 handler max_ns"), 40);
	assert_string_equal(text_at(document, "processes 0 loops 0 longest_handler_cause"),
			    "fsync on file /x\\x0a");
	assert_true(json_object_get_double(at(document, "processes 0 loops 0 batch_mean")) == 1.5);
	assert_true(json_object_get_double(at(document, "processes 0 loops 0 utilisation")) ==
		    0.25);
	/* io_uring_enter does not say what is ready; and a loop without a time has no share of it
	 */
	assert_null(at(document, "processes 0 loops 1 events"));
	assert_null(at(document, "processes 0 loops 1 batch_mean"));
	assert_null(at(document, "processes 0 loops 1 empty"));
	assert_null(at(document, "processes 0 loops 1 utilisation"));
	assert_null(at(document, "processes 0 loops 1 longest_handler_cause"));
	json_object_put(document);
	profile__free(profile);
}

static void refused_calls_are_rows_of_their_own(void **state)
{
	struct profile *profile = profile_with_loops();
	struct json_object *document = document_of(profile, &plain);

	(void)state;
	assert_string_equal(text_at(document, "processes 0 attempts 0 object"), "pipe:[1]");
	assert_int_equal(number_at(document, "processes 0 attempts 0 eagain"), 3);
	assert_int_equal(number_at(document, "processes 0 attempts 0 spin_runs"), 2);
	assert_int_equal(number_at(document, "processes 0 attempts 0 spin_cpu_ns"), 77);
	assert_int_equal(number_at(document, "processes 0 attempts 0 retry count"), 0);
	assert_int_equal(number_at(document, "processes 0 attempts 0 readiness p50_ns"), 50);
	json_object_put(document);
	profile__free(profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_loop_is_in_its_process_and_its_thread),
		cmocka_unit_test(refused_calls_are_rows_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

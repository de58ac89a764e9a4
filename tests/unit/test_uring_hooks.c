// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Where the arguments of io_uring's tracepoints are, in each form that kernels have had. */
#include "bpf/io_records.h"
#include "names/uring_hooks.h"
#include "tests/unit/unit.h"

/* The prototypes, as include/trace/events/io_uring.h has them; the request is the point. */
static const struct prototype {
	const char *kernels, *hook, *signature;
	unsigned int request;
} prototypes[] = {
	/* void *ctx, void *req, u8 opcode, u64 user_data, u32 flags, bool nonblock, bool thread */
	{"5.15 to 5.17", "io_uring_submit_sqe", "pp18411", 2},
	/* void *ctx, void *req, u64 user_data, u8 opcode, u32 flags, bool, bool */
	{"5.18, 5.19", "io_uring_submit_sqe", "pp81411", 2},
	/* struct io_kiocb *req, bool force_nonblock */
	{"6.0 to 6.3", "io_uring_submit_sqe", "p1", 1},
	/* struct io_kiocb *req */
	{"6.4 on", "io_uring_submit_req", "p", 1},
	/* void *ctx, int rw, void *req, struct io_wq_work *work, unsigned int flags */
	{"5.15 to 5.17", "io_uring_queue_async_work", "p4pp4", 3},
	/* void *ctx, void *req, u64 user_data, u8 opcode, unsigned flags, work, int rw */
	{"5.18, 5.19", "io_uring_queue_async_work", "pp814p4", 2},
	/* struct io_kiocb *req, int rw */
	{"6.0 on", "io_uring_queue_async_work", "p4", 1},
	/* void *ctx, void *req, u8 opcode, u64 user_data, int mask, int events */
	{"5.15 to 5.17", "io_uring_poll_arm", "pp1844", 2},
	{"5.18, 5.19", "io_uring_poll_arm", "pp8144", 2},
	/* struct io_kiocb *req, int mask, int events */
	{"6.0 on", "io_uring_poll_arm", "p44", 1},
	/* const struct io_uring_sqe *sqe, void *ctx, void *req, int error */
	{"5.18, 5.19", "io_uring_req_failed", "ppp4", 3},
	/* const struct io_uring_sqe *sqe, struct io_kiocb *req, int error */
	{"6.0 on", "io_uring_req_failed", "pp4", 2},
};

static unsigned int request_of(const struct uring_hooks *hooks, const char *hook)
{
	if (strstr(hook, "submit"))
		return hooks->submit;
	if (strstr(hook, "work"))
		return hooks->work;
	return strstr(hook, "poll") ? hooks->poll : hooks->failed;
}

static void the_request_is_found_in_every_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(prototypes); i++) {
		const struct prototype *prototype = &prototypes[i];
		struct uring_hooks hooks = {0};

		if (!uring_hooks__learn(&hooks, prototype->hook, prototype->signature) ||
		    request_of(&hooks, prototype->hook) != prototype->request)
			fail_msg("%s of %s", prototype->hook, prototype->kernels);
		/* what it points at is a pointer */
		assert_int_equal(prototype->signature[prototype->request - 1], 'p');
	}
}

static struct uring_complete_arguments completion(const char *signature)
{
	struct uring_hooks hooks = {0};

	assert_true(uring_hooks__learn(&hooks, "io_uring_complete", signature));
	return hooks.complete;
}

static void a_completion_is_read_in_every_form(void **state)
{
	/* 5.18: void *ctx, void *req, u64 user_data, int res, unsigned cflags; 5.19 has two more */
	static const char *const with_request[] = {"pp844", "pp84488"};
	struct uring_complete_arguments arguments;

	(void)state;
	for (size_t i = 0; i < COUNT(with_request); i++) {
		arguments = completion(with_request[i]);
		assert_int_equal(arguments.ring, 1);
		assert_int_equal(arguments.request, 2);
		assert_int_equal(arguments.user_data, 3);
		assert_int_equal(arguments.result, 4);
		assert_int_equal(arguments.flags, 5);
		assert_int_equal(arguments.entry, 0);
	}
	/* 5.15: void *ctx, u64 user_data, int res, unsigned cflags */
	arguments = completion("p844");
	assert_int_equal(arguments.request, 0);
	assert_int_equal(arguments.user_data, 2);
	assert_int_equal(arguments.result, 3);
	assert_int_equal(arguments.flags, 4);
	/* 6.15: struct io_ring_ctx *ctx, void *req, struct io_uring_cqe *cqe */
	arguments = completion("ppp");
	assert_int_equal(arguments.request, 2);
	assert_int_equal(arguments.entry, 3);
	assert_int_equal(arguments.user_data, 0);
}

static void a_form_that_is_not_known_is_left_alone(void **state)
{
	static const struct uring_hooks nothing;
	struct uring_hooks hooks = {0};

	(void)state;
	assert_false(uring_hooks__learn(&hooks, "io_uring_submit_req", "pp"));
	assert_false(uring_hooks__learn(&hooks, "io_uring_submit_req", ""));
	/* 5.10: void *ctx, u8 opcode, u64 user_data, bool, bool: no request */
	assert_false(uring_hooks__learn(&hooks, "io_uring_submit_sqe", "p1811"));
	assert_false(uring_hooks__learn(&hooks, "io_uring_complete", "p88"));
	assert_false(uring_hooks__learn(&hooks, "io_uring_create", "4p444"));
	assert_memory_equal(&hooks, &nothing, sizeof(hooks));
	assert_false(uring_hooks__can_follow(&hooks));
}

static void requests_are_followed_with_both_ends_only(void **state)
{
	struct uring_hooks hooks = {0};

	(void)state;
	assert_true(uring_hooks__learn(&hooks, "io_uring_submit_req", "p"));
	assert_false(uring_hooks__can_follow(&hooks));
	assert_true(uring_hooks__learn(&hooks, "io_uring_complete", "ppp"));
	assert_true(uring_hooks__can_follow(&hooks));
}

/* The list ends, and every name in it is known by at least one form. */
static void every_name_has_a_form(void **state)
{
	size_t count = 0;

	(void)state;
	for (; uring_hooks__name(count); count++) {
		const char *name = uring_hooks__name(count);
		struct uring_hooks hooks = {0};
		bool known = !strcmp(name, "io_uring_complete") ||
			     uring_hooks__learn(&hooks, name, "p844p");

		for (size_t i = 0; i < COUNT(prototypes); i++)
			known |= !strcmp(prototypes[i].hook, name);
		assert_true(known);
	}
	assert_int_equal(count, 7);
}

static void operations_that_only_wait_are_none(void **state)
{
	(void)state;
	assert_true(request__is_operation(REQUEST_IO_URING, URING_READ));
	assert_true(request__is_operation(REQUEST_IO_URING, URING_RECV));
	assert_true(request__is_operation(REQUEST_IO_URING, 200));
	assert_false(request__is_operation(REQUEST_IO_URING, URING_TIMEOUT));
	assert_false(request__is_operation(REQUEST_IO_URING, URING_ACCEPT));
	assert_false(request__is_operation(REQUEST_IO_URING, URING_POLL_ADD));
	assert_true(request__is_operation(REQUEST_LINUX_AIO, LINUX_AIO_READ));
	assert_false(request__is_operation(REQUEST_LINUX_AIO, LINUX_AIO_POLL));
	assert_true(request__is_operation(REQUEST_POSIX_AIO, POSIX_READ));
	assert_false(request__is_operation(REQUEST_BLOCK, 0));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_request_is_found_in_every_form),
		cmocka_unit_test(a_completion_is_read_in_every_form),
		cmocka_unit_test(a_form_that_is_not_known_is_left_alone),
		cmocka_unit_test(requests_are_followed_with_both_ends_only),
		cmocka_unit_test(every_name_has_a_form),
		cmocka_unit_test(operations_that_only_wait_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

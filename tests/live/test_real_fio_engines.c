// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The engines of fio: each of its I/Os is an operation of the model that the engine is. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "tests/live/lib/real.h"
#include "tests/live/lib/verdict.h"

#define IOS "2000"

struct engine {
	const char *name, *model, *depth, *direct;
};

/* Its process, and how many I/Os it says that it has made. */
static struct json_object *trace_fio(const struct engine *engine, struct trace **trace,
				     int64_t *ios)
{
	const char *result = live__scratch("fio.json"), *text;
	struct json_object *fio;

	*trace = verdict__run(WORDS("--", "fio", "--name=reads", "--thread", "--rw=randread",
				    "--bs=4k", "--size=16m", "--io_size=1g", "--invalidate=1",
				    "--number_ios=" IOS, "--output-format=json",
				    live__text("--ioengine=%s", engine->name),
				    live__text("--iodepth=%s", engine->depth),
				    live__text("--direct=%s", engine->direct),
				    live__text("--filename=%s", real__laid_out_file("fio", 16)),
				    live__text("--output=%s", result)));
	text = live__read_file(result, NULL);
	fio = text ? json__parse(text) : NULL;
	if (!fio)
		live__fail("fio left no result");
	*ios = json__integer(json_object_array_get_idx(json__at(fio, "jobs"), 0), "read.total_ios");
	assert_count(*ios, strtoll(IOS, NULL, 10));
	return busiest_process((*trace)->profile);
}

/* Its model, with as many operations as fio counts. */
static struct json_object *check_engine(const struct engine *engine)
{
	struct trace *trace;
	int64_t ios;
	struct json_object *process = trace_fio(engine, &trace, &ios);

	assert_requests_balance(trace->profile);
	assert_model(process, engine->model);
	/* fio reads some files for itself, too */
	assert_in_range(model__operations(process, engine->model), ios, ios + ios / 10);
	return process;
}

static void check_requests(struct json_object *row, int64_t depth)
{
	int64_t ios = strtoll(IOS, NULL, 10);

	assert_count(json__integer(row, "submitted"), ios);
	assert_count(json__integer(row, "completed"), ios);
	assert_count(json__integer(row, "bytes"), ios * 4096);
	assert_in_range(json__integer(row, "inflight.max"), 1, depth);
}

static void psync_makes_blocking_calls(void **state)
{
	static const struct engine engine = {"psync", "blocking", "1", "0"};
	struct json_object *process = check_engine(&engine);
	int64_t ios = strtoll(IOS, NULL, 10);

	(void)state;
	/* the loader makes some, too */
	assert_in_range(syscall_calls(process, "pread64"), ios, ios + 10);
}

static void libaio_makes_requests_of_linux_aio(void **state)
{
	static const struct engine engine = {"libaio", "linux_aio", "8", "1"};

	(void)state;
	check_requests(the_requests(check_engine(&engine), "linux_aio", "pread"), 8);
}

/* fio is built for large files: aio_read64() and its like. */
static void posixaio_makes_requests_of_posix_aio(void **state)
{
	static const struct engine engine = {"posixaio", "posix_aio", "4", "0"};

	(void)state;
	check_requests(the_requests(check_engine(&engine), "posix_aio", "read"), 4);
}

static void io_uring_makes_requests_of_its_ring(void **state)
{
	static const struct engine engine = {"io_uring", "io_uring", "8", "1"};

	(void)state;
	check_requests(the_requests(check_engine(&engine), "io_uring", "read"), 8);
}

/* Each block is a page that is not there. */
static void mmap_makes_page_faults(void **state)
{
	static const struct engine engine = {"mmap", "mmap", "1", "0"};

	(void)state;
	assert_in_range(syscall_calls(check_engine(&engine), "pread64"), 0, 10);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(psync_makes_blocking_calls),
		LIVE_TEST(libaio_makes_requests_of_linux_aio),
		LIVE_TEST(posixaio_makes_requests_of_posix_aio),
		LIVE_TEST(io_uring_makes_requests_of_its_ring),
		LIVE_TEST(mmap_makes_page_faults),
	};

	real__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

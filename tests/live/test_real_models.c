// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Programs that others wrote have the I/O model and structure that they are known for. */
#define _GNU_SOURCE
#include <string.h>

#include "tests/live/lib/real.h"
#include "tests/live/lib/verdict.h"

/* Of a program of tests/classify/programs.py: what was said of it. */
static struct json_object *classify(const char *name)
{
	struct json_object *results;
	struct program *program;
	int status;

	status = program__run(&program,
			      WORDS("/usr/bin/python3", "-B",
				    live__source("tests/classify/classify.py"), "--json", "--only",
				    name, "--attempts", "10", "--waitscope", live__waitscope(),
				    "--build", live__build()),
			      8 * LIVE_TIMEOUT_MS);
	results = json__parse(program__output(program));
	if (!results || json_object_array_length(results) != 1)
		live__fail("%s could not be run (status %d): %s", name, status,
			   program__errors(program));
	return json_object_array_get_idx(results, 0);
}

static void check(const char *name)
{
	struct json_object *result = classify(name);
	const char *said;

	if (json__integer(result, "attempts") == 0)
		live__skip("%s: %s", name, json__string(result, "failure"));
	if (json__is_null(result, "outcome"))
		live__fail("%s: %s", name, json__string(result, "failure"));
	said = json__string(result, "outcome.model");
	if (strcmp(said, "unknown") == 0 &&
	    strstr(json__string(result, "outcome.reason"), "lost") && real__events_are_hidden())
		live__skip("this kernel hides the events of some threads, in each of 10 runs");
	if (strcmp(said, json__string(result, "model")) != 0)
		live__fail("%s is said to be %s", name, json__show(result));
	if (!json__is_null(result, "structure") &&
	    !words__include(json__string(result, "structure"),
			    json__string(result, "outcome.structure")))
		live__fail("%s is said to be %s", name, json__show(result));
}

#define CLASSIFIED(test, name)                                                                     \
	static void test(void **state)                                                             \
	{                                                                                          \
		(void)state;                                                                       \
		check(name);                                                                       \
	}

CLASSIFIED(fio_psync_is_blocking, "fio psync")
CLASSIFIED(fio_libaio_is_linux_aio, "fio libaio")
CLASSIFIED(fio_posixaio_is_posix_aio, "fio posixaio")
CLASSIFIED(fio_io_uring_is_io_uring, "fio io_uring")
CLASSIFIED(fio_mmap_is_mmap, "fio mmap")
CLASSIFIED(nginx_is_an_epoll_loop, "nginx")
CLASSIFIED(redis_is_an_epoll_loop, "redis-server")
CLASSIFIED(asyncio_is_an_epoll_loop, "python3 asyncio")
CLASSIFIED(a_threading_server_has_a_thread_for_each_connection, "python3 threads")
CLASSIFIED(a_forking_server_has_a_process_for_each_connection, "python3 forking")
CLASSIFIED(node_is_an_epoll_loop, "node http")
CLASSIFIED(a_shell_pipeline_is_blocking, "shell pipeline")
CLASSIFIED(openssl_speed_computes, "openssl speed")
CLASSIFIED(dd_is_blocking, "dd")
CLASSIFIED(find_is_blocking, "find")
CLASSIFIED(tar_is_blocking, "tar")
CLASSIFIED(sleep_waits_for_no_io, "sleep")

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(fio_psync_is_blocking),
		LIVE_TEST(fio_libaio_is_linux_aio),
		LIVE_TEST(fio_posixaio_is_posix_aio),
		LIVE_TEST(fio_io_uring_is_io_uring),
		LIVE_TEST(fio_mmap_is_mmap),
		LIVE_TEST(nginx_is_an_epoll_loop),
		LIVE_TEST(redis_is_an_epoll_loop),
		LIVE_TEST(asyncio_is_an_epoll_loop),
		LIVE_TEST(a_threading_server_has_a_thread_for_each_connection),
		LIVE_TEST(a_forking_server_has_a_process_for_each_connection),
		LIVE_TEST(node_is_an_epoll_loop),
		LIVE_TEST(a_shell_pipeline_is_blocking),
		LIVE_TEST(openssl_speed_computes),
		LIVE_TEST(dd_is_blocking),
		LIVE_TEST(find_is_blocking),
		LIVE_TEST(tar_is_blocking),
		LIVE_TEST(sleep_waits_for_no_io),
	};

	real__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

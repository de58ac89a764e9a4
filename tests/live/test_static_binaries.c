// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Programs without a dynamic linker: there is no C library in them to put a probe into. Their POSIX
 * AIO is seen where they name their own copy of it, and else not; both are said.
 */
#define _GNU_SOURCE
#include <string.h>

#include "tests/live/lib/live.h"

#define READS 20

/* It begins when waitscope has had the time to find it (docs/definitions.md, "Who is covered"). */
static const char source[] = "#include <aio.h>\n"
			     "#include <fcntl.h>\n"
			     "#include <unistd.h>\n"
			     "int main(void)\n"
			     "{\n"
			     "	static char byte;\n"
			     "	int fd = open(\"/dev/zero\", O_RDONLY);\n"
			     "	usleep(800000);\n"
			     "	for (int i = 0; i < 20; i++) {\n"
			     "		struct aiocb block = {.aio_fildes = fd, .aio_buf = &byte,\n"
			     "				      .aio_nbytes = 1};\n"
			     "		const struct aiocb *list[] = {&block};\n"
			     "		block.aio_sigevent.sigev_notify = SIGEV_NONE;\n"
			     "		if (aio_read(&block) || aio_suspend(list, 1, NULL))\n"
			     "			return 1;\n"
			     "		aio_return(&block);\n"
			     "	}\n"
			     "	return 0;\n"
			     "}\n";

/* Compiled statically; skips where that cannot be done. `symbols`: -g, or -s without any. */
static const char *compile(const char *symbols)
{
	const char *path = live__scratch("static.c"), *program = live__scratch("static");
	struct program *compiler;

	live__write_file(path, source);
	if (program__run(&compiler, WORDS("cc", "-static", symbols, "-o", program, path),
			 LIVE_TIMEOUT_MS))
		live__skip("cc -static: %s", program__errors(compiler));
	return program;
}

static struct json_object *trace_of(const char *program, struct trace **trace)
{
	*trace = trace__run(WORDS("--", program), LIVE_TIMEOUT_MS);
	assert_count((*trace)->status, 0);
	assert_conserved((*trace)->profile);
	return json_object_array_get_idx(json__at((*trace)->profile, "processes"), 0);
}

static bool report_names(const char *program)
{
	struct program *report;

	program__run(&report, WORDS(live__waitscope(), "profile", "--", program), LIVE_TIMEOUT_MS);
	assert_count(report->status, 0);
	return strstr(program__output(report), "static binaries, whose POSIX AIO is seen only") !=
	       NULL;
}

static void a_static_binary_with_symbols_is_followed_and_marked(void **state)
{
	const char *program = compile("-g");
	struct json_object *process, *row;
	struct trace *trace;

	(void)state;
	process = trace_of(program, &trace);
	assert_true(json__boolean(process, "static_binary"));
	row = the_requests(process, "posix_aio", "read");
	assert_count(json__integer(row, "submitted"), READS);
	assert_count(json__integer(row, "completed"), READS);
	assert_true(report_names(program));
}

static void a_static_binary_without_symbols_is_marked(void **state)
{
	const char *program = compile("-s");
	struct json_object *process;
	struct trace *trace;

	(void)state;
	process = trace_of(program, &trace);
	assert_true(json__boolean(process, "static_binary"));
	assert_null(find_requests(process, "posix_aio", "read"));
	assert_true(report_names(program));
}

static void a_program_with_a_linker_is_not(void **state)
{
	struct trace *trace;

	(void)state;
	assert_false(json__boolean(trace_of("true", &trace), "static_binary"));
	assert_false(report_names("true"));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(a_static_binary_with_symbols_is_followed_and_marked),
		LIVE_TEST(a_static_binary_without_symbols_is_marked),
		LIVE_TEST(a_program_with_a_linker_is_not),
	};

	live__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

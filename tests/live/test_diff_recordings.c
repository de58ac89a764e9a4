// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `waitscope diff` on recordings: it says what it says of their reports, alone or among profiles;
 * one that was cut is called so, and what is wrong with others is said as `report` says it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/live/lib/real.h"
#include "tests/live/lib/recorded.h"
#include "tests/live/lib/said.h"
#include "tests/live/lib/schema.h"

struct recording {
	const char *file, *json; /* and what `report --json` makes of it */
};

static struct recording record(const char *operations)
{
	struct recording recording = {live__disk_scratch("run.rec"), live__scratch("run.json")};
	struct program *program = recorded__run(
		recording.file, WORDS("--", live__workload("blocking"), "--what", "nanosleep",
				      "--ops", operations, "--delay", "1ms"));

	if (program->status)
		live__fail("record: status %d, %s", program->status, program__errors(program));
	program = said__run(WORDS("report", "--json", "-o", recording.json, recording.file));
	assert_count(program->status, 0);
	return recording;
}

static const char *output_of(struct program *program)
{
	if (program->status)
		live__fail("status %d: %s", program->status, program__errors(program));
	assert_string_equal(program__errors(program), "");
	return program__output(program);
}

/* A comparison as JSON, but for the names of the files. */
static const char *comparison(const char *a, const char *b)
{
	static const char *const sides[] = {"a", "b"};
	const char *path = live__scratch("diff.json");
	struct json_object *document, *run;

	output_of(said__run(WORDS("diff", "--json", "-o", path, a, b)));
	schema__check("diff.schema.json", path);
	document = json__parse(live__read_file(path, NULL));
	for (int i = 0; i < 2; i++)
		json__each (run, document, sides[i]) {
			assert_false(json__boolean(run, "cut"));
			json_object_object_del(run, "source");
		}
	return json_object_to_json_string(document);
}

/* All that is said, but for the names of the files. */
static const char *said_of(const char *a, const char *b)
{
	const char *text = strstr(output_of(said__run(WORDS("diff", "-v", a, b))), "A took");

	assert_non_null(text);
	return text;
}

static void they_are_compared_as_their_reports_are(void **state)
{
	const struct recording a = record("40"), b = record("160");
	const char *json = comparison(a.json, b.json);
	const char *text = said_of(a.json, b.json);

	(void)state;
	assert_non_null(strstr(text, "nanosleep"));
	assert_string_equal(comparison(a.file, b.file), json);
	assert_string_equal(comparison(a.file, b.json), json);
	assert_string_equal(comparison(a.json, b.file), json);
	assert_string_equal(said_of(a.file, b.file), text);
	assert_string_equal(
		output_of(said__run(WORDS("diff", a.file, a.json, ":", b.json, b.file))),
		output_of(said__run(WORDS("diff", a.json, a.json, ":", b.json, b.json))));
	assert_count(said__run(WORDS("diff", "--fail-if", "syscall.nanosleep.calls>+100%", a.file,
				     b.file))
			     ->status,
		     3);
}

/* Its last byte is missing. */
static void one_that_was_cut_is_called_so(void **state)
{
	const struct recording whole = record("40"), cut = record("40");
	struct program *program;
	struct stat status;

	(void)state;
	assert_count(stat(cut.file, &status), 0);
	assert_count(truncate(cut.file, status.st_size - 1), 0);
	program = said__run(WORDS("diff", whole.file, cut.file));
	assert_count(program->status, 0);
	assert_non_null(strstr(program__errors(program), "was cut off"));
	assert_non_null(strstr(program__output(program), "some of the recordings were cut off"));
	assert_null(strstr(output_of(said__run(WORDS("diff", whole.file, whole.file))), "cut off"));
}

/* Turns round the bits of a byte in what its first frame has stored. */
static void damage(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	uint32_t head;
	char byte;
	off_t at;

	assert_true(fd >= 0);
	assert_count(pread(fd, &head, sizeof(head), 20), sizeof(head));
	at = 24 + (off_t)head + 24 + 10;
	assert_count(pread(fd, &byte, 1, at), 1);
	byte = (char)~byte;
	assert_count(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

static void what_is_wrong_with_one_is_one_line(void **state)
{
	const struct recording good = record("5"), bad = record("5");

	(void)state;
	damage(bad.file);
	said__check(said__run(WORDS("diff", good.file, bad.file)), 1, bad.file, false);
	said__check(said__run(WORDS("diff", bad.file, good.json)), 1, "checksum", false);
	assert_count(truncate(bad.file, 20), 0);
	said__check(said__run(WORDS("diff", good.file, bad.file)), 1, "cut within", false);
	assert_count(truncate(bad.file, 5), 0);
	said__check(said__run(WORDS("diff", good.json, bad.file)), 1, "cut within", false);
	said__check(said__run(WORDS("diff", good.file, "/no/such/file")), 1, "/no/such/file",
		    false);
	said__check(said__run(WORDS("diff", good.file)), 2, "profiles or recordings", false);
	said__check(said__run(WORDS("diff", "-o", good.file, good.json, good.file)), 1,
		    "one of those to compare", false);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(they_are_compared_as_their_reports_are),
		LIVE_TEST(one_that_was_cut_is_called_so),
		LIVE_TEST(what_is_wrong_with_one_is_one_line),
	};

	real__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

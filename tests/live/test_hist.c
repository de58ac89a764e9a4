// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The verb `hist`: its formats, its bounds, and what it says when there is nothing to show. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/live/lib/hist.h"
#include "tests/live/lib/schema.h"

#define SCHEMA "hist.schema.json"

/* `waitscope hist WORDS...`; the status. */
static int hist(struct program **program, const char *const *words)
{
	const char *all[48] = {live__waitscope(), "hist"};
	size_t count = 2;

	while (*words && count + 1 < sizeof(all) / sizeof(all[0]))
		all[count++] = *words++;
	return program__run(program, all, LIVE_TIMEOUT_MS);
}

static size_t count_of(const char *text, const char *wanted)
{
	size_t count = 0;

	for (; (text = strstr(text, wanted)); text++)
		count++;
	return count;
}

static void check_refused(const char *const *words, const char *why)
{
	struct program *program;
	const char *said;

	assert_count(hist(&program, words), 2);
	said = program__errors(program);
	if (!strstr(said, why) || count_of(said, "\n") != 1)
		live__fail("instead of one line with '%s' it says: %s", why, said);
	assert_string_equal(program__output(program), "");
}

static void wrong_usage_is_one_line_and_status_2(void **state)
{
	(void)state;
	check_refused(WORDS("bloked", "-a"), "the nearest is 'blocked'");
	check_refused(WORDS("syscall:raed", "-a"), "the nearest is 'read'");
	check_refused(WORDS("blocked:read", "-a"), "takes nothing after a colon");
	check_refused(WORDS("request:sync", "-a"), "posix_aio, linux_aio or io_uring");
	check_refused(WORDS("stage:11", "-a"), "'stage:1' .. 'stage:10'");
	check_refused(WORDS("blocked", "--by", "device", "-a"), "blocked can be had by");
	check_refused(WORDS("blocked", "--interval", "0.1ms", "-a"), "1ms or more");
	check_refused(WORDS("blocked", "--count", "3", "-a"), "--count needs --interval");
	check_refused(WORDS("blocked", "-i", "1s", "--count", "3", "-d", "1s", "-a"),
		      "--count and --duration");
	check_refused(WORDS("blocked", "--percentiles", "99,50", "-a"), "ascending");
	check_refused(WORDS("blocked", "--percentiles", "50,,99", "-a"), "--percentiles");
	check_refused(WORDS("blocked", "--percentiles", "100", "-a"), "between 0 and 100");
	check_refused(WORDS("blocked", "--unit", "h", "-a"), "ns, us, ms or s");
	check_refused(WORDS("blocked", "--linear", "--log2", "-a"), "only one of");
	check_refused(WORDS("blocked", "--csv", "--hdr", "-a"), "cannot be combined");
	check_refused(WORDS("blocked", "--json", "--csv", "-a"), "cannot be combined");
	check_refused(WORDS("blocked", "--min", "2ms", "--max", "1ms", "-a"), "below --max");
	check_refused(WORDS("syscall", "--tier", "waits", "-a"), "takes the full tier");
	check_refused(WORDS("blocked"), "nothing to trace");
	check_refused(WORDS("-a"), "what to measure comes first");
	check_refused(WORDS(NULL), "say what to measure");
}

static void the_list_has_all_that_can_be_measured(void **state)
{
	static const char *const whats[] = {
		"blocked", "runqueue",	  "wakeup", "syscall",	 "handler", "readiness", "request",
		"block",   "block-queue", "oncpu",  "preempted", "offcpu",  "stage:10"};
	struct program *program;

	(void)state;
	assert_count(hist(&program, WORDS("list")), 0);
	for (size_t i = 0; i < sizeof(whats) / sizeof(whats[0]); i++)
		assert_non_null(strstr(program__output(program), whats[i]));
}

/* Status 3, and a reason. With a command its status has precedence. */
static void an_empty_result_says_why(void **state)
{
	struct program *program;

	(void)state;
	assert_count(hist(&program, WORDS("blocked", "-d", "50ms", "-n", "no-such-name")), 3);
	assert_non_null(strstr(program__output(program), "no process matched"));
	assert_count(hist(&program, WORDS("request", "--", "true")), 3);
	assert_non_null(
		strstr(program__output(program), "No values: no asynchronous request completed"));
	assert_count(hist(&program, WORDS("syscall:mount", "--", "true")), 3);
	assert_non_null(strstr(program__output(program), "No values: no such call was made"));
	assert_count(hist(&program, WORDS("request", "--", "sh", "-c", "exit 7")), 7);
	assert_non_null(strstr(program__output(program), "No values"));
}

static void so_many_intervals_and_then_all_together(void **state)
{
	struct program *program;
	const char *text;

	(void)state;
	assert_count(hist(&program, WORDS("blocked", "-i", "100ms", "--count", "3", "-a")), 0);
	text = program__output(program);
	assert_count(count_of(text, "waitscope hist: blocked, interval "), 3);
	for (int i = 1; i <= 3; i++)
		assert_non_null(strstr(text, live__text("interval %d, from ", i)));
	assert_count(count_of(text, "all intervals together"), 1);
	assert_true(strstr(text, "all intervals together") > strstr(text, "interval 3, from "));
}

/* Runs it with -o FILE; the content. */
static const char *file_of(const char *name, const char *const *words)
{
	const char *path = live__scratch(name), *all[32] = {"syscall", "-o", path};
	struct program *program;
	size_t count = 3;
	char *text;

	while (*words && count + 1 < sizeof(all) / sizeof(all[0]))
		all[count++] = *words++;
	if (hist(&program, all) != 0)
		live__fail("%s", program__errors(program));
	text = live__read_file(path, NULL);
	if (!text)
		live__fail("it left no %s", path);
	return text;
}

static const char script[] = "seq 1 5000 | sort -R | wc -l; sleep 0.2";

static void every_format_goes_to_a_file(void **state)
{
	const char *text;

	(void)state;
	text = file_of("x.csv", WORDS("--csv", "--by", "process", "--", "sh", "-c", script));
	assert_true(!strncmp(text, "what,of,interval_start_ns,low_ns,high_ns,count\r\n", 48));
	assert_non_null(strstr(text, "syscall,\"sort ("));
	text = file_of("x.om", WORDS("--openmetrics", "--by", "process", "--", "sh", "-c", script));
	assert_non_null(strstr(text, "waitscope_syscall_seconds_count{of=\"sort ("));
	assert_string_equal(text + strlen(text) - 6, "# EOF\n");
	text = file_of("x.txt", WORDS("--", "sh", "-c", script));
	assert_non_null(strstr(text, "p99.9"));
	text = file_of("x.map", WORDS("--heatmap", "--", "sh", "-c", script));
	assert_non_null(strstr(text, "a column is"));
}

static const char xml_reader[] = "import sys, xml.dom.minidom as dom\n"
				 "tree = dom.parse(sys.argv[1])\n"
				 "assert tree.documentElement.tagName == 'svg'\n"
				 "assert len(tree.getElementsByTagName('title')) > 10\n";

/* By another reader of XML than the unit test's. */
static void the_picture_is_xml(void **state)
{
	const char *path = live__scratch("x.svg");
	struct program *program;

	(void)state;
	assert_count(hist(&program, WORDS("syscall", "--heatmap", "-o", live__text("%s.svg", path),
					  "--", "sh", "-c", script)),
		     0);
	live__write_file(path, live__read_file(live__text("%s.svg", path), NULL));
	unlink(live__text("%s.svg", path));
	assert_count(program__run(&program, WORDS("/usr/bin/python3", "-c", xml_reader, path),
				  LIVE_TIMEOUT_MS),
		     0);
}

/* By a decoder in another language: the count of the log is the count of its JSON's kind. */
static const char decoder[] =
	"import base64, struct, sys, zlib\n"
	"total = lines = 0\n"
	"for line in open(sys.argv[1]):\n"
	"    if line[0] in '#\"': continue\n"
	"    packed = base64.b64decode(line.rsplit(',', 1)[1])\n"
	"    assert struct.unpack('>I', packed[:4])[0] == 0x1c849314\n"
	"    plain = zlib.decompress(packed[8:])\n"
	"    cookie, size, offset, digits = struct.unpack('>IIII', plain[:16])\n"
	"    assert (cookie, digits, size) == (0x1c849313, 2, len(plain) - 40)\n"
	"    at = 40\n"
	"    while at < len(plain):\n"
	"        raw = shift = 0\n"
	"        while True:\n"
	"            byte = plain[at]; at += 1\n"
	"            raw |= (byte & 0x7f) << shift; shift += 7\n"
	"            if not byte & 0x80: break\n"
	"        value = (raw >> 1) ^ -(raw & 1)\n"
	"        if value > 0: total += value\n"
	"    lines += 1\n"
	"print('total=%d lines=%d' % (total, lines))\n";

static void the_log_of_hdrhistogram_has_every_value(void **state)
{
	const char *path = live__scratch("x.hlog");
	struct program *program;

	(void)state;
	/* getppid is called by nothing else here, and as often as it says */
	assert_count(hist(&program,
			  WORDS("syscall:getppid", "--hdr", "-o", path, "--", "/usr/bin/python3",
				"-c", "import os\nfor i in range(1234): os.getppid()")),
		     0);
	assert_count(program__run(&program, WORDS("/usr/bin/python3", "-c", decoder, path),
				  LIVE_TIMEOUT_MS),
		     0);
	assert_count(program__value(program, "total"), 1234);
	assert_count(program__value(program, "lines"), 1);
}

static void json_is_as_the_schema_has_it(void **state)
{
	struct trace *trace;

	(void)state;
	trace = trace__hist("syscall",
			    WORDS("--by", "syscall", "-i", "50ms", "--", "sh", "-c", script));
	schema__check(SCHEMA, trace->path);
	assert_hist_is_sound(trace->profile);
	trace = trace__hist("blocked", WORDS("--by", "class", "-d", "100ms", "-a"));
	schema__check(SCHEMA, trace->path);
	trace = trace__hist("request", WORDS("--", "true"));
	schema__check(SCHEMA, trace->path);
	assert_count(json__length(trace->profile, "series"), 0);
}

/* Room for 16 series, and more threads than that: what has no place is counted. */
static void what_does_not_fit_is_counted(void **state)
{
	struct trace *trace = trace__hist(
		"blocked", WORDS("--by", "object", "--map-entries", "16", "--", "sh", "-c",
				 "for i in $(seq 60); do seq 1 100 | cat >/dev/null; done"));
	struct json_object *lost = json__at(trace->profile, "lost");
	int64_t all = 0;

	(void)state;
	json_object_object_foreach (lost, cause, count) {
		(void)cause;
		all += json_object_get_int64(count);
	}
	assert_true(all > 0);
	assert_true(!json__boolean(trace->profile, "complete"));
	schema__check(SCHEMA, trace->path);
}

#define ATTEMPTS 5

/* With pauses in which waitscope frees the rows of those that have ended. */
static const char many_processes[] = "i=0; while [ $i -lt 700 ]; do /bin/true; i=$((i+1)); "
				     "[ $((i % 100)) != 0 ] || sleep 0.1; done";

#define PROCESSES 707

/* How many of these calls were counted; *lost: in threads that had no room. */
static int64_t count_calls(int64_t *lost)
{
	static const char *const causes[] = {"series", "histograms", "buckets", "index"};
	struct trace *trace = trace__start_hist(
		"syscall:execve", WORDS("--map-entries", "256", "--", "sh", "-c", many_processes));
	struct json_object *losses;

	trace__finish(trace, 120000);
	assert_count(trace->status, 0);
	losses = json__at(trace->profile, "lost");
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		assert_true(!json__has(losses, causes[i]));
	*lost = json__has(losses, "threads") ? json__integer(losses, "threads") : 0;
	if (!*lost && !json__is_null(trace->profile,
				     "profile")) /* not comparable where switches are hidden */
		assert_count(json__integer(trace->profile, "profile.count"), PROCESSES);
	return hist__count(trace->profile);
}

/*
 * Short-lived processes whose rows change hands are all in one distribution. (Transitions that this
 * kernel hides do not matter to calls.) If waitscope gets no CPU for as long as 256 of them take,
 * there is no room for more, which is counted to the last one; not so in each of several runs.
 */
static void rows_that_change_hands_lose_nothing(void **state)
{
	int64_t lost = 1;

	(void)state;
	for (int i = 0; lost && i < ATTEMPTS; i++) {
		int64_t counted = count_calls(&lost);

		/* that of the shell itself is the window's begin */
		assert_count(counted + lost, PROCESSES);
	}
	assert_count(lost, 0);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(wrong_usage_is_one_line_and_status_2),
		LIVE_TEST(the_list_has_all_that_can_be_measured),
		LIVE_TEST(an_empty_result_says_why),
		LIVE_TEST(so_many_intervals_and_then_all_together),
		LIVE_TEST(every_format_goes_to_a_file),
		LIVE_TEST(the_picture_is_xml),
		LIVE_TEST(the_log_of_hdrhistogram_has_every_value),
		LIVE_TEST(json_is_as_the_schema_has_it),
		LIVE_TEST(what_does_not_fit_is_counted),
		LIVE_TEST(rows_that_change_hands_lose_nothing),
	};

	live__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

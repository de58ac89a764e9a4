// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The report for people, of real runs: its width, its colours, and names that are no text. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/live/lib/real.h"
#include "tests/live/lib/recorded.h"
#include "tests/live/lib/said.h"

#define ESCAPE '\033'

/* A name that turns the terminal red, sets its title, and is no UTF-8. */
#define EVIL_NAME    "e\033[31m\033]0;\a\xff\n"
#define EVIL_ESCAPED "e\\x1b[31m"

/* --- on a terminal ---------------------------------------------------------------------------- */

#define OUTPUT_MAX 262144

struct shown {
	char text[OUTPUT_MAX];
	size_t length;
	int status;
};

/* Reads until the other end is closed, which is an error on terminals. False: out of time. */
static bool read_all(int fd, struct shown *shown)
{
	uint64_t deadline = live__now() + LIVE_TIMEOUT_MS * 1000000ULL;
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	while (live__now() < deadline && shown->length < OUTPUT_MAX - 1) {
		ssize_t got;

		if (poll(&poll_fd, 1, 100) != 1)
			continue;
		got = read(fd, shown->text + shown->length, OUTPUT_MAX - 1 - shown->length);
		if (got <= 0)
			return true;
		shown->length += got;
	}
	return false;
}

/* Runs the words on a terminal of their own of that many columns. The result is static. */
static const struct shown *on_terminal(unsigned short columns, const char *const *words)
{
	static struct shown shown;
	struct winsize size = {.ws_row = 50, .ws_col = columns};
	bool in_time;
	pid_t pid;
	int fd, raw;

	shown = (struct shown){0};
	fflush(NULL);
	pid = forkpty(&fd, NULL, NULL, &size);
	if (pid < 0)
		live__fail("forkpty: %s", strerror(errno));
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execvp(words[0], (char *const *)words);
		_exit(127);
	}
	in_time = read_all(fd, &shown);
	close(fd);
	if (!in_time)
		kill(pid, SIGKILL);
	waitpid(pid, &raw, 0);
	if (!in_time)
		live__fail("no end on a terminal, but: %s", shown.text);
	shown.status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
	return &shown;
}

/* --- what must hold of any text ------------------------------------------------------------------
 */

/* Length of the escape sequence at `text` if it is one that the report uses, else 0. */
static size_t harmless_sequence(const char *text)
{
	size_t length = 2;

	if (text[0] != ESCAPE || text[1] != '[')
		return 0;
	while (isdigit((unsigned char)text[length]) || text[length] == ';')
		length++;
	return text[length] == 'm' || text[length] == 'K' ? length + 1 : 0;
}

/* No line is longer, in display columns (all characters of the report have one). */
static void check_width(const char *text, int width)
{
	const char *line = text;
	int columns = 0;

	for (; *text; text++) {
		size_t skip = harmless_sequence(text);

		if (skip) {
			text += skip - 1;
		} else if (*text == '\n' || *text == '\r') {
			columns = 0;
			line = text + 1;
		} else if (((unsigned char)*text & 0xc0) != 0x80 && ++columns > width) {
			live__fail("wider than %d: %.*s", width, (int)strcspn(line, "\n"), line);
		}
	}
}

/* Nothing that a terminal would obey but line ends, and colours if these are expected. */
static void check_harmless(const char *text, bool terminal)
{
	for (; *text; text++) {
		size_t skip = terminal ? harmless_sequence(text) : 0;

		if (skip)
			text += skip - 1;
		else if (iscntrl((unsigned char)*text) && *text != '\n' &&
			 !(terminal && *text == '\r'))
			live__fail("a control character: %02x before %.40s", *text, text + 1);
	}
}

static bool has_colour(const char *text)
{
	return strchr(text, ESCAPE) != NULL;
}

/* --- tests
 * ------------------------------------------------------------------------------------------ */

static const char script[] = "seq 1 30000 | sort | wc -l; sleep 0.05; cat /no/such/file; exit 0";

/* Of the words in all widths and locales. */
static void check_widths(const char *const *words)
{
	static const char *const locales[] = {"LC_ALL=C.UTF-8", "LC_ALL=C"};
	static const int widths[] = {60, 80, 120};

	for (int i = 0; i < 6; i++) {
		int width = widths[i % 3];
		const char *all[16] = {"env", live__text("COLUMNS=%d", width), locales[i / 3],
				       live__waitscope()};
		struct program *program;
		const char *report;

		for (size_t k = 0; k < 11 && words[k]; k++)
			all[k + 4] = words[k];
		program__run(&program, all, LIVE_TIMEOUT_MS);
		assert_count(program->status, 0);
		report = program__output(program);
		assert_true(strstr(report, "waitscope: ") != NULL);
		check_width(report, width);
		check_harmless(report, false);
		if (i / 3 == 1)
			for (const char *c = report; *c; c++)
				assert_true((unsigned char)*c < 0x80);
	}
}

static void the_report_fits_the_width(void **state)
{
	(void)state;
	check_widths(WORDS("profile", "-v", "--", "sh", "-c", script));
	check_widths(WORDS("report", recorded__new(NULL, WORDS("-q", "--", "sh", "-c", script))));
}

/* The text without its line breaks and indentation: a phrase may be broken anywhere. */
static const char *unbroken(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++)
		if (!isspace((unsigned char)*from))
			*to++ = *from;
		else if (to > text && to[-1] != ' ')
			*to++ = ' ';
	*to = '\0';
	return text;
}

static void the_report_says_what_waited(void **state)
{
	const char *directory = real__directory(), *path = live__text("%s/report", directory);
	const char *report;

	(void)state;
	/* COLUMNS is of the terminal, and a file is none */
	assert_count(said__run(WORDS("profile", "-o", path, "--", "sh", "-c",
				     "sleep 0.3; seq 1 100000 | { sleep 0.1; cat; } >/dev/null"))
			     ->status,
		     0);
	report = unbroken(live__read_file(path, NULL));
	assert_non_null(strstr(report, "How the time divides"));
	assert_non_null(strstr(report, "The worst waits"));
	assert_non_null(strstr(report, "in clock_nanosleep"));
	assert_non_null(strstr(report, "in write on pipe:["));
	assert_non_null(strstr(report, "woken by its timer, once"));
	assert_non_null(strstr(report, "`seq` waited"));
	assert_non_null(strstr(report, "`cat`, "));
	assert_non_null(strstr(report, "Threads"));
	assert_non_null(strstr(report, "Syscalls"));
	assert_non_null(strstr(report, "conserved"));
}

static void colours_are_for_terminals_that_want_them(void **state)
{
	static const struct {
		const char *set, *option;
		bool colour;
	} cases[] = {
		{"TERM=xterm-256color", "-q", true},
		{"NO_COLOR=", "-q", true}, /* empty is not set (no-color.org) */
		{"NO_COLOR=1", "-q", false},
		{"TERM=dumb", "-q", false},
		{"TERM=xterm", "--no-color", false},
	};
	struct program *program;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct shown *shown = on_terminal(
			80, WORDS("env", "-u", "NO_COLOR", "-u", "COLUMNS", "TERM=xterm",
				  "LC_ALL=C.UTF-8", cases[i].set, live__waitscope(), "profile",
				  cases[i].option, "--", "sleep", "0.01"));

		assert_count(shown->status, 0);
		assert_non_null(strstr(shown->text, "waitscope: "));
		if (has_colour(shown->text) != cases[i].colour)
			live__fail("colours with %s %s: %s", cases[i].set, cases[i].option,
				   cases[i].colour ? "none" : "some");
		check_harmless(shown->text, true);
	}
	program__run(&program,
		     WORDS("env", "-u", "NO_COLOR", "TERM=xterm", live__waitscope(), "profile",
			   "--", "sleep", "0.01"),
		     LIVE_TIMEOUT_MS);
	assert_false(has_colour(program__output(program)));
}

static void the_width_is_the_terminals(void **state)
{
	static const unsigned short widths[] = {64, 100};

	(void)state;
	for (int i = 0; i < 2; i++) {
		const struct shown *shown = on_terminal(
			widths[i], WORDS("env", "-u", "COLUMNS", "TERM=xterm", "LC_ALL=C.UTF-8",
					 live__waitscope(), "profile", "--", "sh", "-c", script));

		assert_count(shown->status, 0);
		check_width(shown->text, widths[i]);
		check_harmless(shown->text, true);
	}
}

static void a_long_run_shows_that_it_lives(void **state)
{
	static const char *const options[] = {"-q", "--top=5"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		const struct shown *shown =
			on_terminal(80, WORDS("env", "TERM=xterm", live__waitscope(), "profile",
					      options[i], "--", "sleep", "2.4"));

		assert_count(shown->status, 0);
		assert_int_equal(strstr(shown->text, "tracing for 2 s") != NULL, i == 1);
		check_harmless(shown->text, true);
	}
}

static int evil_thread(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	prctl(PR_SET_NAME, EVIL_NAME);
	live__sleep_ms(50);
	return 0;
}

/* A name reaches the terminal as what can be read, in the report, in JSON, from all sources. */
static void no_name_drives_the_terminal(void **state)
{
	const char *path = live__text("%s/" EVIL_NAME, real__directory());
	const char *commands[][4] = {{path, "0.05", NULL},
				     {live__self(), "--as", "evil_thread", NULL},
				     {"sh", "-c", "sleep 0.01 # " EVIL_NAME, NULL}};
	struct program *program;

	(void)state;
	if (program__run(NULL, WORDS("cp", "/usr/bin/sleep", path), LIVE_TIMEOUT_MS) != 0)
		live__fail("cannot copy sleep");
	for (int i = 0; i < 3; i++) {
		const char **words = commands[i];
		const struct shown *shown = on_terminal(
			100, WORDS("env", "TERM=xterm", "LC_ALL=C.UTF-8", live__waitscope(),
				   "profile", "-v", "--", words[0], words[1], words[2]));

		assert_count(shown->status, 0);
		check_harmless(shown->text, true);
		assert_null(strstr(shown->text, "\033[31m\033]"));
		assert_non_null(strstr(shown->text, EVIL_ESCAPED));
		program = said__run(WORDS("profile", "--json", "--", words[0], words[1], words[2]));
		assert_count(program->status, 0);
		check_harmless(program__output(program), false);
		assert_non_null(json__parse(program__output(program)));
	}
}

int main(int argc, char **argv)
{
	static const struct live_role roles[] = {{"evil_thread", evil_thread}, {0}};
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(the_report_fits_the_width),
		LIVE_TEST(the_report_says_what_waited),
		LIVE_TEST(colours_are_for_terminals_that_want_them),
		LIVE_TEST(the_width_is_the_terminals),
		LIVE_TEST(a_long_run_shows_that_it_lives),
		LIVE_TEST(no_name_drives_the_terminal),
	};

	real__begin(argc, argv, roles);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

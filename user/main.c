// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* waitscope: how does this program wait? */
#define _GNU_SOURCE
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/commands.h"
#include "version.h"

/* for -V and --version of the verbs */
const char *argp_program_version = "waitscope " WAITSCOPE_VERSION;

struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
};

static const struct verb verbs[] = {
	{"profile", command_profile, "where every thread's time goes, why, because of whom"},
	{"hist", command_hist, "distributions of any latency: histograms and heat maps"},
	{"trace", command_trace, "live, one line per finished call or wait"},
	{"record", command_record, "the whole timeline to a file"},
	{"report", command_report, "what a recorded file says"},
	{"anatomy", command_anatomy, "one blocking call, stage by stage"},
	{"models", command_models, "run the bundled models under trace and compare them"},
	{"flame", command_flame, "folded stacks as a flame graph, or two compared"},
	{"diff", command_diff, "what changed between two profiles or recordings"},
	{"doctor", command_doctor, "what this machine can trace, and what to do about the rest"},
	{"workload", command_workload, "run one of the bundled programs that wait in known ways"},
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

void complain(const char *format, ...)
{
	va_list arguments;

	fputs("waitscope: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

static void print_usage(FILE *stream)
{
	fputs("waitscope: how does this program wait?\n\n"
	      "Usage: waitscope VERB [TARGET] [OPTIONS] [-- COMMAND [ARG...]]\n\n",
	      stream);
	for (size_t i = 0; i < VERBS; i++)
		fprintf(stream, "  %-10s %s\n", verbs[i].name, verbs[i].summary);
	fputs("\nTry: sudo waitscope profile -- sleep 1\n"
	      "'waitscope VERB --help' has the options and examples of a verb.\n",
	      stream);
}

static int run_verb(const struct verb *verb, int argc, char **argv)
{
	char *name;
	int status;

	if (asprintf(&name, "waitscope %s", verb->name) < 0) {
		complain("%s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	argv[0] = name; /* for the first line of --help */
	if (argc > 1 && !strcmp(argv[1], "-h"))
		argv[1] = "--help"; /* argp's own short form is -? */
	program_invocation_name = name;
	status = verb->run(argc, argv);
	free(name);
	return status;
}

/*
 * A standard stream that is closed must stay useless: else the next file that is opened becomes it,
 * and what is meant for a person ends up in there.
 */
static void occupy_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd)
			_exit(EXIT_FAILED);
}

int main(int argc, char **argv)
{
	occupy_standard_streams();
	setlocale(LC_CTYPE, "");
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "help")) {
		print_usage(stdout);
		return EXIT_DONE;
	}
	if (!strcmp(argv[1], "-V") || !strcmp(argv[1], "--version")) {
		puts("waitscope " WAITSCOPE_VERSION);
		return EXIT_DONE;
	}
	for (size_t i = 0; i < VERBS; i++)
		if (!strcmp(argv[1], verbs[i].name))
			return run_verb(&verbs[i], argc - 1, argv + 1);
	complain("there is no verb '%s'; 'waitscope --help' lists them", argv[1]);
	return EXIT_USAGE;
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Waits badly, in one of the ways that waitscope has a finding for; with --innocent, does the same
 * task as it should be done.
 */
#include <stdio.h>
#include <unistd.h>

#include "arguments.h"
#include "check.h"
#include "cpu_work.h"
#include "fault.h"
#include "process.h"
#include "watchdog.h"

/* What was given: 0 or NULL is nothing. */
struct options {
	const struct fault_kind *kind;
	bool is_innocent, has_delay;
	uint64_t operations, delay_ns, threads, size;
	const char *path;
};

static const struct bounds threads_bounds = {1, 10000, "1 to 10000"};
static const struct bounds interval_bounds = {1000, 3600ULL * 1000000000, "1us to 3600s"};
static const struct bounds size_bounds = {1, 1 << 20, "1 to 1M"};

static const struct argp_option option_table[] = {
	{"what", 'w', "WHAT", 0, "which fault; --list names all", 0},
	{"innocent", 'i', NULL, 0, "do the same task without the fault", 0},
	{"ops", 'n', "N", 0, "number of operations", 0},
	{"delay", 'd', "TIME", 0, "how long an operation takes, or is apart from the next", 0},
	{"threads", 'T', "N", 0, "number of threads", 0},
	{"size", 's', "BYTES", 0, "bytes per operation", 0},
	{"file", 'f', "PATH", 0, "make the file there; it must not exist, and is removed", 0},
	{"list", 'l', NULL, 0, "print the names for --what, and end", 0},
	{0},
};

static _Noreturn void print_list(void)
{
	const struct fault_kind *kind;

	for (unsigned int i = 0; (kind = fault_kind__at(i)); i++)
		printf("%-18s %s\n%-18s (innocent: %s)\n", kind->name, kind->help, "",
		       kind->innocent_help);
	if (fflush(stdout))
		err(EXIT_FAILURE, "stdout");
	exit(EXIT_SUCCESS);
}

/* Contradictions are refused, not passed over: a test must not think that it set something. */
static void check_options(const struct options *options)
{
	const struct fault_kind *kind = options->kind;

	if (!kind)
		usage_error("--what is missing; --list names what there is");
	if (options->has_delay && !kind->delay_ns)
		usage_error("--delay does not apply to %s", kind->name);
	if (options->threads && !kind->threads)
		usage_error("--threads does not apply to %s", kind->name);
	if (options->size && !kind->size)
		usage_error("--size does not apply to %s", kind->name);
	if (options->path && !kind->uses_file)
		usage_error("--file does not apply to %s", kind->name);
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'w':
		options->kind = fault_kind__find(value);
		if (!options->kind)
			usage_error("--what: '%s' is not one of those that --list prints", value);
		return 0;
	case 'i':
		options->is_innocent = true;
		return 0;
	case 'n':
		options->operations = parse_count("--ops", value, operations_bounds);
		return 0;
	case 'd':
		options->delay_ns = parse_time("--delay", value, interval_bounds);
		options->has_delay = true;
		return 0;
	case 'T':
		options->threads = parse_count("--threads", value, threads_bounds);
		return 0;
	case 's':
		options->size = parse_size("--size", value, size_bounds);
		return 0;
	case 'f':
		options->path = value;
		return 0;
	case 'l':
		print_list();
	case ARGP_KEY_ARG:
		refuse_argument(value);
	case ARGP_KEY_END:
		check_options(options);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void set_up(struct fault *fault, const struct options *options)
{
	const struct fault_kind *kind = options->kind;

	fault->kind = kind;
	fault->is_innocent = options->is_innocent;
	fault->operations = options->operations ? options->operations : kind->operations;
	fault->delay_ns = options->has_delay ? options->delay_ns : kind->delay_ns;
	fault->threads = options->is_innocent ? kind->threads_innocent : kind->threads;
	if (options->threads)
		fault->threads = options->threads;
	fault->size = options->size ? options->size : kind->size;
	fault->path = options->path;
	watchdog__start(fault->operations * (4 * fault->delay_ns + 1000000));
	cpu_work__calibrate();
}

static void write_truth(const struct fault *fault, const struct books *books)
{
	const struct fault_kind *kind = fault->kind;
	struct truth truth;

	truth__begin(&truth);
	truth__text(&truth, "workload", "fault");
	truth__text(&truth, "what", kind->name);
	truth__flag(&truth, "innocent", fault->is_innocent);
	truth__number(&truth, "pid", (uint64_t)getpid());
	truth__number_if(&truth, "waiter_tid", fault->waiter.tid > 0, (uint64_t)fault->waiter.tid);
	truth__number_if(&truth, "partner_tid", fault->partner.tid > 0,
			 (uint64_t)fault->partner.tid);
	truth__number(&truth, "operations", fault->done);
	truth__number_if(&truth, "delay_ns", kind->delay_ns > 0, fault->delay_ns);
	truth__number_if(&truth, "threads", kind->threads > 0, fault->threads);
	truth__number_if(&truth, "size", kind->size > 0, fault->size);
	kind->write_truth(fault, &truth);
	truth__calls(&truth, &fault->calls);
	distribution__write(&fault->latency, &truth, "latency");
	truth__books(&truth, books);
	truth__end(&truth);
}

int main(int argc, char **argv)
{
	const struct argp argp = {
		.options = option_table,
		.parser = parse_option,
		.doc = "Wait badly, or do the same task as one should; state the truth as JSON.",
	};
	struct options options = {0};
	/* Too large for the stack. */
	struct fault *fault = check_memory(calloc(1, sizeof(*fault)));
	struct books start, books;

	parse_arguments(&argp, argc, argv, &options);
	set_up(fault, &options);
	start = process__books();
	fault->kind->play(fault);
	books = process__books_since(start);
	write_truth(fault, &books);
	if (fault->kind->tear_down)
		fault->kind->tear_down(fault);
	free(fault->own);
	free(fault);
	return EXIT_SUCCESS;
}

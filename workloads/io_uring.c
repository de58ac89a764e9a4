// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * io_uring: requests go into one queue that is shared with the kernel, and come back through
 * another. What they ask for is a row of lib/ring_kind.c; here is the loop that is the same for
 * all: fill the queue, hand it over and wait in one system call, take what is done.
 */
#define _GNU_SOURCE 1
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "block_file.h"
#include "check.h"
#include "monotonic.h"
#include "ring_kind.h"

struct options {
	struct task_options task;
	const struct ring_kind *kind;
	enum ring_setup setup;
	bool is_handshaken;
	uint64_t late_ns;
};

static const struct argp_option option_table[] = {
	{"operation", 'o', "WHAT", 0, "what to ask for; --list names all (default read or recv)",
	 0},
	{"setup", 'S', "HOW", 0, "default, sqpoll or defer-taskrun", 0},
	{"late", 'L', "TIME", 0, "sleep for so long before looking for completions (default 0)", 0},
	{"list", 'l', NULL, 0, "print the names for --operation, and end", 0},
	{0},
};

static void print_list(void)
{
	for (const struct ring_kind *kind = ring_kinds; kind->name; kind++)
		printf("%-17s %s\n", kind->name, kind->help);
	if (fflush(stdout))
		err(EXIT_FAILURE, "stdout");
	exit(EXIT_SUCCESS);
}

static const struct ring_kind *find_kind(const char *name)
{
	const struct ring_kind *kind = ring_kind__find(name);

	if (!kind)
		usage_error("--operation: '%s' is not one of those that --list prints", name);
	return kind;
}

/* With --task the blocks come on a schedule; without, each when it has been asked for. */
static void check_options(struct options *options)
{
	struct task_options *task = &options->task;

	if (!options->kind)
		options->kind = find_kind(task->kind == TASK_RECEIVE ? "recv" : "read");
	if (task->kind != TASK_UNSET && task->kind != options->kind->task)
		task_options__refuse(task, task->kind, options->kind->name);
	options->is_handshaken = task->kind == TASK_UNSET && options->kind->served_if_awaited;
	if (options->kind->accepts && (task->over || task->size))
		usage_error("--over and --size do not apply to %s", options->kind->name);
	if (options->kind->accepts)
		task->over = &task_channel_listener;
	if (options->kind->task == TASK_RECEIVE && task->over && task->over->kind == SOURCE_PIPE &&
	    options->kind->completion_is[0] == 'd')
		usage_error("--over: %s needs sockets", options->kind->name);
	if (options->kind->is_multishot && (task->depth || task->descriptors))
		usage_error("--depth and --descriptors: a multishot is one request");
	if (options->kind->task == TASK_NONE && task->has_delay &&
	    !options->kind->expected_errno[0])
		usage_error("--delay does not apply to %s", options->kind->name);
	task_options__settle(task, options->kind->task);
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->child_inputs[1] = &options->task;
		return 0;
	case 'o':
		options->kind = find_kind(value);
		return 0;
	case 'S':
		options->setup = (enum ring_setup)parse_choice("--setup", value, ring_setup_names,
							       RING_SETUPS);
		return 0;
	case 'L':
		options->late_ns = parse_time("--late", value, delay_bounds);
		return 0;
	case 'l':
		print_list();
		return 0;
	case ARGP_KEY_ARG:
		refuse_argument(value);
	case ARGP_KEY_SUCCESS:
		check_options(options);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* --- the loop --------------------------------------------------------------------------------- */

/* A multishot is asked for again if the kernel ended it, as it may at any time. */
static bool is_more_to_ask(const struct ring_run *run)
{
	return (run->kind->is_multishot ? run->task.operations : run->submitted) <
	       run->task.options.operations;
}

static void fill_queue(struct ring_run *run)
{
	const struct task_options *options = &run->task.options;

	for (uint64_t i = 0; i < options->depth && is_more_to_ask(run); i++) {
		struct ring_request *request = &run->requests[i];

		if (request->pending)
			continue;
		request->index = run->submitted++;
		request->descriptor = request->index % options->descriptors;
		run->kind->prepare(run, request);
	}
}

/* When the kernel has the requests, the partner may act. */
static void submit_and_wait(struct ring_run *run)
{
	if (run->is_handshaken) {
		ring__submit(&run->ring, &run->task.calls);
		atomic_store(&run->asked, run->submitted);
	}
	ring__submit_and_wait(&run->ring, &run->task.calls);
}

/* The operation's data: bytes, one connection, or nothing. */
static void take_operation(struct ring_run *run, struct ring_request *request, uint64_t now_ns)
{
	const struct ring_kind *kind = run->kind;
	const bool has_data = request->result > 0 && kind->completion_is[0] != 'r';
	const uint64_t bytes = kind->accepts ? 1 : has_data ? (uint64_t)request->result : 0;

	if (kind->conclude)
		kind->conclude(run, request);
	if (kind->completion_is[0] == 'r')
		return; /* booked by the read that followed */
	if (run->task.partner_play == feed__play)
		task__take(&run->task, request->descriptor, bytes, request->asked_ns[0], now_ns);
	else
		task__take_other(&run->task, bytes, request->asked_ns[0], now_ns);
}

static void stop_multishot(struct ring_run *run, struct ring_request *request)
{
	struct io_uring_sqe *entry = ring_run__entry(run);

	io_uring_prep_cancel64(entry, ring_run__user_data(run, request, 0), 0);
	ring_run__seal(run, entry, request, 1);
	run->is_stopping = true;
}

/* True if that is all there is to do for this completion. */
static bool take_multishot(struct ring_run *run, struct ring_request *request,
			   const struct io_uring_cqe *completion)
{
	if (!run->kind->is_multishot || completion->res < 0 ||
	    !(completion->flags & IORING_CQE_F_MORE))
		return run->is_stopping;
	requests__go_on(run->rows[0]);
	request->result = completion->res;
	take_operation(run, request, monotonic__now_ns());
	if (run->task.operations == run->task.options.operations)
		stop_multishot(run, request);
	return true;
}

static void take_completion(void *argument, const struct io_uring_cqe *completion)
{
	struct ring_run *run = argument;
	const unsigned int part = completion->user_data % RING_PARTS;
	struct ring_request *request = &run->requests[completion->user_data / RING_PARTS];
	const uint64_t now_ns = monotonic__now_ns();
	const int error = completion->res < 0 ? -completion->res : 0;
	const int expected =
		run->is_stopping && part == 0 ? ECANCELED : run->kind->expected_errno[part];
	bool is_taken = take_multishot(run, request, completion);

	if (completion->flags & IORING_CQE_F_MORE)
		return;
	request->pending--;
	requests__finish(&run->books, run->rows[part], error == ETIME ? 0 : error,
			 now_ns - request->asked_ns[part]);
	if (error != expected) {
		errno = error;
		err(EXIT_FAILURE, "%s", run->kind->operations[part]);
	}
	if (part == 0)
		request->result = completion->res;
	if (!request->pending && !is_taken)
		take_operation(run, request, now_ns);
}

static void play(void *argument)
{
	struct ring_run *run = argument;
	const struct task_options *options = &run->task.options;

	ring__set_up(&run->ring, run->ring.setup, 2ULL * RING_PARTS * options->depth,
		     run->poller_cpu);
	task__begin(&run->task);
	while (run->task.operations < options->operations || run->books.in_flight) {
		fill_queue(run);
		submit_and_wait(run);
		if (run->late_ns)
			monotonic__sleep_ns(run->late_ns);
		ring__reap(&run->ring, take_completion, run);
	}
	task__end(&run->task);
}

/* --- the whole -------------------------------------------------------------------------------- */

static const char *served(const struct ring_run *run, unsigned int part)
{
	const struct ring_kind *kind = run->kind;
	const struct task_options *options = &run->task.options;

	if (kind->served_if_awaited &&
	    (!run->is_handshaken || options->depth > options->descriptors ||
	     run->ring.setup == RING_SQPOLL))
		return NULL;
	if (strcmp(kind->name, "read") == 0 && !options->is_buffered &&
	    block_file__is_direct_to_device(run->task.fds[0]))
		return "device";
	return kind->served[part];
}

static void set_up(struct ring_run *run, const struct options *options)
{
	const struct ring_kind *kind = options->kind;

	*run = (struct ring_run){
		.poller_cpu = actor__cpu(1),
		.kind = kind,
		.ring.setup = options->setup,
		.late_ns = options->late_ns,
		.is_handshaken = options->is_handshaken,
	};
	task__set_up(&run->task, &options->task, false);
	if (kind->set_up)
		kind->set_up(run);
	if (run->is_handshaken)
		run->task.feed.asked = &run->asked;
	for (unsigned int part = 0; part < RING_PARTS && kind->operations[part]; part++)
		run->rows[part] = requests__add(&run->books, kind->operations[part],
						served(run, part), options->task.operations);
	run->requests = check_memory(calloc(options->task.depth, sizeof(*run->requests)));
	run->delay = (struct __kernel_timespec){
		.tv_sec = (long long)(options->task.delay_ns / 1000000000),
		.tv_nsec = (long long)(options->task.delay_ns % 1000000000),
	};
	run->task.outcome.model = "io_uring";
	run->task.outcome.delivery = "completion_queue";
	run->task.outcome.completion_is = kind->completion_is;
}

static void write_truth(struct ring_run *run)
{
	struct truth truth;

	run->task.outcome.max_in_flight = run->books.max_in_flight;
	truth__begin(&truth);
	task__write_truth(&run->task, &truth, "io_uring");
	truth__text(&truth, "operation", run->kind->name);
	truth__text(&truth, "setup", ring_setup_names[run->ring.setup]);
	truth__number(&truth, "depth", run->task.options.depth);
	truth__number(&truth, "fd", (uint64_t)run->ring.ring.ring_fd);
	requests__write(&run->books, &truth);
	truth__number(&truth, "late_ns", run->late_ns);
	truth__number(&truth, "submits", run->ring.submits);
	truth__number(&truth, "batch_submit_max", run->ring.batch_submit_max);
	truth__number(&truth, "batch_reap_max", run->ring.batch_reap_max);
	truth__number(&truth, "overflow", *run->ring.ring.cq.koverflow);
	truth__end(&truth);
}

int main(int argc, char **argv)
{
	const struct argp_child children[] = {
		{&task_argp, 0, NULL, 0}, {&request_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {
		.options = option_table,
		.parser = parse_option,
		.doc = "Do I/O by io_uring, and state the truth about it as JSON.",
		.children = children,
	};
	struct options options = {0};
	struct ring_run run;

	parse_arguments(&argp, argc, argv, &options);
	set_up(&run, &options);
	task__run(&run.task, play, &run);
	write_truth(&run);
	ring__tear_down(&run.ring);
	free(run.requests);
	requests__free(&run.books);
	task__tear_down(&run.task);
	return EXIT_SUCCESS;
}

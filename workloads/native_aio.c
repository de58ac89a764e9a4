// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Linux's own asynchronous I/O: io_submit() and io_getevents(). Asynchronous it is with O_DIRECT,
 * where the requests are with the device when io_submit() returns. Through the page cache, and
 * from pipes and sockets, io_submit() does the whole I/O itself, and sleeps for as long as that
 * takes: the truth tells how long it took.
 */
#define _GNU_SOURCE 1
#include <libaio.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "arguments.h"
#include "block_file.h"
#include "check.h"
#include "monotonic.h"
#include "requests.h"
#include "task.h"

enum operation { OPERATION_READ, OPERATION_WRITE, OPERATION_FSYNC, OPERATIONS };
enum notify { NOTIFY_GETEVENTS, NOTIFY_EVENTFD, NOTIFY_RING, NOTIFIES };

static const char *const operation_names[OPERATIONS] = {"read", "write", "fsync"};
static const char *const notify_names[NOTIFIES] = {"getevents", "eventfd", "ring"};

struct options {
	struct task_options task;
	enum operation operation;
	enum notify notify;
	uint64_t batch;
};

struct request {
	struct iocb control;
	bool in_flight;
	uint64_t index; /* of the operation */
	uint64_t asked_ns;
};

/* The completions, as the kernel shares them with the process: at the address that is the id of
 * the context. Its layout is fixed (struct aio_ring in the kernel's fs/aio.c, magic number). */
struct ring {
	uint32_t id;
	uint32_t length;
	_Atomic uint32_t head;
	_Atomic uint32_t tail;
	uint32_t magic;
	uint32_t compatible_features;
	uint32_t incompatible_features;
	uint32_t header_length;
	struct io_event events[];
};
#define RING_MAGIC 0xa10a10a1

struct native_aio {
	struct task task;
	struct options options;
	io_context_t context;
	int eventfd;
	struct request *requests;
	struct requests books;
	struct request_counts *row;
	struct latency submits; /* time in io_submit() */
	uint64_t submitted;	/* operations */
	uint64_t announced;	/* completions, by the eventfd */
	uint64_t reaped;
	uint64_t reaps; /* that brought something */
	uint64_t batch_submit_max, batch_reap_max;
};

static const struct argp_option option_table[] = {
	{"operation", 'o', "WHAT", 0, "read, write or fsync (default read)", 0},
	{"notify", 'N', "HOW", 0, "getevents, eventfd or ring (default getevents)", 0},
	{"batch", 'B', "N", 0, "completions to wait for at once (default 1)", 0},
	{0},
};

static const struct bounds batch_bounds = {1, 1024, "1 to 1024"};

static void check_options(struct options *options)
{
	task_options__settle(&options->task, TASK_FILE);
	if (options->operation != OPERATION_READ)
		task_options__refuse(&options->task, TASK_RECEIVE,
				     operation_names[options->operation]);
	if (!options->batch)
		options->batch = 1;
	if (options->batch > options->task.depth)
		usage_error("--batch: there are never more completions than --depth");
	if (options->batch > 1 && options->notify != NOTIFY_GETEVENTS)
		usage_error("--batch applies to --notify getevents only");
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->child_inputs[1] = &options->task;
		return 0;
	case 'o':
		options->operation = (enum operation)parse_choice("--operation", value,
								  operation_names, OPERATIONS);
		return 0;
	case 'N':
		options->notify =
			(enum notify)parse_choice("--notify", value, notify_names, NOTIFIES);
		return 0;
	case 'B':
		options->batch = parse_count("--batch", value, batch_bounds);
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

/* libaio's functions return the negative error number. */
static int check_aio(int result, const char *call)
{
	check_error(result < 0 ? -result : 0, call);
	return result;
}

/* --- submitting ------------------------------------------------------------------------------- */

static void prepare(struct native_aio *run, struct request *request, uint64_t index)
{
	struct task *task = &run->task;
	const int fd = task->fds[index % task->options.descriptors];
	char *buffer = task__buffer(task, (uint64_t)(request - run->requests));
	const long long offset = task__offset(task, index);

	request->index = index;
	request->in_flight = true;
	if (run->options.operation == OPERATION_READ)
		io_prep_pread(&request->control, fd, buffer, task->options.size, offset);
	else if (run->options.operation == OPERATION_WRITE)
		io_prep_pwrite(&request->control, fd, buffer, task->options.size, offset);
	else
		io_prep_fsync(&request->control, fd);
	request->control.data = request;
	if (run->options.notify == NOTIFY_EVENTFD)
		io_set_eventfd(&request->control, run->eventfd);
	if (run->options.operation == OPERATION_FSYNC)
		task__write_block(task, index);
}

/* Hands over the list; the kernel may take it in several pieces. */
static void submit(struct native_aio *run, struct iocb **list, int count)
{
	const uint64_t asked_ns = monotonic__now_ns();

	for (int i = 0; i < count; i++) {
		((struct request *)list[i]->data)->asked_ns = asked_ns;
		requests__submit(&run->books, run->row);
	}
	if ((uint64_t)count > run->batch_submit_max)
		run->batch_submit_max = (uint64_t)count;
	while (count > 0) {
		uint64_t start_ns = monotonic__now_ns();
		int taken;

		calls__count(&run->task.calls, "io_submit");
		taken = check_aio(io_submit(run->context, count, list), "io_submit");
		latency__record(&run->submits, monotonic__now_ns() - start_ns);
		list += taken;
		count -= taken;
	}
}

static void submit_more(struct native_aio *run)
{
	const struct task_options *options = &run->task.options;
	struct iocb *list[options->depth];
	int count = 0;

	for (uint64_t i = 0; i < options->depth && run->submitted < options->operations; i++) {
		if (run->requests[i].in_flight)
			continue;
		prepare(run, &run->requests[i], run->submitted++);
		list[count++] = &run->requests[i].control;
	}
	submit(run, list, count);
}

/* --- completing ------------------------------------------------------------------------------- */

static void complete(struct native_aio *run, const struct io_event *event, uint64_t now_ns)
{
	struct request *request = event->data;
	const int64_t result = (int64_t)event->res;
	const uint64_t descriptor = request->index % run->task.options.descriptors;

	requests__finish(&run->books, run->row, result < 0 ? (int)-result : 0,
			 now_ns - request->asked_ns);
	check_error(result < 0 ? (int)-result : 0, "asynchronous request");
	request->in_flight = false;
	task__take(&run->task, descriptor, (uint64_t)result, request->asked_ns, now_ns);
}

static void complete_all(struct native_aio *run, const struct io_event *events, uint64_t count)
{
	const uint64_t now_ns = monotonic__now_ns();

	for (uint64_t i = 0; i < count; i++)
		complete(run, &events[i], now_ns);
	run->reaped += count;
	run->reaps += count > 0;
	if (count > run->batch_reap_max)
		run->batch_reap_max = count;
}

/* Without a timeout libaio's function always makes the system call. */
static void get_events(struct native_aio *run, uint64_t at_least)
{
	const uint64_t depth = run->task.options.depth;
	struct io_event events[depth];
	int count;

	calls__count(&run->task.calls, "io_getevents");
	count = check_aio(io_getevents(run->context, (long)at_least, (long)depth, events, NULL),
			  "io_getevents");
	complete_all(run, events, (uint64_t)count);
}

static void await_events(struct native_aio *run)
{
	const uint64_t in_flight = run->books.in_flight, batch = run->options.batch;

	get_events(run, batch < in_flight ? batch : in_flight);
}

/* Some of those that it announces may have been reaped with the ones before. */
static void await_eventfd(struct native_aio *run)
{
	uint64_t count;

	calls__count(&run->task.calls, "read");
	check(read(run->eventfd, &count, sizeof(count)), "read");
	run->announced += count;
	if (run->announced > run->reaped)
		get_events(run, run->announced - run->reaped);
}

/* Looks for completions where the kernel puts them, and makes no system call for that. */
static void await_in_ring(struct native_aio *run)
{
	struct ring *ring = (struct ring *)run->context;
	uint32_t head = atomic_load(&ring->head);
	struct io_event event;

	while (head == atomic_load(&ring->tail))
		;
	event = ring->events[head];
	atomic_store(&ring->head, (head + 1) % ring->length);
	complete_all(run, &event, 1);
}

static void (*const await_functions[NOTIFIES])(struct native_aio *) = {
	[NOTIFY_GETEVENTS] = await_events,
	[NOTIFY_EVENTFD] = await_eventfd,
	[NOTIFY_RING] = await_in_ring,
};

static void play(void *argument)
{
	struct native_aio *run = argument;

	task__begin(&run->task);
	while (run->task.operations < run->task.options.operations) {
		submit_more(run);
		await_functions[run->options.notify](run);
	}
	task__end(&run->task);
}

/* --- the whole -------------------------------------------------------------------------------- */

/*
 * Who does the I/O, where that is certain. Not of O_DIRECT writes: where these need blocks to be
 * allocated, the file system may make them wait.
 */
static const char *served(const struct native_aio *run)
{
	const struct task_options *options = &run->options.task;

	if (run->options.operation == OPERATION_FSYNC)
		return "punted";
	if (options->kind == TASK_RECEIVE || options->is_buffered)
		return "inline";
	if (run->options.operation == OPERATION_READ &&
	    block_file__is_direct_to_device(run->task.fds[0]))
		return "device";
	return NULL;
}

static void set_up(struct native_aio *run)
{
	static const char *const deliveries[NOTIFIES] = {"completion_queue", "readiness",
							 "completion_queue"};
	const struct task_options *options = &run->options.task;

	task__set_up(&run->task, options, false);
	run->row = requests__add(&run->books, operation_names[run->options.operation], served(run),
				 options->operations);
	/* A list may be taken in as many pieces as it has requests. */
	latency__init(&run->submits, 2 * options->operations);
	run->requests = check_memory(calloc(options->depth, sizeof(*run->requests)));
	run->eventfd = (int)check(eventfd(0, EFD_CLOEXEC), "eventfd");
	check_aio(io_setup((int)options->depth, &run->context), "io_setup");
	if (run->options.notify == NOTIFY_RING &&
	    ((struct ring *)run->context)->magic != RING_MAGIC)
		errx(EXIT_FAILURE, "the kernel's ring is of a kind unknown here");
	run->task.outcome.model = "linux_aio";
	run->task.outcome.delivery = deliveries[run->options.notify];
	run->task.outcome.completion_is =
		run->options.operation == OPERATION_FSYNC ? "status" : "data";
}

static void write_truth(struct native_aio *run)
{
	struct truth truth;

	run->task.outcome.max_in_flight = run->books.max_in_flight;
	truth__begin(&truth);
	task__write_truth(&run->task, &truth, "native_aio");
	truth__text(&truth, "operation", operation_names[run->options.operation]);
	truth__text(&truth, "notify", notify_names[run->options.notify]);
	truth__number(&truth, "depth", run->task.options.depth);
	requests__write(&run->books, &truth);
	truth__latency(&truth, "submit", &run->submits);
	truth__number(&truth, "batch_submit_max", run->batch_submit_max);
	truth__number(&truth, "batch_reap_max", run->batch_reap_max);
	truth__number(&truth, "reaps", run->reaps);
	truth__end(&truth);
}

int main(int argc, char **argv)
{
	const struct argp_child children[] = {
		{&task_argp, 0, NULL, 0}, {&request_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {
		.options = option_table,
		.parser = parse_option,
		.doc = "Do Linux asynchronous I/O, and state the truth about it as JSON.",
		.children = children,
	};
	struct native_aio run = {0};

	parse_arguments(&argp, argc, argv, &run.options);
	set_up(&run);
	task__run(&run.task, play, &run);
	write_truth(&run);
	io_destroy(run.context);
	free(run.requests);
	latency__free(&run.submits);
	requests__free(&run.books);
	task__tear_down(&run.task);
	return EXIT_SUCCESS;
}

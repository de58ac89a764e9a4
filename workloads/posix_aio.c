// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * POSIX asynchronous I/O: the C library's helper threads do the I/O, and the program learns of
 * its end by a callback (SIGEV_THREAD: in a new thread each), by a signal, in aio_suspend(), or
 * by asking aio_error() again and again.
 *
 * glibc does the requests on one descriptor one after the other, whatever --depth is: only
 * --descriptors have it start more helpers. And only what waits behind another request can be
 * cancelled.
 */
#define _GNU_SOURCE 1
#include <aio.h>
#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "check.h"
#include "monotonic.h"
#include "requests.h"
#include "task.h"

enum what { WHAT_READ, WHAT_WRITE, WHAT_FSYNC, WHAT_LIO, WHATS };
enum notify { NOTIFY_CALLBACK, NOTIFY_SIGNAL, NOTIFY_SUSPEND, NOTIFY_POLL, NOTIFIES };

static const char *const what_names[WHATS] = {"read", "write", "fsync", "lio"};
static const char *const notify_names[NOTIFIES] = {"callback", "signal", "suspend", "poll"};

struct options {
	struct task_options task;
	enum what what;
	enum notify notify;
	uint64_t cancel_each;
	bool has_pause;
	uint64_t pause_ns;
};

/* One request in flight, or the place for one. */
struct request {
	struct posix_aio *run;
	struct aiocb control;
	struct request_counts *row; /* NULL: free */
	uint64_t index;		    /* of the operation */
	uint64_t descriptor;
	uint64_t asked_ns;
	_Atomic uint64_t done_ns; /* when the program learned of its end; 0: not yet */
};

struct posix_aio {
	struct task task;
	struct options options;
	struct request *requests;
	struct requests books;
	struct request_counts *reads, *writes, *fsyncs;
	struct latency submits; /* time in aio_read() and its like */
	sem_t callbacks;
	sigset_t signals;
	uint64_t submitted; /* operations, each once */
	uint64_t cancels, cancels_refused;
	uint64_t pauses;
};

static const struct argp_option option_table[] = {
	{"what", 'w', "WHAT", 0, "read, write, fsync or lio (default read)", 0},
	{"notify", 'N', "HOW", 0, "callback, signal, suspend or poll (default suspend)", 0},
	{"cancel", 'C', "N", 0, "ask to cancel every N-th request at once (2 or more)", 0},
	{"pause", 'p', "TIME", 0, "poll: time between two rounds of questions (default 100us)", 0},
	{0},
};

static const struct bounds cancel_bounds = {2, 1000000, "2 to 1000000"};

static void check_options(struct options *options)
{
	task_options__settle(&options->task, TASK_FILE);
	if (options->what != WHAT_READ)
		task_options__refuse(&options->task, TASK_RECEIVE, what_names[options->what]);
	if (options->has_pause && options->notify != NOTIFY_POLL)
		usage_error("--pause applies to --notify poll only");
	if (!options->has_pause)
		options->pause_ns = 100000;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->child_inputs[1] = &options->task;
		return 0;
	case 'w':
		options->what = (enum what)parse_choice("--what", value, what_names, WHATS);
		return 0;
	case 'N':
		options->notify =
			(enum notify)parse_choice("--notify", value, notify_names, NOTIFIES);
		return 0;
	case 'C':
		options->cancel_each = parse_count("--cancel", value, cancel_bounds);
		return 0;
	case 'p':
		options->has_pause = true;
		options->pause_ns = parse_time("--pause", value, delay_bounds);
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

/* --- how the program learns of the end -------------------------------------------------------- */

/* Runs in a thread that the C library made for just this call. */
static void take_callback(union sigval value)
{
	struct request *request = value.sival_ptr;

	atomic_store(&request->done_ns, monotonic__now_ns());
	check(sem_post(&request->run->callbacks), "sem_post");
}

static void set_notification(struct posix_aio *run, struct request *request)
{
	struct sigevent *event = &request->control.aio_sigevent;

	event->sigev_value.sival_ptr = request;
	switch (run->options.notify) {
	case NOTIFY_CALLBACK:
		event->sigev_notify = SIGEV_THREAD;
		event->sigev_notify_function = take_callback;
		break;
	case NOTIFY_SIGNAL:
		event->sigev_notify = SIGEV_SIGNAL;
		event->sigev_signo = SIGRTMIN;
		break;
	default:
		event->sigev_notify = SIGEV_NONE;
	}
}

static void await_callback(struct posix_aio *run)
{
	while (sem_wait(&run->callbacks))
		if (errno != EINTR)
			err(EXIT_FAILURE, "sem_wait");
}

/* Signals of the real-time kind are queued, and each says whose it is. */
static void await_signal(struct posix_aio *run)
{
	siginfo_t info;

	calls__count(&run->task.calls, "rt_sigtimedwait");
	check(sigwaitinfo(&run->signals, &info), "sigwaitinfo");
	atomic_store(&((struct request *)info.si_value.sival_ptr)->done_ns, monotonic__now_ns());
}

/* Marks those that are not in progress any more, and says whether there were any. */
static bool find_done(struct posix_aio *run)
{
	bool found = false;

	for (uint64_t i = 0; i < run->task.options.depth; i++) {
		struct request *request = &run->requests[i];

		if (!request->row || aio_error(&request->control) == EINPROGRESS)
			continue;
		atomic_store(&request->done_ns, monotonic__now_ns());
		found = true;
	}
	return found;
}

static void await_in_suspend(struct posix_aio *run)
{
	const struct aiocb *in_flight[run->task.options.depth];
	int count = 0;

	for (uint64_t i = 0; i < run->task.options.depth; i++)
		if (run->requests[i].row)
			in_flight[count++] = &run->requests[i].control;
	do {
		if (aio_suspend(in_flight, count, NULL) && errno != EINTR && errno != EAGAIN)
			err(EXIT_FAILURE, "aio_suspend");
	} while (!find_done(run));
}

static void await_by_asking(struct posix_aio *run)
{
	while (!find_done(run)) {
		if (!run->options.pause_ns)
			continue;
		run->pauses++;
		calls__count(&run->task.calls, "clock_nanosleep");
		monotonic__sleep_ns(run->options.pause_ns);
	}
}

static void (*const await_functions[NOTIFIES])(struct posix_aio *) = {
	[NOTIFY_CALLBACK] = await_callback,
	[NOTIFY_SIGNAL] = await_signal,
	[NOTIFY_SUSPEND] = await_in_suspend,
	[NOTIFY_POLL] = await_by_asking,
};

/* --- submitting ------------------------------------------------------------------------------- */

/* Fills in the control block of operation number `index`; lists read and write in turn. */
static void prepare(struct posix_aio *run, struct request *request, uint64_t index)
{
	struct task *task = &run->task;
	const bool writes =
		run->options.what == WHAT_WRITE || (run->options.what == WHAT_LIO && index % 2);

	request->index = index;
	request->descriptor = index % task->options.descriptors;
	request->row = run->options.what == WHAT_FSYNC ? run->fsyncs
		       : writes			       ? run->writes
						       : run->reads;
	request->control = (struct aiocb){
		.aio_fildes = task->fds[request->descriptor],
		.aio_lio_opcode = writes ? LIO_WRITE : LIO_READ,
		.aio_buf = task__buffer(task, (uint64_t)(request - run->requests)),
		.aio_nbytes = task->options.size,
		.aio_offset = task__offset(task, index),
	};
	set_notification(run, request);
}

static int submit_one(struct posix_aio *run, struct request *request)
{
	switch (run->options.what) {
	case WHAT_FSYNC:
		return aio_fsync(O_SYNC, &request->control);
	case WHAT_WRITE:
		return aio_write(&request->control);
	default:
		return aio_read(&request->control);
	}
}

static void cancel_some(struct posix_aio *run, struct request *request)
{
	const struct options *options = &run->options;
	uint64_t submitted = 0;

	for (int i = 0; i < REQUEST_OPERATIONS_MAX; i++)
		submitted += run->books.rows[i].submitted;
	if (!options->cancel_each || submitted % options->cancel_each)
		return;
	run->cancels++;
	if (aio_cancel(request->control.aio_fildes, &request->control) != AIO_CANCELED)
		run->cancels_refused++;
}

static void mark_submitted(struct posix_aio *run, struct request *request, uint64_t now_ns)
{
	request->asked_ns = now_ns;
	atomic_store(&request->done_ns, 0);
	requests__submit(&run->books, request->row);
}

static void submit(struct posix_aio *run, struct request *request)
{
	if (run->options.what == WHAT_FSYNC)
		task__write_block(&run->task, request->index);
	mark_submitted(run, request, monotonic__now_ns());
	check(submit_one(run, request), "submitting");
	latency__record(&run->submits, monotonic__now_ns() - request->asked_ns);
	cancel_some(run, request);
}

static void submit_list(struct posix_aio *run, struct request **requests, int count)
{
	struct aiocb *list[count];
	uint64_t now_ns = monotonic__now_ns();

	for (int i = 0; i < count; i++) {
		list[i] = &requests[i]->control;
		mark_submitted(run, requests[i], now_ns);
	}
	check(lio_listio(LIO_NOWAIT, list, count, NULL), "lio_listio");
	latency__record(&run->submits, monotonic__now_ns() - now_ns);
	for (int i = 0; i < count; i++)
		cancel_some(run, requests[i]);
}

/* As many new requests as there is room for. A list waits until the last one is done. */
static void submit_more(struct posix_aio *run)
{
	const struct task_options *options = &run->task.options;
	struct request *new[options->depth];
	int count = 0;

	if (run->options.what == WHAT_LIO && run->books.in_flight)
		return;
	for (uint64_t i = 0; i < options->depth && run->submitted < options->operations; i++)
		if (!run->requests[i].row) {
			prepare(run, &run->requests[i], run->submitted++);
			new[count++] = &run->requests[i];
		}
	if (run->options.what == WHAT_LIO && count)
		submit_list(run, new, count);
	else
		for (int i = 0; i < count; i++)
			submit(run, new[i]);
}

/* --- completing ------------------------------------------------------------------------------- */

/* What was cancelled is submitted again, so that all operations are done in the end. */
static void complete(struct posix_aio *run, struct request *request)
{
	const uint64_t done_ns = atomic_load(&request->done_ns);
	int error = aio_error(&request->control);
	int64_t length = aio_return(&request->control);

	requests__finish(&run->books, request->row, error, done_ns - request->asked_ns);
	if (error == ECANCELED && run->options.what == WHAT_LIO) {
		mark_submitted(run, request, monotonic__now_ns());
		check(lio_listio(LIO_NOWAIT, (struct aiocb *[]){&request->control}, 1, NULL),
		      "lio_listio");
		latency__record(&run->submits, monotonic__now_ns() - request->asked_ns);
		return;
	}
	if (error == ECANCELED) {
		submit(run, request);
		return;
	}
	check_error(error, "asynchronous request");
	request->row = NULL;
	task__take(&run->task, request->descriptor, (uint64_t)length, request->asked_ns, done_ns);
}

static void complete_all_done(struct posix_aio *run)
{
	for (uint64_t i = 0; i < run->task.options.depth; i++)
		if (run->requests[i].row && atomic_load(&run->requests[i].done_ns))
			complete(run, &run->requests[i]);
}

static void play(void *argument)
{
	struct posix_aio *run = argument;

	task__begin(&run->task);
	while (run->task.operations < run->task.options.operations) {
		submit_more(run);
		await_functions[run->options.notify](run);
		complete_all_done(run);
	}
	task__end(&run->task);
}

/* --- the whole -------------------------------------------------------------------------------- */

static void add_operations(struct posix_aio *run, size_t results_max)
{
	enum what what = run->options.what;

	if (what == WHAT_READ || what == WHAT_LIO)
		run->reads = requests__add(&run->books, "read", NULL, results_max);
	if (what == WHAT_WRITE || what == WHAT_LIO)
		run->writes = requests__add(&run->books, "write", NULL, results_max);
	if (what == WHAT_FSYNC)
		run->fsyncs = requests__add(&run->books, "fsync", NULL, results_max);
}

static void set_up(struct posix_aio *run)
{
	static const char *const deliveries[NOTIFIES] = {"callback", "signal", "suspend",
							 "polling"};
	/* Each cancelled request is submitted once more. */
	const size_t results_max = 2 * run->options.task.operations;

	sigemptyset(&run->signals);
	sigaddset(&run->signals, SIGRTMIN);
	check_error(pthread_sigmask(SIG_BLOCK, &run->signals, NULL), "pthread_sigmask");
	check(sem_init(&run->callbacks, 0, 0), "sem_init");
	task__set_up(&run->task, &run->options.task, false);
	add_operations(run, results_max);
	latency__init(&run->submits, results_max);
	run->requests = check_memory(calloc(run->options.task.depth, sizeof(*run->requests)));
	for (uint64_t i = 0; i < run->options.task.depth; i++)
		run->requests[i].run = run;
	if (run->options.notify == NOTIFY_CALLBACK)
		run->task.settle_ns = 10000000; /* for the last callback's thread to go */
	run->task.outcome.model = "posix_aio";
	run->task.outcome.delivery = deliveries[run->options.notify];
	run->task.outcome.completion_is = run->options.what == WHAT_FSYNC ? "status" : "data";
}

static void write_truth(struct posix_aio *run)
{
	struct truth truth;

	run->task.outcome.max_in_flight = run->books.max_in_flight;
	truth__begin(&truth);
	task__write_truth(&run->task, &truth, "posix_aio");
	truth__text(&truth, "what", what_names[run->options.what]);
	truth__text(&truth, "notify", notify_names[run->options.notify]);
	truth__number(&truth, "depth", run->task.options.depth);
	requests__write(&run->books, &truth);
	truth__latency(&truth, "submit", &run->submits);
	truth__number(&truth, "cancel_asked", run->cancels);
	truth__number(&truth, "cancel_refused", run->cancels_refused);
	truth__number(&truth, "pauses", run->pauses);
	truth__end(&truth);
}

int main(int argc, char **argv)
{
	const struct argp_child children[] = {
		{&task_argp, 0, NULL, 0}, {&request_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {
		.options = option_table,
		.parser = parse_option,
		.doc = "Do POSIX asynchronous I/O, and state the truth about it as JSON.",
		.children = children,
	};
	struct posix_aio run = {.options.notify = NOTIFY_SUSPEND};

	parse_arguments(&argp, argc, argv, &run.options);
	set_up(&run);
	task__run(&run.task, play, &run);
	write_truth(&run);
	free(run.requests);
	latency__free(&run.submits);
	requests__free(&run.books);
	task__tear_down(&run.task);
	return EXIT_SUCCESS;
}

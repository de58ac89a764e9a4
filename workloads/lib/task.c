// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE 1
#include "task.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "block_file.h"
#include "check.h"
#include "monotonic.h"
#include "scratch.h"
#include "watchdog.h"

enum { PAGE = 4096 };

static void open_feed(struct task *task)
{
	const struct task_options *options = &task->options;

	task->feed = (struct feed){
		.kinds = &options->over->kind,
		.kinds_length = 1,
		.sources_count = options->descriptors,
		.operations = options->operations,
		.delay_ns = options->delay_ns,
		.size = options->size,
		.nonblocking = task->is_nonblocking,
	};
	feed__open(&task->feed);
	for (uint64_t i = 0; i < options->descriptors; i++)
		task->fds[i] = task->feed.sources[i].fd;
}

static void open_file(struct task *task)
{
	const struct task_options *options = &task->options;
	int fd = block_file__create(options->path, options->operations, options->size);

	block_file__fill(fd, options->operations, task->buffers, options->size);
	close(fd);
	for (uint64_t i = 0; i < options->descriptors; i++) {
		task->fds[i] = block_file__open(O_RDWR | (options->is_buffered ? 0 : O_DIRECT));
		if (options->is_buffered)
			block_file__cool(task->fds[i]);
	}
}

void task__set_up(struct task *task, const struct task_options *options, bool nonblocking)
{
	*task = (struct task){
		.options = *options,
		.is_nonblocking = nonblocking,
		.partner_play = feed__play,
		.partner_argument = &task->feed,
	};
	watchdog__start(options->operations * (options->delay_ns + 1000000));
	latency__init(&task->latency, options->operations);
	/* Touched, so that it never faults later. */
	task->stride = (options->size + PAGE - 1) / PAGE * PAGE;
	task->buffers = check_memory(aligned_alloc(PAGE, options->depth * task->stride));
	memset(task->buffers, 'x', options->depth * task->stride);
	task->fds = check_memory(calloc(options->descriptors, sizeof(*task->fds)));
	if (options->kind == TASK_RECEIVE)
		open_feed(task);
	else if (options->kind == TASK_FILE)
		open_file(task);
}

void task__tear_down(struct task *task)
{
	if (task->options.kind == TASK_RECEIVE)
		feed__close(&task->feed);
	free(task->fds);
	free(task->buffers);
	latency__free(&task->latency);
}

void task__run(struct task *task, void (*waiter_play)(void *argument), void *argument)
{
	const bool has_partner = task->options.kind == TASK_RECEIVE;

	task->waiter = (struct actor){
		.name = "waiter", .cpu_rank = 0, .play = waiter_play, .scene = argument};
	task->partner = (struct actor){.name = "partner",
				       .cpu_rank = 1,
				       .play = task->partner_play,
				       .scene = task->partner_argument};
	if (has_partner)
		actor__start(&task->partner);
	actor__start(&task->waiter);
	actor__join(&task->waiter);
	if (has_partner)
		actor__join(&task->partner);
}

void task__begin(struct task *task)
{
	task->start = books__of_this_thread();
	outcome__start(&task->outcome, task->start.time_ns);
	if (task->options.kind == TASK_RECEIVE)
		feed__start(&task->feed, task->start.time_ns + task->options.delay_ns);
}

void task__end(struct task *task)
{
	task->books = books__since(task->start);
	if (task->settle_ns)
		monotonic__sleep_ns(task->settle_ns);
	outcome__count_threads(&task->outcome, task->partner.tid);
}

off_t task__offset(const struct task *task, uint64_t index)
{
	return task->options.kind == TASK_FILE ? (off_t)(index * task->options.size) : 0;
}

void task__write_block(struct task *task, uint64_t index)
{
	const int fd = task->fds[index % task->options.descriptors];
	const uint64_t size = task->options.size;

	calls__count(&task->calls, "pwrite64");
	if (check(pwrite(fd, task->buffers, size, task__offset(task, index)), "pwrite") !=
	    (int64_t)size)
		errx(EXIT_FAILURE, "pwrite: cut short");
	task->bytes += size;
}

char *task__buffer(const struct task *task, uint64_t slot)
{
	return task->buffers + slot * task->stride;
}

void task__take_other(struct task *task, uint64_t bytes, uint64_t asked_ns, uint64_t now_ns)
{
	task->operations++;
	task->bytes += bytes;
	outcome__result(&task->outcome, now_ns);
	latency__record(&task->latency, now_ns - asked_ns);
}

void task__take(struct task *task, uint64_t descriptor, uint64_t bytes, uint64_t asked_ns,
		uint64_t now_ns)
{
	struct event_source *source;
	uint64_t unit;

	if (task->options.kind != TASK_RECEIVE) {
		task__take_other(task, bytes, asked_ns, now_ns);
		return;
	}
	source = &task->feed.sources[descriptor];
	unit = source->received / source->unit;
	source->received += bytes;
	if (!event_source__has_messages(source->kind))
		bytes = 0;
	if (source->received / source->unit == unit)
		task->bytes += bytes;
	else
		task__take_other(task, bytes, feed__sent_ns(&task->feed, descriptor, unit), now_ns);
}

bool task__receive(struct task *task, uint64_t descriptor, struct calls *calls)
{
	const uint64_t asked_ns = monotonic__now_ns();
	int64_t length;

	calls__count(calls, "read");
	length = read(task->fds[descriptor], task->buffers, task->options.size);
	if (length < 0 && errno == EAGAIN) {
		task->eagain++;
		return false;
	}
	check(length, "read");
	task__take(task, descriptor, (uint64_t)length, asked_ns, monotonic__now_ns());
	return true;
}

/* What the task is about; null where that is nothing. */
static void write_task(const struct task *task, struct truth *truth)
{
	static const char *const names[] = {
		[TASK_RECEIVE] = "receive", [TASK_FILE] = "file", [TASK_NONE] = NULL};
	const struct task_options *options = &task->options;
	const bool receives = options->kind == TASK_RECEIVE, reads = options->kind == TASK_FILE;

	truth__text(truth, "task", names[options->kind]);
	truth__number_if(truth, "delay_ns", !reads, options->delay_ns);
	truth__number_if(truth, "size", options->size > 0, options->size);
	truth__number_if(truth, "descriptors", receives || reads, options->descriptors);
	truth__text(truth, "object_kind", receives ? options->over->name : reads ? "file" : NULL);
	truth__text(truth, "path", reads ? scratch__path() : NULL);
	truth__text(truth, "mode", reads ? options->mode : NULL);
}

void task__write_truth(struct task *task, struct truth *truth, const char *workload)
{
	const bool has_partner = task->options.kind == TASK_RECEIVE;

	truth__text(truth, "workload", workload);
	truth__number(truth, "pid", (uint64_t)getpid());
	truth__number(truth, "waiter_tid", (uint64_t)task->waiter.tid);
	truth__number(truth, "waiter_cpu", (uint64_t)task->waiter.cpu);
	truth__number_if(truth, "partner_tid", has_partner, (uint64_t)task->partner.tid);
	truth__number_if(truth, "partner_cpu", has_partner, (uint64_t)task->partner.cpu);
	write_task(task, truth);
	truth__number(truth, "operations", task->operations);
	truth__number(truth, "bytes", task->bytes);
	outcome__write(&task->outcome, truth, task->books.time_ns);
	truth__calls(truth, &task->calls);
	truth__number(truth, "eagain", task->eagain);
	truth__latency(truth, "latency", &task->latency);
	truth__books(truth, &task->books);
}

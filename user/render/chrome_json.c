// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "model/io.h"
#include "model/per_cpu.h"
#include "names/syscalls.h"
#include "names/units.h"
#include "render/chrome_json.h"
#include "render/timeline_words.h"

/* CPUs are shown as a process: no process has so high a number (PID_MAX_LIMIT is 4 Mi). */
#define CPU_PROCESS 10000000

struct on_cpu {
	bool named;
	uint64_t since; /* 0: nobody who is traced */
	struct timeline_thread thread;
};

struct counter {
	uint32_t pid;
	const char *name; /* static */
};

struct chrome_json {
	FILE *stream;
	bool begun; /* an event is written */
	uint64_t requests;
	struct per_cpu cpus; /* struct on_cpu */
	struct counter *counters;
	uint32_t counter_count;
	int err;
};

/* A string: its escapes are those of JSON, behind which control characters are words already. */
static void put_text(struct chrome_json *chrome, const char *text)
{
	char *clean = units__escape(text);

	if (!clean) {
		chrome->err = -ENOMEM;
		return;
	}
	putc('"', chrome->stream);
	for (const char *at = clean; *at; at++) {
		if (*at == '"' || *at == '\\')
			putc('\\', chrome->stream);
		putc(*at, chrome->stream);
	}
	putc('"', chrome->stream);
	free(clean);
}

static void put_member(struct chrome_json *chrome, const char *name, const char *text)
{
	if (!text)
		return;
	fprintf(chrome->stream, ",\"%s\":", name);
	put_text(chrome, text);
}

static void put_number(struct chrome_json *chrome, const char *name, int64_t number)
{
	fprintf(chrome->stream, ",\"%s\":%" PRId64, name, number);
}

static void put_truth(struct chrome_json *chrome, const char *name, bool truth)
{
	if (truth)
		fprintf(chrome->stream, ",\"%s\":true", name);
}

/* Its times are us; ours are ns. */
static void put_time(struct chrome_json *chrome, const char *name, uint64_t time)
{
	fprintf(chrome->stream, ",\"%s\":%" PRIu64 ".%03u", name, time / 1000,
		(unsigned int)(time % 1000));
}

static void begin_event(struct chrome_json *chrome, char phase, uint32_t pid, uint32_t tid)
{
	fprintf(chrome->stream, "%s{\"ph\":\"%c\",\"pid\":%u,\"tid\":%u",
		chrome->begun ? ",\n" : "", phase, pid, tid);
	chrome->begun = true;
}

static void begin_slice(struct chrome_json *chrome, const struct timeline_thread *thread,
			uint64_t since, uint64_t until)
{
	begin_event(chrome, 'X', thread->pid, thread->tid);
	put_time(chrome, "ts", since);
	put_time(chrome, "dur", until - since);
}

/* What belongs to an event, as members of an object of their own. */
static void begin_notes(struct chrome_json *chrome, const char *kind)
{
	fprintf(chrome->stream, ",\"args\":{\"kind\":\"%s\"", kind);
}

static int end_event(struct chrome_json *chrome, bool notes)
{
	fputs(notes ? "}}" : "}", chrome->stream);
	if (ferror(chrome->stream))
		return -EIO;
	return chrome->err;
}

static int name_it(struct chrome_json *chrome, const char *what, uint32_t pid, uint32_t tid,
		   const char *name)
{
	begin_event(chrome, 'M', pid, tid);
	put_member(chrome, "name", what);
	fputs(",\"args\":{\"name\":", chrome->stream);
	put_text(chrome, name);
	return end_event(chrome, true);
}

static int begin(void *context, const struct timeline_head *head)
{
	struct chrome_json *chrome = context;

	fputs("{\"displayTimeUnit\":\"ns\",\"otherData\":{\"clock\":\"CLOCK_MONOTONIC\"",
	      chrome->stream);
	put_member(chrome, "kernel", head->kernel);
	fputs("},\"traceEvents\":[\n", chrome->stream);
	return name_it(chrome, "process_name", CPU_PROCESS, 0, "CPUs");
}

static int process(void *context, const struct timeline_process *process)
{
	return name_it(context, "process_name", process->pid, 0, process->name);
}

static int thread(void *context, const struct timeline_thread *thread)
{
	return name_it(context, "thread_name", thread->pid, thread->tid, thread->name);
}

static int end_on_cpu(struct chrome_json *chrome, unsigned int cpu, const struct on_cpu *on,
		      uint64_t until)
{
	if (!on->since || until < on->since)
		return 0;
	begin_event(chrome, 'X', CPU_PROCESS, cpu);
	put_time(chrome, "ts", on->since);
	put_time(chrome, "dur", until - on->since);
	put_member(chrome, "name", on->thread.name);
	put_member(chrome, "cat", "cpu");
	begin_notes(chrome, "cpu");
	put_number(chrome, "tid", on->thread.tid);
	put_number(chrome, "process", on->thread.pid);
	return end_event(chrome, true);
}

static int switched(void *context, const struct timeline_switch *event)
{
	struct chrome_json *chrome = context;
	char name[16];
	int err;
	struct on_cpu *on = per_cpu__at(&chrome->cpus, event->cpu, &err);

	if (!on)
		return err;
	if (!on->named) {
		snprintf(name, sizeof(name), "CPU %u", event->cpu);
		err = name_it(chrome, "thread_name", CPU_PROCESS, event->cpu, name);
		on->named = true;
	}
	if (!err)
		err = end_on_cpu(chrome, event->cpu, on, event->time);
	on->since = event->to->track ? event->time : 0;
	on->thread = *event->to;
	return err;
}

/* An arrow's end is tied to the slice that begins there. */
static int put_flow(struct chrome_json *chrome, char phase, const struct timeline_thread *thread,
		    uint64_t time, uint64_t flow)
{
	begin_event(chrome, phase, thread->pid, thread->tid);
	put_time(chrome, "ts", time);
	put_number(chrome, "id", (int64_t)flow);
	fputs(",\"cat\":\"waking\",\"name\":\"wakes\"", chrome->stream);
	if (phase == 'f')
		fputs(",\"bp\":\"e\"", chrome->stream);
	return end_event(chrome, false);
}

static int waking(void *context, const struct timeline_waking *waking)
{
	return waking->flow ? put_flow(context, 's', waking->waker, waking->time, waking->flow) : 0;
}

static int enter(void *context, const struct timeline_call *call)
{
	(void)context;
	(void)call; /* its end comes with its begin */
	return 0;
}

static int call(void *context, const struct timeline_call *call)
{
	struct chrome_json *chrome = context;

	begin_slice(chrome, call->thread, call->since, call->until);
	put_member(chrome, "name", timeline__call_name(call));
	put_member(chrome, "cat", "call");
	begin_notes(chrome, "call");
	if (timeline__is_result(call))
		put_number(chrome, "result", call->result);
	put_member(chrome, "error", timeline__error(call->result));
	put_member(chrome, "object", call->object);
	if (call->is_io)
		put_number(chrome, "fd", (int32_t)call->descriptor);
	put_truth(chrome, "nonblocking", call->nonblocking);
	put_truth(chrome, "censored", call->censored);
	put_member(chrome, "end", timeline__end_words(call->end));
	return end_event(chrome, true);
}

static int put_sleep(struct chrome_json *chrome, const struct timeline_wait *wait)
{
	char name[TIMELINE_NAME];

	begin_slice(chrome, wait->thread, wait->since, wait->woken);
	put_member(chrome, "name", timeline__wait_name(wait, name));
	put_member(chrome, "cat", "wait");
	begin_notes(chrome, "wait");
	put_member(chrome, "class", wait_class__name(wait->class));
	put_member(chrome, "object", wait->object);
	put_member(chrome, "syscall", wait->syscall);
	put_member(chrome, "sleep", sleep__name(wait->sleep));
	if (!wait->asleep)
		put_member(chrome, "woken_by", waker_kind__name(wait->kind));
	if (wait->waker->track) {
		put_member(chrome, "waker", wait->waker->name);
		put_number(chrome, "waker_tid", wait->waker->tid);
	}
	put_truth(chrome, "idle", wait->idle);
	put_truth(chrome, "censored", wait->censored);
	put_truth(chrome, "open", wait->open);
	return end_event(chrome, true);
}

static int wait(void *context, const struct timeline_wait *wait)
{
	struct chrome_json *chrome = context;
	int err = put_sleep(chrome, wait);

	if (err || wait->asleep)
		return err;
	begin_slice(chrome, wait->thread, wait->woken, wait->until);
	put_member(chrome, "name", "run queue");
	put_member(chrome, "cat", "runqueue");
	err = end_event(chrome, false);
	return err || !wait->flow ? err
				  : put_flow(chrome, 'f', wait->thread, wait->woken, wait->flow);
}

static int put_request(struct chrome_json *chrome, const struct timeline_request *request,
		       char phase, uint64_t time)
{
	begin_event(chrome, phase, request->pid, request->pid);
	put_time(chrome, "ts", time);
	put_number(chrome, "id", (int64_t)chrome->requests);
	put_member(chrome, "cat", request_api__name(request->api));
	put_member(chrome, "name", request->operation);
	if (phase != 'b')
		return end_event(chrome, false);
	begin_notes(chrome, "request");
	put_number(chrome, "result", request->result);
	put_member(chrome, "error", timeline__error(request->result));
	return end_event(chrome, true);
}

static int request(void *context, const struct timeline_request *request)
{
	struct chrome_json *chrome = context;
	int err;

	chrome->requests++;
	err = put_request(chrome, request, 'b', request->since);
	return err ? err : put_request(chrome, request, 'e', request->until);
}

static int put_counter(struct chrome_json *chrome, uint32_t pid, const char *name, uint64_t time,
		       int64_t level)
{
	begin_event(chrome, 'C', pid, 0);
	put_time(chrome, "ts", time);
	put_member(chrome, "name", name);
	fprintf(chrome->stream, ",\"args\":{\"count\":%" PRId64, level);
	return end_event(chrome, true);
}

static int loss(void *context, const struct timeline_loss *loss)
{
	struct chrome_json *chrome = context;
	int err = put_counter(chrome, CPU_PROCESS, "lost events so far", loss->time,
			      (int64_t)loss->total);

	if (err)
		return err;
	begin_event(chrome, 'i', CPU_PROCESS, loss->cpu == TIMELINE_ANY_CPU ? 0 : loss->cpu);
	put_time(chrome, "ts", loss->time);
	fputs(",\"s\":\"g\",\"name\":\"events lost\"", chrome->stream);
	begin_notes(chrome, "loss");
	put_number(chrome, "count", (int64_t)loss->count);
	return end_event(chrome, true);
}

/* Their numbers come one after the other. */
static int counter(void *context, uint32_t number, uint32_t pid, const char *name)
{
	struct chrome_json *chrome = context;
	struct counter *counters;

	if (number >= chrome->counter_count) {
		counters = reallocarray(chrome->counters, number * 2ULL + 16, sizeof(*counters));
		if (!counters)
			return -ENOMEM;
		chrome->counters = counters;
		chrome->counter_count = number * 2 + 16;
	}
	chrome->counters[number] = (struct counter){pid, name};
	return 0;
}

static int level(void *context, uint32_t number, uint64_t time, int64_t level)
{
	struct chrome_json *chrome = context;
	const struct counter *counter = &chrome->counters[number];

	return put_counter(chrome, counter->pid, counter->name, time, level);
}

static int finish(void *context)
{
	struct chrome_json *chrome = context;

	fputs("\n]}\n", chrome->stream);
	return ferror(chrome->stream) ? -EIO : 0;
}

struct chrome_json *chrome_json__new(FILE *stream, struct timeline_writer *writer)
{
	struct chrome_json *chrome = calloc(1, sizeof(*chrome));

	if (!chrome)
		return NULL;
	chrome->stream = stream;
	chrome->cpus.size = sizeof(struct on_cpu);
	*writer = (struct timeline_writer){
		.begin = begin,
		.process = process,
		.thread = thread,
		.switched = switched,
		.waking = waking,
		.enter = enter,
		.call = call,
		.wait = wait,
		.request = request,
		.loss = loss,
		.counter = counter,
		.level = level,
		.finish = finish,
		.context = chrome,
	};
	return chrome;
}

void chrome_json__free(struct chrome_json *chrome)
{
	if (!chrome)
		return;
	per_cpu__clear(&chrome->cpus);
	free(chrome->counters);
	free(chrome);
}

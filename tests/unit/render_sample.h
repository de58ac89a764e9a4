/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Profiles made by hand, for the tests of the formats: two processes of which one has a worker
 * that syncs a file, a loop that rests, and a pool that reads sockets.
 */
#ifndef WAITSCOPE_TESTS_RENDER_SAMPLE_H
#define WAITSCOPE_TESTS_RENDER_SAMPLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/profile.h"

#define MS	    1000000ULL
#define SAMPLE_POOL 8

/* Grows an array by one zeroed element and returns that. */
static void *sample__grow(void *array_pointer, size_t *count, size_t size)
{
	void **array = array_pointer;
	char *grown = realloc(*array, (*count + 1) * size);

	if (!grown)
		abort();
	*array = grown;
	memset(grown + *count * size, 0, size);
	return grown + (*count)++ * size;
}

static struct wait *sample__wait(struct wait **waits, size_t *count, enum wait_class class,
				 const char *syscall, const char *object, uint64_t times,
				 uint64_t each)
{
	struct wait *wait = sample__grow(waits, count, sizeof(*wait));

	wait->class = class;
	wait->syscall = syscall;
	wait->object = object ? strdup(object) : NULL;
	wait->sleep = LEDGER_SLEEP_INTERRUPTIBLE;
	wait->count = times;
	wait->total = times * each;
	for (uint64_t i = 0; i < times; i++)
		if (histogram__add(&wait->duration, each))
			abort();
	for (uint64_t i = 0; i < times; i++)
		if (histogram__add(&wait->runqueue, 20000))
			abort();
	wait->runqueue_total = times * 20000;
	return wait;
}

static void sample__waker(struct wait *wait, enum waker_kind kind, int tid, const char *comm,
			  uint64_t count)
{
	struct waker *waker = sample__grow(&wait->wakers, &wait->waker_count, sizeof(*waker));

	waker->kind = kind;
	waker->pid = waker->tid = tid;
	waker->comm = comm ? strdup(comm) : NULL;
	waker->count = count;
}

static void sample__call(struct call **calls, size_t *count, const char *name, uint64_t times,
			 uint64_t each, uint64_t blocked, uint64_t again)
{
	struct call *call = sample__grow(calls, count, sizeof(*call));

	call->name = name;
	call->calls = times;
	call->total = times * each;
	call->blocked = blocked;
	call->cpu = call->total - blocked;
	call->errors = call->eagain = again;
	for (uint64_t i = 0; i < times; i++)
		if (histogram__add(&call->latency, each))
			abort();
	if (again) {
		struct errno_tally *tally =
			sample__grow(&call->errnos, &call->errno_count, sizeof(*tally));

		tally->number = 11;
		tally->count = again;
	}
}

/* Adds a thread that lived for `lifetime`; what is not said otherwise, it ran. */
static struct thread *sample__thread(struct process *process, int tid, const char *comm,
				     struct account account)
{
	struct thread *thread =
		sample__grow(&process->threads, &process->thread_count, sizeof(*thread));
	struct account *sum = &process->account;

	account.split = true;
	account.running = account.lifetime - account.runnable - account.preempted -
			  account.blocked - account.unknown;
	account.kernel = account.running / 4;
	account.user = account.running - account.kernel;
	thread->tid = tid;
	thread->comm = strdup(comm);
	thread->end = account.lifetime;
	thread->account = account;
	thread->voluntary = 212;
	thread->involuntary = 31;
	thread->wakeups = 212;
	thread->books = (struct comparison){
		.valid = true,
		.runtime = 1000000,
		.rundelay = 2000,
		.voluntary = 212,
		.involuntary = 31,
		.our_runtime = 1000300,
		.our_rundelay = 2100,
		.our_voluntary = 212,
		.our_involuntary = 31,
		.clock_gain = 90,
		.clock_loss = 70,
		.put_off = 3,
	};
	sum->split = true;
	sum->running += account.running;
	sum->user += account.user;
	sum->kernel += account.kernel;
	sum->runnable += account.runnable;
	sum->preempted += account.preempted;
	sum->blocked += account.blocked;
	sum->idle += account.idle;
	sum->unknown += account.unknown;
	sum->lifetime += account.lifetime;
	process->voluntary += thread->voluntary;
	process->involuntary += thread->involuntary;
	process->threads_max++;
	return thread;
}

static struct process *sample__process(struct profile *profile, int pid, const char *comm)
{
	struct process *process =
		sample__grow(&profile->processes, &profile->process_count, sizeof(*process));

	process->pid = pid;
	process->ppid = 1;
	process->comm = strdup(comm);
	process->exe = strdup("/usr/bin/sample");
	process->lifetime = profile->window;
	return process;
}

static struct profile *sample__empty(void)
{
	struct profile *profile = calloc(1, sizeof(*profile));

	if (!profile)
		abort();
	profile->tier = TIER_FULL;
	profile->kernel = strdup("6.1.0-56-amd64");
	profile->cpus = 8;
	profile->window = 5030 * MS;
	profile->target = TARGET_COMMAND;
	profile->command = calloc(3, sizeof(char *));
	profile->command[0] = strdup("./server");
	profile->command[1] = strdup("--port=80 81");
	profile->has_exit_status = true;
	profile->audit.conserved = true;
	profile->audit.tool_cpu = 12 * MS;
	return profile;
}

static void sample__audit(struct audit *audit)
{
	struct loss_count *loss;
	struct map_use *map;

	audit->comparable = 11;
	audit->runtime_error = 0.0002;
	audit->rundelay_error = 0.011;
	audit->rundelay_known = true;
	audit->clock_gain = 990;
	audit->clock_loss = 770;
	audit->put_off = 33;
	audit->switches_error = 0;
	loss = sample__grow(&audit->lost, &audit->lost_count, sizeof(*loss));
	loss->cause = "histogram_chunks";
	loss = sample__grow(&audit->lost, &audit->lost_count, sizeof(*loss));
	loss->cause = "waits";
	map = sample__grow(&audit->maps, &audit->map_count, sizeof(*map));
	*map = (struct map_use){"threads", 11, 16384};
	map = sample__grow(&audit->maps, &audit->map_count, sizeof(*map));
	*map = (struct map_use){"histogram_chunks", 4000, 32768};
	audit->programs_known = true;
	audit->programs = 8 * MS;
}

static void sample__worker(struct process *process)
{
	struct thread *thread = sample__thread(process, 812, "worker",
					       (struct account){.lifetime = 4842 * MS,
								.blocked = 1940 * MS,
								.runnable = 600 * MS,
								.preempted = 300 * MS,
								.unknown = 2 * MS});
	struct wait *wait = sample__wait(&thread->waits, &thread->wait_count, CLASS_DISK, "fsync",
					 "file /var/lib/x/wal", 212, 8680000);

	wait->sleep = LEDGER_SLEEP_UNINTERRUPTIBLE;
	sample__waker(wait, WAKER_HARDIRQ, 0, NULL, 210);
	sample__waker(wait, WAKER_THREAD, 813, "flusher", 2);
	wait = sample__wait(&thread->waits, &thread->wait_count, CLASS_LOCK, "futex",
			    "futex 0x7f12a4001020", 31, 3 * MS);
	wait->futex = FUTEX_USE_LOCK;
	sample__waker(wait, WAKER_THREAD, 901, "pool", 31);
	sample__wait(&process->waits, &process->wait_count, CLASS_DISK, "fsync",
		     "file /var/lib/x/wal", 212, 8680000);
	sample__wait(&process->waits, &process->wait_count, CLASS_LOCK, "futex",
		     "futex 0x7f12a4001020", 31, 3 * MS);
	sample__call(&thread->calls, &thread->call_count, "fsync", 212, 8900000, 1840 * MS, 0);
	sample__call(&process->calls, &process->call_count, "fsync", 212, 8900000, 1840 * MS, 0);
}

static void sample__loop(struct process *process)
{
	struct thread *thread = sample__thread(
		process, 800, "server",
		(struct account){.lifetime = 5030 * MS, .blocked = 4600 * MS, .idle = 4600 * MS});
	struct wait *wait = sample__wait(&thread->waits, &thread->wait_count, CLASS_MULTIPLEX,
					 "epoll_wait", "epoll fd 4", 460, 10 * MS);

	wait->idle = true;
	wait->censored = 1;
	sample__waker(wait, WAKER_SOFTIRQ, 0, NULL, 460);
	wait = sample__wait(&process->waits, &process->wait_count, CLASS_MULTIPLEX, "epoll_wait",
			    "epoll fd 4", 460, 10 * MS);
	wait->idle = true;
	sample__call(&process->calls, &process->call_count, "epoll_wait", 460, 10 * MS + 2000,
		     4600 * MS, 0);
	sample__call(&process->calls, &process->call_count, "read", 1204, 2100, 0, 602);
}

static void sample__pool(struct process *process)
{
	for (int i = 0; i < SAMPLE_POOL; i++) {
		struct thread *thread = sample__thread(
			process, 900 + i, "pool",
			(struct account){.lifetime = 5000 * MS, .blocked = 1500 * MS});
		char object[64];
		struct wait *wait;

		snprintf(object, sizeof(object), "tcp 10.0.0.%d:5432", i);
		wait = sample__wait(&thread->waits, &thread->wait_count, CLASS_NETWORK, "recvfrom",
				    object, 100, 15 * MS);
		sample__waker(wait, WAKER_SOFTIRQ, 0, NULL, 100);
		wait = sample__wait(&process->waits, &process->wait_count, CLASS_NETWORK,
				    "recvfrom", object, 100, 15 * MS);
		sample__waker(wait, WAKER_SOFTIRQ, 0, NULL, 100);
	}
	sample__call(&process->calls, &process->call_count, "recvfrom", 800, 15 * MS + 6000,
		     12000 * MS, 0);
}

static inline struct profile *sample__profile(void)
{
	struct profile *profile = sample__empty();
	struct process *process = sample__process(profile, 800, "server");
	struct thread *thread;
	struct wait *wait;

	sample__worker(process);
	sample__loop(process);
	sample__pool(process);
	process = sample__process(profile, 977, "logger");
	thread = sample__thread(process, 977, "logger",
				(struct account){.lifetime = 1000 * MS, .blocked = 950 * MS});
	wait = sample__wait(&thread->waits, &thread->wait_count, CLASS_TIMER, "clock_nanosleep",
			    NULL, 1, 950 * MS);
	sample__waker(wait, WAKER_TIMER, 0, NULL, 1);
	sample__wait(&process->waits, &process->wait_count, CLASS_TIMER, "clock_nanosleep", NULL, 1,
		     950 * MS);
	sample__audit(&profile->audit);
	return profile;
}

static inline void sample__share(struct verdict *verdict, enum io_model model, double part,
				 uint64_t operations, const char *evidence)
{
	struct model_share *share =
		sample__grow(&verdict->shares, &verdict->share_count, sizeof(*share));
	char **text;

	*share = (struct model_share){.model = model, .share = part, .operations = operations};
	text = sample__grow(&share->evidence, &share->evidence_count, sizeof(*text));
	*text = strdup(evidence);
}

static inline struct finding *sample__finding(struct profile *profile, const char *id,
					      uint64_t harm, const char *text)
{
	struct finding *finding =
		sample__grow(&profile->findings, &profile->finding_count, sizeof(*finding));

	*finding = (struct finding){.id = id,
				    .severity = SEVERITY_WARNING,
				    .pid = 800,
				    .harm = harm,
				    .text = strdup(text)};
	return finding;
}

/* What is judged of sample__profile(): an event loop that is blocked, with a pool of threads. */
static inline void sample__verdict(struct profile *profile)
{
	struct process *server = &profile->processes[0], *logger = &profile->processes[1];
	struct finding *finding;

	server->verdict.model = server->threads[1].verdict.model = MODEL_EPOLL;
	sample__share(&server->verdict, MODEL_EPOLL, 0.75, 903, "903 calls followed epoll");
	sample__share(&server->verdict, MODEL_BLOCKING, 0.25, 301, "301 calls on descriptors");
	server->structure = STRUCTURE_EVENT_LOOP_POOL;
	server->concurrency = (struct level){.mean = 2.5, .max = 17, .max_known = true};
	server->parallelism = (struct level){.mean = 6, .max = 8, .max_known = true};
	server->cost = (struct cost){.threads_mean = 9.5,
				     .stacks_known = true,
				     .stack_reserved = 80ULL << 20,
				     .stack_resident = 1 << 20,
				     .kernel_stack = 160 << 10,
				     .operations = 1204,
				     .bytes = 1 << 20};
	logger->verdict.why = strdup("too little data: 3 I/O operations");
	finding = sample__finding(profile, "loop_blocked_in_handler", 1200 * MS,
				  "the event loop of `a\033[2J` was blocked in its handlers");
	finding->tid = 800;
	finding->figures[0] = (struct figure){"blocked_ns", 1200 * MS + 1};
	finding->figures[1] = (struct figure){"share", 0.25};
	finding->figure_count = 2;
	finding = sample__finding(profile, "threads_only_wait", 3 * MS, "many threads wait");
	finding->severity = SEVERITY_NOTICE;
}

#endif

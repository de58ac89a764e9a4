// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The requests of a process, and whose they are. */
#include "judge/io_tally.h"
#include "judge/loops.h"
#include "names/syscall_traits.h"
#include "names/words.h"

enum io_model request_api__model(enum request_api api)
{
	static const enum io_model models[] = {
		[REQUEST_POSIX_AIO] = MODEL_POSIX_AIO,
		[REQUEST_LINUX_AIO] = MODEL_LINUX_AIO,
		[REQUEST_IO_URING] = MODEL_IO_URING,
	};

	return (size_t)api < sizeof(models) / sizeof(models[0]) ? models[api] : MODEL_UNKNOWN;
}

/* Requests that move no data and make no connection: orders to the ring itself, and times. */
static const char no_io[] =
	"nop noop timeout timeout_remove link_timeout async_cancel poll_remove provide_buffers "
	"remove_buffers files_update msg_ring fixed_fd_install fadvise madvise waitid futex_wait "
	"futex_wake futex_waitv";

/* A request may complete more than once (multishot); one whose completion nobody saw is done, too.
 */
static uint64_t requests_done(const struct requests *requests)
{
	uint64_t done = tally__less(requests->submitted, requests->open);

	return requests->completed > done ? requests->completed : done;
}

void tally__requests(struct io_tally *tally, const struct process *process, enum request_api api)
{
	enum io_model model = request_api__model(api);

	for (size_t i = 0; i < process->request_count; i++) {
		const struct requests *requests = &process->requests[i];

		if (requests->api != api || words__have(no_io, requests->operation))
			continue;
		tally__count(tally, model, requests->operation, requests_done(requests));
		if (requests->inflight_max > tally->inflight_max[model])
			tally->inflight_max[model] = requests->inflight_max;
	}
}

bool tally_scene__has_stray_requests(const struct tally_scene *scene)
{
	for (size_t i = 0; i < scene->process->request_count; i++) {
		enum io_model model = request_api__model(scene->process->requests[i].api);

		if (model && !scene->owner[model])
			return true;
	}
	return false;
}

/* The thread that alone made calls of these names, or NULL. */
static const struct thread *only_caller(const struct process *process, const char *calls)
{
	const struct thread *only = NULL;

	for (size_t i = 0; i < process->thread_count; i++) {
		const struct thread *thread = &process->threads[i];

		for (size_t j = 0; j < thread->call_count; j++) {
			if (!words__have(calls, thread->calls[j].name) || only == thread)
				continue;
			if (only)
				return NULL;
			only = thread;
		}
	}
	return only;
}

/* Without a syscall the owner is known where all other threads are helpers. */
static const struct thread *only_program_thread(const struct tally_scene *scene)
{
	const struct thread *only = NULL;

	for (size_t i = 0; i < scene->process->thread_count; i++) {
		const struct thread *thread = &scene->process->threads[i];

		if (thread->io_worker || tally_scene__is_helper(scene, thread))
			continue;
		if (only)
			return NULL;
		only = thread;
	}
	return only;
}

/* POSIX AIO is no syscall, but it was seen who called its functions. */
static const struct thread *posix_owner(const struct tally_scene *scene)
{
	const struct process *process = scene->process;
	const struct thread *only = NULL;

	for (size_t i = 0; i < process->thread_count; i++) {
		if (!process->threads[i].posix_aio)
			continue;
		if (only)
			return NULL;
		only = &process->threads[i];
	}
	return only ? only : only_program_thread(scene);
}

void tally_scene__open(struct tally_scene *scene, const struct profile *profile,
		       const struct process *process)
{
	uint64_t most = 0;

	*scene = (struct tally_scene){.profile = profile, .process = process};
	for (size_t i = 0; i < process->request_count; i++)
		if (process->requests[i].api == REQUEST_POSIX_AIO)
			scene->to_serve += requests_done(&process->requests[i]);
	for (size_t i = 0; i < process->thread_count; i++) {
		const struct loop *loop = thread__main_loop(&process->threads[i]);

		if (!loop || loop__polls(loop) || loop->iterations <= most)
			continue;
		most = loop->iterations;
		scene->loop = multiplexer__model(loop->call);
	}
	scene->owner[MODEL_LINUX_AIO] = only_caller(process, "io_submit");
	scene->owner[MODEL_IO_URING] = only_caller(process, "io_uring_enter");
	if (!scene->owner[MODEL_IO_URING]) /* SQPOLL: submitting takes no syscall */
		scene->owner[MODEL_IO_URING] = only_caller(process, "io_uring_setup");
	if (!scene->owner[MODEL_IO_URING])
		scene->owner[MODEL_IO_URING] = only_program_thread(scene);
	scene->owner[MODEL_POSIX_AIO] = posix_owner(scene);
}

/* glibc's and musl's helpers do what was asked for with these, and no other I/O. */
static const char helper_calls[] = "pread64 pwrite64 read write fsync fdatasync";

bool tally_scene__is_helper(const struct tally_scene *scene, const struct thread *thread)
{
	bool any = false;

	if (!scene->to_serve || thread->tid == scene->process->pid || thread->io_worker)
		return false;
	for (size_t i = 0; i < thread->call_count; i++) {
		const char *name = thread->calls[i].name;

		if (words__have(helper_calls, name))
			any = true;
		else if (syscalls__traits_of(name) & (TRAIT_IO | TRAIT_MULTIPLEX))
			return false;
	}
	return any;
}

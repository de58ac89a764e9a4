// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "scene.h"

#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "check.h"
#include "endpoint.h"
#include "watchdog.h"

enum { PAGE = 4096 };

/* Contradictions are refused, not passed over: a test must not think that it set something. */
static void check_options(const struct scene_options *options)
{
	const struct wait_kind *kind = options->kind;

	if (options->path && !kind->uses_file)
		usage_error("--file does not apply to %s", kind->name);
	if (options->size && !kind->size_max)
		usage_error("--size does not apply to %s", kind->name);
	if (options->size > kind->size_max)
		usage_error("--size: %llu is more than the %llu that %s can do",
			    (unsigned long long)options->size, (unsigned long long)kind->size_max,
			    kind->name);
	if (kind->size_multiple && options->size % kind->size_multiple)
		usage_error("--size: %s needs a multiple of %llu", kind->name,
			    (unsigned long long)kind->size_multiple);
}

/* Aligned to a page, as O_DIRECT needs it, and touched, so that it never faults later. */
static char *new_buffer(uint64_t size, char fill)
{
	size_t whole_pages = (size / PAGE + 1) * PAGE;

	return memset(check_memory(aligned_alloc(PAGE, whole_pages)), fill, whole_pages);
}

void scene__set_up(struct scene *scene, const struct scene_options *options, bool nonblocking)
{
	const struct wait_kind *kind = options->kind;

	check_options(options);
	*scene = (struct scene){
		.kind = kind,
		.operations = options->operations,
		.delay_ns = options->delay_ns,
		.size = options->size ? options->size : kind->size,
		.path = options->path,
		.nonblocking = nonblocking,
		.fd = -1,
		.partner_fd = -1,
		.held_fd = -1,
		.multiplexer_fd = -1,
	};
	watchdog__start(scene->operations * (scene->delay_ns + kind->extra_delay_ns + 1000000));
	latency__init(&scene->latency, scene->operations);
	scene->turns = turns__new();
	scene->buffer = new_buffer(scene->size, '\0');
	scene->message = new_buffer(scene->size, 'x');
	kind->set_up(scene);
	if (nonblocking && scene->fd >= 0)
		endpoint__set_nonblocking(scene->fd);
}

/* Descriptors close, and files go, with the process. */
void scene__tear_down(struct scene *scene)
{
	free(scene->own);
	free(scene->message);
	free(scene->buffer);
	turns__free(scene->turns);
	latency__free(&scene->latency);
}

void scene__begin(struct scene *scene)
{
	scene->start = books__of_this_thread();
	outcome__start(&scene->outcome, scene->start.time_ns);
}

void scene__end(struct scene *scene)
{
	scene->books = books__since(scene->start);
}

uint64_t scene__begin_operation(struct scene *scene, uint64_t operation)
{
	if (scene->kind->partner != PARTNER_NONE)
		turns__await_armed(scene->turns, operation);
	if (scene->kind->prepare)
		scene->kind->prepare(scene);
	return turns__enter(scene->turns, operation);
}

void scene__end_operation(struct scene *scene, uint64_t operation)
{
	if (scene->kind->conclude)
		scene->kind->conclude(scene);
	turns__finish(scene->turns, operation);
}

static void release(struct scene *scene)
{
	if (scene->kind->sleeps == SLEEPS_ONCE && scene->nonblocking)
		turns__hold_awake(scene->turns, scene->delay_ns);
	else if (scene->kind->sleeps == SLEEPS_ONCE)
		turns__hold(scene->turns, scene->delay_ns);
	scene->kind->release(scene);
}

static void partner_play(void *argument)
{
	struct scene *scene = argument;
	const struct wait_kind *kind = scene->kind;
	struct turns *turns = scene->turns;

	turns__watch_waiter(turns, actor__await_tid(&scene->waiter));
	for (uint64_t i = 0; i < scene->operations; i++) {
		scene->operation = i;
		if (kind->arm)
			kind->arm(scene);
		turns__arm(turns, i);
		turns__await_entered(turns, i);
		if (kind->release)
			release(scene);
		turns__await_finished(turns, i);
	}
}

void scene__run(struct scene *scene, void (*waiter_play)(void *scene))
{
	bool has_partner = scene->kind->partner != PARTNER_NONE;

	scene->waiter = (struct actor){
		.name = "waiter", .cpu_rank = 0, .play = waiter_play, .scene = scene};
	scene->partner = (struct actor){
		.name = "partner", .cpu_rank = 1, .play = partner_play, .scene = scene};
	actor__start(&scene->waiter);
	if (has_partner)
		actor__start(&scene->partner);
	actor__join(&scene->waiter);
	if (has_partner)
		actor__join(&scene->partner);
}

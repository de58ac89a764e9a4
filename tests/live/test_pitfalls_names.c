// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Who and what is named: descriptors that are used again, wakers in interrupts, hostile names. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/live/lib/live.h"
#include "tests/live/lib/role.h"

/* --- one number, many objects
 * --------------------------------------------------------------------- */

#define ROUNDS 6
#define NUMBER 50

enum thing { THING_PIPE, THING_EVENTFD, THING_SOCKET, THINGS };

struct handover {
	int write_fd;
	pid_t reader;
	pthread_barrier_t barrier;
};

/* Makes a thing whose readable end has the number NUMBER; returns the other end. */
static int make_thing(enum thing thing)
{
	int ends[2] = {-1, -1};

	if (thing == THING_PIPE)
		role__check(pipe(ends), "pipe");
	else if (thing == THING_SOCKET)
		role__check(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair");
	else
		ends[0] = role__check(eventfd(0, 0), "eventfd");
	role__check(dup2(ends[0], NUMBER), "dup2");
	if (thing == THING_EVENTFD)
		return ends[0];
	close(ends[0]);
	return ends[1];
}

static void *write_later(void *context)
{
	struct handover *handover = context;
	uint64_t one = 1;

	for (int i = 0; i < ROUNDS * THINGS; i++) {
		pthread_barrier_wait(&handover->barrier);
		do
			role__nap(1000);
		while (task__state(getpid(), handover->reader) != 'S');
		role__check(write(handover->write_fd, &one, sizeof(one)), "write");
	}
	return NULL;
}

static void *read_each(void *context)
{
	struct handover *handover = context;
	uint64_t value;

	handover->reader = gettid();
	for (int i = 0; i < ROUNDS * THINGS; i++) {
		handover->write_fd = make_thing(i % THINGS);
		pthread_barrier_wait(&handover->barrier);
		role__check(read(NUMBER, &value, sizeof(value)), "read");
		close(handover->write_fd);
		close(NUMBER);
	}
	return NULL;
}

static int run_reused(int argc, char **argv)
{
	static struct handover handover;
	pthread_t writer, reader;

	(void)argc, (void)argv;
	pthread_barrier_init(&handover.barrier, NULL, 2);
	reader = role__thread("reader", read_each, &handover, NULL);
	writer = role__thread("writer", write_later, &handover, NULL);
	pthread_join(reader, NULL);
	pthread_join(writer, NULL);
	return 0;
}

static int64_t count_on(struct json_object *owner, const char *start)
{
	struct json_object *wait;
	int64_t count = 0;

	json__each (wait, owner, "waits") {
		const char *syscall = json__string(wait, "syscall");
		const char *object = json__string(wait, "object");

		if (syscall && strcmp(syscall, "read") == 0 && object &&
		    strncmp(object, start, strlen(start)) == 0)
			count += json__integer(wait, "count");
	}
	return count;
}

static void a_number_that_is_used_again_is_the_object_of_the_moment(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct trace *trace = trace__role(i ? "waits" : "full", WORDS("reused"));
		struct json_object *process =
			json_object_array_get_idx(json__at(trace->profile, "processes"), 0);
		struct json_object *reader = the_thread_named(process, "reader");

		assert_conserved(trace->profile);
		assert_nothing_lost(trace->profile);
		assert_count(count_on(reader, "pipe:["), ROUNDS);
		assert_count(count_on(reader, live__text("eventfd fd %d", NUMBER)), ROUNDS);
		assert_count(count_on(reader, "unix"), ROUNDS);
	}
}

/* --- interrupts
 * ------------------------------------------------------------------------------------ */

static volatile bool over;

static void *hog_cpu(void *context)
{
	(void)context;
	role__pin(0);
	while (!over)
		;
	return NULL;
}

static void *nap_beside_it(void *context)
{
	(void)context;
	role__pin(0);
	for (int i = 0; i < 100; i++)
		role__nap(1000);
	over = true;
	return NULL;
}

static int run_bystander(int argc, char **argv)
{
	pthread_t hog;

	(void)argc, (void)argv;
	hog = role__thread("hog", hog_cpu, NULL, NULL);
	pthread_join(role__thread("napper", nap_beside_it, NULL, NULL), NULL);
	pthread_join(hog, NULL);
	return 0;
}

static void who_is_interrupted_by_a_timer_is_no_waker(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct trace *trace = trace__role(i ? "waits" : "full", WORDS("bystander"));
		struct json_object *process =
			json_object_array_get_idx(json__at(trace->profile, "processes"), 0);
		struct json_object *wait = the_wait(the_thread_named(process, "napper"), "timer",
						    "clock_nanosleep", NULL);

		assert_conserved(trace->profile);
		assert_count(json__integer(wait, "count"), 100);
		assert_count(waker_count(wait, "timer", 0), 100);
		assert_count(json__length(wait, "wakers"), 1);
		assert_false(
			json__has(json_object_array_get_idx(json__at(wait, "wakers"), 0), "tid"));
	}
}

/* --- names that are not text
 * ------------------------------------------------------------------------ */

#define HOSTILE_NAME "\033[31m\n\"\\\xff\xc3"
#define HOSTILE_FILE "/tmp/waitscope-live-\x1b]0;x\x07\n\xff\xfe"

static int run_hostile(int argc, char **argv)
{
	int fd, pipe_ends[2];
	char byte;

	(void)argc, (void)argv;
	prctl(PR_SET_NAME, HOSTILE_NAME);
	/* wait on something of such a name: a fifo */
	unlink(HOSTILE_FILE);
	role__check(mknod(HOSTILE_FILE, 0010600, 0), "mknod");
	fd = role__check(open(HOSTILE_FILE, O_RDWR), "open");
	role__check(pipe(pipe_ends), "pipe");
	if (role__check(fork(), "fork") == 0) {
		role__nap(20000);
		role__check(write(fd, "x", 1), "write");
		_exit(0);
	}
	role__check(read(fd, &byte, 1), "read");
	unlink(HOSTILE_FILE);
	return 0;
}

/* The length of the UTF-8 sequence at `text`, 0 if it is none. */
static size_t sequence(const unsigned char *text)
{
	size_t length = *text < 0x80 ? 1 : *text >= 0xf0 ? 4 : *text >= 0xe0 ? 3 : 2;

	if (*text >= 0x80 && (*text < 0xc2 || *text > 0xf4))
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

static void check_bytes(const char *text, const char *what)
{
	const unsigned char *at = (const unsigned char *)text;

	while (*at) {
		size_t length = sequence(at);

		if (!length || (*at < 0x20 && *at != '\n') || *at == 0x7f)
			live__fail("the %s has the byte 0x%02x in it: %.40s", what, *at, at);
		at += length;
	}
}

static void names_that_are_no_text_break_no_format(void **state)
{
	struct trace *trace = trace__role("full", WORDS("hostile"));
	struct json_object *process =
		json_object_array_get_idx(json__at(trace->profile, "processes"), 0);
	struct program *program;

	(void)state;
	check_bytes(live__read_file(trace->path, NULL), "JSON");
	assert_non_null(strstr(json__string(process, "comm"), "[31m"));
	assert_count(waits_count(process, "ipc", "read"), 1);
	assert_non_null(
		strstr(json__string(the_wait(process, "ipc", "read", NULL), "object"), "fifo"));
	program__run(
		&program,
		WORDS(live__waitscope(), "profile", "-v", "--", live__self(), "--as", "hostile"),
		LIVE_TIMEOUT_MS);
	check_bytes(program__output(program), "report");
	check_bytes(program__errors(program), "diagnostics");
}

int main(int argc, char **argv)
{
	static const struct live_role roles[] = {
		{"reused", run_reused},
		{"bystander", run_bystander},
		{"hostile", run_hostile},
		{0},
	};
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(a_number_that_is_used_again_is_the_object_of_the_moment),
		LIVE_TEST(who_is_interrupted_by_a_timer_is_no_waker),
		LIVE_TEST(names_that_are_no_text_break_no_format),
	};

	live__begin(argc, argv, roles);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

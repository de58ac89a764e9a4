// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Refused calls and the successes that they are paired with: never one of another file. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/live/lib/live.h"
#include "tests/live/lib/role.h"

#define ROUNDS 10

static struct json_object *process_of(struct trace *trace)
{
	return the_process(trace->profile, json__integer(trace->truth, "pid"));
}

static struct trace *run_role(const char *name)
{
	struct trace *trace = trace__role("full", WORDS(name));

	assert_conserved(trace->profile);
	assert_nothing_lost(trace->profile);
	return trace;
}

static int64_t sum(struct json_object *owner, const char *member)
{
	struct json_object *row;
	int64_t total = 0;

	json__each (row, owner, "attempts")
		total += json__integer(row, member);
	return total;
}

static void refuse(int fd)
{
	char byte;

	if (read(fd, &byte, 1) != -1 || errno != EAGAIN) {
		role__say("the read is not refused\n");
		exit(1);
	}
}

static void make_pipe(int fds[2], int flags)
{
	role__check(pipe2(fds, flags), "pipe2");
}

static void feed_and_read(const int fds[2])
{
	char byte = 'x';

	role__check(write(fds[1], &byte, 1), "write");
	role__check(read(fds[0], &byte, 1), "read");
}

/* --- a descriptor that is used again -------------------------------------------------------------
 */

/* By close and by dup2: what succeeds is another pipe than the one that refused. */
static int run_reused(int argc, char **argv)
{
	int first[2], second[2];

	(void)argc, (void)argv;
	for (int i = 0; i < ROUNDS; i++) {
		make_pipe(first, O_NONBLOCK);
		refuse(first[0]);
		close(first[0]);
		close(first[1]);
		make_pipe(second, O_NONBLOCK);
		feed_and_read(second);
		make_pipe(first, O_NONBLOCK);
		refuse(first[0]);
		role__check(write(second[1], "x", 1), "write");
		role__check(dup2(second[0], first[0]), "dup2");
		role__check(read(first[0], &(char){0}, 1), "read");
		close(first[0]);
		close(first[1]);
		close(second[0]);
		close(second[1]);
	}
	role__say("{\"pid\": %d}\n", getpid());
	return 0;
}

static void a_descriptor_that_is_used_again_is_not_paired(void **state)
{
	struct json_object *process = process_of(run_role("reused"));

	(void)state;
	assert_count(sum(process, "eagain"), 2L * ROUNDS);
	assert_count(sum(process, "retry.count"), 0);
	assert_count(sum(process, "readiness.count"), 0);
}

/* --- another thread succeeds ---------------------------------------------------------------------
 */

static void *read_what_has_come(void *context)
{
	feed_and_read(context);
	return NULL;
}

/* The main thread is refused twice; another one succeeds. Then it is refused no more. */
static int run_shared(int argc, char **argv)
{
	int fds[2];

	(void)argc, (void)argv;
	make_pipe(fds, O_NONBLOCK);
	for (int i = 0; i < ROUNDS; i++) {
		refuse(fds[0]);
		refuse(fds[0]);
		pthread_join(role__thread("other", read_what_has_come, fds, NULL), NULL);
		feed_and_read(fds);
	}
	role__say("{\"pid\": %d}\n", getpid());
	return 0;
}

static void the_success_of_another_thread_is_the_one(void **state)
{
	struct trace *trace = run_role("shared");
	struct json_object *process = process_of(trace);
	struct json_object *main_thread = the_thread(trace->profile, json__integer(process, "pid"));

	(void)state;
	assert_count(sum(main_thread, "eagain"), 2L * ROUNDS);
	assert_count(sum(main_thread, "retry.count"), ROUNDS);
	assert_count(sum(main_thread, "readiness.count"), 0);
	assert_count(sum(process, "retry.count"), 2L * ROUNDS);
	assert_count(sum(process, "readiness.count"), ROUNDS);
	assert_count(json__length(process, "attempts"), 1); /* one call, one object */
}

/* --- both directions
 * ------------------------------------------------------------------------------ */

/* A full socket that has nothing to read: each direction is refused for itself. */
static int run_both_ways(int argc, char **argv)
{
	static char block[65536];
	int fds[2];
	long written = 0, got;

	(void)argc, (void)argv;
	role__check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), "socketpair");
	while ((got = write(fds[0], block, sizeof(block))) > 0)
		written += got;
	refuse(fds[0]);
	role__check(write(fds[1], "x", 1), "write");
	role__check(read(fds[0], &(char){0}, 1), "read");
	while (written > 0)
		written -= role__check(read(fds[1], block, sizeof(block)), "read");
	role__check(write(fds[0], "x", 1), "write");
	role__say("{\"pid\": %d}\n", getpid());
	return 0;
}

static void reading_and_writing_are_refused_apart(void **state)
{
	struct json_object *process = process_of(run_role("both_ways")), *row;

	(void)state;
	assert_count(json__length(process, "attempts"), 2);
	json__each (row, process, "attempts") {
		assert_count(json__integer(row, "eagain"), 1);
		assert_count(json__integer(row, "retry.count"), 1);
		assert_count(json__integer(row, "readiness.count"), 1);
	}
}

/* --- more objects than there are rows
 * -------------------------------------------------------------- */

#define PIPES	200
#define OBJECTS 64 /* THREAD_ATTEMPTS of bpf/io_records.h */

static int run_many(int argc, char **argv)
{
	static int fds[PIPES][2];

	(void)argc, (void)argv;
	for (int i = 0; i < PIPES; i++)
		make_pipe(fds[i], O_NONBLOCK);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < PIPES; i++)
			refuse(fds[i][0]);
	for (int i = 0; i < PIPES; i++)
		feed_and_read(fds[i]);
	role__say("{\"pid\": %d}\n", getpid());
	return 0;
}

static void what_has_no_row_of_its_own_is_counted_with_others(void **state)
{
	struct json_object *process = process_of(run_role("many")), *row;
	int64_t others = 0;

	(void)state;
	assert_count(json__length(process, "attempts"), OBJECTS + 1);
	assert_count(sum(process, "eagain"), 2L * PIPES);
	assert_count(sum(process, "retry.count"), 2L * PIPES);
	assert_count(sum(process, "readiness.count"), PIPES);
	json__each (row, process, "attempts")
		if (json__is_null(row, "object"))
			others += json__integer(row, "eagain");
	assert_count(others, 2L * (PIPES - OBJECTS));
}

/* --- what is no refusal, and what makes one
 * ------------------------------------------------------- */

/* EAGAIN after the time that the socket was given, and EAGAIN for a lock. */
static int run_waited(int argc, char **argv)
{
	struct timeval timeout = {.tv_usec = 20000};
	const char *path = argv[1];
	int fds[2], file = role__check(open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600), "open");
	int again = role__check(open(path, O_RDWR | O_CLOEXEC), "open");

	(void)argc;
	role__check(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), "socketpair");
	role__check(setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)),
		    "setsockopt");
	for (int i = 0; i < 3; i++)
		refuse(fds[0]);
	role__check(flock(file, LOCK_EX), "flock");
	if (flock(again, LOCK_EX | LOCK_NB) != -1 || errno != EAGAIN)
		return 1;
	role__say("{\"pid\": %d}\n", getpid());
	return 0;
}

static void who_waited_was_not_refused(void **state)
{
	const char *path = live__scratch("lock");
	struct trace *trace = trace__role("full", WORDS("waited", path));
	struct json_object *process = process_of(trace), *reads;

	(void)state;
	reads = the_syscall(process, "read");
	assert_count(json__integer(reads, "eagain"), 3);
	assert_count(json__integer(reads, "nonblocking"), 0);
	assert_count(json__integer(reads, "slept"), 3);
	assert_count(json__integer(the_syscall(process, "flock"), "eagain"), 1);
	assert_count(json__length(process, "attempts"), 0);
}

/* O_NONBLOCK and O_ASYNC come and go; MSG_DONTWAIT is for one call. */
static int run_flags(int argc, char **argv)
{
	char byte = 'x';
	int fds[2];

	(void)argc, (void)argv;
	role__check(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), "socketpair");
	for (int i = 0; i < ROUNDS; i++) {
		role__check(send(fds[1], &byte, 1, 0), "send");
		role__check(send(fds[1], &byte, 1, MSG_DONTWAIT), "send");
		role__check(recv(fds[0], &byte, 1, 0), "recv");
		role__check(fcntl(fds[0], F_SETFL, O_NONBLOCK), "fcntl");
		role__check(recv(fds[0], &byte, 1, 0), "recv");
		role__check(fcntl(fds[0], F_SETFL, O_ASYNC), "fcntl");
		role__check(send(fds[0], &byte, 1, 0), "send");
		role__check(fcntl(fds[0], F_SETFL, 0), "fcntl");
	}
	role__say("{\"pid\": %d}\n", getpid());
	return 0;
}

static void flags_count_as_they_are_at_each_call(void **state)
{
	struct json_object *process = process_of(run_role("flags")), *sends, *receives;

	(void)state;
	sends = the_syscall(process, "sendto");
	receives = the_syscall(process, "recvfrom");
	assert_count(json__integer(sends, "calls"), 3L * ROUNDS);
	assert_count(json__integer(sends, "bytes"), 3L * ROUNDS);
	assert_count(json__integer(sends, "nonblocking"), ROUNDS);
	assert_count(json__integer(sends, "signalled"), ROUNDS);
	assert_count(json__integer(receives, "nonblocking"), ROUNDS);
	assert_count(json__integer(receives, "signalled"), 0);
	assert_count(json__integer(receives, "slept"), 0);
}

/* What is always ready has the flag without an effect: opendir() sets it, and so does tar. */
static int run_ready(int argc, char **argv)
{
	int files = (int)role__check(open("/usr", O_RDONLY | O_DIRECTORY | O_NONBLOCK), "/usr"),
	    file = (int)role__check(open(live__self(), O_RDONLY | O_NONBLOCK), "open"),
	    event = (int)role__check(eventfd(ROUNDS, EFD_NONBLOCK | EFD_SEMAPHORE), "eventfd"),
	    zeroes = (int)role__check(open("/dev/zero", O_RDONLY | O_NONBLOCK), "/dev/zero");
	char entries[4096];
	uint64_t value;

	(void)argc, (void)argv;
	for (int i = 0; i < ROUNDS; i++) {
		role__check(lseek(files, 0, SEEK_SET), "lseek");
		role__check(syscall(SYS_getdents64, files, entries, sizeof(entries)), "getdents64");
		role__check(pread(file, entries, sizeof(entries), 0), "pread");
		role__check(read(event, &value, sizeof(value)), "read");
		role__check(readv(zeroes, &(struct iovec){entries, 1}, 1), "readv");
	}
	role__say("{\"pid\": %d}\n", getpid());
	return 0;
}

static void the_flag_means_nothing_to_what_is_always_ready(void **state)
{
	struct json_object *process = process_of(run_role("ready"));

	(void)state;
	assert_count(syscall_calls(process, "getdents64"), ROUNDS);
	assert_count(json__integer(the_syscall(process, "getdents64"), "nonblocking"), 0);
	assert_count(json__integer(the_syscall(process, "pread64"), "nonblocking"), 0);
	/* but to others: eventfds have the mode of a regular file in new kernels */
	assert_count(json__integer(the_syscall(process, "read"), "nonblocking"), ROUNDS);
	assert_count(json__integer(the_syscall(process, "readv"), "nonblocking"), ROUNDS);
}

/* --- a connect that is in progress
 * ---------------------------------------------------------------- */

/* Options that are set and read meanwhile say nothing of its end; SO_ERROR does. */
static int run_connect(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	int listener = role__check(socket(AF_INET, SOCK_STREAM, 0), "socket"), fd, error, size;
	socklen_t length = sizeof(address), error_length = sizeof(error);

	(void)argc, (void)argv;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	role__check(bind(listener, (struct sockaddr *)&address, length), "bind");
	role__check(listen(listener, ROUNDS), "listen");
	role__check(getsockname(listener, (struct sockaddr *)&address, &length), "getsockname");
	for (int i = 0; i < ROUNDS; i++) {
		fd = role__check(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
		if (connect(fd, (struct sockaddr *)&address, length) != -1 || errno != EINPROGRESS)
			return 1;
		size = 65536;
		role__check(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)),
			    "setsockopt");
		role__check(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &error_length),
			    "getsockopt");
		role__nap(5000);
		if (i % 2) /* or what the program does next */
			role__check(write(fd, "x", 1), "write");
		role__check(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_length),
			    "getsockopt");
		close(fd);
	}
	role__say("{\"pid\": %d}\n", getpid());
	return 0;
}

static void a_connect_ends_where_the_program_learns_of_it(void **state)
{
	struct json_object *process = process_of(run_role("connect"));

	(void)state;
	assert_count(sum(process, "einprogress"), ROUNDS);
	assert_count(sum(process, "eagain"), 0);
	assert_count(sum(process, "spin_runs"), 0);
	assert_count(sum(process, "readiness.count"), ROUNDS);
	if (!live__emulated())
		assert_true(sum(process, "readiness.sum_ns") >= ROUNDS * 5000000LL);
}

int main(int argc, char **argv)
{
	static const struct live_role roles[] = {
		{"reused", run_reused}, {"shared", run_shared},	  {"both_ways", run_both_ways},
		{"many", run_many},	{"waited", run_waited},	  {"flags", run_flags},
		{"ready", run_ready},	{"connect", run_connect}, {0},
	};
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(a_descriptor_that_is_used_again_is_not_paired),
		LIVE_TEST(the_success_of_another_thread_is_the_one),
		LIVE_TEST(reading_and_writing_are_refused_apart),
		LIVE_TEST(what_has_no_row_of_its_own_is_counted_with_others),
		LIVE_TEST(who_waited_was_not_refused),
		LIVE_TEST(flags_count_as_they_are_at_each_call),
		LIVE_TEST(the_flag_means_nothing_to_what_is_always_ready),
		LIVE_TEST(a_connect_ends_where_the_program_learns_of_it),
	};

	live__begin(argc, argv, roles);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

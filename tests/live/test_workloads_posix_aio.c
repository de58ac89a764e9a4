// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* POSIX AIO: the bundled workload's truth, and what goes wrong, by roles of this program. */
#define _GNU_SOURCE
#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/live/lib/live.h"
#include "tests/live/lib/role.h"

#define OPERATIONS 60
#define ROLE_NAME  "test_workloads_" /* of this program's roles, as the kernel cuts it */

static int64_t of(struct json_object *row, const char *field)
{
	return json__integer(row, field);
}

/* Each is in one of three places, and each that ended alone has a latency. */
static void check_balance(struct json_object *row)
{
	assert_count(of(row, "submitted"),
		     of(row, "completed") + of(row, "unseen") + of(row, "open"));
	assert_count(of(row, "latency.count"), of(row, "completed") - of(row, "alike"));
}

static struct json_object *row_of(struct json_object *process, const char *operation)
{
	struct json_object *row = the_requests(process, "posix_aio", operation);

	check_balance(row);
	return row;
}

/* Somebody else than the submitter did them. */
static void check_helpers(struct trace *trace, struct json_object *process)
{
	struct json_object *thread;
	int helpers = 0;

	json__each (thread, process, "threads")
		if (json__boolean(thread, "aio_helper")) {
			assert_true(of(thread, "tid") != of(process, "pid"));
			assert_true(of(thread, "tid") != json__integer(trace->truth, "waiter_tid"));
			helpers++;
		}
	assert_true(helpers > 0);
}

/* A row against the workload's own books. To the workload a request that was cancelled did not
 * complete. */
static void check_row(struct trace *trace, struct json_object *process, const char *operation)
{
	struct json_object *truth = json__at(json__at(trace->truth, "requests"), operation);
	struct json_object *row = row_of(process, operation);

	assert_count(of(row, "submitted"), of(truth, "submitted"));
	assert_count(of(row, "completed"), of(truth, "completed") + of(truth, "cancelled"));
	assert_count(of(row, "cancelled"), of(truth, "cancelled"));
	assert_count(of(row, "failed"), of(truth, "failed"));
	assert_count(of(row, "open"), 0);
	assert_count(of(row, "unseen"), 0);
}

enum scene { CALLBACK, SIGNAL, SUSPEND, POLL, LIST, RECEIVE, CANCEL, SCENES };

static const char *const scenes[SCENES][8] = {
	[CALLBACK] = {"--notify", "callback", "--depth", "4"},
	[SIGNAL] = {"--notify", "signal", "--depth", "4"},
	[SUSPEND] = {"--notify", "suspend", "--depth", "4"},
	[POLL] = {"--notify", "poll", "--depth", "4"},
	[LIST] = {"--what", "lio", "--depth", "6"},
	[RECEIVE] = {"--task", "receive", "--delay", "2ms"},
	[CANCEL] = {"--cancel", "3", "--depth", "4"},
};

static const char *const *words_of(enum scene scene)
{
	static const char *words[20];
	size_t count = 0;

	words[count++] = "posix_aio";
	for (size_t i = 0; scenes[scene][i]; i++)
		words[count++] = scenes[scene][i];
	words[count++] = "--ops";
	words[count++] = "60";
	words[count] = NULL;
	if (scene != RECEIVE)
		memcpy(&words[count],
		       WORDS("--task", "file", "--size", "4K", "--file", live__disk_file("aio")),
		       7 * sizeof(*words));
	return words;
}

static struct json_object *run(struct trace **trace, enum scene scene)
{
	struct json_object *process;

	*trace = trace__workload("full", words_of(scene));
	process = the_process((*trace)->profile, (pid_t)of((*trace)->truth, "pid"));
	assert_conserved((*trace)->profile);
	assert_nothing_lost((*trace)->profile);
	check_helpers(*trace, process);
	return process;
}

static void each_way_to_be_told_is_counted(void **state)
{
	static const struct {
		enum scene scene;
		const char *field;
	} ways[] = {{CALLBACK, "notified.thread"},
		    {SIGNAL, "notified.signal"},
		    {SUSPEND, "notified.none"},
		    {POLL, "notified.none"}};

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct trace *trace;
		struct json_object *process = run(&trace, ways[i].scene);
		struct json_object *row = row_of(process, "read");

		check_row(trace, process, "read");
		assert_count(of(row, ways[i].field), OPERATIONS);
		assert_count(of(row, "batches"), OPERATIONS);
		assert_count(of(row, "bytes"), OPERATIONS * 4096);
		assert_in_range(of(row, "inflight.max"), 1, 4);
		assert_count(of(process, "posix_aio_calls.aio_return"), OPERATIONS);
		assert_true(of(process, "posix_aio_calls.aio_error") >= OPERATIONS);
		assert_true((ways[i].scene == SUSPEND) ==
			    (of(process, "posix_aio_calls.aio_suspend") > 0));
	}
}

static void a_list_is_one_batch_of_reads_and_writes(void **state)
{
	struct trace *trace;
	struct json_object *process = run(&trace, LIST);

	(void)state;
	check_row(trace, process, "read");
	check_row(trace, process, "write");
	assert_count(of(row_of(process, "read"), "batches") +
			     of(row_of(process, "write"), "batches"),
		     OPERATIONS / 6);
}

/* As the program can know it: the truth also has the time until it looked. */
static void latency_is_less_than_what_the_program_saw(void **state)
{
	struct trace *trace;
	struct json_object *process = run(&trace, RECEIVE);
	struct json_object *truth = json__at(trace->truth, "requests.read.latency");
	struct json_object *row = row_of(process, "read");

	(void)state;
	check_row(trace, process, "read");
	if (live__emulated())
		return;
	assert_true(json__number(row, "latency.sum_ns") <= json__number(truth, "sum_ns"));
	assert_true(json__number(row, "latency.sum_ns") >= json__number(truth, "sum_ns") / 4);
	/* a request that waits is one operation that is outstanding, and the partner's sleep
	 * another one; that of the helper is none beside it */
	assert_true(json__number(process, "concurrency.mean") < 2.2);
	assert_true(of(process, "concurrency.max") <= 2);
}

static void requests_that_are_called_off_are_cancelled(void **state)
{
	struct trace *trace;
	struct json_object *process = run(&trace, CANCEL);

	(void)state;
	check_row(trace, process, "read");
	assert_count(of(process, "posix_aio_calls.aio_cancel"),
		     json__integer(trace->truth, "cancel_asked"));
	assert_count(of(row_of(process, "read"), "cancelled"),
		     json__integer(trace->truth, "cancel_asked") -
			     json__integer(trace->truth, "cancel_refused"));
}

static void in_the_waits_tier_there_are_no_requests(void **state)
{
	struct trace *trace = trace__workload("waits", words_of(SUSPEND));
	struct json_object *process = the_process_named(trace->profile, "posix_aio");

	(void)state;
	assert_count(json__length(process, "requests"), 0);
}

/* --- by roles --------------------------------------------------------------------------------- */

static char buffers[8][64];

static struct aiocb block_for(int fd, int number)
{
	return (struct aiocb){.aio_fildes = fd,
			      .aio_buf = buffers[number],
			      .aio_nbytes = sizeof(buffers[number]),
			      .aio_sigevent.sigev_notify = SIGEV_NONE};
}

/* Waits for its end and returns what aio_return() says, or -error. */
static ssize_t await(struct aiocb *block)
{
	const struct aiocb *list[] = {block};
	int error;

	while ((error = aio_error(block)) == EINPROGRESS)
		aio_suspend(list, 1, NULL);
	return error ? -error : aio_return(block);
}

static int scratch_file(int flags)
{
	char path[] = "/var/tmp/waitscope-live-XXXXXX";
	int fd = (int)role__check(mkstemp(path), "mkstemp");

	close(fd);
	fd = (int)role__check(open(path, O_RDWR | O_CLOEXEC | flags), path);
	unlink(path);
	return fd;
}

static struct json_object *run_as(struct trace **trace, const char *role)
{
	*trace = trace__role("full", WORDS(role));
	assert_conserved((*trace)->profile);
	assert_nothing_lost((*trace)->profile);
	return the_process_named((*trace)->profile, ROLE_NAME);
}

#define ALIKE	     8
#define ALIKE_ROUNDS 10

/*
 * The same buffer and offset, many at once: nobody can tell them apart. Nothing can be read before
 * all have been asked for.
 */
static int run_alike(int argc, char **argv)
{
	static const char data[ALIKE * sizeof(buffers[0])];
	struct aiocb blocks[ALIKE];
	int ends[2];

	(void)argc, (void)argv;
	role__check(pipe(ends), "pipe");
	for (int round = 0; round < ALIKE_ROUNDS; round++) {
		for (int i = 0; i < ALIKE; i++) {
			blocks[i] = block_for(ends[0], 0);
			role__check(aio_read(&blocks[i]), "aio_read");
		}
		role__check(write(ends[1], data, sizeof(data)), "write");
		for (int i = 0; i < ALIKE; i++)
			role__check(await(&blocks[i]), "the request");
	}
	return 0;
}

static void requests_that_are_alike_are_not_paired(void **state)
{
	struct trace *trace;
	struct json_object *row = row_of(run_as(&trace, "alike"), "read");

	(void)state;
	assert_count(of(row, "submitted"), ALIKE * ALIKE_ROUNDS);
	assert_count(of(row, "completed"), ALIKE * ALIKE_ROUNDS);
	assert_count(of(row, "alike"), ALIKE * ALIKE_ROUNDS);
	assert_count(of(row, "latency.count"), 0);
	assert_count(of(row, "open"), 0);
	assert_count(of(row, "inflight.max"), ALIKE);
	assert_true(json__number(row, "inflight.mean") > 0);
}

#define JOINED_ROUNDS 200

/* Here they may be done at once: one is asked for while the one before it is on its way out. */
static int run_joined(int argc, char **argv)
{
	struct aiocb blocks[ALIKE];
	int fd = scratch_file(0);

	(void)argc, (void)argv;
	for (int round = 0; round < JOINED_ROUNDS; round++) {
		for (int i = 0; i < ALIKE; i++) {
			blocks[i] = block_for(fd, 0);
			role__check(aio_write(&blocks[i]), "aio_write");
		}
		for (int i = 0; i < ALIKE; i++)
			role__check(await(&blocks[i]), "the request");
	}
	return 0;
}

static void requests_that_join_others_at_their_end_are_not_lost(void **state)
{
	struct trace *trace;
	struct json_object *row = row_of(run_as(&trace, "joined"), "write");

	(void)state;
	assert_count(of(row, "submitted"), ALIKE * JOINED_ROUNDS);
	assert_count(of(row, "completed"), ALIKE * JOINED_ROUNDS);
	assert_count(of(row, "open"), 0);
	assert_count(of(row, "latency.count"), of(row, "completed") - of(row, "alike"));
}

/* glibc refuses a negative priority, and never starts to read what is no descriptor at all. */
static int run_refused(int argc, char **argv)
{
	int fd = scratch_file(0);

	(void)argc, (void)argv;
	for (int i = 0; i < 10; i++) {
		struct aiocb good = block_for(fd, 1), bad = block_for(fd, 2);

		bad.aio_reqprio = -1;
		role__check(aio_read(&bad) == -1 ? 0 : -1, "a negative priority");
		role__check(aio_read(&good), "aio_read");
		await(&good);
	}
	return 0;
}

static void requests_that_are_refused_are_not_submitted(void **state)
{
	struct trace *trace;
	struct json_object *row = row_of(run_as(&trace, "refused"), "read");

	(void)state;
	assert_count(of(row, "submitted"), 10);
	assert_count(of(row, "completed"), 10);
	assert_count(of(row, "inflight.max"), 1);
}

static int run_failing(int argc, char **argv)
{
	int fd = scratch_file(0);

	(void)argc, (void)argv;
	for (int i = 0; i < 10; i++) {
		struct aiocb block = block_for(fd, 1);

		block.aio_buf = (void *)4096; /* nothing is there */
		role__check(aio_write(&block), "aio_write");
		role__check(await(&block) == -EFAULT ? 0 : -1, "a write from nowhere");
	}
	return 0;
}

static void requests_that_fail_are_counted(void **state)
{
	struct trace *trace;
	struct json_object *row = row_of(run_as(&trace, "failing"), "write");

	(void)state;
	assert_count(of(row, "completed"), 10);
	assert_count(of(row, "failed"), 10);
	assert_count(of(row, "bytes"), 0);
}

/* Where there are no positions the library reads and writes without one; and what is appended has
 * none that counts. */
static int run_streams(int argc, char **argv)
{
	int file = scratch_file(O_APPEND), ends[2];

	(void)argc, (void)argv;
	role__check(pipe(ends), "pipe");
	for (int i = 0; i < 10; i++) {
		struct aiocb in = block_for(ends[0], 1), out = block_for(ends[1], 2);
		struct aiocb appended = block_for(file, 3);

		in.aio_offset = out.aio_offset = appended.aio_offset = 77777;
		role__check(aio_read(&in), "aio_read");
		role__check(aio_write(&out), "aio_write");
		role__check(aio_write(&appended), "aio_write");
		role__check(await(&in), "the read");
		role__check(await(&out), "the write");
		role__check(await(&appended), "the append");
	}
	return 0;
}

static void requests_on_what_has_no_positions_are_followed(void **state)
{
	struct trace *trace;
	struct json_object *process = run_as(&trace, "streams");
	struct json_object *reads = row_of(process, "read"), *writes = row_of(process, "write");

	(void)state;
	assert_count(of(reads, "completed"), 10);
	assert_count(of(reads, "failed"), 0);
	assert_count(of(reads, "bytes"), 640);
	assert_count(of(writes, "completed"), 20);
	assert_count(of(writes, "bytes"), 1280);
}

static int run_leaving(int argc, char **argv)
{
	static struct aiocb block; /* the library may look at it as late as in exit() */
	int ends[2];

	(void)argc, (void)argv;
	role__check(pipe(ends), "pipe");
	block = block_for(ends[0], 1);
	role__check(aio_read(&block), "aio_read");
	role__nap(20000);
	return 0;
}

static void requests_in_flight_at_exit_are_open(void **state)
{
	struct trace *trace;
	struct json_object *row = row_of(run_as(&trace, "leaving"), "read");

	(void)state;
	assert_count(of(row, "submitted"), 1);
	assert_count(of(row, "open"), 1);
	assert_true(json__number(row, "inflight.mean") <= 1);
}

/* Begins when it is told to: whoever traces it has found its library by then. */
static int run_on_demand(int argc, char **argv)
{
	char line[16];
	int fd = scratch_file(0);

	(void)argc, (void)argv;
	role__say("ready\n");
	while (role__hear(line, sizeof(line))) {
		for (int i = 0; i < 25; i++) {
			struct aiocb block = block_for(fd, 1);

			role__check(aio_read(&block), "aio_read");
			await(&block);
		}
		role__say("done\n");
	}
	return 0;
}

static struct json_object *trace_on_demand(struct program *program, struct trace **trace)
{
	*trace = trace__start(WORDS("-p", live__text("%d", program->pid)));
	trace__await_attached(*trace);
	live__sleep_ms(live__emulated() ? 3000 : 400);
	program__say(program, "go\n");
	program__await_output(program, "done");
	program__end_input(program);
	trace__finish(*trace, LIVE_TIMEOUT_MS);
	return the_process((*trace)->profile, program->was_pid);
}

static void a_process_that_runs_already_is_followed(void **state)
{
	struct program *program = program__start_role(WORDS("on_demand"));
	struct trace *trace;
	struct json_object *row = row_of(trace_on_demand(program, &trace), "read");

	(void)state;
	assert_count(of(row, "submitted"), 25);
	assert_count(of(row, "completed"), 25);
}

/* A copy of the C library is another file: it is found by way of who maps it, in another root. */
static void a_library_in_another_root_is_found(void **state)
{
	const char *root = live__scratch("root"), *self = live__self();
	struct program *program, *copy;
	struct json_object *row;
	struct trace *trace;

	(void)state;
	if (program__run(
		    &copy,
		    WORDS("sh", "-c",
			  "set -e; command -v ldd; mkdir -p \"$1/var/tmp\" \"$1/proc\"; cp \"$2\" \"$1/self\"; "
			  "for f in $(ldd \"$2\" | grep -o '/[^ ]*'); do "
			  "mkdir -p \"$1${f%/*}\"; cp -L \"$f\" \"$1$f\"; done",
			  "sh", root, self),
		    LIVE_TIMEOUT_MS))
		live__skip("no other root can be made here: %s", program__errors(copy));
	program = program__start(WORDS("unshare", "-m", "sh", "-c",
				       "mount -t proc proc \"$1/proc\" && "
				       "exec chroot \"$1\" /self --as on_demand",
				       "sh", root));
	program__await_output(program, "ready");
	row = row_of(trace_on_demand(program, &trace), "read");
	assert_count(of(row, "submitted"), 25);
	assert_count(of(row, "completed"), 25);
	program__run(&copy, WORDS("rm", "-rf", root), LIVE_TIMEOUT_MS);
}

static const struct live_role roles[] = {
	{"alike", run_alike},	      {"joined", run_joined},
	{"refused", run_refused},     {"failing", run_failing},
	{"streams", run_streams},     {"leaving", run_leaving},
	{"on_demand", run_on_demand}, {0},
};

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(each_way_to_be_told_is_counted),
		LIVE_TEST(a_list_is_one_batch_of_reads_and_writes),
		LIVE_TEST(latency_is_less_than_what_the_program_saw),
		LIVE_TEST(requests_that_are_called_off_are_cancelled),
		LIVE_TEST(in_the_waits_tier_there_are_no_requests),
		LIVE_TEST(requests_that_are_alike_are_not_paired),
		LIVE_TEST(requests_that_join_others_at_their_end_are_not_lost),
		LIVE_TEST(requests_that_are_refused_are_not_submitted),
		LIVE_TEST(requests_that_fail_are_counted),
		LIVE_TEST(requests_on_what_has_no_positions_are_followed),
		LIVE_TEST(requests_in_flight_at_exit_are_open),
		LIVE_TEST(a_process_that_runs_already_is_followed),
		LIVE_TEST(a_library_in_another_root_is_found),
	};

	live__begin(argc, argv, roles);
	for (enum scene scene = 0; scene < SCENES; scene++)
		trace__announce("full", words_of(scene));
	live__end_test(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the live tests share: run programs, run waitscope, read its JSON, hold it against a truth.
 *
 * A test program is
 *
 *	static void a_pipe_is_named_by_its_inode(void **state) { ... }
 *
 *	int main(int argc, char **argv)
 *	{
 *		static const struct CMUnitTest tests[] = {
 *			LIVE_TEST(a_pipe_is_named_by_its_inode),
 *		};
 *
 *		live__begin(argc, argv, NULL);
 *		return cmocka_run_group_tests(tests, NULL, NULL);
 *	}
 *
 * Everything here fails the running test (with a message) instead of returning an error, unless
 * said otherwise. What a test started and read is ended and freed behind it, passed or failed.
 *
 * Environment: WAITSCOPE, the program under test (default: build/waitscope-checked).
 * LIVE_EMULATED=1: times mean nothing here (QEMU without KVM), so nothing about them is asserted.
 * LIVE_ONLY=PATTERN: only the tests of that name (with * and ?). LIVE_KEEP=DIRECTORY: each
 * profile is left there.
 */
#ifndef WAITSCOPE_LIVE_H
#define WAITSCOPE_LIVE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <cmocka.h>
#include <json-c/json.h>

/* --- the test program ----------------------------------------------------------------------- */

/* A function of the test program that can be run as a program of its own, in a process that is
 * made by exec: `live__self() --as NAME ARGUMENT...`. Its result is the exit status. */
struct live_role {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the role's name */
};

/* To be called first in main(). `roles` ends with {0}, or is NULL. Becomes the role if the program
 * was started as one; skips all tests (status 0, said on stderr) if not root. */
void live__begin(int argc, char **argv, const struct live_role *roles);

int live__end_test(void **state);
#define LIVE_TEST(function) cmocka_unit_test_teardown(function, live__end_test)

bool live__emulated(void);
const char *live__self(void);
const char *live__waitscope(void);
/* The build directory. */
const char *live__build(void);
/* Path of a bundled workload. Freed with the test. */
const char *live__workload(const char *name);
/* Path of a file of the source tree. Freed with the test. */
const char *live__source(const char *path);
/* printf into a text that is freed with the test. */
const char *live__text(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A new name for a file that is removed behind the test, in a directory like /tmp. */
const char *live__scratch(const char *name);
/* The same on a real file system (/var/tmp, or $DISK), not one in memory. */
const char *live__disk_scratch(const char *name);
/* A name there for a workload that makes the file and removes it; the same at each call. */
const char *live__disk_file(const char *name);
/* Skips the running test, and says why. */
void live__skip(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
/* Fails the running test; unlike cmocka's fail_msg known not to return. */
void live__fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

uint64_t live__now(void); /* CLOCK_MONOTONIC, ns */
void live__sleep_ms(unsigned int milliseconds);
/* The whole file (also of /proc), ended by NUL, freed with the test; NULL if it cannot be read. */
char *live__read_file(const char *path, size_t *size);
void live__write_file(const char *path, const char *text);

/* --- programs ------------------------------------------------------------------------------- */

/* A started program. Its stdin is a pipe from the test; its stdout and stderr are kept apart, in
 * memory. It is killed when the test ends or dies. */
struct program {
	pid_t pid;     /* 0 once it was waited for */
	pid_t was_pid; /* stays */
	int status;    /* as in shells: exit status, or 128 + signal; -1 while it runs */
	int in_fd, out_fd, err_fd;
	struct program *next;
};

#define LIVE_TIMEOUT_MS 30000

/* Starts it; words are looked up in PATH. */
struct program *program__start(const char *const *words);
/* The same, with stdout going to the given descriptor (which the test keeps) instead of memory. */
struct program *program__start_to(const char *const *words, int stdout_fd);
/* Waits for its end and returns `status`; fails, and kills it, if that takes too long. */
int program__wait(struct program *program, unsigned int timeout_ms);
bool program__has_ended(struct program *program); /* reaps it */
/* What it wrote so far. Freed with the test. */
char *program__output(struct program *program);
char *program__errors(struct program *program);
/* Waits until what it wrote to stdout (or stderr) has `text` in it. */
void program__await_output(struct program *program, const char *text);
void program__await_errors(struct program *program, const char *text);
/* The number behind `name=` in what it wrote to stdout; fails if there is none. */
long program__value(struct program *program, const char *name);
void program__say(struct program *program, const char *text); /* to its stdin */
void program__end_input(struct program *program);
void program__signal(struct program *program, int signal);
/* Starts, waits, returns the status; what it wrote can still be had from *program. */
int program__run(struct program **program, const char *const *words, unsigned int timeout_ms);
/* Starts the role of this test program, and waits until it has written "ready". */
struct program *program__start_role(const char *const *words);

/* Words to start anything with; a macro, so that no NULL is forgotten. */
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The state letter of a thread in /proc (`S`, `D`, `T` ...), 0 if there is none. */
char task__state(pid_t pid, pid_t tid);
/* Waits until that is one of `states`. */
void task__await_state(pid_t pid, pid_t tid, const char *states);

/* --- waitscope ------------------------------------------------------------------------------ */

/* One run of `waitscope profile --json`. */
struct trace {
	struct program *program;
	const char *path; /* of the profile */
	int status;
	struct json_object *profile; /* NULL if it left none */
	struct json_object *truth;   /* stdout as JSON, NULL if it is none */
};

/* Runs `waitscope profile --json -o FILE OPTIONS...` to its end. `options` are options, and what
 * is traced: WORDS("--tier", "waits", "--", "sleep", "1"). Fails if it leaves no profile, or if a
 * sanitizer complained. Freed with the test. */
struct trace *trace__run(const char *const *options, unsigned int timeout_ms);
/* The same in two steps. The second returns once waitscope has attached. */
struct trace *trace__start(const char *const *options);
void trace__await_attached(struct trace *trace);
void trace__finish(struct trace *trace, unsigned int timeout_ms);
/* The same of `waitscope hist WHAT`: `profile` is then what that leaves (docs/hist.schema.json). */
struct trace *trace__start_hist(const char *what, const char *const *options);
/* To its end; again if any thread was hit (see below). Any status will do. */
struct trace *trace__hist(const char *what, const char *const *options);
/*
 * Some kernels (of sandboxes) keep tasks from tracing programs: a switch from such a task to one of
 * ours is then not seen. waitscope notices and says so: "hidden_switches" for each gap, and lost
 * "transitions" of the threads that it hit. True if `thread` was: by its own account its figures
 * are incomplete, and a test of exact counts has to run it again. Where no tasks are hidden, a
 * lost transition is a bug, and this is false.
 */
bool thread__was_hit(struct trace *trace, struct json_object *thread);
/* The same of any thread of the profile. */
bool trace__was_hit(struct trace *trace);
/* Runs a bundled workload: WORDS("blocking", "--what", "pipe") under "full" or "waits", again if
 * its waiter was hit; fails if the workload fails, and skips if this machine lacks what it needs.
 */
struct trace *trace__workload(const char *tier, const char *const *words);
/*
 * This workload will be traced so. Emulated, all that are announced for a tier share one run of
 * waitscope, one after the other, as soon as the first of them is asked for; their traces have no
 * `program`. Elsewhere each has its own run all the same.
 */
void trace__announce(const char *tier, const char *const *words);
/* Runs a role of this test program as a command: `words` are its name and arguments. Again if any
 * of its threads was hit; fails if its status is not 0. */
struct trace *trace__role(const char *tier, const char *const *words);

/* --- JSON ------------------------------------------------------------------------------------- */

/* `path` is like "audit.lost.threads". Fail where it is missing or of another type. */
struct json_object *json__at(struct json_object *object, const char *path);
int64_t json__integer(struct json_object *object, const char *path);
double json__number(struct json_object *object, const char *path);
bool json__boolean(struct json_object *object, const char *path);
const char *json__string(struct json_object *object, const char *path); /* NULL if it is null */
bool json__is_null(struct json_object *object, const char *path);
bool json__has(struct json_object *object, const char *path); /* there, and not null */
size_t json__length(struct json_object *object, const char *path);
struct json_object *json__parse(const char *text); /* freed with the test; NULL if it is no JSON */
const char *json__show(struct json_object *object);

/* for each element of the array at `path` */
#define json__each(element, object, path)                                                          \
	for (size_t element##_i = 0, element##_n = json__length(object, path);                     \
	     element##_i < element##_n &&                                                          \
	     ((element) = json_object_array_get_idx(json__at(object, path), element##_i), 1);      \
	     element##_i++)

/* --- rows of a profile. find_ returns NULL where there is none, the_ fails
 * ------------------------ */

struct json_object *find_process(struct json_object *profile, pid_t pid);
struct json_object *the_process(struct json_object *profile, pid_t pid);
/* The first one of that name. */
struct json_object *find_process_named(struct json_object *profile, const char *comm);
struct json_object *the_process_named(struct json_object *profile, const char *comm);
/* In any process. */
struct json_object *find_thread(struct json_object *profile, pid_t tid);
struct json_object *the_thread(struct json_object *profile, pid_t tid);
struct json_object *find_thread_named(struct json_object *process, const char *comm);
struct json_object *the_thread_named(struct json_object *process, const char *comm);

/* Of a thread or process: the first wait in which all that is not NULL agrees. */
struct json_object *find_wait(struct json_object *owner, const char *class, const char *syscall,
			      const char *object);
struct json_object *the_wait(struct json_object *owner, const char *class, const char *syscall,
			     const char *object);
struct json_object *find_syscall(struct json_object *owner, const char *name);
struct json_object *the_syscall(struct json_object *owner, const char *name);
/* Sums over all rows of a thread or process in which what is not NULL agrees. */
uint64_t waits_count(struct json_object *owner, const char *class, const char *syscall);
uint64_t waits_total(struct json_object *owner, const char *class, const char *syscall);
uint64_t syscall_calls(struct json_object *owner, const char *name);
/* Asynchronous requests of a process, by interface and operation: "io_uring", "read". */
struct json_object *find_requests(struct json_object *process, const char *api,
				  const char *operation);
struct json_object *the_requests(struct json_object *process, const char *api,
				 const char *operation);
/* How often a waker of that kind (and tid, if not 0) ended a wait of this row. */
uint64_t waker_count(struct json_object *wait, const char *kind, pid_t tid);
uint64_t waker_total(struct json_object *wait);

/* --- assertions ---------------------------------------------------------------------------------
 */

/* Times within 2% or 100 us, whichever is larger. Not asserted when emulated. */
#define assert_time_near(actual, expected)                                                         \
	check_near(actual, expected, 2.0, 100000, #actual, __FILE__, __LINE__)
/* Within `percent` of `expected`, or `slack` ns, whichever is larger. Not when emulated. */
#define assert_time_within(actual, expected, percent, slack)                                       \
	check_near(actual, expected, percent, slack, #actual, __FILE__, __LINE__)
/* low - tolerance <= actual <= high + tolerance, of 2% or 100 us. Not when emulated. */
#define assert_time_between(actual, low, high)                                                     \
	check_between(actual, low, high, #actual, __FILE__, __LINE__)
/* Exact. */
#define assert_count(actual, expected) check_count(actual, expected, #actual, __FILE__, __LINE__)

void check_near(double actual, double expected, double percent, double slack, const char *what,
		const char *file, int line);
void check_between(double actual, double low, double high, const char *what, const char *file,
		   int line);
void check_count(int64_t actual, int64_t expected, const char *what, const char *file, int line);

/* {sum_ns, p50_ns, p90_ns, p99_ns} of two distributions, as assert_time_near; count exactly. */
void assert_distribution_near(struct json_object *actual, struct json_object *truth);

/* Each thread's states sum to its lifetime, its waits to its blocked time, the processes to their
 * threads; the audit agrees. In the full tier, of a command, user + kernel is the running time. */
void assert_conserved(struct json_object *profile);
/* The parts of an event loop's time add up to it. */
void assert_loop_conserved(struct json_object *loop);
/* Each row of io_uring and Linux AIO adds up: submitted = completed + unseen + open, and all that
 * is completed was served in some way, and has a latency. */
void assert_requests_balance(struct json_object *profile);
/* By any cause, but for what a kernel hides (thread__was_hit()). */
void assert_nothing_lost(struct json_object *profile);
/* No thread of the process was in an unknown state (of a command that was traced from its exec),
 * but for those that lost transitions. */
void assert_nothing_unknown(struct json_object *process);

#endif

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Calls that are interrupted, resumed, or made by another road, and sleeps that are no calls. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/live/lib/live.h"
#include "tests/live/lib/role.h"

#define ROUNDS 5

static struct json_object *process_of(struct trace *trace)
{
	return the_process(trace->profile, json__integer(trace->truth, "pid"));
}

static void check_whole(struct trace *trace)
{
	assert_conserved(trace->profile);
	assert_nothing_lost(trace->profile);
	assert_nothing_unknown(process_of(trace));
}

/* Starts a child that does `work` to the process once it is asleep. */
static pid_t start_helper(void (*work)(pid_t target))
{
	pid_t target = getpid(), child = role__check(fork(), "fork");

	if (child)
		return child;
	work(target);
	_exit(0);
}

static void await_sleep(pid_t target, char state)
{
	while (task__state(target, target) != state)
		role__nap(500);
}

/* --- stopped in a sleep ------------------------------------------------------------------------
 */

static void stop_and_continue(pid_t target)
{
	for (int i = 0; i < ROUNDS; i++) {
		await_sleep(target, 'S');
		kill(target, SIGSTOP);
		await_sleep(target, 'T');
		role__nap(5000);
		kill(target, SIGCONT);
	}
}

/* One sleep, in which it is stopped several times: the kernel resumes it by restart_syscall(). */
static int run_stopped(int argc, char **argv)
{
	struct timespec time = {0, 400000000};
	pid_t helper = start_helper(stop_and_continue);

	(void)argc, (void)argv;
	role__check(syscall(SYS_nanosleep, &time, NULL), "nanosleep");
	waitpid(helper, NULL, 0);
	role__say("{\"pid\": %d}\n", getpid());
	return 0;
}

static void a_call_that_is_resumed_after_a_stop_is_one_call(void **state)
{
	struct trace *trace = trace__role("full", WORDS("stopped"));
	struct json_object *process = process_of(trace), *call, *stops;

	(void)state;
	check_whole(trace);
	call = the_syscall(process, "nanosleep");
	assert_count(json__integer(call, "calls"), 1);
	assert_count(json__integer(call, "errors"), 0);
	assert_count(syscall_calls(process, "restart_syscall"), 0);
	assert_true(json__integer(call, "total_ns") >= 400000000);
	/* parts of the sleep, and the stops between them, which are of another kind */
	assert_in_range(waits_count(process, "timer", "nanosleep"), ROUNDS, ROUNDS + 1);
	stops = the_wait(process, "stopped", NULL, NULL);
	assert_count(waits_count(process, "stopped", NULL), ROUNDS);
	assert_string_equal(json__string(stops, "sleep"), "stopped");
	if (!live__emulated())
		assert_true(waits_total(process, "stopped", NULL) >= ROUNDS * 5000000ULL);
}

/* --- interrupted by a handler --------------------------------------------------------------------
 */

static void ignore(int signal)
{
	(void)signal;
}

static int pipe_ends[2];

static void interrupt_then_write(pid_t target)
{
	for (int i = 0; i < ROUNDS; i++) {
		await_sleep(target, 'S');
		kill(target, SIGUSR1);
		role__nap(3000);
	}
	await_sleep(target, 'S');
	role__check(write(pipe_ends[1], "x", 1), "write");
}

/* One read that the program never sees interrupted. */
static int run_interrupted(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = ignore, .sa_flags = SA_RESTART};
	pid_t helper;
	char byte;

	(void)argc, (void)argv;
	sigaction(SIGUSR1, &action, NULL);
	role__check(pipe(pipe_ends), "pipe");
	helper = start_helper(interrupt_then_write);
	if (read(pipe_ends[0], &byte, 1) != 1)
		return 1;
	waitpid(helper, NULL, 0);
	role__say("{\"pid\": %d, \"helper\": %d}\n", getpid(), helper);
	return 0;
}

static void a_call_that_a_handler_interrupts_is_restarted(void **state)
{
	struct trace *trace = trace__role("full", WORDS("interrupted"));
	struct json_object *process = process_of(trace), *wait;

	(void)state;
	check_whole(trace);
	wait = the_wait(process, "ipc", "read", NULL);
	assert_count(json__integer(wait, "count"), ROUNDS + 1);
	assert_count(waker_count(wait, "signal", 0), ROUNDS);
	assert_count(waker_count(wait, "thread", json__integer(trace->truth, "helper")), 1);
	/* rt_sigreturn gives back what the interrupted call had; it has no result of its own */
	assert_count(syscall_calls(process, "rt_sigreturn"), ROUNDS);
	assert_count(json__integer(the_syscall(process, "rt_sigreturn"), "errors"), 0);
	assert_count(json__integer(the_syscall(process, "read"), "eintr"), ROUNDS);
}

/* --- the 32-bit road
 * ------------------------------------------------------------------------------ */

#define I386_NANOSLEEP 162 /* x86-64 has sync() there */
#define X86_64_SYNC    "sync"

#ifdef __x86_64__
static long int80(long number, long first, long second)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(first), "c"(second), "d"(0), "S"(0), "D"(0)
			 : "memory", "r8", "r9", "r10", "r11");
	return result;
}

static void die_quietly(int signal)
{
	(void)signal;
	_exit(77);
}

static int run_int80(int argc, char **argv)
{
	int *time = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	(void)argc, (void)argv;
	signal(SIGSEGV, die_quietly); /* a kernel without 32-bit calls */
	if (time == MAP_FAILED)
		return 77;
	for (int i = 0; i < ROUNDS; i++) {
		time[0] = 0;
		time[1] = 2000000;
		if (int80(I386_NANOSLEEP, (long)time, 0))
			return 77;
	}
	role__say("{\"pid\": %d}\n", getpid());
	return 0;
}
#else
static int run_int80(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 77;
}
#endif

static void a_32_bit_call_is_not_taken_for_the_64_bit_one_of_its_number(void **state)
{
	struct json_object *process;
	struct trace *trace;

	(void)state;
	if (program__run(NULL, WORDS(live__self(), "--as", "int80"), LIVE_TIMEOUT_MS) == 77)
		live__skip("no 32-bit calls here");
	trace = trace__role("full", WORDS("int80"));
	process = process_of(trace);
	check_whole(trace);
	assert_count(syscall_calls(process, X86_64_SYNC), 0);
	assert_count(waits_count(process, NULL, X86_64_SYNC), 0);
	assert_count(waits_count(process, "timer", NULL), ROUNDS);
}

/* --- page faults
 * ---------------------------------------------------------------------------------- */

static void *touch_pages(void *context)
{
	volatile char *pages = context;
	int sum = 0;

	for (int i = 0; i < ROUNDS; i++)
		sum += pages[i * 4096];
	return sum ? context : NULL;
}

static void supply_page(int fd)
{
	static char content[4096] __attribute__((aligned(4096)));
	struct uffd_msg message;
	struct uffdio_copy copy = {.src = (uintptr_t)content, .len = 4096};

	if (read(fd, &message, sizeof(message)) != sizeof(message))
		exit(1);
	role__nap(3000);
	copy.dst = message.arg.pagefault.address & ~4095ULL;
	role__check(ioctl(fd, UFFDIO_COPY, &copy), "UFFDIO_COPY");
}

/* Pages that come late: the toucher waits for them in no call at all. */
static int run_fault(int argc, char **argv)
{
	char *pages = mmap(NULL, ROUNDS * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register range = {.range = {(uintptr_t)pages, ROUNDS * 4096},
					.mode = UFFDIO_REGISTER_MODE_MISSING};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	pthread_t toucher;
	pid_t tid;

	(void)argc, (void)argv;
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api))
		return 77;
	role__check(ioctl(fd, UFFDIO_REGISTER, &range), "UFFDIO_REGISTER");
	toucher = role__thread("toucher", touch_pages, pages, &tid);
	for (int i = 0; i < ROUNDS; i++)
		supply_page(fd);
	pthread_join(toucher, NULL);
	role__say("{\"pid\": %d, \"toucher\": %d}\n", getpid(), tid);
	return 0;
}

static void a_page_fault_that_sleeps_is_in_no_call(void **state)
{
	struct json_object *toucher, *wait;
	struct trace *trace;

	(void)state;
	if (program__run(NULL, WORDS(live__self(), "--as", "fault"), LIVE_TIMEOUT_MS) == 77)
		live__skip("no userfaultfd here");
	for (int i = 0; i < 2; i++) {
		trace = trace__role(i ? "waits" : "full", WORDS("fault"));
		check_whole(trace);
		toucher = the_thread(trace->profile, json__integer(trace->truth, "toucher"));
		wait = the_wait(toucher, "fault", NULL, NULL);
		assert_true(json__is_null(wait, "syscall"));
		assert_in_range(waits_count(toucher, "fault", NULL), ROUNDS, ROUNDS + 1);
		assert_in_range(waker_count(wait, "thread", json__integer(trace->truth, "pid")),
				ROUNDS, ROUNDS + 1);
		if (!live__emulated())
			assert_true(waits_total(toucher, "fault", NULL) >= ROUNDS * 2900000ULL);
	}
}

int main(int argc, char **argv)
{
	static const struct live_role roles[] = {
		{"stopped", run_stopped},
		{"interrupted", run_interrupted},
		{"int80", run_int80},
		{"fault", run_fault},
		{0},
	};
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(a_call_that_is_resumed_after_a_stop_is_one_call),
		LIVE_TEST(a_call_that_a_handler_interrupts_is_restarted),
		LIVE_TEST(a_32_bit_call_is_not_taken_for_the_64_bit_one_of_its_number),
		LIVE_TEST(a_page_fault_that_sleeps_is_in_no_call),
	};

	live__begin(argc, argv, roles);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

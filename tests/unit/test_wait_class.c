// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Why a thread waited, and whether the wait is its resting place. */
#include <sys/socket.h>

#include "model/wait_class.h"
#include "names/syscalls.h"
#include "tests/unit/unit.h"

#define S LEDGER_SLEEP_INTERRUPTIBLE
#define D LEDGER_SLEEP_UNINTERRUPTIBLE
#define K LEDGER_SLEEP_KILLABLE

#define DEVICE(major, minor) ((major) << 20 | (minor))
#define MAGIC_PROC	     0x9fa0
#define MAGIC_EXT4	     0xef53

/* Objects, as far as they matter here. */
static const struct object_key file = {.kind = OBJECT_FILE, .magic = MAGIC_EXT4};
static const struct object_key proc_file = {.kind = OBJECT_FILE, .magic = MAGIC_PROC};
static const struct object_key directory = {.kind = OBJECT_DIRECTORY, .magic = MAGIC_EXT4};
static const struct object_key block = {.kind = OBJECT_BLOCK, .device = DEVICE(254, 0)};
static const struct object_key pty = {.kind = OBJECT_CHARACTER, .device = DEVICE(136, 3)};
static const struct object_key serial = {.kind = OBJECT_CHARACTER, .device = DEVICE(4, 64)};
static const struct object_key hypervisor = {.kind = OBJECT_CHARACTER, .device = DEVICE(229, 0)};
static const struct object_key random_device = {.kind = OBJECT_CHARACTER, .device = DEVICE(1, 8)};
static const struct object_key pipe_end = {.kind = OBJECT_PIPE};
static const struct object_key fifo = {.kind = OBJECT_FIFO};
static const struct object_key inet = {.kind = OBJECT_SOCKET, .family = AF_INET};
static const struct object_key inet6 = {.kind = OBJECT_SOCKET, .family = AF_INET6};
static const struct object_key vsock = {.kind = OBJECT_SOCKET, .family = AF_VSOCK};
static const struct object_key packet = {.kind = OBJECT_SOCKET, .family = AF_PACKET};
static const struct object_key unix_socket = {.kind = OBJECT_SOCKET, .family = AF_UNIX};
static const struct object_key netlink = {.kind = OBJECT_SOCKET, .family = AF_NETLINK};
static const struct object_key anonymous = {.kind = OBJECT_ANONYMOUS};
static const struct object_key word = {.kind = OBJECT_FUTEX};
static const struct object_key poll_of_3 = {.kind = OBJECT_POLL, .number = 3};
static const struct object_key poll_of_0 = {.kind = OBJECT_POLL, .number = 0};
static const struct object_key other = {.kind = OBJECT_OTHER};
static const struct object_key from_the_future = {.kind = 77};

struct class_case {
	const char *syscall;
	enum ledger_sleep sleep;
	const struct object_key *object;
	enum wait_class class;
	unsigned int flags;
	const char *anonymous;
};

static void check_classes(const struct class_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct wait_facts facts = {.syscall = cases[i].syscall,
					   .sleep = cases[i].sleep,
					   .flags = cases[i].flags,
					   .object = cases[i].object,
					   .anonymous = cases[i].anonymous};
		enum wait_class class = wait_class__of(&facts);

		if (class != cases[i].class)
			print_message("row %zu (%s)\n", i,
				      cases[i].syscall ? cases[i].syscall : "no syscall");
		assert_string_equal(wait_class__name(class), wait_class__name(cases[i].class));
	}
}

static void the_call_alone_tells_what_it_waits_for(void **state)
{
	static const struct class_case cases[] = {
		{"futex", S, &word, CLASS_LOCK, 0, NULL},
		{"futex_time64", S, &word, CLASS_LOCK, 0, NULL},
		{"futex_wait", S, NULL, CLASS_LOCK, 0, NULL},
		{"futex_waitv", S, NULL, CLASS_LOCK, 0, NULL},
		{"flock", S, &file, CLASS_LOCK, 0, NULL},
		{"fcntl", S, &file, CLASS_LOCK, 0, NULL},
		{"fcntl64", S, &file, CLASS_LOCK, 0, NULL},
		{"epoll_wait", S, &anonymous, CLASS_MULTIPLEX, 0, "[eventpoll]"},
		{"epoll_pwait", S, &anonymous, CLASS_MULTIPLEX, 0, "[eventpoll]"},
		{"epoll_pwait2", S, NULL, CLASS_MULTIPLEX, 0, NULL},
		{"poll", S, &poll_of_3, CLASS_MULTIPLEX, 0, NULL},
		{"ppoll", S, &poll_of_3, CLASS_MULTIPLEX, 0, NULL},
		{"select", S, &poll_of_3, CLASS_MULTIPLEX, 0, NULL},
		{"_newselect", S, &poll_of_3, CLASS_MULTIPLEX, 0, NULL},
		{"pselect6_time64", S, &poll_of_3, CLASS_MULTIPLEX, 0, NULL},
		{"nanosleep", S, NULL, CLASS_TIMER, 0, NULL},
		{"clock_nanosleep", S, NULL, CLASS_TIMER, 0, NULL},
		{"clock_nanosleep_time64", S, NULL, CLASS_TIMER, 0, NULL},
		{"wait4", S, NULL, CLASS_CHILD, 0, NULL},
		{"waitid", S, NULL, CLASS_CHILD, 0, NULL},
		{"waitpid", S, NULL, CLASS_CHILD, 0, NULL},
		{"vfork", K, NULL, CLASS_CHILD, 0, NULL},
		{"clone", K, NULL, CLASS_CHILD, 0, NULL},
		{"clone3", K, NULL, CLASS_CHILD, 0, NULL},
		{"pause", S, NULL, CLASS_SIGNAL, 0, NULL},
		{"rt_sigsuspend", S, NULL, CLASS_SIGNAL, 0, NULL},
		{"rt_sigtimedwait", S, NULL, CLASS_SIGNAL, 0, NULL},
		{"rt_sigtimedwait_time64", S, NULL, CLASS_SIGNAL, 0, NULL},
		{"io_getevents", S, NULL, CLASS_AIO, 0, NULL},
		{"io_pgetevents", S, NULL, CLASS_AIO, 0, NULL},
		{"io_submit", D, NULL, CLASS_AIO, 0, NULL},
		{"io_uring_enter", S, &anonymous, CLASS_IO_URING, 0, "[io_uring]"},
		{"msgrcv", S, NULL, CLASS_IPC, 0, NULL},
		{"msgsnd", S, NULL, CLASS_IPC, 0, NULL},
		{"semop", S, NULL, CLASS_IPC, 0, NULL},
		{"semtimedop", S, NULL, CLASS_IPC, 0, NULL},
		{"mq_timedreceive", S, &file, CLASS_IPC, 0, NULL},
		{"mq_timedsend_time64", S, &file, CLASS_IPC, 0, NULL},
		{"fsync", D, &file, CLASS_DISK, 0, NULL},
		{"fdatasync", D, &file, CLASS_DISK, 0, NULL},
		{"sync", D, NULL, CLASS_DISK, 0, NULL},
		{"syncfs", D, &directory, CLASS_DISK, 0, NULL},
		{"msync", D, NULL, CLASS_DISK, 0, NULL},
		{"openat", D, NULL, CLASS_DISK, 0, NULL},
		{"newfstatat", K, NULL, CLASS_DISK, 0, NULL},
		{"mmap", K, NULL, CLASS_LOCK, 0, NULL},
		{"munmap", D, NULL, CLASS_LOCK, 0, NULL},
	};

	(void)state;
	check_classes(cases, COUNT(cases));
}

static void the_object_tells_what_a_read_waits_for(void **state)
{
	static const struct class_case cases[] = {
		{"read", D, &file, CLASS_DISK, 0, NULL},
		{"pwrite64", D, &file, CLASS_DISK, 0, NULL},
		{"getdents64", K, &directory, CLASS_DISK, 0, NULL},
		{"read", D, &block, CLASS_DISK, 0, NULL},
		{"read", S, &pipe_end, CLASS_IPC, 0, NULL},
		{"write", S, &fifo, CLASS_IPC, 0, NULL},
		{"recvfrom", S, &inet, CLASS_NETWORK, 0, NULL},
		{"sendmsg", S, &inet6, CLASS_NETWORK, 0, NULL},
		{"connect", S, &inet, CLASS_NETWORK, 0, NULL},
		{"accept4", S, &inet, CLASS_NETWORK, 0, NULL},
		{"recvmsg", S, &vsock, CLASS_NETWORK, 0, NULL},
		{"recvfrom", S, &packet, CLASS_NETWORK, 0, NULL},
		{"recvmsg", S, &unix_socket, CLASS_IPC, 0, NULL},
		{"connect", S, &unix_socket, CLASS_IPC, 0, NULL},
		{"accept", S, &unix_socket, CLASS_IPC, 0, NULL},
		{"recvmsg", S, &netlink, CLASS_IPC, 0, NULL},
		{"read", S, &pty, CLASS_TERMINAL, 0, NULL},
		{"write", S, &serial, CLASS_TERMINAL, 0, NULL},
		{"read", S, &hypervisor, CLASS_TERMINAL, 0, NULL},
		{"read", S, &random_device, CLASS_OTHER, 0, NULL},
		{"read", S, &anonymous, CLASS_TIMER, 0, "[timerfd]"},
		{"read", S, &anonymous, CLASS_IPC, 0, "[eventfd]"},
		{"read", S, &anonymous, CLASS_SIGNAL, 0, "[signalfd]"},
		{"read", S, &anonymous, CLASS_OTHER, 0, "inotify"},
		{"read", S, &anonymous, CLASS_OTHER, 0, NULL},
		{"read", D, &proc_file, CLASS_OTHER, 0, NULL},
		{"sendfile", S, &inet, CLASS_NETWORK, 0, NULL},
		{"splice", S, &pipe_end, CLASS_IPC, 0, NULL},
	};

	(void)state;
	check_classes(cases, COUNT(cases));
}

static void a_poll_of_nothing_is_a_timer(void **state)
{
	static const struct class_case cases[] = {
		{"poll", S, &poll_of_0, CLASS_TIMER, 0, NULL},
		{"ppoll", S, &poll_of_0, CLASS_TIMER, 0, NULL},
		{"select", S, &poll_of_0, CLASS_TIMER, 0, NULL},
		{"pselect6", S, &poll_of_0, CLASS_TIMER, 0, NULL},
		{"poll", S, NULL, CLASS_MULTIPLEX, 0, NULL}, /* not known to be of nothing */
	};

	(void)state;
	check_classes(cases, COUNT(cases));
}

static void io_wait_is_the_disk_or_a_fault(void **state)
{
	static const struct class_case cases[] = {
		{"read", D, &file, CLASS_DISK, WAIT_IN_IOWAIT, NULL},
		{"ioctl", D, NULL, CLASS_DISK, WAIT_IN_IOWAIT, NULL},
		{"read", D, &other, CLASS_DISK, WAIT_IN_IOWAIT, NULL},
		{"unlinkat", D, NULL, CLASS_DISK, WAIT_IN_IOWAIT, NULL},
		/* from a file to a socket: the socket does not sleep in I/O wait */
		{"sendfile", D, &inet, CLASS_DISK, WAIT_IN_IOWAIT, NULL},
		{"splice", D, &pipe_end, CLASS_DISK, WAIT_IN_IOWAIT, NULL},
		/* memory that they touch is read in */
		{NULL, D, NULL, CLASS_FAULT, WAIT_IN_IOWAIT, NULL},
		{"recvfrom", D, &inet, CLASS_FAULT, WAIT_IN_IOWAIT, NULL},
		{"write", K, &pipe_end, CLASS_FAULT, WAIT_IN_IOWAIT, NULL},
		{"futex", D, &word, CLASS_FAULT, WAIT_IN_IOWAIT, NULL},
		{"epoll_wait", D, &anonymous, CLASS_FAULT, WAIT_IN_IOWAIT, "[eventpoll]"},
		{"poll", D, &poll_of_0, CLASS_FAULT, WAIT_IN_IOWAIT, NULL},
		{"mmap", D, &file, CLASS_FAULT, WAIT_IN_IOWAIT, NULL},
		/* since 6.5 whoever waits for a ring is in I/O wait, for whatever it asked */
		{"io_uring_enter", S, &anonymous, CLASS_IO_URING, WAIT_IN_IOWAIT, "[io_uring]"},
		{"io_submit", D, NULL, CLASS_AIO, WAIT_IN_IOWAIT, NULL},
	};

	(void)state;
	check_classes(cases, COUNT(cases));
}

static void who_waits_comes_before_what_for(void **state)
{
	static const struct class_case cases[] = {
		{NULL, D, NULL, CLASS_FAULT, 0, NULL},
		{NULL, S, NULL, CLASS_FAULT, 0, NULL},
		{NULL, LEDGER_SLEEP_IDLE, NULL, CLASS_KERNEL, WAIT_KTHREAD, NULL},
		{NULL, D, NULL, CLASS_KERNEL, WAIT_KTHREAD | WAIT_IN_IOWAIT, NULL},
		{NULL, S, NULL, CLASS_IO_URING, WAIT_IO_WORKER, NULL},
		{NULL, D, NULL, CLASS_IO_URING, WAIT_IO_WORKER | WAIT_IN_IOWAIT, NULL},
		{NULL, S, NULL, CLASS_IO_URING, WAIT_IO_WORKER | WAIT_KTHREAD, NULL},
		{"read", LEDGER_SLEEP_STOPPED, &pipe_end, CLASS_STOPPED, 0, NULL},
		{"read", LEDGER_SLEEP_TRACED, &pipe_end, CLASS_STOPPED, 0, NULL},
		{"read", LEDGER_SLEEP_FROZEN, &pipe_end, CLASS_STOPPED, 0, NULL},
		{NULL, LEDGER_SLEEP_STOPPED, NULL, CLASS_STOPPED, 0, NULL},
	};

	(void)state;
	check_classes(cases, COUNT(cases));
}

static void what_is_not_known_is_other_and_not_guessed(void **state)
{
	static const struct class_case cases[] = {
		{"recvfrom", S, NULL, CLASS_OTHER, 0, NULL}, /* the object was lost */
		{"openat", S, NULL, CLASS_OTHER, 0, NULL},   /* a FIFO, a carrier, FUSE */
		{"clone", D, NULL, CLASS_OTHER, 0, NULL},    /* no vfork: that is killable */
		{"membarrier", D, NULL, CLASS_OTHER, 0, NULL},
		{"syscall_400", S, NULL, CLASS_OTHER, 0, NULL},
		{"read", S, &from_the_future, CLASS_OTHER, 0, NULL},
		/* a part of a listed name is not that name */
		{"fute", S, NULL, CLASS_OTHER, 0, NULL},
		{"futexx", S, NULL, CLASS_OTHER, 0, NULL},
		{"", S, NULL, CLASS_OTHER, 0, NULL},
		{"_time64", S, NULL, CLASS_OTHER, 0, NULL},
	};

	(void)state;
	check_classes(cases, COUNT(cases));
}

static void every_call_in_every_sleep_has_a_class(void **state)
{
	(void)state;
	for (uint32_t number = 0; number < 2 * SYSCALL_TABLE; number++) {
		uint16_t row = (uint16_t)(number % SYSCALL_TABLE |
					  (number < SYSCALL_TABLE ? 0 : SYSCALL_COMPAT));

		for (int sleep = LEDGER_SLEEP_NONE; sleep <= LEDGER_SLEEP_FROZEN; sleep++) {
			struct wait_facts facts = {.syscall = syscalls__name(row),
						   .sleep = (enum ledger_sleep)sleep};

			assert_true(wait_class__of(&facts) < CLASSES);
			facts.flags = WAIT_IN_IOWAIT;
			assert_true(wait_class__of(&facts) < CLASSES);
		}
	}
}

/* -------------------------------------------------------------------- idle or harmful */

struct idle_case {
	struct class_case wait;
	bool idle;
	enum futex_use futex;
};

static void a_resting_place_is_idle_and_nothing_else(void **state)
{
	static const struct idle_case cases[] = {
		{{"epoll_wait", S, &anonymous, CLASS_MULTIPLEX, 0, "[eventpoll]"}, true, 0},
		{{"poll", S, &poll_of_3, CLASS_MULTIPLEX, 0, NULL}, true, 0},
		{{"select", S, &poll_of_3, CLASS_MULTIPLEX, 0, NULL}, true, 0},
		{{"poll", S, &poll_of_0, CLASS_TIMER, 0, NULL}, false, 0},
		/* held up on the way in, by a lock: no rest */
		{{"epoll_wait", D, &anonymous, CLASS_MULTIPLEX, 0, "[eventpoll]"}, false, 0},
		{{"accept", S, &inet, CLASS_NETWORK, 0, NULL}, true, 0},
		{{"accept4", S, &inet6, CLASS_NETWORK, 0, NULL}, true, 0},
		{{"accept4", S, &unix_socket, CLASS_IPC, 0, NULL}, true, 0},
		{{"accept4", S, &vsock, CLASS_NETWORK, 0, NULL}, true, 0},
		{{"accept", S, NULL, CLASS_OTHER, 0, NULL}, true, 0},
		{{"accept", D, &inet, CLASS_NETWORK, 0, NULL}, false, 0},
		{{"futex", S, &word, CLASS_LOCK, 0, NULL}, true, FUTEX_USE_QUEUE},
		{{"futex", S, &word, CLASS_LOCK, 0, NULL}, true, FUTEX_USE_JOIN},
		{{"futex", S, &word, CLASS_LOCK, 0, NULL}, false, FUTEX_USE_LOCK},
		{{"futex", S, &word, CLASS_LOCK, 0, NULL}, false, FUTEX_USE_NONE},
		{{"flock", S, &file, CLASS_LOCK, 0, NULL}, false, 0},
		{{"rt_sigsuspend", S, NULL, CLASS_SIGNAL, 0, NULL}, true, 0},
		{{"rt_sigtimedwait", S, NULL, CLASS_SIGNAL, 0, NULL}, true, 0},
		{{"pause", S, NULL, CLASS_SIGNAL, 0, NULL}, true, 0},
		{{"recvfrom", S, &inet, CLASS_NETWORK, 0, NULL}, false, 0},
		{{"connect", S, &inet, CLASS_NETWORK, 0, NULL}, false, 0},
		{{"read", S, &pipe_end, CLASS_IPC, 0, NULL}, false, 0},
		{{"read", S, &pty, CLASS_TERMINAL, 0, NULL}, false, 0},
		{{"nanosleep", S, NULL, CLASS_TIMER, 0, NULL}, false, 0},
		{{"wait4", S, NULL, CLASS_CHILD, 0, NULL}, false, 0},
		{{"io_uring_enter", S, NULL, CLASS_IO_URING, 0, NULL}, false, 0},
		{{"io_getevents", S, NULL, CLASS_AIO, 0, NULL}, false, 0},
		{{"fsync", D, &file, CLASS_DISK, 0, NULL}, false, 0},
		{{"read", LEDGER_SLEEP_STOPPED, &pipe_end, CLASS_STOPPED, 0, NULL}, false, 0},
		{{"epoll_wait", LEDGER_SLEEP_STOPPED, NULL, CLASS_STOPPED, 0, NULL}, false, 0},
		{{NULL, LEDGER_SLEEP_IDLE, NULL, CLASS_KERNEL, WAIT_KTHREAD, NULL}, true, 0},
		{{NULL, S, NULL, CLASS_KERNEL, WAIT_KTHREAD, NULL}, true, 0},
		{{NULL, D, NULL, CLASS_KERNEL, WAIT_KTHREAD, NULL}, false, 0},
		{{NULL, S, NULL, CLASS_IO_URING, WAIT_IO_WORKER, NULL}, true, 0},
		{{NULL, D, NULL, CLASS_IO_URING, WAIT_IO_WORKER, NULL}, false, 0},
		{{NULL, S, NULL, CLASS_FAULT, 0, NULL}, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct class_case *wait = &cases[i].wait;
		struct wait_facts facts = {.syscall = wait->syscall,
					   .sleep = wait->sleep,
					   .flags = wait->flags,
					   .futex = cases[i].futex,
					   .object = wait->object,
					   .anonymous = wait->anonymous};

		check_classes(wait, 1);
		if (wait_class__is_idle(wait->class, &facts) != cases[i].idle)
			print_message("row %zu (%s)\n", i,
				      wait->syscall ? wait->syscall : "no syscall");
		assert_int_equal(wait_class__is_idle(wait->class, &facts), cases[i].idle);
	}
}

static void everything_has_a_name(void **state)
{
	(void)state;
	for (int class = 0; class < CLASSES; class ++)
		assert_non_null(wait_class__name((enum wait_class) class));
	for (int kind = 0; kind < WAKER_KINDS; kind++)
		assert_non_null(waker_kind__name((enum waker_kind)kind));
	for (int sleep = 0; sleep <= LEDGER_SLEEP_FROZEN; sleep++)
		assert_non_null(sleep__name((enum ledger_sleep)sleep));
	assert_string_equal(wait_class__name(CLASS_IO_URING), "io_uring");
	assert_string_equal(wait_class__name(CLASSES), "other");
	assert_string_equal(sleep__name(LEDGER_SLEEP_KILLABLE), "killable");
	assert_string_equal(waker_kind__name(WAKER_IO_WQ), "io-wq");
	assert_string_equal(waker_kind__name((enum waker_kind)99), "unknown");
}

static void a_sleep_on_a_lock_of_the_kernel_is_a_lock_in_any_call(void **state)
{
	struct wait_facts facts = {.syscall = "epoll_wait",
				   .sleep = LEDGER_SLEEP_UNINTERRUPTIBLE,
				   .flags = WAIT_KERNEL_LOCK};

	(void)state;
	assert_int_equal(wait_class__of(&facts), CLASS_LOCK);
	assert_false(wait_class__is_idle(CLASS_LOCK, &facts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sleep_on_a_lock_of_the_kernel_is_a_lock_in_any_call),
		cmocka_unit_test(the_call_alone_tells_what_it_waits_for),
		cmocka_unit_test(the_object_tells_what_a_read_waits_for),
		cmocka_unit_test(a_poll_of_nothing_is_a_timer),
		cmocka_unit_test(io_wait_is_the_disk_or_a_fault),
		cmocka_unit_test(who_waits_comes_before_what_for),
		cmocka_unit_test(what_is_not_known_is_other_and_not_guessed),
		cmocka_unit_test(every_call_in_every_sleep_has_a_class),
		cmocka_unit_test(a_resting_place_is_idle_and_nothing_else),
		cmocka_unit_test(everything_has_a_name),
	};

	return cmocka_run_group_tests_name("wait classes", tests, NULL, NULL);
}

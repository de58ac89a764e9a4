/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From what is known of a wait to its class. In this order:
 *
 *   1. who waits, and whether anything but the thread itself stopped it;
 *   2. the syscall in flight, where the call alone says what it waits for;
 *   3. the object behind its descriptor, for read, write, recv, ioctl ... and all others.
 *
 * A task in I/O wait is waiting for a block device. A call that has nothing to do with one (a
 * futex, a socket) can only be there because memory that it touches has to be read in: a fault.
 */
#include "model/wait_class.h"

#include <linux/magic.h>
#include <string.h>
#include <sys/socket.h>

#include "names/devices.h"
#include "names/words.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ------------------------------------------------------------------------------ names */

static const char *const class_names[CLASSES] = {
	[CLASS_DISK] = "disk",	       [CLASS_NETWORK] = "network",
	[CLASS_IPC] = "ipc",	       [CLASS_TERMINAL] = "terminal",
	[CLASS_LOCK] = "lock",	       [CLASS_MULTIPLEX] = "multiplex",
	[CLASS_TIMER] = "timer",       [CLASS_CHILD] = "child",
	[CLASS_SIGNAL] = "signal",     [CLASS_AIO] = "aio",
	[CLASS_IO_URING] = "io_uring", [CLASS_FAULT] = "fault",
	[CLASS_KERNEL] = "kernel",     [CLASS_STOPPED] = "stopped",
	[CLASS_OTHER] = "other",
};

static const char *const sleep_names[] = {
	[LEDGER_SLEEP_NONE] = "none",
	[LEDGER_SLEEP_INTERRUPTIBLE] = "interruptible",
	[LEDGER_SLEEP_UNINTERRUPTIBLE] = "uninterruptible",
	[LEDGER_SLEEP_KILLABLE] = "killable",
	[LEDGER_SLEEP_STOPPED] = "stopped",
	[LEDGER_SLEEP_TRACED] = "traced",
	[LEDGER_SLEEP_IDLE] = "idle",
	[LEDGER_SLEEP_FROZEN] = "frozen",
};

static const char *const waker_names[WAKER_KINDS] = {
	[WAKER_UNKNOWN] = "unknown", [WAKER_THREAD] = "thread", [WAKER_HARDIRQ] = "hardirq",
	[WAKER_SOFTIRQ] = "softirq", [WAKER_TIMER] = "timer",	[WAKER_SIGNAL] = "signal",
	[WAKER_IO_WQ] = "io-wq",     [WAKER_KERNEL] = "kernel",
};

const char *wait_class__name(enum wait_class class)
{
	return class < CLASSES ? class_names[class] : "other";
}

const char *sleep__name(enum ledger_sleep sleep)
{
	return sleep < COUNT(sleep_names) ? sleep_names[sleep] : "none";
}

const char *waker_kind__name(enum waker_kind kind)
{
	return kind < WAKER_KINDS ? waker_names[kind] : "unknown";
}

/* ------------------------------------------------------------------------- by syscall */

#define SLEEP(kind)    (1u << LEDGER_SLEEP_##kind)
#define ANY_SLEEP      (~0u)
#define NOT_BY_SIGNALS (SLEEP(UNINTERRUPTIBLE) | SLEEP(KILLABLE))
/* in `class` of a call rule: ask the object */
#define BY_OBJECT CLASSES

struct call_rule {
	const char *calls;   /* names, with a space between; a _time64 call is its elder */
	unsigned int sleeps; /* the sleep kinds that the rule is for */
	enum wait_class class;
	enum wait_class in_iowait; /* class if it is in I/O wait */
};

/* First match wins. */
static const struct call_rule call_rules[] = {
	/* fcntl sleeps for F_SETLKW and F_OFD_SETLKW (and for a lease to break: also a lock) */
	{"futex futex_wait futex_waitv futex_requeue flock fcntl fcntl64", ANY_SLEEP, CLASS_LOCK,
	 CLASS_FAULT},
	{"select _newselect pselect6 poll ppoll epoll_wait epoll_pwait epoll_pwait2 epoll_wait_old",
	 ANY_SLEEP, CLASS_MULTIPLEX, CLASS_FAULT},
	{"nanosleep clock_nanosleep", ANY_SLEEP, CLASS_TIMER, CLASS_FAULT},
	{"wait4 waitid waitpid vfork", ANY_SLEEP, CLASS_CHILD, CLASS_FAULT},
	/* CLONE_VFORK waits for the child's exec or exit, always killable */
	{"clone clone3", SLEEP(KILLABLE), CLASS_CHILD, CLASS_FAULT},
	{"pause sigsuspend rt_sigsuspend rt_sigtimedwait", ANY_SLEEP, CLASS_SIGNAL, CLASS_FAULT},
	{"io_getevents io_pgetevents io_submit io_cancel io_destroy", ANY_SLEEP, CLASS_AIO,
	 CLASS_AIO},
	/* an io_uring that is waited for counts as I/O wait, whatever its requests are (6.1) */
	{"io_uring_enter", ANY_SLEEP, CLASS_IO_URING, CLASS_IO_URING},
	{"msgsnd msgrcv semop semtimedop ipc mq_timedsend mq_timedreceive", ANY_SLEEP, CLASS_IPC,
	 CLASS_FAULT},
	{"fsync fdatasync sync syncfs msync sync_file_range", ANY_SLEEP, CLASS_DISK, CLASS_DISK},
	/* data goes from one descriptor to another, and only a file sleeps in I/O wait */
	{"sendfile sendfile64 splice tee vmsplice copy_file_range", ANY_SLEEP, BY_OBJECT,
	 CLASS_DISK},
	/* file systems, by path: blocks of directories and inodes, or somebody who reads them. An
	 * interruptible sleep in open is something else (the other end of a FIFO, a carrier). */
	{"open openat openat2 creat execve execveat stat lstat stat64 lstat64 newfstatat fstatat64 "
	 "statx access faccessat faccessat2 readlink readlinkat mkdir mkdirat rmdir unlink "
	 "unlinkat rename renameat renameat2 link linkat symlink symlinkat mknod mknodat chmod "
	 "fchmodat fchmodat2 chown lchown fchownat chown32 lchown32 truncate truncate64 utimensat "
	 "utime utimes futimesat statfs statfs64 chdir chroot getcwd setxattr lsetxattr getxattr "
	 "lgetxattr listxattr llistxattr removexattr lremovexattr setxattrat getxattrat "
	 "listxattrat removexattrat file_getattr file_setattr mount umount umount2 move_mount "
	 "swapon swapoff name_to_handle_at open_by_handle_at",
	 NOT_BY_SIGNALS, CLASS_DISK, CLASS_DISK},
	/* the lock of the address space, held by another thread's mapping call or fault */
	{"mmap mmap2 munmap mremap brk mprotect pkey_mprotect madvise process_madvise mlock mlock2 "
	 "munlock mlockall munlockall",
	 NOT_BY_SIGNALS, CLASS_LOCK, CLASS_FAULT},
};

/* Length of a syscall's name without the suffix of its 32-bit edition with 64-bit times. */
static size_t name_length(const char *syscall)
{
	static const char suffix[] = "_time64";
	size_t length = strlen(syscall), tail = sizeof(suffix) - 1;

	if (length > tail && !strcmp(syscall + length - tail, suffix))
		length -= tail;
	return length;
}

static const struct call_rule *find_call_rule(const struct wait_facts *facts)
{
	size_t length = name_length(facts->syscall);

	for (size_t i = 0; i < COUNT(call_rules); i++) {
		const struct call_rule *rule = &call_rules[i];

		if ((rule->sleeps & 1u << facts->sleep) &&
		    words__has(rule->calls, facts->syscall, length))
			return rule;
	}
	return NULL;
}

/* -------------------------------------------------------------------------- by object */

/* File systems of the kernel's own tables: no disk is behind them. */
static const __u32 kernel_file_systems[] = {
	PROC_SUPER_MAGIC,   SYSFS_MAGIC,	 DEBUGFS_MAGIC, TRACEFS_MAGIC,
	CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, BPF_FS_MAGIC,	SECURITYFS_MAGIC,
};

static enum wait_class class_of_file(const struct wait_facts *facts)
{
	for (size_t i = 0; i < COUNT(kernel_file_systems); i++) {
		if (facts->object->magic == kernel_file_systems[i])
			return CLASS_OTHER;
	}
	return CLASS_DISK;
}

static enum wait_class class_of_character_device(const struct wait_facts *facts)
{
	return devices__is_terminal(facts->object->device) ? CLASS_TERMINAL : CLASS_OTHER;
}

/* Socket families that are not the network. */
static const struct {
	unsigned int family;
	enum wait_class class;
} local_families[] = {
	{AF_UNIX, CLASS_IPC},
	{AF_NETLINK, CLASS_IPC}, /* between a program and the kernel, or two programs */
	{AF_KEY, CLASS_IPC},
	{AF_ALG, CLASS_OTHER},
};

static enum wait_class class_of_socket(const struct wait_facts *facts)
{
	for (size_t i = 0; i < COUNT(local_families); i++) {
		if (facts->object->family == local_families[i].family)
			return local_families[i].class;
	}
	return CLASS_NETWORK;
}

/* By the name that the kernel gives them; the rest is "other" and shown by name. */
static const struct {
	const char *name;
	enum wait_class class;
} anonymous_files[] = {
	{"[timerfd]", CLASS_TIMER},	{"[eventfd]", CLASS_IPC},
	{"[signalfd]", CLASS_SIGNAL},	{"[eventpoll]", CLASS_MULTIPLEX},
	{"[io_uring]", CLASS_IO_URING}, {"[pidfd]", CLASS_CHILD},
	{"[userfaultfd]", CLASS_FAULT},
};

static enum wait_class class_of_anonymous_file(const struct wait_facts *facts)
{
	for (size_t i = 0; facts->anonymous && i < COUNT(anonymous_files); i++) {
		if (!strcmp(facts->anonymous, anonymous_files[i].name))
			return anonymous_files[i].class;
	}
	return CLASS_OTHER;
}

struct object_rule {
	enum wait_class class; /* if there is no function */
	enum wait_class in_iowait;
	enum wait_class (*of)(const struct wait_facts *facts);
};

static const struct object_rule object_rules[] = {
	/* in I/O wait with no object to blame */
	[OBJECT_NONE] = {CLASS_OTHER, CLASS_DISK, NULL},
	[OBJECT_FILE] = {CLASS_DISK, CLASS_DISK, class_of_file},
	[OBJECT_DIRECTORY] = {CLASS_DISK, CLASS_DISK, class_of_file},
	[OBJECT_BLOCK] = {CLASS_DISK, CLASS_DISK, NULL},
	[OBJECT_CHARACTER] = {CLASS_OTHER, CLASS_FAULT, class_of_character_device},
	[OBJECT_PIPE] = {CLASS_IPC, CLASS_FAULT, NULL},
	[OBJECT_FIFO] = {CLASS_IPC, CLASS_FAULT, NULL},
	[OBJECT_SOCKET] = {CLASS_NETWORK, CLASS_FAULT, class_of_socket},
	[OBJECT_ANONYMOUS] = {CLASS_OTHER, CLASS_FAULT, class_of_anonymous_file},
	[OBJECT_FUTEX] = {CLASS_LOCK, CLASS_FAULT, NULL},
	[OBJECT_POLL] = {CLASS_MULTIPLEX, CLASS_FAULT, NULL},
	[OBJECT_OTHER] = {CLASS_OTHER, CLASS_DISK, NULL},
};

static const struct object_rule *find_object_rule(const struct wait_facts *facts)
{
	__u32 kind = facts->object ? facts->object->kind : OBJECT_NONE;

	return &object_rules[kind < COUNT(object_rules) ? kind : OBJECT_OTHER];
}

/* ------------------------------------------------------------------------------------- */

/* select and poll with nothing to watch: a sleep with another name */
static bool is_poll_of_nothing(const struct wait_facts *facts)
{
	return facts->object && facts->object->kind == OBJECT_POLL && !facts->object->number;
}

static enum wait_class class_of_call(const struct wait_facts *facts)
{
	bool in_iowait = facts->flags & WAIT_IN_IOWAIT;
	const struct call_rule *call = find_call_rule(facts);
	const struct object_rule *object = find_object_rule(facts);

	if (call && in_iowait)
		return call->in_iowait;
	if (call && call->class == CLASS_MULTIPLEX && is_poll_of_nothing(facts))
		return CLASS_TIMER;
	if (call && call->class != BY_OBJECT)
		return call->class;
	if (in_iowait)
		return object->in_iowait;
	return object->of ? object->of(facts) : object->class;
}

enum wait_class wait_class__of(const struct wait_facts *facts)
{
	if (facts->flags & WAIT_IO_WORKER)
		return CLASS_IO_URING;
	if (facts->flags & WAIT_KTHREAD)
		return CLASS_KERNEL;
	if (facts->sleep == LEDGER_SLEEP_STOPPED || facts->sleep == LEDGER_SLEEP_TRACED ||
	    facts->sleep == LEDGER_SLEEP_FROZEN)
		return CLASS_STOPPED;
	if (facts->flags & WAIT_KERNEL_LOCK)
		return CLASS_LOCK;
	if (!facts->syscall)
		return CLASS_FAULT;
	return class_of_call(facts);
}

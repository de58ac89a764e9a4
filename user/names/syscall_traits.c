/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "names/syscall_traits.h"

#include <string.h>

#include "bpf/records.h"
#include "names/words.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define READS  (TRAIT_IO | TRAIT_BYTES | TRAIT_OPERATION)
#define WRITES (READS | TRAIT_WRITES)

static const struct {
	uint16_t traits;
	const char *calls; /* with a space between */
} rules[] = {
	{READS, "readv preadv preadv2 getdents getdents64"},
	{READS | TRAIT_SERVES_AIO, "read"},
	{READS | TRAIT_SERVES_AIO | TRAIT_POSITIONED, "pread64"},
	{READS | TRAIT_MESSAGE_ARG3, "recvfrom recv"},
	{READS | TRAIT_MESSAGE_ARG2, "recvmsg"},
	/* their results are messages */
	{TRAIT_IO | TRAIT_OPERATION | TRAIT_MESSAGE_ARG3, "recvmmsg recvmmsg_time64"},
	{TRAIT_IO | TRAIT_OPERATION | TRAIT_WRITES | TRAIT_MESSAGE_ARG3, "sendmmsg"},
	{WRITES, "writev pwritev pwritev2 sendfile sendfile64"},
	{WRITES | TRAIT_SERVES_AIO, "write"},
	{WRITES | TRAIT_SERVES_AIO | TRAIT_POSITIONED, "pwrite64"},
	{WRITES | TRAIT_MESSAGE_ARG3, "sendto send"},
	{WRITES | TRAIT_MESSAGE_ARG2, "sendmsg"},
	{TRAIT_IO | TRAIT_OPERATION | TRAIT_WRITES, "connect"},
	/* a server without a client has nothing outstanding */
	{TRAIT_IO, "accept accept4"},
	{TRAIT_IO | TRAIT_OPERATION | TRAIT_WRITES, "sync_file_range syncfs"},
	{TRAIT_IO | TRAIT_OPERATION | TRAIT_WRITES | TRAIT_SERVES_AIO, "fsync fdatasync"},
	{TRAIT_IO | TRAIT_BYTES | TRAIT_OPERATION, "splice tee vmsplice copy_file_range"},
	{TRAIT_OPERATION, "nanosleep clock_nanosleep clock_nanosleep_time64 sync msync open openat "
			  "openat2 creat stat newfstatat statx flock msgrcv msgsnd mq_timedreceive "
			  "mq_timedsend"},
	{TRAIT_MULTIPLEX, "select _newselect pselect6 pselect6_time64 poll ppoll ppoll_time64 "
			  "epoll_wait epoll_pwait epoll_pwait2"},
	{TRAIT_AIO_SUBMIT, "io_submit"},
	{TRAIT_AIO_REAP, "io_getevents io_pgetevents io_pgetevents_time64"},
	{TRAIT_AIO_DESTROY, "io_destroy"},
	{TRAIT_URING_ENTER, "io_uring_enter"},
	{TRAIT_CLOSES, "close"},
	{TRAIT_SETTLES, "getsockopt"},
};

uint16_t syscalls__traits_of(const char *name)
{
	for (size_t i = 0; i < COUNT(rules); i++)
		if (words__have(rules[i].calls, name))
			return rules[i].traits;
	return 0;
}

void syscalls__traits(uint16_t native[SYSCALL_TABLE], uint16_t compat[SYSCALL_TABLE])
{
	for (uint16_t i = 0; i < SYSCALL_TABLE; i++) {
		native[i] = syscalls__traits_of(syscalls__name(i));
		compat[i] = syscalls__traits_of(syscalls__name(i | SYSCALL_COMPAT));
	}
}

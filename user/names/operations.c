/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "names/operations.h"

#include <stddef.h>

#include "names/numbered.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* enum io_uring_op, include/uapi/linux/io_uring.h (6.18) */
static const char *const uring_names[] = {
	"nop",
	"readv",
	"writev",
	"fsync",
	"read_fixed",
	"write_fixed",
	"poll_add",
	"poll_remove",
	"sync_file_range",
	"sendmsg",
	"recvmsg",
	"timeout",
	"timeout_remove",
	"accept",
	"async_cancel",
	"link_timeout",
	"connect",
	"fallocate",
	"openat",
	"close",
	"files_update",
	"statx",
	"read",
	"write",
	"fadvise",
	"madvise",
	"send",
	"recv",
	"openat2",
	"epoll_ctl",
	"splice",
	"provide_buffers",
	"remove_buffers",
	"tee",
	"shutdown",
	"renameat",
	"unlinkat",
	"mkdirat",
	"symlinkat",
	"linkat",
	"msg_ring",
	"fsetxattr",
	"setxattr",
	"fgetxattr",
	"getxattr",
	"socket",
	"uring_cmd",
	"send_zc",
	"sendmsg_zc",
	"read_multishot",
	"waitid",
	"futex_wait",
	"futex_wake",
	"futex_waitv",
	"fixed_fd_install",
	"ftruncate",
	"bind",
	"listen",
	"recv_zc",
	"epoll_wait",
	"readv_fixed",
	"writev_fixed",
	"pipe",
};

/* IOCB_CMD_*, include/uapi/linux/aio_abi.h; 4 and 6 have never been, or are no more */
static const char *const linux_aio_names[] = {
	"pread", "pwrite", "fsync", "fdsync", NULL, "poll", "noop", "preadv", "pwritev",
};

/* enum posix_operation, bpf/io_records.h */
static const char *const posix_aio_names[] = {"read", "write", "fsync"};

/* enum req_op, include/linux/blk_types.h */
static const char *const block_names[] = {
	[0] = "read",
	[1] = "write",
	[2] = "flush",
	[3] = "discard",
	[5] = "secure_erase",
	[9] = "write_zeroes",
	/* the device's own commands, as ioctl() passes them on (5.11) */
	[34] = "driver_in",
	[35] = "driver_out",
};

static const struct {
	const char *const *names;
	size_t count;
} tables[] = {
	[REQUEST_POSIX_AIO] = {posix_aio_names, COUNT(posix_aio_names)},
	[REQUEST_LINUX_AIO] = {linux_aio_names, COUNT(linux_aio_names)},
	[REQUEST_IO_URING] = {uring_names, COUNT(uring_names)},
	[REQUEST_BLOCK] = {block_names, COUNT(block_names)},
};

static const char *const unnamed[NUMBERED_LIMIT] = {NUMBERED("operation_")};

const char *operations__name(enum request_api api, unsigned int operation)
{
	const char *name = NULL;

	if (api == REQUEST_IO_URING && operation == URING_UNPAIRED)
		return "unpaired";
	if (api < COUNT(tables) && operation < tables[api].count)
		name = tables[api].names[operation];
	if (name)
		return name;
	return operation < NUMBERED_LIMIT ? unnamed[operation] : "operation_invalid";
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The few kernel structs that the programs read. Only the members that are used, in any order:
 * libbpf relocates every access to the running kernel (CO-RE). Names after `___` are flavours,
 * shapes that a struct has on some kernels only; each says which.
 */
#ifndef WAITSCOPE_KERNEL_H
#define WAITSCOPE_KERNEL_H

#include <linux/types.h>
#include <linux/bpf.h>
#include <stdbool.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* x86-64 entry frame: what user space had in its registers. arch/x86/include/asm/ptrace.h */
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax, ip, sp;
};

/* processes */

struct rq;

struct cfs_rq {
	struct rq *rq;
};

struct sched_entity {
	u64 sum_exec_runtime;
	struct cfs_rq *cfs_rq; /* FAIR_GROUP_SCHED */
};

/* 6.12: sleeping tasks may stay on the run queue until their lag is gone */
struct sched_entity___6_12 {
	unsigned char sched_delayed;
};

struct sched_info {
	unsigned long long run_delay;
};

typedef struct {
	unsigned long sig[1];
} sigset_t;

struct sigpending {
	sigset_t signal;
};

struct signal_struct {
	int nr_threads;
	struct sigpending shared_pending;
};

/* threads that have not begun to exit */
struct signal_struct___live {
	struct {
		int counter;
	} live;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct mm_struct {
	struct file *exe_file;
};

struct kernfs_node {
	u64 id;
};

struct cgroup {
	int level;
	struct kernfs_node *kn;
};

/* 6.1; before it was an array of ids */
struct cgroup___6_1 {
	struct cgroup *ancestors[64];
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

/* x86; TS_COMPAT is set during a 32-bit call, from whatever code
 * (arch/x86/include/asm/thread_info.h) */
struct thread_info {
	unsigned int status;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int __state; /* 5.14; the oldest kernel that is supported has it */
	unsigned int flags;
	int on_cpu;
	int on_rq;
	struct sched_entity se;
	struct sched_info sched_info;
	void *stack; /* the kernel's: its lowest address */
	struct mm_struct *mm;
	unsigned int in_iowait : 1;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	unsigned long nvcsw, nivcsw;
	unsigned long maj_flt;
	char comm[16];
	struct files_struct *files;
	struct signal_struct *signal;
	sigset_t blocked;
	struct sigpending pending;
	struct css_set *cgroups;
};

/* PREEMPT_RT counts disabled soft interrupts in the task, not in the preempt count */
struct task_struct___rt {
	int softirq_disable_cnt;
};

/* timers that are being run: they tell a timeout from a device's interrupt */

struct hrtimer;

struct hrtimer_clock_base {
	struct hrtimer *running;
};

struct hrtimer_cpu_base {
	struct hrtimer_clock_base clock_base[8]; /* 0-3 hard interrupt, 4-7 soft */
};

struct timer_list;

struct timer_base {
	struct timer_list *running_timer;
};

/*
 * Structs that begin with a pointer and with an int. Memory whose type has no name (an element
 * of an array, a per-CPU variable) is read as one of these: with bpf_rdonly_cast() that is a
 * plain load instead of a helper call.
 */
struct llist_head {
	struct llist_node *first;
};

typedef struct {
	int counter;
} atomic_t;

struct refcount_struct {
	atomic_t refs;
};

/* files */

struct qstr {
	u32 len;
	const unsigned char *name;
};

struct super_block {
	u32 s_dev;
	unsigned long s_magic;
};

struct inode {
	unsigned short i_mode;
	struct super_block *i_sb;
	unsigned long i_ino;
	u32 i_rdev;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file_operations;

struct file {
	const struct file_operations *f_op;
	unsigned int f_mode;
	unsigned int f_flags;
	void *private_data;
	struct inode *f_inode;
	struct path f_path;
};

/* block devices */

struct gendisk {
	int major;
	int first_minor;
};

struct request_queue {
	struct gendisk *disk; /* 5.15 */
};

enum mq_rq_state {
	MQ_RQ_IDLE = 0,
	MQ_RQ_IN_FLIGHT = 1,
	MQ_RQ_COMPLETE = 2,
};

struct request {
	struct request_queue *q;
	enum mq_rq_state state;
	unsigned int cmd_flags;
	unsigned int __data_len; /* bytes that are still to be done */
};

struct request___before_5_17 {
	struct gendisk *rq_disk;
};

struct bio;

/* sockets */

struct in6_addr {
	u8 in6_u[16];
};

struct sock_common {
	u32 skc_daddr;
	u32 skc_rcv_saddr;
	u16 skc_dport; /* network order */
	u16 skc_num;   /* local port, host order */
	unsigned short skc_family;
	volatile unsigned char skc_state;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	u16 sk_type;
	u16 sk_protocol;
};

struct socket {
	struct sock *sk;
};

struct sockaddr_un {
	unsigned short sun_family;
	char sun_path[108];
};

struct unix_address {
	int len; /* of the sockaddr, its family included */
	struct sockaddr_un name[0];
};

struct unix_sock {
	struct unix_address *addr;
	struct sock *peer;
};

struct sockaddr_vm {
	unsigned short svm_family, svm_reserved1;
	unsigned int svm_port, svm_cid;
};

struct vsock_sock {
	struct sockaddr_vm local_addr;
	struct sockaddr_vm remote_addr;
};

/* io_uring */

struct io_wq_work_node {
	struct io_wq_work_node *next;
};

struct io_wq_work_list {
	struct io_wq_work_node *first;
};

struct io_submit_state {
	struct io_wq_work_list compl_reqs; /* 5.16 */
};

struct percpu_ref {
	unsigned long percpu_count_ptr;
};

/* what has been taken out of a queue, and put into it, since there is a ring */
struct io_uring {
	u32 head, tail;
};

struct io_rings {
	struct io_uring sq, cq;
};

struct io_ring_ctx {
	struct io_rings *rings;
	struct percpu_ref refs;
	unsigned int
		cached_cq_tail; /* completions put into the queue, shown to the program or not */
	struct io_submit_state submit_state;
};

/* 6.1 */
struct io_ring_ctx___6_1 {
	struct llist_head work_llist;
};

struct io_cqe {
	u64 user_data;
};

struct io_kiocb {
	struct file *file;
	u8 opcode;
	u64 flags; /* 32 bits before 6.9 */
	struct io_ring_ctx *ctx;
	struct io_cqe cqe; /* 5.18 */
	struct io_wq_work_node comp_list;
};

/* before 5.18 */
struct io_kiocb___5_15 {
	u64 user_data;
};

/* tracing */

struct linux_binprm;

struct bpf_iter__task {
	struct task_struct *task;
};

#pragma clang attribute pop

/* include/uapi/asm-generic/errno.h */
#define EINTR	    4
#define EIO	    5
#define EAGAIN	    11
#define ESPIPE	    29
#define ETIME	    62
#define EISCONN	    106
#define EALREADY    114
#define EINPROGRESS 115
#define ECANCELED   125

/* include/linux/sched.h */
#define PF_IO_WORKER   0x00000010
#define PF_USER_WORKER 0x00004000 /* 6.4 */
#define PF_KTHREAD     0x00200000
#define PF_EXITING     0x00000004

/* include/linux/preempt.h */
#define PREEMPT_SOFTIRQ_SERVING 0x00000100
#define PREEMPT_HARDIRQ_MASK	0x000f0000
#define PREEMPT_NMI_MASK	0x00f00000

/* include/uapi/linux/magic.h */
#define MAGIC_ANONYMOUS 0x09041934
#define MAGIC_PIPE	0x50495045

#define MODE_TYPE      0170000
#define MODE_SOCKET    0140000
#define MODE_REGULAR   0100000
#define MODE_BLOCK     0060000
#define MODE_DIRECTORY 0040000
#define MODE_CHARACTER 0020000
#define MODE_FIFO      0010000

/* include/linux/fs.h */
#define FMODE_PREAD  0x08
#define FMODE_PWRITE 0x10

/* enum req_op, include/linux/blk_types.h */
#define BLOCK_OPERATION 0xff
#define BLOCK_WRITE	1
#define BLOCK_FLUSH	2

#define FAMILY_UNIX  1
#define FAMILY_INET  2
#define FAMILY_INET6 10
#define FAMILY_VSOCK 40

#define TS_COMPAT 0x0002

/* include/uapi/asm-generic/fcntl.h, include/linux/socket.h */
#define FILE_APPEND	 0x0400 /* O_APPEND */
#define FILE_NONBLOCK	 0x0800 /* O_NONBLOCK */
#define FILE_DIRECT	 0x4000 /* O_DIRECT */
#define FILE_ASYNC	 0x2000 /* FASYNC */
#define MESSAGE_DONTWAIT 0x40	/* MSG_DONTWAIT */

/* include/uapi/linux/io_uring.h */
#define URING_ENTER_GETEVENTS  0x01
#define URING_ENTER_REGISTERED 0x10 /* IORING_ENTER_REGISTERED_RING, 5.18 */

#endif

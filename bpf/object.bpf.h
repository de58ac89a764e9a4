/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a descriptor is, read at the moment when a thread goes to sleep on it: later it may be
 * closed, or be another file.
 *
 * Everything here runs under the run queue's lock, for threads that just left the CPU. The fast
 * path is find_file(): a handful of loads that tell whether it is still the same file as last
 * time. The rest runs once an object.
 */
#ifndef WAITSCOPE_OBJECT_BPF_H
#define WAITSCOPE_OBJECT_BPF_H

#include "maps.bpf.h"

/* A file as far as it takes to recognise it. */
struct file_identity {
	u64 file, inode, operations;
	u64 number; /* inode number */
};

/* Address of the file behind a descriptor; 0: there is none. */
static __always_inline u64 file_at(struct task_struct *task, u32 fd)
{
	struct files_struct *files = task->files;
	struct fdtable *table;

	if (!files)
		return 0;
	table = files->fdt;
	if (fd >= table->max_fds)
		return 0;
	return read_pointer(table->fd + fd);
}

static __always_inline u64 find_file(struct task_struct *task, u32 fd, struct file_identity *id)
{
	u64 address = file_at(task, fd);

	if (!address)
		return 0;
	id->file = address;
	if (have_rdonly_cast) {
		struct file *file = CAST((void *)address, struct file);
		struct inode *inode = file->f_inode;

		id->inode = (u64)inode;
		id->operations = (u64)file->f_op;
		id->number = inode->i_ino;
	} else {
		struct file *file = (void *)address;

		id->inode = (u64)BPF_CORE_READ(file, f_inode);
		id->operations = (u64)BPF_CORE_READ(file, f_op);
		id->number = BPF_CORE_READ(file, f_inode, i_ino);
	}
	return address;
}

/*
 * Files and directories on a file system are always ready, and block all the same: O_NONBLOCK does
 * nothing to them. Yet opendir() sets it, and so do programs that walk trees. (Since 6.16, eventfds
 * and their kin are regular files, too, by their mode.)
 */
static __always_inline bool inode__heeds_nonblock(struct inode *inode)
{
	u16 mode =
		have_rdonly_cast ? CAST(inode, struct inode)->i_mode : BPF_CORE_READ(inode, i_mode);

	switch (mode & MODE_TYPE) {
	case MODE_DIRECTORY:
	case MODE_BLOCK:
		return false;
	case MODE_REGULAR:
		return BPF_CORE_READ(inode, i_sb, s_magic) == MAGIC_ANONYMOUS;
	}
	return true;
}

/* f_flags of the file behind a descriptor of the current task, 0 if there is none; O_NONBLOCK where
 * it has an effect. At each I/O call: fcntl() may change them at any time. */
GLOBAL u32 file_flags(u32 fd)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	u64 address = file_at(task, fd);
	struct file *file = (void *)address;
	struct inode *inode;
	u32 flags;

	if (!address)
		return 0;
	if (have_rdonly_cast) {
		file = CAST(file, struct file);
		flags = file->f_flags;
		inode = file->f_inode;
	} else {
		flags = BPF_CORE_READ(file, f_flags);
		inode = BPF_CORE_READ(file, f_inode);
	}
	if (flags & FILE_NONBLOCK && !inode__heeds_nonblock(inode))
		flags &= ~FILE_NONBLOCK;
	return flags;
}

#define PATH_DEPTH 32

struct path_walk {
	struct dentry *dentry;
	struct vfsmount *mounted;
	struct object_row *object;
};

/* One component, or one step up from the root of a mount. 1: that was the last one. */
static int read_component(u32 index, struct path_walk *walk)
{
	struct object_row *object = walk->object;
	struct dentry *dentry = walk->dentry, *parent, *root;
	struct vfsmount *mounted = walk->mounted;
	/* In memory, where the verifier does not follow its value: 6.1 would try every length of
	 * every component at every depth. */
	volatile u32 *used = &object->text_length;
	u32 at = *used;
	long length;

	(void)index;
	root = BPF_CORE_READ(mounted, mnt_root);
	parent = BPF_CORE_READ(dentry, d_parent);
	if (dentry == root || dentry == parent) {
		struct mount *mount, *above;

		mount = (void *)mounted - bpf_core_field_offset(struct mount, mnt);
		above = BPF_CORE_READ(mount, mnt_parent);
		if (above == mount || dentry != root)
			return 1;
		walk->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		walk->mounted = (void *)above + bpf_core_field_offset(struct mount, mnt);
		return 0;
	}
	if (at >= OBJECT_TEXT - OBJECT_COMPONENT) {
		object->state = OBJECT_PATH_CUT;
		return 1;
	}
	at &= OBJECT_COMPONENT - 1;
	barrier_var(at); /* the compiler would drop the mask, and older verifiers need it */
	length = bpf_probe_read_kernel_str(&object->text[at], OBJECT_COMPONENT,
					   BPF_CORE_READ(dentry, d_name.name));
	if (length <= 0)
		return 1;
	*used += length;
	walk->dentry = parent;
	return 0;
}

/* Components from the leaf up to the root, across mounts, each ended by NUL. */
GLOBAL u32 read_path(u64 file_address, struct object_row *object)
{
	struct file *file = (void *)file_address;
	struct path_walk walk = {.object = object};

	if (!object)
		return 0;
	walk.dentry = BPF_CORE_READ(file, f_path.dentry);
	walk.mounted = BPF_CORE_READ(file, f_path.mnt);
	if (have_loop) { /* verified once, and not for each depth */
		bpf_loop(PATH_DEPTH, read_component, &walk, 0);
		return object->text_length;
	}
	for (u32 i = 0; i < PATH_DEPTH; i++)
		if (read_component(i, &walk))
			break;
	return object->text_length;
}

/* Only the leaf: the kernel's own name of an anonymous file, "[eventfd]". */
static __always_inline void read_name(u64 file_address, struct object_row *object)
{
	struct file *file = (void *)file_address;
	long length = bpf_probe_read_kernel_str(object->text, OBJECT_COMPONENT,
						BPF_CORE_READ(file, f_path.dentry, d_name.name));

	object->text_length = length > 0 ? length : 0;
}

static __always_inline void read_unix_address(struct sock *sock, struct object_row *object)
{
	struct unix_sock *local = (void *)sock, *peer;
	struct unix_address *address = BPF_CORE_READ(local, addr);
	int length;

	if (!address) { /* the connecting side has none: name the one that it talks to */
		peer = (void *)BPF_CORE_READ(local, peer);
		address = BPF_CORE_READ(peer, addr);
	}
	if (!address)
		return;
	length = BPF_CORE_READ(address, len) - 2;
	if (length <= 0)
		return;
	if (length > 108)
		length = 108;
	length &= 127;
	bpf_probe_read_kernel(object->text, length,
			      (void *)address + bpf_core_field_offset(struct unix_address, name) +
				      2);
	object->text_length = length;
}

static __always_inline void read_inet(struct sock *sock, struct object_key *key)
{
	key->local.port = BPF_CORE_READ(sock, __sk_common.skc_num);
	key->remote.port = __builtin_bswap16(BPF_CORE_READ(sock, __sk_common.skc_dport));
	if (key->family == FAMILY_INET) {
		BPF_CORE_READ_INTO((u32 *)key->local.address, sock, __sk_common.skc_rcv_saddr);
		BPF_CORE_READ_INTO((u32 *)key->remote.address, sock, __sk_common.skc_daddr);
	} else {
		BPF_CORE_READ_INTO((struct in6_addr *)key->local.address, sock,
				   __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO((struct in6_addr *)key->remote.address, sock,
				   __sk_common.skc_v6_daddr);
	}
	/* A port from the ephemeral range opposite a proper one is no address but an accident;
	 * kept, every connection of a server would be an object of its own. */
	if (key->local.port >= ephemeral_port && key->remote.port &&
	    key->remote.port < ephemeral_port) {
		key->local.port = 0;
		__builtin_memset(key->local.address, 0, sizeof(key->local.address));
	} else if (key->remote.port >= ephemeral_port && key->local.port < ephemeral_port) {
		key->remote.port = 0;
	}
}

static __always_inline struct sock *sock_of(u64 file_address)
{
	struct file *file = (void *)file_address;
	struct socket *socket = BPF_CORE_READ(file, private_data);

	return BPF_CORE_READ(socket, sk);
}

static __always_inline void read_socket(u64 file_address, struct object_key *key)
{
	struct sock *sock = sock_of(file_address);

	key->kind = OBJECT_SOCKET;
	key->family = BPF_CORE_READ(sock, __sk_common.skc_family);
	key->socket_type = BPF_CORE_READ(sock, sk_type);
	key->protocol = BPF_CORE_READ(sock, sk_protocol);
	if (key->family == FAMILY_INET || key->family == FAMILY_INET6) {
		key->number = 0; /* the addresses are the identity */
		read_inet(sock, key);
	} else if (key->family == FAMILY_VSOCK && bpf_core_type_exists(struct vsock_sock)) {
		/* a module's, on most kernels: while it is not loaded there is no such type */
		struct vsock_sock *vsock = (void *)sock;

		key->number = 0;
		key->local.cid = BPF_CORE_READ(vsock, local_addr.svm_cid);
		key->local.port = BPF_CORE_READ(vsock, local_addr.svm_port);
		key->remote.cid = BPF_CORE_READ(vsock, remote_addr.svm_cid);
		key->remote.port = BPF_CORE_READ(vsock, remote_addr.svm_port);
	}
}

static __always_inline void read_kind(u16 mode, u32 fd, u32 tgid, u64 operations,
				      struct object_key *key)
{
	switch (mode & MODE_TYPE) {
	case MODE_FIFO:
		key->kind = key->magic == MAGIC_PIPE ? OBJECT_PIPE : OBJECT_FIFO;
		return;
	case MODE_BLOCK:
		key->kind = OBJECT_BLOCK;
		return;
	case MODE_CHARACTER:
		key->kind = OBJECT_CHARACTER;
		return;
	case MODE_DIRECTORY:
		key->kind = OBJECT_DIRECTORY;
		return;
	}
	/* all anonymous files share one inode, whose type differs between kernels */
	if (key->magic == MAGIC_ANONYMOUS) {
		key->kind = OBJECT_ANONYMOUS;
		key->number = fd;
		key->tgid = tgid;
		/* an eventfd is not the timerfd that had its number before */
		*(u64 *)key->local.address = operations;
		return;
	}
	key->kind = (mode & MODE_TYPE) == MODE_REGULAR ? OBJECT_FILE : OBJECT_OTHER;
}

static __always_inline void read_texts(u64 file, const struct object_key *key,
				       struct object_row *object)
{
	if (key->kind == OBJECT_ANONYMOUS) {
		read_name(file, object);
	} else if (key->kind == OBJECT_SOCKET) {
		struct sock *sock = sock_of(file);

		object->state = BPF_CORE_READ(sock, __sk_common.skc_state);
		if (key->family == FAMILY_UNIX)
			read_unix_address(sock, object);
	} else if (key->kind != OBJECT_PIPE) {
		read_path(file, object);
	}
}

/*
 * The row for a key, made if there is none. `file` is 0 for what is no file. 0: no room. A part of
 * the two functions below: each keeps its key in its own stack frame, from which alone 6.1 takes
 * keys, and a further frame would be too much for the 512 bytes that all have together.
 */
static __always_inline u32 object__look_up(const struct object_key *key, u64 file)
{
	struct object_row *object;
	u32 number, *known;

	known = bpf_map_lookup_elem(&object_index, key);
	if (known)
		return *known;
	number = pool__take(POOL_OBJECTS, LOSS_OBJECTS);
	object = number ? ROW(objects, number) : 0;
	if (!object)
		return 0;
	object->key = *key;
	if (file)
		read_texts(file, key, object);
	if (bpf_map_update_elem(&object_index, key, &number, BPF_ANY))
		lose(LOSS_INDEX);
	return number;
}

static __always_inline void read_file(const struct file_identity *id, u32 fd, u32 tgid,
				      struct object_key *key)
{
	struct inode *inode = (void *)id->inode;
	struct super_block *super = BPF_CORE_READ(inode, i_sb);
	u16 mode = BPF_CORE_READ(inode, i_mode);

	key->number = id->number;
	key->magic = BPF_CORE_READ(super, s_magic);
	if ((mode & MODE_TYPE) == MODE_SOCKET) {
		read_socket(id->file, key);
		return;
	}
	key->device = BPF_CORE_READ(super, s_dev);
	read_kind(mode, fd, tgid, id->operations, key);
	if (key->kind == OBJECT_CHARACTER || key->kind == OBJECT_BLOCK)
		key->device = BPF_CORE_READ(inode, i_rdev);
}

GLOBAL u32 object__of_file(const struct file_identity *id, u32 fd, u32 tgid)
{
	struct object_key key = {};

	if (!id)
		return 0;
	read_file(id, fd, tgid, &key);
	return object__look_up(&key, id->file);
}

/* For what has no descriptor: futexes (private to a process), sets of descriptors. */
GLOBAL u32 object__of_number(u32 kind, u64 number, u32 tgid)
{
	struct object_key key = {.kind = kind, .number = number, .tgid = tgid};

	return object__look_up(&key, 0);
}

#endif

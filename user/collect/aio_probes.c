// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "collect/aio_probes.h"
#include "collect/elf_symbols.h"
#include "collect/session_internal.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What the programs read of a struct aiocb. */
#define SAME_PLACE(ours, theirs)                                                                   \
	_Static_assert(offsetof(struct posix_aio_control, ours) == offsetof(struct aiocb, theirs), \
		       #theirs)
SAME_PLACE(fd, aio_fildes);
SAME_PLACE(opcode, aio_lio_opcode);
SAME_PLACE(buffer, aio_buf);
SAME_PLACE(bytes, aio_nbytes);
SAME_PLACE(event_value, aio_sigevent);
SAME_PLACE(offset, aio_offset);
#ifdef __GLIBC__
SAME_PLACE(error, __error_code);
#endif
_Static_assert(offsetof(struct posix_aio_control, event_notify) -
			       offsetof(struct posix_aio_control, event_value) ==
		       offsetof(struct sigevent, sigev_notify),
	       "sigev_notify");
_Static_assert(LIO_READ == 0 && LIO_WRITE == 1 && LIO_WAIT == 0, "as the programs have them");
_Static_assert(SIGEV_SIGNAL == 0 && SIGEV_NONE == 1 && SIGEV_THREAD == 2, "these too");

static const struct elf_name functions[] = {
	{"aio_read", POSIX_AIO_READ},	    {"aio_read64", POSIX_AIO_READ},
	{"aio_write", POSIX_AIO_WRITE},	    {"aio_write64", POSIX_AIO_WRITE},
	{"aio_fsync", POSIX_AIO_FSYNC},	    {"aio_fsync64", POSIX_AIO_FSYNC},
	{"lio_listio", POSIX_AIO_LIST},	    {"lio_listio64", POSIX_AIO_LIST},
	{"aio_suspend", POSIX_AIO_SUSPEND}, {"aio_suspend64", POSIX_AIO_SUSPEND},
	{"aio_error", POSIX_AIO_ERROR},	    {"aio_error64", POSIX_AIO_ERROR},
	{"aio_return", POSIX_AIO_RETURN},   {"aio_return64", POSIX_AIO_RETURN},
	{"aio_cancel", POSIX_AIO_CANCEL},   {"aio_cancel64", POSIX_AIO_CANCEL},
};

/* Their returns are looked at, too: they may leave requests behind that nobody will do. */
static bool return_matters(uint32_t function)
{
	return function < POSIX_AIO_FIRST_CALL || function == POSIX_AIO_CANCEL;
}

/* A file that was looked at. Where it is overlaid, the device is that of the overlay: containers
 * of one image map the same file then, and the rest tells that it is. */
struct library {
	unsigned int major, minor; /* as a process maps it */
	uint64_t inode;
	uint64_t device; /* 0: overlaid */
	ino_t number;
	off_t size;
	struct timespec changed;
};

/* What was looked at of the process in a row. */
struct looked {
	uint32_t tgid, execs;
	uint32_t looks; /* for a C library that was not there */
	bool done;
};

struct aio_probes {
	struct session *session;
	enum aio_probes_method method;
	struct library *libraries;
	size_t library_count;
	struct bpf_link **links;
	size_t link_count;
	int *link_fds; /* of AIO_PROBES_TOGETHER, which this libbpf does not know */
	size_t link_fd_count;
	struct looked *looked; /* by process row */
	uint64_t stepped;
};

enum aio_probes_method aio_probes__method(const struct preflight *preflight)
{
	if (!preflight->attach_cookie)
		return AIO_PROBES_NONE;
	if (preflight->uprobe_multi)
		return AIO_PROBES_TOGETHER;
	return preflight->uprobe_pmu ? AIO_PROBES_EACH : AIO_PROBES_NONE;
}

#define ATTACH_TOGETHER 48 /* BPF_TRACE_UPROBE_MULTI */

void aio_probes__prepare(struct bpf_program *program, enum aio_probes_method method)
{
	bpf_program__set_autoload(program, method != AIO_PROBES_NONE);
	bpf_program__set_autoattach(program, false);
	if (method == AIO_PROBES_TOGETHER)
		bpf_program__set_expected_attach_type(program, ATTACH_TOGETHER);
}

/* --- attaching -------------------------------------------------------------------------------- */

#define FUNCTIONS_MOST 32 /* of one file: versions of a symbol may be functions of their own */

/* The part of union bpf_attr that creates such a link (include/uapi/linux/bpf.h of 6.6). */
struct together {
	uint32_t program_fd, target_fd, attach_type, flags;
	uint64_t path, offsets, counter_offsets, cookies;
	uint32_t count, returns, pid, pad;
};

static int keep_fd(struct aio_probes *probes, int fd)
{
	int *grown = reallocarray(probes->link_fds, probes->link_fd_count + 1, sizeof(*grown));

	if (!grown) {
		close(fd);
		return -ENOMEM;
	}
	probes->link_fds = grown;
	grown[probes->link_fd_count++] = fd;
	return 0;
}

static int attach_together(struct aio_probes *probes, const struct bpf_program *program,
			   bool returns, const char *path, const struct elf_function *places,
			   size_t count)
{
	uint64_t offsets[FUNCTIONS_MOST], cookies[FUNCTIONS_MOST];
	struct together link = {
		.program_fd = (uint32_t)bpf_program__fd(program),
		.attach_type = ATTACH_TOGETHER,
		.path = (uintptr_t)path,
		.offsets = (uintptr_t)offsets,
		.cookies = (uintptr_t)cookies,
		.returns = returns,
	};
	int fd;

	for (size_t i = 0; i < count; i++) {
		if (returns && !return_matters(places[i].value))
			continue;
		offsets[link.count] = places[i].offset;
		cookies[link.count++] = places[i].value;
	}
	fd = (int)syscall(SYS_bpf, BPF_LINK_CREATE, &link, sizeof(link));
	return fd < 0 ? -errno : keep_fd(probes, fd);
}

static int keep_link(struct aio_probes *probes, struct bpf_link *link)
{
	struct bpf_link **grown =
		reallocarray(probes->links, probes->link_count + 1, sizeof(struct bpf_link *));

	if (!grown) {
		bpf_link__destroy(link);
		return -ENOMEM;
	}
	probes->links = grown;
	grown[probes->link_count++] = link;
	return 0;
}

static int attach_each(struct aio_probes *probes, const struct bpf_program *program, bool returns,
		       const char *path, const struct elf_function *places, size_t count)
{
	int err = 0;

	for (size_t i = 0; i < count && !err; i++) {
		LIBBPF_OPTS(bpf_uprobe_opts, options, .bpf_cookie = places[i].value,
			    .retprobe = returns);
		struct bpf_link *link;

		if (returns && !return_matters(places[i].value))
			continue;
		link = bpf_program__attach_uprobe_opts(program, -1, path, places[i].offset,
						       &options);
		err = link ? keep_link(probes, link) : -errno;
	}
	return err;
}

static int attach(struct aio_probes *probes, bool returns, const char *path,
		  const struct elf_function *places, size_t count)
{
	const struct waitscope_bpf *skeleton = probes->session->skeleton;
	const struct bpf_program *program =
		returns ? skeleton->progs.posix_aio_returned : skeleton->progs.posix_aio_entered;

	return probes->method == AIO_PROBES_TOGETHER
		       ? attach_together(probes, program, returns, path, places, count)
		       : attach_each(probes, program, returns, path, places, count);
}

/* --- files ------------------------------------------------------------------------------------ */

static bool same_file(const struct library *a, const struct library *b)
{
	return a->device == b->device && a->number == b->number && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static int identify(struct library *library, int fd)
{
	struct stat status;
	struct statfs fs;

	if (fstat(fd, &status) || fstatfs(fd, &fs))
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -ENOEXEC;
	library->device = fs.f_type == OVERLAYFS_SUPER_MAGIC ? 0 : status.st_dev;
	library->number = status.st_ino;
	library->size = status.st_size;
	library->changed = status.st_mtim;
	return 0;
}

static bool is_probed(const struct aio_probes *probes, const struct library *library)
{
	for (size_t i = 0; i < probes->library_count; i++)
		if (same_file(&probes->libraries[i], library))
			return true;
	return false;
}

static int remember(struct aio_probes *probes, const struct library *library)
{
	struct library *grown =
		reallocarray(probes->libraries, probes->library_count + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	probes->libraries = grown;
	grown[probes->library_count++] = *library;
	return 0;
}

static int probe_file(struct aio_probes *probes, struct library *library, int fd)
{
	struct elf_function places[FUNCTIONS_MOST];
	char path[32];
	int count, err;

	err = identify(library, fd);
	if (err)
		return err;
	if (is_probed(probes, library))
		return remember(probes, library);
	err = remember(probes, library);
	count = elf_symbols__find(fd, functions, COUNT(functions), places, COUNT(places));
	if (err || count <= 0)
		return err ? err : count;
	/* the file that is open, whatever has its name by now */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = attach(probes, false, path, places, (size_t)count);
	return err ? err : attach(probes, true, path, places, (size_t)count);
}

/* --- what processes map ----------------------------------------------------------------------- */

/* A line of /proc/PID/maps. */
struct mapping {
	bool executable;
	struct library library;
	const char *path; /* in the line */
};

static bool parse_mapping(char *line, struct mapping *mapping)
{
	char permissions[5];
	int path = 0;

	*mapping = (struct mapping){0};
	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%*x-%*x %4s %*x %x:%x %lu %n", permissions, &mapping->library.major,
		   &mapping->library.minor, &mapping->library.inode, &path) < 4 ||
	    !path)
		return false;
	mapping->executable = permissions[2] == 'x';
	mapping->path = line + path;
	return mapping->path[0] == '/';
}

/* By name: to look into each file that each process maps would take long. */
static bool is_c_library(const char *path)
{
	static const char *const beginnings[] = {"libc.so", "libc-",	  "librt.so",
						 "librt-",  "libc.musl-", "ld-musl-"};
	const char *name = strrchr(path, '/') + 1;

	for (size_t i = 0; i < COUNT(beginnings); i++)
		if (!strncmp(name, beginnings[i], strlen(beginnings[i])))
			return true;
	return false;
}

static bool is_known(const struct aio_probes *probes, const struct library *mapped)
{
	for (size_t i = 0; i < probes->library_count; i++) {
		const struct library *library = &probes->libraries[i];

		if (library->major == mapped->major && library->minor == mapped->minor &&
		    library->inode == mapped->inode)
			return true;
	}
	return false;
}

/* The path is the process's own: it may have another root. */
static int probe_mapping(struct aio_probes *probes, uint32_t pid, struct mapping *mapping)
{
	char path[PATH_MAX];
	int fd, err;

	if (is_known(probes, &mapping->library))
		return 0;
	snprintf(path, sizeof(path), "/proc/%u/root%s", pid, mapping->path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	err = probe_file(probes, &mapping->library, fd);
	close(fd);
	return err;
}

/*
 * Probes the C libraries that a process maps. Returns how many it maps, or a negative errno. With
 * `program` it is the program's own file that is probed: a static one may have symbols.
 */
static int look_at_process(struct aio_probes *probes, uint32_t pid, bool program)
{
	char path[32], *line = NULL;
	struct mapping mapping;
	int found = 0, err = 0;
	size_t room = 0;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	maps = fopen(path, "re");
	if (!maps)
		return -errno;
	while (!err && getline(&line, &room, maps) > 0) {
		if (!parse_mapping(line, &mapping) || !mapping.executable ||
		    (!program && !is_c_library(mapping.path)))
			continue;
		found++;
		err = probe_mapping(probes, pid, &mapping);
		if (program)
			break;
	}
	free(line);
	fclose(maps);
	return err ? err : found;
}

/* --- processes -------------------------------------------------------------------------------- */

#define LOOKS_MOST    3	 /* until a process without a C library is taken to be one */
#define LOOKS_AT_ONCE 16 /* some 100 us each */
#define STEP_NS	      100000000

/* True if the process in this row is to be looked at. New ones get time to load their libraries. */
static bool is_due(struct looked *looked, const struct process_row *row, bool at_once)
{
	if (!row->tgid || !row->threads)
		return false;
	if (looked->tgid == row->tgid && looked->execs == row->execs)
		return !looked->done;
	*looked = (struct looked){.tgid = row->tgid, .execs = row->execs};
	return at_once;
}

static void look(struct aio_probes *probes, struct looked *looked, const struct process_row *row)
{
	int found = look_at_process(probes, row->tgid, false);

	if (!found && ++looked->looks < LOOKS_MOST)
		return;
	if (!found)
		look_at_process(probes, row->tgid, true);
	looked->done = true;
}

static void look_around(struct aio_probes *probes, bool at_once)
{
	unsigned int looks = 0;
	struct rows rows;

	if (session__rows(probes->session, POOL_PROCESSES, &rows))
		return;
	for (uint32_t i = 1; i <= rows.used && looks < LOOKS_AT_ONCE; i++) {
		const struct process_row *row = rows__at(&rows, i);

		if (!is_due(&probes->looked[i], row, at_once))
			continue;
		look(probes, &probes->looked[i], row);
		looks++;
	}
}

void aio_probes__step(struct aio_probes *probes, uint64_t now)
{
	if (!probes || now - probes->stepped < STEP_NS)
		return;
	probes->stepped = now;
	look_around(probes, false);
}

int aio_probes__begin(struct aio_probes **result, struct session *session,
		      enum aio_probes_method method)
{
	struct aio_probes *probes = calloc(1, sizeof(*probes));
	int found;

	*result = probes;
	if (!probes)
		return -ENOMEM;
	probes->session = session;
	probes->method = method;
	probes->looked =
		calloc(session->rows[POOL_PROCESSES].capacity + 1, sizeof(*probes->looked));
	if (!probes->looked)
		return -ENOMEM;
	found = look_at_process(probes, (uint32_t)getpid(), false);
	look_around(probes, true);
	return found < 0 ? found : 0;
}

void aio_probes__end(struct aio_probes *probes)
{
	if (!probes)
		return;
	for (size_t i = 0; i < probes->link_fd_count; i++)
		close(probes->link_fds[i]);
	for (size_t i = 0; i < probes->link_count; i++)
		bpf_link__destroy(probes->links[i]);
	free(probes->link_fds);
	free(probes->links);
	free(probes->libraries);
	free(probes->looked);
	free(probes);
}

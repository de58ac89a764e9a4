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
#include <sys/vfs.h>
#include <unistd.h>

#include "collect/aio_probes.h"
#include "collect/elf_symbols.h"
#include "collect/session_internal.h"
#include "collect/uprobes.h"

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
	struct uprobes uprobes;
	struct library *libraries;
	size_t library_count;
	struct looked *looked; /* by process row */
	uint64_t stepped;
};

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

/* Functions that have several versions in a library are several. */
static int attach(struct aio_probes *probes, const char *path, const struct elf_function *places,
		  size_t count)
{
	const struct waitscope_bpf *skeleton = probes->session->skeleton;
	struct elf_function returning[UPROBES_MOST];
	size_t returning_count = 0;
	int err;

	for (size_t i = 0; i < count; i++)
		if (return_matters(places[i].value))
			returning[returning_count++] = places[i];
	err = uprobes__attach(&probes->uprobes, skeleton->progs.posix_aio_entered, false, path,
			      places, count);
	if (err || !returning_count)
		return err;
	return uprobes__attach(&probes->uprobes, skeleton->progs.posix_aio_returned, true, path,
			       returning, returning_count);
}

static int probe_file(struct aio_probes *probes, struct library *library, int fd)
{
	struct elf_function places[UPROBES_MOST];
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
	return attach(probes, path, places, (size_t)count);
}

/* --- what processes map ----------------------------------------------------------------------- */

/* A line of /proc/PID/maps. */
struct mapping {
	uint64_t start, end;
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
	if (sscanf(line, "%lx-%lx %4s %*x %x:%x %lu %n", &mapping->start, &mapping->end,
		   permissions, &mapping->library.major, &mapping->library.minor,
		   &mapping->library.inode, &path) < 6 ||
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

/*
 * The very file, whatever its path means: in another root, or another mount namespace, it is not
 * what we would find there. Where that is not allowed (CAP_CHECKPOINT_RESTORE), the path in the
 * process's root is right for containers.
 */
static int open_mapping(uint32_t pid, const struct mapping *mapping)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/map_files/%lx-%lx", pid, mapping->start,
		 mapping->end);
	fd = open(path, flags);
	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), "/proc/%u/root%s", pid, mapping->path);
	return open(path, flags);
}

static int probe_mapping(struct aio_probes *probes, uint32_t pid, struct mapping *mapping)
{
	int fd, err;

	if (is_known(probes, &mapping->library))
		return 0;
	fd = open_mapping(pid, mapping);
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
		      enum uprobes_method method)
{
	struct aio_probes *probes = calloc(1, sizeof(*probes));
	int found;

	*result = probes;
	if (!probes)
		return -ENOMEM;
	probes->session = session;
	probes->uprobes.method = method;
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
	uprobes__detach(&probes->uprobes);
	free(probes->libraries);
	free(probes->looked);
	free(probes);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <aio.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "bpf/records.h"
#include "collect/aio_libraries.h"

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

static bool same_file(const struct aio_library *a, const struct aio_library *b)
{
	return a->device == b->device && a->number == b->number && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static int identify(struct aio_library *library, int fd)
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

static bool is_probed(const struct aio_libraries *libraries, const struct aio_library *library)
{
	for (size_t i = 0; i < libraries->count; i++)
		if (same_file(&libraries->files[i], library))
			return true;
	return false;
}

static int remember(struct aio_libraries *libraries, const struct aio_library *library)
{
	struct aio_library *grown =
		reallocarray(libraries->files, libraries->count + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	libraries->files = grown;
	grown[libraries->count++] = *library;
	return 0;
}

/* Functions that have several versions in a library are several. */
static int attach(struct aio_libraries *libraries, const char *path,
		  const struct elf_function *places, size_t count)
{
	struct elf_function returning[UPROBES_MOST];
	size_t returning_count = 0;
	int err;

	for (size_t i = 0; i < count; i++)
		if (return_matters(places[i].value))
			returning[returning_count++] = places[i];
	err = uprobes__attach(&libraries->uprobes, libraries->entered, false, path, places, count);
	if (err || !returning_count)
		return err;
	return uprobes__attach(&libraries->uprobes, libraries->returned, true, path, returning,
			       returning_count);
}

bool aio_libraries__know(const struct aio_libraries *libraries, const struct aio_library *mapped)
{
	for (size_t i = 0; i < libraries->count; i++) {
		const struct aio_library *library = &libraries->files[i];

		if (library->major == mapped->major && library->minor == mapped->minor &&
		    library->inode == mapped->inode)
			return true;
	}
	return false;
}

int aio_libraries__probe(struct aio_libraries *libraries, struct aio_library *library, int fd)
{
	struct elf_function places[UPROBES_MOST];
	char path[32];
	int count, err;

	err = identify(library, fd);
	if (err)
		return err;
	if (is_probed(libraries, library))
		return remember(libraries, library);
	err = remember(libraries, library);
	count = elf_symbols__find(fd, functions, COUNT(functions), places, COUNT(places));
	if (err || count <= 0)
		return err ? err : count;
	/* the file that is open, whatever has its name by now */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return attach(libraries, path, places, (size_t)count);
}

void aio_libraries__clear(struct aio_libraries *libraries)
{
	uprobes__detach(&libraries->uprobes);
	free(libraries->files);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands/commands.h"
#include "commands/output.h"

/* A file that root made for somebody is theirs. */
static void give_to_invoker(int fd)
{
	const char *uid = getenv("SUDO_UID"), *gid = getenv("SUDO_GID");

	if (geteuid() != 0 || !uid || !gid)
		return;
	if (fchown(fd, strtoul(uid, NULL, 10), strtoul(gid, NULL, 10)))
		return; /* then it stays root's: still a result */
}

static mode_t default_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

/*
 * Devices and pipes cannot be replaced by a file: they are written in place. So are links, or root
 * would put a file where /dev/stdout was.
 */
static int is_special(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

bool output__spares(const char *path, const char *input)
{
	struct stat to, from;

	if (!path || stat(path, &to) || stat(input, &from) || !S_ISREG(from.st_mode))
		return true;
	return to.st_dev != from.st_dev || to.st_ino != from.st_ino;
}

/*
 * A file without a name: nothing of it is left, however this process ends. Returns a descriptor, or
 * a negative errno (-EOPNOTSUPP: this file system has none).
 */
static int open_nameless(const char *path)
{
	char *copy = strdup(path);
	int fd, err;

	if (!copy)
		return -ENOMEM;
	fd = open(dirname(copy), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	err = errno;
	free(copy);
	if (fd >= 0)
		return fd;
	/* EISDIR: the file system does not know the flag (open(2)) */
	return err == EISDIR ? -EOPNOTSUPP : -err;
}

/* A temporary name beside `path`; `suffix` as mkostemp() wants it, or unique already. */
static int name_temporary(struct output *output, const char *suffix)
{
	if (asprintf(&output->temporary, "%s.%s", output->path, suffix) < 0) {
		output->temporary = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int open_temporary(struct output *output)
{
	int err = name_temporary(output, "XXXXXX"), fd;

	if (err)
		return err;
	fd = mkostemp(output->temporary, O_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		free(output->temporary);
		output->temporary = NULL;
		return err;
	}
	fchmod(fd, default_mode());
	return fd;
}

int output__open(struct output *output, const char *path)
{
	int fd;

	*output = (struct output){.stream = stdout, .path = path};
	if (!path)
		return 0;
	if (is_special(path)) {
		output->stream = fopen(path, "we");
		return output->stream ? 0 : -errno;
	}
	fd = open_nameless(path);
	output->nameless = fd >= 0;
	if (fd == -EOPNOTSUPP)
		fd = open_temporary(output);
	if (fd < 0)
		return fd;
	give_to_invoker(fd);
	output->stream = fdopen(fd, "w");
	return output->stream ? 0 : -errno;
}

int output__open_named(struct output *output, const char *path)
{
	int fd;

	*output = (struct output){.path = path};
	if (is_special(path))
		return -EINVAL;
	fd = open_temporary(output);
	if (fd < 0)
		return fd;
	give_to_invoker(fd);
	output->stream = fdopen(fd, "r+");
	return output->stream ? 0 : -errno;
}

int output__open_growing(struct output *output, const char *path)
{
	*output = (struct output){.stream = fopen(path, "we"), .path = path};
	if (!output->stream)
		return -errno;
	if (!is_special(path))
		give_to_invoker(fileno(output->stream));
	return 0;
}

/* linkat() replaces no file, rename() does: it takes both. */
static int give_name(struct output *output)
{
	char link[64], suffix[32];
	int err;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fileno(output->stream));
	snprintf(suffix, sizeof(suffix), "%d", getpid());
	err = name_temporary(output, suffix);
	if (err)
		return err;
	unlink(output->temporary); /* of a process of the same number that was killed just here */
	if (linkat(AT_FDCWD, link, AT_FDCWD, output->temporary, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	err = -errno;
	free(output->temporary);
	output->temporary = NULL;
	return err;
}

int output__commit(struct output *output)
{
	int err = 0;

	if (fflush(output->stream) || ferror(output->stream))
		err = errno ? -errno : -EIO;
	if (err || !(output->nameless || output->temporary))
		return err;
	if (fsync(fileno(output->stream)))
		return -errno;
	if (output->nameless)
		err = give_name(output);
	if (err)
		return err;
	if (rename(output->temporary, output->path))
		return -errno;
	free(output->temporary);
	output->temporary = NULL;
	return 0;
}

int output__begin(struct output *output, const char *path)
{
	int err = output__open(output, path);

	if (err)
		complain("%s: %s", path, strerror(-err));
	return err ? EXIT_FAILED : 0;
}

int output__conclude(struct output *output, int err)
{
	if (!err)
		err = output__commit(output);
	if (err == -EIO && errno)
		err = -errno;
	if (err == -EPIPE && output->stream == stdout)
		return 0; /* nobody reads: nothing to say to nobody */
	if (err)
		complain("cannot write the results: %s", strerror(-err));
	return err ? EXIT_FAILED : 0;
}

static int terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;

	if (columns && atoi(columns) > 0)
		return atoi(columns);
	if (isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		return size.ws_col;
	return 0;
}

static bool shows_colour(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color) && term &&
	       strcmp(term, "dumb") != 0;
}

struct render_options output__style(const struct output *output, bool no_colour)
{
	return (struct render_options){
		.width = output->path ? 0 : terminal_width(),
		.colour = !no_colour && !output->path && shows_colour(),
		.unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
	};
}

void output__close(struct output *output)
{
	if (output->stream && output->stream != stdout)
		fclose(output->stream);
	if (output->temporary) {
		unlink(output->temporary);
		free(output->temporary);
	}
	*output = (struct output){0};
}

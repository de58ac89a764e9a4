// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* Devices and pipes cannot be replaced by a file: they are written in place. */
static int is_special(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
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
	if (asprintf(&output->temporary, "%s.XXXXXX", path) < 0) {
		output->temporary = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(output->temporary, O_CLOEXEC);
	if (fd < 0) {
		int err = -errno;

		free(output->temporary);
		output->temporary = NULL;
		return err;
	}
	fchmod(fd, default_mode());
	give_to_invoker(fd);
	output->stream = fdopen(fd, "w");
	return output->stream ? 0 : -errno;
}

int output__commit(struct output *output)
{
	int err = 0;

	if (fflush(output->stream) || ferror(output->stream))
		err = errno ? -errno : -EIO;
	if (err || !output->temporary)
		return err;
	if (fsync(fileno(output->stream)) || rename(output->temporary, output->path))
		return -errno;
	free(output->temporary);
	output->temporary = NULL;
	return 0;
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

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "collect/preflight.h"
#include "collect/uprobes.h"

#define ATTACH_TOGETHER 48 /* BPF_TRACE_UPROBE_MULTI */

/* The part of union bpf_attr that creates such a link (include/uapi/linux/bpf.h of 6.6). */
struct together {
	uint32_t program_fd, target_fd, attach_type, flags;
	uint64_t path, offsets, counter_offsets, cookies;
	uint32_t count, returns, pid, pad;
};

enum uprobes_method uprobes__method(const struct preflight *preflight)
{
	if (!preflight->attach_cookie)
		return UPROBES_NONE;
	if (preflight->uprobe_multi)
		return UPROBES_TOGETHER;
	return preflight->uprobe_pmu ? UPROBES_EACH : UPROBES_NONE;
}

void uprobes__prepare(struct bpf_program *program, enum uprobes_method method)
{
	bpf_program__set_autoload(program, method != UPROBES_NONE);
	bpf_program__set_autoattach(program, false);
	if (method == UPROBES_TOGETHER)
		bpf_program__set_expected_attach_type(program, ATTACH_TOGETHER);
}

static int keep_fd(struct uprobes *uprobes, int fd)
{
	int *grown = reallocarray(uprobes->link_fds, uprobes->link_fd_count + 1, sizeof(*grown));

	if (!grown) {
		close(fd);
		return -ENOMEM;
	}
	uprobes->link_fds = grown;
	grown[uprobes->link_fd_count++] = fd;
	return 0;
}

static int attach_together(struct uprobes *uprobes, const struct bpf_program *program, bool returns,
			   const char *path, const struct elf_function *functions, size_t count)
{
	uint64_t offsets[UPROBES_MOST], cookies[UPROBES_MOST];
	struct together link = {
		.program_fd = (uint32_t)bpf_program__fd(program),
		.attach_type = ATTACH_TOGETHER,
		.path = (uintptr_t)path,
		.offsets = (uintptr_t)offsets,
		.cookies = (uintptr_t)cookies,
		.count = (uint32_t)count,
		.returns = returns,
	};
	int fd;

	for (size_t i = 0; i < count; i++) {
		offsets[i] = functions[i].offset;
		cookies[i] = functions[i].value;
	}
	fd = (int)syscall(SYS_bpf, BPF_LINK_CREATE, &link, sizeof(link));
	return fd < 0 ? -errno : keep_fd(uprobes, fd);
}

static int keep_link(struct uprobes *uprobes, struct bpf_link *link)
{
	struct bpf_link **grown =
		reallocarray(uprobes->links, uprobes->link_count + 1, sizeof(struct bpf_link *));

	if (!grown) {
		bpf_link__destroy(link);
		return -ENOMEM;
	}
	uprobes->links = grown;
	grown[uprobes->link_count++] = link;
	return 0;
}

static int attach_one(struct uprobes *uprobes, const struct bpf_program *program, bool returns,
		      const char *path, const struct elf_function *function)
{
	LIBBPF_OPTS(bpf_uprobe_opts, options, .bpf_cookie = function->value, .retprobe = returns);
	struct bpf_link *link;

	link = bpf_program__attach_uprobe_opts(program, -1, path, function->offset, &options);
	return link ? keep_link(uprobes, link) : -errno;
}

int uprobes__attach(struct uprobes *uprobes, const struct bpf_program *program, bool returns,
		    const char *path, const struct elf_function *functions, size_t count)
{
	int err = 0;

	if (count > UPROBES_MOST)
		return -E2BIG;
	if (uprobes->method == UPROBES_TOGETHER)
		return attach_together(uprobes, program, returns, path, functions, count);
	for (size_t i = 0; i < count && !err; i++)
		err = attach_one(uprobes, program, returns, path, &functions[i]);
	return err;
}

void uprobes__detach(struct uprobes *uprobes)
{
	for (size_t i = 0; i < uprobes->link_fd_count; i++)
		close(uprobes->link_fds[i]);
	for (size_t i = 0; i < uprobes->link_count; i++)
		bpf_link__destroy(uprobes->links[i]);
	free(uprobes->link_fds);
	free(uprobes->links);
	*uprobes = (struct uprobes){.method = uprobes->method};
}

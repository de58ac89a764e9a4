/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Uprobes on several functions of a file, in whichever way the kernel has. */
#ifndef WAITSCOPE_COLLECT_UPROBES_H
#define WAITSCOPE_COLLECT_UPROBES_H

#include <stdbool.h>
#include <stddef.h>

#include "collect/elf_symbols.h"

struct bpf_link;
struct bpf_program;
struct preflight;

enum uprobes_method {
	UPROBES_NONE,
	UPROBES_EACH,	  /* a perf event for each function */
	UPROBES_TOGETHER, /* one link for all functions of a file (6.6): quicker to take off */
};

struct uprobes {
	enum uprobes_method method;
	struct bpf_link **links;
	size_t link_count;
	int *link_fds; /* of UPROBES_TOGETHER, which libbpf has from 1.3 on */
	size_t link_fd_count;
};

/* The way that there is here. */
enum uprobes_method uprobes__method(const struct preflight *preflight);

/* Before the load: has a program loaded as the method takes it, or not at all. */
void uprobes__prepare(struct bpf_program *program, enum uprobes_method method);

#define UPROBES_MOST 32 /* functions at once */

/*
 * Has a program run whenever one of these functions of the file at `path` is entered, or returns,
 * in whatever process. Their values are its cookies. 0 or a negative errno.
 */
int uprobes__attach(struct uprobes *uprobes, const struct bpf_program *program, bool returns,
		    const char *path, const struct elf_function *functions, size_t count);

/* Takes all of them off: some 20 ms for each link. */
void uprobes__detach(struct uprobes *uprobes);

#endif

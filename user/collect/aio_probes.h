/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Uprobes on the functions of C libraries that do POSIX AIO.
 *
 * A uprobe is on a file, whoever maps it. waitscope's own C library gets its probes before the
 * command begins; those of other roots (containers), and other libraries, when a traced process is
 * found to map one. That is looked for now and then, so the first moments of such a process are
 * not covered.
 */
#ifndef WAITSCOPE_COLLECT_AIO_PROBES_H
#define WAITSCOPE_COLLECT_AIO_PROBES_H

#include <stdint.h>

#include "model/rows.h"
#include "collect/uprobes.h"

struct aio_probes;

/*
 * Probes our own C library, and those of the processes that are traced already: the rows of
 * POOL_PROCESSES. The programs are what runs where a function is entered, and where it returns.
 * Returns 0 or a negative errno; aio_probes__end() frees either way.
 */
int aio_probes__begin(struct aio_probes **probes, enum uprobes_method method,
		      struct bpf_program *entered, struct bpf_program *returned,
		      const struct rows *processes);

/* Looks at the libraries of new processes, a few at a time. NULL is fine. */
void aio_probes__step(struct aio_probes *probes, const struct rows *processes, uint64_t now);

/* Takes the probes off. NULL is fine. */
void aio_probes__end(struct aio_probes *probes);

#endif

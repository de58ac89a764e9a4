/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Inside collect/session*: uprobes on the functions of C libraries that do POSIX AIO.
 *
 * A uprobe is on a file, whoever maps it. waitscope's own C library gets its probes before the
 * command begins; those of other roots (containers), and other libraries, when a traced process is
 * found to map one. That is looked for now and then, so the first moments of such a process are
 * not covered.
 */
#ifndef WAITSCOPE_COLLECT_AIO_PROBES_H
#define WAITSCOPE_COLLECT_AIO_PROBES_H

#include <stdint.h>

#include "collect/uprobes.h"

struct session;
struct aio_probes;

/*
 * Probes our own C library, and those of the processes that are traced already. Returns 0 or a
 * negative errno; aio_probes__end() frees either way.
 */
int aio_probes__begin(struct aio_probes **probes, struct session *session,
		      enum uprobes_method method);

/* Looks at the libraries of new processes, a few at a time. NULL is fine. */
void aio_probes__step(struct aio_probes *probes, uint64_t now);

/* Takes the probes off. NULL is fine. */
void aio_probes__end(struct aio_probes *probes);

#endif

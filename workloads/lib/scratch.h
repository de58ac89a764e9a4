/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one file that a workload may need. It must not exist before, so that no option can make
 * a workload overwrite anybody's data, and it is removed at the end: at exit, and when
 * SIGINT, SIGTERM, SIGHUP or the watchdog ends the program.
 */
#ifndef WORKLOADS_SCRATCH_H
#define WORKLOADS_SCRATCH_H

/*
 * Creates and opens the file for reading and writing. A NULL path chooses a new name in
 * $TMPDIR or /var/tmp (on a disk more often than /tmp is). Ends the program if it cannot.
 */
int scratch__create(const char *path);

/* Its absolute path without symbolic links, as the kernel would name it. */
const char *scratch__path(void);

/* Safe in a signal handler, and where there is no file. */
void scratch__remove(void);

#endif

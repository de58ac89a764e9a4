/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The verbs. Each takes its own argv (argv[0] is "waitscope VERB") and returns the exit status. */
#ifndef WAITSCOPE_COMMANDS_H
#define WAITSCOPE_COMMANDS_H

/* EXIT_MET: a condition of --fail-if is met. */
enum exit_status { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_MET = 3 };

int command_profile(int argc, char **argv);
int command_hist(int argc, char **argv);
int command_flame(int argc, char **argv);
int command_trace(int argc, char **argv);
int command_anatomy(int argc, char **argv);
int command_record(int argc, char **argv);
int command_report(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_models(int argc, char **argv);
int command_diff(int argc, char **argv);
int command_workload(int argc, char **argv);

/*
 * Where a bundled workload is: in the build tree, or installed. `path` has PATH_MAX bytes. Returns
 * 0 or a negative errno.
 */
int workload__find(const char *name, char *path);

/* "waitscope: MESSAGE" on stderr. Diagnostics go there, results to stdout. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

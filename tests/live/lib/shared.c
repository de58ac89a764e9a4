// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Workloads that share one run of waitscope. Where processors are emulated, its start and its end
 * take seconds (mostly the kernel's, which verifies the programs), a workload a fraction of one.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "tests/live/lib/internal.h"

struct shared {
	const char *tier;
	char *line;	  /* its words */
	unsigned int run; /* with which it was run, 0 with none yet */
	/* NULL: it failed, and has to be run alone, so that it is told how */
	struct json_object *profile, *truth;
};

static struct shared *all;
static size_t count;

/* For a shell: no word here has anything in it that one would understand. */
static char *line_of(const char *const *words)
{
	const char *line = live__workload(*words);

	while (*++words)
		line = live__text("%s %s", line, *words);
	return strdup(line);
}

static struct shared *find(const char *tier, const char *line)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(all[i].tier, tier) == 0 && strcmp(all[i].line, line) == 0)
			return &all[i];
	return NULL;
}

void trace__announce(const char *tier, const char *const *words)
{
	char *line;

	if (!live__emulated())
		return;
	line = line_of(words);
	if (find(tier, line)) {
		free(line);
		return;
	}
	all = realloc(all, (count + 1) * sizeof(*all));
	if (!all || !line)
		live__fail("out of memory");
	all[count++] = (struct shared){.tier = tier, .line = line};
}

/* Cuts off what one workload said; behind it stands its exit status. */
static const char *next_output(char **rest, bool *succeeded)
{
	static const char mark[] = "\n@@ ";
	char *output = *rest, *end = strstr(output, mark);

	if (!end)
		return NULL;
	*end = '\0';
	*succeeded = end[strlen(mark)] == '0';
	*rest = end + strlen(mark);
	*rest += strcspn(*rest, "\n");
	return output;
}

static void run_all_of(const char *tier)
{
	static unsigned int run;
	const char *script = "";
	struct trace *trace;
	char *output;
	bool succeeded;

	run++;
	for (size_t i = 0; i < count; i++) {
		if (all[i].run || strcmp(all[i].tier, tier) != 0)
			continue;
		all[i].run = run;
		script = live__text("%s%s; printf '\\n@@ %%d\\n' $?\n", script, all[i].line);
	}
	trace = trace__run(WORDS("--tier", tier, "--", "sh", "-c", script), LIVE_TIMEOUT_MS);
	output = program__output(trace->program);
	for (size_t i = 0; i < count; i++) {
		const char *said = all[i].run == run ? next_output(&output, &succeeded) : NULL;

		if (!said || !succeeded)
			continue;
		all[i].truth = json_tokener_parse(said);
		all[i].profile = json_object_get(trace->profile);
	}
}

struct trace *shared__trace(const char *tier, const char *const *words)
{
	char *line = live__keep(line_of(words), free);
	struct shared *shared = find(tier, line);
	struct trace *trace;

	if (!shared)
		return NULL;
	if (!shared->run)
		run_all_of(tier);
	if (!shared->truth)
		return NULL;
	trace = live__keep(calloc(1, sizeof(*trace)), free);
	trace->profile = shared->profile;
	trace->truth = shared->truth;
	return trace;
}

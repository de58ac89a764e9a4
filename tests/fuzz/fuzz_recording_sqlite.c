// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A recording as tables: whatever is in it, SQLite takes it. */
#include <stdlib.h>
#include <string.h>

#include "commands/replaying.h"
#include "recording/sqlite.h"
#include "tests/fuzz/recording_input.h"

static void refuse(const struct sqlite *sqlite, int err)
{
	fprintf(stderr, "sqlite: %s: %s\n", strerror(-err), sqlite__problem(sqlite));
	abort();
}

static void write_rest(struct sqlite *sqlite, const struct replaying *replaying)
{
	const struct sqlite_rest rest = {
		.rebuild = replaying__rebuild(replaying),
		.sources = replaying__sources(replaying),
		.profile = replaying__profile(replaying),
		.story = replaying__story(replaying),
	};
	int err = sqlite__finish(sqlite, &rest);

	if (err)
		refuse(sqlite, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct recording_input input = recording_input__make(data, size);
	struct replaying_options options = {.path = input.path};
	struct rebuild_listener listener;
	struct replaying *replaying;
	struct sqlite *sqlite = NULL;

	expect(sqlite__new(&sqlite, ":memory:") == 0);
	listener = sqlite__listener(sqlite);
	options.listener = &listener;
	options.from = input.way & 1 ? 1000 : 0;
	options.to = input.way & 2 ? 100000000 : 0;
	if (!replaying__new(&replaying, &options))
		write_rest(sqlite, replaying);
	else if (*sqlite__problem(sqlite))
		refuse(sqlite, 0);
	replaying__free(replaying);
	sqlite__free(sqlite);
	return 0;
}

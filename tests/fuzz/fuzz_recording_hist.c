// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What `hist` measures, out of a recording: as pictures of text, and as JSON. */
#include "commands/replaying.h"
#include "render/hist.h"
#include "tests/fuzz/recording_input.h"

static void write_all(const struct distributions *distributions)
{
	const struct hist_options options = {
		.percentiles = {50, 99}, .percentile_count = 2, .high = UINT64_MAX};
	struct result text;

	expect(distributions != NULL);
	result__begin(&text);
	expect(render__hist_text(text.stream, distributions, &options) == 0);
	expect(render__hist_json(text.stream, distributions, &options) == 0);
	result__end_text(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct recording_input input = recording_input__make(data, size);
	const struct measuring measuring = {.what = "fuzz",
					    .meaning = "fuzz",
					    .empty = "nothing",
					    .tier = TIER_WAITS,
					    .measure = 1 + input.way % 11,
					    .by = input.way / 11 % (BY_CPU + 1)};
	int id = 101;
	struct row_filter filter = {.pids = {&id, 1}};
	struct replaying_options options = {.path = input.path, .measuring = &measuring};
	struct replaying *replaying;

	options.filter = input.way > 200 ? &filter : NULL;
	options.from = input.way > 240 ? 1000 : 0;
	if (!replaying__new(&replaying, &options))
		write_all(replaying__distributions(replaying));
	replaying__free(replaying);
	return 0;
}

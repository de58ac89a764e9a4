/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Distributions made by hand, for the tests of what `waitscope hist` prints. */
#ifndef WAITSCOPE_TESTS_HIST_SAMPLE_H
#define WAITSCOPE_TESTS_HIST_SAMPLE_H

#include <locale.h>

#include "render/hist.h"
#include "tests/unit/render_sample.h"
#include "tests/unit/unit.h"

#define SAMPLE_SLICES 8
/* What a process may call itself, to break documents and to drive terminals. */
#define HOSTILE "</title><script>alert(1)</script>\"',\n\033[2J&amp;\xff (7)"

typedef int (*hist_renderer)(FILE *stream, const struct distributions *distributions,
			     const struct hist_options *options);

static inline struct hist_options hist_sample__options(int width, bool unicode, bool colour)
{
	return (struct hist_options){
		.page = {.width = width, .unicode = unicode, .colour = colour},
		.percentiles = {50, 90, 99, 99.9},
		.percentile_count = 4,
		.high = UINT64_MAX,
	};
}

static inline void hist_sample__add(struct series *series, size_t slice, uint64_t value,
				    bool marked)
{
	if (histogram__add(&series->total, value) ||
	    histogram__add(&series->slices[slice], value) ||
	    (marked && histogram__add(&series->marked, value)))
		abort();
}

/* A series of two modes: `fast` values around 11 us, and `slow` ones around 240 us, marked. */
static inline struct series *hist_sample__series(struct distributions *distributions,
						 const char *label, size_t fast, size_t slow)
{
	struct series *series = &distributions->series[distributions->series_count++];
	uint64_t seed = 11;

	*series = (struct series){.label = label ? strdup(label) : NULL};
	series->slices = calloc(SAMPLE_SLICES, sizeof(*series->slices));
	if (!series->slices)
		abort();
	for (size_t i = 0; i < fast + slow; i++) {
		bool is_slow = i < slow;
		uint64_t spread = next_random(&seed) % 1000;

		hist_sample__add(series, i % SAMPLE_SLICES,
				 is_slow ? 215000 + spread * 50 : 10000 + spread * 2, is_slow);
	}
	return series;
}

/* Up to four series may be added. To be freed with distributions__free(). */
static inline struct distributions *hist_sample__new(struct profile *run)
{
	struct distributions *distributions = calloc(1, sizeof(*distributions));

	if (!distributions)
		abort();
	*distributions = (struct distributions){
		.what = "syscall:read",
		.meaning = "from a call's entry to its exit",
		.by = "process",
		.marked = "asleep",
		.unmarked = "did not sleep",
		.started = 1700000000000000000ULL,
		.window = 100 * MS * SAMPLE_SLICES,
		.interval = 100 * MS,
		.slice_count = SAMPLE_SLICES,
		.starts = calloc(SAMPLE_SLICES, sizeof(uint64_t)),
		.series = calloc(4, sizeof(struct series)),
		.run = run,
	};
	for (size_t i = 0; i < SAMPLE_SLICES; i++)
		distributions->starts[i] = i * 100 * MS;
	return distributions;
}

static inline void hist_sample__lose(struct distributions *distributions, const char *cause,
				     uint64_t count)
{
	struct loss_count *lost = sample__grow(&distributions->lost, &distributions->lost_count,
					       sizeof(*distributions->lost));

	*lost = (struct loss_count){cause, count};
}

static inline char *hist_sample__render(hist_renderer render,
					const struct distributions *distributions,
					const struct hist_options *options)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	assert_int_equal(render(stream, distributions, options), 0);
	assert_int_equal(fclose(stream), 0);
	return text;
}

static inline size_t count_of(const char *text, const char *wanted)
{
	size_t count = 0;

	for (; (text = strstr(text, wanted)); text++)
		count++;
	return count;
}

/* Nothing that drives a terminal, beyond line ends and (if `colour`) colours. */
static inline void assert_no_control(const char *text, bool colour)
{
	for (const char *at = text; *at; at++) {
		if (colour && !strncmp(at, "\033[", 2)) {
			at += strcspn(at, "mABCDEFGHJKSThlsu");
			assert_int_equal(*at, 'm');
			continue;
		}
		assert_true((unsigned char)*at >= ' ' || *at == '\n' || *at == '\r');
	}
}

#endif

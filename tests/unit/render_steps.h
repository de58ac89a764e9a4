/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the tests of each format do with the profiles of render_sample.h. */
#ifndef WAITSCOPE_TESTS_RENDER_STEPS_H
#define WAITSCOPE_TESTS_RENDER_STEPS_H

#include <errno.h>
#include <locale.h>

#include "render/render.h"
#include "tests/unit/render_sample.h"
#include "tests/unit/unit.h"

typedef int (*renderer)(FILE *stream, const struct profile *profile,
			const struct render_options *options);

static inline char *render_with(renderer render, const struct profile *profile,
				const struct render_options *options)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	assert_int_equal(render(stream, profile, options), 0);
	assert_int_equal(fclose(stream), 0);
	return text;
}

static inline void assert_failing_streams_are_reported(renderer render)
{
	/* one fails while it is written, the other one when what it buffers is flushed */
	struct profile *profiles[] = {sample__profile(), sample__empty()};

	for (size_t i = 0; i < COUNT(profiles); i++) {
		FILE *full = fopen("/dev/full", "w");

		assert_non_null(full);
		assert_int_equal(render(full, profiles[i], &(struct render_options){0}), -EIO);
		fclose(full);
		profile__free(profiles[i]);
	}
}

/* Set-up of a group: display columns and UTF-8 as the C library has them are the oracle. */
static inline int use_utf8(void **state)
{
	(void)state;
	return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

#endif

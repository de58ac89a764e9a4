// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What is wrong with how the program waits, most harmful first. */
#include <errno.h>
#include <stdlib.h>

#include "render/text.h"

#define FINDINGS_SCREENFUL 5
#define TAG_COLUMNS	   11
#define TAG_LEAST_WIDTH	   60 /* narrower pages do without the column of tags */

static const char *severity_style(enum severity severity)
{
	return severity == SEVERITY_WARNING ? STYLE_BAD : STYLE_BOLD;
}

/* Its text has names from outside in it, and is broken at its spaces all the same. */
static void say_finding(struct page *page, const struct finding *finding)
{
	char *clean = text__clean(finding->text ? finding->text : "?", page->unicode);
	int hang = page->width < TAG_LEAST_WIDTH ? 2 : TAG_COLUMNS;

	if (!clean) {
		page->error = page->error ? page->error : -ENOMEM;
		return;
	}
	page__begin_line(page, hang);
	page__keep(page, severity_style(finding->severity),
		   "%s:", severity__name(finding->severity));
	page__say(page, NULL, " ");
	if (hang == TAG_COLUMNS)
		page__tab(page, PAGE_MARGIN + TAG_COLUMNS);
	page__say(page, NULL, "%s", clean);
	page__say(page, STYLE_DIM, " [%s]", finding->id);
	page__end_line(page);
	free(clean);
}

void text__findings(struct page *page, const struct profile *profile)
{
	size_t rows = text__rows(page->options, FINDINGS_SCREENFUL);
	struct left_out left_out = {0};

	if (!profile->finding_count)
		return;
	page__title(page, "Findings", "most harmful first");
	for (size_t i = 0; i < profile->finding_count; i++) {
		if (i < rows)
			say_finding(page, &profile->findings[i]);
		else
			left_out.beyond_top++;
	}
	page__left_out(page, &left_out, "finding", "findings");
}

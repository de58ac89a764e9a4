// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Times in the unit that was asked for, and why a distribution has the modes that it has. */
#include "names/units.h"
#include "render/hist.h"
#include "render/text.h"

static const struct {
	uint64_t ns;
	const char *name;
} units[] = {{1, "ns"}, {1000, "us"}, {1000000, "ms"}, {1000000000, "s"}};

const char *hist__time(const struct hist_options *options, uint64_t ns, char *text)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].ns != options->unit)
			continue;
		snprintf(text, UNITS_TEXT, "%.6g %s", (double)ns / (double)units[i].ns,
			 units[i].name);
		return text;
	}
	return text__time(ns, text);
}

/* Nearly all of a mode's values, or nearly none: the rest is the foot of another mode. */
#define NEARLY_ALL  0.95
#define NEARLY_NONE 0.05

const char *hist__evidence(const struct distributions *distributions, const struct series *series,
			   const struct mode *mode, char text[EVIDENCE_TEXT])
{
	double share = modes__marked_share(mode, &series->marked);
	const char *cause = series->cause, *separator = cause ? ": " : "";
	char percent[PERCENT_TEXT] = "";

	text[0] = '\0';
	if (!distributions->marked || share < 0)
		return text;
	if (share <= NEARLY_NONE) {
		snprintf(text, EVIDENCE_TEXT, "%s", distributions->unmarked);
		return text;
	}
	if (share < NEARLY_ALL)
		text__percent((uint64_t)(share * 1000), 1000, percent);
	snprintf(text, EVIDENCE_TEXT, "%s%s%s%s%s", percent, *percent ? " " : "",
		 distributions->marked, separator, cause ? cause : "");
	return text;
}

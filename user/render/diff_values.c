// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Figures of a comparison as texts. */
#include <math.h>
#include <stdio.h>

#include "names/units.h"
#include "render/diff.h"

/* The type of counts ends before the numbers of a file do. */
static uint64_t whole(double value)
{
	return value < 1.8e19 ? (uint64_t)(value + 0.5) : UINT64_MAX;
}

const char *diff__value_text(enum diff_unit unit, double value, char text[DIFF_TEXT])
{
	switch (unit) {
	case DIFF_NS:
		return text__time(whole(value), text);
	case DIFF_SIZE:
		return units__size(whole(value), text);
	case DIFF_COUNT:
		/* for each second or operation a count may be less than one */
		if (value >= 100 || value == floor(value))
			return units__count(whole(value), text);
		break;
	case DIFF_RATIO:
		break;
	}
	snprintf(text, DIFF_TEXT, value >= 10 ? "%.1f" : "%.2f", value);
	return text;
}

const char *diff__difference_text(const struct diff_change *change, char text[DIFF_TEXT])
{
	double difference = diff_change__difference(change);
	char value[DIFF_TEXT];

	snprintf(text, DIFF_TEXT, "%s%.48s",
		 difference > 0	  ? "+"
		 : difference < 0 ? "-"
				  : "",
		 diff__value_text(diff_kinds[change->of->figure].unit, fabs(difference), value));
	return text;
}

const char *diff__percent_text(const struct diff_change *change, char text[DIFF_TEXT])
{
	double percent = 100 * diff_change__relative(change);

	if (!isfinite(percent))
		snprintf(text, DIFF_TEXT, "new");
	else if (change->b.median == 0 && percent < 0)
		snprintf(text, DIFF_TEXT, "gone");
	else if (percent > 99999)
		snprintf(text, DIFF_TEXT, ">+99999%%");
	else if (percent == 0)
		snprintf(text, DIFF_TEXT, "0%%");
	else if (fabs(percent) < 0.1)
		snprintf(text, DIFF_TEXT, "%s0.1%%", percent > 0 ? "<+" : "<-");
	else
		snprintf(text, DIFF_TEXT, fabs(percent) < 9.95 ? "%+.1f%%" : "%+.0f%%", percent);
	return text;
}

const char *diff__range_text(enum diff_unit unit, const struct diff_spread *spread,
			     char text[DIFF_TEXT])
{
	char low[DIFF_TEXT], high[DIFF_TEXT];

	text[0] = '\0';
	if (spread->low < spread->high)
		snprintf(text, DIFF_TEXT, "%.28s..%.28s", diff__value_text(unit, spread->low, low),
			 diff__value_text(unit, spread->high, high));
	return text;
}

bool diff__is_part(const struct diff_change *change)
{
	switch (change->of->figure) {
	case DIFF_RUNNING:
	case DIFF_RUNNABLE:
	case DIFF_PREEMPTED:
	case DIFF_UNKNOWN:
	case DIFF_CLASS_BLOCKED:
	case DIFF_CLASS_IDLE:
		return true;
	default:
		return false;
	}
}

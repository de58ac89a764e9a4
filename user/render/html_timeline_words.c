// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a wait was, in words that are kept once; and the rows of the heat map. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render/html_timeline.h"

static int describe(const struct timeline_wait *wait, char **text)
{
	const struct timeline_thread *waker = wait->waker;
	char who[64] = "";
	int written;

	if (wait->asleep)
		snprintf(who, sizeof(who), "; nobody had woken it at the end");
	else if (waker->track)
		snprintf(who, sizeof(who), "; woken by %u `%s`", waker->tid, waker->name);
	else if (wait->kind != WAKER_UNKNOWN)
		snprintf(who, sizeof(who), "; woken by %s", waker_kind__name(wait->kind));
	written = asprintf(text, "%s%s%s%s%s%s", wait_class__name(wait->class),
			   wait->idle ? " (idle)" : "", wait->syscall ? ": in " : "",
			   wait->syscall ? wait->syscall : "", wait->object ? " on " : "",
			   wait->object ? wait->object : "");
	if (written >= 0 && *who) {
		char *first = *text;

		written = asprintf(text, "%s%s", first, who);
		free(first);
	}
	return written < 0 ? -ENOMEM : 0;
}

static uint32_t hash_of(const char *text)
{
	uint32_t hash = 2166136261U;

	while (*text)
		hash = (hash ^ (unsigned char)*text++) * 16777619U;
	return hash;
}

int html_details__number(struct html_details *details, const struct timeline_wait *wait,
			 uint32_t *number)
{
	uint32_t place;
	char *text;

	if (describe(wait, &text))
		return -ENOMEM;
	place = hash_of(text) % HTML_DETAILS;
	while (details->slots[place].text && strcmp(details->slots[place].text, text) != 0)
		place = (place + 1) % HTML_DETAILS;
	if (details->slots[place].text || details->count >= HTML_DETAILS / 4 * 3) {
		free(text);
	} else {
		details->slots[place] =
			(struct html_detail){text, wait->waker->track, ++details->count};
		details->by_number[details->count] = place;
	}
	*number = details->slots[place].number;
	return 0;
}

void html_details__clear(struct html_details *details)
{
	for (uint32_t i = 1; i <= details->count; i++)
		free(details->slots[details->by_number[i]].text);
}

unsigned int html_heat__row(uint64_t ns)
{
	unsigned int power;

	if (ns < 2)
		return 0;
	power = 63 - (unsigned int)__builtin_clzll(ns);
	return power * 2 + (ns - (1ULL << power) >= 1ULL << (power - 1));
}

uint64_t html_heat__low(unsigned int row)
{
	uint64_t low = 1ULL << row / 2;

	return row % 2 ? low + low / 2 : low;
}

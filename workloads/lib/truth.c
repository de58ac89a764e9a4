// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "truth.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

static void write_text(const char *text, size_t length)
{
	putchar('"');
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			printf("\\u%04x", c); /* bytes as Latin-1: always valid JSON */
		else
			putchar(c);
	}
	putchar('"');
}

/* One member of the outermost object per line, inner objects on the line of their name. */
static void write_name(struct truth *truth, const char *name)
{
	if (truth->has_member)
		putchar(',');
	if (truth->depth == 1)
		fputs("\n  ", stdout);
	else if (truth->has_member)
		putchar(' ');
	write_text(name, strlen(name));
	fputs(": ", stdout);
	truth->has_member = true;
}

void truth__begin(struct truth *truth)
{
	*truth = (struct truth){.depth = 1};
	putchar('{');
}

void truth__end(struct truth *truth)
{
	truth->depth = 0;
	fputs("\n}\n", stdout);
	if (fflush(stdout) || ferror(stdout))
		err(EXIT_FAILURE, "stdout");
}

void truth__text(struct truth *truth, const char *name, const char *text)
{
	write_name(truth, name);
	if (text)
		write_text(text, strlen(text));
	else
		fputs("null", stdout);
}

void truth__number(struct truth *truth, const char *name, uint64_t number)
{
	write_name(truth, name);
	printf("%" PRIu64, number);
}

void truth__number_if(struct truth *truth, const char *name, bool known, uint64_t number)
{
	if (known)
		truth__number(truth, name, number);
	else
		truth__text(truth, name, NULL);
}

void truth__ratio(struct truth *truth, const char *name, uint64_t number, uint64_t by)
{
	if (!by) {
		truth__text(truth, name, NULL);
		return;
	}
	write_name(truth, name);
	printf("%.3f", (double)number / (double)by);
}

void truth__numbers(struct truth *truth, const char *name, const uint64_t *numbers, size_t count)
{
	write_name(truth, name);
	putchar('[');
	for (size_t i = 0; i < count; i++)
		printf("%s%" PRIu64, i ? ", " : "", numbers[i]);
	putchar(']');
}

void truth__flag(struct truth *truth, const char *name, bool flag)
{
	write_name(truth, name);
	fputs(flag ? "true" : "false", stdout);
}

static bool kernel_is_realtime(void)
{
	FILE *file = fopen("/sys/kernel/realtime", "re");
	bool realtime;

	if (!file)
		return false;
	realtime = fgetc(file) == '1';
	fclose(file);
	return realtime;
}

void truth__wakers(struct truth *truth, const char *wakers, const char *wakers_realtime)
{
	const char *list = wakers_realtime && kernel_is_realtime() ? wakers_realtime : wakers;

	truth__text(truth, "waker", *list && !strchr(list, ',') ? list : NULL);
	write_name(truth, "wakers");
	putchar('[');
	for (size_t length = 0; *list; list += length + (list[length] == ',')) {
		length = strcspn(list, ",");
		write_text(list, length);
		if (list[length])
			fputs(", ", stdout);
	}
	putchar(']');
}

void truth__books(struct truth *truth, const struct books *books)
{
	truth__number(truth, "measured_ns", books->time_ns);
	truth__number(truth, "cpu_ns", books->cpu_ns);
	truth__number(truth, "voluntary_switches", books->voluntary_switches);
	truth__number(truth, "involuntary_switches", books->involuntary_switches);
}

void truth__open(struct truth *truth, const char *name)
{
	write_name(truth, name);
	putchar('{');
	truth->depth++;
	truth->has_member = false;
}

void truth__close(struct truth *truth)
{
	putchar('}');
	truth->depth--;
	truth->has_member = true;
}

void truth__calls(struct truth *truth, const struct calls *calls)
{
	truth__open(truth, "calls");
	for (int i = 0; i < CALLS_MAX && calls->rows[i].name; i++)
		truth__number(truth, calls->rows[i].name, calls->rows[i].count);
	truth__close(truth);
}

void truth__latency(struct truth *truth, const char *name, struct latency *latency)
{
	bool known = latency->count > 0;
	static const struct {
		const char *name;
		unsigned int percent;
	} percentiles[] = {{"p50_ns", 50}, {"p90_ns", 90}, {"p99_ns", 99}};

	latency__sort(latency);
	truth__open(truth, name);
	truth__number(truth, "count", latency->count);
	truth__number(truth, "sum_ns", latency->sum_ns);
	truth__number_if(truth, "min_ns", known, known ? latency->samples_ns[0] : 0);
	truth__number_if(truth, "max_ns", known,
			 known ? latency->samples_ns[latency->count - 1] : 0);
	for (size_t i = 0; i < sizeof(percentiles) / sizeof(*percentiles); i++)
		truth__number_if(truth, percentiles[i].name, known,
				 known ? latency__percentile_ns(latency, percentiles[i].percent)
				       : 0);
	truth__close(truth);
}

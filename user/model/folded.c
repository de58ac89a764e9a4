// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/folded.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "names/units.h"

int folded__add(struct folded *folded, char *stack, uint64_t weight)
{
	if (!stack)
		return -ENOMEM;
	if (folded->count == folded->room) {
		size_t room = folded->room ? folded->room * 2 : 64;
		struct folded_line *grown = reallocarray(folded->lines, room, sizeof(*grown));

		if (!grown) {
			free(stack);
			return -ENOMEM;
		}
		folded->lines = grown;
		folded->room = room;
	}
	folded->lines[folded->count++] = (struct folded_line){stack, weight};
	return 0;
}

static unsigned char order_of(char sign)
{
	return sign == ';' ? 1 : (unsigned char)sign; /* control characters are escaped */
}

int folded__order(const char *left, const char *right)
{
	while (*left && *left == *right)
		left++, right++;
	return order_of(*left) - order_of(*right);
}

static int compare(const void *a, const void *b)
{
	const struct folded_line *left = a, *right = b;

	return folded__order(left->stack, right->stack);
}

void folded__settle(struct folded *folded)
{
	size_t kept = 0;

	folded->total = 0;
	if (!folded->count)
		return;
	qsort(folded->lines, folded->count, sizeof(*folded->lines), compare);
	folded->total = folded->lines[0].weight;
	for (size_t i = 1; i < folded->count; i++) {
		struct folded_line *line = &folded->lines[i];

		folded->total += line->weight;
		if (compare(&folded->lines[kept], line) != 0) {
			folded->lines[++kept] = *line;
			continue;
		}
		folded->lines[kept].weight += line->weight;
		free(line->stack);
	}
	folded->count = kept + 1;
}

void folded__clear(struct folded *folded)
{
	for (size_t i = 0; i < folded->count; i++)
		free(folded->lines[i].stack);
	free(folded->lines);
	*folded = (struct folded){0};
}

/* No sum may overflow: of nanoseconds these are 146 years. */
#define TOTAL_MAX (UINT64_MAX >> 2)

/* Cuts the weight from the end of a line. Fractions, as some tools write them, are cut off. */
static bool take_weight(char *line, uint64_t *weight)
{
	char *at = line + strlen(line), *end;

	while (at > line && !isspace((unsigned char)at[-1]))
		at--;
	if (at == line || !isdigit((unsigned char)*at))
		return false;
	errno = 0;
	*weight = strtoull(at, &end, 10);
	if (*end == '.')
		end += 1 + strspn(end + 1, "0123456789");
	if (errno || *end || *weight > TOTAL_MAX)
		return false;
	while (at > line && isspace((unsigned char)at[-1]))
		at--;
	*at = '\0';
	return at > line;
}

static int take_line(struct folded *folded, char *line)
{
	uint64_t weight;

	line[strcspn(line, "\r\n")] = '\0';
	if (!*line || *line == '#')
		return 0;
	if (!take_weight(line, &weight) || folded->total + weight > TOTAL_MAX)
		return -EINVAL;
	folded->total += weight;
	/* whatever is in the frames of somebody's file is escaped as ours is */
	return folded__add(folded, units__escape(line), weight);
}

int folded__read(struct folded *folded, FILE *stream, size_t *number)
{
	char *line = NULL;
	size_t room = 0;
	int err = 0;

	for (*number = 1; getline(&line, &room, stream) > 0; (*number)++) {
		err = take_line(folded, line);
		if (err)
			break;
	}
	free(line);
	if (!err && ferror(stream))
		err = -EIO;
	folded__settle(folded);
	if (!err && !folded->count) {
		*number = 0;
		err = -EINVAL;
	}
	return err;
}

char *folded__frame(const char *name)
{
	char *clean = units__escape(name), *text, *at;

	if (!clean)
		return NULL;
	text = at = malloc(strlen(clean) * 4 + 1);
	for (const char *from = clean; text && *from; from++) {
		if (*from != ';') {
			*at++ = *from;
			continue;
		}
		memcpy(at, "\\x3b", 4);
		at += 4;
	}
	if (text)
		*at = '\0';
	free(clean);
	return text;
}

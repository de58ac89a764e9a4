/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tables whose rows name several things: words in one text, with a space between. */
#ifndef WAITSCOPE_NAMES_WORDS_H
#define WAITSCOPE_NAMES_WORDS_H

#include <stdbool.h>
#include <string.h>

/* Is the word of `length` characters among the words of `list`? */
static inline bool words__has(const char *list, const char *word, size_t length)
{
	while (*list) {
		size_t listed = strcspn(list, " ");

		if (listed == length && !memcmp(list, word, length))
			return true;
		list += listed;
		list += strspn(list, " ");
	}
	return false;
}

/* Is the text, as a whole, among the words of `list`? NULL never is. */
static inline bool words__have(const char *list, const char *text)
{
	return text && words__has(list, text, strlen(text));
}

#endif

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The page of the report for people: words, lines and styles.
 *
 * A word is held back until its end is known, since only then is it known whether it still fits
 * on the line. Styles are part of the words and take no columns.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "render/text.h"

#define WIDTH_DEFAULT 100
#define WIDTH_LEAST   32  /* below this nothing can be laid out */
#define WIDTH_MOST    140 /* above this nobody can read a line */

void page__begin(struct page *page, FILE *stream, const struct render_options *options)
{
	int width = options->width > 0 ? options->width : WIDTH_DEFAULT;

	*page = (struct page){
		.stream = stream,
		.options = options,
		.width = width < WIDTH_LEAST  ? WIDTH_LEAST
			 : width > WIDTH_MOST ? WIDTH_MOST
					      : width,
		.colour = options->colour,
		.unicode = options->unicode,
		.fresh = true,
	};
}

static void append(struct page *page, const char *bytes, size_t length)
{
	if (page->word_used + length + 1 > page->word_size) {
		size_t size = (page->word_used + length + 1) * 2;
		char *word = realloc(page->word, size);

		if (!word) {
			page->error = page->error ? page->error : -ENOMEM;
			return;
		}
		page->word = word;
		page->word_size = size;
	}
	memcpy(page->word + page->word_used, bytes, length);
	page->word_used += length;
	page->word[page->word_used] = '\0';
}

/* From here on within the word; NULL is plain. */
static void set_style(struct page *page, const char *style)
{
	if (!style || !page->colour)
		style = "";
	if (!strcmp(style, page->style))
		return;
	if (*page->style)
		append(page, "\033[0m", 4);
	if (*style) {
		append(page, "\033[", 2);
		append(page, style, strlen(style));
		append(page, "m", 1);
	}
	snprintf(page->style, sizeof(page->style), "%s", style);
}

static void append_styled(struct page *page, const char *style, const char *bytes, size_t length)
{
	int columns;

	if (!length)
		return;
	set_style(page, style);
	append(page, bytes, length);
	for (size_t i = 0; i < length; page->word_columns += columns)
		i += text__next(bytes + i, &columns);
}

static void pad_to(struct page *page, int column)
{
	while (page->column < column) {
		fputc(' ', page->stream);
		page->column++;
	}
}

static void break_line(struct page *page)
{
	fputc('\n', page->stream);
	page->column = 0;
	pad_to(page, page->indent);
	page->fresh = true;
}

/* Writes the pending word; if it is wider than a line, broken wherever a line ends. */
static void write_word(struct page *page)
{
	size_t i = 0;

	while (i < page->word_used) {
		int columns = 0;
		size_t length;

		if (page->word[i] == '\033') { /* ours: data is escaped */
			const char *end = memchr(page->word + i, 'm', page->word_used - i);

			length = end ? (size_t)(end - page->word) - i + 1 : 1;
		} else {
			length = text__next(page->word + i, &columns);
		}
		if (page->column + columns > page->width)
			break_line(page);
		fwrite(page->word + i, 1, length, page->stream);
		page->column += columns;
		i += length;
	}
}

static void flush_word(struct page *page)
{
	int gap = page->fresh ? 0 : page->gap;

	if (!page->word_used)
		return;
	set_style(page, NULL);
	if (!page->fresh && page->column + gap + page->word_columns > page->width) {
		break_line(page);
		gap = 0;
	}
	if (page->column == 0)
		pad_to(page, page->indent);
	pad_to(page, page->column + gap);
	write_word(page);
	page->fresh = false;
	page->gap = 0;
	page->word_used = 0;
	page->word_columns = 0;
}

static void say(struct page *page, const char *style, const char *text, bool together)
{
	while (*text) {
		size_t length = together ? strlen(text) : strcspn(text, " ");

		append_styled(page, style, text, length);
		text += length;
		if (*text == ' ') {
			flush_word(page);
			page->gap++;
			text++;
		}
	}
}

static void say_formatted(struct page *page, const char *style, bool together, const char *format,
			  va_list arguments)
{
	char *text;

	if (vasprintf(&text, format, arguments) < 0) {
		page->error = page->error ? page->error : -ENOMEM;
		return;
	}
	say(page, style, text, together);
	free(text);
}

void page__say(struct page *page, const char *style, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say_formatted(page, style, false, format, arguments);
	va_end(arguments);
}

void page__keep(struct page *page, const char *style, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say_formatted(page, style, true, format, arguments);
	va_end(arguments);
}

void page__data(struct page *page, const char *style, const char *data)
{
	char *clean = text__clean(data ? data : "?", page->unicode);

	if (!clean) {
		page->error = page->error ? page->error : -ENOMEM;
		return;
	}
	say(page, style, clean, true);
	free(clean);
}

void page__name(struct page *page, const char *name)
{
	page__keep(page, NULL, "`");
	page__data(page, STYLE_BOLD, name);
	page__keep(page, NULL, "`");
}

void page__tab(struct page *page, int column)
{
	flush_word(page);
	if (page->column > 0 && page->column >= column)
		column = page->column + 1;
	pad_to(page, column);
	page->fresh = true;
	page->gap = 0;
}

void page__cell(struct page *page, const char *style, const char *text, int width, bool left)
{
	int columns = 0, next, total = text__columns(text), end;
	size_t length = 0;

	flush_word(page);
	page->gap = 0;
	end = page->column + width;
	if (!left && total < width)
		pad_to(page, page->column + width - total);
	while (text[length]) {
		size_t bytes = text__next(text + length, &next);

		/* a cut text ends in a mark, for which there has to be room */
		if (columns + next > width || (total > width && columns + next > width - 1))
			break;
		columns += next;
		length += bytes;
	}
	append_styled(page, style, text, length);
	if (text[length])
		append_styled(page, style, page->unicode ? "…" : "~", page->unicode ? 3 : 1);
	page->fresh = true; /* a cell stands where it is put */
	flush_word(page);
	pad_to(page, end);
}

void page__end_line(struct page *page)
{
	flush_word(page);
	fputc('\n', page->stream);
	page->column = 0;
	page->indent = PAGE_MARGIN;
	page->fresh = true;
	page->gap = 0;
}

void page__begin_line(struct page *page, int hang)
{
	page__tab(page, PAGE_MARGIN);
	page->indent = PAGE_MARGIN + hang;
}

void page__title(struct page *page, const char *title, const char *remark)
{
	page__end_line(page);
	page->indent = 0;
	page__say(page, STYLE_TITLE, "%s", title);
	if (remark)
		page__say(page, STYLE_DIM, " (%s)", remark);
	page__end_line(page);
}

int page__finish(struct page *page)
{
	flush_word(page);
	free(page->word);
	page->word = NULL;
	if (fflush(page->stream) || ferror(page->stream))
		page->error = -EIO;
	return page->error;
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "render/html.h"

#include <errno.h>
#include <stdlib.h>

#include "html_page.inc" /* made of html/ by html/assemble.sh */
#include "render/flame.h"

/* In JSON "<" is in strings only, where an escape means the same. */
void html__put_json(FILE *stream, const char *json, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (json[i] == '<')
			fputs("\\u003c", stream);
		else
			putc(json[i], stream);
	}
}

struct buffer {
	char *text;
	size_t length;
	FILE *stream;
};

static int buffer__open(struct buffer *buffer)
{
	*buffer = (struct buffer){0};
	buffer->stream = open_memstream(&buffer->text, &buffer->length);
	return buffer->stream ? 0 : -ENOMEM;
}

/* Puts it where it belongs, as the data of that id, if it was made without `err`. */
static int buffer__put(struct buffer *buffer, FILE *stream, const char *id, int err)
{
	if (fclose(buffer->stream) && !err)
		err = -ENOMEM;
	if (!err) {
		fprintf(stream, "<script type=\"application/json\" id=\"%s\">", id);
		html__put_json(stream, buffer->text, buffer->length);
		fputs("</script>\n", stream);
	}
	free(buffer->text);
	return err;
}

static int put_profile(FILE *stream, const struct profile *profile,
		       const struct render_options *options)
{
	struct render_options with_buckets = *options;
	struct buffer buffer;
	int err = buffer__open(&buffer);

	with_buckets.buckets = true;
	return err ? err
		   : buffer__put(&buffer, stream, "profile",
				 render__json(buffer.stream, profile, &with_buckets));
}

static int put_timeline(FILE *stream, struct html_timeline *timeline)
{
	struct buffer buffer;
	int err = buffer__open(&buffer);

	return err ? err
		   : buffer__put(&buffer, stream, "timeline-data",
				 html_timeline__write(timeline, buffer.stream));
}

static const struct {
	enum stack_view view;
	struct flame_options options;
} flames[] = {
	{STACK_VIEW_BLOCKED, {"Blocked time, by where it was waited", NULL, FLAME_NS}},
	{STACK_VIEW_WAKER, {"Blocked time, by who ended it", NULL, FLAME_NS}},
	{STACK_VIEW_CPU, {"On a CPU (samples)", NULL, FLAME_SAMPLES}},
};

static bool has_view(const struct stacks *stacks, enum stack_view view)
{
	return view == STACK_VIEW_BLOCKED || (view == STACK_VIEW_WAKER && stacks->wakers) ||
	       (view == STACK_VIEW_CPU && stacks->samples);
}

static int put_flame(FILE *stream, const struct stacks *stacks, enum stack_view view,
		     const struct flame_options *options)
{
	struct folded folded = {0};
	int err = folded__of_stacks(&folded, stacks, view);

	if (!err) {
		fputs("<div class=\"flame\" hidden>\n", stream);
		err = render__flame_svg(stream, &folded, NULL, options);
		fputs("</div>\n", stream);
	}
	folded__clear(&folded);
	return err;
}

static int put_flames(FILE *stream, const struct stacks *stacks)
{
	int err = 0;

	for (size_t i = 0; stacks && i < sizeof(flames) / sizeof(flames[0]) && !err; i++)
		if (has_view(stacks, flames[i].view))
			err = put_flame(stream, stacks, flames[i].view, &flames[i].options);
	return err;
}

int render__html(FILE *stream, const struct profile *profile, const struct render_options *options,
		 struct html_timeline *timeline)
{
	int err;

	fwrite(html_page_begin, 1, sizeof(html_page_begin), stream);
	err = put_profile(stream, profile, options);
	if (!err && timeline)
		err = put_timeline(stream, timeline);
	if (!err)
		err = put_flames(stream, profile->stacks);
	if (err)
		return err;
	fwrite(html_page_end, 1, sizeof(html_page_end), stream);
	return fflush(stream) || ferror(stream) ? -EIO : 0;
}

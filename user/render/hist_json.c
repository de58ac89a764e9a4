// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Distributions as JSON: docs/hist.schema.json. */
#include <errno.h>
#include <math.h>

#include "model/modes.h"
#include "render/hist.h"
#include "render/json.h"
#include "version.h"

#define SCHEMA "waitscope-hist/1"

static struct json_object *percentiles(struct json_builder *builder,
				       const struct histogram *histogram,
				       const struct hist_options *options)
{
	struct json_object *object = json__object(builder);
	char name[24];

	for (size_t i = 0; i < options->percentile_count; i++) {
		bool known = histogram__has_quantiles(histogram);

		snprintf(name, sizeof(name), "%g", options->percentiles[i]);
		json__add_known_count(
			builder, object, name,
			known ? histogram__quantile(histogram, options->percentiles[i] / 100) : 0,
			known);
	}
	return object;
}

static struct json_object *modes(struct json_builder *builder,
				 const struct distributions *distributions,
				 const struct series *series)
{
	struct json_object *rows = json__array(builder);
	struct mode found[MODES_MOST];
	size_t count = modes__find(&series->total, found);

	for (size_t i = 0; i < count; i++) {
		struct json_object *row = json__object(builder);
		double marked = modes__marked_share(&found[i], &series->marked);
		char evidence[EVIDENCE_TEXT];

		hist__evidence(distributions, series, &found[i], evidence);
		json__add_count(builder, row, "peak_ns", found[i].peak);
		json__add_count(builder, row, "low_ns", found[i].low);
		json__add_count(builder, row, "high_ns", found[i].high);
		json__add_count(builder, row, "count", found[i].count);
		json__add_fraction(builder, row, "share", found[i].share);
		json__add_fraction(builder, row, "marked_share",
				   distributions->marked && marked >= 0 ? marked : NAN);
		json__add_text(builder, row, "evidence", *evidence ? evidence : NULL);
		json__append(builder, rows, row);
	}
	return rows;
}

static struct json_object *slices(struct json_builder *builder,
				  const struct distributions *distributions,
				  const struct series *series)
{
	struct json_object *rows = json__array(builder);

	for (size_t i = 0; series->slices && i < distributions->slice_count; i++) {
		struct json_object *row = json__object(builder);
		bool last = i + 1 == distributions->slice_count;

		json__add_count(builder, row, "start_ns", distributions->starts[i]);
		json__add_count(builder, row, "end_ns",
				last ? distributions->window : distributions->starts[i + 1]);
		json__add(builder, row, "distribution",
			  json__distribution(builder, &series->slices[i]));
		json__append(builder, rows, row);
	}
	return rows;
}

static struct json_object *series_row(struct json_builder *builder,
				      const struct distributions *distributions,
				      const struct series *series,
				      const struct hist_options *options)
{
	struct json_object *row = json__object(builder);

	json__add_text(builder, row, "of", series->label);
	json__add(builder, row, "distribution", json__distribution(builder, &series->total));
	json__add(builder, row, "percentiles", percentiles(builder, &series->total, options));
	json__add_count(builder, row, "without_bucket",
			series->total.count - series->total.bucketed);
	json__add_known_count(builder, row, "marked", series->marked.count,
			      distributions->marked != NULL);
	json__add(builder, row, "modes", modes(builder, distributions, series));
	json__add(builder, row, "intervals", slices(builder, distributions, series));
	return row;
}

/* The profile's rows, added up apart. */
static struct json_object *check(struct json_builder *builder, const struct cross_check *check)
{
	struct json_object *object = json__object(builder);

	json__add_count(builder, object, "count", check->count);
	json__add_count(builder, object, "sum_ns", check->sum);
	return object;
}

static struct json_object *lost(struct json_builder *builder,
				const struct distributions *distributions)
{
	struct json_object *object = json__object(builder);

	for (size_t i = 0; i < distributions->lost_count; i++)
		json__add_count(builder, object, distributions->lost[i].cause,
				distributions->lost[i].count);
	return object;
}

static struct json_object *document(struct json_builder *builder,
				    const struct distributions *distributions,
				    const struct hist_options *options)
{
	struct json_object *object = json__object(builder), *rows = json__array(builder), *tool;

	json__add_text(builder, object, "schema", SCHEMA);
	tool = json__object(builder);
	json__add_text(builder, tool, "version", WAITSCOPE_VERSION);
	json__add(builder, object, "tool", tool);
	json__add_text(builder, object, "what", distributions->what);
	json__add_text(builder, object, "meaning", distributions->meaning);
	json__add_text(builder, object, "by", distributions->by);
	json__add_count(builder, object, "started_ns", distributions->started);
	json__add_count(builder, object, "window_ns", distributions->window);
	json__add_known_count(builder, object, "interval_ns", distributions->interval,
			      distributions->interval > 0);
	json__add_text(builder, object, "marked", distributions->marked);
	json__add_text(builder, object, "unmarked", distributions->unmarked);
	json__add_count(builder, object, "censored", distributions->censored);
	json__add_bool(builder, object, "complete", distributions__are_complete(distributions));
	json__add(builder, object, "lost", lost(builder, distributions));
	if (distributions->check.known)
		json__add(builder, object, "profile", check(builder, &distributions->check));
	else
		json__add_null(builder, object, "profile");
	for (size_t i = 0; i < distributions->series_count; i++)
		json__append(
			builder, rows,
			series_row(builder, distributions, &distributions->series[i], options));
	json__add(builder, object, "series", rows);
	json__add_text(builder, object, "why_empty", distributions->why_empty);
	if (distributions->run)
		json__add(builder, object, "audit",
			  json__audit(builder, &distributions->run->audit));
	return object;
}

int render__hist_json(FILE *stream, const struct distributions *distributions,
		      const struct hist_options *options)
{
	struct render_options page = options->page;
	struct json_builder builder = {.options = &page};
	struct json_object *object;
	const char *text = NULL;
	int err = 0;

	page.buckets = true; /* they are what was asked for */
	object = document(&builder, distributions, options);
	if (object && !builder.failed)
		text = json_object_to_json_string_ext(
			object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (!text)
		err = -ENOMEM;
	else if (fputs(text, stream) == EOF || fputc('\n', stream) == EOF || fflush(stream))
		err = -EIO;
	json_object_put(object);
	return err;
}

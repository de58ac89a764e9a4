// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The JSON of docs/models.schema.json: one object with a row for each run. */

#include "render/json.h"
#include "version.h"

#define SCHEMA "waitscope-models/1"

static struct json_object *texts(struct json_builder *builder, char *const *texts, size_t count)
{
	struct json_object *array = json__array(builder);

	for (size_t i = 0; texts && (count ? i < count : texts[i] != NULL); i++)
		json__append(builder, array, json__text(builder, texts[i]));
	return array;
}

static struct json_object *figures(struct json_builder *builder, const struct models_row *row)
{
	struct json_object *object = json__object(builder);

	for (int i = 0; i < FIGURES; i++) {
		const struct models_figure_kind *kind = &models_figures[i];
		bool whole = kind->unit != UNIT_RATIO && kind->unit != UNIT_SHARE;

		if (whole && row->figures[i] >= 0)
			json__add_count(builder, object, kind->name,
					(uint64_t)(row->figures[i] + 0.5));
		else
			json__add_fraction(builder, object, kind->name, row->figures[i]);
	}
	return object;
}

/* null where the run is not known to be one thing */
static void add_expected(struct json_builder *builder, struct json_object *object,
			 const struct models_row *row)
{
	bool model = row->expected_model != MODEL_UNKNOWN;
	bool structure = row->expected_structure != STRUCTURE_UNKNOWN;

	json__add_text(builder, object, "expected_io_model",
		       model ? io_model__name(row->expected_model) : NULL);
	json__add_text(builder, object, "expected_structure",
		       structure ? structure__name(row->expected_structure) : NULL);
	if (model || structure)
		json__add_bool(builder, object, "agrees", models_row__agrees(row));
	else
		json__add_null(builder, object, "agrees");
}

static struct json_object *verdict(struct json_builder *builder, const struct models_row *row)
{
	struct json_object *object = json__object(builder);

	json__add_text(builder, object, "io_model", io_model__name(row->model));
	json__add_text(builder, object, "structure", structure__name(row->structure));
	json__add_text(builder, object, "why", row->why);
	add_expected(builder, object, row);
	return object;
}

static struct json_object *row_of(struct json_builder *builder, const struct models_row *row)
{
	struct json_object *object = json__object(builder);

	json__add_text(builder, object, "group", models_group__name(row->group));
	json__add_text(builder, object, "name", row->name);
	json__add_known_count(builder, object, "scale", row->scale, row->scale > 0);
	json__add_text(builder, object, "outcome", models_outcome__name(row->outcome));
	json__add_text(builder, object, "problem", row->problem);
	if (row->command)
		json__add(builder, object, "command", texts(builder, row->command, 0));
	else
		json__add_null(builder, object, "command");
	json__add(builder, object, "verdict", verdict(builder, row));
	json__add_text(builder, object, "delivery", row->delivery);
	json__add_text(builder, object, "completion_is", row->completion_is);
	json__add(builder, object, "figures", figures(builder, row));
	json__add_bool(builder, object, "conserved", row->conserved);
	json__add_count(builder, object, "lost", row->lost);
	return object;
}

static struct json_object *sources(struct json_builder *builder)
{
	struct json_object *object = json__object(builder);

	for (int i = 0; i < FIGURES; i++)
		json__add_text(builder, object, models_figures[i].name,
			       models_figures[i].source == SOURCE_TRACE ? "trace" : "program");
	return object;
}

static struct json_object *document(struct json_builder *builder,
				    const struct models_report *report)
{
	struct json_object *object = json__object(builder), *tool = json__object(builder),
			   *host = json__object(builder), *rows = json__array(builder);

	json__add_text(builder, object, "schema", SCHEMA);
	json__add_text(builder, tool, "version", WAITSCOPE_VERSION);
	json__add(builder, object, "tool", tool);
	json__add_text(builder, host, "kernel", report->kernel);
	json__add_known_count(builder, host, "cpus", (uint64_t)report->cpus, report->cpus > 0);
	json__add(builder, object, "host", host);
	json__add_bool(builder, object, "quick", report->quick);
	json__add(builder, object, "sources", sources(builder));
	for (size_t i = 0; i < report->row_count; i++)
		json__append(builder, rows, row_of(builder, &report->rows[i]));
	json__add(builder, object, "rows", rows);
	json__add(builder, object, "notes",
		  report->note_count ? texts(builder, report->notes, report->note_count)
				     : json__array(builder));
	return object;
}

int render__models_json(FILE *stream, const struct models_report *report,
			const struct render_options *options)
{
	struct json_builder builder = {.options = options};

	return json__write(&builder, document(&builder, report), stream);
}

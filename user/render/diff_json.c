// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The JSON of docs/diff.schema.json. */
#include <stdlib.h>

#include "render/diff.h"
#include "render/json.h"
#include "version.h"

#define SCHEMA "waitscope-diff/1"

static const char *unit_name(enum diff_unit unit)
{
	static const char *const names[] = {"ns", "count", "bytes", "ratio"};

	return names[unit];
}

static struct json_object *run_of(struct json_builder *builder, const struct diff_run *run)
{
	struct json_object *object = json__object(builder);

	json__add_text(builder, object, "source", run->source);
	json__add_text(builder, object, "command", run->command);
	json__add_text(builder, object, "kernel", run->kernel);
	json__add_text(builder, object, "tier", run->tier == TIER_FULL ? "full" : "waits");
	json__add_fraction(builder, object, "window_ns", run->window);
	json__add_fraction(builder, object, "lost", run->lost);
	json__add_bool(builder, object, "conserved", run->conserved);
	json__add_bool(builder, object, "cut", run->cut);
	return object;
}

static struct json_object *side_of(struct json_builder *builder, const struct diff_side *side)
{
	struct json_object *array = json__array(builder);

	for (size_t i = 0; i < side->count; i++)
		json__append(builder, array, run_of(builder, &side->runs[i]));
	return array;
}

static struct json_object *spread_of(struct json_builder *builder, const struct diff_spread *spread)
{
	struct json_object *object = json__object(builder);

	json__add_fraction(builder, object, "median", spread->median);
	json__add_fraction(builder, object, "low", spread->low);
	json__add_fraction(builder, object, "high", spread->high);
	return object;
}

static void add_path(struct json_builder *builder, struct json_object *object,
		     const struct diff_value *value)
{
	char *path = diff_value__path(value);

	builder->failed |= !path;
	json__add_text(builder, object, "figure", path);
	free(path);
}

static struct json_object *change_of(struct json_builder *builder, const struct diff_change *change)
{
	const struct diff_kind *kind = &diff_kinds[change->of->figure];
	struct json_object *object = json__object(builder);

	add_path(builder, object, change->of);
	json__add_text(builder, object, "subject", diff_subject__name(kind->subject));
	json__add_text(builder, object, "process", change->of->process);
	json__add_text(builder, object, "name", change->of->name);
	json__add_text(builder, object, "syscall", change->of->syscall);
	json__add_text(builder, object, "object", change->of->object);
	json__add_text(builder, object, "unit", unit_name(kind->unit));
	json__add(builder, object, "a", spread_of(builder, &change->a));
	json__add(builder, object, "b", spread_of(builder, &change->b));
	json__add_fraction(builder, object, "difference", diff_change__difference(change));
	json__add_fraction(builder, object, "relative", diff_change__relative(change));
	json__add_text(builder, object, "noise", diff_noise__name(change->noise));
	json__add_bool(builder, object, "few", change->few);
	return object;
}

static void add_changes(struct json_builder *builder, struct json_object *document,
			const struct diff *diff)
{
	struct json_object *array = json__array(builder);
	uint64_t equal = 0;

	for (size_t i = 0; i < diff->change_count; i++) {
		if (diff_change__difference(&diff->changes[i]) != 0)
			json__append(builder, array, change_of(builder, &diff->changes[i]));
		else
			equal++;
	}
	json__add(builder, document, "changes", array);
	json__add_count(builder, document, "equal", equal);
}

static struct json_object *verdict_of(struct json_builder *builder,
				      const struct diff_verdict *verdict)
{
	static const char *const sides[] = {"a", "b"};
	struct json_object *object = json__object(builder);

	json__add_text(builder, object, "process", verdict->process);
	for (int i = 0; i < 2; i++) {
		struct json_object *side;

		if (!verdict->io_model[i]) {
			json__add_null(builder, object, sides[i]);
			continue;
		}
		side = json__object(builder);
		json__add_text(builder, side, "io_model", verdict->io_model[i]);
		json__add_text(builder, side, "structure", verdict->structure[i]);
		json__add(builder, object, sides[i], side);
	}
	return object;
}

static struct json_object *condition_of(struct json_builder *builder,
					const struct condition *condition,
					const struct condition_outcome *outcome)
{
	struct json_object *object = json__object(builder);
	const char *result = outcome->result == CONDITION_MET	      ? "met"
			     : outcome->result == CONDITION_UNDECIDED ? "undecided"
			     : outcome->noise			      ? "within_noise"
								      : "unmet";

	json__add_text(builder, object, "condition", condition->text);
	json__add_text(builder, object, "figure", condition->path);
	json__add_text(builder, object, "result", result);
	return object;
}

static void add_lists(struct json_builder *builder, struct json_object *document,
		      const struct diff_report *report)
{
	const struct diff *diff = report->diff;
	struct json_object *verdicts = json__array(builder), *renamed = json__array(builder),
			   *conditions = json__array(builder);

	for (size_t i = 0; i < diff->verdict_count; i++)
		json__append(builder, verdicts, verdict_of(builder, &diff->verdicts[i]));
	for (size_t i = 0; i < diff->renamed_count; i++) {
		struct json_object *pair = json__object(builder);

		json__add_text(builder, pair, "a", diff->renamed[i].a);
		json__add_text(builder, pair, "b", diff->renamed[i].b);
		json__append(builder, renamed, pair);
	}
	for (size_t i = 0; i < report->condition_count; i++)
		json__append(builder, conditions,
			     condition_of(builder, &report->conditions[i], &report->outcomes[i]));
	json__add(builder, document, "verdicts", verdicts);
	json__add(builder, document, "renamed", renamed);
	json__add(builder, document, "conditions", conditions);
}

static struct json_object *noise_of(struct json_builder *builder, const struct diff *diff)
{
	struct json_object *object = json__object(builder);

	json__add_bool(builder, object, "known", diff->repeats);
	json__add_text(builder, object, "statistic", "median");
	json__add_text(builder, object, "spread", "range");
	json__add_fraction(builder, object, "chance_of_ranges_apart", diff->chance);
	return object;
}

static struct json_object *document_of(struct json_builder *builder,
				       const struct diff_report *report)
{
	const struct diff *diff = report->diff;
	struct json_object *object = json__object(builder), *tool = json__object(builder);

	json__add_text(builder, object, "schema", SCHEMA);
	json__add_text(builder, tool, "version", WAITSCOPE_VERSION);
	json__add(builder, object, "tool", tool);
	json__add_text(builder, object, "per", diff_per__name(diff->per));
	json__add(builder, object, "a", side_of(builder, &diff->sides[0]));
	json__add(builder, object, "b", side_of(builder, &diff->sides[1]));
	json__add(builder, object, "noise", noise_of(builder, diff));
	add_changes(builder, object, diff);
	add_lists(builder, object, report);
	return object;
}

int render__diff_json(FILE *stream, const struct diff_report *report,
		      const struct render_options *options)
{
	struct json_builder builder = {.options = options};

	return json__write(&builder, document_of(&builder, report), stream);
}

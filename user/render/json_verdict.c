// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What was judged, in the JSON format: models, findings, levels, cost. */
#include <math.h>

#include "render/json.h"

static struct json_object *model_share(struct json_builder *builder,
				       const struct model_share *share)
{
	struct json_object *object = json__object(builder), *evidence = json__array(builder);

	json__add_text(builder, object, "model", io_model__name(share->model));
	json__add_fraction(builder, object, "share", share->share);
	json__add_count(builder, object, "operations", share->operations);
	for (size_t i = 0; i < share->evidence_count; i++)
		json__append(builder, evidence, json__text(builder, share->evidence[i]));
	json__add(builder, object, "evidence", evidence);
	return object;
}

void json__add_io_model(struct json_builder *builder, struct json_object *object,
			const struct verdict *verdict)
{
	json__add_text(builder, object, "io_model", io_model__name(verdict->model));
	json__add_text(builder, object, "io_model_reason", verdict->why);
}

struct json_object *json__io_models(struct json_builder *builder, const struct verdict *verdict)
{
	struct json_object *rows = json__array(builder);

	for (size_t i = 0; i < verdict->share_count; i++)
		json__append(builder, rows, model_share(builder, &verdict->shares[i]));
	return rows;
}

struct json_object *json__level(struct json_builder *builder, const struct level *level,
				double mean)
{
	struct json_object *object = json__object(builder);

	json__add_fraction(builder, object, "mean", mean);
	json__add_known_count(builder, object, "max", level->max, level->max_known);
	return object;
}

/* CPU time for each of `count`; unknown of none, and where calls are not counted. */
static double cpu_per(const struct process *process, uint64_t count, bool full)
{
	return full && count ? (double)process->account.running / (double)count : NAN;
}

struct json_object *json__cost(struct json_builder *builder, const struct process *process,
			       bool full)
{
	struct json_object *object = json__object(builder);
	const struct cost *cost = &process->cost;

	json__add_count(builder, object, "voluntary_switches", process->voluntary);
	json__add_count(builder, object, "involuntary_switches", process->involuntary);
	json__add_count(builder, object, "blocked_thread_ns", process->account.blocked);
	json__add_fraction(builder, object, "threads_mean",
			   process->lifetime ? cost->threads_mean : NAN);
	json__add_known_count(builder, object, "stack_reserved_bytes", cost->stack_reserved,
			      cost->stacks_known);
	json__add_known_count(builder, object, "stack_resident_bytes", cost->stack_resident,
			      cost->stacks_known);
	json__add_known_count(builder, object, "kernel_stack_bytes", cost->kernel_stack,
			      cost->kernel_stack > 0);
	json__add_known_count(builder, object, "operations", cost->operations, full);
	json__add_known_count(builder, object, "bytes", cost->bytes, full);
	json__add_fraction(builder, object, "cpu_ns_per_operation",
			   cpu_per(process, cost->operations, full));
	json__add_fraction(builder, object, "cpu_ns_per_byte", cpu_per(process, cost->bytes, full));
	json__add_count(builder, object, "major_faults", cost->major_faults);
	return object;
}

/* Counts and times as the integers that they are. */
static void add_figure(struct json_builder *builder, struct json_object *object,
		       const struct figure *figure)
{
	if (figure->value == floor(figure->value) && fabs(figure->value) < 1e18)
		json__add_signed(builder, object, figure->name, (int64_t)figure->value);
	else
		json__add_fraction(builder, object, figure->name, figure->value);
}

static struct json_object *finding(struct json_builder *builder, const struct finding *finding)
{
	struct json_object *object = json__object(builder), *evidence = json__object(builder);

	json__add_text(builder, object, "id", finding->id);
	json__add_text(builder, object, "severity", severity__name(finding->severity));
	json__add_signed(builder, object, "pid", finding->pid);
	if (finding->tid)
		json__add_signed(builder, object, "tid", finding->tid);
	json__add_count(builder, object, "harm_ns", finding->harm);
	json__add_text(builder, object, "text", finding->text);
	for (size_t i = 0; i < finding->figure_count; i++)
		add_figure(builder, evidence, &finding->figures[i]);
	json__add(builder, object, "evidence", evidence);
	return object;
}

struct json_object *json__findings(struct json_builder *builder, const struct profile *profile)
{
	struct json_object *rows = json__array(builder);

	for (size_t i = 0; i < profile->finding_count; i++)
		json__append(builder, rows, finding(builder, &profile->findings[i]));
	return rows;
}

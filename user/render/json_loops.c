// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Rows of the JSON format: event loops and refused calls.
 */
#include <math.h>

#include "render/json.h"

struct json_object *json__loop(struct json_builder *builder, const struct loop *loop)
{
	struct json_object *row = json__object(builder);
	double batch = loop->events_known && loop->iterations
			       ? (double)loop->events / (double)loop->iterations
			       : NAN;

	json__add_signed(builder, row, "tid", loop->tid);
	json__add_text(builder, row, "call", loop->call);
	json__add_bool(builder, row, "main", loop->main);
	json__add_count(builder, row, "iterations", loop->iterations);
	json__add_known_count(builder, row, "events", loop->events, loop->events_known);
	json__add_fraction(builder, row, "batch_mean", batch);
	json__add_known_count(builder, row, "batch_max", loop->batch_max, loop->events_known);
	json__add_known_count(builder, row, "empty", loop->empty, loop->events_known);
	json__add_known_count(builder, row, "unslept", loop->unslept, loop->events_known);
	json__add_count(builder, row, "window_ns", loop->window);
	json__add_count(builder, row, "idle_ns", loop->idle);
	json__add_count(builder, row, "call_ns", loop->in_call);
	json__add_count(builder, row, "busy_ns", loop->busy);
	json__add_count(builder, row, "blocked_ns", loop->blocked);
	json__add_count(builder, row, "delayed_ns", loop->delayed);
	json__add_count(builder, row, "unknown_ns", loop->unknown);
	json__add_count(builder, row, "longest_handler_ns", loop->longest_handler);
	json__add_count(builder, row, "longest_handler_blocked_ns", loop->longest_blocked);
	json__add_text(builder, row, "longest_handler_cause", loop->longest_cause);
	json__add_fraction(builder, row, "utilisation", loop__utilisation(loop));
	json__add(builder, row, "handler", json__distribution(builder, &loop->handler));
	json__add(builder, row, "readiness", json__distribution(builder, &loop->readiness));
	return row;
}

static struct json_object *attempt_row(struct json_builder *builder,
				       const struct attempts *attempts)
{
	struct json_object *row = json__object(builder);

	json__add_text(builder, row, "syscall", attempts->syscall);
	json__add_text(builder, row, "object", attempts->object);
	json__add_count(builder, row, "eagain", attempts->eagain);
	json__add_count(builder, row, "einprogress", attempts->einprogress);
	json__add_count(builder, row, "empty", attempts->empty);
	json__add_count(builder, row, "spin_runs", attempts->spin_runs);
	json__add_count(builder, row, "longest_run", attempts->longest_run);
	json__add_count(builder, row, "spin_cpu_ns", attempts->spin_cpu);
	json__add(builder, row, "retry", json__distribution(builder, &attempts->retry));
	json__add(builder, row, "readiness", json__distribution(builder, &attempts->readiness));
	return row;
}

struct json_object *json__attempts(struct json_builder *builder, const struct attempts *attempts,
				   size_t count)
{
	struct json_object *rows = json__array(builder);

	for (size_t i = 0; i < count; i++)
		json__append(builder, rows, attempt_row(builder, &attempts[i]));
	return rows;
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Asynchronous and block requests in the JSON format. */
#include "names/operations.h"
#include "render/json.h"

static struct json_object *served(struct json_builder *builder, const struct requests *requests)
{
	struct json_object *object = json__object(builder);

	for (int i = 0; i < SERVED_KINDS; i++)
		json__add_count(builder, object, request_served__name(i), requests->served[i]);
	return object;
}

static struct json_object *inflight(struct json_builder *builder, const struct requests *requests)
{
	struct json_object *object = json__object(builder);

	json__add_fraction(builder, object, "mean", requests->inflight_mean);
	json__add_count(builder, object, "max", requests->inflight_max);
	return object;
}

static struct json_object *notified(struct json_builder *builder, const struct requests *requests)
{
	static const char *const names[] = {"signal", "none", "thread", "other"};
	struct json_object *object = json__object(builder);

	for (int i = 0; i < 4; i++)
		json__add_count(builder, object, names[i], requests->notified[i]);
	return object;
}

static struct json_object *request_row(struct json_builder *builder,
				       const struct requests *requests)
{
	struct json_object *row = json__object(builder);
	bool is_block = requests->api == REQUEST_BLOCK;

	json__add_text(builder, row, "api", request_api__name(requests->api));
	json__add_text(builder, row, "operation", requests->operation);
	json__add_text(builder, row, "device", requests->device);
	json__add_count(builder, row, "submitted", requests->submitted);
	json__add_count(builder, row, "completed", requests->completed);
	json__add_count(builder, row, "failed", requests->failed);
	json__add_count(builder, row, "cancelled", requests->cancelled);
	json__add_count(builder, row, "unseen", requests->unseen);
	json__add_count(builder, row, "alike", requests->alike);
	json__add_count(builder, row, "open", requests->open);
	json__add_count(builder, row, "bytes", requests->bytes);
	json__add(builder, row, "latency", json__distribution(builder, &requests->latency));
	if (is_block)
		json__add(builder, row, "queue", json__distribution(builder, &requests->queue));
	json__add(builder, row, "inflight", inflight(builder, requests));
	if (!is_block) {
		json__add(builder, row, "served", served(builder, requests));
		json__add_count(builder, row, "submit_blocked_ns", requests->submit_blocked);
		json__add_known_count(builder, row, "batches", requests->batches,
				      requests->batches > 0);
	}
	if (requests->api == REQUEST_POSIX_AIO)
		json__add(builder, row, "notified", notified(builder, requests));
	return row;
}

struct json_object *json__requests(struct json_builder *builder, const struct requests *requests,
				   size_t count)
{
	struct json_object *rows = json__array(builder);

	for (size_t i = 0; i < count; i++)
		json__append(builder, rows, request_row(builder, &requests[i]));
	return rows;
}

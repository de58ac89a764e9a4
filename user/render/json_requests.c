// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Asynchronous requests in the JSON format. */
#include <math.h>

#include "render/json.h"

/* How long those whose end was not seen were in flight is not known. */
static struct json_object *inflight(struct json_builder *builder, const struct requests *requests)
{
	struct json_object *object = json__object(builder);

	json__add_fraction(builder, object, "mean",
			   requests->unseen ? NAN : requests->inflight_mean);
	json__add_count(builder, object, "max", requests->inflight_max);
	return object;
}

static struct json_object *served(struct json_builder *builder, const struct requests *requests)
{
	struct json_object *object = json__object(builder);
	bool known = requests->api == REQUEST_IO_URING || requests->api == REQUEST_LINUX_AIO;

	for (int i = 0; i < SERVED_KINDS; i++)
		json__add_known_count(builder, object, request_served__name(i), requests->served[i],
				      known);
	return object;
}

static void add_ends(struct json_builder *builder, struct json_object *row,
		     const struct requests *requests)
{
	json__add_count(builder, row, "submitted", requests->submitted);
	json__add_count(builder, row, "completed", requests->completed);
	json__add_count(builder, row, "failed", requests->failed);
	json__add_count(builder, row, "cancelled", requests->cancelled);
	json__add_count(builder, row, "unseen", requests->unseen);
	json__add_count(builder, row, "open", requests->open);
	json__add_count(builder, row, "censored", requests->censored);
}

/* What only some of the interfaces have. */
static void add_particulars(struct json_builder *builder, struct json_object *row,
			    const struct requests *requests)
{
	static const char *const names[] = {"signal", "none", "thread", "other"};
	struct json_object *notified;

	switch (requests->api) {
	case REQUEST_IO_URING:
		json__add(builder, row, "taken", json__distribution(builder, &requests->taken));
		json__add(builder, row, "taken_by",
			  json__distribution(builder, &requests->taken_by));
		json__add_count(builder, row, "more", requests->more);
		json__add_count(builder, row, "overflowed", requests->overflowed);
		break;
	case REQUEST_LINUX_AIO:
		json__add_count(builder, row, "reaps", requests->reaps);
		break;
	case REQUEST_POSIX_AIO:
		notified = json__object(builder);
		for (int i = 0; i < 4; i++)
			json__add_count(builder, notified, names[i], requests->notified[i]);
		json__add(builder, row, "notified", notified);
		json__add_count(builder, row, "alike", requests->alike);
		break;
	case REQUEST_BLOCK:
		json__add_text(builder, row, "device", requests->device);
		json__add(builder, row, "queue", json__distribution(builder, &requests->queue));
		break;
	default:
		break;
	}
}

/* Each submitting call counts in the row of its first request: none at all were seen? */
static bool knows_batches(const struct requests *requests, size_t count, enum request_api api)
{
	for (size_t i = 0; i < count; i++)
		if (requests[i].api == api && requests[i].batches)
			return true;
	return false;
}

static struct json_object *request_row(struct json_builder *builder,
				       const struct requests *requests, bool batches)
{
	struct json_object *row = json__object(builder);

	json__add_text(builder, row, "api", request_api__name(requests->api));
	json__add_text(builder, row, "operation", requests->operation);
	add_ends(builder, row, requests);
	json__add_count(builder, row, "bytes", requests->bytes);
	json__add(builder, row, "latency", json__distribution(builder, &requests->latency));
	json__add(builder, row, "inflight", inflight(builder, requests));
	json__add(builder, row, "served", served(builder, requests));
	json__add_known_count(builder, row, "batches", requests->batches, batches);
	json__add_known_count(builder, row, "submit_blocked_ns", requests->submit_blocked,
			      requests->submit_known);
	add_particulars(builder, row, requests);
	return row;
}

struct json_object *json__requests(struct json_builder *builder, const struct requests *requests,
				   size_t count)
{
	struct json_object *rows = json__array(builder);

	for (size_t i = 0; i < count; i++)
		json__append(builder, rows,
			     request_row(builder, &requests[i],
					 knows_batches(requests, count, requests[i].api)));
	return rows;
}

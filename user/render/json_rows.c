// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Rows of the JSON format: distributions, ledgers, waits and syscalls.
 */
#include "names/syscalls.h"
#include "render/json.h"

static void add_quantiles(struct json_builder *builder, struct json_object *object,
			  const struct histogram *histogram)
{
	static const struct {
		const char *name;
		double quantile;
	} quantiles[] = {
		{"p50_ns", 0.5},
		{"p90_ns", 0.9},
		{"p99_ns", 0.99},
		{"p999_ns", 0.999},
	};
	bool known = histogram__has_quantiles(histogram);

	for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
		uint64_t value = known ? histogram__quantile(histogram, quantiles[i].quantile) : 0;

		json__add_known_count(builder, object, quantiles[i].name, value, known);
	}
}

static struct json_object *buckets(struct json_builder *builder, const struct histogram *histogram)
{
	struct json_object *rows = json__array(builder);

	for (unsigned int i = 0; i < BUCKET_CHUNKS * BUCKETS_PER_CHUNK; i++) {
		uint64_t count = histogram__bucket(histogram, i);
		struct json_object *row;

		if (!count)
			continue;
		row = json__array(builder);
		json__append(builder, row, json_object_new_uint64(buckets__low(i)));
		json__append(builder, row, json_object_new_uint64(buckets__high(i)));
		json__append(builder, row, json_object_new_uint64(count));
		json__append(builder, rows, row);
	}
	return rows;
}

struct json_object *json__distribution(struct json_builder *builder,
				       const struct histogram *histogram)
{
	struct json_object *object = json__object(builder);
	bool any = histogram->count > 0;

	json__add_count(builder, object, "count", histogram->count);
	json__add_count(builder, object, "sum_ns", histogram->sum);
	json__add_known_count(builder, object, "min_ns", histogram->min, any);
	json__add_known_count(builder, object, "max_ns", histogram->max, any);
	add_quantiles(builder, object, histogram);
	if (builder->options->buckets)
		json__add(builder, object, "buckets", buckets(builder, histogram));
	return object;
}

struct json_object *json__ledger(struct json_builder *builder, const struct account *account)
{
	struct json_object *object = json__object(builder);

	json__add_count(builder, object, "running_ns", account->running);
	json__add_known_count(builder, object, "user_ns", account->user, account->split);
	json__add_known_count(builder, object, "kernel_ns", account->kernel, account->split);
	json__add_count(builder, object, "runnable_ns", account->runnable);
	json__add_count(builder, object, "preempted_ns", account->preempted);
	json__add_count(builder, object, "blocked_ns", account->blocked);
	json__add_count(builder, object, "idle_ns", account->idle);
	json__add_count(builder, object, "unknown_ns", account->unknown);
	json__add_count(builder, object, "lifetime_ns", account->lifetime);
	return object;
}

static struct json_object *wakers(struct json_builder *builder, const struct wait *wait)
{
	struct json_object *rows = json__array(builder);

	for (size_t i = 0; i < wait->waker_count; i++) {
		const struct waker *waker = &wait->wakers[i];
		struct json_object *row = json__object(builder);

		json__add_text(builder, row, "kind", waker_kind__name(waker->kind));
		if (waker->pid)
			json__add_signed(builder, row, "pid", waker->pid);
		if (waker->tid)
			json__add_signed(builder, row, "tid", waker->tid);
		if (waker->comm)
			json__add_text(builder, row, "comm", waker->comm);
		json__add_count(builder, row, "count", waker->count);
		json__append(builder, rows, row);
	}
	return rows;
}

static const char *futex_name(enum futex_use use)
{
	static const char *const names[] = {
		[FUTEX_USE_LOCK] = "lock",
		[FUTEX_USE_QUEUE] = "queue",
		[FUTEX_USE_JOIN] = "join",
	};

	return (size_t)use < sizeof(names) / sizeof(names[0]) ? names[use] : NULL;
}

static struct json_object *wait_row(struct json_builder *builder, const struct wait *wait)
{
	struct json_object *row = json__object(builder);

	json__add_text(builder, row, "class", wait_class__name(wait->class));
	json__add_text(builder, row, "syscall", wait->syscall);
	json__add_text(builder, row, "object", wait->object);
	json__add_text(builder, row, "sleep", sleep__name(wait->sleep));
	json__add_text(builder, row, "futex", futex_name(wait->futex));
	json__add_bool(builder, row, "idle", wait->idle);
	json__add_count(builder, row, "count", wait->count);
	json__add_count(builder, row, "total_ns", wait->total);
	json__add_count(builder, row, "censored", wait->censored);
	json__add_count(builder, row, "handler_ns", wait->handler);
	json__add_count(builder, row, "runqueue_ns", wait->runqueue_total);
	json__add(builder, row, "duration", json__distribution(builder, &wait->duration));
	json__add(builder, row, "runqueue", json__distribution(builder, &wait->runqueue));
	json__add(builder, row, "wakers", wakers(builder, wait));
	return row;
}

struct json_object *json__waits(struct json_builder *builder, const struct wait *waits,
				size_t count)
{
	struct json_object *rows = json__array(builder);

	for (size_t i = 0; i < count; i++)
		json__append(builder, rows, wait_row(builder, &waits[i]));
	return rows;
}

static struct json_object *errnos(struct json_builder *builder, const struct call *call)
{
	struct json_object *object = json__object(builder);

	for (size_t i = 0; i < call->errno_count; i++)
		json__add_count(builder, object, errnos__name(call->errnos[i].number),
				call->errnos[i].count);
	return object;
}

static struct json_object *call_row(struct json_builder *builder, const struct call *call)
{
	struct json_object *row = json__object(builder);

	json__add_text(builder, row, "name", call->name);
	json__add_count(builder, row, "calls", call->calls);
	json__add_count(builder, row, "censored", call->censored);
	json__add_count(builder, row, "errors", call->errors);
	json__add_count(builder, row, "eagain", call->eagain);
	json__add_count(builder, row, "einprogress", call->einprogress);
	json__add_count(builder, row, "eintr", call->eintr);
	json__add_count(builder, row, "total_ns", call->total);
	json__add_count(builder, row, "blocked_ns", call->blocked);
	json__add_count(builder, row, "cpu_ns", call->cpu);
	json__add_count(builder, row, "slept", call->slept);
	json__add_count(builder, row, "bytes", call->bytes);
	json__add_count(builder, row, "nonblocking", call->nonblocking);
	json__add_count(builder, row, "signalled", call->signalled);
	json__add_count(builder, row, "handled", call->handled);
	json__add(builder, row, "latency", json__distribution(builder, &call->latency));
	json__add_count(builder, row, "spin_runs", call->spin_runs);
	json__add_count(builder, row, "spin_cpu_ns", call->spin_cpu);
	json__add(builder, row, "errnos", errnos(builder, call));
	return row;
}

struct json_object *json__calls(struct json_builder *builder, const struct call *calls,
				size_t count)
{
	struct json_object *rows = json__array(builder);

	for (size_t i = 0; i < count; i++)
		json__append(builder, rows, call_row(builder, &calls[i]));
	return rows;
}

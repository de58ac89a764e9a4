// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Syscall rows of the model from the rows of the kernel side. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/gather_rows.h"
#include "names/syscalls.h"

static int add_errno(struct call *call, int number, uint64_t count)
{
	struct errno_tally *errnos;

	switch (number) {
	case EAGAIN:
		call->eagain += count;
		break;
	case EINPROGRESS:
		call->einprogress += count;
		break;
	case EINTR:
		call->eintr += count;
		break;
	}
	for (size_t i = 0; i < call->errno_count; i++) {
		if (call->errnos[i].number == number) {
			call->errnos[i].count += count;
			return 0;
		}
	}
	errnos = reallocarray(call->errnos, call->errno_count + 1, sizeof(*errnos));
	if (!errnos)
		return -ENOMEM;
	call->errnos = errnos;
	errnos[call->errno_count++] = (struct errno_tally){.number = number, .count = count};
	return 0;
}

static int compare_tallies(const void *a, const void *b)
{
	const struct errno_tally *left = a, *right = b;

	return (left->count < right->count) - (left->count > right->count);
}

static int add_errnos(struct call *call, const struct call_row *row, const struct sources *sources,
		      uint32_t number)
{
	int err = 0;

	for (int i = 0; i < CALL_ERRNOS && row->errnos[i].count && !err; i++)
		err = add_errno(call, row->errnos[i].number, row->errnos[i].count);
	/* few calls have more than CALL_ERRNOS different errors: a linear search will do */
	for (size_t i = 0; i < sources->errno_count && !err; i++)
		if (sources->errnos[i].call == number)
			err = add_errno(call, sources->errnos[i].number, sources->errnos[i].count);
	if (call->errno_count)
		qsort(call->errnos, call->errno_count, sizeof(*call->errnos), compare_tallies);
	return err;
}

int call__from_row(struct call *call, const struct sources *sources, uint32_t number)
{
	const struct call_row *row = rows__at(&sources->pools[POOL_CALLS], number);
	int err;

	*call = (struct call){
		.name = syscalls__name(row->key.syscall),
		.calls = row->calls,
		.censored = row->censored,
		.errors = row->errors,
		.total = row->total,
		.blocked = row->blocked,
		.cpu = row->total > row->off_cpu ? row->total - row->off_cpu : 0,
		.slept = row->slept,
		.bytes = row->bytes,
		.nonblocking = row->nonblocking,
		.signalled = row->signalled,
		.handled = row->handled,
	};
	err = add_errnos(call, row, sources, number);
	if (!err)
		err = histogram__from_row(&call->latency, sources, row->histogram);
	histogram__add_totals(&call->latency, row->calls, row->total, row->min, row->max);
	return err;
}

static int call_order(const void *a, const void *b)
{
	const struct call *left = a, *right = b;

	return strcmp(left->name, right->name);
}

static int add_call(struct call *to, const struct call *from)
{
	uint64_t errors = to->errors + from->errors;
	int err = 0;

	to->calls += from->calls;
	to->censored += from->censored;
	to->total += from->total;
	to->blocked += from->blocked;
	to->cpu += from->cpu;
	to->slept += from->slept;
	to->bytes += from->bytes;
	to->nonblocking += from->nonblocking;
	to->signalled += from->signalled;
	to->handled += from->handled;
	to->spin_runs += from->spin_runs;
	to->spin_cpu += from->spin_cpu;
	for (size_t i = 0; i < from->errno_count && !err; i++)
		err = add_errno(to, from->errnos[i].number, from->errnos[i].count);
	to->errors = errors;
	if (to->errno_count)
		qsort(to->errnos, to->errno_count, sizeof(*to->errnos), compare_tallies);
	return err ? err : histogram__merge(&to->latency, &from->latency);
}

int calls__merge(struct call *calls, size_t *count)
{
	size_t kept = 0;
	int err = 0;

	if (*count < 2)
		return 0;
	qsort(calls, *count, sizeof(*calls), call_order);
	for (size_t i = 1; i < *count; i++) {
		if (err || call_order(&calls[kept], &calls[i]) != 0) {
			calls[++kept] = calls[i];
			continue;
		}
		err = add_call(&calls[kept], &calls[i]);
		call__clear(&calls[i]);
	}
	*count = kept + 1;
	return err;
}

int call__copy(struct call *to, const struct call *from)
{
	*to = (struct call){.name = from->name, .eagain = 0, .errors = 0};
	return add_call(to, from);
}

int calls__by_total(const void *a, const void *b)
{
	const struct call *left = a, *right = b;

	return (left->total < right->total) - (left->total > right->total);
}

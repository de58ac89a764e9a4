// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Rows of refused calls of the model from the rows of the kernel side. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/gather_rows.h"
#include "names/objects.h"
#include "names/syscalls.h"

int attempts__from_row(struct attempts *attempts, const struct sources *sources, uint32_t number)
{
	const struct attempt_row *row = rows__at(&sources->pools[POOL_ATTEMPTS], number);
	int err;

	*attempts = (struct attempts){
		.syscall = syscalls__name(row->key.syscall),
		.eagain = row->eagain,
		.einprogress = row->einprogress,
		.empty = row->empty,
		.spin_runs = row->spin_runs,
		.longest_run = row->longest_run,
		.spin_cpu = row->spin_cpu,
	};
	if (row->key.object) {
		attempts->object =
			objects__text(rows__at(&sources->pools[POOL_OBJECTS], row->key.object));
		if (!attempts->object)
			return -ENOMEM;
	}
	err = histogram__from_row(&attempts->retry, sources, row->retry_histogram);
	if (!err)
		err = histogram__from_row(&attempts->readiness, sources, row->readiness_histogram);
	histogram__add_totals(&attempts->retry, row->retries, row->retry_total, row->retry_min,
			      row->retry_max);
	histogram__add_totals(&attempts->readiness, row->successes, row->readiness_total,
			      row->readiness_min, row->readiness_max);
	return err;
}

static int attempt_order(const void *a, const void *b)
{
	const struct attempts *left = a, *right = b;
	int order = strcmp(left->syscall, right->syscall);

	return order ? order : text_order(left->object, right->object);
}

static int add_attempts(struct attempts *to, const struct attempts *from)
{
	int err;

	to->eagain += from->eagain;
	to->einprogress += from->einprogress;
	to->empty += from->empty;
	to->spin_runs += from->spin_runs;
	to->spin_cpu += from->spin_cpu;
	if (from->longest_run > to->longest_run)
		to->longest_run = from->longest_run;
	err = histogram__merge(&to->retry, &from->retry);
	return err ? err : histogram__merge(&to->readiness, &from->readiness);
}

int attempts__merge(struct attempts *attempts, size_t *count)
{
	size_t kept = 0;
	int err = 0;

	if (*count < 2)
		return 0;
	qsort(attempts, *count, sizeof(*attempts), attempt_order);
	for (size_t i = 1; i < *count; i++) {
		if (err || attempt_order(&attempts[kept], &attempts[i]) != 0) {
			attempts[++kept] = attempts[i];
			continue;
		}
		err = add_attempts(&attempts[kept], &attempts[i]);
		attempts__clear(&attempts[i]);
	}
	*count = kept + 1;
	return err;
}

int attempts__copy(struct attempts *to, const struct attempts *from)
{
	*to = (struct attempts){.syscall = from->syscall};
	if (from->object && !(to->object = strdup(from->object)))
		return -ENOMEM;
	return add_attempts(to, from);
}

static uint64_t refusals(const struct attempts *attempts)
{
	return attempts->eagain + attempts->einprogress + attempts->empty;
}

int attempts__by_refusals(const void *a, const void *b)
{
	uint64_t left = refusals(a), right = refusals(b);

	return (left < right) - (left > right);
}

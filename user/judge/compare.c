// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "judge/compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "judge/compare_match.h"

#define NS_A_SECOND 1e9

/* A quantile is compared if this many values lie beyond it in every run. */
#define BEYOND_LEAST 10
/* Each of two quantiles is within 1/64 (docs/definitions.md): nearer than this they are the same.
 */
#define QUANTILE_ERROR (1.0 / 32)
/* Noise is known from this many runs on one side, or two on both. */
#define REPEATS_LEAST 3
/* Where ranges lie apart by chance more often than this, they have to lie apart further. */
#define CHANCE_MOST 0.01

const char *diff_per__name(enum diff_per per)
{
	static const char *const names[] = {"run", "second", "operation"};

	return names[per];
}

const char *diff_noise__name(enum diff_noise noise)
{
	static const char *const names[] = {"unknown", "within", "beyond"};

	return names[noise];
}

double diff_change__difference(const struct diff_change *change)
{
	return change->b.median - change->a.median;
}

double diff_change__relative(const struct diff_change *change)
{
	double difference = diff_change__difference(change);

	return difference == 0 ? 0 : difference / change->a.median;
}

bool diff_change__counts(const struct diff_change *change)
{
	return !change->few && change->noise != DIFF_NOISE_WITHIN &&
	       diff_change__difference(change) != 0;
}

enum diff_per diff__usual_per(const struct diff_side sides[2])
{
	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < sides[side].count; i++)
			if (!sides[side].runs[i].command)
				return DIFF_PER_SECOND;
	return DIFF_PER_RUN;
}

/* --- what can be compared, and by what ---------------------------------------------------------
 */

static bool needs_full_tier(enum diff_figure figure)
{
	switch (diff_kinds[figure].subject) {
	case DIFF_OF_SYSCALL:
	case DIFF_OF_REQUEST:
	case DIFF_OF_LOOP:
		return true;
	default:
		break;
	}
	switch (figure) {
	case DIFF_USER:
	case DIFF_KERNEL:
	case DIFF_OPERATIONS:
	case DIFF_BYTES:
	case DIFF_CPU_PER_OPERATION:
	case DIFF_CONCURRENCY:
		return true;
	default:
		return false;
	}
}

/* Does it grow with the time or the work of a run? */
static bool grows(enum diff_figure figure, enum diff_per per)
{
	switch (figure) {
	case DIFF_PROCESSES:
	case DIFF_THREADS:
	case DIFF_FINDINGS:
	case DIFF_FINDING:
		return false;
	case DIFF_OPERATIONS:
		return per != DIFF_PER_OPERATION;
	default:
		return diff_kinds[figure].merge == DIFF_ADD;
	}
}

static double operations_of(const struct diff_run *run)
{
	for (size_t i = 0; i < run->value_count; i++)
		if (run->values[i].figure == DIFF_OPERATIONS && !run->values[i].process)
			return run->values[i].value;
	return 0;
}

/* What the totals of a run are divided by; 0 if they cannot be. */
static double divisor(const struct diff_run *run, enum diff_per per)
{
	switch (per) {
	case DIFF_PER_SECOND:
		return run->window / NS_A_SECOND;
	case DIFF_PER_OPERATION:
		return operations_of(run);
	default:
		return 1;
	}
}

/* --- one figure --------------------------------------------------------------------------------
 */

struct sample {
	const struct diff_value *value;
	int side;
	double divisor;
};

static int order_numbers(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static struct diff_spread spread_of(double *numbers, size_t count)
{
	size_t middle = count / 2;

	qsort(numbers, count, sizeof(*numbers), order_numbers);
	return (struct diff_spread){
		.median = count % 2 ? numbers[middle] : (numbers[middle - 1] + numbers[middle]) / 2,
		.low = numbers[0],
		.high = numbers[count - 1],
	};
}

/* Of all ways to deal the runs to two sides: those in which all of one side lie below the other. */
static double chance_of_apart(size_t a, size_t b)
{
	double ways = 1;

	for (size_t i = 1; i <= a; i++)
		ways = ways * (double)(b + i) / (double)i;
	return 2 / ways;
}

static enum diff_noise noise_of(const struct diff *diff, const struct diff_change *change)
{
	const struct diff_spread *a = &change->a, *b = &change->b;
	double width = fmax(a->high - a->low, b->high - b->low);
	double gap = fmax(b->low - a->high, a->low - b->high);

	if (diff_change__difference(change) == 0)
		return DIFF_NOISE_WITHIN;
	if (diff_kinds[change->of->figure].quantile > 0 &&
	    fabs(diff_change__difference(change)) <= QUANTILE_ERROR * fmax(a->median, b->median))
		return DIFF_NOISE_WITHIN;
	if (!diff->repeats)
		return DIFF_NOISE_UNKNOWN;
	if (gap > 0 && (diff->chance <= CHANCE_MOST || gap >= width))
		return DIFF_NOISE_BEYOND;
	return DIFF_NOISE_WITHIN;
}

/*
 * All samples of one name. What a run does not have is 0 if it is a total (there was no such
 * wait), and not comparable if it is a quantile or a level. Returns whether `change` was filled.
 */
static bool compare(const struct diff *diff, const struct sample *samples, size_t count,
		    double *numbers, struct diff_change *change)
{
	const struct diff_kind *kind = &diff_kinds[samples->value->figure];
	size_t had[2] = {0, 0}, runs;
	double *side[2] = {numbers, numbers + diff->sides[0].count};

	*change = (struct diff_change){.of = samples->value};
	for (size_t i = 0; i < count; i++) {
		const struct diff_value *value = samples[i].value;
		double by = grows(value->figure, diff->per) ? samples[i].divisor : 1;

		if (value->unknown)
			return false;
		side[samples[i].side][had[samples[i].side]++] = value->value / by;
		if (kind->quantile > 0 &&
		    (double)value->samples * (1 - kind->quantile) < BEYOND_LEAST - 1e-9)
			change->few = true;
	}
	runs = diff->sides[0].count + diff->sides[1].count;
	if (kind->merge == DIFF_EITHER && count < runs)
		return false;
	for (int i = 0; i < 2; i++)
		while (had[i] < diff->sides[i].count)
			side[i][had[i]++] = 0;
	change->a = spread_of(side[0], had[0]);
	change->b = spread_of(side[1], had[1]);
	change->noise = noise_of(diff, change);
	return true;
}

/* --- all of them -------------------------------------------------------------------------------
 */

static int order_samples(const void *left, const void *right)
{
	return diff_value__order(((const struct sample *)left)->value,
				 ((const struct sample *)right)->value);
}

static size_t gather(const struct diff *diff, struct sample *samples)
{
	size_t count = 0;

	for (int side = 0; side < 2; side++) {
		for (size_t i = 0; i < diff->sides[side].count; i++) {
			const struct diff_run *run = &diff->sides[side].runs[i];
			double by = divisor(run, diff->per);

			for (size_t j = 0; j < run->value_count; j++) {
				if (!diff->full && needs_full_tier(run->values[j].figure))
					continue;
				samples[count++] = (struct sample){&run->values[j], side, by};
			}
		}
	}
	qsort(samples, count, sizeof(*samples), order_samples);
	return count;
}

static size_t count_values(const struct diff_side sides[2], size_t *runs)
{
	size_t count = 0;

	*runs = 0;
	for (int side = 0; side < 2; side++) {
		*runs += sides[side].count;
		for (size_t i = 0; i < sides[side].count; i++)
			count += sides[side].runs[i].value_count;
	}
	return count;
}

/* Rest holds nothing up, and lifetimes are sums of what else is here: both come behind it. */
static bool comes_behind(enum diff_figure figure)
{
	return figure == DIFF_IDLE || figure == DIFF_CLASS_IDLE || figure == DIFF_LIFETIME;
}

static int order_changes(const void *left, const void *right)
{
	const struct diff_change *a = left, *b = right;
	enum diff_figure of_a = a->of->figure, of_b = b->of->figure;
	double size_a = fabs(diff_change__difference(a)), size_b = fabs(diff_change__difference(b));

	if (diff_change__counts(a) != diff_change__counts(b))
		return diff_change__counts(a) ? -1 : 1;
	if (comes_behind(of_a) != comes_behind(of_b))
		return comes_behind(of_a) ? 1 : -1;
	if (diff_kinds[of_a].unit != diff_kinds[of_b].unit)
		return diff_kinds[of_a].unit < diff_kinds[of_b].unit ? -1 : 1;
	if (size_a != size_b)
		return size_a > size_b ? -1 : 1;
	return diff_value__order(a->of, b->of);
}

static int order_names(const void *left, const void *right)
{
	return diff_value__order((*(const struct diff_change *const *)left)->of,
				 (*(const struct diff_change *const *)right)->of);
}

static void sort_changes(struct diff *diff)
{
	qsort(diff->changes, diff->change_count, sizeof(*diff->changes), order_changes);
	for (size_t i = 0; i < diff->change_count; i++)
		diff->by_name[i] = &diff->changes[i];
	qsort(diff->by_name, diff->change_count, sizeof(struct diff_change *), order_names);
}

static int compare_values(struct diff *diff)
{
	size_t runs, most = count_values(diff->sides, &runs), count;
	struct sample *samples = calloc(most + 1, sizeof(*samples));
	double *numbers = calloc(runs, sizeof(*numbers));

	diff->changes = calloc(most + 1, sizeof(*diff->changes));
	diff->by_name = calloc(most + 1, sizeof(struct diff_change *));
	if (!samples || !numbers || !diff->changes || !diff->by_name) {
		free(samples);
		free(numbers);
		return -ENOMEM;
	}
	count = gather(diff, samples);
	for (size_t from = 0, to; from < count; from = to) {
		for (to = from + 1; to < count && !order_samples(&samples[from], &samples[to]);
		     to++)
			;
		diff->change_count += compare(diff, samples + from, to - from, numbers,
					      &diff->changes[diff->change_count]);
	}
	sort_changes(diff);
	free(samples);
	free(numbers);
	return 0;
}

static const char *check_per(const struct diff_side sides[2], enum diff_per per, bool full)
{
	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < sides[side].count; i++)
			if (divisor(&sides[side].runs[i], per) <= 0)
				return per == DIFF_PER_SECOND ? "a window has no length"
				       : full		      ? "a run has no I/O operations"
					      : "operations are known in the full tier only";
	return NULL;
}

static bool all_full(const struct diff_side sides[2])
{
	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < sides[side].count; i++)
			if (sides[side].runs[i].tier != TIER_FULL)
				return false;
	return true;
}

struct diff *diff__new(struct diff_side *sides, enum diff_per per, const char **why)
{
	size_t a = sides[0].count, b = sides[1].count;
	struct diff *diff;

	*why = check_per(sides, per, all_full(sides));
	if (*why)
		return NULL;
	diff = calloc(1, sizeof(*diff));
	if (!diff)
		return NULL;
	diff->sides = sides;
	diff->per = per;
	diff->full = all_full(sides);
	diff->repeats = a >= REPEATS_LEAST || b >= REPEATS_LEAST || (a > 1 && b > 1);
	diff->chance = chance_of_apart(a, b);
	if (match__processes(diff, sides) || compare_values(diff) || match__verdicts(diff)) {
		diff__free(diff);
		return NULL;
	}
	return diff;
}

void diff__free(struct diff *diff)
{
	if (!diff)
		return;
	for (size_t i = 0; i < diff->renamed_count; i++) {
		free(diff->renamed[i].a);
		free(diff->renamed[i].b);
	}
	free(diff->renamed);
	free(diff->changes);
	free(diff->by_name);
	free(diff->verdicts);
	free(diff);
}

const struct diff_change *diff__sibling(const struct diff *diff, const struct diff_change *change,
					enum diff_figure figure)
{
	struct diff_value wanted = *change->of;
	struct diff_change key = {.of = &wanted};
	const struct diff_change *pointer = &key, **found;

	wanted.figure = figure;
	found = bsearch(&pointer, diff->by_name, diff->change_count, sizeof(pointer), order_names);
	return found ? *found : NULL;
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Conditions of scripts: what they say, when they are met, what is none. */
#include <errno.h>

#include "judge/condition.h"
#include "tests/unit/diff_steps.h"

#define MS 1000000.0

struct decided {
	const char *text;
	enum condition_result result;
};

/* lock: 100 ms to 150 ms; reads: 200 to 100; disk: none to 1 ms; p99 of few values. */
static void fill(struct pair *pair)
{
	struct diff_run *a = pair__run(pair, 0), *b = pair__run(pair, 1);

	pair__add(a, DIFF_CLASS_BLOCKED, "lock", 100 * MS);
	pair__add(b, DIFF_CLASS_BLOCKED, "lock", 150 * MS);
	pair__add(a, DIFF_SYSCALL_CALLS, "read", 200);
	pair__add(b, DIFF_SYSCALL_CALLS, "read", 100);
	pair__add(b, DIFF_CLASS_BLOCKED, "disk", MS);
	pair__add(a, DIFF_BYTES, NULL, 4096);
	pair__add(b, DIFF_BYTES, NULL, 8192);
	pair__add(a, DIFF_SYSCALL_P99, "read", MS);
	pair__add(b, DIFF_SYSCALL_P99, "read", 9 * MS);
	for (size_t i = 0; i < b->value_count; i++)
		if (b->values[i].figure == DIFF_SYSCALL_P99)
			b->values[i].samples = 10;
	assert_non_null(pair__compare(pair, DIFF_PER_RUN));
}

static void assert_decided(const struct diff *diff, const struct decided *decided)
{
	struct condition_outcome outcome;
	struct condition condition;
	const char *why;

	assert_int_equal(condition__parse(decided->text, &condition, &why), 0);
	condition__decide(&condition, diff, &outcome);
	if (outcome.result != decided->result)
		fail_msg("%s: %d, not %d", decided->text, outcome.result, decided->result);
	free(condition.path);
}

static void limits_are_changes_or_values(void **state)
{
	static const struct decided cases[] = {
		{"blocked.lock>+10%", CONDITION_MET},
		{"blocked.lock>10%", CONDITION_MET},
		{"blocked.lock>+49.9%", CONDITION_MET},
		{"blocked.lock>+50%", CONDITION_UNMET},
		{"blocked.lock<+50%", CONDITION_UNMET},
		{"blocked.lock<+51%", CONDITION_MET},
		{"blocked.lock>+49ms", CONDITION_MET},
		{"blocked.lock>+50ms", CONDITION_UNMET},
		{"blocked.lock>149ms", CONDITION_MET},
		{"blocked.lock>0.2", CONDITION_UNMET}, /* seconds */
		{"blocked.lock<151ms", CONDITION_MET},
		{"program:blocked.lock>+10%", CONDITION_MET},
		{"syscall.read.calls<-40%", CONDITION_MET},
		{"syscall.read.calls<-50%", CONDITION_UNMET},
		{"syscall.read.calls<-99", CONDITION_MET},
		{"syscall.read.calls>99", CONDITION_MET},
		{"bytes>+4K", CONDITION_UNMET},
		{"bytes>+4095", CONDITION_MET},
		{"blocked.disk>+1000000%", CONDITION_MET}, /* from nothing */
		{"blocked.network>+1%", CONDITION_UNMET},
		{"syscall.write.calls>0", CONDITION_UNMET},
		{"syscall.write.calls<1", CONDITION_MET},
		{"finding.spinning_on_eagain>0", CONDITION_UNMET},
		{"syscall.read.p99>+1%", CONDITION_UNDECIDED},
		{"syscall.write.p99>+1%", CONDITION_UNDECIDED},
		{"blocked.lok>+1%", CONDITION_UNKNOWN_FIGURE},
		{"blocked.lock >+1%", CONDITION_UNKNOWN_FIGURE},
		{"nobody:blocked.lock>+1%", CONDITION_UNKNOWN_FIGURE},
		{"syscall.raed.calls>1", CONDITION_UNKNOWN_FIGURE},
		{"syscall.read.calls>5ms", CONDITION_WRONG_LIMIT},
		{"blocked.lock>5K", CONDITION_WRONG_LIMIT},
	};
	struct pair pair = {0};

	(void)state;
	fill(&pair);
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_decided(pair.diff, &cases[i]);
	pair__clear(&pair);
}

static void the_nearest_name_is_said(void **state)
{
	static const char *const cases[][2] = {
		{"blocked.lok>+1%", "'blocked.lock'"},
		{"syscall.raed.calls>1", "'syscall.read.calls'"},
		{"program:runable>1s", "'program:runnable'"},
	};
	struct pair pair = {0};

	(void)state;
	fill(&pair);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct condition_outcome outcome;
		struct condition condition;
		const char *why;

		assert_int_equal(condition__parse(cases[i][0], &condition, &why), 0);
		condition__decide(&condition, pair.diff, &outcome);
		if (!strstr(outcome.reason, cases[i][1]))
			fail_msg("%s: %s", cases[i][0], outcome.reason);
		free(condition.path);
	}
	pair__clear(&pair);
}

static void a_change_within_noise_meets_no_condition(void **state)
{
	static const double values[] = {100 * MS, 150 * MS, 90 * MS, 140 * MS, 160 * MS, 130 * MS};
	static const struct decided cases[] = {
		{"blocked.lock>+10%", CONDITION_UNMET},
		{"blocked.lock>+1ms", CONDITION_UNMET},
		{"blocked.lock>1ms", CONDITION_MET}, /* of the value, not of the change */
	};
	struct pair pair = {0};

	(void)state;
	pair__figure(&pair, DIFF_CLASS_BLOCKED, "lock", 3, values);
	assert_non_null(pair__compare(&pair, DIFF_PER_RUN));
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_decided(pair.diff, &cases[i]);
	pair__clear(&pair);
}

static void what_is_no_condition_is_refused(void **state)
{
	static const char *const cases[] = {
		"",    "x",    ">",	"x>",	  "x<",	      ">5",	"x>+",	 "x>-",
		"x>%", "x>+%", "x>abc", "x>+-5%", "x>1.1.1%", "x>5ms%", "x>nan", "x>inf%"};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct condition condition;
		const char *why = NULL;

		assert_int_equal(condition__parse(cases[i], &condition, &why), -EINVAL);
		assert_non_null(why);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_are_changes_or_values),
		cmocka_unit_test(the_nearest_name_is_said),
		cmocka_unit_test(a_change_within_noise_meets_no_condition),
		cmocka_unit_test(what_is_no_condition_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

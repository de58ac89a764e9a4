// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Stacks of the model, and what becomes of them as folded lines. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/stacks.h"
#include "render/flame.h"
#include "tests/unit/render_steps.h"
#include "tests/unit/unit.h"

/* A row; `frames` are NULL-terminated, of which the last `kernel` are the kernel's. */
static struct stack *row(struct stacks *stacks, uint64_t ns, const char *const *frames,
			 size_t kernel)
{
	struct stack stack = {.pid = 7, .class = CLASS_DISK, .count = 1, .ns = ns};
	size_t count = 0;

	while (frames[count])
		count++;
	stack.frames.names = calloc(count + 1, sizeof(*stack.frames.names));
	for (size_t i = 0; i < count; i++)
		stack.frames.names[i] = texts__keep(&stacks->texts, frames[i]);
	stack.frames.user = count - kernel;
	stack.frames.kernel = kernel;
	stack.process = texts__keep(&stacks->texts, "server");
	stack.thread = texts__keep(&stacks->texts, "server");
	assert_int_equal(stacks__add(stacks, &stack), 0);
	return &stacks->rows[stacks->count - 1];
}

#define FRAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_FRAMES   ((const char *const[]){NULL})

static struct folded fold(const struct stacks *stacks, enum stack_view view)
{
	struct folded folded = {0};

	assert_int_equal(folded__of_stacks(&folded, stacks, view), 0);
	return folded;
}

static void rows_that_look_the_same_are_added_up(void **state)
{
	struct stacks *stacks = calloc(1, sizeof(*stacks));

	(void)state;
	row(stacks, 10, FRAMES("main", "read", "sys_read"), 1);
	row(stacks, 500, FRAMES("main", "write", "sys_write"), 1);
	row(stacks, 20, FRAMES("main", "read", "sys_read"), 1);
	row(stacks, 40, FRAMES("main", "read", "sys_read"), 2); /* other parts, other stack */
	row(stacks, 3, NO_FRAMES, 0);
	stacks__settle(stacks);
	assert_int_equal(stacks->count, 4);
	assert_int_equal(stacks->rows[0].ns, 500);
	assert_int_equal(stacks->rows[2].ns, 30);
	assert_int_equal(stacks->rows[2].count, 2);
	assert_int_equal(stacks->blocked, 573);
	assert_int_equal(stacks->missing, 3);
	stacks__free(stacks);
}

static void a_line_has_the_process_the_frames_and_the_class(void **state)
{
	struct stacks *stacks = calloc(1, sizeof(*stacks));
	struct folded folded;

	(void)state;
	row(stacks, 10, FRAMES("main", "read", "sys_read"), 1);
	row(stacks, 7, FRAMES("start", "work"), 0)->thread = texts__keep(&stacks->texts, "worker");
	row(stacks, 5, NO_FRAMES, 0)->idle = true;
	stacks__settle(stacks);
	folded = fold(stacks, STACK_VIEW_BLOCKED);
	assert_int_equal(folded.count, 3);
	assert_string_equal(folded.lines[0].stack, "server;[no stack];[disk, idle]");
	assert_string_equal(folded.lines[1].stack, "server;main;read;sys_read_[k];[disk]");
	assert_string_equal(folded.lines[2].stack, "server;worker;start;work;[disk]");
	assert_int_equal(folded.lines[1].weight, 10);
	assert_int_equal(folded.total, stacks->blocked);
	folded__clear(&folded);
	stacks__free(stacks);
}

static void the_view_of_wakers_has_them_at_the_bottom(void **state)
{
	struct stacks *stacks = calloc(1, sizeof(*stacks));
	struct folded folded;
	struct stack *first;

	(void)state;
	first = row(stacks, 10, FRAMES("main", "read"), 1);
	first->waker = texts__keep(&stacks->texts, "feeder");
	first->waker_frames.names = calloc(2, sizeof(*first->waker_frames.names));
	first->waker_frames.names[0] = texts__keep(&stacks->texts, "feed");
	first->waker_frames.user = 1;
	row(stacks, 4, FRAMES("main", "read"), 1);
	stacks__settle(stacks);
	folded = fold(stacks, STACK_VIEW_WAKER);
	assert_int_equal(folded.count, 2);
	assert_string_equal(folded.lines[0].stack, "[no waker known];wakes server;[disk]");
	assert_string_equal(folded.lines[1].stack, "feeder;feed;wakes server;[disk]");
	assert_int_equal(folded.total, 14);
	folded__clear(&folded);
	stacks__free(stacks);
}

static void samples_are_in_their_own_view_only(void **state)
{
	struct stacks *stacks = calloc(1, sizeof(*stacks));
	struct folded folded;
	struct stack *sample;

	(void)state;
	row(stacks, 10, FRAMES("main", "read"), 1);
	sample = row(stacks, 10101010, FRAMES("main", "spin"), 0);
	sample->kind = STACK_KIND_CPU;
	sample->count = 17;
	stacks__settle(stacks);
	assert_int_equal(stacks->samples, 17);
	assert_int_equal(stacks->blocked, 10);
	folded = fold(stacks, STACK_VIEW_CPU);
	assert_int_equal(folded.count, 1);
	assert_string_equal(folded.lines[0].stack, "server;main;spin");
	assert_int_equal(folded.total, 17);
	folded__clear(&folded);
	stacks__free(stacks);
}

static void names_cannot_break_a_line(void **state)
{
	struct stacks *stacks = calloc(1, sizeof(*stacks));
	struct folded folded;

	(void)state;
	row(stacks, 10, FRAMES("a;b", "c\nd", "", "operator() 9"), 0)->process =
		texts__keep(&stacks->texts, "x;\x1b[2J");
	stacks__settle(stacks);
	folded = fold(stacks, STACK_VIEW_BLOCKED);
	assert_string_equal(folded.lines[0].stack,
			    "x\\x3b\\x1b[2J;server;a\\x3bb;c\\x0ad;[no name];operator() 9;[disk]");
	folded__clear(&folded);
	stacks__free(stacks);
}

/* --- in the report ------------------------------------------------------------------------------
 */

static void the_report_has_the_innermost_function_first(void **state)
{
	struct render_options options = {.width = 100, .top = 1};
	struct profile *profile = sample__profile();
	struct stacks *stacks = calloc(1, sizeof(*stacks));
	char *text;

	(void)state;
	row(stacks, 2 * MS, FRAMES("main", "evil\x1b[2J", "sys_read"), 1);
	row(stacks, 1 * MS, FRAMES("main", "write", "sys_write"), 1);
	row(stacks, 7 * MS, FRAMES("main", "epoll_wait"), 0)->idle = true;
	stacks__settle(stacks);
	profile->stacks = stacks;
	text = render_with(render__text, profile, &options);
	assert_non_null(strstr(text, "disk: 2 ms (20%) in 1 wait of 7 `server`\n"));
	assert_non_null(strstr(text, "\n  sys_read < evil\\x1b[2J < main\n"));
	assert_null(strstr(text, "sys_write"));
	assert_non_null(strstr(text, "1 more stack (beyond --top 1)"));
	assert_null(strstr(text, "main\n  epoll_wait"));
	free(text);
	profile__free(profile);
}

static void the_json_has_null_for_what_samples_have_not(void **state)
{
	struct profile *profile = sample__profile();
	struct stacks *stacks = calloc(1, sizeof(*stacks));
	struct stack *sample;
	char *text;

	(void)state;
	sample = row(stacks, 10, FRAMES("main", "sys_read"), 1);
	sample->kind = STACK_KIND_CPU;
	stacks__settle(stacks);
	profile->stacks = stacks;
	text = render_with(render__json, profile, &(struct render_options){0});
	assert_non_null(strstr(text, "{\"kind\":\"cpu\",\"pid\":7,\"process\":\"server\","
				     "\"thread\":\"server\",\"count\":1,\"blocked_ns\":null,"
				     "\"class\":null,\"syscall\":null,\"idle\":null,"
				     "\"user\":[\"main\"],\"kernel\":[\"sys_read\"],"
				     "\"waker\":null}"));
	free(text);
	profile__free(profile);
}

/* --- reading --------------------------------------------------------------------------------- */

static int read_text(const char *text, struct folded *folded, size_t *line)
{
	FILE *stream = fmemopen((char *)text, strlen(text), "r");
	int err;

	assert_non_null(stream);
	*folded = (struct folded){0};
	err = folded__read(folded, stream, line);
	fclose(stream);
	return err;
}

static void what_was_written_is_read(void **state)
{
	struct folded folded;
	size_t line;

	(void)state;
	assert_int_equal(read_text("a;b c 3\n# remark\n\na;b c 4\r\na 1\nz 2.75\n", &folded, &line),
			 0);
	assert_int_equal(folded.count, 3);
	assert_string_equal(folded.lines[0].stack, "a");
	assert_string_equal(folded.lines[1].stack, "a;b c");
	assert_int_equal(folded.lines[1].weight, 7);
	assert_int_equal(folded.lines[2].weight, 2);
	assert_int_equal(folded.total, 10);
	folded__clear(&folded);
}

static void what_is_no_folded_stack_is_refused_by_line(void **state)
{
	static const char *const wrong[] = {
		"a;b 1\nno weight\n",
		"a;b 1\n17\n",
		"a;b 1\na -4\n",
		"a;b 1\nb 1e5\n",
		"a;b 1\nb 99999999999999999999\n",
		"a 4611686018427387903\na 4611686018427387903\n",
	};
	struct folded folded;
	size_t line;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		assert_int_equal(read_text(wrong[i], &folded, &line), -EINVAL);
		assert_int_equal(line, 2);
		folded__clear(&folded);
	}
	assert_int_equal(read_text("\n# nothing\n", &folded, &line), -EINVAL);
	assert_int_equal(line, 0);
	folded__clear(&folded);
}

/* A space is before ';' in ASCII: sorted by bytes, "a b" would come between "a" and "a;b". */
static void lines_with_common_frames_stay_together(void **state)
{
	struct folded folded;
	size_t line;

	(void)state;
	assert_int_equal(read_text("a b;x 1\na;c 2\na 3\n", &folded, &line), 0);
	assert_string_equal(folded.lines[0].stack, "a");
	assert_string_equal(folded.lines[1].stack, "a;c");
	assert_string_equal(folded.lines[2].stack, "a b;x");
	folded__clear(&folded);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_that_look_the_same_are_added_up),
		cmocka_unit_test(a_line_has_the_process_the_frames_and_the_class),
		cmocka_unit_test(the_view_of_wakers_has_them_at_the_bottom),
		cmocka_unit_test(samples_are_in_their_own_view_only),
		cmocka_unit_test(names_cannot_break_a_line),
		cmocka_unit_test(the_report_has_the_innermost_function_first),
		cmocka_unit_test(the_json_has_null_for_what_samples_have_not),
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(what_is_no_folded_stack_is_refused_by_line),
		cmocka_unit_test(lines_with_common_frames_stay_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Stacks in a recording: written and read back, left in part, compared. */
#define _DEFAULT_SOURCE
#include <errno.h>

#include "recording/reader.h"
#include "recording/row_filter.h"
#include "recording/stack_rows.h"
#include "recording/writer.h"
#include "render/flame.h"
#include "tests/unit/unit.h"

/* --- stacks ------------------------------------------------------------------------------------
 */

static const char *keep(struct stacks *stacks, const char *text)
{
	const char *kept = texts__keep(&stacks->texts, text);

	assert_non_null(kept);
	return kept;
}

/* Frames like "main read | sys_read": those of user space, then the kernel's. */
static struct frames frames_of(struct stacks *stacks, const char *words)
{
	struct frames frames = {.names = calloc(strlen(words) + 1, sizeof(*frames.names))};
	char *copy = strdup(words), *rest = copy, *word;
	bool kernel = false;

	while ((word = strsep(&rest, " "))) {
		if (!strcmp(word, "|"))
			kernel = true;
		else if (*word)
			frames.names[frames.user + frames.kernel] = keep(stacks, word);
		if (*word && *word != '|')
			*(kernel ? &frames.kernel : &frames.user) += 1;
	}
	free(copy);
	return frames;
}

static struct stack *add(struct stacks *stacks, int tid, uint64_t ns, const char *words)
{
	struct stack row = {.kind = STACK_KIND_WAIT,
			    .pid = 7,
			    .tid = tid,
			    .process = keep(stacks, "server"),
			    .thread = keep(stacks, "worker"),
			    .class = CLASS_DISK,
			    .syscall = "fsync",
			    .count = 2,
			    .ns = ns};

	row.frames = frames_of(stacks, words);
	assert_int_equal(stacks__add(stacks, &row), 0);
	return &stacks->rows[stacks->count - 1];
}

static struct stacks *some_stacks(void)
{
	struct stacks *stacks = calloc(1, sizeof(*stacks));
	struct stack *row;

	*stacks = (struct stacks){.kernel = true, .user = true, .wakers = true, .sample_rate = 99};
	row = add(stacks, 8, 1000000007, "main work | sys_fsync schedule");
	row->waker = keep(stacks, "writer");
	row->waker_frames = frames_of(stacks, "loop | sys_write wake_up");
	row = add(stacks, 9, 1000, "main work | sys_fsync schedule");
	row->waker = keep(stacks, "[softirq]");
	row->waker_frames = frames_of(stacks, "| handle_softirqs");
	row = add(stacks, 9, 30, "main rest | schedule");
	row->idle = true;
	row->class = CLASS_MULTIPLEX;
	row->syscall = NULL;
	add(stacks, 9, 4, "");
	row = add(stacks, 8, 20000000, "main; spin\n");
	row->kind = STACK_KIND_CPU;
	row->class = CLASS_OTHER;
	row->syscall = NULL;
	stacks__settle(stacks);
	return stacks;
}

/* Equal in all that is shown, thread ids included. */
static void assert_same(struct stacks *left, struct stacks *right)
{
	assert_int_equal(left->count, right->count);
	assert_int_equal(left->blocked, right->blocked);
	assert_int_equal(left->missing, right->missing);
	assert_int_equal(left->samples, right->samples);
	assert_int_equal(left->sample_rate, right->sample_rate);
	assert_true(left->kernel == right->kernel && left->user == right->user &&
		    left->wakers == right->wakers && left->kernel_hidden == right->kernel_hidden);
	for (size_t i = 0; i < left->count; i++) {
		const struct stack *a = &left->rows[i], *b = &right->rows[i];

		assert_true(a->kind == b->kind && a->pid == b->pid && a->tid == b->tid);
		assert_true(a->class == b->class && a->idle == b->idle);
		assert_true(a->count == b->count && a->ns == b->ns);
		assert_true(!a->syscall == !b->syscall && !a->waker == !b->waker);
		if (a->syscall)
			assert_string_equal(a->syscall, b->syscall);
	}
	for (enum stack_view view = STACK_VIEW_BLOCKED; view <= STACK_VIEW_CPU; view++) {
		struct folded a = {0}, b = {0};

		assert_int_equal(folded__of_stacks(&a, left, view), 0);
		assert_int_equal(folded__of_stacks(&b, right, view), 0);
		assert_int_equal(a.count, b.count);
		for (size_t i = 0; i < a.count; i++) {
			assert_string_equal(a.lines[i].stack, b.lines[i].stack);
			assert_int_equal(a.lines[i].weight, b.lines[i].weight);
		}
		folded__clear(&a);
		folded__clear(&b);
	}
}

/* --- a recording of them ------------------------------------------------------------------------
 */

static const char head[] = "{\"schema\":\"waitscope-recording/1\",\"tier\":\"full\","
			   "\"target\":\"all\",\"cpus\":2,\"kernel\":\"6.1\",\"pids\":[]}";

static char *write_it(const struct stacks *stacks, size_t *size)
{
	static const struct rows pools[POOLS];
	const struct sources sources = {0};
	struct writer *writer;
	char *bytes = NULL;
	FILE *stream = open_memstream(&bytes, size);

	assert_non_null(stream);
	assert_int_equal(writer__new(&writer, stream, head, pools), 0);
	assert_int_equal(writer__finish(writer, &sources, stacks, "{\"ended_ns\":1}"), 0);
	fclose(stream);
	writer__free(writer);
	return bytes;
}

struct outcome {
	int err;
	size_t frames;
	bool cut;
	struct stacks *stacks; /* settled; NULL: none */
};

static struct outcome read_it(const char *bytes, size_t size)
{
	FILE *stream = fmemopen((void *)bytes, size, "r");
	struct reader_item item = {.kind = READER_END};
	struct stack_rows *rows = stack_rows__new();
	struct outcome outcome = {0};
	struct reader *reader;
	char message[160];

	outcome.err = reader__new(&reader, stream, message, sizeof(message));
	if (!outcome.err) {
		do {
			outcome.err = reader__next(reader, &item);
			if (outcome.err || item.kind != READER_STACKS)
				continue;
			outcome.frames++;
			outcome.err = stack_rows__take(rows, item.bytes, item.length);
		} while (!outcome.err && item.kind != READER_END);
		outcome.cut = reader__is_cut(reader);
		reader__free(reader);
	}
	outcome.stacks = stack_rows__hand_over(rows);
	if (outcome.stacks)
		stacks__settle(outcome.stacks);
	stack_rows__free(rows);
	fclose(stream);
	return outcome;
}

static void what_is_written_is_read(void **state)
{
	struct stacks *stacks = some_stacks();
	size_t size;
	char *bytes = write_it(stacks, &size);
	struct outcome outcome = read_it(bytes, size);

	(void)state;
	assert_int_equal(outcome.err, 0);
	assert_int_equal(outcome.frames, 1);
	assert_same(stacks, outcome.stacks);
	assert_int_equal(outcome.stacks->blocked, 1000001041);
	stacks__free(outcome.stacks);
	stacks__free(stacks);
	free(bytes);
}

/* Taken, but nothing waited: other than not taken. */
static void no_stacks_are_told_from_none_taken(void **state)
{
	struct stacks *stacks = calloc(1, sizeof(*stacks));
	struct outcome outcome;
	size_t size;
	char *bytes;

	(void)state;
	stacks->user = true;
	bytes = write_it(stacks, &size);
	outcome = read_it(bytes, size);
	assert_int_equal(outcome.err, 0);
	assert_same(stacks, outcome.stacks);
	stacks__free(outcome.stacks);
	stacks__free(stacks);
	free(bytes);
	bytes = write_it(NULL, &size);
	outcome = read_it(bytes, size);
	assert_int_equal(outcome.err, 0);
	assert_null(outcome.stacks);
	assert_false(outcome.cut);
	free(bytes);
}

/* What a row names may stand in a frame before. */
static void many_stacks_take_several_frames(void **state)
{
	struct stacks *stacks = calloc(1, sizeof(*stacks));
	struct outcome outcome;
	char words[64];
	size_t size;
	char *bytes;

	(void)state;
	for (int i = 0; i < 30000; i++) {
		snprintf(words, sizeof(words), "main f%d g%d | sys_fsync", i, i / 2);
		add(stacks, 1 + i % 5, 1 + i, words);
	}
	stacks__settle(stacks);
	bytes = write_it(stacks, &size);
	outcome = read_it(bytes, size);
	assert_int_equal(outcome.err, 0);
	assert_true(outcome.frames > 2);
	assert_same(stacks, outcome.stacks);
	stacks__free(outcome.stacks);
	stacks__free(stacks);
	free(bytes);
}

static void a_file_that_is_cut_anywhere_reads_as_far_as_it_goes(void **state)
{
	struct stacks *stacks = some_stacks();
	size_t size, whole = 0;
	char *bytes = write_it(stacks, &size);

	(void)state;
	for (size_t cut = 24 + sizeof(head) - 1; cut < size; cut++) {
		struct outcome outcome = read_it(bytes, cut);

		assert_int_equal(outcome.err, 0);
		assert_true(outcome.cut);
		if (outcome.stacks)
			assert_same(stacks, outcome.stacks);
		whole += outcome.stacks != NULL;
		stacks__free(outcome.stacks);
	}
	assert_true(whole > 0);
	stacks__free(stacks);
	free(bytes);
}

/* --- parts, and comparison ----------------------------------------------------------------------
 */

static void a_filter_leaves_its_threads_and_classes(void **state)
{
	int ids[] = {8};
	struct row_filter filter = {.tids = {ids, 1}};
	struct stacks *stacks = some_stacks();

	(void)state;
	row_filter__keep_stacks(&filter, stacks);
	stacks__settle(stacks);
	assert_int_equal(stacks->count, 2);
	assert_int_equal(stacks->blocked, 1000000007);
	assert_int_equal(stacks->samples, 2);
	stacks__free(stacks);
	stacks = some_stacks();
	filter = (struct row_filter){.classes = 1U << CLASS_MULTIPLEX};
	row_filter__keep_stacks(&filter, stacks);
	stacks__settle(stacks);
	assert_int_equal(stacks->blocked, 30);
	assert_int_equal(stacks->samples, 2); /* of no class */
	stacks__free(stacks);
}

static void threads_of_one_name_are_one_once_they_are_forgotten(void **state)
{
	struct stacks *stacks = calloc(1, sizeof(*stacks));

	(void)state;
	for (int tid = 1; tid < 5; tid++)
		add(stacks, tid, 10, "main work | sys_fsync schedule");
	stacks__settle(stacks);
	assert_int_equal(stacks->count, 4);
	stacks__forget_threads(stacks);
	stacks__settle(stacks);
	assert_int_equal(stacks->count, 1);
	assert_int_equal(stacks->rows[0].ns, 40);
	stacks__free(stacks);
}

static void one_part_of_the_frames_is_left(void **state)
{
	struct stacks *stacks = some_stacks();
	struct frames *frames;

	(void)state;
	stacks__narrow(stacks, true, false);
	stacks__settle(stacks);
	frames = &stacks->rows[0].frames;
	assert_int_equal(frames->user, 0);
	assert_int_equal(frames->kernel, 2);
	assert_string_equal(frames->names[0], "sys_fsync");
	assert_string_equal(stacks->rows[0].waker_frames.names[1], "wake_up");
	assert_false(stacks->user);
	assert_int_equal(stacks->blocked, 1000001041);
	stacks__narrow(stacks, false, true);
	stacks__settle(stacks);
	assert_int_equal(stacks->missing, 1000001041);
	stacks__free(stacks);
}

static void stacks_are_compared_with_each_thread(void **state)
{
	struct thread threads[] = {{.tid = 8, .account.blocked = 1000000007},
				   {.tid = 9, .account.blocked = 1000},
				   {.tid = 9, .account.blocked = 34}, /* the id was used again */
				   {.tid = 10}};
	struct process process = {.pid = 7, .threads = threads, .thread_count = COUNT(threads)};
	struct profile profile = {.processes = &process, .process_count = 1};
	struct rebuild_check check = {0};
	struct stacks *stacks = some_stacks();

	(void)state;
	assert_int_equal(stacks__compare(stacks, &profile, &check), 0);
	assert_int_equal(check.compared, 3);
	assert_int_equal(check.different, 0);
	threads[1].account.blocked++;
	check = (struct rebuild_check){0};
	assert_int_equal(stacks__compare(stacks, &profile, &check), 0);
	assert_int_equal(check.different, 1);
	assert_string_equal(check.first, "stacks of thread 9: 1035 ns blocked here, 1034 there");
	process.thread_count = 0; /* nobody whose they are */
	check = (struct rebuild_check){0};
	assert_int_equal(stacks__compare(stacks, &profile, &check), 0);
	assert_int_equal(check.different, 2);
	stacks__free(stacks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(no_stacks_are_told_from_none_taken),
		cmocka_unit_test(many_stacks_take_several_frames),
		cmocka_unit_test(a_file_that_is_cut_anywhere_reads_as_far_as_it_goes),
		cmocka_unit_test(a_filter_leaves_its_threads_and_classes),
		cmocka_unit_test(threads_of_one_name_are_one_once_they_are_forgotten),
		cmocka_unit_test(one_part_of_the_frames_is_left),
		cmocka_unit_test(stacks_are_compared_with_each_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

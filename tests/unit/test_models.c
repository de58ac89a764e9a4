// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The models side by side: what the tables and the JSON say of rows whose figures are known.
 */
#define _GNU_SOURCE
#include <json-c/json.h>
#include <math.h>
#include <unistd.h>

#include "names/nearest.h"
#include "tests/unit/render_text_steps.h"

static struct models_row *add(struct models_report *report, enum models_group group,
			      const char *name, uint64_t scale)
{
	struct models_row *row = models_report__add(report);

	assert_non_null(row);
	models_row__begin(row, group, name, scale);
	row->conserved = true;
	return row;
}

static void add_tasks(struct models_report *report)
{
	struct models_row *row = add(report, GROUP_RECEIVE, "epoll", 0);

	row->model = row->expected_model = MODEL_EPOLL;
	row->delivery = strdup("readiness");
	row->completion_is = strdup("readiness");
	row->figures[FIGURE_OPERATIONS] = 200;
	row->figures[FIGURE_IN_CALL] = 0;
	row->figures[FIGURE_IN_WAIT] = 0.9;
	row->figures[FIGURE_ON_CPU] = 0.025;
	row->figures[FIGURE_FOR_CPU] = 0.07;
	row->figures[FIGURE_THREADS] = 1;
	row->figures[FIGURE_SWITCHES_PER_OPERATION] = 1.015;
	row->figures[FIGURE_SYSCALLS_PER_OPERATION] = 2;
	row->figures[FIGURE_REFUSED_PER_OPERATION] = 0;
	row->figures[FIGURE_CPU_PER_OPERATION] = 12345;
	row->figures[FIGURE_LAST_RESULT] = 2e8;
	row->figures[FIGURE_LATENCY_P99] = 78000;
	row = add(report, GROUP_FILE, "file_linux_aio", 0);
	row->model = MODEL_UNKNOWN;
	row->expected_model = MODEL_LINUX_AIO;
	row->why = strdup("events were lost");
	row->figures[FIGURE_OPERATIONS] = 200;
	row->figures[FIGURE_REQUESTS] = 200;
	row->figures[FIGURE_SUBMIT_ASLEEP] = 0.57;
	row->lost = 3;
}

static void add_scales(struct models_report *report)
{
	static const uint64_t connections[] = {10, 1000};
	struct models_row *row;

	for (int i = 0; i < 2; i++) {
		row = add(report, GROUP_SERVICE, "thread", connections[i]);
		row->model = row->expected_model = MODEL_BLOCKING;
		row->structure = row->expected_structure = STRUCTURE_THREAD_PER_CONNECTION;
		row->figures[FIGURE_OPERATIONS] = 4000;
		row->figures[FIGURE_MEMORY_PER_CONNECTION] = 25600;
		row->figures[FIGURE_THROUGHPUT] = 9876.4;
	}
	row = add(report, GROUP_THREADS, "threads", 30000);
	row->figures[FIGURE_CREATION] = 1.5e9;
	row->figures[FIGURE_STACK_RESERVED] = 8388608.0 * 30000;
	row = add(report, GROUP_OVERLAP, "async", 0);
	row->figures[FIGURE_WALL] = 25000000;
	row->figures[FIGURE_CONCURRENCY] = 7.25;
	row->figures[FIGURE_PARALLELISM] = 0.5;
}

static void add_problems(struct models_report *report)
{
	struct models_row *row = add(report, GROUP_SERVICE, "process", 1000);

	row->outcome = OUTCOME_FAILED;
	row->problem = strdup("fork: \033[31mno\nroom");
	row = add(report, GROUP_RECEIVE, "io_uring", 0);
	row->outcome = OUTCOME_LEFT_OUT;
	row->problem = strdup("io_uring is not allowed here");
	assert_int_equal(models_report__note(report, row->problem), 0);
	assert_int_equal(models_report__note(report, row->problem), 0); /* said once */
}

static struct models_report sample(void)
{
	struct models_report report = {.kernel = strdup("6.18.0"), .cpus = 2};

	add_tasks(&report);
	add_scales(&report);
	add_problems(&report);
	return report;
}

static char *show(int (*render)(FILE *, const struct models_report *,
				const struct render_options *),
		  const struct models_report *report, const struct render_options *options)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	assert_int_equal(render(stream, report, options), 0);
	assert_int_equal(fclose(stream), 0);
	return text;
}

static char *tables(int width)
{
	const struct render_options options = {.width = width};
	struct models_report report = sample();
	char *text = show(render__models_text, &report, &options);

	models_report__clear(&report);
	return text;
}

/* The line of a table whose first cell is this name, after the heading `above`. */
static char *line_of(const char *text, const char *above, const char *name)
{
	const char *at = strstr(text, above);
	size_t length = strlen(name);

	assert_non_null(at);
	while ((at = strchr(at, '\n'))) {
		at += 1 + strspn(at + 1, " ");
		if (strncmp(at, name, length) == 0 && at[length] == ' ')
			return strndup(at, strcspn(at, "\n"));
	}
	fail_msg("no %s after %s in:\n%s", name, above, text);
	return NULL;
}

static void assert_cells(const char *text, const char *above, const char *name,
			 const char *const *cells)
{
	char *line = line_of(text, above, name), *rest = line, *word;
	char said[256] = "", expected[256] = "";

	while ((word = strsep(&rest, " ")))
		if (*word)
			snprintf(said + strlen(said), sizeof(said) - strlen(said), " %s", word);
	for (; *cells; cells++)
		snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected), " %s",
			 *cells);
	assert_string_equal(said, expected);
	free(line);
}

#define CELLS(...)                                                                                 \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

static void figures_stand_in_their_columns(void **state)
{
	char *text = tables(100);

	(void)state;
	assert_cells(text, "Where the caller's time goes", "epoll",
		     CELLS("epoll", "0%", "90%", "2.5%", "7.0%", "1", "-"));
	assert_cells(text, "What one block costs", "epoll",
		     CELLS("epoll", "1.01", "2.00", "0", "12.3 us"));
	assert_cells(text, "How a result comes", "epoll",
		     CELLS("epoll", "readiness", "readiness", "epoll"));
	assert_cells(text, "The same requests", "file_linux_aio",
		     CELLS("file_linux_aio", "200", "-", "-", "57%"));
	assert_cells(text, "1,000 connections", "thread",
		     CELLS("thread", "-", "-", "25 KiB", "-", "-", "-", "-", "9,876"));
	assert_cells(text, "Threads that only wait", "30,000",
		     CELLS("30,000", "1.5 s", "-", "234 GiB", "-", "-", "-"));
	assert_cells(text, "Asynchronous is not parallel", "async",
		     CELLS("async", "25 ms", "-", "7.25", "-", "0.50", "-"));
	free(text);
}

static void each_number_of_connections_has_its_table(void **state)
{
	char *text = tables(100);

	(void)state;
	assert_before(text, "  10 connections:", "  1,000 connections:");
	assert_int_equal(count_of(text, " connections:"), 2);
	free(text);
}

static void a_wrong_verdict_is_marked_and_explained(void **state)
{
	char *text = tables(140);

	(void)state;
	assert_says(text, "unknown (!)");
	assert_says(text, "(!) file_linux_aio: it is linux_aio; waitscope does not know, because "
			  "events were lost");
	assert_int_equal(count_of(text, "(!)"), 2);
	assert_says(text, "verdicts: 3 of 4 are what the program is");
	assert_says(text, "events were lost in 1 of the runs");
	free(text);
}

static void a_failed_run_is_said_and_its_text_is_harmless(void **state)
{
	char *text = tables(100);

	(void)state;
	assert_says(text, "1 failed");
	assert_says(text, "failed: process with 1,000: fork: \\x1b[31mno\\x0aroom");
	assert_int_equal(count_of(text, "io_uring is not allowed here"), 1);
	free(text);
}

static void it_fits_80_columns_and_has_no_blanks_at_the_end(void **state)
{
	static const int widths[] = {60, 80, 100, 140};

	(void)state;
	for (size_t i = 0; i < COUNT(widths); i++) {
		char *text = tables(widths[i]);

		for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
			size_t length = strcspn(line, "\n");

			if (columns_of(line, length) > widths[i])
				fail_msg("wider than %d: %.*s", widths[i], (int)length, line);
			if (length && line[length - 1] == ' ')
				fail_msg("a blank at the end of: %.*s|", (int)length, line);
		}
		free(text);
	}
}

static void at_80_columns_no_column_is_left_out(void **state)
{
	char *narrow = tables(80), *wide = tables(140);
	static const char *const titles[] = {
		"in flight", "EAGAIN",	   "first",	    "p99",	 "processes",
		"memory",    "requests/s", "all in kernel", "structure", "concurrency"};

	(void)state;
	for (size_t i = 0; i < COUNT(titles); i++) {
		assert_says(wide, titles[i]);
		assert_says(narrow, titles[i]);
	}
	free(narrow);
	free(wide);
}

static struct json_object *member(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, name, &value))
		fail_msg("no %s in %s", name, json_object_to_json_string(object));
	return value;
}

static void the_json_has_all_figures_and_unknown_is_null(void **state)
{
	struct models_report report = sample();
	char *text = show(render__models_json, &report, &(struct render_options){0});
	struct json_object *document = json_tokener_parse(text), *row, *figures, *verdict;

	(void)state;
	assert_non_null(document);
	assert_string_equal(json_object_get_string(member(document, "schema")),
			    "waitscope-models/1");
	assert_int_equal(json_object_array_length(member(document, "rows")), report.row_count);
	row = json_object_array_get_idx(member(document, "rows"), 0);
	figures = member(row, "figures");
	assert_int_equal(json_object_object_length(figures), FIGURES);
	assert_int_equal(json_object_object_length(member(document, "sources")), FIGURES);
	assert_int_equal(json_object_get_int64(member(figures, "cpu_ns_per_operation")), 12345);
	assert_true(json_object_get_double(member(figures, "asleep_in_wait")) == 0.9);
	assert_null(member(figures, "wall_ns"));
	assert_null(member(row, "scale"));
	verdict = member(row, "verdict");
	assert_true(json_object_get_boolean(member(verdict, "agrees")));
	assert_null(member(verdict, "expected_structure"));
	row = json_object_array_get_idx(member(document, "rows"), 1);
	assert_false(json_object_get_boolean(member(member(row, "verdict"), "agrees")));
	json_object_put(document);
	free(text);
	models_report__clear(&report);
}

static void only_what_ran_and_is_right_agrees(void **state)
{
	struct models_row row = {.model = MODEL_EPOLL, .expected_model = MODEL_EPOLL};

	(void)state;
	assert_true(models_row__agrees(&row));
	row.expected_structure = STRUCTURE_EVENT_LOOP;
	assert_false(models_row__agrees(&row));
	row.structure = STRUCTURE_EVENT_LOOP;
	assert_true(models_row__agrees(&row));
	row.outcome = OUTCOME_FAILED;
	assert_false(models_row__agrees(&row));
	assert_false(models_row__agrees(&(struct models_row){0}));
}

static void the_nearest_name_is_found(void **state)
{
	static const char *const names[] = {"blocking", "select", "poll", "epoll", "io_uring"};
	static const struct {
		const char *wanted, *best;
	} cases[] = {{"eppol", "epoll"},
		     {"pol", "poll"},
		     {"iouring", "io_uring"},
		     {"blokcing", "blocking"},
		     {"", "poll"}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct nearest nearest = {.wanted = cases[i].wanted};

		for (size_t j = 0; j < COUNT(names); j++)
			nearest__offer(&nearest, names[j]);
		assert_string_equal(nearest.best, cases[i].best);
	}
	assert_int_equal(nearest__distance("kitten", "sitting"), 3);
	assert_int_equal(nearest__distance("", "abc"), 3);
	assert_int_equal(nearest__distance("same", "same"), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_stand_in_their_columns),
		cmocka_unit_test(each_number_of_connections_has_its_table),
		cmocka_unit_test(a_wrong_verdict_is_marked_and_explained),
		cmocka_unit_test(a_failed_run_is_said_and_its_text_is_harmless),
		cmocka_unit_test(it_fits_80_columns_and_has_no_blanks_at_the_end),
		cmocka_unit_test(at_80_columns_no_column_is_left_out),
		cmocka_unit_test(the_json_has_all_figures_and_unknown_is_null),
		cmocka_unit_test(only_what_ran_and_is_right_agrees),
		cmocka_unit_test(the_nearest_name_is_found),
	};

	return cmocka_run_group_tests(tests, use_utf8, NULL);
}

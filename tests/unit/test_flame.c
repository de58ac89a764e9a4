// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The layout of flame graphs, and the picture as a document. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "render/flame.h"
#include "tests/unit/unit.h"

static struct folded folded_of(const char *text)
{
	FILE *stream = fmemopen((char *)text, strlen(text), "r");
	struct folded folded = {0};
	size_t line;

	assert_non_null(stream);
	assert_int_equal(folded__read(&folded, stream, &line), 0);
	fclose(stream);
	return folded;
}

static const struct flame_node *node(const struct flame_tree *tree, const char *name)
{
	for (size_t i = 0; i < tree->count; i++)
		if (!strcmp(tree->nodes[i].name, name))
			return &tree->nodes[i];
	fail_msg("no frame %s", name);
	return NULL;
}

static void lay_out(struct flame_tree *tree, const struct folded *now, const struct folded *before)
{
	assert_int_equal(flame_tree__build(tree, now, before), 0);
	assert_int_equal(flame_tree__lay(tree), 0);
}

static void check_node(const struct flame_node *node, uint64_t weight, double x, double width)
{
	assert_int_equal(node->weight, weight);
	assert_true(fabs(node->x - x) < 1e-9);
	assert_true(fabs(node->width - width) < 1e-9);
}

static void frames_are_as_wide_as_they_weigh(void **state)
{
	struct folded folded = folded_of("p;b;d 30\np;a 10\np;b 20\nq 40\n");
	struct flame_tree tree;

	(void)state;
	lay_out(&tree, &folded, NULL);
	assert_int_equal(tree.count, 6);
	assert_int_equal(tree.depth, 3);
	check_node(node(&tree, "all"), 100, 0, 1);
	check_node(node(&tree, "p"), 60, 0, 0.6);
	check_node(node(&tree, "a"), 10, 0, 0.1);
	check_node(node(&tree, "b"), 50, 0.1, 0.5);
	check_node(node(&tree, "d"), 30, 0.1, 0.3);
	check_node(node(&tree, "q"), 40, 0.6, 0.4);
	flame_tree__clear(&tree);
	folded__clear(&folded);
}

static void a_frame_of_the_same_name_elsewhere_is_another(void **state)
{
	struct folded folded = folded_of("p;f;f 1\np;g;f 1\n");
	struct flame_tree tree;

	(void)state;
	lay_out(&tree, &folded, NULL);
	assert_int_equal(tree.count, 6);
	flame_tree__clear(&tree);
	folded__clear(&folded);
}

static void a_comparison_has_both_weights(void **state)
{
	struct folded before = folded_of("p;a 10\np;gone 7\np;gone;too 3\nvanished;x 5\n");
	struct folded now = folded_of("p;a 30\np;new 10\n");
	struct flame_tree tree;

	(void)state;
	lay_out(&tree, &now, &before);
	assert_int_equal(node(&tree, "a")->before, 10);
	check_node(node(&tree, "a"), 30, 0, 0.75);
	assert_int_equal(node(&tree, "new")->before, 0);
	assert_int_equal(node(&tree, "p")->before, 20);
	assert_int_equal(tree.vanished, 15);
	flame_tree__clear(&tree);
	folded__clear(&before);
	folded__clear(&now);
}

static void a_deep_stack_is_cut_and_keeps_its_weight(void **state)
{
	char *text = malloc(4000 * 2 + 16);
	struct flame_tree tree;
	struct folded folded;

	(void)state;
	for (size_t i = 0; i < 4000; i++)
		strcpy(text + i * 2, "f;");
	strcpy(text + 8000, "f 5\n");
	folded = folded_of(text);
	lay_out(&tree, &folded, NULL);
	assert_int_equal(tree.depth, 512);
	assert_int_equal(tree.nodes[tree.count - 1].weight, 5);
	flame_tree__clear(&tree);
	folded__clear(&folded);
	free(text);
}

static char *draw(const char *now_text, const char *before_text, enum flame_unit unit)
{
	struct flame_options options = {
		.title = "<title> & \"more\"", .subtitle = "evil\x1b[2J", .unit = unit};
	struct folded now = folded_of(now_text), before = {0};
	char *picture;
	size_t size;
	FILE *stream = open_memstream(&picture, &size);

	if (before_text)
		before = folded_of(before_text);
	assert_int_equal(render__flame_svg(stream, &now, before_text ? &before : NULL, &options),
			 0);
	fclose(stream);
	folded__clear(&now);
	folded__clear(&before);
	return picture;
}

static void assert_has(const char *document, const char *text)
{
	if (!strstr(document, text))
		fail_msg("'%s' is not in the picture", text);
}

static size_t count_of(const char *document, const char *text)
{
	size_t count = 0;

	while ((document = strstr(document, text))) {
		count++;
		document += strlen(text);
	}
	return count;
}

static void names_cannot_break_the_picture(void **state)
{
	char *picture = draw("</svg><script>alert(1)</script>;x]]>\"'& 10\n", NULL, FLAME_NS);

	(void)state;
	assert_null(strstr(picture, "<script>alert"));
	assert_has(picture, "&lt;/svg&gt;&lt;script&gt;alert(1)&lt;/script&gt;");
	assert_has(picture, "x]]&gt;&quot;&#39;&amp;");
	assert_has(picture, "&lt;title&gt; &amp; &quot;more&quot;");
	assert_has(picture, "evil\\x1b[2J");
	assert_int_equal(count_of(picture, "<svg"), count_of(picture, "</svg>"));
	assert_int_equal(count_of(picture, "<script>"), 1);
	free(picture);
}

static void weights_are_said_in_their_unit(void **state)
{
	char *times = draw("p;f 2000000\n", NULL, FLAME_NS);
	char *samples = draw("p;f 1\np;g 1999\n", NULL, FLAME_SAMPLES);

	(void)state;
	assert_has(times, "<title>f: 2 ms, 100.00%</title>");
	assert_has(samples, "<title>f: 1 sample, 0.05%</title>");
	assert_has(samples, "<title>g: 1,999 samples, 99.95%</title>");
	free(times);
	free(samples);
}

/* Twice as much of everything is no change: shares are compared. */
static void colours_compare_shares(void **state)
{
	char *same = draw("p;f 200\np;g 20\n", "p;f 100\np;g 10\n", FLAME_COUNT);
	char *changed = draw("p;f 100\np;g 100\n", "p;f 190\np;g 10\n", FLAME_COUNT);

	(void)state;
	assert_null(strstr(same, "class=\"g"));
	assert_null(strstr(same, "class=\"l"));
	assert_has(changed, "class=\"g3\"");
	assert_has(changed, "class=\"l2\"");
	assert_has(changed, "<title>g: 100, 50.00% (before: 10, 5.00%)</title>");
	free(same);
	free(changed);
}

static void nothing_outside_is_referred_to(void **state)
{
	char *picture = draw("p;f 1\n", NULL, FLAME_COUNT);

	(void)state;
	assert_int_equal(count_of(picture, "http"), 1); /* the name space */
	assert_null(strstr(picture, "href"));
	assert_null(strstr(picture, "@import"));
	assert_has(picture, "prefers-color-scheme:dark");
	free(picture);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_as_wide_as_they_weigh),
		cmocka_unit_test(a_frame_of_the_same_name_elsewhere_is_another),
		cmocka_unit_test(a_comparison_has_both_weights),
		cmocka_unit_test(a_deep_stack_is_cut_and_keeps_its_weight),
		cmocka_unit_test(names_cannot_break_the_picture),
		cmocka_unit_test(weights_are_said_in_their_unit),
		cmocka_unit_test(colours_compare_shares),
		cmocka_unit_test(nothing_outside_is_referred_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

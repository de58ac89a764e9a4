// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The page of --html in a browser (Chromium without a window): it opens without a complaint, asks
 * nobody, says what the JSON says, does what it is told, and shows names as text and nothing else.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/live/lib/real.h"
#include "tests/live/lib/recorded.h"
#include "tests/live/lib/role.h"

#define PAGE_TIMEOUT_MS 60000

/* --- a browser -------------------------------------------------------------------------------- */

static const char *chromium(void)
{
	static const char *const names[] = {"chromium-headless-shell", "chromium"};

	for (int i = 0; i < 2; i++) {
		const char *path = live__text("/usr/bin/%s", names[i]);

		if (!access(path, X_OK))
			return path;
	}
	live__skip("no Chromium here: the page is NOT looked at (install chromium-headless-shell)");
}

/* What the expression gives in the page, which neither complained nor asked for anything. */
static struct json_object *open_page(const char *page, const char *expression, const char *width,
				     const char *theme)
{
	struct json_object *report;
	struct program *program;

	program__run(&program,
		     WORDS("node", live__source("tests/live/open_page.js"), chromium(), page,
			   expression, width, "900", theme),
		     PAGE_TIMEOUT_MS);
	report = json__parse(program__output(program));
	if (!report || program->status)
		live__fail("the page was not opened: %s%s", program__output(program),
			   program__errors(program));
	if (json__length(report, "errors") || json__length(report, "requests"))
		live__fail("the page complained: %s", json__show(report));
	return json__at(report, "result");
}

/* --- pages ------------------------------------------------------------------------------------ */

#define RECORDING "html.rec"
#define PAGE	  "html.html"

static void make_page(const char *recording, const char *page)
{
	struct program *program;

	if (program__run(&program, WORDS(live__waitscope(), "report", "--html", page, recording),
			 LIVE_TIMEOUT_MS))
		live__fail("report --html: %s", program__errors(program));
}

/* Some waits of several classes, with event loops and idle threads: a recording for most tests, and
 * the page of it. */
static int record(void **state)
{
	(void)state;
	recorded__for_group(RECORDING, WORDS("--", live__workload("event_loop"), "--source",
					     "mixed", "--connections", "3", "--ops", "60",
					     "--delay", "2ms", "--handler-block", "300us"));
	make_page(live__disk_file(RECORDING), live__disk_file(PAGE));
	return live__end_test(state);
}

static int remove_recording(void **state)
{
	(void)state;
	unlink(live__disk_file(PAGE));
	return recorded__remove(RECORDING);
}

/* What that page was made of. */
static struct json_object *the_profile(void)
{
	return recorded__part(live__disk_file(RECORDING), WORDS("--buckets"));
}

/* --- tests ------------------------------------------------------------------------------------ */

/* The numbers that the page has on it, by name, and the profile that it was made of. */
static const char facts[] =
	"(() => { const said = {};"
	"document.querySelectorAll('[data-total]').forEach(e => said[e.dataset.total] = +e.dataset.value);"
	"document.querySelectorAll('#waits [data-sum]').forEach(e =>"
	"  said['sum ' + e.dataset.sum] = +e.dataset.value);"
	"said.values = +byId('histogram-rows').dataset.count;"
	"said.heat = +byId('heat-canvas').dataset.count;"
	"said.findings = document.querySelectorAll('[data-finding]').length;"
	"said.processes = document.querySelectorAll('[data-pid]').length;"
	"said.shown = recorded.slices_shown;"
	"said.running = recorded.lanes.flatMap(l => l.slices).filter(s => s.kind === 0)"
	"  .reduce((sum, s) => sum + s.until - s.since, 0);"
	"said.profile = byId('profile').textContent;"
	"return said; })()";

static int64_t ledgers(struct json_object *profile, const char *name)
{
	struct json_object *process;
	int64_t sum = 0;

	json__each (process, profile, "processes")
		sum += json__integer(process, live__text("ledger.%s", name));
	return sum;
}

/* Over all rows of waits; not idle: only of those that are not. */
static int64_t wait_sum(struct json_object *profile, const char *name, bool idle_too)
{
	struct json_object *process, *wait;
	int64_t sum = 0;

	json__each (process, profile, "processes")
		json__each (wait, process, "waits")
			if (idle_too || !json__boolean(wait, "idle"))
				sum += json__integer(wait, name);
	return sum;
}

static void check_totals(struct json_object *said, struct json_object *profile)
{
	static const char *const same[] = {"lifetime_ns",  "running_ns", "runnable_ns",
					   "preempted_ns", "idle_ns",	 "unknown_ns"};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		assert_count(json__integer(said, same[i]), ledgers(profile, same[i]));
	assert_count(json__integer(said, "busy_blocked_ns"),
		     ledgers(profile, "blocked_ns") - ledgers(profile, "idle_ns"));
	assert_count(json__integer(said, "waits"), wait_sum(profile, "count", true));
	assert_count(json__integer(said, "sum count"), wait_sum(profile, "count", true));
	assert_count(json__integer(said, "sum total"), wait_sum(profile, "total_ns", true));
	assert_count(json__integer(said, "sum no CPU"), wait_sum(profile, "runqueue_ns", true));
	assert_count(json__integer(said, "values"), wait_sum(profile, "duration.count", false));
	assert_count(json__integer(said, "findings"), json__length(profile, "findings"));
	assert_count(json__integer(said, "processes"), json__length(profile, "processes"));
}

static void the_page_says_what_the_json_says(void **state)
{
	struct json_object *said = open_page(live__disk_file(PAGE), facts, "1280", "light");
	struct json_object *profile = the_profile();
	int64_t running = json__integer(said, "running");

	(void)state;
	assert_true(json_object_equal(json__parse(json__string(said, "profile")), profile));
	assert_true(ledgers(profile, "lifetime_ns") > 0 && wait_sum(profile, "count", true) > 50);
	check_totals(said, profile);
	/* the timeline comes of the events, the profile of what they add up to */
	assert_true(json__integer(said, "shown") > 100);
	assert_true(running <= ledgers(profile, "running_ns"));
	if (json__integer(profile, "audit.lost.transitions") == 0) {
		assert_true(running > ledgers(profile, "running_ns") / 10 * 8);
		assert_count(json__integer(said, "heat"),
			     wait_sum(profile, "duration.count", false));
	}
}

/* Clicks and keys, as hands do them, and what is seen then. */
static const char uses[] =
	"(() => { const seen = {}; const head = name =>"
	"  [...document.querySelectorAll('#waits th')].find(e => e.textContent === name);"
	"const column = number => [...document.querySelectorAll('#waits tbody tr')]"
	"  .map(row => row.children[number].textContent.replace(/[,>= ]/g, ''));"
	"const type = (id, value) => { byId(id).value = value; byId(id).dispatchEvent(new Event('input')); };"
	"const key = name => byId('lanes').dispatchEvent(new KeyboardEvent('keydown', {key: name}));"
	"const span = () => timelineView.to - timelineView.from;"
	"seen.all = column(0).length;"
	"head('count').firstChild.click(); seen.falling = column(3).map(Number);"
	"seen.sorted = head('count').getAttribute('aria-sort');"
	"head('count').firstChild.click(); seen.rising = column(3).map(Number);"
	"type('wait-filter', 'TIMER clock_nanosleep'); seen.filtered = column(1);"
	"seen.filtered_count = +document.querySelector('#waits [data-sum=count]').dataset.value;"
	"type('wait-filter', 'no such thing'); seen.none = column(0).length;"
	"type('wait-filter', ''); type('wait-class', 'timer'); seen.timers = column(1);"
	"type('wait-class', ''); byId('wait-idle').click(); seen.busy = column(1);"
	"byId('wait-idle').click(); document.querySelector('#waits td .pick').click();"
	"seen.picked = document.querySelectorAll('#waits tr.picked').length;"
	"seen.distribution = distributionChoices[distributionSelect.value].label;"
	"const whole = span(); key('+'); seen.zoomed = span() / whole; key('0'); seen.back = span() / whole;"
	"key('n'); seen.first = byId('timeline-detail').textContent;"
	"key('n'); seen.second = byId('timeline-detail').textContent;"
	"const dark = document.documentElement.dataset.theme, paper = colourOf('paper');"
	"byId('theme').click(); seen.themes = [dark, document.documentElement.dataset.theme];"
	"seen.papers = [paper, colourOf('paper')];"
	"return seen; })()";

static void check_order(struct json_object *seen, const char *name, int64_t sign)
{
	struct json_object *values = json__at(seen, name);

	assert_true(json__length(seen, name) >= 3);
	for (size_t i = 1; i < json__length(seen, name); i++)
		assert_true(
			sign * (json_object_get_int64(json_object_array_get_idx(values, i)) -
				json_object_get_int64(json_object_array_get_idx(values, i - 1))) >=
			0);
}

static void check_each(struct json_object *seen, const char *name, const char *text, bool has)
{
	struct json_object *value;

	assert_true(json__length(seen, name) > 0);
	json__each (value, seen, name)
		assert_true((strstr(json_object_get_string(value), text) != NULL) == has);
}

static void it_sorts_filters_zooms_and_changes_colours(void **state)
{
	struct json_object *seen = open_page(live__disk_file(PAGE), uses, "1280", "dark");
	struct json_object *profile = the_profile();
	struct json_object *process = json_object_array_get_idx(json__at(profile, "processes"), 0);

	(void)state;
	check_order(seen, "falling", -1);
	check_order(seen, "rising", 1);
	assert_string_equal(json__string(seen, "sorted"), "descending");
	check_each(seen, "filtered", "timer", true);
	assert_count(json__integer(seen, "filtered_count"),
		     waits_count(process, "timer", "clock_nanosleep"));
	assert_count(json__integer(seen, "none"), 0);
	check_each(seen, "timers", "timer", true);
	check_each(seen, "busy", "idle", false);
	assert_true(json__length(seen, "busy") < (size_t)json__integer(seen, "all"));
	assert_count(json__integer(seen, "picked"), 1);
	assert_non_null(strstr(json__string(seen, "distribution"), "event_loop"));
	assert_true(json__number(seen, "zoomed") < 0.6 && json__number(seen, "back") > 0.99);
	assert_string_not_equal(json__string(seen, "first"), json__string(seen, "second"));
	assert_non_null(strstr(json__string(seen, "second"), " for "));
	assert_string_equal(json__show(json__at(seen, "themes")), "[\"dark\",\"light\"]");
	assert_string_not_equal(
		json_object_get_string(json_object_array_get_idx(json__at(seen, "papers"), 0)),
		json_object_get_string(json_object_array_get_idx(json__at(seen, "papers"), 1)));
}

/* Whatever is wider than the window, or reaches out of it to the right. */
static const char overhang[] =
	"({width: document.documentElement.scrollWidth, out: [...document.querySelectorAll('body *')]"
	"  .filter(e => e.checkVisibility() && !e.closest('.skip, .flame, .bar, option')"
	"    && e.getBoundingClientRect().right > innerWidth + 1)"
	"  .map(e => e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 40))})";

static void it_fits_a_phone_and_a_screen(void **state)
{
	static const char *const widths[] = {"390", "1280"}, *const themes[] = {"dark", "light"};
	const char *page = live__disk_file(PAGE);

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct json_object *seen = open_page(page, overhang, widths[i], themes[i]);

		assert_count(json__integer(seen, "width"), atoi(widths[i]));
		if (json__length(seen, "out"))
			live__fail("reaches out of %s: %s", widths[i], json__show(seen));
	}
}

#define HOSTILE_NAME "<b>\"'</script>" /* as much as a name has room for */
#define HOSTILE_FILE "<\xff\033\"'`><img src=x onerror=broken=1><!--<script>broken=1<"

static int run_hostile(int argc, char **argv)
{
	const char *fifo;
	char byte;
	int fd;

	(void)argc;
	fifo = argv[1];
	prctl(PR_SET_NAME, HOSTILE_NAME);
	role__check(mknod(fifo, S_IFIFO | 0600, 0), "mknod");
	fd = role__check(open(fifo, O_RDWR), "open");
	if (role__check(fork(), "fork") == 0) {
		role__nap(20000);
		role__check(write(fd, "x", 1), "write");
		_exit(0);
	}
	role__check(read(fd, &byte, 1), "read");
	return 0;
}

static const char injected[] =
	"({broken: typeof broken, images: document.images.length,"
	" scripts: document.scripts.length, bold: [...document.querySelectorAll('b')]"
	"   .filter(e => !e.closest('.tile, .finding')).length,"
	" names: [...document.querySelectorAll('.process .name')].map(e => e.textContent).join(' '),"
	" waits: [...document.querySelectorAll('#waits td .pick')].map(e => e.textContent).join(' '),"
	" details: recorded.details.map(d => d[0]).join(' '),"
	" lanes: recorded.lanes.map(l => l.comm).join(' ')})";

static void no_name_becomes_part_of_the_page(void **state)
{
	const char *fifo = live__text("%s/" HOSTILE_FILE, real__directory());
	const char *page = live__scratch("page.html");
	struct json_object *seen;

	(void)state;
	make_page(recorded__new(NULL, WORDS("--", live__self(), "--as", "hostile", fifo)), page);
	seen = open_page(page, injected, "390", "light");
	assert_string_equal(json__string(seen, "broken"), "undefined");
	assert_count(json__integer(seen, "images"), 0);
	assert_count(json__integer(seen, "scripts"), 3); /* two of data, and the page's own */
	assert_count(json__integer(seen, "bold"), 0);
	assert_non_null(strstr(json__string(seen, "names"), HOSTILE_NAME));
	assert_non_null(strstr(json__string(seen, "lanes"), HOSTILE_NAME));
	assert_non_null(strstr(json__string(seen, "waits"), "<\\xff\\x1b\"'`><img src=x"));
	assert_non_null(strstr(json__string(seen, "details"), "<!--<script>broken=1<"));
}

static const char flames[] = "({pictures: document.querySelectorAll('#flames svg.wf').length,"
			     " frames: document.querySelectorAll('#flames .wf-f').length,"
			     " shown: !byId('flames').hidden, timeline: !byId('timeline').hidden,"
			     " heat: !byId('heat').hidden, waits: totals.waits})";

static void a_profile_has_flame_graphs_and_no_timeline(void **state)
{
	const char *page = live__scratch("page.html");
	struct json_object *seen;
	struct program *program;

	(void)state;
	if (program__run(&program,
			 WORDS(live__waitscope(), "profile", "-q", "--stacks=kernel", "--html",
			       page, "--", live__workload("blocking"), "--what", "pipe", "--ops",
			       "40", "--delay", "1ms"),
			 LIVE_TIMEOUT_MS))
		live__fail("profile --html: %s", program__errors(program));
	assert_non_null(strstr(program__output(program), "How the time divides"));
	seen = open_page(page, flames, "1280", "light");
	assert_count(json__integer(seen, "pictures"), 1);
	assert_true(json__integer(seen, "frames") > 3);
	assert_true(json__boolean(seen, "shown"));
	assert_false(json__boolean(seen, "timeline"));
	assert_false(json__boolean(seen, "heat"));
	assert_true(json__integer(seen, "waits") >= 40);
}

static void a_recording_with_stacks_has_both(void **state)
{
	const char *recording = live__disk_scratch("run.rec"), *page = live__scratch("page.html");
	struct json_object *seen;
	struct program *program;

	(void)state;
	if (program__run(&program,
			 WORDS(live__waitscope(), "record", "-q", "--stacks=kernel",
			       "--waker-stacks", "-o", recording, "--", live__workload("blocking"),
			       "--what", "pipe", "--ops", "40", "--delay", "1ms"),
			 LIVE_TIMEOUT_MS) ||
	    program__run(&program, WORDS(live__waitscope(), "report", "--html", page, recording),
			 LIVE_TIMEOUT_MS))
		live__fail("no page: %s", program__errors(program));
	seen = open_page(page, flames, "390", "dark");
	assert_count(json__integer(seen, "pictures"), 2); /* by where, and by whom */
	assert_true(json__integer(seen, "frames") > 6);
	assert_true(json__boolean(seen, "shown"));
	assert_true(json__boolean(seen, "timeline"));
	assert_true(json__boolean(seen, "heat"));
}

int main(int argc, char **argv)
{
	static const struct live_role roles[] = {{"hostile", run_hostile}, {0}};
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(the_page_says_what_the_json_says),
		LIVE_TEST(it_sorts_filters_zooms_and_changes_colours),
		LIVE_TEST(it_fits_a_phone_and_a_screen),
		LIVE_TEST(no_name_becomes_part_of_the_page),
		LIVE_TEST(a_profile_has_flame_graphs_and_no_timeline),
		LIVE_TEST(a_recording_with_stacks_has_both),
	};

	real__begin(argc, argv, roles);
	return cmocka_run_group_tests(tests, record, remove_recording);
}

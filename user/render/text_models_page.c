// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The page of `waitscope models`: a section for each group, what went wrong, and what the columns
 * mean.
 */
#include "names/units.h"
#include "render/text.h"

struct section {
	const char *title, *remark;
	/* what its columns are, from the trace; and what only the program knows. NULL: nothing */
	const char *traced, *stated;
};

static const struct section sections[GROUPS] = {
	[GROUP_RECEIVE] =
		{"One task, all models: receive blocks from another thread", "receive",
		 "in the call: asleep in the very call that does or submits the I/O; waiting: "
		 "asleep where it waits for readiness, for a completion, or for its next try; on "
		 "CPU: running; for a CPU: woken or put off, and no CPU was free. All are shares of "
		 "the caller's life. threads: those that do the "
		 "I/O, helpers of the library and of the kernel included; of these all are the "
		 "context switches, the system calls, the answers EAGAIN and the CPU time for each "
		 "block",
		 "in flight (the most at once), first and last result since its start, p50, p99, "
		 "how a result was delivered"},
	[GROUP_FILE] =
		{"The same of a file, from the device", "file",
		 "columns as above; requests: what was submitted, and the time from submission to "
		 "completion; asleep submitting: the share of the caller's life that the submitting "
		 "call slept: of an asynchronous call, nothing",
		 "in flight, first and last result, p50, p99, how a result was delivered"},
	[GROUP_SERVICE] =
		{"One service, all structures: an echo after a while, for many clients", "service",
		 "threads, processes, switches and CPU of the server, these two for each "
		 "request",
		 "memory of the server and of the kernel for each connection, and, by the "
		 "client: p50, p99, requests/s. Client and tracer run on the same CPUs"},
	[GROUP_THREADS] =
		{"Threads that only wait", "threads", "kernel stacks, at the most threads at once",
		 "created in, each; reserved: address space of their stacks; resident: memory that "
		 "came with them; all in kernel: stacks, books of the threads, and page tables, as "
		 "these grew meanwhile"},
	[GROUP_OVERLAP] =
		{"Asynchronous is not parallel: the same I/O and computing, in four ways",
		 "overlap",
		 "threads that do the work; concurrency: their operations outstanding; parallelism: "
		 "how many of them run; both on average",
		 "wall, and the most at once"},
};

static bool has(const struct models_report *report, enum models_group group,
		enum models_outcome outcome)
{
	for (size_t i = 0; i < report->row_count; i++)
		if (report->rows[i].group == group && report->rows[i].outcome == outcome)
			return true;
	return false;
}

static size_t count(const struct models_report *report, enum models_outcome outcome)
{
	size_t count = 0;

	for (size_t i = 0; i < report->row_count; i++)
		count += report->rows[i].outcome == outcome;
	return count;
}

static void say_head(struct page *page, const struct models_report *report)
{
	size_t failed = count(report, OUTCOME_FAILED);

	page__begin_line(page, 0);
	page__say(page, NULL, "waitscope models: ");
	page__count(page, count(report, OUTCOME_RAN), "run", "runs");
	page__say(page, NULL, " under trace, ");
	if (failed) {
		page__keep(page, STYLE_BAD, "%zu failed", failed);
		page__say(page, NULL, ", ");
	}
	page__say(page, NULL, "Linux ");
	page__data(page, NULL, report->kernel);
	page__say(page, NULL, ", ");
	page__count(page, report->cpus > 0 ? (uint64_t)report->cpus : 0, "CPU", "CPUs");
	page__say(page, NULL, report->quick ? ", quick" : "");
	page__end_line(page);
}

static void say_run(struct page *page, const struct models_row *row)
{
	char text[UNITS_TEXT];

	page__say(page, STYLE_BOLD, "%s", row->name);
	if (row->scale)
		page__say(page, NULL, " with %s", units__count(row->scale, text));
	page__say(page, NULL, ": ");
}

static void say_failures(struct page *page, const struct models_report *report,
			 enum models_group group)
{
	for (size_t i = 0; i < report->row_count; i++) {
		const struct models_row *row = &report->rows[i];

		if (row->group != group || row->outcome != OUTCOME_FAILED)
			continue;
		page__begin_line(page, 2);
		page__say(page, STYLE_BAD, "failed: ");
		say_run(page, row);
		page__data(page, NULL, row->problem);
		page__end_line(page);
	}
}

/* Verdicts that are not what the program is. */
static void say_disagreements(struct page *page, const struct models_report *report,
			      enum models_group group)
{
	for (size_t i = 0; i < report->row_count; i++) {
		const struct models_row *row = &report->rows[i];
		bool model = row->expected_model != MODEL_UNKNOWN;
		bool structure = row->expected_structure != STRUCTURE_UNKNOWN;

		if (row->group != group || row->outcome != OUTCOME_RAN || !(model || structure) ||
		    models_row__agrees(row))
			continue;
		page__begin_line(page, 2);
		page__say(page, STYLE_BAD, "(!) ");
		say_run(page, row);
		page__say(page, NULL, "it is %s%s%s",
			  model ? io_model__name(row->expected_model) : "",
			  model && structure ? ", " : "",
			  structure ? structure__name(row->expected_structure) : "");
		if (row->why) {
			page__say(page, NULL, "; waitscope does not know, because ");
			page__data(page, NULL, row->why);
		}
		page__end_line(page);
	}
}

static void say_legend(struct page *page, const struct section *section)
{
	page__end_line(page);
	page__begin_line(page, 2);
	page__say(page, STYLE_DIM, "traced: %s", section->traced);
	page__end_line(page);
	page__begin_line(page, 2);
	page__say(page, STYLE_DIM, "stated by the program: %s", section->stated);
	page__end_line(page);
}

static void say_audit(struct page *page, const struct models_report *report)
{
	size_t broken = 0, lossy = 0, judged = 0, agreed = 0;

	for (size_t i = 0; i < report->row_count; i++) {
		const struct models_row *row = &report->rows[i];

		if (row->outcome != OUTCOME_RAN)
			continue;
		broken += !row->conserved;
		lossy += row->lost > 0;
		judged += row->expected_model != MODEL_UNKNOWN ||
			  row->expected_structure != STRUCTURE_UNKNOWN;
		agreed += models_row__agrees(row);
	}
	page__title(page, "Audit", "how far these figures can be trusted");
	page__begin_line(page, 2);
	if (judged)
		page__say(page, agreed == judged ? NULL : STYLE_BAD,
			  "verdicts: %zu of %zu are what the program is; ", agreed, judged);
	page__say(page, broken ? STYLE_BAD : NULL,
		  broken ? "time was not conserved in %zu of the runs"
			 : "time is conserved in every run",
		  broken);
	page__say(page, lossy ? STYLE_BAD : NULL,
		  lossy ? "; events were lost in %zu of the runs" : "; nothing lost", lossy);
	page__end_line(page);
}

static void say_notes(struct page *page, const struct models_report *report)
{
	if (!report->note_count)
		return;
	page__title(page, "Left out", "limits of this machine");
	for (size_t i = 0; i < report->note_count; i++) {
		page__begin_line(page, 2);
		page__data(page, NULL, report->notes[i]);
		page__end_line(page);
	}
}

int render__models_text(FILE *stream, const struct models_report *report,
			const struct render_options *options)
{
	struct page page;

	page__begin(&page, stream, options);
	say_head(&page, report);
	for (int group = 0; group < GROUPS; group++) {
		if (!has(report, group, OUTCOME_RAN) && !has(report, group, OUTCOME_FAILED))
			continue;
		page__title(&page, sections[group].title, sections[group].remark);
		text__models_tables(&page, report, group);
		say_disagreements(&page, report, group);
		say_failures(&page, report, group);
		say_legend(&page, &sections[group]);
	}
	say_notes(&page, report);
	say_audit(&page, report);
	return page__finish(&page);
}

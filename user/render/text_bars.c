// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How the time divides: a bar per process, with its legend.
 *
 * With colours a bar is made of blocks, to the eighth of a column; without them every kind of
 * time has a sign of its own, so that nothing depends on colours.
 */
#include "names/units.h"
#include "render/text.h"

#define PROCESSES_SCREENFUL 6
#define LABEL_COLUMNS	    26
#define LABEL_LEAST_WIDTH   72 /* narrower pages have the bar below its label */

enum part_kind {
	PART_USER,
	PART_KERNEL,
	PART_RUNNING,
	PART_RUNNABLE,
	PART_PREEMPTED,
	PART_CLASSES,			       /* one for each wait class */
	PART_BLOCKED = PART_CLASSES + CLASSES, /* in no row of waits */
	PART_IDLE,
	PART_UNKNOWN,
	PARTS,
};

struct look {
	const char *name, *sign, *ascii, *colour;
};

static const struct look looks[PARTS] = {
	[PART_USER] = {"user", "█", "#", "38;5;34"},
	[PART_KERNEL] = {"kernel", "▓", "=", "38;5;114"},
	[PART_RUNNING] = {"running", "█", "#", "38;5;34"},
	[PART_RUNNABLE] = {"runnable", "▒", "+", "38;5;220"},
	[PART_PREEMPTED] = {"preempted", "░", "-", "38;5;208"},
	[PART_CLASSES + CLASS_DISK] = {"disk", "D", "D", "38;5;160"},
	[PART_CLASSES + CLASS_NETWORK] = {"network", "N", "N", "38;5;33"},
	[PART_CLASSES + CLASS_IPC] = {"ipc", "I", "I", "38;5;135"},
	[PART_CLASSES + CLASS_TERMINAL] = {"terminal", "T", "T", "38;5;74"},
	[PART_CLASSES + CLASS_LOCK] = {"lock", "L", "L", "38;5;198"},
	[PART_CLASSES + CLASS_MULTIPLEX] = {"multiplex", "M", "M", "38;5;45"},
	[PART_CLASSES + CLASS_TIMER] = {"timer", "Z", "Z", "38;5;180"},
	[PART_CLASSES + CLASS_CHILD] = {"child", "C", "C", "38;5;104"},
	[PART_CLASSES + CLASS_SIGNAL] = {"signal", "S", "S", "38;5;173"},
	[PART_CLASSES + CLASS_AIO] = {"aio", "A", "A", "38;5;124"},
	[PART_CLASSES + CLASS_IO_URING] = {"io_uring", "U", "U", "38;5;131"},
	[PART_CLASSES + CLASS_FAULT] = {"fault", "F", "F", "38;5;203"},
	[PART_CLASSES + CLASS_KERNEL] = {"kernel work", "K", "K", "38;5;66"},
	[PART_CLASSES + CLASS_STOPPED] = {"stopped", "X", "X", "38;5;95"},
	[PART_CLASSES + CLASS_OTHER] = {"other", "O", "O", "38;5;139"},
	[PART_BLOCKED] = {"blocked", "B", "B", "38;5;167"},
	[PART_IDLE] = {"idle", "·", ".", "38;5;240"},
	[PART_UNKNOWN] = {"unknown", "?", "?", "38;5;15"},
};

/* Left part of a column in eighths: U+2588 minus. Index 0 is not used. */
static const char *const eighths[9] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};

struct division {
	uint64_t part[PARTS];
	uint64_t whole;
	enum part_kind order[PARTS]; /* as drawn; only parts that are not zero */
	size_t count;
};

const char *text__class_style(unsigned int class)
{
	return class < CLASSES ? looks[PART_CLASSES + class].colour : looks[PART_RUNNABLE].colour;
}

static void take_part(struct division *division, enum part_kind kind)
{
	if (division->part[kind])
		division->order[division->count++] = kind;
}

/* Blocked classes go largest first; the rest has its fixed place. */
static void put_in_order(struct division *division)
{
	size_t first;

	for (enum part_kind kind = 0; kind < PART_CLASSES; kind++)
		take_part(division, kind);
	first = division->count;
	for (enum part_kind kind = PART_CLASSES; kind <= PART_BLOCKED; kind++) {
		take_part(division, kind);
		for (size_t i = division->count; i-- > first + 1;) {
			enum part_kind left = division->order[i - 1], right = division->order[i];

			if (division->part[left] >= division->part[right])
				break;
			division->order[i - 1] = right;
			division->order[i] = left;
		}
	}
	take_part(division, PART_IDLE);
	take_part(division, PART_UNKNOWN);
}

static void divide(struct division *division, const struct process *process)
{
	const struct account *account = &process->account;
	uint64_t *part = division->part, in_rows = 0, harm = text__harm(account);

	*division = (struct division){.whole = 0};
	if (account->split) {
		part[PART_USER] = account->user;
		part[PART_KERNEL] = account->kernel;
	}
	if (account->running > part[PART_USER] + part[PART_KERNEL])
		part[PART_RUNNING] = account->running - part[PART_USER] - part[PART_KERNEL];
	part[PART_RUNNABLE] = account->runnable;
	part[PART_PREEMPTED] = account->preempted;
	for (size_t i = 0; i < process->wait_count; i++) {
		const struct wait *wait = &process->waits[i];

		if (wait->idle || (unsigned int)wait->class >= CLASSES)
			continue;
		part[PART_CLASSES + wait->class] += wait->total;
		in_rows += wait->total;
	}
	if (harm > in_rows)
		part[PART_BLOCKED] = harm - in_rows;
	part[PART_IDLE] = account->idle;
	part[PART_UNKNOWN] = account->unknown;
	for (enum part_kind kind = 0; kind < PARTS; kind++)
		division->whole += part[kind];
	put_in_order(division);
}

/* Which part is drawn at a point of the bar, 0 <= at < columns * 8. */
static enum part_kind part_at(const struct division *division, int at, int columns)
{
	double point = (double)division->whole * (at + 0.5) / (columns * 8), sum = 0;

	for (size_t i = 0; i < division->count; i++) {
		sum += (double)division->part[division->order[i]];
		if (point < sum)
			return division->order[i];
	}
	return division->order[division->count - 1];
}

/* One column with its two first parts, the left one in the foreground. */
static void draw_blocks(struct page *page, const struct division *division, int column, int columns)
{
	enum part_kind left = part_at(division, column * 8, columns), right = left;
	char style[48];
	int eighth;

	for (eighth = 1; eighth < 8; eighth++) {
		right = part_at(division, column * 8 + eighth, columns);
		if (right != left)
			break;
	}
	if (right == left)
		snprintf(style, sizeof(style), "%s", looks[left].colour);
	else /* 48;5;N is the background of the colour that 38;5;N is the foreground of */
		snprintf(style, sizeof(style), "%s;4%s", looks[left].colour,
			 looks[right].colour + 1);
	page__keep(page, style, "%s", eighths[eighth]);
}

static void draw_bar(struct page *page, const struct division *division, int columns)
{
	for (int column = 0; division->count && column < columns; column++) {
		const struct look *look;

		if (page->colour && page->unicode) {
			draw_blocks(page, division, column, columns);
			continue;
		}
		look = &looks[part_at(division, column * 8 + 4, columns)];
		page__keep(page, look->colour, "%s", page->unicode ? look->sign : look->ascii);
	}
}

static const char *sign_of(const struct page *page, enum part_kind kind)
{
	if (page->colour && page->unicode)
		return "█";
	return page->unicode ? looks[kind].sign : looks[kind].ascii;
}

static void say_legend(struct page *page, const struct division *division)
{
	bool blocked_said = false;

	for (size_t i = 0; i < division->count; i++) {
		enum part_kind kind = division->order[i];
		bool blocked = kind >= PART_CLASSES && kind < PART_BLOCKED;
		char percent[PERCENT_TEXT];

		text__percent(division->part[kind], division->whole, percent);
		if (blocked && !blocked_said)
			page__keep(page, NULL, "blocked: ");
		blocked_said |= blocked;
		page__keep(page, looks[kind].colour, "%s", sign_of(page, kind));
		page__keep(page, NULL, " %s %s", looks[kind].name, percent);
		page__say(page, NULL, "  ");
	}
}

static void say_size(struct page *page, const struct process *process)
{
	char time[UNITS_TEXT];

	page__count(page, process->thread_count, "thread", "threads");
	page__say(page, STYLE_DIM, ", ");
	page__keep(page, STYLE_DIM, "%s", text__time(process->account.lifetime, time));
}

/* Label and size in a column of their own, bar and legend beside them. */
static void say_beside(struct page *page, const struct process *process,
		       const struct division *division)
{
	int left = PAGE_MARGIN + LABEL_COLUMNS;
	char name[128], pid[16];

	text__copy(name, sizeof(name), process->comm, page->unicode);
	snprintf(pid, sizeof(pid), "%d ", process->pid);
	page__begin_line(page, 0);
	page__cell(page, NULL, pid, text__columns(pid), true);
	page__cell(page, STYLE_BOLD, name, LABEL_COLUMNS - 2 - text__columns(pid), true);
	page__tab(page, left);
	draw_bar(page, division, page->width - left);
	page__end_line(page);
	page__begin_line(page, 0);
	say_size(page, process);
	page__tab(page, left);
	page->indent = left;
	say_legend(page, division);
	page__end_line(page);
}

/* On narrow pages one below the other. */
static void say_below(struct page *page, const struct process *process,
		      const struct division *division)
{
	page__begin_line(page, 2);
	page__keep(page, NULL, "%d ", process->pid);
	page__data(page, STYLE_BOLD, process->comm);
	page__say(page, NULL, ", ");
	say_size(page, process);
	page__end_line(page);
	page__begin_line(page, 0);
	draw_bar(page, division, page->width - PAGE_MARGIN);
	page__end_line(page);
	page__begin_line(page, 0);
	say_legend(page, division);
	page__end_line(page);
}

static void say_process(struct page *page, const struct process *process, bool full)
{
	struct division division = {.whole = 0};
	bool beside = page->width >= LABEL_LEAST_WIDTH;

	divide(&division, process);
	if (beside)
		say_beside(page, process, &division);
	else
		say_below(page, process, &division);
	text__verdict(page, process, full, beside ? PAGE_MARGIN + LABEL_COLUMNS : PAGE_MARGIN);
}

static void say_meaning(struct page *page, bool full)
{
	static const char *const words[][2] = {
		{"runnable", "woken, but no CPU free yet"},
		{"preempted", "put off its CPU with more to do"},
		{"blocked", "asleep, its work stands still"},
		{"idle", "asleep at its resting place"},
	};

	page__begin_line(page, 0);
	page__say(page, NULL, "running:");
	page__say(page, STYLE_DIM, " on a CPU%s",
		  full ? " (user: its own code, kernel: in a syscall)" : "");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		page__say(page, STYLE_DIM, "; ");
		page__say(page, NULL, "%s:", words[i][0]);
		page__say(page, STYLE_DIM, " %s", words[i][1]);
	}
	page__end_line(page);
}

void text__bars(struct page *page, const struct profile *profile)
{
	size_t rows = text__rows(page->options, PROCESSES_SCREENFUL), shown = 0;
	struct left_out left_out = {0};

	page__title(page, "How the time divides", "the time of all threads of a process, added up");
	for (size_t i = 0; i < profile->process_count; i++) {
		const struct process *process = &profile->processes[i];

		if (process->account.lifetime < page->options->min) {
			left_out.below_min++;
		} else if (shown == rows) {
			left_out.beyond_top++;
		} else {
			say_process(page, process, profile->tier == TIER_FULL);
			shown++;
		}
	}
	page__left_out(page, &left_out, "process", "processes");
	say_meaning(page, profile->tier == TIER_FULL);
}

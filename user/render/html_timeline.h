/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside render/html_timeline*: what is kept of a timeline. */
#ifndef WAITSCOPE_RENDER_HTML_TIMELINE_H
#define WAITSCOPE_RENDER_HTML_TIMELINE_H

#include "model/lanes.h"
#include "render/html.h"

#define HTML_THREADS 2000 /* more are counted, not shown */
#define HTML_CPUS    8192 /* NR_CPUS of the largest kernels */
#define HTML_LOSSES  1000 /* places in the window, each with what was lost there */
#define HTML_DETAILS 8192 /* a power of two; three quarters of it are used */

/* The heat map: columns of time, rows of half a power of two. */
#define HEAT_COLUMNS 120
#define HEAT_ROWS    128

struct html_thread {
	struct timeline_thread is;
	size_t lane;
	uint64_t since;
	unsigned int cpu; /* that it came to last */
	enum { STRETCH_NONE, STRETCH_RUNNING, STRETCH_PREEMPTED } stretch;
};

/* What a wait was, in words, each kind once. */
struct html_detail {
	char *text;	/* owned; NULL: no detail */
	uint64_t waker; /* track; 0: none */
	uint32_t number;
};

struct html_details {
	struct html_detail slots[HTML_DETAILS];
	uint32_t by_number[HTML_DETAILS]; /* slots, from number 1 on */
	uint32_t count;
};

struct html_timeline {
	uint64_t begin, window;
	struct lanes lanes;
	struct html_thread *threads; /* by lane; track - 1 is the lane */
	uint32_t on_cpu[HTML_CPUS];  /* lane + 1; 0: nobody who is known */
	uint64_t threads_hidden;
	struct html_details details;
	uint32_t heat[CLASSES + 1][HEAT_COLUMNS][HEAT_ROWS]; /* the last: idle */
	uint64_t losses[HTML_LOSSES];
};

/* The number of its words; 0: too many are kept already. 0 or -ENOMEM. */
int html_details__number(struct html_details *details, const struct timeline_wait *wait,
			 uint32_t *number);
void html_details__clear(struct html_details *details);

/* The row of a duration, and the least duration in a row. */
unsigned int html_heat__row(uint64_t ns);
uint64_t html_heat__low(unsigned int row);

#endif

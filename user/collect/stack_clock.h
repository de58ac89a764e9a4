/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What makes the samples of threads on a CPU: a software clock of perf_event on each CPU. */
#ifndef WAITSCOPE_COLLECT_STACK_CLOCK_H
#define WAITSCOPE_COLLECT_STACK_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct bpf_link;
struct bpf_program;

struct stack_clock {
	struct bpf_link **links; /* one for each CPU that is online */
	size_t count;
};

/* Runs `program` `rate` times a second on each CPU. 0 or a negative errno; stack_clock__end() frees
 * either way. */
int stack_clock__begin(struct stack_clock *clock, struct bpf_program *program, uint32_t rate);
void stack_clock__end(struct stack_clock *clock);

#endif

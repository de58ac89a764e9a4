/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which of a thread's multiplexing calls is an event loop, and of which kind. */
#ifndef WAITSCOPE_JUDGE_LOOPS_H
#define WAITSCOPE_JUDGE_LOOPS_H

#include <stdbool.h>

#include "model/profile.h"

/* The model that a multiplexing call stands for ("ppoll": poll); MODEL_UNKNOWN for other calls. */
enum io_model multiplexer__model(const char *call);

/* The call that the thread comes back to, by the thresholds for event loops; NULL: none. */
const struct loop *thread__main_loop(const struct thread *thread);

/*
 * The model of the call in which the thread awaits readiness, whether or not it does that often
 * enough to be an event loop; MODEL_UNKNOWN: none, or it polls.
 */
enum io_model thread__awaits_by(const struct thread *thread);

/* Most of its returns came at once and with nothing: it polls. */
bool loop__polls(const struct loop *loop);

/* Sleeps in multiplexing calls, and the call with most of them (waits tier, too). */
uint64_t thread__multiplex_sleeps(const struct thread *thread, const char **call);

#endif

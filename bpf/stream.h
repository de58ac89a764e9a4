/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The event stream: what happened to each traced thread, for the verbs that need an order in time.
 *
 * Events are the inputs of the state machine (ledger.h), not its results: who replays them with the
 * same functions has the same books. Where two CPUs could disagree about an order, the event says
 * what it was taken for. The rules of records.h hold here as well: append only.
 */
#ifndef WAITSCOPE_STREAM_H
#define WAITSCOPE_STREAM_H

#include <linux/types.h>

enum stream_kind {
	STREAM_NONE = 0,
	/* `thread` leaves the CPU (0: one that is not traced), `other` comes (0: likewise). `row`:
	 * the wait that begins. STREAM_OUT_*, STREAM_IN_* */
	STREAM_SWITCH = 1,
	/* `thread` is woken, by thread id `other` (0: in an interrupt). `result`: enum waker_kind;
	 * flags: enum ledger_event, what the waking was taken for */
	STREAM_WAKING = 2,
	/* `thread` returns from syscall `call` with `result`; `other`: argument 0. STREAM_CALL_* */
	STREAM_RETURN = 3,
	/* it entered `call`: where no other event could say so */
	STREAM_ENTER = 4,
	/* its books begin, in state `flags` (enum ledger_state), to be resumed as state `result`;
	 * STREAM_BEGIN_* */
	STREAM_BEGIN = 5,
	/* a census found it in state `flags`; `row`: its wait; `call`: the one it sleeps in */
	STREAM_STATE = 6,
	STREAM_EXEC = 7,    /* it runs another program now */
	STREAM_EXITING = 8, /* it has begun to exit */
	/* `row` events were lost on this CPU, from this instant on, for want of room */
	STREAM_LOST = 9,
	/* a request of process row `thread` is complete with `result`, that was submitted `other` +
	 * (`since` << 32) ns ago; `row`: its operation; flags: enum request_api */
	STREAM_REQUEST = 10,
	STREAM_RENAME = 11, /* it has another name now */
	STREAM_KINDS = 12,
};

/* `flags` of STREAM_SWITCH: bits 0-3 are the ledger_event of the switch-out */
#define STREAM_OUT_MASK	      0x0f
#define STREAM_IN_LOST_WAKING 0x10 /* `other` slept, and nobody was seen to wake it */
#define STREAM_IN_HANDLER     0x20 /* `other` is in the handler of an event loop */

/*
 * `flags` of STREAM_BEGIN: bits 0-2 are the state. Programs set no others: they are for streams
 * whose beginning was cut off. The thread lived before; `row`: its wait; `call`: the one that it is
 * in, or was last; `other` and `since`: thread id and kind of who woke it last, and with
 * STREAM_BEGIN_ON_CPU in `since` it is on this CPU.
 */
#define STREAM_BEGIN_CUT	0x08
#define STREAM_BEGIN_WAITING	0x10 /* the wait is open: since before, and so a lower bound */
#define STREAM_BEGIN_IN_CALL	0x20
#define STREAM_BEGIN_EARLY	0x40 /* it was woken, and has not been switched out yet */
#define STREAM_BEGIN_RESTARTING 0x80 /* the call was interrupted, and may go on */
#define STREAM_BEGIN_ON_CPU	0x100

/* `flags` of STREAM_RETURN */
#define STREAM_CALL_NONBLOCKING 0x01
#define STREAM_CALL_SIGNALLED	0x02
#define STREAM_CALL_HANDLED	0x04
#define STREAM_CALL_IO		0x08 /* a call that moves data through argument 0 */

/* `result` of STREAM_WAKING, where it is no enum waker_kind: the thread kept itself awake, or the
 * waking came to nothing */
#define STREAM_WAKER_ITSELF 255

/* `since` when the entry is further back than fits: STREAM_ENTER came before */
#define STREAM_SINCE_MAX 0xffffffff

struct stream_event {
	__u64 time; /* CLOCK_MONOTONIC, ns */
	__u32 thread;
	__u32 other;
	__u32 row;
	__u32 since; /* the thread entered `call` so many ns ago, which no event has said; 0: not */
	__u16 call;
	__u8 kind; /* enum stream_kind */
	__u8 flags;
	__s32 result; /* larger ones are cut */
};

_Static_assert(sizeof(struct stream_event) == 32, "stream_event has padding");

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who is who in a stream of events: what the row numbers in them stand for, at this place in it.
 * From the identities of a recording, or from the rows of a session that still runs.
 */
#ifndef WAITSCOPE_RECORDING_CAST_H
#define WAITSCOPE_RECORDING_CAST_H

#include <stdint.h>

#include "model/rows.h"
#include "model/wait_words.h"
#include "recording/format.h"
#include "recording/reader.h"

struct cast;

/* NULL: no memory. `pools`: of a session, what they point to is borrowed; NULL: it learns from
 * cast__take(). */
struct cast *cast__new(const struct rows pools[POOLS]);
void cast__free(struct cast *cast);

/* Learns an identity from a recording; other items are nothing to it. 0, -ENOMEM, -EPROTO. */
int cast__take(struct cast *cast, const struct reader_item *item);

/* Has the event's thread been named once more, just before? After an exec, when it takes another
 * name, and when it ends. */
bool cast__names_anew(const struct stream_event *event);

/* Each: valid until the next call of cast__take(); NULL: nothing is known of it. */
const struct identity_thread *cast__thread(struct cast *cast, uint32_t number);
const struct identity_task *cast__task(struct cast *cast, uint32_t tid);
const struct object_row *cast__object(struct cast *cast, uint32_t number);
const struct wait_key *cast__wait(struct cast *cast, uint32_t number);
/* Its words, made at the first question. */
const struct wait_words *cast__words(struct cast *cast, uint32_t number);
/* Process id of a row in processes; 0: not known. */
uint32_t cast__process(struct cast *cast, uint32_t number);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside collect/measuring*: what a row is called, by what was asked for. */
#ifndef WAITSCOPE_COLLECT_MEASURING_LABELS_H
#define WAITSCOPE_COLLECT_MEASURING_LABELS_H

#include "collect/gather_rows.h"
#include "collect/measuring.h"

/* The label of a row of the pool that `measuring` reads; NULL for BY_ALL. 0 or -ENOMEM. */
int measuring__label(const struct measuring *measuring, const struct sources *sources,
		     uint32_t number, char **label);

#endif

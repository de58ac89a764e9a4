/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Constant texts "PREFIX0" to "PREFIX599", for numbers that have no name: a row keeps the pointer,
 * so a shared buffer would not do.
 */
#ifndef WAITSCOPE_NAMES_NUMBERED_H
#define WAITSCOPE_NAMES_NUMBERED_H

#define NUMBERED_10(prefix, tens)                                                                  \
	prefix tens "0", prefix tens "1", prefix tens "2", prefix tens "3", prefix tens "4",       \
		prefix tens "5", prefix tens "6", prefix tens "7", prefix tens "8",                \
		prefix tens "9"

#define NUMBERED_90(prefix, hundreds)                                                              \
	NUMBERED_10(prefix, hundreds "1"), NUMBERED_10(prefix, hundreds "2"),                      \
		NUMBERED_10(prefix, hundreds "3"), NUMBERED_10(prefix, hundreds "4"),              \
		NUMBERED_10(prefix, hundreds "5"), NUMBERED_10(prefix, hundreds "6"),              \
		NUMBERED_10(prefix, hundreds "7"), NUMBERED_10(prefix, hundreds "8"),              \
		NUMBERED_10(prefix, hundreds "9")

#define NUMBERED_100(prefix, hundreds)                                                             \
	NUMBERED_10(prefix, hundreds "0"), NUMBERED_90(prefix, hundreds)

#define NUMBERED_LIMIT 600
#define NUMBERED(prefix)                                                                           \
	NUMBERED_10(prefix, ""), NUMBERED_90(prefix, ""), NUMBERED_100(prefix, "1"),               \
		NUMBERED_100(prefix, "2"), NUMBERED_100(prefix, "3"), NUMBERED_100(prefix, "4"),   \
		NUMBERED_100(prefix, "5")

#endif

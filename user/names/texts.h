/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Texts that are kept once, however often they come: equal ones are one pointer. */
#ifndef WAITSCOPE_NAMES_TEXTS_H
#define WAITSCOPE_NAMES_TEXTS_H

struct texts {
	void *root; /* tsearch(3) */
};

/* The kept copy of `text`; NULL without memory. It lives until texts__clear(). */
const char *texts__keep(struct texts *texts, const char *text);
void texts__clear(struct texts *texts);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef WAITSCOPE_NAMES_ESCAPE_XML_H
#define WAITSCOPE_NAMES_ESCAPE_XML_H

/*
 * Data from outside as text of an XML or HTML document or attribute: control characters and invalid
 * UTF-8 as units__escape() writes them, and & < > " ' as entities. The caller frees it; NULL
 * without memory.
 */
char *xml__escape(const char *data);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef WAITSCOPE_VERSION_H
#define WAITSCOPE_VERSION_H

#define WAITSCOPE_VERSION "0.1.0"

#endif

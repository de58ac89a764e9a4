/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Device numbers as the kernel holds them (dev_t: 12 bits major, 20 bits minor), and which of
 * them are terminals (Documentation/admin-guide/devices.txt).
 */
#ifndef WAITSCOPE_NAMES_DEVICES_H
#define WAITSCOPE_NAMES_DEVICES_H

#include <stdbool.h>
#include <stdint.h>

#define DEVICE_MAJOR(device) ((device) >> 20)
#define DEVICE_MINOR(device) ((device)&0xfffff)

#define DEVICES_TEXT 32

/* Name of a terminal below /dev ("pts/0", "ttyS1") in `text`; NULL if `device` is none. */
const char *devices__terminal(uint32_t device, char text[DEVICES_TEXT]);

bool devices__is_terminal(uint32_t device);

#endif

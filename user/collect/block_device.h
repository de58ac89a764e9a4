/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef WAITSCOPE_COLLECT_BLOCK_DEVICE_H
#define WAITSCOPE_COLLECT_BLOCK_DEVICE_H

#include <stdint.h>

/*
 * Name of a block device by its number (dev_t as the kernel holds it): "sda", or "8:0" where the
 * kernel has no such device any more. The caller frees it; NULL without memory.
 */
char *block_device__name(uint32_t device);

#endif

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "collect/block_device.h"
#include "names/devices.h"

char *block_device__name(uint32_t device)
{
	char number[32], link[64], path[512], *name;
	ssize_t length;

	snprintf(number, sizeof(number), "%u:%u", DEVICE_MAJOR(device), DEVICE_MINOR(device));
	snprintf(link, sizeof(link), "/sys/dev/block/%s", number);
	length = readlink(link, path, sizeof(path) - 1);
	if (length <= 0)
		return strdup(number);
	path[length] = '\0';
	name = strrchr(path, '/');
	return strdup(name ? name + 1 : path);
}

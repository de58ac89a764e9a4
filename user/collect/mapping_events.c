// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <bpf/libbpf.h>

#include "collect/mapping_events.h"

/* Records of a CPU until they are drained: about 500 mappings. A power of two. */
#define RING_PAGES 16
/* No record is longer: its size has 16 bits. */
#define RECORD_MAX 65536

struct ring {
	int fd;
	struct perf_event_mmap_page *head;
	const char *data;
};

struct mapping_events {
	struct ring *rings;
	size_t count;
	size_t page;
	uint64_t lost;
	char record[RECORD_MAX + 1]; /* a copy of the one that is read, with a NUL behind it */
};

/* As they are in the ring (perf_event_open(2)). */
struct record_mmap2 {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t address, length, offset;
	uint32_t major, minor;
	uint64_t inode, generation;
	uint32_t protection, flags;
	char path[];
};

struct record_fork {
	struct perf_event_header header;
	uint32_t pid, parent, tid, parent_tid;
	uint64_t time;
};

struct record_lost {
	struct perf_event_header header;
	uint64_t id, lost;
};

static int open_ring(struct mapping_events *events, int cpu)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attributes),
		.config = PERF_COUNT_SW_DUMMY,
		.mmap = 1,
		.mmap2 = 1,
		.task = 1,
	};
	struct ring *ring = &events->rings[events->count];
	void *base;

	ring->fd =
		(int)syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	if (ring->fd < 0)
		return errno == ENODEV ? 0 : -errno; /* an offline CPU has none */
	base = mmap(NULL, (RING_PAGES + 1) * events->page, PROT_READ | PROT_WRITE, MAP_SHARED,
		    ring->fd, 0);
	if (base == MAP_FAILED) {
		int err = -errno;

		close(ring->fd);
		return err;
	}
	ring->head = base;
	ring->data = (const char *)base + events->page;
	events->count++;
	return 0;
}

int mapping_events__open(struct mapping_events **result)
{
	struct mapping_events *events = calloc(1, sizeof(*events));
	int cpus = libbpf_num_possible_cpus(), err = cpus < 0 ? cpus : 0;

	if (!events)
		return -ENOMEM;
	events->page = (size_t)sysconf(_SC_PAGESIZE);
	if (!err) {
		events->rings = calloc((size_t)cpus, sizeof(*events->rings));
		err = events->rings ? 0 : -ENOMEM;
	}
	for (int cpu = 0; cpu < cpus && !err; cpu++)
		err = open_ring(events, cpu);
	if (err) {
		mapping_events__close(events);
		return err;
	}
	*result = events;
	return 0;
}

static void take_mmap(const struct record_mmap2 *record, struct symbols *symbols)
{
	struct symbols_mapping mapping = {
		.pid = (int)record->pid,
		.start = record->address,
		.end = record->address + record->length,
		.offset = record->offset,
		.major = record->major,
		.minor = record->minor,
		.inode = record->inode,
		.path = record->path,
	};

	if (record->protection & PROT_EXEC)
		symbols__map(symbols, &mapping); /* what finds no room is not named */
}

static void take_record(struct mapping_events *events, struct symbols *symbols)
{
	const struct perf_event_header *header = (const void *)events->record;

	if (header->type == PERF_RECORD_MMAP2 && header->size > sizeof(struct record_mmap2)) {
		take_mmap((const void *)header, symbols);
	} else if (header->type == PERF_RECORD_FORK && header->size >= sizeof(struct record_fork)) {
		const struct record_fork *record = (const void *)header;

		if (record->pid != record->parent)
			symbols__fork(symbols, (int)record->parent, (int)record->pid);
	} else if (header->type == PERF_RECORD_LOST && header->size >= sizeof(struct record_lost)) {
		events->lost += ((const struct record_lost *)(const void *)header)->lost;
	}
}

/* A record may go on at the start of the ring. */
static void copy_out(const struct mapping_events *events, const struct ring *ring, uint64_t at,
		     char *to, size_t length)
{
	size_t size = RING_PAGES * events->page, from = at & (size - 1);
	size_t first = length < size - from ? length : size - from;

	memcpy(to, ring->data + from, first);
	memcpy(to + first, ring->data, length - first);
}

static void drain_ring(struct mapping_events *events, struct ring *ring, struct symbols *symbols)
{
	uint64_t head = __atomic_load_n(&ring->head->data_head, __ATOMIC_ACQUIRE);
	uint64_t tail = ring->head->data_tail;
	struct perf_event_header header;

	while (head - tail >= sizeof(header)) {
		copy_out(events, ring, tail, (char *)&header, sizeof(header));
		if (header.size < sizeof(header) || header.size > head - tail)
			break;
		copy_out(events, ring, tail, events->record, header.size);
		events->record[header.size] = '\0';
		take_record(events, symbols);
		tail += header.size;
	}
	__atomic_store_n(&ring->head->data_tail, head, __ATOMIC_RELEASE);
}

void mapping_events__drain(struct mapping_events *events, struct symbols *symbols)
{
	for (size_t i = 0; events && i < events->count; i++)
		drain_ring(events, &events->rings[i], symbols);
}

uint64_t mapping_events__lost(const struct mapping_events *events)
{
	return events ? events->lost : 0;
}

void mapping_events__close(struct mapping_events *events)
{
	if (!events)
		return;
	for (size_t i = 0; i < events->count; i++) {
		munmap(events->rings[i].head, (RING_PAGES + 1) * events->page);
		close(events->rings[i].fd);
	}
	free(events->rings);
	free(events);
}

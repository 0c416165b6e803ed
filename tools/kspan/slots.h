/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Turns recorded addresses into slots: what happened to memory becomes what
 * happened to objects.
 */
#ifndef KSPAN_SLOTS_H
#define KSPAN_SLOTS_H

#include <stdint.h>

#include "origins.h"
#include "trace.h"

enum memory_event_kind {
	MEMORY_KMALLOC,
	MEMORY_CACHE_ALLOC,
	MEMORY_FREE,
};

/* One event of the kernel's, as it was recorded. */
struct memory_event {
	uint64_t time_ns;
	uint64_t address;
	uint64_t call_site;
	uint32_t requested_bytes;
	uint32_t allocated_bytes;
	uint32_t pid;
	uint16_t cpu;
	uint16_t kind;		/* enum memory_event_kind */
	uint32_t cache;		/* its name's, of a free; 0: not known */
};

struct slots;

/* The name of a cache that an event has the number of. */
typedef const char *(*cache_name_fn)(void *arg, uint32_t cache);

/* NULL without memory. */
struct slots *slots_new(cache_name_fn cache_name, void *arg);
void slots_free(struct slots *slots);

/*
 * Adds the next event in time. 0 or -ENOMEM; -EFBIG if the trace is full.
 * Frees of objects that are not known to live are counted and left out; an
 * allocation where an object lives shows that its free was missed, and frees
 * it first.
 */
int slots_add(struct slots *slots, const struct memory_event *event);

/*
 * Hands over the trace: its events and origins, and the counts of what was left
 * out or put in. The rest of the header is the caller's. -ENOMEM.
 */
int slots_take(struct slots *slots, const struct origin_names *names,
	       struct trace *trace);

#endif /* KSPAN_SLOTS_H */

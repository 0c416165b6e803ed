// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses become slots. Live objects are in a hash table with open
 * addressing; slots that are free again are a stack, so that a slot that was
 * just used is used next.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "slots.h"

enum {
	FIRST_CAPACITY		= 1 << 12,	/* a power of two */
	ZERO_SIZE_ADDRESS	= 16,		/* what kmalloc(0) gives */
};

struct object {
	uint64_t address;		/* 0: none here */
	uint32_t slot;
	uint32_t origin;
};

struct slots {
	struct trace trace;
	size_t event_capacity;
	size_t origin_of_capacity;

	struct origins *origins;
	cache_name_fn cache_name;
	void *cache_name_arg;

	struct object *objects;
	size_t object_capacity;		/* a power of two, at least half free */
	size_t nr_objects;

	uint32_t *free_slots;		/* room for every slot there is */
	size_t slot_capacity;
	size_t nr_free_slots;
};

struct slots *slots_new(cache_name_fn cache_name, void *arg)
{
	struct slots *slots = calloc(1, sizeof(*slots));

	if (!slots)
		return NULL;
	slots->cache_name = cache_name;
	slots->cache_name_arg = arg;
	slots->origins = origins_new();
	slots->object_capacity = FIRST_CAPACITY;
	slots->objects = calloc(FIRST_CAPACITY, sizeof(*slots->objects));
	if (slots->objects && slots->origins)
		return slots;
	slots_free(slots);
	return NULL;
}

void slots_free(struct slots *slots)
{
	if (!slots)
		return;
	trace_free(&slots->trace);
	origins_free(slots->origins);
	free(slots->objects);
	free(slots->free_slots);
	free(slots);
}

/* ---- live objects ---------------------------------------------------------- */

static size_t home(const struct slots *slots, uint64_t address)
{
	/* Multiplied by 2^64 / golden ratio, the upper bits are the best. */
	return address * 0x9e3779b97f4a7c15ull >> 32 &
	       (slots->object_capacity - 1);
}

/* Where @address is, or the hole where it would be. */
static struct object *find(const struct slots *slots, uint64_t address)
{
	size_t i = home(slots, address);

	while (slots->objects[i].address &&
	       slots->objects[i].address != address)
		i = (i + 1) & (slots->object_capacity - 1);
	return &slots->objects[i];
}

/* Closes the hole, so that no search stops short of its object. */
static void remove_object(struct slots *slots, struct object *object)
{
	size_t mask = slots->object_capacity - 1;
	size_t hole = object - slots->objects, i = hole;

	slots->nr_objects--;
	for (;;) {
		i = (i + 1) & mask;
		if (!slots->objects[i].address)
			break;
		if (((i - home(slots, slots->objects[i].address)) & mask) <
		    ((i - hole) & mask))
			continue;
		slots->objects[hole] = slots->objects[i];
		hole = i;
	}
	slots->objects[hole].address = 0;
}

static int grow_objects(struct slots *slots)
{
	struct object *before = slots->objects;
	size_t i, capacity = slots->object_capacity;

	slots->objects = calloc(capacity * 2, sizeof(*slots->objects));
	if (!slots->objects) {
		slots->objects = before;
		return -ENOMEM;
	}
	slots->object_capacity = capacity * 2;
	for (i = 0; i < capacity; i++)
		if (before[i].address)
			*find(slots, before[i].address) = before[i];
	free(before);
	return 0;
}

/* ---- events ---------------------------------------------------------------- */

/* Makes room for one more in @array; NULL without memory. */
static void *reserve(void *array, size_t *capacity, size_t used, size_t bytes)
{
	size_t wanted = *capacity ? *capacity * 2 : FIRST_CAPACITY;

	if (used < *capacity)
		return array;
	array = realloc(array, wanted * bytes);
	if (array)
		*capacity = wanted;
	return array;
}

static int append(struct slots *slots, uint32_t slot, uint32_t what,
		  uint32_t origin, uint16_t cpu)
{
	struct trace *trace = &slots->trace;
	struct trace_header *header = &trace->header;
	struct kspan_trace_event *events;
	uint32_t *origin_of;

	if (header->nr_events == KSPAN_TRACE_MAX_EVENTS)
		return -EFBIG;
	events = reserve(trace->events, &slots->event_capacity,
			 header->nr_events, sizeof(*events));
	if (!events)
		return -ENOMEM;
	trace->events = events;
	origin_of = reserve(trace->origin_of, &slots->origin_of_capacity,
			    header->nr_events, sizeof(*origin_of));
	if (!origin_of)
		return -ENOMEM;
	trace->origin_of = origin_of;
	origin_of[header->nr_events] = origin;
	cpu %= KSPAN_TRACE_NR_CPUS;
	if (cpu >= header->nr_cpus)
		header->nr_cpus = cpu + 1;
	events[header->nr_events++] = (struct kspan_trace_event) {
		.slot = slot,
		.what = what | (uint32_t)cpu << KSPAN_TRACE_CPU_SHIFT,
	};
	return 0;
}

static int end_object(struct slots *slots, struct object *object, uint16_t cpu,
		      uint32_t cache)
{
	int err = append(slots, object->slot, KSPAN_TRACE_FREE, 0, cpu);

	if (err)
		return err;
	if (cache && slots->cache_name)
		origins_name_cache(slots->origins, object->origin,
				   slots->cache_name(slots->cache_name_arg,
						     cache));
	slots->free_slots[slots->nr_free_slots++] = object->slot;
	remove_object(slots, object);
	return 0;
}

static int new_slot(struct slots *slots, uint32_t *slot)
{
	uint32_t *free_slots;

	if (slots->nr_free_slots) {
		*slot = slots->free_slots[--slots->nr_free_slots];
		return 0;
	}
	free_slots = reserve(slots->free_slots, &slots->slot_capacity,
			     slots->trace.header.nr_slots,
			     sizeof(*free_slots));
	if (!free_slots)
		return -ENOMEM;
	slots->free_slots = free_slots;
	*slot = slots->trace.header.nr_slots++;
	return 0;
}

static int origin_of(struct slots *slots, const struct memory_event *event,
		     uint32_t *origin)
{
	struct origin_key key = {
		.call_site = event->call_site,
		.pid = event->pid,
		.kind = TRACE_KMALLOC,
		.slot_bytes = event->allocated_bytes,
	};

	if (event->kind == MEMORY_CACHE_ALLOC) {
		key.kind = TRACE_CACHE;
		key.object_bytes = event->requested_bytes;
	}
	/* What the kernel cannot have given is what it gave at least. */
	if (key.slot_bytes < event->requested_bytes)
		key.slot_bytes = event->requested_bytes;
	return origins_find(slots->origins, &key, origin);
}

static int begin_object(struct slots *slots, const struct memory_event *event)
{
	struct object *object;
	uint32_t slot, origin;
	int err = 0;

	if (slots->nr_objects * 2 >= slots->object_capacity)
		err = grow_objects(slots);
	if (!err)
		err = new_slot(slots, &slot);
	if (!err)
		err = origin_of(slots, event, &origin);
	if (!err)
		err = append(slots, slot, event->requested_bytes, origin,
			     event->cpu);
	if (err)
		return err;
	object = find(slots, event->address);
	object->address = event->address;
	object->slot = slot;
	object->origin = origin;
	slots->nr_objects++;
	return 0;
}

int slots_add(struct slots *slots, const struct memory_event *event)
{
	struct trace_header *header = &slots->trace.header;
	struct object *object = find(slots, event->address);
	bool is_object = event->address > ZERO_SIZE_ADDRESS;
	bool lives = is_object && object->address;
	int err;

	if (event->kind == MEMORY_FREE) {
		if (lives)
			return end_object(slots, object, event->cpu, event->cache);
		/* To free NULL is legal, and frequent. */
		header->unknown_frees += is_object;
		return 0;
	}
	if (!is_object || !event->requested_bytes ||
	    event->requested_bytes > KSPAN_TRACE_MAX_BYTES) {
		header->failed_allocs++;
		return 0;
	}
	if (lives) {
		err = end_object(slots, object, event->cpu, 0);
		if (err)
			return err;
		header->missed_frees++;
	}
	return begin_object(slots, event);
}

int slots_take(struct slots *slots, const struct origin_names *names,
	       struct trace *trace)
{
	int err = origins_resolve(slots->origins, names, &slots->trace);

	*trace = slots->trace;
	slots->trace = (struct trace) { 0 };
	return err;
}

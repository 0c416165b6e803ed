/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A trace of allocations: a header; an array of struct kspan_trace_event; for
 * each event of it the number of its origin; and the origins. kspan_bench.ko takes
 * the events as they are, so that its loop has nothing to look up: an object is
 * the number of its slot, and the recorder has seen to it that every free follows
 * its allocation.
 */
#ifndef KSPAN_TRACE_H
#define KSPAN_TRACE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <linux/kspan_bench.h>

#define TRACE_MAGIC	"KSPANTRC"

enum {
	TRACE_VERSION		= 2,
	TRACE_KERNEL_BYTES	= 72,
	TRACE_COMMAND_BYTES	= 128,
	TRACE_CACHE_BYTES	= 32,
	TRACE_CALLER_BYTES	= 64,
	TRACE_MODULE_BYTES	= 56,
	TRACE_PROCESS_BYTES	= 16,
};

enum trace_kind {
	TRACE_KMALLOC,
	TRACE_CACHE,
	TRACE_NR_KINDS,
};

/*
 * Where objects came from. Names are cut short, NUL-terminated and filled up
 * with zeroes; "" is not known. The tracepoint of an allocation does not name the
 * cache, that of a free does.
 */
struct trace_origin {
	uint32_t kind;			/* enum trace_kind */
	uint32_t object_bytes;		/* of a cache; 0: kmalloc() */
	uint32_t slot_bytes;		/* what the kernel gave */
	uint32_t reserved;
	char cache[TRACE_CACHE_BYTES];
	char caller[TRACE_CALLER_BYTES];	/* a function of the kernel's */
	char module[TRACE_MODULE_BYTES];	/* its module, or "vmlinux" */
	char process[TRACE_PROCESS_BYTES];	/* that was running */
};

enum trace_init_on_alloc {
	TRACE_INIT_OFF,
	TRACE_INIT_ON,
	TRACE_INIT_UNKNOWN,
	TRACE_NR_INITS,
};

/*
 * As it stands in the file, in the byte order of the machine that recorded it.
 * Every object counts, whether it came from kmalloc() or a kmem_cache.
 */
struct trace_header {
	char magic[8];
	uint32_t version;
	uint32_t header_bytes;
	uint32_t nr_events;
	uint32_t nr_slots;
	uint32_t nr_cpus;
	uint32_t init_on_alloc;		/* enum trace_init_on_alloc */
	uint64_t duration_ns;
	uint32_t nr_origins;
	uint32_t reserved;

	/* What the events and their origins add up to. */
	uint64_t allocs;
	uint64_t frees;
	uint64_t requested_bytes;	/* of all allocations */
	uint64_t live_objects;		/* at the end */
	uint64_t live_bytes;
	uint64_t peak_bytes;		/* most that was live at once */

	/* What the kernel gave, rounded up as its allocators do. */
	uint64_t allocated_bytes;
	uint64_t kmalloc_allocs;
	uint64_t kmalloc_requested_bytes;
	uint64_t kmalloc_allocated_bytes;

	/* What is not in the events, or was made up. */
	uint64_t lost_events;		/* overwritten in the kernel's buffer */
	uint64_t unknown_frees;		/* of older objects: left out */
	uint64_t missed_frees;		/* seen by reuse only: put in there */
	uint64_t failed_allocs;		/* left out */

	char kernel[TRACE_KERNEL_BYTES];	/* release; NUL-terminated */
	char command[TRACE_COMMAND_BYTES];	/* cut short; NUL-terminated */
};

struct trace {
	struct trace_header header;
	struct kspan_trace_event *events;
	uint32_t *origin_of;		/* of each event; 0 of a free */
	struct trace_origin *origins;
};

/*
 * Adds up the events of @trace into the header's second and third group, and
 * proves that they can be played: no slot out of range, none allocated while it
 * is live or freed while it is not, no object of zero bytes or larger than its
 * slot. -EINVAL if they cannot, and @why says so.
 */
int trace_add_up(struct trace *trace, const char **why);

/*
 * 0 or a negative errno; for a file that is no trace or a damaged one -EINVAL,
 * and @why says what is wrong. A loaded trace is as trace_add_up() proves it.
 */
int trace_load(const char *path, struct trace *trace, const char **why);
int trace_write(FILE *stream, const struct trace *trace);
void trace_free(struct trace *trace);

#endif /* KSPAN_TRACE_H */

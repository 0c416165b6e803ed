/* SPDX-License-Identifier: GPL-2.0 */
/* A loop over allocations and frees, run often and timed. */
#ifndef _KSPAN_BENCH_LOOP_H
#define _KSPAN_BENCH_LOOP_H

#include <linux/bits.h>
#include <linux/types.h>
#include <uapi/linux/kspan_bench.h>

struct bench_array;
struct bench_region;
struct kmem_cache;
struct kspan_gc_type;
struct kspan_heap;
struct kspan_region;
struct kspan_stack;
struct seq_file;

/* Backends of single operations that no trace is replayed on. */
enum {
	BENCH_ALLOC_PAGES	= KSPAN_BENCH_NR_BACKENDS,
	BENCH_KVMALLOC,
	BENCH_KSPAN_CACHE,
	BENCH_ARRAY,
	BENCH_REGION,
	BENCH_COLLECTED,
	BENCH_NR_BACKENDS,
};

/* Those that hand out objects. */
#define BENCH_OBJECT_BACKENDS (BIT(KSPAN_BENCH_KSPAN) | \
			       BIT(KSPAN_BENCH_KMALLOC) | \
			       BIT(KSPAN_BENCH_KMEM_CACHE) | \
			       BIT(BENCH_KSPAN_CACHE))

enum {
	BENCH_MAX_OBJECTS	= 1000,		/* live at once */
};

/* What a loop works with. */
struct bench_loop {
	struct kspan_heap *heap;
	struct kmem_cache *cache;
	struct kspan_cache *typed;
	const struct kspan_gc_type *type;	/* of the collected @heap */
	struct bench_array __percpu *array;
	struct bench_region *region;
	struct kspan_stack *stack;	/* of @heap, with which both go */
	struct kspan_region *scratch;
	void **objects;			/* BENCH_MAX_OBJECTS */
	const u16 *order;		/* in which they are freed */
	size_t bytes;
	unsigned int batch;		/* objects taken before one is freed */
	unsigned int nobjs;		/* taken and freed in one run */
	bool failed;
};

/* Runs once and returns ticks. KSPAN_BENCH_NULL does all but the operations. */
typedef u64 (*bench_loop_fn)(struct bench_loop *loop, u32 backend);

/**
 * struct bench_row - one operation, and how each backend does it
 * @name: of the operation
 * @run: runs it once
 * @backends: BIT() of each backend that has the operation
 * @bytes: one object
 * @batch: objects taken before one is freed
 * @fixed: a run is one batch, however long it takes; otherwise as many as keep
 *	it clear of timer ticks
 * @order: in which a batch is freed
 */
struct bench_row {
	const char *name;
	bench_loop_fn run;
	u32 backends;
	size_t bytes;
	unsigned int batch;
	bool fixed;
	const u16 *order;
};

/* Times a row on each backend that has its operation, a line for each. Sleeps. */
int bench_row_show(struct seq_file *m, const struct bench_row *row);

/* Names the columns of these lines. */
void bench_row_header(struct seq_file *m);

const char *bench_backend_name(u32 backend);

/* A heap or a cache for objects of @bytes, and room to keep them. */
int bench_loop_begin(struct bench_loop *loop, u32 backend, size_t bytes);
void bench_loop_end(struct bench_loop *loop);

#endif /* _KSPAN_BENCH_LOOP_H */

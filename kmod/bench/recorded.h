/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The caches that a trace's objects came from, made anew for one replay: what
 * the recorded kernel had in a kmem_cache is in a kmem_cache again, with slots
 * of the same size, and not in that of kmalloc() for a larger one. On kspan it is in
 * a typed cache for objects of that size.
 */
#ifndef _KSPAN_BENCH_RECORDED_H
#define _KSPAN_BENCH_RECORDED_H

#include <linux/types.h>

struct bench_trace;
struct kmem_cache;
struct kspan_cache;
struct kspan_heap;

struct bench_recorded {
	/* One of the two, in the order of the trace's. */
	struct kmem_cache **caches;
	struct kspan_cache **typed;
	u32 nr;				/* of @caches */
};

/* -ENOMEM, and none was made. */
int bench_recorded_make(struct bench_recorded *recorded,
			const struct bench_trace *trace);

/* The same as typed caches of a heap, which go with it. */
int bench_recorded_make_typed(struct bench_recorded *recorded,
			      const struct bench_trace *trace,
			      struct kspan_heap *heap);

/* Once all their objects are free; none at all are fine. */
void bench_recorded_destroy(struct bench_recorded *recorded);

/* Gives empty slabs back. */
void bench_recorded_shrink(struct bench_recorded *recorded);

#endif /* _KSPAN_BENCH_RECORDED_H */

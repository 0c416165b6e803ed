/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The caches that a trace's objects came from, made anew for one replay: what
 * the recorded kernel had in a kmem_cache is in a kmem_cache again, with slots
 * of the same size, and not in that of kmalloc() for a larger one.
 */
#ifndef _KSPAN_BENCH_RECORDED_H
#define _KSPAN_BENCH_RECORDED_H

#include <linux/types.h>

struct bench_trace;
struct kmem_cache;

struct bench_recorded {
	struct kmem_cache **caches;	/* in the order of the trace's */
	u32 nr;
};

/* -ENOMEM, and none was made. */
int bench_recorded_make(struct bench_recorded *recorded,
			const struct bench_trace *trace);

/* Once all their objects are free; none at all are fine. */
void bench_recorded_destroy(struct bench_recorded *recorded);

/* Gives empty slabs back. */
void bench_recorded_shrink(struct bench_recorded *recorded);

#endif /* _KSPAN_BENCH_RECORDED_H */

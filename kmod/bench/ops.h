/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One allocation and one free of each backend that single operations are timed
 * on. Inlined with a constant backend, so that a call is as direct as in a user
 * of the allocator.
 */
#ifndef _KSPAN_BENCH_OPS_H
#define _KSPAN_BENCH_OPS_H

#include <linux/gfp.h>
#include <linux/kspan.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <uapi/linux/kspan_bench.h>

#include "loop.h"

static __always_inline void *bench_alloc(const struct bench_loop *loop,
					 u32 backend, size_t bytes, gfp_t gfp)
{
	switch (backend) {
	case KSPAN_BENCH_KSPAN:
		return kspan_alloc(loop->heap, bytes, gfp);
	case KSPAN_BENCH_KMALLOC:
		return kmalloc(bytes, gfp);
	case KSPAN_BENCH_KMEM_CACHE:
		return kmem_cache_alloc(loop->cache, gfp);
	case BENCH_ALLOC_PAGES:
		return (void *)__get_free_pages(gfp, get_order(bytes));
	case BENCH_KVMALLOC:
		return kvmalloc(bytes, gfp);
	default:
		return loop->objects;
	}
}

static __always_inline void bench_free(const struct bench_loop *loop,
				       u32 backend, size_t bytes, void *p)
{
	switch (backend) {
	case KSPAN_BENCH_KSPAN:
		kspan_free(p);
		break;
	case KSPAN_BENCH_KMALLOC:
		kfree(p);
		break;
	case KSPAN_BENCH_KMEM_CACHE:
		kmem_cache_free(loop->cache, p);
		break;
	case BENCH_ALLOC_PAGES:
		free_pages((unsigned long)p, get_order(bytes));
		break;
	case BENCH_KVMALLOC:
		kvfree(p);
		break;
	}
}

/* Runs a loop that is compiled for each backend. */
static __always_inline u64 bench_run(struct bench_loop *loop, u32 backend,
				     bench_loop_fn body)
{
	switch (backend) {
	case KSPAN_BENCH_KSPAN:
		return body(loop, KSPAN_BENCH_KSPAN);
	case KSPAN_BENCH_KMALLOC:
		return body(loop, KSPAN_BENCH_KMALLOC);
	case KSPAN_BENCH_KMEM_CACHE:
		return body(loop, KSPAN_BENCH_KMEM_CACHE);
	default:
		return body(loop, KSPAN_BENCH_NULL);
	}
}

#endif /* _KSPAN_BENCH_OPS_H */

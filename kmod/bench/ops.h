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

#include "least.h"
#include "loop.h"
#include "ticks.h"

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
	case BENCH_KSPAN_CACHE:
		return kspan_cache_alloc(loop->typed, gfp);
	case BENCH_ALLOC_PAGES:
		return (void *)__get_free_pages(gfp, get_order(bytes));
	case BENCH_KVMALLOC:
		return kvmalloc(bytes, gfp);
	case BENCH_ARRAY:
		return bench_array_pop(loop->array);
	case BENCH_REGION:
		return bench_region_take(loop->region, bytes);
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
	case BENCH_KSPAN_CACHE:
		kspan_cache_free(loop->typed, p);
		break;
	case BENCH_ALLOC_PAGES:
		free_pages((unsigned long)p, get_order(bytes));
		break;
	case BENCH_KVMALLOC:
		kvfree(p);
		break;
	case BENCH_ARRAY:
		bench_array_push(loop->array, p);
		break;
	}
}

/* The loop of most measurements: takes an object and frees it. */
static __always_inline u64 bench_pairs(struct bench_loop *loop, u32 backend,
				       size_t bytes, gfp_t gfp)
{
	const struct bench_loop copy = *loop;
	u64 start = bench_ticks();
	unsigned int i;

	for (i = copy.nobjs; i; i--) {
		void *p = bench_alloc(&copy, backend, bytes, gfp);

		OPTIMIZER_HIDE_VAR(p);
		if (unlikely(!p)) {
			loop->failed = true;
			break;
		}
		bench_free(&copy, backend, bytes, p);
	}
	return bench_ticks() - start;
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
	case BENCH_ALLOC_PAGES:
		return body(loop, BENCH_ALLOC_PAGES);
	case BENCH_KVMALLOC:
		return body(loop, BENCH_KVMALLOC);
	case BENCH_KSPAN_CACHE:
		return body(loop, BENCH_KSPAN_CACHE);
	case BENCH_ARRAY:
		return body(loop, BENCH_ARRAY);
	case BENCH_REGION:
		return body(loop, BENCH_REGION);
	case BENCH_COLLECTED:
		return body(loop, BENCH_COLLECTED);
	default:
		return body(loop, KSPAN_BENCH_NULL);
	}
}

#endif /* _KSPAN_BENCH_OPS_H */

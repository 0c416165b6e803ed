// SPDX-License-Identifier: GPL-2.0
/*
 * Mempools whose elements are objects of a heap. All else of them is the kernel's.
 */
#include <linux/kspan.h>
#include <linux/mempool.h>
#include <linux/slab.h>

#include "api/alloc.h"
#include "base/fault.h"

/**
 * struct kspan_pool - a mempool, and what its elements are
 * @pool: what the user has; first
 * @heap: where its elements come from
 * @size: their bytes
 *
 * Nobody tells us when a pool is destroyed. mempool_destroy() frees the elements, and
 * passes the pool to kfree(), which frees all of this.
 */
struct kspan_pool {
	mempool_t		pool;
	struct kspan_heap	*heap;
	size_t			size;
};

static_assert(!offsetof(struct kspan_pool, pool));

static void *pool_alloc(gfp_t gfp, void *data)
{
	const struct kspan_pool *pool = data;

	return __kspan_alloc(pool->heap, pool->size, gfp);
}

static void pool_free(void *element, void *data)
{
	kspan_free(element);
}

/**
 * kspan_mempool_create() - make a mempool of a heap's objects
 * @min_nr: elements that it keeps for when there is no memory
 * @heap: where they come from; outlives the pool
 * @size: bytes of one
 *
 * The pool is used, resized and destroyed with the kernel's own functions,
 * mempool_alloc(), mempool_free(), mempool_resize() and mempool_destroy(). What it
 * keeps counts as live in the heap.
 *
 * Context: Process context; sleeps. As kspan_alloc() with GFP_KERNEL.
 * Return: the pool; NULL without memory or at the heap's limit, and nothing of it is
 * left in the heap then.
 */
mempool_t *kspan_mempool_create(int min_nr, struct kspan_heap *heap,
				size_t size)
{
	struct kspan_pool *pool;

	if (kspan_fault(KSPAN_FAULT_MEMPOOL, GFP_KERNEL))
		return NULL;
	pool = kzalloc(sizeof(*pool), GFP_KERNEL);
	if (!pool)
		return NULL;
	pool->heap = heap;
	pool->size = size;
	if (mempool_init(&pool->pool, min_nr, pool_alloc, pool_free, pool)) {
		kfree(pool);
		return NULL;
	}
	return &pool->pool;
}
EXPORT_SYMBOL_GPL(kspan_mempool_create);

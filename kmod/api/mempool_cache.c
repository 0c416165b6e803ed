// SPDX-License-Identifier: GPL-2.0
/* Mempools of typed caches. */
#include <linux/kspan.h>
#include <linux/mempool.h>

static void *alloc_element(gfp_t gfp, void *cache)
{
	return __kspan_cache_alloc(cache, gfp);
}

static void free_element(void *element, void *cache)
{
	kspan_cache_free(cache, element);
}

/**
 * kspan_mempool_create_cache() - make a mempool of a typed cache's objects
 * @min_nr: elements that it keeps
 * @cache: the cache; goes after the mempool
 *
 * For the kernel's mempool_alloc(), mempool_free() and mempool_destroy(). What it
 * keeps are live objects.
 *
 * Context: Process context; sleeps.
 * Return: the mempool; or NULL without memory, and then nothing is left.
 */
mempool_t *kspan_mempool_create_cache(int min_nr, struct kspan_cache *cache)
{
	return mempool_create(min_nr, alloc_element, free_element, cache);
}
EXPORT_SYMBOL_GPL(kspan_mempool_create_cache);

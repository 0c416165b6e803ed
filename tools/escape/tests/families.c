// SPDX-License-Identifier: GPL-2.0
/* All families of allocators, and the sizes that are known. */
#include "kernel.h"

void all(struct kspan_heap *heap, struct kspan_cache *kcache, struct kmem_cache *cache,
	 size_t n, const char *s)
{
	const size_t twice = 2 * sizeof(struct node);

	kfree(kmalloc(10, GFP_KERNEL));		/* want: kmalloc(10) does not escape, freed here on every path */
	kfree(kzalloc(n, GFP_KERNEL));		/* want: kzalloc(n) does not escape, freed here on every path */
	kfree(kmalloc(twice, GFP_KERNEL));	/* want: kmalloc(80) does not escape, freed here on every path */
	kfree(kmalloc_array(4, 10, GFP_KERNEL));	/* want: kmalloc_array(40) does not escape, freed here on every path */
	kfree(kmalloc_array(n, 10, GFP_KERNEL));	/* want: kmalloc_array(n) does not escape, freed here on every path */
	kfree(kcalloc(3, 5, GFP_KERNEL));	/* want: kcalloc(15) does not escape, freed here on every path */
	kvfree(kvmalloc(10, GFP_KERNEL));	/* want: kvmalloc(10) does not escape, freed here on every path */
	kmem_cache_free(cache, kmem_cache_alloc(cache, GFP_KERNEL));	/* want: kmem_cache_alloc(n) does not escape, freed here on every path */
	kfree(kmemdup(s, 7, GFP_KERNEL));	/* want: kmemdup(7) does not escape, freed here on every path */
	kfree(kstrdup(s, GFP_KERNEL));		/* want: kstrdup(n) does not escape, freed here on every path */
	kfree(kasprintf(GFP_KERNEL, "%s", s));	/* want: kasprintf(n) does not escape, freed here on every path */
	kspan_free(kspan_alloc(heap, 10, GFP_KERNEL));	/* want: kspan_alloc(10) does not escape, freed here on every path */
	kspan_free(kspan_zalloc(heap, 10, GFP_KERNEL));	/* want: kspan_zalloc(10) does not escape, freed here on every path */
	kspan_free(kspan_calloc(heap, 2, 10, GFP_KERNEL));	/* want: kspan_calloc(20) does not escape, freed here on every path */
	kspan_cache_free(kcache, kspan_cache_alloc(kcache, GFP_KERNEL));	/* want: kspan_cache_alloc(n) does not escape, freed here on every path */
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The samples are written for kspan. With SAMPLE_KMALLOC defined, this header maps
 * the few calls that they use onto the kernel's own allocators, so that one source
 * can be measured on both. A module of your own includes <linux/kspan.h> and needs
 * nothing of this.
 *
 * The kernel has no heaps. What a heap does for a module is done by hand here: the
 * one heap of a sample is a limit and the sum of what was allocated under it, which
 * ksize() has to be asked for at each allocation and free. What is left in it at the
 * end, nobody can free.
 */
#ifndef _KSPAN_SAMPLE_ALLOCATOR_H
#define _KSPAN_SAMPLE_ALLOCATOR_H

#ifndef SAMPLE_KMALLOC

#include <linux/kspan.h>

#else

#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/slab.h>

struct kspan_heap_params {
	size_t	limit_bytes;
};

struct kspan_heap {
	size_t		limit_bytes;
	atomic_long_t	used_bytes;
};

/* One for each module that includes this. */
static struct kspan_heap sample_heap;

static inline struct kspan_heap *
kspan_heap_create(const char *name, const struct kspan_heap_params *params)
{
	sample_heap.limit_bytes = params ? params->limit_bytes : 0;
	return &sample_heap;
}

static inline void kspan_heap_destroy(struct kspan_heap *heap)
{
	WARN_ON(atomic_long_read(&heap->used_bytes));
}

static inline void kspan_free(const void *p)
{
	atomic_long_sub(ksize(p), &sample_heap.used_bytes);
	kfree(p);
}

static inline void kspan_free_bulk(unsigned int nr, void **p)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		kspan_free(p[i]);
}

static inline __must_check void *kspan_alloc(struct kspan_heap *heap,
					     size_t size, gfp_t gfp)
{
	void *p = kmalloc(size, gfp);
	unsigned long used_bytes;

	if (!p)
		return NULL;
	used_bytes = atomic_long_add_return(ksize(p), &heap->used_bytes);
	if (heap->limit_bytes && used_bytes > heap->limit_bytes) {
		kspan_free(p);
		return NULL;
	}
	return p;
}

/* A typed cache is a kmem_cache, which knows no heap. */
#define kspan_cache			kmem_cache
#define KSPAN_CACHE_TYPESAFE_BY_RCU	SLAB_TYPESAFE_BY_RCU

#define kspan_cache_create(heap, name, size, align, flags, ctor)	\
	((void)(heap), kmem_cache_create(KBUILD_MODNAME "-" name, size,	\
					 align, flags, ctor))

static inline void kspan_cache_destroy(struct kmem_cache *cache)
{
	kmem_cache_destroy(cache);
}

static inline void kspan_cache_free(struct kmem_cache *cache, void *p)
{
	atomic_long_sub(kmem_cache_size(cache), &sample_heap.used_bytes);
	kmem_cache_free(cache, p);
}

static inline __must_check void *kspan_cache_alloc(struct kmem_cache *cache,
						   gfp_t gfp)
{
	void *p = kmem_cache_alloc(cache, gfp);
	unsigned long used_bytes;

	if (!p)
		return NULL;
	used_bytes = atomic_long_add_return(kmem_cache_size(cache),
					    &sample_heap.used_bytes);
	if (sample_heap.limit_bytes && used_bytes > sample_heap.limit_bytes) {
		kspan_cache_free(cache, p);
		return NULL;
	}
	return p;
}

#endif /* SAMPLE_KMALLOC */

#endif /* _KSPAN_SAMPLE_ALLOCATOR_H */

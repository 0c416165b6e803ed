/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Obtaining: what an allocation does that the fast path cannot serve. It looks
 * in the CPU's cache, the spans, the pages, with the kernel, and in the heap's
 * reserve, in this order; who must not fail does so until there is something.
 */
#ifndef _KSPAN_OBTAIN_H
#define _KSPAN_OBTAIN_H

#include <linux/kmemleak.h>
#include <linux/log2.h>
#include <linux/sched/mm.h>
#include <linux/string.h>

#include "heaps/heap.h"

struct kspan_bump_owner;

void *kspan_obtain_slot(struct kspan_heap *heap, unsigned int class, int nid,
			gfp_t gfp);
void *kspan_obtain_of(struct kspan_store *store, int nid, gfp_t gfp);
void *kspan_obtain_pages(struct kspan_heap *heap, size_t size, size_t align,
			 int nid, gfp_t gfp);
void *kspan_obtain_collected(struct kspan_heap *heap, size_t size, gfp_t gfp);
void *kspan_obtain_span(struct kspan_heap *heap, struct kspan_bump_owner *owner,
			size_t size, gfp_t gfp);
void *kspan_obtain_any(struct kspan_heap *heap, size_t size, int nid,
		       gfp_t gfp);
bool kspan_fix_zones(gfp_t *gfp);
bool kspan_fix_node(struct kspan_heap *heap, gfp_t *gfp, int *node);
bool kspan_other_node(const struct kspan_heap *heap, gfp_t gfp, int node);

static inline int kspan_heap_local_node(const struct kspan_heap *heap)
{
	return kspan_source_local_node(&heap->storage.source);
}

static inline void *kspan_zero_slot(void *p, unsigned int class)
{
	return memset(p, 0, kspan_sizeclasses[class].size_bytes);
}

/* A power of two is aligned to itself. */
static inline size_t kspan_natural_align(size_t size)
{
	return is_power_of_2(size) ? min(size, KSPAN_MAX_CONTIG_BYTES) : 1;
}

/* Nothing at all in a stock kernel; what a debug kernel wants to know. */
static __always_inline void *kspan_tell_debuggers(void *p, size_t size, gfp_t gfp)
{
	if (IS_ENABLED(CONFIG_DEBUG_ATOMIC_SLEEP) ||
	    IS_ENABLED(CONFIG_PROVE_LOCKING))
		might_alloc(gfp);
	if (!ZERO_OR_NULL_PTR(p))
		kmemleak_alloc(p, size, 1, gfp);
	return p;
}

#endif /* _KSPAN_OBTAIN_H */

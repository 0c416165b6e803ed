/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory cgroups: a heap with KSPAN_HEAP_ACCOUNT charges what it takes from the
 * kernel to the cgroup it was made for, whoever makes it grow, and wherever.
 */
#ifndef _KSPAN_MEMCG_H
#define _KSPAN_MEMCG_H

#include <linux/gfp.h>
#include <linux/sched/mm.h>

#include "heaps/heap.h"

struct mem_cgroup *kspan_memcg_get(const struct kspan_heap_params *params);
void kspan_memcg_put(struct mem_cgroup *memcg);
gfp_t kspan_memcg_gfp(const struct kspan_heap *heap, gfp_t gfp);

/*
 * Between these, what is taken with kspan_memcg_gfp() is charged to the heap's
 * cgroup, in interrupts too. The value goes from the first to the second.
 */
static inline struct mem_cgroup *kspan_memcg_begin(const struct kspan_heap *heap)
{
	return heap->memcg ? set_active_memcg(heap->memcg) : NULL;
}

static inline void kspan_memcg_end(const struct kspan_heap *heap,
				   struct mem_cgroup *before)
{
	if (heap->memcg)
		set_active_memcg(before);
}

#endif /* _KSPAN_MEMCG_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory cgroups: a heap with KSPAN_HEAP_ACCOUNT charges what it takes from the
 * kernel to the cgroup it was made for, whoever makes it grow, and wherever.
 */
#ifndef _KSPAN_MEMCG_H
#define _KSPAN_MEMCG_H

#include <linux/gfp.h>
#include <linux/memcontrol.h>
#include <linux/sched/mm.h>

#include "pages/source.h"

struct mem_cgroup *kspan_memcg_get(unsigned int heap_flags);
void kspan_memcg_put(struct mem_cgroup *memcg);

/* Reclaim is for one cgroup and those below it, not for the machine. */
static inline bool kspan_memcg_confined(const struct mem_cgroup *memcg)
{
#ifdef CONFIG_MEMCG
	return memcg && memcg->css.parent;
#else
	return false;
#endif
}

/*
 * Between these, what is taken with kspan_source_gfp() is charged to the heap's
 * cgroup, in interrupts too. The value goes from the first to the second.
 */
static inline struct mem_cgroup *
kspan_memcg_begin(const struct kspan_source *source)
{
	return source->memcg ? set_active_memcg(source->memcg) : NULL;
}

static inline void kspan_memcg_end(const struct kspan_source *source,
				   struct mem_cgroup *before)
{
	if (source->memcg)
		set_active_memcg(before);
}

#endif /* _KSPAN_MEMCG_H */

// SPDX-License-Identifier: GPL-2.0
#include <linux/memcontrol.h>

#include "pages/memcg.h"

/**
 * kspan_memcg_get() - the cgroup that a heap is made for
 * @heap_flags: KSPAN_HEAP_*
 *
 * That of the task, unless it acts for another one (set_active_memcg()). Kernel
 * threads are in the root cgroup, where nothing is charged.
 *
 * Return: the cgroup, held; NULL if the heap does not account or there are none.
 */
struct mem_cgroup *kspan_memcg_get(unsigned int heap_flags)
{
	if (!(heap_flags & KSPAN_HEAP_ACCOUNT))
		return NULL;
	return get_mem_cgroup_from_mm(NULL);
}

void kspan_memcg_put(struct mem_cgroup *memcg)
{
	mem_cgroup_put(memcg);
}

/**
 * kspan_memcg_gfp() - flags with which a heap asks the kernel for memory
 * @source: the heap's; the caller's own __GFP_ACCOUNT does not count
 * @gfp: the caller's flags
 *
 * Over the limit of its cgroup a heap that accounts gets nothing once reclaim
 * has not helped, and nobody is killed for it. The kernel lets __GFP_HIGH, which
 * is in GFP_ATOMIC, and __GFP_NOFAIL pass.
 *
 * Return: the flags.
 */
gfp_t kspan_memcg_gfp(const struct kspan_source *source, gfp_t gfp)
{
	gfp &= ~__GFP_ACCOUNT;
	if (!(source->flags & KSPAN_HEAP_ACCOUNT))
		return gfp;
	if (!(gfp & (__GFP_NOFAIL | __GFP_NORETRY)))
		gfp |= __GFP_RETRY_MAYFAIL;
	return gfp | __GFP_ACCOUNT;
}

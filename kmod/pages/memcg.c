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

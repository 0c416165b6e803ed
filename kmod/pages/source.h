/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page source: all that has to do with the pages of one heap. Its page heaps,
 * one for each node, what it has taken from the kernel and may take, and whom
 * that is charged to.
 */
#ifndef _KSPAN_SOURCE_H
#define _KSPAN_SOURCE_H

#include <linux/kspan.h>
#include <linux/workqueue.h>

#include "base/gfp.h"
#include "base/goal.h"
#include "pages/account.h"
#include "pages/node.h"
#include "pages/pageheap.h"
#include "pages/peak.h"

/**
 * struct kspan_node_heap - a source's pages on one NUMA node
 * @pages: the page heap
 * @source: whose
 * @nid: which node
 * @goal: how many pages are worth keeping; the scavenger's
 * @free_before: scratch of the scavenger
 * @growing: bit 0 is set while somebody takes a large block
 * @grow_work: takes a large block on behalf of callers that cannot
 */
struct kspan_node_heap {
	struct kspan_pageheap	pages;
	struct kspan_source	*source;
	int			nid;
	struct kspan_goal	goal;
	unsigned long		free_before;
	unsigned long		growing;
	struct work_struct	grow_work;
};

/**
 * struct kspan_source - where the spans of a heap get their pages
 * @nodes: for each possible NUMA node
 * @account: bytes taken, and the limits
 * @peak: the most that was held, and live
 * @memcg: the cgroup to charge, of KSPAN_HEAP_ACCOUNT, else NULL
 * @id: the heap's id, never used twice
 * @flags: KSPAN_HEAP_*
 * @nid: the node of KSPAN_HEAP_NODE, else NUMA_NO_NODE
 * @waiting_pages: pages in use that no lookup finds any more, and that are free
 *	after a grace period
 * @name: the heap's name
 */
struct kspan_source {
	struct kspan_node_heap	*nodes;
	struct kspan_account	account;
	struct kspan_peak	peak;
	struct mem_cgroup	*memcg;
	u32			id;
	unsigned int		flags;
	int			nid;
	atomic_long_t		waiting_pages;
	char			name[KSPAN_NAME_BYTES];
};

int kspan_source_init(struct kspan_source *source, const char *name,
		      const struct kspan_heap_params *params,
		      work_func_t grow);
void kspan_source_delete(struct kspan_source *source);

/* Flags with which the heap's memory is got, from @gfp for any heap's. */
static inline gfp_t kspan_source_gfp(const struct kspan_source *source,
				     gfp_t gfp, unsigned int order)
{
	return kspan_gfp_heap(gfp, order, source->flags & KSPAN_HEAP_ACCOUNT,
			      source->flags & KSPAN_HEAP_NODE);
}

/* The node whose memory an allocation on this CPU takes. */
static inline int kspan_source_local_node(const struct kspan_source *source)
{
	return source->nid != NUMA_NO_NODE ? source->nid
					   : kspan_nearest_node(numa_mem_id());
}

#endif /* _KSPAN_SOURCE_H */

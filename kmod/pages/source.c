// SPDX-License-Identifier: GPL-2.0
#include <linux/ktime.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "base/fault.h"
#include "base/news.h"
#include "pages/source.h"

static void look(struct work_struct *work)
{
	struct kspan_source *source = container_of(work, struct kspan_source,
						   peak.look.work);
	u64 start_ns = ktime_get_ns();

	kspan_news.look(source);
	kspan_peak_looked(&source->peak, ktime_get_ns() - start_ns);
}

/**
 * kspan_source_init() - set up a page source, all zero so far
 * @source: the source
 * @name: the heap's name
 * @params: the heap's, valid
 * @grow: grows a node ahead of need, as a work item of struct kspan_node_heap
 *
 * Return: 0 or -ENOMEM; kspan_source_delete() undoes either.
 */
int kspan_source_init(struct kspan_source *source, const char *name,
		      const struct kspan_heap_params *params,
		      work_func_t grow)
{
	int nid;

	strscpy(source->name, name, sizeof(source->name));
	source->flags = params->flags;
	source->nid = params->flags & KSPAN_HEAP_NODE ? params->node
						      : NUMA_NO_NODE;
	kspan_account_init(&source->account, source->name);
	source->account.limit_bytes = params->limit_bytes;
	source->account.soft_limit_bytes = params->soft_limit_bytes;
	kspan_peak_init(&source->peak, look);
	if (kspan_fault(KSPAN_FAULT_HEAP_NODES, GFP_KERNEL))
		return -ENOMEM;
	source->nodes = kcalloc(nr_node_ids, sizeof(*source->nodes),
				GFP_KERNEL);
	if (!source->nodes)
		return -ENOMEM;
	for (nid = 0; nid < nr_node_ids; nid++) {
		struct kspan_node_heap *nh = &source->nodes[nid];

		kspan_pageheap_init(&nh->pages);
		nh->source = source;
		nh->nid = nid;
		INIT_WORK(&nh->grow_work, grow);
	}
	kspan_account_metadata(&source->account,
			       nr_node_ids * sizeof(*source->nodes));
	return 0;
}

/* The source has no pages, and nothing is queued. */
void kspan_source_delete(struct kspan_source *source)
{
	kfree(source->nodes);
}

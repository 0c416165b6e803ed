// SPDX-License-Identifier: GPL-2.0
/*
 * Allocation with a say on where: on which node, at which alignment, in
 * contiguous memory or not.
 */
#include <linux/kspan.h>
#include <linux/mm.h>
#include <linux/nodemask.h>

#include "api/alloc.h"
#include "api/obtain.h"
#include "base/gfp.h"
#include "heaps/heap.h"

/*
 * The node that is meant by the one that was named. False if there is nothing to
 * give: it is none, or the caller insists on it and it has no memory, or the heap
 * has another.
 */
bool kspan_fix_node(struct kspan_heap *heap, gfp_t *gfp, int *node)
{
	int only = heap->storage.source.nid;
	int nid = *node;

	if (nid == NUMA_NO_NODE)
		return true;
	if (WARN_ONCE(nid < 0 || nid >= nr_node_ids || !node_possible(nid),
		      "kspan: there is no node %d, returning NULL\n", nid))
		return false;
	if (only != NUMA_NO_NODE)
		nid = only;
	nid = kspan_nearest_node(nid);
	if (nid != *node) {
		if (kspan_gfp_this_node(*gfp, false))
			return false;
		*gfp = kspan_gfp_any_node(*gfp);
		*node = nid;
	}
	return true;
}

/* Whether to go past the CPU's cache. */
bool kspan_other_node(const struct kspan_heap *heap, gfp_t gfp, int node)
{
	if (nr_online_nodes == 1 || node == NUMA_NO_NODE)
		return false;
	return node != kspan_heap_local_node(heap) || gfp & __GFP_THISNODE;
}

/**
 * kspan_alloc_node() - allocate from a NUMA node
 * @heap: where from
 * @size: bytes
 * @gfp: as for kmalloc_node(); with __GFP_THISNODE from @node or not at all,
 *	unless there is __GFP_NOFAIL
 * @node: the node, or NUMA_NO_NODE for the nearest
 *
 * Without memory on @node, another one answers. A heap of a node has its own.
 * Past the CPU's cache where @node is not the CPU's own.
 *
 * Context: As kspan_alloc().
 * Return: As kspan_alloc(); NULL, with a warning once, for an impossible @node.
 */
void *kspan_alloc_node(struct kspan_heap *heap, size_t size, gfp_t gfp,
		       int node)
{
	void *p;

	if (!kspan_fix_node(heap, &gfp, &node))
		return NULL;
	if (!kspan_other_node(heap, gfp, node))
		return __kspan_alloc(heap, size, gfp);
	if (gfp & GFP_ZONEMASK && !kspan_fix_zones(&gfp))
		return NULL;
	if (size > KSPAN_MAX_CLASS_BYTES)
		p = kspan_obtain_pages(heap, size, kspan_natural_align(size),
				       node, gfp);
	else
		p = kspan_obtain_slot(heap, kspan_sizeclass(size), node, gfp);
	return kspan_tell_debuggers(p, size, gfp);
}
EXPORT_SYMBOL_GPL(kspan_alloc_node);

/**
 * kspan_alloc_aligned() - allocate memory with a given alignment
 * @heap: where from
 * @size: bytes
 * @align: a power of two up to 4 MB
 * @gfp: as for kmalloc()
 *
 * Context: As kspan_alloc().
 * Return: As kspan_alloc(); NULL, with a warning once, for an impossible @align.
 */
void *kspan_alloc_aligned(struct kspan_heap *heap, size_t size, size_t align,
			  gfp_t gfp)
{
	unsigned int class;
	int nid;
	void *p;

	if (WARN_ONCE(!is_power_of_2(align) || align > KSPAN_MAX_CONTIG_BYTES,
		      "kspan: impossible alignment %zu\n", align))
		return NULL;
	if (!size)
		return ZERO_SIZE_PTR;
	class = kspan_sizeclass_aligned(size, align);
	if (class)
		return __kspan_alloc_mag(heap, kspan_mag_offset_of(class), gfp,
					 size);
	if (gfp & GFP_ZONEMASK && !kspan_fix_zones(&gfp))
		return NULL;
	if (nr_online_nodes == 1)
		gfp = kspan_gfp_any_node(gfp);
	nid = gfp & __GFP_THISNODE ? kspan_heap_local_node(heap) : NUMA_NO_NODE;
	/* Not in a slot: on a span of its own, however small. */
	p = kspan_obtain_pages(heap, size,
			       max(align, kspan_natural_align(size)), nid, gfp);
	return kspan_tell_debuggers(p, size, gfp);
}
EXPORT_SYMBOL_GPL(kspan_alloc_aligned);

/**
 * kspan_kvmalloc_node() - allocate memory that need not be contiguous
 * @heap: where from
 * @size: bytes
 * @gfp: as for kvmalloc_node(): above a kernel page, contiguous memory is tried
 *	with effort only under __GFP_RETRY_MAYFAIL
 * @node: the node, or NUMA_NO_NODE for the nearest; memory up to 4 MB that comes
 *	from vmalloc() is from any, and there is none with __GFP_THISNODE
 *
 * Memory from vmalloc() is aligned to a kernel page.
 *
 * Context: As kspan_alloc(); without __GFP_DIRECT_RECLAIM there is only what
 * that would give.
 * Return: As kspan_alloc_node(), but is_vmalloc_addr() may be true of it.
 */
void *kspan_kvmalloc_node(struct kspan_heap *heap, size_t size, gfp_t gfp,
			  int node)
{
	bool heap_of_node = heap->storage.source.nid != NUMA_NO_NODE;

	/* Nothing to turn to: pieces of a page, vmalloc memory of a node. */
	if (size <= PAGE_SIZE || size > KSPAN_MAX_CONTIG_BYTES ||
	    !gfpflags_allow_blocking(gfp) ||
	    (nr_online_nodes > 1 && kspan_gfp_this_node(gfp, heap_of_node)))
		return kspan_alloc_node(heap, size, gfp, node);
	if (!kspan_fix_node(heap, &gfp, &node) ||
	    (gfp & GFP_ZONEMASK && !kspan_fix_zones(&gfp)))
		return NULL;
	if (!kspan_other_node(heap, gfp, node))
		node = NUMA_NO_NODE;
	gfp = kspan_gfp_any_node(gfp);
	might_alloc(gfp);
	return kspan_tell_debuggers(kspan_obtain_any(heap, size, node, gfp),
				    size, gfp);
}
EXPORT_SYMBOL_GPL(kspan_kvmalloc_node);

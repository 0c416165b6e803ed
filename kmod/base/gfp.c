// SPDX-License-Identifier: GPL-2.0
#include <linux/mmzone.h>

#include "base/compat.h"
#include "base/gfp.h"

/**
 * kspan_gfp_refused() - flags that no heap can heed
 * @gfp: the caller's flags
 *
 * Heaps have no memory of a zone of its own. kmalloc() warns of the same flags,
 * but for __GFP_DMA, for which it has caches.
 *
 * Return: those of them to warn of.
 */
gfp_t kspan_gfp_refused(gfp_t gfp)
{
	return gfp & GFP_ZONEMASK & ~__GFP_MOVABLE;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_refused);

/* The caller's flags without those that are refused. */
gfp_t kspan_gfp_fix(gfp_t gfp)
{
	return kspan_gfp_refused(gfp) ? gfp & ~GFP_ZONEMASK : gfp;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_fix);

/* The caller insists on a node, but there is only one, or names none. */
gfp_t kspan_gfp_any_node(gfp_t gfp)
{
	return gfp & ~__GFP_THISNODE;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_any_node);

/* Whether memory of another node will not do. */
bool kspan_gfp_this_node(gfp_t gfp, bool heap_of_node)
{
	return gfp & __GFP_THISNODE || heap_of_node;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_this_node);

/**
 * kspan_gfp_try() - a first try, where less would do
 * @gfp: the caller's flags
 *
 * Nothing is reclaimed for it.
 *
 * Return: the flags.
 */
gfp_t kspan_gfp_try(gfp_t gfp)
{
	return (gfp & ~(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL)) | __GFP_NOWARN;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_try);

/* Growth of the local node, where spans of another one would do. */
gfp_t kspan_gfp_try_local(gfp_t gfp)
{
	return (gfp & ~__GFP_NOFAIL) | __GFP_THISNODE | __GFP_NOWARN;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_try_local);

/*
 * A slot of the node that the caller has named. It is tried elsewhere then,
 * unless the caller insists.
 */
gfp_t kspan_gfp_try_node(gfp_t gfp)
{
	if (gfp & __GFP_THISNODE)
		return gfp;
	return gfp | __GFP_THISNODE | __GFP_NOWARN;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_try_node);

/* Contiguous pages, where vmalloc memory would do. */
gfp_t kspan_gfp_try_contig(gfp_t gfp)
{
	return (gfp & ~__GFP_NOFAIL) | __GFP_NOWARN;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_try_contig);

/*
 * Large blocks are welcome, not needed: nothing is reclaimed or compacted for
 * them, and the reserves are left alone. __GFP_NORETRY alone would compact.
 */
static gfp_t opportunistic(gfp_t gfp)
{
	gfp &= ~(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL | __GFP_RETRY_MAYFAIL |
		 __GFP_MEMALLOC);
	return gfp | __GFP_NORETRY | __GFP_NOWARN | __GFP_NOMEMALLOC;
}

/**
 * kspan_gfp_block() - a block from the page allocator
 * @gfp: the caller's flags
 * @order: log2 of its kernel pages
 * @needed: there is no smaller block to turn to
 *
 * Blocks are not compound, and what is zeroed is objects.
 *
 * Return: the flags; kspan_gfp_heap() adds those of the heap.
 */
gfp_t kspan_gfp_block(gfp_t gfp, unsigned int order, bool needed)
{
	gfp &= ~(GFP_ZONEMASK | __GFP_RECLAIMABLE | __GFP_ZERO | __GFP_COMP);
	/* The kernel warns of more than that. */
	if (order > 1)
		gfp &= ~__GFP_NOFAIL;
	if (!needed || order > PAGE_ALLOC_COSTLY_ORDER)
		return opportunistic(gfp);
	return gfp;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_block);

/**
 * kspan_gfp_vmalloc() - an area of vmalloc memory
 * @gfp: the caller's flags, and those of the heap
 * @any_node: the area is got by a call that knows no nodes
 *
 * The kernel would zero a page of 2 MB in one go.
 *
 * Return: the flags.
 */
gfp_t kspan_gfp_vmalloc(gfp_t gfp, bool any_node)
{
	gfp &= ~__GFP_ZERO;
	return any_node ? gfp & ~__GFP_THISNODE : gfp;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_vmalloc);

/**
 * kspan_gfp_heap() - what the heap has to say on its memory
 * @gfp: the flags with which it is to be got
 * @accounts: it is charged to the heap's cgroup; the caller's __GFP_ACCOUNT does
 *	not count
 * @heap_of_node: all of it is from one node
 *
 * Over the limit of its cgroup a heap that accounts gets nothing once reclaim
 * has not helped, and nobody is killed for it. The kernel lets __GFP_HIGH, which
 * is in GFP_ATOMIC, and __GFP_NOFAIL pass.
 *
 * Return: the flags.
 */
gfp_t kspan_gfp_heap(gfp_t gfp, bool accounts, bool heap_of_node)
{
	gfp &= ~__GFP_ACCOUNT;
	if (heap_of_node)
		gfp |= __GFP_THISNODE;
	if (!accounts)
		return gfp;
	if (!(gfp & (__GFP_NOFAIL | __GFP_NORETRY)))
		gfp |= __GFP_RETRY_MAYFAIL;
	return gfp | __GFP_ACCOUNT;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_heap);

/**
 * kspan_gfp_metadata() - a span's descriptor or a chunk's state
 * @gfp: the caller's flags
 *
 * What says how the memory of the object is to be, and where from, is not meant
 * for it; how hard to try is.
 *
 * Return: the flags.
 */
gfp_t kspan_gfp_metadata(gfp_t gfp)
{
	return gfp & ~(GFP_ZONEMASK | __GFP_ZERO | __GFP_COMP | __GFP_THISNODE |
		       __GFP_ACCOUNT | __GFP_RECLAIMABLE);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_metadata);

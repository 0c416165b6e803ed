// SPDX-License-Identifier: GPL-2.0
#include <linux/mmzone.h>

#include "base/compat.h"
#include "base/gfp.h"

/**
 * kspan_gfp_refused() - flags that no heap can heed
 * @gfp: the caller's flags
 *
 * They ask for memory that a device can reach, and a heap has no zone of its own.
 * Whatever it gave instead would be wrong. kmalloc() has caches for __GFP_DMA.
 *
 * Return: those of them for which there is nothing.
 */
gfp_t kspan_gfp_refused(gfp_t gfp)
{
	return gfp & (__GFP_DMA | __GFP_DMA32);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_refused);

/**
 * kspan_gfp_ignored() - flags that mean nothing to a heap
 * @gfp: the caller's flags
 *
 * They allow memory which kernel code cannot use as it is, but do not ask for it.
 *
 * Return: those of them to warn of.
 */
gfp_t kspan_gfp_ignored(gfp_t gfp)
{
	return gfp & (__GFP_HIGHMEM | __GFP_MOVABLE);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_ignored);

/* The caller's flags without those that are ignored. */
gfp_t kspan_gfp_fix(gfp_t gfp)
{
	return gfp & ~kspan_gfp_ignored(gfp);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_fix);

/* The caller insists on a node, but there is only one, or it has none left. */
gfp_t kspan_gfp_any_node(gfp_t gfp)
{
	return gfp & ~__GFP_THISNODE;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_any_node);

/**
 * kspan_gfp_this_node() - whether memory of another node will not do
 * @gfp: the caller's flags
 * @heap_of_node: the heap has memory of one node only
 *
 * Never to fail is the stronger promise.
 */
bool kspan_gfp_this_node(gfp_t gfp, bool heap_of_node)
{
	return !(gfp & __GFP_NOFAIL) &&
	       (gfp & __GFP_THISNODE || heap_of_node);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_this_node);

/* Whether the caller can be told that there is no memory. */
bool kspan_gfp_may_fail(gfp_t gfp)
{
	return !(gfp & __GFP_NOFAIL);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_may_fail);

/**
 * kspan_gfp_entitled() - whether the caller may have the kernel's reserves
 * @gfp: the caller's flags
 * @task_is: whether the current task may, in this context
 */
bool kspan_gfp_entitled(gfp_t gfp, bool task_is)
{
	return !(gfp & __GFP_NOMEMALLOC) && (gfp & __GFP_MEMALLOC || task_is);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_entitled);

/**
 * kspan_gfp_unentitled() - memory that others will be served from, too
 * @gfp: the flags of a caller who may have the kernel's reserves
 *
 * It is tried first, as he would be served by what somebody else has freed: not
 * from the reserves, and without reclaim, which may be what he is doing.
 *
 * Return: the flags.
 */
gfp_t kspan_gfp_unentitled(gfp_t gfp)
{
	gfp &= ~(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL | __GFP_MEMALLOC);
	return gfp | __GFP_NOMEMALLOC | __GFP_NOWARN;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_unentitled);

/**
 * kspan_gfp_takes_time() - whether more than what is needed may be done just now
 * @gfp: the caller's flags, or those of a try
 *
 * A try that reclaims nothing is made for callers who may sleep, too. It leaves
 * them __GFP_IO, which those who may not do not pass; but for who reclaims.
 */
bool kspan_gfp_takes_time(gfp_t gfp)
{
	return gfp & __GFP_DIRECT_RECLAIM ||
	       (gfp & __GFP_IO && !(gfp & __GFP_NOMEMALLOC));
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_takes_time);

/**
 * kspan_gfp_try() - a first try, where less would do
 * @gfp: the caller's flags
 *
 * Nothing is reclaimed for it, in the background neither: in fragmented memory
 * each such try would have kswapd throw out caches for it.
 *
 * Return: the flags.
 */
gfp_t kspan_gfp_try(gfp_t gfp)
{
	return (gfp & ~(__GFP_RECLAIM | __GFP_NOFAIL)) | __GFP_NOWARN;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_try);

/* Growth of the local node, where spans of another one would do. */
gfp_t kspan_gfp_try_local(gfp_t gfp)
{
	return kspan_gfp_try(gfp) | __GFP_THISNODE;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_try_local);

/* A heap's only node, before others serve whoever must not fail. */
gfp_t kspan_gfp_try_home(gfp_t gfp)
{
	return gfp & __GFP_NOFAIL ? (gfp & ~__GFP_NOFAIL) | __GFP_NOWARN : gfp;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_try_home);

/**
 * kspan_gfp_try_unkilled() - a try before anybody is killed for it
 * @gfp: the caller's flags
 *
 * As hard as one that may not fail but has others to turn to. The heap's own idle
 * memory comes before a process, and a block is two pages, for which the kernel
 * calls the OOM killer while there are single ones.
 *
 * Return: the flags; @gfp itself if nobody would be killed, or who asks wants less
 * effort, or waits for ever.
 */
gfp_t kspan_gfp_try_unkilled(gfp_t gfp)
{
	const gfp_t decided = __GFP_NORETRY | __GFP_RETRY_MAYFAIL |
			      __GFP_NOFAIL | __GFP_THISNODE;

	if (gfp & decided || !(gfp & __GFP_FS) || !(gfp & __GFP_DIRECT_RECLAIM))
		return gfp;
	return gfp | __GFP_RETRY_MAYFAIL | __GFP_NOWARN;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_try_unkilled);

/**
 * kspan_gfp_try_node() - a try on the node that the caller has named
 * @gfp: the caller's flags
 *
 * Another one serves him then, unless he insists. Only who does waits for his
 * node; for the others it is reclaimed in the background, as it is for
 * kmalloc_node().
 *
 * Return: the flags.
 */
gfp_t kspan_gfp_try_node(gfp_t gfp)
{
	if (gfp & __GFP_THISNODE)
		return kspan_gfp_try_home(gfp);
	gfp &= ~(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL);
	return gfp | __GFP_THISNODE | __GFP_NOWARN;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_try_node);

/**
 * kspan_gfp_try_contig() - contiguous pages, where vmalloc memory would do
 * @gfp: the caller's flags
 *
 * As kvmalloc() tries: with effort only for those who ask for it.
 *
 * Return: the flags.
 */
gfp_t kspan_gfp_try_contig(gfp_t gfp)
{
	if (!(gfp & __GFP_RETRY_MAYFAIL))
		gfp &= ~__GFP_DIRECT_RECLAIM;
	return (gfp & ~__GFP_NOFAIL) | __GFP_NOWARN;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_try_contig);

/*
 * Large blocks are welcome, not needed: nothing is reclaimed or compacted for
 * them, and the reserves are left alone. __GFP_NORETRY alone would compact.
 */
static gfp_t opportunistic(gfp_t gfp)
{
	gfp &= ~(__GFP_RECLAIM | __GFP_NOFAIL | __GFP_RETRY_MAYFAIL |
		 __GFP_MEMALLOC);
	return gfp | __GFP_NORETRY | __GFP_NOWARN | __GFP_NOMEMALLOC;
}

/**
 * kspan_gfp_block() - a block from the page allocator
 * @gfp: the caller's flags
 * @order: log2 of its kernel pages
 * @needed: there is no smaller block to turn to
 *
 * Blocks are not compound, and what is zeroed is objects. For a block that is
 * needed the kernel tries as hard as it would for kmalloc(). It warns of
 * __GFP_NOFAIL above order 1: whoever is not to fail asks again.
 *
 * Return: the flags; kspan_gfp_heap() adds those of the heap.
 */
gfp_t kspan_gfp_block(gfp_t gfp, unsigned int order, bool needed)
{
	gfp &= ~(GFP_ZONEMASK | __GFP_RECLAIMABLE | __GFP_ZERO | __GFP_COMP);
	if (!needed)
		return opportunistic(gfp);
	if (order > 1 && gfp & __GFP_NOFAIL)
		gfp = (gfp & ~__GFP_NOFAIL) | __GFP_NOWARN;
	return gfp;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_block);

/**
 * kspan_gfp_vmalloc() - an area of vmalloc memory
 * @gfp: the caller's flags, and those of the heap
 * @any_node: the area is got by a call that knows no nodes
 *
 * The kernel would zero a page of 2 MB in one go. From which zone it is, vmalloc()
 * knows best.
 *
 * Return: the flags.
 */
gfp_t kspan_gfp_vmalloc(gfp_t gfp, bool any_node)
{
	gfp &= ~(GFP_ZONEMASK | __GFP_RECLAIMABLE | __GFP_ZERO | __GFP_COMP);
	return any_node || gfp & __GFP_NOFAIL ? gfp & ~__GFP_THISNODE : gfp;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_vmalloc);

/**
 * kspan_gfp_heap() - what the heap has to say on its memory
 * @gfp: the flags with which it is to be got
 * @order: log2 of its kernel pages; 0 for vmalloc memory
 * @accounts: it is charged to the heap's cgroup; the caller's __GFP_ACCOUNT does
 *	not count
 * @heap_of_node: all of it is from one node
 *
 * Over the limit of its cgroup a heap that accounts gets nothing once reclaim
 * has not helped, and nobody is killed for it. The kernel lets __GFP_HIGH, which
 * is in GFP_ATOMIC, and __GFP_NOFAIL pass. Who must not fail is not held to the
 * heap's node either: the kernel would look there for ever.
 *
 * Return: the flags.
 */
gfp_t kspan_gfp_heap(gfp_t gfp, unsigned int order, bool accounts,
		     bool heap_of_node)
{
	gfp &= ~__GFP_ACCOUNT;
	if (heap_of_node && !(gfp & __GFP_NOFAIL))
		gfp |= __GFP_THISNODE;
	if (!accounts)
		return gfp;
	/* Nobody is killed for a costly order, which would be tried harder. */
	if (!(gfp & (__GFP_NOFAIL | __GFP_NORETRY)) &&
	    order <= PAGE_ALLOC_COSTLY_ORDER)
		gfp |= __GFP_RETRY_MAYFAIL;
	return gfp | __GFP_ACCOUNT;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_heap);

/**
 * kspan_gfp_heap_block() - a block from the page allocator, for a heap
 * @gfp: the caller's flags
 * @order: log2 of its kernel pages
 * @needed: there is no smaller block to turn to
 * @accounts: as for kspan_gfp_heap()
 * @heap_of_node: likewise
 *
 * Of a large block the kernel is not told that its caller must not fail, and he
 * may have another node's memory all the same.
 *
 * Return: the flags.
 */
gfp_t kspan_gfp_heap_block(gfp_t gfp, unsigned int order, bool needed,
			   bool accounts, bool heap_of_node)
{
	bool at_home = heap_of_node && (!needed || kspan_gfp_may_fail(gfp));

	return kspan_gfp_heap(kspan_gfp_block(gfp, order, needed), order,
			      accounts, at_home);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_gfp_heap_block);

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

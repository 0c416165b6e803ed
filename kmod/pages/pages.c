// SPDX-License-Identifier: GPL-2.0
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "pages/arena.h"
#include "pages/backing.h"
#include "heaps/heap.h"
#include "pages/memcg.h"
#include "pages/pages.h"
#include "pages/poison.h"
#include "pages/release.h"
#include "giveback/scavenge.h"
#include "base/trace.h"

/* What a span's descriptor or a chunk's state is allocated with. */
gfp_t kspan_metadata_gfp(gfp_t gfp)
{
	return gfp & ~(GFP_ZONEMASK | __GFP_ZERO | __GFP_COMP | __GFP_THISNODE |
		       __GFP_ACCOUNT | __GFP_RECLAIMABLE);
}

/*
 * Large blocks are welcome, not needed: nothing is reclaimed or compacted for
 * them, and the reserves are left alone. __GFP_NORETRY alone would compact.
 */
static gfp_t opportunistic_gfp(gfp_t gfp)
{
	gfp &= ~(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL | __GFP_RETRY_MAYFAIL |
		 __GFP_MEMALLOC);
	return gfp | __GFP_NORETRY | __GFP_NOWARN | __GFP_NOMEMALLOC;
}

static gfp_t backing_gfp(struct kspan_heap *heap, gfp_t gfp,
			 unsigned int order, bool needed)
{
	gfp &= ~(GFP_ZONEMASK | __GFP_RECLAIMABLE);
	if (order > 1)
		gfp &= ~__GFP_NOFAIL;
	if (heap->flags & KSPAN_HEAP_NODE)
		gfp |= __GFP_THISNODE;
	gfp = kspan_memcg_gfp(heap, gfp);
	if (!needed || order > KSPAN_RECLAIM_ORDER)
		return opportunistic_gfp(gfp);
	return gfp;
}

/* The kernel counts free pages as memory that it can have back. */
static void count_reclaimable(int nid, long npages)
{
	mod_node_page_state(NODE_DATA(nid), NR_KERNEL_MISC_RECLAIMABLE,
			    npages << (KSPAN_PAGE_SHIFT - PAGE_SHIFT));
}

/* Enters a block into the page heap of its node. */
static bool adopt_block(struct kspan_heap *heap, unsigned long addr,
			unsigned int order, bool zeroed, gfp_t gfp)
{
	struct kspan_node_heap *nh =
		&heap->nodes[page_to_nid(virt_to_page((void *)addr))];
	unsigned int npages = kspan_order_npages(order);
	struct kspan_chunk *spare;
	struct kspan_chunk *unused;
	unsigned long flags;

	spare = kspan_chunk_new(kspan_metadata_gfp(gfp));
	if (!spare)
		return false;
	if (kspan_arena_add(addr, npages, heap->id, kspan_metadata_gfp(gfp))) {
		kfree(spare);
		return false;
	}
	spin_lock_irqsave(&nh->pages.lock, flags);
	unused = kspan_pageheap_insert(&nh->pages, spare, addr, npages, zeroed);
	spin_unlock_irqrestore(&nh->pages.lock, flags);
	count_reclaimable(nh->nid, npages);
	kfree(unused);
	return true;
}

/* Takes one block of the given order from the kernel. */
static bool grow_by(struct kspan_node_heap *nh, unsigned int order, gfp_t gfp,
		    bool needed, bool *limited)
{
	struct kspan_heap *heap = nh->heap;
	size_t bytes = PAGE_SIZE << order;
	gfp_t block_gfp = backing_gfp(heap, gfp, order, needed);
	struct mem_cgroup *before;
	unsigned long addr;
	bool zeroed;

	if (!kspan_account_reserve(&heap->account, bytes,
				   block_gfp & __GFP_NOFAIL)) {
		*limited = true;
		return false;
	}
	before = kspan_memcg_begin(heap);
	addr = kspan_backing_get(nh->nid, order, block_gfp, &zeroed);
	kspan_memcg_end(heap, before);
	if (addr && adopt_block(heap, addr, order, zeroed, gfp)) {
		trace_grow(heap->name, nh->nid, bytes, block_gfp);
		kspan_peak_grown(heap);
		if (kspan_account_excess(&heap->account))
			kspan_scavenger_wake_now();
		return true;
	}
	if (addr)
		kspan_backing_put(addr, order);
	kspan_account_unreserve(&heap->account, bytes);
	return false;
}

/*
 * The order of the next block: an eighth of what the heap has, so that what is
 * taken ahead of need stays small beside what is needed, and the number of
 * growths is logarithmic all the same.
 */
static unsigned int ahead_order(const struct kspan_node_heap *nh)
{
	unsigned long pages = READ_ONCE(nh->pages.owned_pages) / 8;
	unsigned int order = KSPAN_MIN_ORDER + (pages ? ilog2(pages) : 0);

	return clamp_t(unsigned int, order, KSPAN_FIRST_ORDER,
		       KSPAN_GROW_ORDER);
}

/*
 * Grows by a block of at least @least. Whoever may block and finds nobody else
 * at it takes one that serves the next requests, too.
 */
static bool grow(struct kspan_node_heap *nh, unsigned int least, gfp_t gfp,
		 bool *limited)
{
	bool ahead = gfpflags_allow_blocking(gfp) &&
		     !test_and_set_bit(0, &nh->growing);
	unsigned int order = least;
	bool ignored;
	bool grown;

	if (ahead)
		order = max(least, ahead_order(nh));
	for (; order > least; order--) {
		if (grow_by(nh, order, gfp, false, &ignored))
			break;
	}
	grown = order > least || grow_by(nh, least, gfp, true, limited);
	if (ahead)
		clear_bit(0, &nh->growing);
	else if (!gfpflags_allow_blocking(gfp))
		queue_work(kspan_wq, &nh->grow_work);
	return grown;
}

/**
 * kspan_pages_grow_work() - grow ahead of need for callers that could not
 * @work: in a struct kspan_node_heap
 *
 * Does nothing if by now there is a block's worth of free pages for any kind.
 */
void kspan_pages_grow_work(struct work_struct *work)
{
	struct kspan_node_heap *nh = container_of(work, struct kspan_node_heap,
						  grow_work);
	unsigned int order = ahead_order(nh);
	unsigned long flags;
	bool ignored;
	bool enough;

	if (test_and_set_bit(0, &nh->growing))
		return;
	spin_lock_irqsave(&nh->pages.lock, flags);
	enough = kspan_pageheap_has_open(&nh->pages, kspan_order_npages(order));
	spin_unlock_irqrestore(&nh->pages.lock, flags);
	if (!enough)
		grow_by(nh, order, GFP_KERNEL, false, &ignored);
	clear_bit(0, &nh->growing);
}

static bool pages_try(struct kspan_heap *heap, int nid,
		      const struct kspan_run *run, struct kspan_pages *pages)
{
	struct kspan_pageheap *ph = &heap->nodes[nid].pages;
	unsigned long flags;

	for (;;) {
		spin_lock_irqsave(&ph->lock, flags);
		pages->addr = kspan_pageheap_alloc(ph, run, &pages->zeroed);
		spin_unlock_irqrestore(&ph->lock, flags);
		if (likely(!pages->addr ||
			   !kspan_poisoned(pages->addr,
					   kspan_npages_bytes(run->npages))))
			break;
		count_reclaimable(nid, -(long)kspan_poison_retire(ph, pages->addr,
								  run->npages));
	}
	pages->nid = nid;
	if (pages->addr)
		count_reclaimable(nid, -(long)run->npages);
	return pages->addr;
}

/* Blocks may have come from any node: look everywhere, nearest first. */
static bool pages_try_others(struct kspan_heap *heap, int nid,
			     const struct kspan_run *run,
			     struct kspan_pages *pages)
{
	int other;

	for_each_online_node(other) {
		if (other != nid && pages_try(heap, other, run, pages))
			return true;
	}
	return false;
}

/**
 * kspan_pages_alloc() - take a run of pages from a heap
 * @heap: the heap
 * @nid: NUMA node to prefer, or to insist on with __GFP_THISNODE
 * @run: what is wanted; a caller that may not block should let kinds mix, as it
 *	cannot grow by more than the least
 * @gfp: how to grow
 * @pages: out
 * @limited: set to true if the heap's limit stood in the way
 *
 * Context: As alloc_pages() with @gfp.
 * Return: whether there were pages.
 */
bool kspan_pages_alloc(struct kspan_heap *heap, int nid,
		       const struct kspan_run *run, gfp_t gfp,
		       struct kspan_pages *pages, bool *limited)
{
	size_t bytes = kspan_npages_bytes(max(run->npages, run->align_pages));
	unsigned int least = max_t(unsigned int, get_order(bytes),
				   KSPAN_MIN_ORDER);
	bool anywhere = !(gfp & __GFP_THISNODE) &&
			!(heap->flags & KSPAN_HEAP_NODE);
	struct kspan_run mixed;
	int attempts;

	if (pages_try(heap, nid, run, pages))
		return true;
	/* Kinds are kept apart by growing; who cannot grow takes what is there. */
	mixed = *run;
	mixed.mix = true;
	/* What others grow by may be taken by yet others. */
	for (attempts = 0; attempts < 8; attempts++) {
		if (!grow(&heap->nodes[nid], least, gfp, limited))
			break;
		if (pages_try(heap, nid, &mixed, pages))
			return true;
		if (anywhere && nr_online_nodes > 1 &&
		    pages_try_others(heap, nid, &mixed, pages))
			return true;
	}
	return pages_try(heap, nid, &mixed, pages) ||
	       (anywhere && nr_online_nodes > 1 &&
		pages_try_others(heap, nid, &mixed, pages));
}

/**
 * kspan_pages_free() - put a run of pages back into a heap
 * @heap: the heap
 * @nid: node of the page heap they are from
 * @addr: the first byte; no longer published
 * @npages: heap pages
 */
void kspan_pages_free(struct kspan_heap *heap, int nid, unsigned long addr,
		      unsigned int npages)
{
	struct kspan_pageheap *ph = &heap->nodes[nid].pages;
	unsigned long flags;

	if (unlikely(kspan_poisoned(addr, kspan_npages_bytes(npages)))) {
		npages -= kspan_poison_retire(ph, addr, npages);
		count_reclaimable(nid, npages);
		return;
	}
	spin_lock_irqsave(&ph->lock, flags);
	kspan_pageheap_free(ph, addr, npages);
	spin_unlock_irqrestore(&ph->lock, flags);
	count_reclaimable(nid, npages);
	kspan_scavenger_kick();
}

/**
 * kspan_pages_unretire() - poisoned pages of a range are to leave the heap
 * @nh: the page heap they are in
 * @start: address of the range, at a chunk's start
 * @end: its end, at a chunk's end
 *
 * They are free now, and go with the others.
 */
void kspan_pages_unretire(struct kspan_node_heap *nh, unsigned long start,
			  unsigned long end)
{
	unsigned long npages;
	unsigned long flags;

	spin_lock_irqsave(&nh->pages.lock, flags);
	npages = kspan_pageheap_unretire(&nh->pages, start, end);
	spin_unlock_irqrestore(&nh->pages.lock, flags);
	count_reclaimable(nh->nid, npages);
}

/**
 * kspan_pages_release() - give a block to the kernel
 * @nh: the page heap that it has left
 * @block: the block
 * @reason: why
 *
 * Context: As __free_pages(); no lock is held.
 */
void kspan_pages_release(struct kspan_node_heap *nh,
			 const struct kspan_block *block,
			 enum kspan_release_reason reason)
{
	kspan_arena_release(block->addr, block->npages, nh->heap->id);
	if (block->split)
		kspan_backing_put_split(block->addr, block->npages);
	else
		kspan_backing_put(block->addr, KSPAN_MIN_ORDER +
				  ilog2(block->npages));
	kfree(block->chunk);
	count_reclaimable(nh->nid, -(long)block->npages);
	kspan_account_release(&nh->heap->account,
			      kspan_npages_bytes(block->npages), reason);
}

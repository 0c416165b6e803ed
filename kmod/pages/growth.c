// SPDX-License-Identifier: GPL-2.0
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "base/fault.h"
#include "base/gfp.h"
#include "base/news.h"
#include "base/trace.h"
#include "base/work.h"
#include "pages/arena.h"
#include "pages/backing.h"
#include "pages/growth.h"
#include "pages/memcg.h"

static gfp_t block_flags(const struct kspan_source *source, gfp_t gfp,
			 unsigned int order, bool needed)
{
	return kspan_gfp_heap_block(gfp, order, needed,
				    source->flags & KSPAN_HEAP_ACCOUNT,
				    source->flags & KSPAN_HEAP_NODE);
}

/* The kernel counts free pages as memory that it can have back. */
void kspan_count_reclaimable(int nid, long npages)
{
	mod_node_page_state(NODE_DATA(nid), NR_KERNEL_MISC_RECLAIMABLE,
			    npages << (KSPAN_PAGE_SHIFT - PAGE_SHIFT));
}

/*
 * Enters a block into the page heap of its node, among what is free there; or
 * what is in use, if it is for @apart.
 */
static bool adopt_block(struct kspan_source *source, unsigned long addr,
			unsigned int order, bool zeroed, gfp_t gfp,
			struct kspan_pages *apart)
{
	struct kspan_node_heap *nh =
		&source->nodes[page_to_nid(virt_to_page((void *)addr))];
	unsigned int npages = kspan_order_npages(order);
	struct kspan_chunk *spare;
	struct kspan_chunk *unused;
	unsigned long flags;

	spare = kspan_chunk_new(kspan_gfp_metadata(gfp));
	if (!spare)
		return false;
	if (kspan_arena_add(addr, npages, source->id, kspan_gfp_metadata(gfp))) {
		kfree(spare);
		return false;
	}
	spin_lock_irqsave(&nh->pages.lock, flags);
	unused = kspan_pageheap_insert(&nh->pages, spare, addr, npages, zeroed);
	if (apart)
		kspan_pageheap_take(&nh->pages, addr, npages);
	spin_unlock_irqrestore(&nh->pages.lock, flags);
	kfree(unused);
	if (apart) {
		apart->addr = addr;
		apart->nid = nh->nid;
		apart->zeroed = zeroed;
	} else {
		kspan_count_reclaimable(nh->nid, npages);
	}
	return true;
}

/*
 * The heap has a block more. Who must not wake anybody leaves it to the next to
 * tell of it.
 */
static void tell_grown(struct kspan_source *source, size_t bytes, bool may_wake)
{
	u64 backing_bytes = READ_ONCE(source->account.backing_bytes);

	kspan_account_grown(&source->account, bytes);
	if (!may_wake) {
		kspan_peak_note(&source->peak, backing_bytes, 0);
		return;
	}
	kspan_peak_grown(&source->peak, backing_bytes);
}

/**
 * kspan_grow_tell() - the heap has grown, and what it grew for has been taken
 * @source: the heap's pages
 * @gfp: how it was to grow
 *
 * Beyond a limit the scavenger takes at once what is free, so it is not to be
 * told before.
 */
void kspan_grow_tell(struct kspan_source *source, gfp_t gfp)
{
	if (gfp & __GFP_KSWAPD_RECLAIM && kspan_account_excess(&source->account))
		kspan_news.over_limit();
}

/* Takes one block of the given order from the kernel. */
static bool grow_by(struct kspan_node_heap *nh, unsigned int order, gfp_t gfp,
		    bool needed, struct kspan_pages *apart, bool *limited)
{
	struct kspan_source *source = nh->source;
	size_t bytes = PAGE_SIZE << order;
	gfp_t block_gfp = block_flags(source, gfp, order, needed);
	struct mem_cgroup *before;
	unsigned long addr;
	bool zeroed;

	if (kspan_fault(KSPAN_FAULT_BLOCK, needed ? gfp : block_gfp))
		return false;
	if (!kspan_account_reserve(&source->account, bytes,
				   needed && !kspan_gfp_may_fail(gfp))) {
		*limited = true;
		return false;
	}
	before = kspan_memcg_begin(source);
	addr = kspan_backing_get(nh->nid, order, block_gfp, &zeroed);
	kspan_memcg_end(source, before);
	if (addr && adopt_block(source, addr, order, zeroed, gfp, apart)) {
		trace_grow(source->name, nh->nid, bytes, block_gfp);
		tell_grown(source, bytes, gfp & __GFP_KSWAPD_RECLAIM);
		return true;
	}
	if (addr)
		kspan_backing_put(addr, order);
	kspan_account_unreserve(&source->account, bytes);
	return false;
}

/*
 * The order of the next block: a sixteenth of what the heap has, so that what is
 * taken ahead of need stays small beside what is needed, and the number of
 * growths is logarithmic all the same.
 */
static unsigned int ahead_order(const struct kspan_node_heap *nh)
{
	unsigned long pages = READ_ONCE(nh->pages.owned_pages) / 16;
	unsigned int order = KSPAN_MIN_ORDER + (pages ? ilog2(pages) : 0);

	return clamp_t(unsigned int, order, KSPAN_FIRST_ORDER,
		       KSPAN_GROW_ORDER);
}

/**
 * kspan_grow() - grow by a block
 * @nh: what is to grow
 * @least: the smallest order that will do
 * @gfp: how to get it
 * @limited: set to true if the heap's limit stood in the way
 *
 * Whoever may block and finds nobody else at it takes a block that serves the
 * next requests, too.
 *
 * Context: As alloc_pages() with @gfp.
 * Return: whether there was one.
 */
bool kspan_grow(struct kspan_node_heap *nh, unsigned int least, gfp_t gfp,
		bool *limited)
{
	bool has_time = kspan_gfp_takes_time(gfp);
	bool ahead = has_time && !test_and_set_bit(0, &nh->growing);
	unsigned int order = least;
	bool ignored;
	bool grown;

	if (ahead)
		order = max(least, ahead_order(nh));
	for (; order > least; order--) {
		if (grow_by(nh, order, gfp, false, NULL, &ignored))
			break;
	}
	grown = order > least || grow_by(nh, least, gfp, true, NULL, limited);
	if (ahead)
		clear_bit(0, &nh->growing);
	else if (!has_time && gfp & __GFP_KSWAPD_RECLAIM)
		queue_work(kspan_wq, &nh->grow_work);
	return grown;
}

/**
 * kspan_grow_apart() - grow by a block that is in use at once
 * @nh: what is to grow
 * @order: its order
 * @gfp: how to get it
 * @pages: out: the block
 * @limited: set to true if the heap's limit stood in the way
 *
 * Context: As alloc_pages() with @gfp.
 * Return: whether there was one.
 */
bool kspan_grow_apart(struct kspan_node_heap *nh, unsigned int order, gfp_t gfp,
		      struct kspan_pages *pages, bool *limited)
{
	if (!grow_by(nh, order, gfp, true, pages, limited))
		return false;
	kspan_grow_tell(nh->source, gfp);
	return true;
}

/**
 * kspan_grow_work() - grow ahead of need for callers that could not
 * @work: in a struct kspan_node_heap
 *
 * Does nothing if by now there is a block's worth of free pages for any kind.
 */
void kspan_grow_work(struct work_struct *work)
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
	if (!enough &&
	    grow_by(nh, order, KSPAN_GFP_AHEAD, false, NULL, &ignored))
		kspan_grow_tell(nh->source, KSPAN_GFP_AHEAD);
	clear_bit(0, &nh->growing);
}

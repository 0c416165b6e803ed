// SPDX-License-Identifier: GPL-2.0
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include "base/news.h"
#include "pages/arena.h"
#include "pages/backing.h"
#include "pages/growth.h"
#include "pages/pages.h"
#include "pages/poison.h"
#include "pages/release.h"

/*
 * Puts a run back of which some pages are poisoned. These are the heap's and
 * nobody's, until the heap goes or their memory goes offline; the others are
 * free again. Returns how many are poisoned.
 */
static unsigned int retire_poisoned(struct kspan_pageheap *ph,
				    unsigned long addr, unsigned int npages)
{
	unsigned int npoisoned = 0;
	unsigned long end = addr + kspan_npages_bytes(npages);
	unsigned long flags;

	for (; addr < end; addr += KSPAN_PAGE_BYTES) {
		bool poisoned = kspan_poisoned(addr, KSPAN_PAGE_BYTES);

		spin_lock_irqsave(&ph->lock, flags);
		if (poisoned)
			kspan_pageheap_retire(ph, addr);
		else
			kspan_pageheap_free(ph, addr, 1);
		spin_unlock_irqrestore(&ph->lock, flags);
		if (!poisoned)
			continue;
		npoisoned++;
		pr_warn_ratelimited("kspan: the page at physical address %#llx is poisoned and will not be used again\n",
				    (u64)__pa(addr));
	}
	return npoisoned;
}

/* Runs that the page heap may overlook: it looks a second time. */
static unsigned long search(struct kspan_pageheap *ph,
			    const struct kspan_run *run, bool *zeroed)
{
	unsigned long from = 0;
	unsigned long flags;
	unsigned long addr;

	if (run->align_pages == 1 || run->align_pages == run->npages)
		return 0;
	do {
		spin_lock_irqsave(&ph->lock, flags);
		addr = kspan_pageheap_search(ph, run, &from, zeroed);
		spin_unlock_irqrestore(&ph->lock, flags);
	} while (!addr && from);
	return addr;
}

/* @hard is whether all has been tried that is less work. */
static bool pages_try(struct kspan_source *source, int nid,
		      const struct kspan_run *run, bool hard,
		      struct kspan_pages *pages)
{
	struct kspan_pageheap *ph = &source->nodes[nid].pages;
	unsigned long flags;
	long npoisoned;

	for (;;) {
		spin_lock_irqsave(&ph->lock, flags);
		pages->addr = kspan_pageheap_alloc(ph, run, &pages->zeroed);
		spin_unlock_irqrestore(&ph->lock, flags);
		if (unlikely(!pages->addr && hard))
			pages->addr = search(ph, run, &pages->zeroed);
		if (likely(!pages->addr ||
			   !kspan_poisoned(pages->addr,
					   kspan_npages_bytes(run->npages))))
			break;
		npoisoned = retire_poisoned(ph, pages->addr, run->npages);
		kspan_count_reclaimable(nid, -npoisoned);
	}
	pages->nid = nid;
	if (pages->addr)
		kspan_count_reclaimable(nid, -(long)run->npages);
	return pages->addr;
}

/* Blocks may have come from any node: look everywhere, nearest first. */
static bool pages_try_others(struct kspan_source *source, int nid,
			     const struct kspan_run *run, bool hard,
			     struct kspan_pages *pages)
{
	int other;

	for_each_online_node(other) {
		if (other != nid && pages_try(source, other, run, hard, pages))
			return true;
	}
	return false;
}

static bool pages_try_all(struct kspan_source *source, int nid,
			  const struct kspan_run *run, bool anywhere,
			  bool hard, struct kspan_pages *pages)
{
	return pages_try(source, nid, run, hard, pages) ||
	       (anywhere && nr_online_nodes > 1 &&
		pages_try_others(source, nid, run, hard, pages));
}

/**
 * kspan_pages_take() - take a run of pages that is there
 * @source: the heap's pages
 * @nid: the node
 * @run: what is wanted
 * @pages: out
 *
 * Context: Any but NMI.
 * Return: whether there were pages.
 */
bool kspan_pages_take(struct kspan_source *source, int nid,
		      const struct kspan_run *run, struct kspan_pages *pages)
{
	return pages_try(source, nid, run, false, pages);
}

/**
 * kspan_pages_alloc() - take a run of pages from a heap
 * @source: the heap's pages
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
bool kspan_pages_alloc(struct kspan_source *source, int nid,
		       const struct kspan_run *run, gfp_t gfp,
		       struct kspan_pages *pages, bool *limited)
{
	size_t bytes = kspan_npages_bytes(max(run->npages, run->align_pages));
	unsigned int least = max_t(unsigned int, get_order(bytes),
				   KSPAN_MIN_ORDER);
	bool anywhere = !kspan_gfp_this_node(gfp, source->flags &
						  KSPAN_HEAP_NODE);
	struct kspan_run mixed;
	bool found = false;
	int attempts;

	if (pages_try(source, nid, run, false, pages))
		return true;
	/* Kinds are kept apart by growing; who cannot grow takes what is there. */
	mixed = *run;
	mixed.mix = true;
	/* What others grow by may be taken by yet others. */
	for (attempts = 0; attempts < 8 && !found; attempts++) {
		if (!kspan_grow(&source->nodes[nid], least, gfp, limited))
			break;
		found = pages_try_all(source, nid, &mixed, anywhere, false,
				      pages);
	}
	if (!found)
		found = pages_try_all(source, nid, &mixed, anywhere, true,
				      pages);
	if (attempts)
		kspan_grow_tell(source, gfp);
	return found;
}

/**
 * kspan_pages_free() - put a run of pages back into a heap
 * @source: the heap's pages
 * @nid: node of the page heap they are from
 * @addr: the first byte; no longer published
 * @npages: heap pages
 *
 * Context: Any but NMI. Takes the page heap's lock, and wakes nobody.
 */
void kspan_pages_free(struct kspan_source *source, int nid, unsigned long addr,
		      unsigned int npages)
{
	struct kspan_pageheap *ph = &source->nodes[nid].pages;
	unsigned long flags;

	if (unlikely(kspan_poisoned(addr, kspan_npages_bytes(npages)))) {
		npages -= retire_poisoned(ph, addr, npages);
	} else {
		spin_lock_irqsave(&ph->lock, flags);
		kspan_pageheap_free(ph, addr, npages);
		spin_unlock_irqrestore(&ph->lock, flags);
	}
	kspan_count_reclaimable(nid, npages);
	kspan_news.pages_free();
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

	while (start < end) {
		spin_lock_irqsave(&nh->pages.lock, flags);
		npages = kspan_pageheap_unretire(&nh->pages, &start, end);
		spin_unlock_irqrestore(&nh->pages.lock, flags);
		kspan_count_reclaimable(nh->nid, npages);
	}
}

/**
 * kspan_pages_retire() - pages in use are to leave the heap
 * @source: the heap's pages
 * @nid: node of the page heap they are from
 * @addr: the first byte; no longer published
 * @npages: heap pages
 *
 * Nobody is given them any more.
 */
void kspan_pages_retire(struct kspan_source *source, int nid,
			unsigned long addr, unsigned int npages)
{
	struct kspan_pageheap *ph = &source->nodes[nid].pages;
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&ph->lock, flags);
	for (i = 0; i < npages; i++)
		kspan_pageheap_retire(ph, addr + kspan_npages_bytes(i));
	spin_unlock_irqrestore(&ph->lock, flags);
}

/**
 * kspan_pages_release_retired() - give a block that was retired to the kernel
 * @source: the heap's pages
 * @nid: node of the page heap it is from
 * @addr: its first byte
 * @npages: its heap pages
 *
 * Context: A grace period after kspan_pages_retire().
 */
void kspan_pages_release_retired(struct kspan_source *source, int nid,
				 unsigned long addr, unsigned int npages)
{
	struct kspan_node_heap *nh = &source->nodes[nid];
	struct kspan_block block;
	unsigned long flags;
	bool ours;

	spin_lock_irqsave(&nh->pages.lock, flags);
	ours = kspan_pageheap_detach_retired(&nh->pages, addr, npages, &block);
	spin_unlock_irqrestore(&nh->pages.lock, flags);
	if (!ours)
		return;
	kspan_count_reclaimable(nid, npages);
	kspan_pages_release(nh, &block, KSPAN_RELEASED_FREED);
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
	kspan_arena_release(block->addr, block->npages, nh->source->id);
	if (block->split)
		kspan_backing_put_split(block->addr, block->npages);
	else
		kspan_backing_put(block->addr, KSPAN_MIN_ORDER +
				  ilog2(block->npages));
	kfree(block->chunk);
	kspan_count_reclaimable(nh->nid, -(long)block->npages);
	kspan_account_release(&nh->source->account,
			      kspan_npages_bytes(block->npages), reason);
}

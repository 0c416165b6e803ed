/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page heap: the free pages of one heap on one NUMA node.
 *
 * A run's place is chosen among the halves of its chunks (half.h). Where no half
 * has it, it is the lowest run that fits (chunk.h). A run never crosses a chunk's
 * border. What goes back to the kernel is in release.h.
 */
#ifndef _KSPAN_PAGEHEAP_H
#define _KSPAN_PAGEHEAP_H

#include <linux/spinlock.h>
#include <linux/types.h>

#include "base/pagebits.h"
#include "pages/chunk.h"

/**
 * struct kspan_pageheap - the pages of one heap on one node
 * @lock: see there
 * @chunks: what it has in each piece of memory
 * @owned_pages: heap pages that are ours
 * @free_pages: of these, what can be handed out
 * @poisoned_pages: pages that are ours and can never be handed out
 * @fresh_pages: of these, what was never handed out
 * @young_pages: free pages that are young
 * @waiting_pages: free pages that wait for the grace period of @cookie
 * @peak_pages: the most pages in use since somebody last asked
 * @turn: grace periods that have passed for the free pages
 * @cookie: RCU's, of the grace period under way
 */
struct kspan_pageheap {
	/* Guards all of this, and the chunks. */
	spinlock_t		lock;
	struct kspan_chunks	chunks;
	unsigned long		owned_pages;
	unsigned long		free_pages;
	unsigned long		poisoned_pages;
	unsigned long		fresh_pages;
	unsigned long		young_pages;
	unsigned long		waiting_pages;
	unsigned long		peak_pages;
	unsigned long		turn;
	unsigned long		cookie;
};

/**
 * struct kspan_run - what is asked of a page heap
 * @npages: pages, at most a chunk's
 * @align_pages: the run starts at a multiple of this, a power of two
 * @kind: whether it will hold few objects or many
 * @mix: rather from a half of the other kind than not at all
 */
struct kspan_run {
	unsigned int		npages;
	unsigned int		align_pages;
	enum kspan_half_kind	kind;
	bool			mix;
};

/**
 * struct kspan_chunk_view - a copy of a chunk's state
 * @addr: see struct kspan_chunk
 * @longest: likewise
 * @order: likewise
 * @fresh_pages: how many are fresh
 * @unready_pages: how many wait for a grace period
 * @busy: likewise
 * @owned: likewise
 * @poisoned: likewise
 */
struct kspan_chunk_view {
	unsigned long		addr;
	unsigned int		longest;
	unsigned int		order;
	unsigned int		fresh_pages;
	unsigned int		unready_pages;
	struct kspan_pagebits	busy;
	struct kspan_pagebits	owned;
	struct kspan_pagebits	poisoned;
};

void kspan_pageheap_init(struct kspan_pageheap *ph);
struct kspan_chunk *kspan_pageheap_insert(struct kspan_pageheap *ph,
					  struct kspan_chunk *spare,
					  unsigned long addr,
					  unsigned int npages, bool zeroed);
unsigned long kspan_pageheap_alloc(struct kspan_pageheap *ph,
				   const struct kspan_run *run, bool *zeroed);
unsigned long kspan_pageheap_search(struct kspan_pageheap *ph,
				    const struct kspan_run *run,
				    unsigned long *from, bool *zeroed);
void kspan_pageheap_take(struct kspan_pageheap *ph, unsigned long addr,
			 unsigned int npages);
void kspan_pageheap_free(struct kspan_pageheap *ph, unsigned long addr,
			 unsigned int npages);
bool kspan_pageheap_has_open(struct kspan_pageheap *ph, unsigned int npages);
void kspan_pageheap_retire(struct kspan_pageheap *ph, unsigned long addr);
unsigned long kspan_pageheap_unretire(struct kspan_pageheap *ph,
				      unsigned long *start, unsigned long end);
bool kspan_pageheap_owns(struct kspan_pageheap *ph, unsigned long start,
			 unsigned long end);
void kspan_pageheap_poll(struct kspan_pageheap *ph);
void kspan_pageheap_turn(struct kspan_pageheap *ph);
void kspan_pageheap_catch_up(struct kspan_pageheap *ph,
			     struct kspan_chunk *chunk);
void kspan_pageheap_forget(struct kspan_pageheap *ph, struct kspan_chunk *chunk,
			   unsigned int first, unsigned int npages);
bool kspan_pageheap_next_chunk(struct kspan_pageheap *ph, unsigned long from,
			       struct kspan_chunk_view *view);

/* Free pages that wait for a grace period. */
static inline unsigned long
kspan_pageheap_unready(const struct kspan_pageheap *ph)
{
	return READ_ONCE(ph->young_pages) + READ_ONCE(ph->waiting_pages);
}

/* Free pages that can go to the kernel at once. */
static inline unsigned long
kspan_pageheap_ready(const struct kspan_pageheap *ph)
{
	unsigned long unready = kspan_pageheap_unready(ph);
	unsigned long free = READ_ONCE(ph->free_pages);

	/* Without the lock they need not belong together. */
	return free > unready ? free - unready : 0;
}

#endif /* _KSPAN_PAGEHEAP_H */

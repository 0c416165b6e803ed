/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page heap: the free pages of one heap on one NUMA node.
 *
 * Chunks hang in a tree in the order of their addresses, and their halves in
 * trees of their own, by which a run's place is chosen (half.h). Where no half
 * has it, it is the lowest run that fits: each node of the tree of chunks knows
 * the longest free run in those below it, so that the chunk is found on one way
 * down. A run never crosses a chunk's border.
 */
#ifndef _KSPAN_PAGEHEAP_H
#define _KSPAN_PAGEHEAP_H

#include <linux/bits.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "base/pagebits.h"
#include "pages/half.h"

/**
 * struct kspan_chunk - what a page heap has in one 4 MB piece of memory
 * @node: in kspan_pageheap.chunks, by @addr
 * @addr: the piece's address; not all of it need be ours
 * @longest: longest run of free pages
 * @subtree_longest: the greatest @longest of this chunk and those below it
 * @busy: pages that cannot be handed out: in a span, on their way out,
 *	poisoned, or not ours
 * @owned: pages that are ours
 * @heads: first pages of the blocks they came in; a block reaches to the next
 *	head or to the first page that is not ours
 * @split: pages of blocks that were split; each is a head
 * @young: free pages that came back after the page heap's grace period began:
 *	they wait for the next
 * @waiting: free pages that came back before it: they wait for this one
 * @fresh: free pages that came from the kernel and were never handed out
 * @poisoned: pages that are never handed out again; see poison.h
 * @dirty: pages not known to be zero
 * @turn: the page heap's turn as of which @young and @waiting are right
 * @halves: its halves
 *
 * A page that is owned, not busy, not young and not waiting is ready: no lookup
 * can hold it as a span's any more, so it can go to the kernel at once.
 *
 * Guarded by the page heap's lock.
 */
struct kspan_chunk {
	struct rb_node		node;
	unsigned long		addr;
	unsigned int		longest;
	unsigned int		subtree_longest;
	struct kspan_pagebits	busy;
	struct kspan_pagebits	owned;
	struct kspan_pagebits	heads;
	struct kspan_pagebits	split;
	struct kspan_pagebits	young;
	struct kspan_pagebits	waiting;
	struct kspan_pagebits	fresh;
	struct kspan_pagebits	poisoned;
	struct kspan_pagebits	dirty;
	unsigned long		turn;
	struct kspan_half	halves[2];
};

/**
 * struct kspan_pageheap - the pages of one heap on one node
 * @lock: see there
 * @chunks: by address
 * @halves: of all chunks
 * @nr_chunks: how many
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
	struct rb_root		chunks;
	struct kspan_halves	halves;
	unsigned int		nr_chunks;
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

/* What may go to the kernel besides what nobody misses. */
enum {
	/* Pages that were never handed out. */
	KSPAN_RELEASE_FRESH	= BIT(0),
	/* Pages of chunks that are nearly full. */
	KSPAN_RELEASE_DENSE	= BIT(1),
	KSPAN_RELEASE_ANY	= KSPAN_RELEASE_FRESH | KSPAN_RELEASE_DENSE,
};

/**
 * struct kspan_release - a walk that takes free blocks out of a page heap
 * @flags: KSPAN_RELEASE_*
 * @start: address of the range that it keeps to, at a chunk's start
 * @end: end of that range, at a chunk's end
 * @stage: what it looks for
 * @below: where it goes on
 * @floor: the range in which it takes all that is ready
 *
 * Highest addresses first: first chunks that are wholly free, then halves of
 * chunks, then other blocks, and last single pages, for which blocks are split.
 */
struct kspan_release {
	unsigned int	flags;
	unsigned long	start;
	unsigned long	end;
	unsigned int	stage;
	unsigned long	below;
	unsigned long	floor;
};

enum kspan_detached {
	KSPAN_DETACHED,		/* a block */
	KSPAN_DETACH_MORE,	/* none so far; the lock was held long enough */
	KSPAN_DETACH_DONE,	/* none any more */
};

/**
 * struct kspan_block - a block that has left its page heap
 * @addr: its first byte
 * @npages: its heap pages
 * @split: it is not a block, but pages of blocks that were split
 * @chunk: its chunk, if that has no page left
 */
struct kspan_block {
	unsigned long		addr;
	unsigned int		npages;
	bool			split;
	struct kspan_chunk	*chunk;
};

/**
 * struct kspan_chunk_view - a copy of a chunk's state
 * @addr: see struct kspan_chunk
 * @longest: likewise
 * @busy: likewise
 * @owned: likewise
 * @poisoned: likewise
 */
struct kspan_chunk_view {
	unsigned long		addr;
	unsigned int		longest;
	struct kspan_pagebits	busy;
	struct kspan_pagebits	owned;
	struct kspan_pagebits	poisoned;
};

void kspan_pageheap_init(struct kspan_pageheap *ph);
struct kspan_chunk *kspan_chunk_new(gfp_t gfp);
struct kspan_chunk *kspan_pageheap_insert(struct kspan_pageheap *ph,
					  struct kspan_chunk *spare,
					  unsigned long addr,
					  unsigned int npages, bool zeroed);
unsigned long kspan_pageheap_alloc(struct kspan_pageheap *ph,
				   const struct kspan_run *run, bool *zeroed);
void kspan_pageheap_free(struct kspan_pageheap *ph, unsigned long addr,
			 unsigned int npages);
bool kspan_pageheap_has_open(struct kspan_pageheap *ph, unsigned int npages);
void kspan_pageheap_retire(struct kspan_pageheap *ph, unsigned long addr);
unsigned long kspan_pageheap_unretire(struct kspan_pageheap *ph,
				      unsigned long start, unsigned long end);
bool kspan_pageheap_owns(struct kspan_pageheap *ph, unsigned long start,
			 unsigned long end);
void kspan_pageheap_poll(struct kspan_pageheap *ph);
void kspan_pageheap_turn(struct kspan_pageheap *ph);
void kspan_release_init(struct kspan_release *walk, unsigned int flags);
enum kspan_detached kspan_pageheap_detach(struct kspan_pageheap *ph,
					  struct kspan_release *walk,
					  unsigned long most_pages,
					  struct kspan_block *block);
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

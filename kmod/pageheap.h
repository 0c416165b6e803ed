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

#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "half.h"
#include "pagebits.h"

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
 * @releasing: pages on their way out
 * @poisoned: pages that are never handed out again; see poison.h
 * @dirty: pages not known to be zero
 * @halves: its halves
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
	struct kspan_pagebits	releasing;
	struct kspan_pagebits	poisoned;
	struct kspan_pagebits	dirty;
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
 * @poisoned_pages: of these, what never can be
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
 * @busy: likewise
 * @owned: likewise
 * @releasing: likewise
 * @poisoned: likewise
 */
struct kspan_chunk_view {
	unsigned long		addr;
	unsigned int		longest;
	struct kspan_pagebits	busy;
	struct kspan_pagebits	owned;
	struct kspan_pagebits	releasing;
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
size_t kspan_pageheap_mark_releasing(struct kspan_pageheap *ph, size_t bytes,
				     u32 heap_id);
size_t kspan_pageheap_mark_range(struct kspan_pageheap *ph, unsigned long start,
				 unsigned long end, u32 heap_id);
bool kspan_pageheap_owns(struct kspan_pageheap *ph, unsigned long start,
			 unsigned long end);
void kspan_pageheap_put_released(struct kspan_pageheap *ph);
bool kspan_pageheap_next_chunk(struct kspan_pageheap *ph, unsigned long from,
			       struct kspan_chunk_view *view);

#endif /* _KSPAN_PAGEHEAP_H */

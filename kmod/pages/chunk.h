/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Chunks: what a page heap has in each 4 MB piece of memory, and the trees that
 * lead to the piece that is looked for.
 *
 * Chunks hang in a tree in the order of their addresses; each node knows the
 * longest free run in those below it, so that the lowest chunk with a run is
 * found on one way down. Their halves hang in trees of their own (half.h).
 */
#ifndef _KSPAN_CHUNK_H
#define _KSPAN_CHUNK_H

#include <linux/gfp.h>
#include <linux/rbtree.h>
#include <linux/types.h>

#include "base/pagebits.h"
#include "pages/half.h"

/**
 * struct kspan_chunk - what a page heap has in one 4 MB piece of memory
 * @node: in kspan_chunks.by_addr
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
 * struct kspan_chunks - the chunks of a page heap
 * @by_addr: by address
 * @halves: of all chunks
 * @nr_chunks: how many
 *
 * Guarded by the page heap's lock.
 */
struct kspan_chunks {
	struct rb_root		by_addr;
	struct kspan_halves	halves;
	unsigned int		nr_chunks;
};

static inline struct kspan_chunk *kspan_chunk_entry(struct rb_node *node)
{
	return rb_entry_safe(node, struct kspan_chunk, node);
}

/* The chunk at the next higher address. */
static inline struct kspan_chunk *kspan_chunk_next(struct kspan_chunk *chunk)
{
	return kspan_chunk_entry(rb_next(&chunk->node));
}

struct kspan_chunk *kspan_chunk_new(gfp_t gfp);
struct kspan_chunk *kspan_chunk_find(struct kspan_chunks *chunks,
				     unsigned long addr);
struct kspan_chunk *kspan_chunk_below(struct kspan_chunks *chunks,
				      unsigned long below);
struct kspan_chunk *kspan_chunk_from(struct kspan_chunks *chunks,
				     unsigned long from);
struct kspan_chunk *kspan_chunk_first_fit(struct kspan_chunks *chunks,
					  unsigned int npages);
struct kspan_chunk *kspan_chunk_of_half(struct kspan_half *half);
void kspan_chunk_link(struct kspan_chunks *chunks, struct kspan_chunk *chunk);
void kspan_chunk_unlink(struct kspan_chunks *chunks, struct kspan_chunk *chunk);
void kspan_chunk_update(struct kspan_chunks *chunks, struct kspan_chunk *chunk);
void kspan_chunk_take(struct kspan_chunks *chunks, struct kspan_chunk *chunk,
		      unsigned int first, unsigned int npages,
		      enum kspan_half_kind kind);
void kspan_chunk_give(struct kspan_chunks *chunks, struct kspan_chunk *chunk,
		      unsigned int first, unsigned int npages);

#endif /* _KSPAN_CHUNK_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Chunks: what a page heap has in each 4 MB piece of memory, and the trees that
 * lead to the piece that is looked for.
 *
 * Chunks hang in a tree in the order of their addresses; each node knows what
 * there is in those below it: the longest free run, the largest aligned block,
 * and whether a release has reason to look. So the lowest chunk with room, and
 * the highest with something to give back, are found on one way down. Their
 * halves hang in trees of their own (half.h).
 */
#ifndef _KSPAN_CHUNK_H
#define _KSPAN_CHUNK_H

#include <linux/gfp.h>
#include <linux/rbtree.h>
#include <linux/types.h>

#include "base/pagebits.h"
#include "pages/half.h"

/*
 * What a release (release.h) looks for, in this order: chunks that are wholly
 * free, halves, blocks, and pages for which blocks are split.
 */
enum kspan_stage {
	KSPAN_STAGE_CHUNKS,
	KSPAN_STAGE_HALVES,
	KSPAN_STAGE_BLOCKS,
	KSPAN_STAGE_PAGES,
	KSPAN_NR_STAGES,
};

/**
 * struct kspan_chunk_sum - what there is in a chunk, or in a tree of them
 * @longest: longest run of free pages
 * @order: as in struct kspan_half, but of the whole chunk
 * @want: a bit for each enum kspan_stage in which a release that leaves alone
 *	what may be needed has reason to look; above them those of a release that
 *	takes all. Set when pages come back, cleared by one that looks in vain
 */
struct kspan_chunk_sum {
	u16	longest;
	u8	order;
	u8	want;
};

/**
 * struct kspan_chunk - what a page heap has in one 4 MB piece of memory
 * @node: in kspan_chunks.by_addr
 * @addr: the piece's address; not all of it need be ours
 * @sum: of this chunk
 * @subtree: of this chunk and those below it
 * @given: kspan_chunks.gives when pages last came back
 * @splitting: a block is being split, without the lock: no other leaves
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
	struct kspan_chunk_sum	sum;
	struct kspan_chunk_sum	subtree;
	bool			splitting;
	unsigned long		given;
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
 * @gives: how often pages have come back
 * @nr_chunks: how many
 * @nr_arenas: in how many arenas they lie
 *
 * Guarded by the page heap's lock.
 */
struct kspan_chunks {
	struct rb_root		by_addr;
	struct kspan_halves	halves;
	unsigned long		gives;
	unsigned int		nr_chunks;
	unsigned int		nr_arenas;
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
					  const struct kspan_fit *fit);
struct kspan_chunk *kspan_chunk_wanted_below(struct kspan_chunks *chunks,
					     unsigned long below,
					     unsigned int want);
void kspan_chunk_set_want(struct kspan_chunk *chunk, unsigned int want);
struct kspan_chunk *kspan_chunk_of_half(struct kspan_half *half);
void kspan_chunk_link(struct kspan_chunks *chunks, struct kspan_chunk *chunk);
void kspan_chunk_unlink(struct kspan_chunks *chunks, struct kspan_chunk *chunk);
void kspan_chunk_update(struct kspan_chunks *chunks, struct kspan_chunk *chunk,
			bool give);
void kspan_chunk_take(struct kspan_chunks *chunks, struct kspan_chunk *chunk,
		      unsigned int first, unsigned int npages,
		      enum kspan_half_kind kind);
void kspan_chunk_give(struct kspan_chunks *chunks, struct kspan_chunk *chunk,
		      unsigned int first, unsigned int npages);

#endif /* _KSPAN_CHUNK_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Halves: the two 2 MB of a chunk, and which of all a run of pages is taken
 * from.
 *
 * It is the half whose longest free run is the shortest that is long enough,
 * so that long runs stay whole; of equal ones that at the lowest address. Each
 * node of a tree also knows the largest aligned block below it, so that a run
 * that is to be aligned is found on one way down as well.
 *
 * Runs are of two kinds, those that hold few objects and those that hold many,
 * which are freed at different times. A half all of whose pages are ours and free
 * takes the kind of the first run in it, until it is empty again; so those of
 * one kind can drain whatever the others do. All other halves are open to both.
 */
#ifndef _KSPAN_HALF_H
#define _KSPAN_HALF_H

#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/rbtree.h>
#include <linux/types.h>

#include "base/pagebits.h"

enum {
	KSPAN_HALF_PAGES	= KSPAN_CHUNK_PAGES / 2,
	/* Runs that hold at most so many objects hold few. */
	KSPAN_FEW_OBJECTS	= 4,
};

enum kspan_half_kind {
	KSPAN_HALF_OPEN,
	KSPAN_HALF_FEW,
	KSPAN_HALF_MANY,
	KSPAN_NR_HALF_KINDS,
};

/**
 * struct kspan_half - what a page heap knows of half a chunk
 * @node: in the tree of its @kind, by @longest, then by @addr
 * @addr: its address; constant
 * @longest: longest run of free pages in it
 * @order: log2 of its largest free block that is aligned to its own size, plus
 *	1; 0 if no page is free
 * @subtree_order: the greatest @order of this half and those below it
 * @used: pages in spans; if there are none, @kind is KSPAN_HALF_OPEN
 * @kind: what it is open to
 *
 * Guarded by the page heap's lock.
 */
struct kspan_half {
	struct rb_node		node;
	unsigned long		addr;
	u16			longest;
	u16			used;
	u8			kind;
	u8			order;
	u8			subtree_order;
};

/**
 * struct kspan_fit - what surely has room for a run
 * @longest: a run of free pages as long as this; or
 * @order: a block as in struct kspan_half; more than there is, if only the
 *	first will do
 *
 * For a run that is as long as its alignment, and for one that has none, nothing
 * else has room. For others there may be a place that neither tells of.
 */
struct kspan_fit {
	unsigned int	longest;
	unsigned int	order;
};

/**
 * struct kspan_halves - the halves of a page heap
 * @by_kind: a tree for each enum kspan_half_kind
 *
 * Guarded by the page heap's lock.
 */
struct kspan_halves {
	struct rb_root	by_kind[KSPAN_NR_HALF_KINDS];
};

/* What a span of so many slots is. */
static inline enum kspan_half_kind kspan_half_kind(unsigned int nelems)
{
	return nelems <= KSPAN_FEW_OBJECTS ? KSPAN_HALF_FEW : KSPAN_HALF_MANY;
}

static inline struct kspan_fit kspan_fit(unsigned int npages,
					 unsigned int align_pages)
{
	struct kspan_fit fit = {
		.longest = npages + align_pages - 1,
		.order	 = U8_MAX,
	};

	if (align_pages > 1)
		fit.order = 1 + order_base_2(max(npages, align_pages));
	return fit;
}

/* Whether a run that fits into both is taken from @a. */
static inline bool kspan_half_precedes(const struct kspan_half *a,
				       const struct kspan_half *b)
{
	if (a->longest != b->longest)
		return a->longest < b->longest;
	return a->addr < b->addr;
}

void kspan_half_link(struct kspan_halves *halves, struct kspan_half *half);
void kspan_half_unlink(struct kspan_halves *halves, struct kspan_half *half);
void kspan_half_set(struct kspan_halves *halves, struct kspan_half *half,
		    unsigned int longest, unsigned int order,
		    enum kspan_half_kind kind);
struct kspan_half *kspan_half_first(struct kspan_halves *halves,
				    enum kspan_half_kind kind,
				    const struct kspan_fit *fit);

#endif /* _KSPAN_HALF_H */

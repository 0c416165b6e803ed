/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Scarcity: memory that is there, but in small pieces; a node that is full; and
 * how often others would have to give memory meanwhile.
 */
#ifndef _KSPAN_SCARCITY_H
#define _KSPAN_SCARCITY_H

#include <kunit/test.h>
#include <linux/gfp.h>

struct page;

/**
 * struct kit_scarcity - memory that is held so that others have none
 * @small: blocks of @order, every second of which is free again
 * @nsmall: how many
 * @order: log2 of their kernel pages
 * @large: blocks above that
 * @large_order: theirs
 * @nlarge: how many
 */
struct kit_scarcity {
	struct page	**small;
	unsigned int	nsmall;
	unsigned int	order;
	struct page	**large;
	u8		*large_order;
	unsigned int	nlarge;
};

/* Leaves free memory in blocks of @order and none above. */
void kit_fragment(struct kunit *test, struct kit_scarcity *held,
		  unsigned int order);
/* Leaves a node nothing that a caller without reserves could have. */
void kit_fill_node(struct kunit *test, struct kit_scarcity *held, int nid);
/* Gives back the blocks above @order, or all. */
void kit_release_large(struct kit_scarcity *held);
void kit_release(struct kit_scarcity *held);

/*
 * Counts how often this task asks for a block above PAGE_ALLOC_COSTLY_ORDER for
 * which something may be reclaimed, by itself or by kswapd.
 */
void kit_reclaim_begin(struct kunit *test);
unsigned int kit_reclaim_end(void);

#endif /* _KSPAN_SCARCITY_H */

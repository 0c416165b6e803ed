/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All combinations of the flags that matter.
 */
#ifndef _KSPAN_COMBINATION_H
#define _KSPAN_COMBINATION_H

#include <linux/bits.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mmzone.h>

/* Flags of which no policy thinks; they stand and fall together. */
#define CONTEXT	(__GFP_HIGH | __GFP_IO | __GFP_FS)

static const gfp_t flags_that_matter[] = {
	__GFP_DMA, __GFP_HIGHMEM, __GFP_DMA32, __GFP_MOVABLE,
	__GFP_RECLAIMABLE, __GFP_ZERO, __GFP_COMP, __GFP_ACCOUNT,
	__GFP_DIRECT_RECLAIM, __GFP_KSWAPD_RECLAIM, __GFP_NOWARN,
	__GFP_NORETRY, __GFP_RETRY_MAYFAIL, __GFP_NOFAIL,
	__GFP_MEMALLOC, __GFP_NOMEMALLOC, __GFP_THISNODE, CONTEXT,
};

enum {
	NR_COMBINATIONS	= 1 << ARRAY_SIZE(flags_that_matter),
	/* A small block, the largest that is reclaimed for, and one above. */
	SMALL		= 1,
	COSTLY		= PAGE_ALLOC_COSTLY_ORDER,
	HUGE		= PAGE_ALLOC_COSTLY_ORDER + 1,
};

static inline gfp_t combination(unsigned int i)
{
	gfp_t gfp = 0;
	unsigned int bit;

	for (bit = 0; bit < ARRAY_SIZE(flags_that_matter); bit++) {
		if (i & BIT(bit))
			gfp |= flags_that_matter[bit];
	}
	return gfp;
}

#endif /* _KSPAN_COMBINATION_H */

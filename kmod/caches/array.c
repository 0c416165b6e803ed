// SPDX-License-Identifier: GPL-2.0
#include <linux/kmemleak.h>
#include <linux/slab.h>

#include "base/compat.h"
#include "base/fault.h"
#include "base/gfp.h"
#include "caches/array.h"

/*
 * The cell below the lowest one points at a word that is no heap's freed mark, nor
 * zero. A pop that looks at it flips it to something that is neither too, and
 * back.
 */
void kspan_array_sentinel_init(void **lowest)
{
	u64 *word = (u64 *)&lowest[KSPAN_ARRAY_SENTINEL - 1];

	*word = 1;
	lowest[KSPAN_ARRAY_SENTINEL] = word;
}

/**
 * kspan_array_new() - an array without slots
 * @capacity: slots that it will hold
 * @gfp: whether somebody may be woken for it; all else is the same for all
 *
 * Context: Any but NMI.
 * Return: its lowest cell, or NULL.
 */
void **kspan_array_new(unsigned int capacity, gfp_t gfp)
{
	void **block;
	void **lowest;

	gfp = KSPAN_GFP_ARRAY | (gfp & __GFP_KSWAPD_RECLAIM);
	if (kspan_fault(KSPAN_FAULT_ARRAY, gfp))
		return NULL;
	/* kmalloc() aligns a power of two to itself. */
	block = kmalloc(KSPAN_ARRAY_BYTES, gfp);
	if (!block)
		return NULL;
	/* Pointers to it lie in itself, or behind its end. */
	kmemleak_not_leak(block);
	lowest = block + KSPAN_ARRAY_CELLS - capacity;
	kspan_array_sentinel_init(lowest);
	return lowest;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_array_new);

/* Nothing becomes of the slots that are in it. */
void kspan_array_delete(void **lowest)
{
	if (lowest)
		kfree(kspan_array_block(lowest));
}
EXPORT_SYMBOL_IF_KUNIT(kspan_array_delete);

/* Likewise of all arrays of a bundle. */
void kspan_array_delete_bundle(void **bundle)
{
	while (bundle) {
		void **next = bundle[KSPAN_ARRAY_NEXT];

		kspan_array_delete(bundle);
		bundle = next;
	}
}

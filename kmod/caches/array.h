/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arrays: what magazines keep slots in, and lists of those that are in none.
 *
 * An array is known by the address of its lowest cell. It ends at a multiple of
 * KSPAN_ARRAY_BYTES, which tells a magazine that it is full. Of the cells below the
 * lowest one, two are a sentinel's and two link arrays that are on a list; all
 * four are there, near the slots, whatever the capacity is.
 */
#ifndef _KSPAN_ARRAY_H
#define _KSPAN_ARRAY_H

#include <linux/align.h>
#include <linux/gfp.h>
#include <linux/types.h>

enum {
	KSPAN_ARRAY_BYTES	= 1024,
	KSPAN_ARRAY_CELLS	= KSPAN_ARRAY_BYTES / sizeof(void *),
	/* Points at the sentinel, which is below. */
	KSPAN_ARRAY_SENTINEL	= -1,
	/* The next one of a list of arrays. */
	KSPAN_ARRAY_NEXT	= -3,
	/* The next one of a list of bundles. */
	KSPAN_ARRAY_BUNDLE	= -4,
	KSPAN_ARRAY_MAX_SLOTS	= KSPAN_ARRAY_CELLS + KSPAN_ARRAY_BUNDLE,
};

/**
 * struct kspan_arrays - a list of arrays that are in no magazine
 * @first: the one that came last
 * @nr: how many
 * @least: the fewest since kspan_arrays_unused() was last asked
 *
 * Guarded by the lock of what it is a part of. Reading a number needs no lock.
 */
struct kspan_arrays {
	void	**first;
	u16	nr;
	u16	least;
};

void kspan_array_sentinel_init(void **lowest);
void **kspan_array_new(unsigned int capacity, gfp_t gfp);
void kspan_array_delete(void **lowest);
void kspan_array_delete_bundle(void **bundle);

/* The memory that a cell lies in. */
static inline void *kspan_array_block(void **cell)
{
	return (void *)ALIGN_DOWN((unsigned long)cell, KSPAN_ARRAY_BYTES);
}

/* The lowest cell of the array that another one is in. */
static inline void **kspan_array_lowest(void **cell, unsigned int capacity)
{
	return (void **)kspan_array_block(cell) + KSPAN_ARRAY_CELLS - capacity;
}

/* @link says which cell links it: a list of arrays, or one of bundles. */
static inline void kspan_arrays_push(struct kspan_arrays *arrays, int link,
				     void **lowest)
{
	lowest[link] = arrays->first;
	arrays->first = lowest;
	WRITE_ONCE(arrays->nr, arrays->nr + 1);
}

static inline void **kspan_arrays_pop(struct kspan_arrays *arrays, int link)
{
	void **lowest = arrays->first;

	if (!lowest)
		return NULL;
	arrays->first = lowest[link];
	WRITE_ONCE(arrays->nr, arrays->nr - 1);
	if (arrays->nr < arrays->least)
		arrays->least = arrays->nr;
	return lowest;
}

/*
 * How many nobody has needed since the last call: what the depot of Bonwick and
 * Adams has beyond its working set.
 */
static inline unsigned int kspan_arrays_unused(struct kspan_arrays *arrays)
{
	unsigned int unused = arrays->least;

	arrays->least = arrays->nr;
	return unused;
}

#endif /* _KSPAN_ARRAY_H */

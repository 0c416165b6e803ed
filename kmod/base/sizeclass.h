/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Size classes: which slot size serves a request, and how its spans are laid
 * out. Pure: the same file runs in the kernel and on the host.
 */
#ifndef _KSPAN_SIZECLASS_H
#define _KSPAN_SIZECLASS_H

#include <linux/kspan_sizeclass.h>
#include <linux/types.h>

enum {
	KSPAN_PAGE_SHIFT	= 13,
	KSPAN_PAGE_BYTES	= 1 << KSPAN_PAGE_SHIFT,
	/* Class 0 stands for large objects. */
	KSPAN_LARGE_CLASS	= 0,
	KSPAN_NR_STORES		= 68,
	/* Numbers from KSPAN_NR_STORES up to this are typed caches'. */
	KSPAN_MAX_STORES	= 1024,
	KSPAN_CLASS_STEP_SHIFT	= 3,
	KSPAN_CLASS_STEPS	= (KSPAN_MAX_CLASS_BYTES >> 3) + 1,
	/* Pages of the longest span of any class. */
	KSPAN_MAX_SPAN_PAGES	= 10,
	/* Slots of the fullest span. */
	KSPAN_MAX_NELEMS	= 1024,
	/* What a CPU caches of one class: 16 KB, but so many slots at most. */
	KSPAN_CAPACITY_BYTES	= 16 << 10,
	KSPAN_MAX_CAPACITY	= 124,
	/* Objects that one refill or flush moves, if as many fit. */
	KSPAN_LEAST_BATCH	= 8,
	KSPAN_MAX_BATCH		= KSPAN_MAX_CAPACITY / 2,
	/*
	 * What a CPU and its depot exchange at a time, in slots and in arrays. A
	 * CPU has two of it at most.
	 */
	KSPAN_BUNDLE_BYTES	= 64 << 10,
	KSPAN_BUNDLE_ARRAYS	= 8,
	/*
	 * What a depot holds at most, in slots and in arrays. What is not
	 * needed goes back in time, so this only bounds how large a burst finds
	 * its slots there.
	 */
	KSPAN_DEPOT_BYTES	= 1 << 20,
	KSPAN_DEPOT_ARRAYS	= 64,
	KSPAN_MAGIC_SHIFT	= 44,
	/* Of typed caches: slots, and spans, which lie in one chunk. */
	KSPAN_MAX_EXACT_BYTES	= 4 << 20,
	KSPAN_MAX_EXACT_PAGES	= KSPAN_MAX_EXACT_BYTES >> KSPAN_PAGE_SHIFT,
	/* Of a span's pages its tail is such a part at most, if that can be. */
	KSPAN_TAIL_SHIFT	= 4,
};

/**
 * struct kspan_sizeclass - one row of the table
 * @size_bytes: a slot
 * @npages: heap pages of a span
 * @nelems: slots of a span
 * @short_npages: pages of the shortest span that holds a slot
 * @short_nelems: slots of that
 * @align_pages: a span starts at a multiple of this many pages
 * @capacity: slots that a CPU caches
 * @batch: objects that a refill or a flush moves
 * @bundle: arrays that a shelf and a depot exchange at a time
 * @depot_bundles: bundles of full arrays that a depot holds at most
 * @magic: ceil(2^44 / size_bytes): (offset * magic) >> 44 is the slot's index, for
 *	sizes and offsets up to 4 MB
 */
struct kspan_sizeclass {
	u32	size_bytes;
	u16	npages;
	u16	nelems;
	u16	short_npages;
	u16	short_nelems;
	u16	align_pages;
	u16	capacity;
	u16	batch;
	u16	bundle;
	u16	depot_bundles;
	u64	magic;
};

extern const struct kspan_sizeclass kspan_sizeclasses[KSPAN_NR_STORES];
extern u8 kspan_sizeclass_of[KSPAN_CLASS_STEPS];

void kspan_sizeclass_init(void);
unsigned int kspan_sizeclass_aligned(size_t size_bytes, size_t align_bytes);
bool kspan_sizeclass_exact(struct kspan_sizeclass *sc, size_t size_bytes,
			   size_t align_bytes);

/* The class that serves a size up to KSPAN_MAX_CLASS_BYTES; 0 for size 0. */
static inline unsigned int kspan_sizeclass(size_t size_bytes)
{
	const u8 *classes = kspan_sizeclass_of;

	return classes[(size_bytes + 7) >> KSPAN_CLASS_STEP_SHIFT];
}

/* Which slot of a span holds the byte at @offset. */
static inline unsigned int kspan_slot_index(u32 offset, u64 magic)
{
	return (offset * magic) >> KSPAN_MAGIC_SHIFT;
}

#endif /* _KSPAN_SIZECLASS_H */

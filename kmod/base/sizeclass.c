// SPDX-License-Identifier: GPL-2.0
#include "base/compat.h"
#include "base/sizeclass.h"

#define SHORT_PAGES(size) (((size) + KSPAN_PAGE_BYTES - 1) / KSPAN_PAGE_BYTES)

/* A power of two above a page is aligned to itself, as kmalloc() promises. */
#define ALIGN_PAGES(size) \
	(((size) & ((size) - 1)) || (size) <= KSPAN_PAGE_BYTES ? \
	 1 : (size) / KSPAN_PAGE_BYTES)

/* All classes together stay below KSPAN_CPU_CAP_BYTES. */
#define CAPACITY(size) \
	((size) > KSPAN_CAPACITY_BYTES ? 1 : \
	 (size) * KSPAN_MAX_CAPACITY < KSPAN_CAPACITY_BYTES ? \
	 KSPAN_MAX_CAPACITY : KSPAN_CAPACITY_BYTES / (size))

#define AT_MOST(most, n) ((n) > (most) ? (most) : (n))

/*
 * Two fit, so that a refill and a flush are a batch apart at least. Where few fit, all
 * go at a time: there it is the full arrays on the shelf that keep the two apart.
 */
#define BATCH(size) \
	(CAPACITY(size) >= 2 * KSPAN_LEAST_BATCH ? CAPACITY(size) / 2 : \
	 AT_MOST(KSPAN_LEAST_BATCH, CAPACITY(size)))

#define ARRAY_SLOT_BYTES(size) (CAPACITY(size) * (size))

#define BUNDLE(size) \
	AT_MOST(KSPAN_BUNDLE_ARRAYS, \
		KSPAN_BUNDLE_BYTES / ARRAY_SLOT_BYTES(size))

#define DEPOT_BUNDLES(size) \
	AT_MOST(KSPAN_DEPOT_ARRAYS / BUNDLE(size), \
		KSPAN_DEPOT_BYTES / (BUNDLE(size) * ARRAY_SLOT_BYTES(size)))

/* Rounded up. */
#define MAGIC(size)	(((1ULL << KSPAN_MAGIC_SHIFT) + (size) - 1) / (size))

#define SIZECLASS_ROW(class, size, pages, slots, reciprocal) \
	[class] = { \
		.size_bytes	= size, \
		.npages		= pages, \
		.nelems		= slots, \
		.short_npages	= SHORT_PAGES(size), \
		.short_nelems	= SHORT_PAGES(size) * KSPAN_PAGE_BYTES / (size), \
		.align_pages	= ALIGN_PAGES(size), \
		.capacity	= CAPACITY(size), \
		.batch		= BATCH(size), \
		.bundle		= BUNDLE(size), \
		.depot_bundles	= DEPOT_BUNDLES(size), \
		.magic		= MAGIC(size), \
	},

const struct kspan_sizeclass kspan_sizeclasses[KSPAN_NR_STORES] = {
	KSPAN_SIZECLASSES(SIZECLASS_ROW)
};
EXPORT_SYMBOL_IF_KUNIT(kspan_sizeclasses);

u8 kspan_sizeclass_of[KSPAN_CLASS_STEPS];
EXPORT_SYMBOL_IF_KUNIT(kspan_sizeclass_of);

/* Fills the lookup table: one byte for every 8 bytes of size. */
void kspan_sizeclass_init(void)
{
	unsigned int class = 0;
	unsigned int step;

	for (step = 0; step < KSPAN_CLASS_STEPS; step++) {
		size_t size_bytes = (size_t)step << KSPAN_CLASS_STEP_SHIFT;

		if (size_bytes > kspan_sizeclasses[class].size_bytes)
			class++;
		kspan_sizeclass_of[step] = class;
	}
}

/*
 * The smallest class whose slots hold @size_bytes and start at multiples of
 * @align_bytes, a power of two; 0 if there is none.
 */
unsigned int kspan_sizeclass_aligned(size_t size_bytes, size_t align_bytes)
{
	unsigned int class;

	if (size_bytes > KSPAN_MAX_CLASS_BYTES)
		return 0;
	for (class = kspan_sizeclass(size_bytes); class < KSPAN_NR_STORES;
	     class++) {
		const struct kspan_sizeclass *sc = &kspan_sizeclasses[class];
		size_t start_align = (size_t)sc->align_pages << KSPAN_PAGE_SHIFT;

		if (!(sc->size_bytes & (align_bytes - 1)) &&
		    align_bytes <= start_align)
			return class;
	}
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_sizeclass_aligned);

/* Bytes at the end of a span that no slot has. */
static size_t tail_bytes(unsigned int npages, size_t slot_bytes)
{
	return (size_t)npages * KSPAN_PAGE_BYTES % slot_bytes;
}

static unsigned int slots_of(unsigned int npages, size_t slot_bytes)
{
	return AT_MOST(KSPAN_MAX_NELEMS,
		       (size_t)npages * KSPAN_PAGE_BYTES / slot_bytes);
}

/*
 * The shortest span whose tail is a sixteenth at most. Two slots and 16 pages have
 * it, if a span may be as long; else the one whose tail is the least part of it.
 */
static unsigned int best_npages(unsigned int least, size_t slot_bytes)
{
	unsigned int most = AT_MOST(KSPAN_MAX_EXACT_PAGES, 2 * least + 16);
	unsigned int best = least;
	unsigned int npages;

	for (npages = least; npages <= most; npages++) {
		size_t tail = tail_bytes(npages, slot_bytes);

		if (tail << KSPAN_TAIL_SHIFT <=
		    (size_t)npages * KSPAN_PAGE_BYTES)
			return npages;
		if (tail * best < tail_bytes(best, slot_bytes) * npages)
			best = npages;
	}
	return best;
}

/**
 * kspan_sizeclass_exact() - lay out spans of slots of one size
 * @sc: out
 * @size_bytes: an object
 * @align_bytes: a power of two; 0 is none
 *
 * The slot is the size rounded up to the larger of alignment and 8.
 *
 * Return: false if slot or alignment is none, or above 4 MB.
 */
bool kspan_sizeclass_exact(struct kspan_sizeclass *sc, size_t size_bytes,
			   size_t align_bytes)
{
	size_t slot_bytes;

	if (!size_bytes || size_bytes > KSPAN_MAX_EXACT_BYTES ||
	    align_bytes > KSPAN_MAX_EXACT_BYTES ||
	    align_bytes & (align_bytes - 1))
		return false;
	if (align_bytes < 8)
		align_bytes = 8;
	slot_bytes = (size_bytes + align_bytes - 1) & ~(align_bytes - 1);
	*sc = (struct kspan_sizeclass) {
		.size_bytes	= slot_bytes,
		.short_npages	= SHORT_PAGES(slot_bytes),
		.align_pages	= align_bytes <= KSPAN_PAGE_BYTES ? 1 :
				  align_bytes >> KSPAN_PAGE_SHIFT,
		.capacity	= CAPACITY(slot_bytes),
		.batch		= BATCH(slot_bytes),
		.magic		= MAGIC(slot_bytes),
	};
	sc->npages = best_npages(sc->short_npages, slot_bytes);
	sc->nelems = slots_of(sc->npages, slot_bytes);
	sc->short_nelems = slots_of(sc->short_npages, slot_bytes);
	/* Those above it are on no shelf. */
	if (ARRAY_SLOT_BYTES(slot_bytes) <= KSPAN_BUNDLE_BYTES) {
		sc->bundle = BUNDLE(slot_bytes);
		sc->depot_bundles = DEPOT_BUNDLES(slot_bytes);
	}
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_sizeclass_exact);

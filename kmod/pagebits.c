// SPDX-License-Identifier: GPL-2.0
#include "compat.h"
#include "pagebits.h"

/*
 * The lowest run of @npages clear bits that starts at a multiple of
 * @align_pages, a power of two; KSPAN_CHUNK_PAGES if there is none.
 */
unsigned int kspan_pagebits_find(const struct kspan_pagebits *busy,
				 unsigned int npages, unsigned int align_pages)
{
	unsigned long first;

	/* It only reads, but does not say so. */
	first = bitmap_find_next_zero_area((unsigned long *)busy->bits,
					   KSPAN_CHUNK_PAGES, 0, npages,
					   align_pages - 1);
	return first < KSPAN_CHUNK_PAGES ? first : KSPAN_CHUNK_PAGES;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pagebits_find);

/* The length of the longest run of clear bits. */
unsigned int kspan_pagebits_longest(const struct kspan_pagebits *busy)
{
	unsigned long longest = 0;
	unsigned long first = 0;

	while (first + longest < KSPAN_CHUNK_PAGES) {
		unsigned long end;

		first = find_next_zero_bit(busy->bits, KSPAN_CHUNK_PAGES,
					   first);
		if (first >= KSPAN_CHUNK_PAGES)
			break;
		end = find_next_bit(busy->bits, KSPAN_CHUNK_PAGES, first);
		if (end - first > longest)
			longest = end - first;
		first = end;
	}
	return longest;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pagebits_longest);

/* The length of the run of clear bits around the bit @page. */
unsigned int kspan_pagebits_run(const struct kspan_pagebits *busy,
				unsigned int page)
{
	unsigned long before = find_last_bit(busy->bits, page);
	unsigned long end = find_next_bit(busy->bits, KSPAN_CHUNK_PAGES, page);

	return end - (before < page ? before + 1 : 0);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pagebits_run);

/* How many of the bits are set. */
unsigned int kspan_pagebits_weight(const struct kspan_pagebits *pages,
				   unsigned int first, unsigned int npages)
{
	return bitmap_weight(pages->bits, first + npages) -
	       bitmap_weight(pages->bits, first);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pagebits_weight);

bool kspan_pagebits_none(const struct kspan_pagebits *pages,
			 unsigned int first, unsigned int npages)
{
	return find_next_bit(pages->bits, first + npages, first) >=
		first + npages;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pagebits_none);

bool kspan_pagebits_all(const struct kspan_pagebits *pages,
			unsigned int first, unsigned int npages)
{
	return find_next_zero_bit(pages->bits, first + npages, first) >=
		first + npages;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pagebits_all);

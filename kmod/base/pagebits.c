// SPDX-License-Identifier: GPL-2.0
#include "base/compat.h"
#include "base/pagebits.h"

/*
 * The lowest run of @npages clear bits between @first and @end that starts at a
 * multiple of @align_pages, a power of two; KSPAN_CHUNK_PAGES if there is none.
 */
unsigned int kspan_pagebits_find_in(const struct kspan_pagebits *busy,
				    unsigned int first, unsigned int end,
				    unsigned int npages,
				    unsigned int align_pages)
{
	unsigned long place;

	/* It only reads, but does not say so. */
	place = bitmap_find_next_zero_area((unsigned long *)busy->bits, end,
					   first, npages, align_pages - 1);
	return place < end ? place : KSPAN_CHUNK_PAGES;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pagebits_find_in);

/*
 * The length of the longest run of clear bits between @first and @end, which are
 * multiples of BITS_PER_LONG.
 */
unsigned int kspan_pagebits_longest_in(const struct kspan_pagebits *busy,
				       unsigned int first, unsigned int end)
{
	unsigned int longest = 0;
	unsigned int run = 0;

	for (; first < end; first += BITS_PER_LONG) {
		unsigned long word = busy->bits[BIT_WORD(first)];
		unsigned int left = BITS_PER_LONG;

		while (word) {
			unsigned int nclear = __ffs(word);
			unsigned int nset;

			run += nclear;
			if (run > longest)
				longest = run;
			run = 0;
			word >>= nclear;
			nset = ~word ? __ffs(~word) : BITS_PER_LONG;
			left -= nclear + nset;
			word = left ? word >> nset : 0;
		}
		run += left;
	}
	return run > longest ? run : longest;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pagebits_longest_in);

/*
 * The size of the largest block of clear bits between @first and @end, which are
 * multiples of the power of two that lies between them. The size of a block is a
 * power of two, too, and it starts at a multiple of that. Log2 of the size,
 * plus 1; 0 if there is none.
 */
unsigned int kspan_pagebits_order_in(const struct kspan_pagebits *busy,
				     unsigned int first, unsigned int end)
{
	/* The multiples of 2, 4, 8 ... 64. */
	static const u64 starts[] = {
		0x5555555555555555, 0x1111111111111111, 0x0101010101010101,
		0x0001000100010001, 0x0000000100000001, 0x0000000000000001,
	};
	unsigned long words[BITS_TO_LONGS(KSPAN_CHUNK_PAGES)];
	unsigned int nwords = (end - first) / BITS_PER_LONG;
	unsigned int order;
	unsigned int i;

	for (i = 0; i < nwords; i++)
		words[i] = ~busy->bits[BIT_WORD(first) + i];
	/* A bit is set where a block of the order starts. */
	for (order = 0;; order++) {
		unsigned long any = 0;

		for (i = 0; i < nwords; i++)
			any |= words[i];
		if (!any)
			return order;
		if (order < ARRAY_SIZE(starts)) {
			for (i = 0; i < nwords; i++)
				words[i] &= words[i] >> (1U << order) &
					    starts[order];
			continue;
		}
		/* Of words that are clear as a whole, two make a larger one. */
		if (nwords == 1)
			return order + 1;
		nwords /= 2;
		for (i = 0; i < nwords; i++)
			words[i] = words[2 * i] & words[2 * i + 1];
	}
}
EXPORT_SYMBOL_IF_KUNIT(kspan_pagebits_order_in);

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

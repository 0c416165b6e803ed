/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page bitmaps of a chunk: 512 bits, one for each 8 KB page. Pure: knows
 * neither locks nor addresses.
 */
#ifndef _KSPAN_PAGEBITS_H
#define _KSPAN_PAGEBITS_H

#include <linux/bitmap.h>
#include <linux/types.h>

enum {
	KSPAN_CHUNK_PAGES = 512,
};

struct kspan_pagebits {
	DECLARE_BITMAP(bits, KSPAN_CHUNK_PAGES);
};

unsigned int kspan_pagebits_find_in(const struct kspan_pagebits *busy,
				    unsigned int first, unsigned int end,
				    unsigned int npages,
				    unsigned int align_pages);
unsigned int kspan_pagebits_longest_in(const struct kspan_pagebits *busy,
				       unsigned int first, unsigned int end);
unsigned int kspan_pagebits_order_in(const struct kspan_pagebits *busy,
				     unsigned int first, unsigned int end);
unsigned int kspan_pagebits_weight(const struct kspan_pagebits *pages,
				   unsigned int first, unsigned int npages);
unsigned int kspan_pagebits_run(const struct kspan_pagebits *busy,
				unsigned int page);
bool kspan_pagebits_none(const struct kspan_pagebits *pages,
			 unsigned int first, unsigned int npages);
bool kspan_pagebits_all(const struct kspan_pagebits *pages,
			unsigned int first, unsigned int npages);

static inline unsigned int
kspan_pagebits_find(const struct kspan_pagebits *busy, unsigned int npages,
		    unsigned int align_pages)
{
	return kspan_pagebits_find_in(busy, 0, KSPAN_CHUNK_PAGES, npages,
				      align_pages);
}

static inline unsigned int
kspan_pagebits_longest(const struct kspan_pagebits *busy)
{
	return kspan_pagebits_longest_in(busy, 0, KSPAN_CHUNK_PAGES);
}

static inline void kspan_pagebits_set(struct kspan_pagebits *pages,
				      unsigned int first, unsigned int npages)
{
	bitmap_set(pages->bits, first, npages);
}

static inline void kspan_pagebits_clear(struct kspan_pagebits *pages,
					unsigned int first, unsigned int npages)
{
	bitmap_clear(pages->bits, first, npages);
}

static inline bool kspan_pagebits_test(const struct kspan_pagebits *pages,
				       unsigned int page)
{
	return test_bit(page, pages->bits);
}

#endif /* _KSPAN_PAGEBITS_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Units: heap pages, chunks and arenas, in bytes and in numbers.
 */
#ifndef _KSPAN_UNITS_H
#define _KSPAN_UNITS_H

#include <linux/bits.h>
#include <linux/types.h>

#include "base/pagebits.h"
#include "base/sizeclass.h"

enum {
	KSPAN_CHUNK_SHIFT	= 22,
	KSPAN_ARENA_SHIFT	= 26,
};

#define KSPAN_CHUNK_BYTES	BIT(KSPAN_CHUNK_SHIFT)
#define KSPAN_ARENA_BYTES	BIT(KSPAN_ARENA_SHIFT)

static inline size_t kspan_npages_bytes(unsigned int npages)
{
	return (size_t)npages << KSPAN_PAGE_SHIFT;
}

static inline unsigned long kspan_page_number(unsigned long addr)
{
	return addr >> KSPAN_PAGE_SHIFT;
}

static inline unsigned int kspan_page_in_chunk(unsigned long addr)
{
	return kspan_page_number(addr) % KSPAN_CHUNK_PAGES;
}

#endif /* _KSPAN_UNITS_H */

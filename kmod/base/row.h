/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rows: what a free must know of the page it points into.
 *
 * Every 8 KB page of a heap has a pointer to a row. Spans of one store and one
 * length share rows, one for each place of a page in its span, so rows stay in
 * the CPU's cache while spans do not. Pure but for the pointer it carries.
 */
#ifndef _KSPAN_ROW_H
#define _KSPAN_ROW_H

#include "base/sizeclass.h"

struct kspan_mag;

/**
 * struct kspan_row - is an address the start of a slot, and whose
 * @neg_magic: -(floor(2^64 / slot size) + 1)
 * @bias: see kspan_row_init()
 * @mag: the store's magazines
 * @secret: the store's, see mark.h
 *
 * One multiplication answers both "is it a multiple of the slot size from the
 * span's start" and "does it lie before the tail". A row that is zero refuses
 * every address.
 */
struct kspan_row {
	u64				neg_magic;
	u64				bias;
	struct kspan_mag __percpu	*mag;
	u64				secret;
};

/* What the starts of slots come to at least; fits into a comparison. */
#define KSPAN_ROW_START	(-(1ULL << 30))

void kspan_row_init(struct kspan_row *row, u32 slot_bytes, u32 nelems,
		    u32 place);

/* Whether the byte at @offset of the row's page starts a slot. */
static __always_inline bool kspan_row_starts_slot(const struct kspan_row *row,
						  unsigned long offset)
{
	return offset * row->neg_magic + row->bias >= KSPAN_ROW_START;
}

/* Whether the row refuses every address. */
static __always_inline bool kspan_row_refuses(const struct kspan_row *row)
{
	return !row->neg_magic;
}

#endif /* _KSPAN_ROW_H */

// SPDX-License-Identifier: GPL-2.0
#include "base/compat.h"
#include "base/row.h"

/*
 * The row of the page number @place of a span of @nelems slots, as many as fit:
 * the tail is shorter than a slot.
 *
 * Let size be the slot size, M = floor(2^64 / size) + 1, e = size * M - 2^64, and
 * limit = nelems * size. For the byte at offset off of the span let
 * n = limit - 1 - off and v = n * M mod 2^64.
 *
 * - off starts a slot: n = q * size + (size - 1), so v = 2^64 - M + (q + 1) * e.
 * - off is inside a slot: n has a smaller remainder, and v < 2^64 - M + e.
 * - off = limit, the tail's first byte: v = 2^64 - M, which is below
 *   2^64 - M + e as e > 0.
 * - off further into the tail: v is smaller still.
 *
 * So off starts a slot if and only if v >= T with T = 2^64 - M + e, that is
 * v - T < M - e. As q * e stays far below M for spans of this size, nothing
 * wraps. With off = place * page + x, v - T is linear in x:
 * x * (-M) + ((limit - 1) * M - T - place * page * M).
 */
void kspan_row_init(struct kspan_row *row, u32 slot_bytes, u32 nelems,
		    u32 place)
{
	u64 limit = (u64)slot_bytes * nelems;
	u64 magic = ~0ULL / slot_bytes + 1;
	u64 excess = slot_bytes * magic;
	u64 threshold;

	/* A power of two divides 2^64. */
	if (!excess) {
		magic++;
		excess = slot_bytes;
	}
	threshold = excess - magic;
	row->neg_magic = -magic;
	row->bias = (limit - 1) * magic - threshold -
		    (u64)place * KSPAN_PAGE_BYTES * magic;
	row->bound = magic - excess;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_row_init);

/* A large object starts where its span starts, and nowhere else. */
void kspan_row_init_large(struct kspan_row *row, u32 place)
{
	row->neg_magic = 1;
	row->bias = 0;
	row->bound = place ? 0 : 1;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_row_init_large);

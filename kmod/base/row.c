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
 * So off starts a slot if and only if v >= T with T = 2^64 - M + e, and then
 * v - T = q * e, which is below limit, and limit is below 2^30. All other v - T
 * modulo 2^64 are from M - e to 2^64 - e, and M - e is above 2^30. So
 * v - T - 2^30 modulo 2^64 is KSPAN_ROW_START or more for the starts of slots and
 * for nothing else. With off = place * page + x it is linear in x:
 * x * (-M) + ((limit - 1) * M - T - place * page * M - 2^30).
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
		    (u64)place * KSPAN_PAGE_BYTES * magic + KSPAN_ROW_START;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_row_init);

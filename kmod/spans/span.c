// SPDX-License-Identifier: GPL-2.0
#include <linux/bitmap.h>

#include "base/compat.h"
#include "base/once.h"
#include "spans/span.h"

static void load_cache(struct kspan_span *span, unsigned int index)
{
	WRITE_ONCE(span->free_index, index);
	span->alloc_cache = ~span->alloc_bits[BIT_WORD(index)] >>
			    (index % BITS_PER_LONG);
}

/* All slots free, all bits beyond the last one set. */
void kspan_span_init_slots(struct kspan_span *span)
{
	unsigned int nbits = kspan_span_words(span->nelems) * BITS_PER_LONG;

	bitmap_zero(span->alloc_bits, nbits);
	bitmap_set(span->alloc_bits, span->nelems, nbits - span->nelems);
	span->alloc_count = 0;
	load_cache(span, 0);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_span_init_slots);

/**
 * kspan_span_take() - take slots out of a span
 * @span: the span
 * @slot_bytes: size of a slot
 * @objs: where their addresses go
 * @nobjs: how many
 *
 * Return: how many were taken; fewer than @nobjs only if the span is full now.
 */
unsigned int kspan_span_take(struct kspan_span *span, u32 slot_bytes,
			     void **objs, unsigned int nobjs)
{
	unsigned int nfree = span->nelems - span->alloc_count;
	unsigned int taken = 0;

	nobjs = min(nobjs, nfree);
	while (taken < nobjs) {
		unsigned int base = span->free_index;
		unsigned long cache = span->alloc_cache;
		unsigned long slot = span->addr + base * slot_bytes;
		unsigned int here = min_t(unsigned int, nobjs - taken,
					  hweight_long(cache));
		void **end = objs + here;
		unsigned int bit = 0;

		while (objs != end) {
			bit = __ffs(cache);
			cache &= cache - 1;
			*objs++ = (void *)(slot + bit * slot_bytes);
		}
		taken += here;
		/* The bits that the loop has cleared are those it has taken. */
		span->alloc_bits[BIT_WORD(base)] |=
			(span->alloc_cache ^ cache) << (base % BITS_PER_LONG);
		if (cache) {
			/* Enough taken; at least one more bit follows. */
			WRITE_ONCE(span->free_index, base + bit + 1);
			span->alloc_cache = cache >> bit >> 1;
			break;
		}
		base = round_down(base, BITS_PER_LONG) + BITS_PER_LONG;
		load_cache(span, base < span->nelems ? base : 0);
	}
	kspan_add_once(span->alloc_count, taken);
	return taken;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_span_take);

/* For tests and verify: do count and bits agree, and is the search sound? */
bool kspan_span_identity_holds(const struct kspan_span *span)
{
	unsigned int nbits = kspan_span_words(span->nelems) * BITS_PER_LONG;
	unsigned int junk = nbits - span->nelems;

	if (bitmap_weight(span->alloc_bits, nbits) != span->alloc_count + junk)
		return false;
	if (find_next_zero_bit(span->alloc_bits, nbits, span->nelems) < nbits)
		return false;
	if (span->free_index >= span->nelems)
		return false;
	/* What the cache calls free is free. */
	return !((span->alloc_cache << (span->free_index % BITS_PER_LONG)) &
		 span->alloc_bits[BIT_WORD(span->free_index)]);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_span_identity_holds);

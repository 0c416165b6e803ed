// SPDX-License-Identifier: GPL-2.0
#include <linux/bitops.h>

#include "compat.h"
#include "span.h"

static void load_cache(struct kspan_span *span, unsigned int index)
{
	span->free_index = index;
	span->alloc_cache = ~span->alloc_bits[index / 64] >> (index % 64);
}

/* All slots free, all bits beyond the last one set. */
void kspan_span_init_slots(struct kspan_span *span)
{
	unsigned int nwords = kspan_span_words(span->nelems);
	unsigned int word;

	for (word = 0; word < nwords; word++)
		span->alloc_bits[word] = 0;
	if (span->nelems % 64)
		span->alloc_bits[nwords - 1] = ~0ULL << (span->nelems % 64);
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
		u64 cache = span->alloc_cache;
		u64 *word = &span->alloc_bits[base / 64];
		unsigned int shift = base % 64;
		unsigned int bit = 0;

		while (cache && taken < nobjs) {
			bit = __ffs64(cache);
			cache &= cache - 1;
			*word |= 1ULL << (shift + bit);
			objs[taken++] = (void *)(span->addr +
						 (base + bit) * slot_bytes);
		}
		if (cache) {
			/* Enough taken; at least one more bit follows. */
			span->free_index = base + bit + 1;
			span->alloc_cache = cache >> bit >> 1;
			break;
		}
		base = (base / 64 + 1) * 64;
		load_cache(span, base < span->nelems ? base : 0);
	}
	span->alloc_count += taken;
	return taken;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_span_take);

/**
 * kspan_span_put() - put a slot back into a span
 * @span: the span
 * @index: the slot
 *
 * Return: false, and nothing done, if the slot was not out.
 */
bool kspan_span_put(struct kspan_span *span, unsigned int index)
{
	u64 *word = &span->alloc_bits[index / 64];
	u64 bit = 1ULL << (index % 64);

	if (!(*word & bit))
		return false;
	*word &= ~bit;
	span->alloc_count--;
	span->needzero = 1;
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_span_put);

/* For tests and verify: do count and bits agree, and is the search sound? */
bool kspan_span_identity_holds(const struct kspan_span *span)
{
	unsigned int nwords = kspan_span_words(span->nelems);
	unsigned int junk = nwords * 64 - span->nelems;
	unsigned int out = 0;
	unsigned int word;

	for (word = 0; word < nwords; word++)
		out += hweight64(span->alloc_bits[word]);
	if (out != span->alloc_count + junk)
		return false;
	if (junk && ~span->alloc_bits[nwords - 1] >> (64 - junk))
		return false;
	if (span->free_index >= span->nelems)
		return false;
	/* What the cache calls free is free. */
	return !((span->alloc_cache << (span->free_index % 64)) &
		 span->alloc_bits[span->free_index / 64]);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_span_identity_holds);

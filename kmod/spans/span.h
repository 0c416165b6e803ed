/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Spans: runs of heap pages cut into slots of one size, or holding one large
 * object. What describes a span lies outside of its pages.
 */
#ifndef _KSPAN_SPAN_H
#define _KSPAN_SPAN_H

#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include "base/once.h"
#include "base/sizeclass.h"

struct kspan_bump_owner;
struct kspan_central;

/* Where the memory of a span's slots goes when they are freed. */
enum kspan_span_kind {
	KSPAN_SPAN_SLOTS,	/* to magazines, and to the central list */
	KSPAN_SPAN_LARGE,	/* its one object's pages, to the page heap */
	KSPAN_SPAN_LENT,	/* slots or an object, back to the reserve */
	KSPAN_SPAN_ENTITLED,	/* likewise, from the kernel's, and back to it */
	KSPAN_SPAN_BUMP,	/* part of a stack or region, which gives it back */
};

/**
 * struct kspan_span - a run of pages in use
 * @list: in a list of the central list, unless full or empty; in that of its
 *	owner, of KSPAN_SPAN_BUMP
 * @rcu: frees the descriptor once no lookup can hold it
 * @central: the central list it belongs to; constant
 * @addr: first byte; constant
 * @alloc_cache: complement of the word of @alloc_bits that @free_index lies in,
 *	as it was when the search came to it, shifted so that bit 0 is the slot
 *	@free_index
 * @owner: the stack or region it is part of, of KSPAN_SPAN_BUMP; constant. A
 *	descriptor is of that kind until it is freed
 * @npages: heap pages; constant
 * @nelems: slots; constant
 * @free_index: where the search for a free slot resumes
 * @alloc_count: slots that are out of the span: live, or in a CPU cache
 * @relink_at: @alloc_count at which a slot that comes back moves the span to
 *	another bucket
 * @bucket: which list of the central list it is in, of KSPAN_SPAN_SLOTS
 * @kind: enum kspan_span_kind; constant while it is published
 * @needzero: some free slot is not known to be zero behind its mark
 * @user: who has taken the last batch from it, of KSPAN_SPAN_SLOTS; see bucket.h
 * @lost: the collector has to look into its reached objects again
 * @swept: the round in which the collector has last swept it; see round.h
 * @since: when it was published; see age.h
 * @alloc_bits: a bit for each slot, set while it is out of the span. Bits
 *	beyond the last slot are set
 *
 * A slot that comes back below @free_index, or into the word that @alloc_cache
 * was read from, is found again when the search starts over.
 *
 * What is not constant is guarded by the central list's lock. The identity:
 * @alloc_count is the number of set bits below @nelems, and
 * live + cached + (@nelems - @alloc_count) = @nelems.
 */
struct kspan_span {
	union {
		struct list_head	list;
		struct rcu_head		rcu;
	};
	struct kspan_central	*central;
	unsigned long		addr;
	union {
		unsigned long		alloc_cache;
		struct kspan_bump_owner	*owner;
	};
	u16			npages;
	u16			nelems;
	u16			free_index;
	u16			alloc_count;
	u16			relink_at;
	u8			bucket;
	u8			kind;
	u8			needzero;
	u8			user;
	bool			lost;
	u8			swept;
	u32			since;
	unsigned long		alloc_bits[];
};

static inline unsigned int kspan_span_words(unsigned int nelems)
{
	return BITS_TO_LONGS(nelems);
}

void kspan_span_init_slots(struct kspan_span *span);
unsigned int kspan_span_take(struct kspan_span *span, u32 slot_bytes,
			     void **objs, unsigned int nobjs);
bool kspan_span_identity_holds(const struct kspan_span *span);

/**
 * kspan_span_put() - put a slot back into a span
 * @span: the span
 * @index: the slot
 *
 * Return: false, and nothing done, if the slot was not out.
 */
static __always_inline bool kspan_span_put(struct kspan_span *span,
					   unsigned int index)
{
	if (unlikely(!__test_and_clear_bit(index, span->alloc_bits)))
		return false;
	kspan_sub_once(span->alloc_count, 1);
	WRITE_ONCE(span->needzero, 1);
	return true;
}

/**
 * kspan_span_slot_at() - which slot of a span starts at an address
 * @span: the span
 * @sc: its size class
 * @addr: an address in one of its pages
 * @index: out: the slot
 *
 * A caller who frees an object twice can make a slot of a page that has been cut
 * anew since turn up in a cache.
 *
 * Return: false if none does.
 */
static __always_inline bool
kspan_span_slot_at(const struct kspan_span *span,
		   const struct kspan_sizeclass *sc, unsigned long addr,
		   unsigned int *index)
{
	unsigned long offset = addr - span->addr;

	*index = kspan_slot_index(offset, sc->magic);
	return *index * sc->size_bytes == offset && *index < span->nelems;
}

/* Whether a slot is out of the span. */
static inline bool kspan_span_slot_out(const struct kspan_span *span,
				       unsigned int index)
{
	/* A moment ago, unless the caller holds the lock. */
	return data_race(test_bit(index, span->alloc_bits));
}

#endif /* _KSPAN_SPAN_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Collected slots: what the spans of a collected heap know of theirs besides.
 *
 * Behind the bits of a span's descriptor lie three more of each slot, and where a
 * store has objects of many types, a word for each:
 *
 *   reached	the collector has come to the object, or it was allocated while that is
 *		at work
 *   dead	the object was freed while the collector may have been looking at it,
 *		which puts the slot back
 *   checked	the collector's second look has come to the object
 *   info	what lies in the slot; 0 while that is nothing
 *
 * A free slot is zero behind its freed mark, so that an object is whole in the moment
 * in which the mark goes. It is reached before that, if the collector is at work. In
 * debug builds it has a pattern there instead, until it is about to be allocated.
 *
 * All bits are written by atomic operations, by anybody; info by who allocates and
 * who frees. The collector's floor knows what it means.
 */
#ifndef _KSPAN_COLLECTED_H
#define _KSPAN_COLLECTED_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/compiler.h>

#include "spans/span.h"

enum {
	/* What is allocated is reached. */
	KSPAN_COLLECTED_BLACK	= 1 << 0,
	/* Free slots have a pattern. */
	KSPAN_COLLECTED_POISON	= 1 << 1,
	/* Spans may be swept by who wants slots of them. */
	KSPAN_COLLECTED_SWEEP	= 1 << 2,
	/* The pattern: no pointer to anything. */
	KSPAN_COLLECTED_PATTERN	= 0x6b,
	/* In no round has a new span been swept. */
	KSPAN_NO_ROUND		= 0,
};

/**
 * struct kspan_collected - of a heap that is collected
 * @flags: KSPAN_COLLECTED_*: what there is to do before an object's mark goes, and
 *	before the heap grows
 */
struct kspan_collected {
	u8	flags;
};

/* Bits of each slot. */
#define KSPAN_COLLECTED_BITS	3

static inline size_t kspan_collected_bytes(unsigned int nelems, bool informed)
{
	return KSPAN_COLLECTED_BITS * kspan_span_words(nelems) *
	       sizeof(unsigned long) + (informed ? nelems * sizeof(u64) : 0);
}

static inline unsigned long *kspan_span_reached(struct kspan_span *span)
{
	return &span->alloc_bits[kspan_span_words(span->nelems)];
}

static inline unsigned long *kspan_span_dead(struct kspan_span *span)
{
	return &span->alloc_bits[2 * kspan_span_words(span->nelems)];
}

static inline unsigned long *kspan_span_checked(struct kspan_span *span)
{
	return &span->alloc_bits[3 * kspan_span_words(span->nelems)];
}

static inline u64 *kspan_span_info(struct kspan_span *span)
{
	return (u64 *)&span->alloc_bits[(1 + KSPAN_COLLECTED_BITS) *
					kspan_span_words(span->nelems)];
}

#endif /* _KSPAN_COLLECTED_H */

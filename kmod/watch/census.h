/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Census: which live objects a heap had, span by span, as a walk has found them.
 *
 * It is a list of its own, which nobody else changes. What it says of an object may have
 * been overtaken: who looks at the object itself asks again, as an RCU reader.
 */
#ifndef _KSPAN_CENSUS_H
#define _KSPAN_CENSUS_H

#include <linux/bitops.h>
#include <linux/types.h>

struct kspan_heap;
struct kspan_span;

/**
 * struct kspan_census_span - live objects of a span, or one in vmalloc memory
 * @addr: first byte
 * @end: behind the last
 * @slot_bytes: a slot, or the pages of a large object
 * @magic: see kspan_slot_index(); 0 of a single object
 * @since: when it was published, see age.h; 0 if nobody knows
 * @nelems: slots
 * @class: 0 is a large object
 * @huge: it is in vmalloc memory
 * @bits: three for each slot, see below
 */
struct kspan_census_span {
	unsigned long	addr;
	unsigned long	end;
	size_t		slot_bytes;
	u64		magic;
	u32		since;
	unsigned int	nelems;
	unsigned int	class;
	bool		huge;
	unsigned long	bits[];
};

enum {
	KSPAN_CENSUS_BITS = 3,
};

/* What was live. */
static inline unsigned long *
kspan_census_live(struct kspan_census_span *span)
{
	return span->bits;
}

/* What has been reached. */
static inline unsigned long *
kspan_census_reached(struct kspan_census_span *span)
{
	return &span->bits[BITS_TO_LONGS(span->nelems)];
}

/* What is yet to be looked into, or to be told. */
static inline unsigned long *
kspan_census_due(struct kspan_census_span *span)
{
	return &span->bits[2 * BITS_TO_LONGS(span->nelems)];
}

static inline unsigned long
kspan_census_slot(const struct kspan_census_span *span, unsigned int index)
{
	return span->addr + index * span->slot_bytes;
}

/**
 * struct kspan_census - the live objects of a heap
 * @heap: the heap
 * @spans: by address
 * @nr: how many
 * @room: how many @spans has room for
 */
struct kspan_census {
	struct kspan_heap		*heap;
	struct kspan_census_span	**spans;
	size_t				nr;
	size_t				room;
};

/* Told of an address at which a span may start; sets where to go on. */
typedef int (*kspan_census_fn)(struct kspan_heap *heap, unsigned long *addr,
			       void *arg);

int kspan_census_broken_off(const struct kspan_heap *heap);
int kspan_census_walk(struct kspan_heap *heap, kspan_census_fn fn, void *arg);
int kspan_census_take(struct kspan_census *census, struct kspan_heap *heap);
void kspan_census_drop(struct kspan_census *census);
struct kspan_census_span *kspan_census_find(const struct kspan_census *census,
					    unsigned long addr,
					    unsigned int *index);
bool kspan_census_stands(const struct kspan_census *census,
			 const struct kspan_census_span *span,
			 unsigned int index);
bool kspan_slot_live(struct kspan_span *span, unsigned int index);

#endif /* _KSPAN_CENSUS_H */

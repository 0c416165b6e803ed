/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owners: what a span of a stack or region leads to.
 */
#ifndef _KSPAN_OWNER_H
#define _KSPAN_OWNER_H

#include <linux/kspan.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/types.h>

#include "spans/lookup.h"
#include "spans/span.h"

struct kspan_store;

/**
 * struct kspan_bump_owner - a stack or a region, as its spans know it
 * @store: of large objects, of its heap; constant
 * @bump: its state, whose @next is 0 while nobody has borrowed it; constant
 * @spans: its spans, the newest first
 * @start: of its first span, by which it is known
 * @size_bytes: all of its spans
 * @body_bytes: the struct that this is the first member of
 * @checked: its memory is poisoned and guarded; constant
 * @rcu: frees it once no lookup can hold it
 *
 * Its user guards it; lookups read @bump, @start and @size_bytes as they change.
 */
struct kspan_bump_owner {
	struct kspan_store	*store;
	const struct kspan_bump	*bump;
	struct list_head	spans;
	unsigned long		start;
	size_t			size_bytes;
	size_t			body_bytes;
	bool			checked;
	struct rcu_head		rcu;
};

/* Whether a span, from a lookup by an RCU reader, is a stack's or region's. */
static inline bool kspan_span_is_bump(const struct kspan_span *span)
{
	return span->kind == KSPAN_SPAN_BUMP;
}

/* Whether an address lies in a stack or region. Any context. */
static inline bool kspan_is_member(const void *p)
{
	const struct kspan_span *span;
	bool member;

	rcu_read_lock();
	span = kspan_span_at((unsigned long)p);
	member = span && kspan_span_is_bump(span);
	rcu_read_unlock();
	return member;
}

/* Whether an owner is in a cache, where it waits to be borrowed. */
static inline bool kspan_bump_idle(const struct kspan_bump_owner *owner)
{
	return !READ_ONCE(owner->bump->next);
}

/*
 * The heap goes with all of its spans, and this one is not published any more. What
 * describes the owner goes with its first.
 */
static inline void kspan_bump_drop(struct kspan_span *span)
{
	struct kspan_bump_owner *owner = span->owner;

	if (span->nelems)
		kfree_rcu(owner, rcu);
}

#endif /* _KSPAN_OWNER_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bump: the spans of stacks and regions, in which memory is handed out by moving a
 * bound (linux/kspan_bump.h). They are spans of the store of large objects, but what
 * frees them is their owner. A lookup finds the owner by the span, so that all of
 * its memory is one object, and a free of anything in it can be told from a wrong
 * one.
 *
 * Where the module's parameter "checked" was set when the owner was made, memory that
 * nobody has been given is poisoned, and at both ends of a span there is a guard that
 * nobody is given. The floors above look whether both are as they were left.
 */
#ifndef _KSPAN_BUMP_H
#define _KSPAN_BUMP_H

#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/types.h>

#include "base/units.h"
#include "spans/owner.h"

struct kspan_store;

enum {
	KSPAN_BUMP_GUARD_BYTES	= 64,
	/* As the kernel's POISON_FREE. */
	KSPAN_BUMP_POISON	= 0x6b,
};

extern bool kspan_checked;

struct kspan_bump_owner *kspan_bump_owner_new(struct kspan_store *store,
					      size_t body_bytes, gfp_t gfp);
void kspan_bump_owner_free(struct kspan_bump_owner *owner);
void *kspan_bump_grow(struct kspan_bump_owner *owner, size_t size_bytes, int nid,
		      gfp_t gfp, bool *limited);
void kspan_bump_shrink(struct kspan_bump_owner *owner, struct kspan_span *span,
		       unsigned int nobjs);
bool kspan_bump_sound(const struct kspan_span *span);
void *kspan_bump_unpoisoned(unsigned long from, unsigned long to);
void kspan_bump_wipe(const struct kspan_bump_owner *owner, unsigned long from,
		     unsigned long to);

static inline unsigned long kspan_span_end(const struct kspan_span *span)
{
	return span->addr + ((unsigned long)span->npages << KSPAN_PAGE_SHIFT);
}

/* Bytes at each end of a span that are not to be handed out. */
static inline size_t kspan_bump_guard_bytes(const struct kspan_bump_owner *owner)
{
	return owner->checked ? KSPAN_BUMP_GUARD_BYTES : 0;
}

/* The newest of an owner's spans. */
static inline struct kspan_span *
kspan_bump_newest(const struct kspan_bump_owner *owner)
{
	return list_first_entry(&owner->spans, struct kspan_span, list);
}

/* The span by which it is known. */
static inline struct kspan_span *
kspan_bump_head(const struct kspan_bump_owner *owner)
{
	return list_last_entry(&owner->spans, struct kspan_span, list);
}

#endif /* _KSPAN_BUMP_H */

// SPDX-License-Identifier: GPL-2.0
#include <linux/kmemleak.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "base/compat.h"
#include "base/fault.h"
#include "base/gfp.h"
#include "base/zero.h"
#include "spans/bump.h"
#include "spans/central.h"
#include "spans/large.h"
#include "spans/lookup.h"

bool kspan_checked;
module_param_named(checked, kspan_checked, bool, 0644);
MODULE_PARM_DESC(checked, "Poison and guard the memory of stacks and regions made from now on");
EXPORT_SYMBOL_IF_KUNIT(kspan_checked);

/**
 * kspan_bump_owner_new() - what describes a stack or region, without a span
 * @store: of large objects, of its heap
 * @body_bytes: of the struct that begins with it; what follows is zero
 * @gfp: as for kmalloc()
 *
 * The caller sets @bump before the first span.
 *
 * Return: the owner, or NULL.
 */
struct kspan_bump_owner *kspan_bump_owner_new(struct kspan_store *store,
					      size_t body_bytes, gfp_t gfp)
{
	struct kspan_bump_owner *owner;

	if (kspan_fault(KSPAN_FAULT_BUMP, gfp))
		return NULL;
	owner = kzalloc(body_bytes, kspan_gfp_metadata(gfp));
	if (!owner)
		return NULL;
	owner->store = store;
	owner->body_bytes = body_bytes;
	owner->checked = READ_ONCE(kspan_checked);
	INIT_LIST_HEAD(&owner->spans);
	kspan_account_metadata(&store->source->account, body_bytes);
	return owner;
}

static void owner_free_rcu(struct rcu_head *rcu)
{
	kfree(container_of(rcu, struct kspan_bump_owner, rcu));
}

/* It has no spans any more, or never had. */
void kspan_bump_owner_free(struct kspan_bump_owner *owner)
{
	kspan_account_metadata(&owner->store->source->account,
			       -(long)owner->body_bytes);
	/* Not kfree_rcu(): see kspan_span_free_rcu(). */
	call_rcu(&owner->rcu, owner_free_rcu);
}

/* Nobody has been given any of it. */
static void prepare(const struct kspan_bump_owner *owner,
		    const struct kspan_span *span, gfp_t gfp)
{
	size_t bytes = kspan_npages_bytes(span->npages);

	if (owner->checked)
		memset((void *)span->addr, KSPAN_BUMP_POISON, bytes);
	else if (gfp & __GFP_ZERO && span->needzero)
		kspan_zero((void *)span->addr, bytes, gfp);
}

/**
 * kspan_bump_grow() - one more span for a stack or region
 * @owner: the stack or region
 * @size_bytes: how large, up to KSPAN_MAX_CONTIG_BYTES
 * @nid: NUMA node to prefer, or to insist on with __GFP_THISNODE
 * @gfp: as for kmalloc(); it is zeroed under __GFP_ZERO only, and poisoned instead
 *	if the owner is checked
 * @limited: set to true if the heap's limit stood in the way
 *
 * The first one counts as one object that a user is given.
 *
 * Return: the span's first byte, or NULL.
 */
void *kspan_bump_grow(struct kspan_bump_owner *owner, size_t size_bytes, int nid,
		      gfp_t gfp, bool *limited)
{
	struct kspan_span *span = kspan_large_span(owner->store, size_bytes,
						   KSPAN_PAGE_BYTES, nid, gfp,
						   limited);

	if (!span)
		return NULL;
	span->kind = KSPAN_SPAN_BUMP;
	span->owner = owner;
	/* Its slot is never out, so that no free of a large object takes it. */
	span->nelems = list_empty(&owner->spans);
	span->alloc_count = span->nelems;
	span->free_index = span->nelems;
	span->alloc_bits[0] = 0;
	prepare(owner, span, gfp);
	WRITE_ONCE(span->needzero, 1);
	if (span->nelems)
		WRITE_ONCE(owner->start, span->addr);
	WRITE_ONCE(owner->size_bytes, owner->size_bytes +
				      kspan_npages_bytes(span->npages));
	list_add(&span->list, &owner->spans);
	kmemleak_alloc((void *)span->addr, kspan_npages_bytes(span->npages), 1,
		       kspan_gfp_metadata(gfp));
	kspan_large_count(span, 1, span->nelems);
	kspan_span_publish(span, &kspan_row_slow, 1);
	return (void *)span->addr;
}

/**
 * kspan_bump_shrink() - give a span of a stack or region back
 * @owner: the stack or region
 * @span: the span
 * @nobjs: objects that users give back with it: with the first span 1, unless it was
 *	idle
 *
 * Wipes it if the kernel wants that.
 *
 * Context: Any but NMI.
 */
void kspan_bump_shrink(struct kspan_bump_owner *owner, struct kspan_span *span,
		       unsigned int nobjs)
{
	size_t bytes = kspan_npages_bytes(span->npages);

	list_del(&span->list);
	kmemleak_free((void *)span->addr);
	if (want_init_on_free())
		kspan_zero((void *)span->addr, bytes, GFP_ATOMIC);
	kspan_span_unpublish(span);
	kspan_large_count(span, -1, nobjs);
	WRITE_ONCE(owner->size_bytes, owner->size_bytes - bytes);
	kspan_large_span_free(span);
}

/* The first byte in a range that is not poison any more, or NULL. */
void *kspan_bump_unpoisoned(unsigned long from, unsigned long to)
{
	return memchr_inv((void *)from, KSPAN_BUMP_POISON, to - from);
}

/* Whether the guards of a span are as they were left; by who keeps the span. */
bool kspan_bump_sound(const struct kspan_span *span)
{
	unsigned long end = kspan_span_end(span);

	return !span->owner->checked ||
	       (!kspan_bump_unpoisoned(span->addr,
				       span->addr + KSPAN_BUMP_GUARD_BYTES) &&
		!kspan_bump_unpoisoned(end - KSPAN_BUMP_GUARD_BYTES, end));
}

/* Nobody has a range any more that somebody had. */
void kspan_bump_wipe(const struct kspan_bump_owner *owner, unsigned long from,
		     unsigned long to)
{
	if (owner->checked)
		memset((void *)from, KSPAN_BUMP_POISON, to - from);
	else if (want_init_on_free())
		kspan_zero((void *)from, to - from, GFP_ATOMIC);
}

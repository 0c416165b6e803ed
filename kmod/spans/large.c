// SPDX-License-Identifier: GPL-2.0
#include <linux/kmemleak.h>
#include <linux/slab.h>

#include "base/compat.h"
#include "base/fault.h"
#include "base/gfp.h"
#include "base/zero.h"
#include "pages/pages.h"
#include "spans/central.h"
#include "spans/entitled.h"
#include "spans/large.h"
#include "spans/reserve.h"
#include "spans/supply.h"

/**
 * kspan_large_count() - a span comes or goes
 * @span: the span
 * @sign: 1 or -1
 * @nobjs: objects that users are given or give back with it
 */
void kspan_large_count(const struct kspan_span *span, int sign,
		       unsigned int nobjs)
{
	struct kspan_central *central = span->central;
	unsigned long flags;

	spin_lock_irqsave(&central->lock, flags);
	write_seqcount_begin(&central->seq);
	central->counts.spans += sign;
	central->counts.pages += sign * (int)span->npages;
	central->counts.slots += sign * (int)span->nelems;
	central->counts.out += sign * (int)span->nelems;
	if (sign > 0)
		central->counts.direct_allocs += nobjs;
	else
		central->counts.direct_frees += nobjs;
	write_seqcount_end(&central->seq);
	spin_unlock_irqrestore(&central->lock, flags);
}

/* A span with one object, which is out. */
static void large_span_init(struct kspan_span *span)
{
	span->nelems = 1;
	kspan_span_init_slots(span);
	span->alloc_bits[0] = ~0ULL;
	span->alloc_count = 1;
	span->alloc_cache = 0;
	kspan_span_init_collected(span);
}

static struct kspan_span *large_span_new(struct kspan_store *store,
					 const struct kspan_pages *pages,
					 unsigned int npages, gfp_t gfp)
{
	struct kspan_span *span;

	if (kspan_fault(KSPAN_FAULT_LARGE_SPAN, gfp))
		return NULL;
	span = kmalloc(kspan_span_bytes(store, 1), kspan_gfp_metadata(gfp));
	if (!span)
		return NULL;
	span->central = &store->central[pages->nid];
	span->addr = pages->addr;
	span->npages = npages;
	span->needzero = !pages->zeroed;
	span->kind = KSPAN_SPAN_LARGE;
	kspan_account_metadata(&store->source->account,
			       kspan_span_bytes(store, 1));
	return span;
}

/* The span's object goes to its user. */
static void *large_publish(struct kspan_span *span, gfp_t gfp)
{
	struct kspan_store *store = kspan_span_store(span);

	/* As that of an object in a slot. */
	*(u64 *)span->addr = 0;
	if (want_init_on_alloc(gfp) && span->needzero)
		kspan_zero((void *)span->addr, kspan_npages_bytes(span->npages),
			   gfp);
	if (store->collected &&
	    READ_ONCE(store->collected->flags) & KSPAN_COLLECTED_BLACK)
		set_bit(0, kspan_span_reached(span));
	kspan_large_count(span, 1, 1);
	kspan_span_publish(span, &kspan_row_slow, 1);
	return (void *)span->addr;
}

/**
 * kspan_large_span() - a span of pages, for the caller to publish
 * @store: of large objects
 * @size_bytes: how large, up to KSPAN_MAX_CONTIG_BYTES
 * @align_bytes: a power of two up to 4 MB
 * @nid: NUMA node to prefer, or to insist on with __GFP_THISNODE
 * @gfp: as for kmalloc()
 * @limited: set to true if the heap's limit stood in the way
 *
 * Return: the span, of KSPAN_SPAN_LARGE and without slots; or NULL, with
 * __GFP_NOFAIL too.
 */
struct kspan_span *kspan_large_span(struct kspan_store *store,
				    size_t size_bytes, size_t align_bytes,
				    int nid, gfp_t gfp, bool *limited)
{
	unsigned int npages = DIV_ROUND_UP(size_bytes, KSPAN_PAGE_BYTES);
	struct kspan_run run = {
		.npages = npages,
		.align_pages = max_t(size_t, align_bytes, KSPAN_PAGE_BYTES) >>
			       KSPAN_PAGE_SHIFT,
		.kind = kspan_half_kind(1),
		.mix = !kspan_gfp_takes_time(gfp),
	};
	struct kspan_pages pages;
	struct kspan_span *span;

	if (!kspan_supply_pages(store, nid, &run, gfp, &pages, limited))
		return NULL;
	span = large_span_new(store, &pages, npages, gfp);
	if (!span)
		kspan_pages_free(store->source, pages.nid, pages.addr, npages);
	return span;
}

/**
 * kspan_large_alloc() - an object above the largest size class
 * @store: of large objects
 * @size_bytes: how large, up to KSPAN_MAX_CONTIG_BYTES
 * @align_bytes: a power of two up to 4 MB
 * @nid: NUMA node to prefer, or to insist on with __GFP_THISNODE
 * @gfp: as for kmalloc()
 * @limited: set to true if the heap's limit stood in the way
 *
 * Return: the object, zeroed if @gfp or the kernel's init_on_alloc want it so;
 * or NULL, with __GFP_NOFAIL too.
 */
void *kspan_large_alloc(struct kspan_store *store, size_t size_bytes,
			size_t align_bytes, int nid, gfp_t gfp, bool *limited)
{
	struct kspan_span *span = kspan_large_span(store, size_bytes,
						   align_bytes, nid, gfp,
						   limited);

	if (!span)
		return NULL;
	large_span_init(span);
	return large_publish(span, gfp);
}

/**
 * kspan_large_alloc_reserve() - likewise, when the kernel gives no memory
 * @store: of large objects
 * @size_bytes: how large, up to KSPAN_MAX_CONTIG_BYTES
 * @align_bytes: a power of two up to 4 MB
 * @gfp: whether it is to be zeroed
 *
 * Context: Any but NMI.
 * Return: the object, from the heap's reserve; or NULL.
 */
void *kspan_large_alloc_reserve(struct kspan_store *store, size_t size_bytes,
				size_t align_bytes, gfp_t gfp)
{
	struct kspan_span *span;

	span = kspan_reserve_take(store->reserve,
				  DIV_ROUND_UP(size_bytes, KSPAN_PAGE_BYTES),
				  max_t(size_t, align_bytes, KSPAN_PAGE_BYTES) >>
				  KSPAN_PAGE_SHIFT);
	if (!span)
		return NULL;
	large_span_init(span);
	return large_publish(span, gfp);
}

/**
 * kspan_large_alloc_entitled() - likewise, for those who may have the kernel's
 *	reserves
 * @store: of large objects
 * @size_bytes: how large, up to KSPAN_MAX_CONTIG_BYTES
 * @align_bytes: a power of two up to 4 MB
 * @nid: NUMA node to prefer, or to insist on with __GFP_THISNODE
 * @gfp: the caller's flags
 * @limited: set to true if the heap's limit stood in the way
 *
 * Return: the object, on a block of its own; or NULL.
 */
void *kspan_large_alloc_entitled(struct kspan_store *store, size_t size_bytes,
				 size_t align_bytes, int nid, gfp_t gfp,
				 bool *limited)
{
	struct kspan_span *span;

	span = kspan_entitled_take(store, size_bytes, align_bytes, nid, gfp,
				   limited);
	if (!span)
		return NULL;
	large_span_init(span);
	return large_publish(span, gfp);
}

/**
 * kspan_large_span_free() - give a span of KSPAN_SPAN_LARGE back
 * @span: the span, neither published nor counted any more
 */
void kspan_large_span_free(struct kspan_span *span)
{
	struct kspan_central *central = span->central;
	struct kspan_source *source = central->store->source;

	kspan_pages_free(source, central->nid, span->addr, span->npages);
	kspan_account_metadata(&source->account,
			       -(long)kspan_span_bytes(central->store, 1));
	call_rcu(&span->rcu, kspan_span_free_rcu);
}

/**
 * kspan_large_free() - free a large object
 * @span: a span, from a lookup; the caller is an RCU reader
 * @p: the object
 *
 * Wipes it if the kernel wants that, once nobody else can free it any more.
 *
 * Return: false, and nothing done, if it is no object, or somebody else has
 * freed it already.
 */
bool kspan_large_free(struct kspan_span *span, const void *p)
{
	struct kspan_central *central = span->central;
	unsigned long addr = (unsigned long)p;
	unsigned long flags;
	bool ours;

	spin_lock_irqsave(&central->lock, flags);
	/* A descriptor of the reserve may have been lent anew, for slots. */
	ours = kspan_span_at(addr) == span && span->addr == addr &&
	       span->central == central && kspan_span_put(span, 0);
	spin_unlock_irqrestore(&central->lock, flags);
	if (!ours)
		return false;
	/* Nobody else can free it or be given it before its pages go. */
	kmemleak_free(p);
	if (want_init_on_free())
		kspan_zero((void *)span->addr, kspan_npages_bytes(span->npages),
			   GFP_ATOMIC);
	kspan_span_unpublish(span);
	kspan_large_count(span, -1, 1);
	if (span->kind == KSPAN_SPAN_LENT) {
		kspan_reserve_put(span);
		return true;
	}
	if (span->kind == KSPAN_SPAN_ENTITLED) {
		kspan_entitled_put(span);
		return true;
	}
	kspan_large_span_free(span);
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_large_free);

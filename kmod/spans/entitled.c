// SPDX-License-Identifier: GPL-2.0
#include <linux/kmemleak.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "base/compat.h"
#include "base/fault.h"
#include "base/work.h"
#include "pages/backing.h"
#include "pages/growth.h"
#include "pages/pages.h"
#include "spans/central.h"
#include "spans/entitled.h"

/* No CPU caches its slots: no marks outside. */
static size_t span_bytes(unsigned int nelems)
{
	const struct kspan_span *span = NULL;

	return struct_size(span, alloc_bits, kspan_span_words(nelems));
}

/* A span on a block of its own, not yet published. */
static struct kspan_span *span_new(struct kspan_store *store, size_t size_bytes,
				   int nid, gfp_t gfp, bool *limited)
{
	struct kspan_source *source = store->source;
	unsigned int order = max_t(unsigned int, get_order(size_bytes),
				   KSPAN_MIN_ORDER);
	unsigned int npages = kspan_order_npages(order);
	unsigned int nelems = 1;
	struct kspan_pages pages;
	struct kspan_span *span;
	size_t bytes;

	if (store->class != KSPAN_LARGE_CLASS)
		nelems = kspan_npages_bytes(npages) / store->sc->size_bytes;
	bytes = span_bytes(nelems);
	if (kspan_fault(KSPAN_FAULT_SPAN, gfp))
		return NULL;
	span = kmalloc(bytes, kspan_gfp_metadata(gfp));
	if (!span)
		return NULL;
	if (!kspan_grow_apart(&source->nodes[nid], order, gfp, &pages,
			      limited)) {
		kfree(span);
		return NULL;
	}
	span->central = &store->central[pages.nid];
	span->addr = pages.addr;
	span->npages = npages;
	span->nelems = nelems;
	span->kind = KSPAN_SPAN_ENTITLED;
	span->relink_at = 0;
	span->needzero = !pages.zeroed;
	kspan_span_init_slots(span);
	kspan_account_metadata(&source->account, bytes);
	return span;
}

/* By the holder of the lock. */
static struct kspan_span *span_with_room(struct kspan_entitled *entitled,
					 struct kspan_store *store, int nid,
					 gfp_t gfp)
{
	bool this_node = kspan_gfp_this_node(gfp, store->source->nid !=
						  NUMA_NO_NODE);
	struct kspan_span *span;

	list_for_each_entry(span, &entitled->spans, list) {
		if (kspan_span_store(span) == store &&
		    span->alloc_count < span->nelems &&
		    (!this_node || span->central->nid == nid))
			return span;
	}
	return NULL;
}

/* By the holder of the lock; a slot that is not intact stays out. */
static void *take_slot(struct kspan_store *store, struct kspan_span *span,
		       int nspans)
{
	struct kspan_central *central = span->central;
	void *slot;

	spin_lock(&central->lock);
	kspan_span_take(span, store->sc->size_bytes, &slot, 1);
	kspan_central_count_slot(central, span, nspans, 1);
	spin_unlock(&central->lock);
	return slot;
}

/* Adds a span with a slot that is out already. */
static void *add_span(struct kspan_store *store, struct kspan_span *span)
{
	struct kspan_entitled *entitled = store->entitled;
	unsigned long flags;
	void *slot;

	kspan_span_mark_slots(span);
	spin_lock_irqsave(&entitled->lock, flags);
	kspan_span_publish(span, &kspan_row_slow, 1);
	slot = take_slot(store, span, 1);
	list_add(&span->list, &entitled->spans);
	spin_unlock_irqrestore(&entitled->lock, flags);
	return slot;
}

/**
 * kspan_entitled_alloc() - a slot, for those who may have the kernel's reserves
 * @store: of which store
 * @nid: NUMA node to prefer, or to insist on with __GFP_THISNODE
 * @gfp: the caller's flags
 * @limited: set to true if the heap's limit stood in the way
 *
 * Context: As alloc_pages() with @gfp.
 * Return: the slot, its mark cleared; or NULL.
 */
void *kspan_entitled_alloc(struct kspan_store *store, int nid, gfp_t gfp,
			   bool *limited)
{
	struct kspan_entitled *entitled = store->entitled;
	struct kspan_span *span;
	unsigned long flags;
	void *slot;

	for (;;) {
		slot = NULL;
		spin_lock_irqsave(&entitled->lock, flags);
		span = span_with_room(entitled, store, nid, gfp);
		if (span)
			slot = take_slot(store, span, 0);
		spin_unlock_irqrestore(&entitled->lock, flags);
		if (!slot) {
			span = span_new(store, store->sc->size_bytes, nid, gfp,
					limited);
			if (!span)
				return NULL;
			slot = add_span(store, span);
		}
		if (kspan_slot_take(store, slot))
			return slot;
		kspan_central_drop(store, slot, KSPAN_BATCH_DIRECT);
	}
}

/* Its slots or its object are free, and no lookup finds it any more. */
static void bury(struct kspan_entitled *entitled, struct kspan_span *span)
{
	unsigned long flags;

	kspan_pages_retire(span->central->store->source, span->central->nid,
			   span->addr, span->npages);
	spin_lock_irqsave(&entitled->lock, flags);
	list_add(&span->list, &entitled->dead);
	spin_unlock_irqrestore(&entitled->lock, flags);
	/* Frees wake nobody. */
	irq_work_queue(&entitled->irq);
}

/**
 * kspan_entitled_free() - take back a slot
 * @span: its span
 * @slot: the slot
 *
 * Wipes it if the kernel wants that, and marks it, once it is certain to be ours.
 *
 * Return: false, and nothing done, if it is free already.
 */
bool kspan_entitled_free(struct kspan_span *span, void *slot)
{
	struct kspan_central *central = span->central;
	struct kspan_store *store = central->store;
	struct kspan_entitled *entitled = store->entitled;
	unsigned int index;
	unsigned long flags;
	bool empty = false;
	bool ours;

	spin_lock_irqsave(&entitled->lock, flags);
	spin_lock(&central->lock);
	ours = kspan_span_at((unsigned long)slot) == span &&
	       kspan_span_slot_at(span, store->sc, (unsigned long)slot,
				  &index) &&
	       !kspan_slot_marked(span, index, slot) &&
	       kspan_span_put(span, index);
	if (ours) {
		kmemleak_free(slot);
		if (want_init_on_free() && !store->outside)
			memset(slot, 0, store->sc->size_bytes);
		if (!store->outside)
			kspan_mark_set(slot, store->secret);
		empty = !span->alloc_count;
		kspan_central_count_slot(central, span, empty ? -1 : 0, -1);
	}
	spin_unlock(&central->lock);
	if (empty) {
		list_del(&span->list);
		kspan_span_unpublish(span);
	}
	spin_unlock_irqrestore(&entitled->lock, flags);
	if (empty)
		bury(entitled, span);
	return ours;
}

/**
 * kspan_entitled_take() - pages for a large object
 * @store: of large objects
 * @size_bytes: how large, up to KSPAN_MAX_CONTIG_BYTES
 * @align_bytes: a power of two up to 4 MB
 * @nid: NUMA node to prefer, or to insist on with __GFP_THISNODE
 * @gfp: the caller's flags
 * @limited: set to true if the heap's limit stood in the way
 *
 * Return: a span with that memory and nothing else; or NULL.
 */
struct kspan_span *kspan_entitled_take(struct kspan_store *store,
				       size_t size_bytes, size_t align_bytes,
				       int nid, gfp_t gfp, bool *limited)
{
	return span_new(store, max(size_bytes, align_bytes), nid, gfp, limited);
}

/* The pages of a large object come back; no lookup finds it any more. */
void kspan_entitled_put(struct kspan_span *span)
{
	bury(kspan_span_store(span)->entitled, span);
}

static void bury_dead(struct work_struct *work)
{
	struct kspan_entitled *entitled = container_of(work,
						       struct kspan_entitled,
						       bury);
	struct kspan_span *span;
	struct kspan_span *next;
	LIST_HEAD(dead);

	spin_lock_irq(&entitled->lock);
	list_splice_init(&entitled->dead, &dead);
	spin_unlock_irq(&entitled->lock);
	if (list_empty(&dead))
		return;
	synchronize_rcu();
	list_for_each_entry_safe(span, next, &dead, list) {
		struct kspan_store *store = kspan_span_store(span);

		kspan_pages_release_retired(store->source, span->central->nid,
					    span->addr, span->npages);
		kspan_account_metadata(&store->source->account,
				       -(long)span_bytes(span->nelems));
		kfree(span);
	}
}

static void begin_bury(struct irq_work *irq)
{
	struct kspan_entitled *entitled = container_of(irq,
						       struct kspan_entitled,
						       irq);

	queue_work(kspan_wq, &entitled->bury);
}

void kspan_entitled_init(struct kspan_entitled *entitled)
{
	spin_lock_init(&entitled->lock);
	INIT_LIST_HEAD(&entitled->spans);
	INIT_LIST_HEAD(&entitled->dead);
	INIT_WORK(&entitled->bury, bury_dead);
	entitled->irq = IRQ_WORK_INIT_HARD(begin_bury);
}

/* What was freed has gone back to the kernel. Process context; sleeps. */
void kspan_entitled_flush(struct kspan_entitled *entitled)
{
	irq_work_sync(&entitled->irq);
	flush_work(&entitled->bury);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_entitled_flush);

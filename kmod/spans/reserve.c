// SPDX-License-Identifier: GPL-2.0
#include <linux/kmemleak.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "base/compat.h"
#include "base/mark.h"
#include "base/news.h"
#include "base/once.h"
#include "pages/pages.h"
#include "spans/central.h"
#include "spans/reserve.h"
#include "spans/runs.h"

enum {
	RUN_PAGES	= KSPAN_CHUNK_PAGES,
};

void kspan_reserve_init(struct kspan_reserve *reserve,
			struct kspan_source *source, struct kspan_store *stores)
{
	reserve->source = source;
	reserve->stores = stores;
	mutex_init(&reserve->mutex);
	spin_lock_init(&reserve->lock);
	reserve->runs = RB_ROOT;
}

static int add_run(struct kspan_reserve *reserve, unsigned int npages)
{
	/* It stays as long as the heap does. */
	const struct kspan_run pages_run = {
		.npages = npages, .align_pages = 1, .kind = KSPAN_HALF_FEW,
		.mix = true,
	};
	struct kspan_reserve_run *run = kvzalloc(kspan_run_bytes(npages),
						 KSPAN_GFP_RESERVE);
	gfp_t gfp = KSPAN_GFP_RESERVE;
	struct kspan_pages pages;
	bool limited;

	if (!run)
		return -ENOMEM;
	/* Shorter runs will do. */
	if (npages > 1)
		gfp = kspan_gfp_try(gfp);
	if (!kspan_pages_alloc(reserve->source,
			       kspan_source_local_node(reserve->source),
			       &pages_run, gfp, &pages, &limited)) {
		kvfree(run);
		return -ENOMEM;
	}
	kspan_run_init(run, pages.addr, pages.nid, npages);
	kspan_account_metadata(&reserve->source->account,
			       kspan_run_bytes(npages));
	spin_lock_irq(&reserve->lock);
	kspan_runs_link(&reserve->runs, run);
	kspan_add_once(reserve->npages, npages);
	kspan_add_once(reserve->idle_pages, npages);
	spin_unlock_irq(&reserve->lock);
	return 0;
}

/* Long runs, as far as memory is not too fragmented for them. */
static int grow(struct kspan_reserve *reserve, unsigned long npages)
{
	unsigned int run = RUN_PAGES;

	while (npages) {
		run = min_t(unsigned long, run, rounddown_pow_of_two(npages));
		if (!add_run(reserve, run))
			npages -= run;
		else if (run > 1)
			run /= 2;
		else
			return -ENOMEM;
	}
	return 0;
}

/* Takes idle pages off the end of a run that has any; returns how many. */
static unsigned int cut_run(struct kspan_reserve *reserve,
			    struct kspan_reserve_run **from)
{
	struct kspan_reserve_run *run = NULL;
	unsigned int cut = 0;

	spin_lock_irq(&reserve->lock);
	if (reserve->npages > reserve->wanted_pages)
		run = kspan_runs_last_idle(&reserve->runs);
	if (run) {
		cut = kspan_run_cut(run, reserve->npages -
				    reserve->wanted_pages);
		kspan_sub_once(reserve->npages, cut);
		kspan_sub_once(reserve->idle_pages, cut);
		if (!run->npages)
			kspan_runs_unlink(&reserve->runs, run);
	}
	spin_unlock_irq(&reserve->lock);
	*from = run;
	return cut;
}

static void shrink(struct kspan_reserve *reserve)
{
	struct kspan_reserve_run *run;
	unsigned int cut;

	lockdep_assert_held(&reserve->mutex);
	while ((cut = cut_run(reserve, &run))) {
		kspan_pages_free(reserve->source, run->nid, run->addr +
				 kspan_npages_bytes(run->npages), cut);
		if (!run->npages) {
			kspan_account_metadata(&reserve->source->account,
					       -(long)kspan_run_bytes(run->npages_made));
			/* Lookups may hold a descriptor. */
			kvfree_rcu(run, rcu);
		}
		cond_resched();
	}
}

/* See kspan_reserve_trim(). */
void kspan_reserve_shrink(struct kspan_reserve *reserve)
{
	mutex_lock(&reserve->mutex);
	shrink(reserve);
	mutex_unlock(&reserve->mutex);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_reserve_shrink);

static void want(struct kspan_reserve *reserve, unsigned long npages)
{
	unsigned long flags;

	spin_lock_irqsave(&reserve->lock, flags);
	WRITE_ONCE(reserve->wanted_pages, npages);
	spin_unlock_irqrestore(&reserve->lock, flags);
	spin_lock_irqsave(&reserve->source->account.lock, flags);
	WRITE_ONCE(reserve->source->account.reserve_bytes,
		   kspan_npages_bytes(npages));
	spin_unlock_irqrestore(&reserve->source->account.lock, flags);
}

/**
 * kspan_reserve_resize() - say how much a heap is to keep for hard times
 * @reserve: the heap's reserve
 * @bytes: how much; whole pages
 *
 * Pages of a smaller reserve are free pages of the heap from then on; those that
 * are lent become so when they come back.
 *
 * Context: Process context; sleeps.
 * Return: 0; or -ENOMEM, and then it is as large as before.
 */
int kspan_reserve_resize(struct kspan_reserve *reserve, size_t bytes)
{
	/* Any number of bytes, those too that rounding up would make 0. */
	unsigned long npages = bytes / KSPAN_PAGE_BYTES +
			       !!(bytes % KSPAN_PAGE_BYTES);
	unsigned long before;
	int err = 0;

	if (npages > totalram_pages() >> (KSPAN_PAGE_SHIFT - PAGE_SHIFT))
		return -ENOMEM;
	mutex_lock(&reserve->mutex);
	before = reserve->wanted_pages;
	if (npages > reserve->npages)
		err = grow(reserve, npages - reserve->npages);
	want(reserve, err ? before : npages);
	shrink(reserve);
	mutex_unlock(&reserve->mutex);
	return err;
}

/* All spans have gone, and the heap goes: its reserve is free pages again. */
void kspan_reserve_empty(struct kspan_reserve *reserve)
{
	struct rb_node *node;

	for (node = rb_first(&reserve->runs); node; node = rb_next(node)) {
		struct kspan_reserve_run *run = kspan_run_entry(node);

		kspan_pages_free(reserve->source, run->nid, run->addr, run->npages);
		cond_resched();
	}
}

/* A grace period later. */
void kspan_reserve_delete(struct kspan_reserve *reserve)
{
	struct kspan_reserve_run *run;
	struct kspan_reserve_run *next;

	rbtree_postorder_for_each_entry_safe(run, next, &reserve->runs, node) {
		kvfree(run);
		cond_resched();
	}
}

/* What has been lent is a span of the store; by the holder of the lock. */
static struct kspan_span *lent(struct kspan_reserve *reserve,
			       struct kspan_store *store,
			       struct kspan_span *span)
{
	if (span) {
		kspan_sub_once(reserve->idle_pages, span->npages);
		span->central = &store->central[kspan_loan_nid(span)];
	}
	return span;
}

static struct kspan_span *lend(struct kspan_store *store, unsigned int npages,
			       unsigned int align_pages)
{
	struct kspan_reserve *reserve = store->reserve;

	return lent(reserve, store, kspan_runs_lend(&reserve->runs, npages,
						    align_pages));
}

/* By the holder of the lock. */
static void put_pages(struct kspan_reserve *reserve, struct kspan_span *span)
{
	kspan_runs_put(span);
	kspan_add_once(reserve->idle_pages, span->npages);
	if (reserve->npages > reserve->wanted_pages)
		kspan_news.pages_free();
}

/* A span with slots of a store; full-length if there is room for that. */
static struct kspan_span *lend_slots(struct kspan_store *store)
{
	const struct kspan_sizeclass *sc = store->sc;
	struct kspan_span *span;

	span = lend(store, sc->npages, sc->align_pages);
	if (span) {
		span->nelems = sc->nelems;
	} else {
		span = lend(store, sc->short_npages, sc->align_pages);
		if (!span)
			return NULL;
		span->nelems = sc->short_nelems;
	}
	kspan_span_init_slots(span);
	kspan_span_mark_slots(span);
	kspan_span_publish(span, &kspan_row_slow, 1);
	list_add(&span->list, &store->room);
	return span;
}

/**
 * kspan_reserve_alloc() - a slot, when the kernel gives no memory
 * @store: of which store; one whose slots are never written to while they are free
 *	is lent nothing, as a loan comes back at once and is anybody's
 *
 * Context: Any but NMI.
 * Return: the slot, its mark cleared; or NULL.
 */
void *kspan_reserve_alloc(struct kspan_store *store)
{
	struct kspan_reserve *reserve = store->reserve;
	struct kspan_central *central;
	struct kspan_span *span;
	unsigned long flags;
	void *slot = NULL;
	int nspans = 0;

	if (likely(!READ_ONCE(reserve->npages)) || store->outside)
		return NULL;
again:
	spin_lock_irqsave(&reserve->lock, flags);
	span = list_first_entry_or_null(&store->room, struct kspan_span, list);
	if (!span && reserve->npages) {
		span = lend_slots(store);
		nspans = 1;
	}
	if (span) {
		central = span->central;
		spin_lock(&central->lock);
		kspan_span_take(span, store->sc->size_bytes, &slot, 1);
		kspan_central_count_slot(central, span, nspans, 1);
		spin_unlock(&central->lock);
		if (span->alloc_count == span->nelems)
			list_del(&span->list);
	}
	spin_unlock_irqrestore(&reserve->lock, flags);
	if (slot && !kspan_mark_take(slot, store->secret)) {
		kspan_central_drop(store, slot, KSPAN_BATCH_DIRECT);
		slot = NULL;
		nspans = 0;
		goto again;
	}
	return slot;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_reserve_alloc);

/**
 * kspan_reserve_free() - take back a slot that was lent
 * @span: a span, from a lookup; the caller is an RCU reader
 * @slot: the slot
 *
 * Marks it, and wipes it if the kernel wants that, when it is certain that
 * nobody else has freed it.
 *
 * Return: false, and nothing done, if it is no slot, or is free already.
 */
bool kspan_reserve_free(struct kspan_span *span, void *slot)
{
	struct kspan_central *central = READ_ONCE(span->central);
	struct kspan_store *store = central->store;
	struct kspan_reserve *reserve = store->reserve;
	unsigned long addr = (unsigned long)slot;
	unsigned int index;
	unsigned long flags;
	bool ours;

	spin_lock_irqsave(&reserve->lock, flags);
	spin_lock(&central->lock);
	/* Between lookup and lock, its descriptor may have been lent anew. */
	ours = kspan_span_at(addr) == span && span->central == central &&
	       kspan_span_slot_at(span, store->sc, addr, &index) &&
	       !kspan_mark_intact(slot, store->secret) &&
	       kspan_span_put(span, index);
	if (ours) {
		kmemleak_free(slot);
		if (want_init_on_free())
			memset(slot, 0, store->sc->size_bytes);
		kspan_mark_set(slot, store->secret);
		kspan_central_count_slot(central, span,
					 span->alloc_count ? 0 : -1, -1);
	}
	spin_unlock(&central->lock);
	if (ours && span->alloc_count == span->nelems - 1)
		list_add(&span->list, &store->room);
	if (ours && !span->alloc_count) {
		list_del(&span->list);
		kspan_span_unpublish(span);
		put_pages(reserve, span);
	}
	spin_unlock_irqrestore(&reserve->lock, flags);
	return ours;
}

/**
 * kspan_reserve_take() - pages for a large object, when the kernel gives none
 * @reserve: the heap's reserve
 * @npages: how many
 * @align_pages: at a multiple of this, a power of two
 *
 * Context: Any but NMI.
 * Return: a span with that memory and nothing else; or NULL.
 */
struct kspan_span *kspan_reserve_take(struct kspan_reserve *reserve,
				      unsigned int npages,
				      unsigned int align_pages)
{
	struct kspan_store *store = &reserve->stores[KSPAN_LARGE_CLASS];
	struct kspan_span *span;
	unsigned long from = 0;
	unsigned long flags;

	if (likely(!READ_ONCE(reserve->npages)) || npages > RUN_PAGES)
		return NULL;
	spin_lock_irqsave(&reserve->lock, flags);
	span = lend(store, npages, align_pages);
	spin_unlock_irqrestore(&reserve->lock, flags);
	if (align_pages == 1 || align_pages == npages)
		return span;
	/* It may have been overlooked. */
	while (!span) {
		spin_lock_irqsave(&reserve->lock, flags);
		span = lent(reserve, store,
			    kspan_runs_search(&reserve->runs, npages,
					      align_pages, &from));
		spin_unlock_irqrestore(&reserve->lock, flags);
		if (!from)
			break;
	}
	return span;
}

/* The pages of a large object come back; no lookup finds it any more. */
void kspan_reserve_put(struct kspan_span *span)
{
	struct kspan_reserve *reserve = kspan_span_store(span)->reserve;
	unsigned long flags;

	spin_lock_irqsave(&reserve->lock, flags);
	put_pages(reserve, span);
	spin_unlock_irqrestore(&reserve->lock, flags);
}

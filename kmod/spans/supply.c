// SPDX-License-Identifier: GPL-2.0
#include <linux/irqflags.h>
#include <linux/minmax.h>
#include <linux/preempt.h>
#include <linux/slab.h>

#include "base/compat.h"
#include "base/fault.h"
#include "base/gfp.h"
#include "base/sizeclass.h"
#include "base/units.h"
#include "pages/pages.h"
#include "spans/central.h"
#include "spans/stores.h"
#include "spans/supply.h"

enum {
	/* Pages that are taken back at a time, so that it is not done for each. */
	SPARE_PAGES	= 16,
};

static size_t take_back_from(struct kspan_store *other,
			     const struct kspan_store *store, int nid,
			     size_t wanted)
{
	if (other == store || !READ_ONCE(other->central[nid].buckets.nr_empty))
		return 0;
	return kspan_central_trim_pages(other, nid, wanted >> KSPAN_PAGE_SHIFT);
}

/* Likewise of typed caches. */
static size_t take_back_typed(struct kspan_storage *storage,
			      const struct kspan_store *store, int nid,
			      size_t wanted)
{
	struct kspan_store *other = &storage->stores[KSPAN_NR_STORES - 1];
	size_t bytes = 0;
	int token;

	if (!wanted || list_empty(&storage->typed))
		return 0;
	token = kspan_stores_enter();
	while (bytes < wanted && (other = kspan_stores_next(storage, other)))
		bytes += take_back_from(other, store, nid, wanted - bytes);
	kspan_stores_leave(token);
	return bytes;
}

/*
 * Takes pages of spare spans back, of the largest slots first, as these have most in
 * fewest spans. The store's own are not worth it: it wants a span. To take spans apart
 * takes its time, so that interrupts are on.
 */
static bool take_back(struct kspan_store *store, int nid, unsigned int npages)
{
	struct kspan_storage *storage =
		container_of(store->source, struct kspan_storage, source);
	size_t wanted = kspan_npages_bytes(max_t(unsigned int, npages,
						 SPARE_PAGES));
	size_t bytes = 0;
	unsigned int class;

	if (in_hardirq() || irqs_disabled())
		return false;
	for (class = KSPAN_NR_STORES - 1; class && bytes < wanted; class--)
		bytes += take_back_from(&storage->stores[class], store, nid,
					wanted - bytes);
	return bytes + take_back_typed(storage, store, nid,
				       wanted - min(bytes, wanted));
}

/**
 * kspan_supply_pages() - take a run of pages from a heap, spare spans before new pages
 * @store: for which store
 * @nid: NUMA node to prefer, or to insist on with __GFP_THISNODE
 * @run: what is wanted
 * @gfp: how to grow
 * @pages: out
 * @limited: set to true if the heap's limit stood in the way
 *
 * Context: As kspan_pages_alloc(). Takes locks of central lists.
 * Return: whether there were pages.
 */
bool kspan_supply_pages(struct kspan_store *store, int nid,
			const struct kspan_run *run, gfp_t gfp,
			struct kspan_pages *pages, bool *limited)
{
	if (kspan_pages_take(store->source, nid, run, pages))
		return true;
	if (take_back(store, nid, run->npages) &&
	    kspan_pages_take(store->source, nid, run, pages))
		return true;
	return kspan_pages_alloc(store->source, nid, run, gfp, pages, limited);
}

/*
 * A new span of @npages, not yet published. @mix is whether it may lie among
 * those of the other kind.
 */
static struct kspan_span *span_new(struct kspan_store *store, int nid,
				   unsigned int npages, unsigned int nelems,
				   bool mix, gfp_t gfp, bool *limited)
{
	const struct kspan_sizeclass *sc = store->sc;
	struct kspan_run run = {
		.npages = npages,
		.align_pages = sc->align_pages,
		.kind = kspan_half_kind(sc->nelems),
		.mix = mix,
	};
	struct kspan_source *source = store->source;
	struct kspan_pages pages;
	struct kspan_span *span;
	size_t bytes = kspan_span_bytes(store, nelems);

	if (kspan_fault(KSPAN_FAULT_SPAN, gfp))
		return NULL;
	span = kmalloc(bytes, kspan_gfp_metadata(gfp));
	if (!span)
		return NULL;
	if (!kspan_supply_pages(store, nid, &run, gfp, &pages, limited)) {
		kfree(span);
		return NULL;
	}
	span->addr = pages.addr;
	span->npages = npages;
	span->nelems = nelems;
	span->central = &store->central[pages.nid];
	span->kind = KSPAN_SPAN_SLOTS;
	span->needzero = !pages.zeroed;
	kspan_span_init_slots(span);
	kspan_span_init_collected(span);
	kspan_span_mark_slots(span);
	kspan_account_metadata(&source->account, bytes);
	return span;
}

/**
 * kspan_supply_span() - give a central list a span more
 * @store: of which store
 * @nid: NUMA node to prefer, or to insist on with __GFP_THISNODE
 * @gfp: how to get the pages
 * @limited: set to true if the heap's limit stood in the way
 *
 * Where memory is too fragmented for a full-length span, a shorter one will do,
 * down to the least that holds a slot.
 *
 * Context: As alloc_pages() with @gfp.
 * Return: the node whose central list has one more, or NUMA_NO_NODE.
 */
int kspan_supply_span(struct kspan_store *store, int nid, gfp_t gfp,
		      bool *limited)
{
	const struct kspan_sizeclass *sc = store->sc;
	bool can_be_short = sc->short_npages < sc->npages;
	const struct kspan_row *rows = store->rows;
	struct kspan_span *span;
	bool mix = !kspan_gfp_takes_time(gfp);
	gfp_t first_gfp = gfp;
	bool ignored = false;

	/* Nothing is reclaimed for a length that is not needed. */
	if (can_be_short)
		first_gfp = kspan_gfp_try(gfp);
	span = span_new(store, nid, sc->npages, sc->nelems, mix, first_gfp,
			can_be_short ? &ignored : limited);
	if (!span && can_be_short) {
		span = span_new(store, nid, sc->short_npages, sc->short_nelems,
				mix, gfp, limited);
		rows = store->short_rows;
	}
	if (!span)
		return NUMA_NO_NODE;

	kspan_span_publish(span, rows, span->npages);
	/* Once it is there it may go. */
	nid = span->central->nid;
	kspan_central_add(span);
	return nid;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_supply_span);

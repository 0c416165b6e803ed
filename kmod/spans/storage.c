// SPDX-License-Identifier: GPL-2.0
#include <linux/bitmap.h>
#include <linux/kmemleak.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "base/compat.h"
#include "base/fault.h"
#include "base/mark.h"
#include "pages/growth.h"
#include "pages/pages.h"
#include "pages/poison.h"
#include "spans/owner.h"
#include "spans/storage.h"

/**
 * kspan_store_init() - set up a store, all zero so far
 * @store: the store
 * @storage: whose
 * @sc: layout of its spans
 * @central: its central lists, one for each node
 *
 * It has neither number nor rows nor magazines yet.
 */
void kspan_store_init(struct kspan_store *store, struct kspan_storage *storage,
		      const struct kspan_sizeclass *sc,
		      struct kspan_central *central)
{
	int nid;

	store->source = &storage->source;
	store->reserve = &storage->reserve;
	store->entitled = &storage->entitled;
	store->secret = storage->secret;
	if (storage->source.flags & KSPAN_HEAP_GC)
		store->collected = &storage->collected;
	store->sc = sc;
	store->central = central;
	INIT_LIST_HEAD(&store->room);
	for (nid = 0; nid < nr_node_ids; nid++)
		kspan_central_init(&store->central[nid], store, nid);
}

static int init_stores(struct kspan_storage *storage)
{
	struct kspan_central *central;
	unsigned int class;

	if (kspan_fault(KSPAN_FAULT_HEAP_CENTRAL, GFP_KERNEL))
		return -ENOMEM;
	central = kvcalloc(KSPAN_NR_STORES * nr_node_ids, sizeof(*central),
			   GFP_KERNEL);
	if (!central)
		return -ENOMEM;
	for (class = 0; class < KSPAN_NR_STORES; class++) {
		struct kspan_store *store = &storage->stores[class];

		store->class = class;
		kspan_store_init(store, storage, &kspan_sizeclasses[class],
				 central + class * nr_node_ids);
	}
	kspan_account_metadata(&storage->source.account, KSPAN_NR_STORES *
			       nr_node_ids * sizeof(*central));
	return 0;
}

/**
 * kspan_storage_init() - set up a heap's storage, all zero so far
 * @storage: the storage
 * @name: the heap's name
 * @params: the heap's, valid
 *
 * Stores have neither rows nor magazines yet.
 *
 * Return: 0 or -ENOMEM; kspan_storage_delete() undoes either.
 */
int kspan_storage_init(struct kspan_storage *storage, const char *name,
		       const struct kspan_heap_params *params)
{
	int err;

	storage->secret = kspan_mark_new_secret();
	kspan_reserve_init(&storage->reserve, &storage->source,
			   storage->stores);
	kspan_entitled_init(&storage->entitled);
	mutex_init(&storage->typed_mutex);
	INIT_LIST_HEAD(&storage->typed);
	seqlock_init(&storage->gone_lock);
	kspan_huge_init(&storage->huge, &storage->source);
	err = kspan_source_init(&storage->source, name, params,
				kspan_grow_work);
	return err ?: init_stores(storage);
}

/* One row for each page of a span, full-length or short. */
unsigned int kspan_store_nr_rows(const struct kspan_store *store)
{
	const struct kspan_sizeclass *sc = store->sc;

	return sc->npages + (sc->short_npages < sc->npages ?
			     sc->short_npages : 0);
}

static struct kspan_row *init_rows(struct kspan_row *row,
				   const struct kspan_store *store,
				   unsigned int npages, unsigned int nelems)
{
	unsigned int place;

	for (place = 0; place < npages; place++, row++) {
		if (store->outside || store->collected || want_init_on_free()) {
			*row = kspan_row_slow;
			continue;
		}
		kspan_row_init(row, store->sc->size_bytes, nelems, place);
		row->mag = store->mag;
		row->secret = store->secret;
	}
	return row;
}

/**
 * kspan_store_set_rows() - say what a free must know of each kind of page
 * @store: the store; has its magazines
 * @row: kspan_store_nr_rows() of them
 *
 * Under init_on_free, rows refuse all slots: to find out that a free is the
 * first, and then wipe, takes more than the fast path has. So do those of slots
 * whose marks lie elsewhere, and of a collected heap, which has more to do.
 *
 * Return: the row behind them.
 */
struct kspan_row *kspan_store_set_rows(struct kspan_store *store,
				       struct kspan_row *row)
{
	const struct kspan_sizeclass *sc = store->sc;

	store->rows = row;
	row = init_rows(row, store, sc->npages, sc->nelems);
	store->short_rows = store->rows;
	if (sc->short_npages == sc->npages)
		return row;
	store->short_rows = row;
	return init_rows(row, store, sc->short_npages, sc->short_nelems);
}

/**
 * kspan_storage_init_rows() - make the rows of all size classes
 * @storage: its stores have their magazines
 *
 * Return: 0 or -ENOMEM.
 */
int kspan_storage_init_rows(struct kspan_storage *storage)
{
	struct kspan_row *row;
	unsigned int class;

	storage->nr_rows = 0;
	for (class = 1; class < KSPAN_NR_STORES; class++)
		storage->nr_rows += kspan_store_nr_rows(&storage->stores[class]);
	if (kspan_fault(KSPAN_FAULT_HEAP_ROWS, GFP_KERNEL))
		return -ENOMEM;
	storage->rows = kvcalloc(storage->nr_rows, sizeof(*storage->rows),
				 GFP_KERNEL);
	if (!storage->rows)
		return -ENOMEM;
	row = storage->rows;
	for (class = 1; class < KSPAN_NR_STORES; class++)
		row = kspan_store_set_rows(&storage->stores[class], row);
	kspan_account_metadata(&storage->source.account, storage->nr_rows *
			       sizeof(*storage->rows));
	return 0;
}

/* It has no pages any more, or never had. */
void kspan_storage_delete(struct kspan_storage *storage)
{
	kspan_reserve_delete(&storage->reserve);
	kvfree(storage->stores[0].central);
	kvfree(storage->rows);
	kspan_source_delete(&storage->source);
}

/* Nothing is written to what the hardware has lost. */
static void wipe_page(unsigned long addr)
{
	unsigned long end = addr + KSPAN_PAGE_BYTES;

	for (; addr < end; addr += PAGE_SIZE) {
		if (!kspan_poisoned(addr, PAGE_SIZE))
			memset((void *)addr, 0, PAGE_SIZE);
	}
}

static void wipe_pages(struct kspan_node_heap *nh)
{
	struct kspan_chunk_view view;
	unsigned long from = 0;

	while (kspan_pageheap_next_chunk(&nh->pages, from, &view)) {
		unsigned int page;

		for_each_set_bit(page, view.owned.bits, KSPAN_CHUNK_PAGES)
			wipe_page(view.addr + kspan_npages_bytes(page));
		from = view.addr + KSPAN_CHUNK_BYTES;
		cond_resched();
	}
}

/* Objects go without being freed one by one; a leak checker wants to know. */
static void tell_kmemleak(const struct kspan_span *span)
{
	const struct kspan_store *store = kspan_span_store(span);
	unsigned long slot = span->addr;
	unsigned int index;

	for (index = 0; index < span->nelems; index++) {
		/* Marked, it is in a CPU cache. */
		if (kspan_span_slot_out(span, index) &&
		    (store->class == KSPAN_LARGE_CLASS ||
		     !kspan_slot_marked(span, index, (void *)slot)))
			kmemleak_free((void *)slot);
		slot += store->sc->size_bytes;
	}
	if (kspan_span_is_bump(span))
		kmemleak_free((void *)span->addr);
}

/* Frees the descriptors of all spans and declares their pages free. */
static void drop_spans(struct kspan_node_heap *nh)
{
	struct kspan_source *source = nh->source;
	struct kspan_chunk_view view;
	unsigned long from = 0;

	while (kspan_pageheap_next_chunk(&nh->pages, from, &view)) {
		unsigned int page;

		for_each_set_bit(page, view.owned.bits, KSPAN_CHUNK_PAGES) {
			unsigned long addr = view.addr +
					     kspan_npages_bytes(page);
			struct kspan_span *span;

			rcu_read_lock();
			span = kspan_span_starting(source, addr);
			rcu_read_unlock();
			if (!span)
				continue;
			if (IS_ENABLED(CONFIG_DEBUG_KMEMLEAK))
				tell_kmemleak(span);
			kspan_span_unpublish(span);
			/* Those of the reserve go with it. */
			if (span->kind == KSPAN_SPAN_LENT)
				continue;
			if (kspan_span_is_bump(span))
				kspan_bump_drop(span);
			kspan_pages_free(source, nh->nid, addr, span->npages);
			kfree_rcu(span, rcu);
		}
		from = view.addr + KSPAN_CHUNK_BYTES;
		cond_resched();
	}
}

/* No lookup can find a page: a grace period makes all of them ready. */
static void make_ready(struct kspan_pageheap *ph)
{
	unsigned long flags;

	spin_lock_irqsave(&ph->lock, flags);
	kspan_pageheap_turn(ph);
	kspan_pageheap_turn(ph);
	spin_unlock_irqrestore(&ph->lock, flags);
}

/**
 * kspan_storage_drop() - free all objects and spans at once
 * @storage: the storage, which nobody else uses any more
 *
 * All of its pages can go to the kernel afterwards.
 *
 * Context: Process context; sleeps.
 */
void kspan_storage_drop(struct kspan_storage *storage)
{
	struct kspan_source *source = &storage->source;
	int nid;

	/* Typed caches may have readers, and pages that wait for them. */
	if (!list_empty(&storage->typed)) {
		synchronize_rcu();
		rcu_barrier();
	}
	kspan_entitled_flush(&storage->entitled);
	kspan_huge_destroy(&storage->huge);
	for (nid = 0; nid < nr_node_ids; nid++) {
		struct kspan_node_heap *nh = &source->nodes[nid];

		cancel_work_sync(&nh->grow_work);
		if (source->flags & KSPAN_HEAP_ZERO_ON_DESTROY)
			wipe_pages(nh);
		drop_spans(nh);
	}
	kspan_reserve_empty(&storage->reserve);
	synchronize_rcu();
	kspan_huge_flush(&storage->huge);
	for (nid = 0; nid < nr_node_ids; nid++) {
		kspan_pages_unretire(&source->nodes[nid], 0, ULONG_MAX);
		make_ready(&source->nodes[nid].pages);
	}
}

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
#include "spans/storage.h"

static int init_stores(struct kspan_storage *storage)
{
	struct kspan_central *central;
	unsigned int class;
	int nid;

	if (kspan_fault(KSPAN_FAULT_HEAP_CENTRAL, GFP_KERNEL))
		return -ENOMEM;
	central = kvcalloc(KSPAN_NR_STORES * nr_node_ids, sizeof(*central),
			   GFP_KERNEL);
	if (!central)
		return -ENOMEM;
	for (class = 0; class < KSPAN_NR_STORES; class++) {
		struct kspan_store *store = &storage->stores[class];

		store->source = &storage->source;
		store->reserve = &storage->reserve;
		store->entitled = &storage->entitled;
		store->class = class;
		store->secret = storage->secret;
		store->sc = &kspan_sizeclasses[class];
		store->central = central + class * nr_node_ids;
		for (nid = 0; nid < nr_node_ids; nid++)
			kspan_central_init(&store->central[nid], store, nid);
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
	kspan_huge_init(&storage->huge, &storage->source);
	err = kspan_source_init(&storage->source, name, params,
				kspan_grow_work);
	return err ?: init_stores(storage);
}

/* One row for each page of a span, full-length or short, of any class. */
static unsigned int rows_of_class(unsigned int class)
{
	const struct kspan_sizeclass *sc = &kspan_sizeclasses[class];

	return sc->npages + (sc->short_npages < sc->npages ?
			     sc->short_npages : 0);
}

static struct kspan_row *init_rows(struct kspan_row *row,
				   const struct kspan_store *store,
				   unsigned int npages, unsigned int nelems)
{
	unsigned int place;

	for (place = 0; place < npages; place++, row++) {
		if (want_init_on_free()) {
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
 * kspan_storage_init_rows() - say what a free must know of each kind of page
 * @storage: its stores have their magazines
 *
 * Under init_on_free, rows refuse all slots: to find out that a free is the
 * first, and then wipe, takes more than the fast path has.
 *
 * Return: 0 or -ENOMEM.
 */
int kspan_storage_init_rows(struct kspan_storage *storage)
{
	struct kspan_row *row;
	unsigned int class;

	storage->nr_rows = 0;
	for (class = 1; class < KSPAN_NR_STORES; class++)
		storage->nr_rows += rows_of_class(class);
	if (kspan_fault(KSPAN_FAULT_HEAP_ROWS, GFP_KERNEL))
		return -ENOMEM;
	storage->rows = kvcalloc(storage->nr_rows, sizeof(*storage->rows),
				 GFP_KERNEL);
	if (!storage->rows)
		return -ENOMEM;
	row = storage->rows;
	for (class = 1; class < KSPAN_NR_STORES; class++) {
		struct kspan_store *store = &storage->stores[class];
		const struct kspan_sizeclass *sc = store->sc;

		store->rows = row;
		row = init_rows(row, store, sc->npages, sc->nelems);
		store->short_rows = store->rows;
		if (sc->short_npages == sc->npages)
			continue;
		store->short_rows = row;
		row = init_rows(row, store, sc->short_npages, sc->short_nelems);
	}
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
		     !kspan_mark_intact((void *)slot, store->secret)))
			kmemleak_free((void *)slot);
		slot += store->sc->size_bytes;
	}
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

/* What @trim has given back, of all classes and nodes. */
static size_t trim_all(struct kspan_storage *storage,
		       size_t (*trim)(struct kspan_store *store, int nid))
{
	unsigned int class;
	size_t bytes = 0;
	int nid;

	for (class = 1; class < KSPAN_NR_STORES; class++) {
		for (nid = 0; nid < nr_node_ids; nid++)
			bytes += trim(&storage->stores[class], nid);
	}
	return bytes;
}

/**
 * kspan_storage_trim() - give empty spans back to the page heaps
 * @storage: the storage
 *
 * Context: Process context; may sleep.
 * Return: their bytes.
 */
size_t kspan_storage_trim(struct kspan_storage *storage)
{
	return trim_all(storage, kspan_central_trim);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_storage_trim);

/* Likewise in any context but NMI; takes its time. */
size_t kspan_storage_trim_atomic(struct kspan_storage *storage)
{
	return trim_all(storage, kspan_central_trim_atomic);
}

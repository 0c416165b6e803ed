// SPDX-License-Identifier: GPL-2.0
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "base/fault.h"
#include "heaps/heap.h"
#include "heaps/registry.h"
#include "spans/stores.h"
#include "user/list.h"
#include "watch/stats.h"

enum {
	/* Spans that are gathered before they are copied. */
	SPANS_BATCH = 64,
};

/* Whether entries have a size that can be. */
int kspan_list_check(const struct kspan_ioc_list *list)
{
	if (!list->capacity)
		return 0;
	if (list->entry_bytes < sizeof(__u64) || list->entry_bytes > PAGE_SIZE)
		return -EINVAL;
	return 0;
}

static bool is_full(const struct kspan_ioc_list *list)
{
	return list->count == list->capacity;
}

static void *new_entries(size_t nentries, size_t entry_bytes)
{
	if (kspan_fault(KSPAN_FAULT_LIST, GFP_KERNEL))
		return NULL;
	return kvcalloc(nentries, entry_bytes, GFP_KERNEL);
}

/*
 * Gives the caller one more entry, as far as it knows entries; those that do
 * not fit are only counted.
 */
static int put_entry(struct kspan_ioc_list *list, const void *entry,
		     size_t entry_bytes)
{
	u8 __user *to = u64_to_user_ptr(list->entries +
					(u64)list->count * list->entry_bytes);
	size_t known = min_t(size_t, entry_bytes, list->entry_bytes);

	list->needed++;
	if (is_full(list))
		return 0;
	might_fault();
	if (copy_to_user(to, entry, known) ||
	    clear_user(to + known, list->entry_bytes - known))
		return -EFAULT;
	list->count++;
	return 0;
}

static int put_entries(struct kspan_ioc_list *list, const void *entries,
		       unsigned int nentries, size_t entry_bytes)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < nentries && !err; i++)
		err = put_entry(list, entries + i * entry_bytes, entry_bytes);
	return err;
}

static void describe_heap(struct kspan_heap *heap,
			  struct kspan_heap_entry *entry)
{
	struct kspan_heap_stats stats;

	kspan_heap_stats(heap, &stats);
	entry->id = heap->storage.source.id;
	entry->limit_bytes = stats.limit_bytes;
	entry->backing_bytes = stats.backing_bytes;
	entry->live_bytes = stats.live_bytes;
	entry->flags = heap->storage.source.flags;
	entry->node = heap->storage.source.nid;
	entry->owner_kind = heap->owner_kind;
	strscpy(entry->name, heap->storage.source.name, sizeof(entry->name));
	strscpy(entry->owner, heap->owner_name, sizeof(entry->owner));
}

/* All heaps; those that come or go meanwhile may be among them or not. */
int kspan_list_heaps(struct kspan_ioc_list *list)
{
	struct kspan_heap *heap;
	u32 id = 0;
	int err = 0;

	while (!err && (heap = kspan_heap_get_next(&id))) {
		struct kspan_heap_entry entry = { };

		if (!is_full(list))
			describe_heap(heap, &entry);
		kspan_heap_put(heap);
		err = put_entry(list, &entry, sizeof(entry));
		cond_resched();
	}
	return err;
}

static void describe_class(struct kspan_store *store,
			   struct kspan_class_entry *entry)
{
	const struct kspan_sizeclass *sc = store->sc;
	struct kspan_store_stats stats;

	kspan_read_store(store, &stats);
	entry->sizeclass = store->class;
	entry->size_bytes = sc->size_bytes;
	entry->span_pages = sc->npages;
	entry->span_objects = sc->nelems;
	entry->spans = stats.counts.spans;
	entry->live_objects = stats.live;
	entry->cached_objects = stats.cached;
	entry->free_objects = stats.counts.slots - stats.counts.out;
	entry->tail_bytes = stats.tail_bytes;
	entry->allocs_total = stats.allocs;
	entry->frees_total = stats.frees;
	entry->refills_total = stats.counts.refills;
	entry->flushes_total = stats.counts.flushes;
	if (store->name)
		strscpy(entry->name, store->name, sizeof(entry->name));
}

/**
 * kspan_list_classes() - list the size classes and typed caches of a heap
 * @heap: the heap, which is put
 * @list: where to
 *
 * Return: 0, -EFAULT or -ENOMEM.
 */
int kspan_list_classes(struct kspan_heap *heap, struct kspan_ioc_list *list)
{
	unsigned int max = kspan_stores_end(&heap->storage);
	struct kspan_class_entry *entries = new_entries(max, sizeof(*entries));
	struct kspan_store *store;
	unsigned int n = 0;
	int token;
	int err;

	token = kspan_stores_enter();
	kspan_for_each_store(store, &heap->storage) {
		if (entries && n < max)
			describe_class(store, &entries[n++]);
	}
	kspan_stores_leave(token);
	kspan_heap_put(heap);
	if (!entries)
		return -ENOMEM;
	err = put_entries(list, entries, n, sizeof(*entries));
	kvfree(entries);
	return err;
}

/* The next spans from a cursor on; less than @max are the last. */
static unsigned int gather_spans(struct kspan_heap *heap, u64 *cursor,
				 struct kspan_span_entry *entries,
				 unsigned int max)
{
	unsigned int n = 0;

	while (n < max && kspan_span_next(heap, cursor, &entries[n])) {
		n++;
		cond_resched();
	}
	return n;
}

/* What does not fit is counted, and the cursor says where it begins. */
static void count_spans(struct kspan_heap *heap, u64 cursor,
			struct kspan_ioc_list *list)
{
	struct kspan_span_entry entry;

	list->cursor = cursor;
	while (gather_spans(heap, &cursor, &entry, 1))
		list->needed++;
	if (list->needed == list->count)
		list->cursor = ~0ULL;
}

/* Fills the array, with the heap found again for each batch. */
static int fill_with_spans(struct kspan_heap *heap, u64 cursor,
			   struct kspan_ioc_list *list,
			   struct kspan_span_entry *entries)
{
	u32 id = heap->storage.source.id;
	unsigned int room;
	unsigned int n;
	int err;

	do {
		room = min_t(unsigned int, SPANS_BATCH,
			     list->capacity - list->count);
		n = gather_spans(heap, &cursor, entries, room);
		kspan_heap_put(heap);
		err = put_entries(list, entries, n, sizeof(*entries));
		if (err)
			return err;
		if (n < room) {
			list->cursor = ~0ULL;
			return 0;
		}
		heap = kspan_heap_get_id(id);
		if (!heap)
			return -ENOENT;
	} while (!is_full(list));
	count_spans(heap, cursor, list);
	kspan_heap_put(heap);
	return 0;
}

/**
 * kspan_list_spans() - list the spans of a heap, from the list's cursor on
 * @heap: the heap, which is put
 * @list: where to
 *
 * Return: 0, -EFAULT, -ENOMEM, or -ENOENT if the heap was destroyed meanwhile.
 */
int kspan_list_spans(struct kspan_heap *heap, struct kspan_ioc_list *list)
{
	u64 cursor = list->cursor;
	struct kspan_span_entry *entries;
	int err;

	if (cursor == ~0ULL) {
		kspan_heap_put(heap);
		return 0;
	}
	entries = new_entries(SPANS_BATCH, sizeof(*entries));
	if (!entries) {
		kspan_heap_put(heap);
		return -ENOMEM;
	}
	err = fill_with_spans(heap, cursor, list, entries);
	kvfree(entries);
	return err;
}

/**
 * kspan_list_arenas() - list the arenas in which a heap has pages
 * @heap: the heap, which is put
 * @list: where to
 *
 * Return: 0, -EFAULT or -ENOMEM.
 */
int kspan_list_arenas(struct kspan_heap *heap, struct kspan_ioc_list *list)
{
	unsigned int capacity = kspan_arena_list(heap, NULL, 0);
	struct kspan_arena_entry *entries;
	unsigned int narenas = 0;
	int err;

	entries = new_entries(capacity + 1, sizeof(*entries));
	if (entries)
		narenas = min(capacity,
			      kspan_arena_list(heap, entries, capacity));
	kspan_heap_put(heap);
	if (!entries)
		return -ENOMEM;
	err = put_entries(list, entries, narenas, sizeof(*entries));
	kvfree(entries);
	return err;
}

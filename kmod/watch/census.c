// SPDX-License-Identifier: GPL-2.0
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "base/compat.h"
#include "base/fault.h"
#include "heaps/heap.h"
#include "heaps/registry.h"
#include "spans/owner.h"
#include "watch/census.h"

enum {
	FIRST_ROOM	= 64,
};

/* Whether a slot is somebody's. RCU reader. */
bool kspan_slot_live(struct kspan_span *span, unsigned int index)
{
	const struct kspan_store *store = kspan_span_store(span);
	void *slot;

	if (!kspan_span_slot_out(span, index) || kspan_slot_dead(span, index))
		return false;
	if (store->class == KSPAN_LARGE_CLASS)
		return true;
	slot = (void *)span->addr + index * store->sc->size_bytes;
	return !kspan_slot_marked(span, index, slot);
}

/**
 * kspan_census_broken_off() - whether somebody waits for the end of it
 * @heap: the heap that is looked at
 *
 * A large heap takes a while, and who destroys one waits for who looks at it.
 *
 * Return: 0; -EINTR if the task is being killed; -ENOENT if the heap is to go.
 */
int kspan_census_broken_off(const struct kspan_heap *heap)
{
	if (fatal_signal_pending(current))
		return -EINTR;
	return kspan_heap_stays(heap) ? 0 : -ENOENT;
}

static int walk_chunk(struct kspan_heap *heap,
		      const struct kspan_chunk_view *view, kspan_census_fn fn,
		      void *arg)
{
	unsigned long addr = view->addr;
	int err = 0;

	while (!err && addr < view->addr + KSPAN_CHUNK_BYTES) {
		if (kspan_pagebits_test(&view->owned, kspan_page_in_chunk(addr)))
			err = fn(heap, &addr, arg);
		else
			addr += KSPAN_PAGE_BYTES;
		cond_resched();
	}
	return err ?: kspan_census_broken_off(heap);
}

/**
 * kspan_census_walk() - go over the pages of a heap in which spans may start
 * @heap: the heap
 * @fn: told of each; sleeps if it likes
 * @arg: its last argument
 *
 * Spans that come and go meanwhile may be missed; those that stay are not.
 *
 * Context: Process context; sleeps.
 * Return: the first value other than 0 that @fn gives; as kspan_census_broken_off().
 */
int kspan_census_walk(struct kspan_heap *heap, kspan_census_fn fn, void *arg)
{
	struct kspan_source *source = &heap->storage.source;
	struct kspan_chunk_view view;
	int nid;

	for (nid = 0; nid < nr_node_ids; nid++) {
		unsigned long addr = 0;

		while (kspan_pageheap_next_chunk(&source->nodes[nid].pages,
						 addr, &view)) {
			int err = walk_chunk(heap, &view, fn, arg);

			if (err)
				return err;
			addr = view.addr + KSPAN_CHUNK_BYTES;
		}
	}
	return 0;
}

static struct kspan_census_span *record_new(unsigned int nelems)
{
	struct kspan_census_span *record = NULL;

	if (kspan_fault(KSPAN_FAULT_CENSUS, GFP_KERNEL))
		return NULL;
	record = kzalloc(struct_size(record, bits, KSPAN_CENSUS_BITS *
				     BITS_TO_LONGS(nelems)),
			 GFP_KERNEL | __GFP_NOWARN);
	if (record)
		record->nelems = nelems;
	return record;
}

static int make_room(struct kspan_census *census)
{
	size_t room = max_t(size_t, 2 * census->room, FIRST_ROOM);
	struct kspan_census_span **spans;

	if (census->nr < census->room)
		return 0;
	spans = kvmalloc_array(room, sizeof(*spans), GFP_KERNEL | __GFP_NOWARN);
	if (!spans)
		return -ENOMEM;
	if (census->nr)
		memcpy(spans, census->spans, census->nr * sizeof(*spans));
	kvfree(census->spans);
	census->spans = spans;
	census->room = room;
	return 0;
}

/* A record becomes part of the census, or goes. */
static int add(struct kspan_census *census, struct kspan_census_span *record)
{
	int err = 0;

	if (!bitmap_empty(kspan_census_live(record), record->nelems)) {
		err = make_room(census);
		if (!err) {
			census->spans[census->nr++] = record;
			return 0;
		}
	}
	kfree(record);
	return err;
}

/* What the span that starts there has, if it is one of slots; RCU reader. */
static struct kspan_span *span_with_slots(struct kspan_heap *heap,
					  unsigned long addr)
{
	struct kspan_span *span = kspan_span_starting(&heap->storage.source,
						      addr);

	return span && !kspan_span_is_bump(span) ? span : NULL;
}

static void fill(struct kspan_census_span *record, struct kspan_span *span)
{
	const struct kspan_store *store = kspan_span_store(span);
	unsigned int index;

	record->addr = span->addr;
	record->end = span->addr + kspan_npages_bytes(span->npages);
	record->class = store->class;
	record->since = span->since;
	record->slot_bytes = record->end - record->addr;
	if (store->class != KSPAN_LARGE_CLASS) {
		record->slot_bytes = store->sc->size_bytes;
		record->magic = store->sc->magic;
	}
	for (index = 0; index < record->nelems; index++) {
		if (kspan_slot_live(span, index))
			__set_bit(index, kspan_census_live(record));
	}
}

static int count_span(struct kspan_heap *heap, unsigned long *addr, void *arg)
{
	struct kspan_census_span *record;
	unsigned long start = *addr;
	unsigned int nelems = 0;
	struct kspan_span *span;

	*addr += KSPAN_PAGE_BYTES;
	rcu_read_lock();
	span = span_with_slots(heap, start);
	if (span) {
		*addr = start + kspan_npages_bytes(span->npages);
		if (READ_ONCE(span->alloc_count))
			nelems = span->nelems;
	}
	rcu_read_unlock();
	if (!nelems)
		return 0;
	record = record_new(nelems);
	if (!record)
		return -ENOMEM;
	rcu_read_lock();
	span = span_with_slots(heap, start);
	/* Else it is another one, all of whose objects are new. */
	if (span && span->nelems == nelems)
		fill(record, span);
	rcu_read_unlock();
	return add(arg, record);
}

static int count_huge(struct kspan_census *census)
{
	const struct kspan_huge_objects *huge = &census->heap->storage.huge;
	struct kspan_census_span *record;
	struct kspan_huge_view view;
	unsigned long from = 0;
	int err = 0;

	while (!err && kspan_huge_next(huge, from, &view)) {
		record = record_new(1);
		if (!record)
			return -ENOMEM;
		record->addr = (unsigned long)view.start;
		record->end = record->addr + view.size_bytes;
		record->slot_bytes = view.size_bytes;
		record->huge = true;
		__set_bit(0, kspan_census_live(record));
		from = record->end;
		err = add(census, record);
		cond_resched();
	}
	return err;
}

static int compare(const void *a, const void *b)
{
	const struct kspan_census_span *one = *(struct kspan_census_span **)a;
	const struct kspan_census_span *other = *(struct kspan_census_span **)b;

	return one->addr < other->addr ? -1 : one->addr > other->addr;
}

/* They come by address from each node; nodes have chunks side by side rarely. */
static void put_in_order(struct kspan_census *census)
{
	size_t i;

	for (i = 1; i < census->nr; i++) {
		if (census->spans[i - 1]->addr > census->spans[i]->addr) {
			sort(census->spans, census->nr, sizeof(*census->spans),
			     compare, NULL);
			return;
		}
	}
}

/**
 * kspan_census_take() - find the live objects of a heap
 * @census: out; for kspan_census_drop(), whatever this returns
 * @heap: the heap
 *
 * Objects that come and go meanwhile may be in it or not. Stacks and regions are not.
 *
 * Context: Process context; sleeps.
 * Return: 0; -ENOMEM; as kspan_census_broken_off().
 */
int kspan_census_take(struct kspan_census *census, struct kspan_heap *heap)
{
	int err;

	memset(census, 0, sizeof(*census));
	census->heap = heap;
	err = kspan_census_walk(heap, count_span, census) ?: count_huge(census);
	if (!err)
		put_in_order(census);
	return err;
}

void kspan_census_drop(struct kspan_census *census)
{
	size_t i;

	for (i = 0; i < census->nr; i++) {
		kfree(census->spans[i]);
		if (!(i % 1024))
			cond_resched();
	}
	kvfree(census->spans);
	memset(census, 0, sizeof(*census));
}

/**
 * kspan_census_find() - the object around an address
 * @census: where to look
 * @addr: any address
 * @index: out: its slot
 *
 * Return: its span; NULL if none was live there.
 */
struct kspan_census_span *kspan_census_find(const struct kspan_census *census,
					    unsigned long addr,
					    unsigned int *index)
{
	struct kspan_census_span *span;
	size_t low = 0;
	size_t high = census->nr;

	if (!high || addr < census->spans[0]->addr ||
	    addr >= census->spans[high - 1]->end)
		return NULL;
	/* The last that starts at or below it. */
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (census->spans[middle]->addr <= addr)
			low = middle;
		else
			high = middle;
	}
	span = census->spans[low];
	if (addr >= span->end)
		return NULL;
	*index = span->magic ? kspan_slot_index(addr - span->addr, span->magic) :
			       0;
	return *index < span->nelems &&
	       test_bit(*index, kspan_census_live(span)) ? span : NULL;
}

/**
 * kspan_census_stands() - whether an object is live still
 * @census: where it was found
 * @span: its span
 * @index: its slot
 *
 * Another one that has come in its place is as good.
 */
bool kspan_census_stands(const struct kspan_census *census,
			 const struct kspan_census_span *span,
			 unsigned int index)
{
	struct kspan_heap *heap = census->heap;
	struct kspan_huge_view view;
	struct kspan_span *now;
	bool stands;

	rcu_read_lock();
	if (span->huge) {
		stands = kspan_huge_find(span->addr, &view) &&
			 (unsigned long)view.start == span->addr &&
			 view.size_bytes == span->slot_bytes;
	} else {
		now = span_with_slots(heap, span->addr);
		stands = now && now->nelems == span->nelems &&
			 kspan_span_store(now)->class == span->class &&
			 kspan_slot_live(now, index);
	}
	rcu_read_unlock();
	return stands;
}

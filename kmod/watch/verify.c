// SPDX-License-Identifier: GPL-2.0
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "base/compat.h"
#include "base/fault.h"
#include "heaps/heap.h"
#include "spans/bump.h"
#include "spans/collected.h"
#include "spans/stores.h"
#include "watch/stats.h"
#include "watch/verify.h"

enum {
	/* Walks before the counters are said not to stand still. */
	VERIFY_TRIES		= 20,
	/*
	 * Walks that must find something wrong before it is said to be; after
	 * each it waits twice as long as before.
	 */
	VERIFY_BAD_TRIES	= 6,
	/* Slots that are looked at without a break. */
	WALK_SLOTS		= 256,
};

/**
 * struct tally - one store, counted or walked
 * @spans: spans
 * @pages: their pages
 * @slots: their slots
 * @out: slots out of the spans
 * @live: of these, slots that are not marked as free: live, or dropped
 * @marked: free slots whose mark is intact
 * @unsound: spans whose identity does not hold, or whose guards were written to
 * @misplaced: spans that are not in the bucket that they should be in
 * @empty: spans in the bucket of those without an object
 */
struct tally {
	u64	spans;
	u64	pages;
	u64	slots;
	u64	out;
	u64	live;
	u64	marked;
	u64	unsound;
	u64	misplaced;
	u64	empty;
};

/**
 * struct recount - a heap, counted or walked
 * @owned_pages: pages of the page heaps
 * @free_pages: of these, in no span
 * @poisoned_pages: of these, out of use
 * @fresh_pages: of these, never handed out
 * @unready_pages: free pages that wait for a grace period
 * @chunks: chunks
 * @arenas: arenas they lie in
 * @reserve_pages: pages of the reserve that are not lent; only counted
 * @longest_wrong: chunks whose longest run is not what is said
 * @order_wrong: likewise the largest aligned block
 * @collected_wrong: slots of a collected heap whose bits or word are not what they are
 *	to be
 * @huge: objects in vmalloc memory
 * @huge_bytes: their pages
 * @held_bytes: the areas they lie in
 * @huge_live: those allocated and not freed; only counted
 * @backing_bytes: taken from the kernel; only counted
 * @waiting_pages: of typed caches, which wait for readers; only counted
 * @nr_stores: length of @stores; of what has come since nothing is told
 * @stores: tallies
 */
struct recount {
	u64		owned_pages;
	u64		free_pages;
	u64		poisoned_pages;
	u64		fresh_pages;
	u64		unready_pages;
	u64		chunks;
	u64		arenas;
	u64		reserve_pages;
	u64		longest_wrong;
	u64		order_wrong;
	u64		collected_wrong;
	u64		huge;
	u64		huge_bytes;
	u64		held_bytes;
	u64		huge_live;
	u64		backing_bytes;
	u64		waiting_pages;
	unsigned int	nr_stores;
	struct tally	stores[];
};

/* Changes whenever anything that is counted does. */
static u64 activity(struct kspan_heap *heap)
{
	struct kspan_store_stats stats;
	struct kspan_store *store;
	u64 sum = 0;
	int token;

	token = kspan_stores_enter();
	kspan_for_each_store_and_large(store, &heap->storage) {
		kspan_read_store(store, &stats);
		/* One that has come, too. */
		sum += store->class + stats.allocs + stats.frees + stats.counts.refills +
		       stats.counts.flushes + stats.counts.spans;
	}
	kspan_stores_leave(token);
	sum += atomic_long_read(&heap->storage.source.waiting_pages) +
	       atomic64_read(&heap->storage.huge.allocs) +
	       atomic64_read(&heap->storage.huge.frees);
	return sum + READ_ONCE(heap->storage.source.account.grown_bytes) +
	       READ_ONCE(heap->storage.source.account.released_bytes);
}

static u64 empty_spans(const struct kspan_store *store)
{
	u64 nspans = 0;
	int nid;

	for (nid = 0; nid < nr_node_ids; nid++)
		nspans += READ_ONCE(store->central[nid].buckets.nr_empty);
	return nspans;
}

static void read_counters(struct kspan_heap *heap, struct recount *counted)
{
	struct kspan_huge_objects *huge = &heap->storage.huge;
	struct kspan_store_stats stats;
	struct kspan_store *store;
	int token;
	int nid;

	token = kspan_stores_enter();
	kspan_for_each_store_and_large(store, &heap->storage) {
		struct tally *tally = &counted->stores[store->class];

		if (store->class >= counted->nr_stores)
			break;
		kspan_read_store(store, &stats);
		tally->spans = stats.counts.spans;
		tally->pages = stats.counts.pages;
		tally->slots = stats.counts.slots;
		tally->out = stats.counts.out;
		tally->live = stats.allocs - stats.frees +
			      stats.counts.dropped;
		tally->marked = stats.counts.slots - stats.counts.out;
		tally->empty = empty_spans(store);
	}
	kspan_stores_leave(token);
	counted->waiting_pages =
		atomic_long_read(&heap->storage.source.waiting_pages);
	counted->huge = atomic64_read(&huge->live);
	counted->huge_bytes = atomic64_read(&huge->bytes);
	counted->held_bytes = atomic64_read(&huge->held_bytes);
	counted->huge_live = atomic64_read(&huge->allocs) -
			     atomic64_read(&huge->frees);
	counted->backing_bytes =
		READ_ONCE(heap->storage.source.account.backing_bytes);
	counted->reserve_pages = READ_ONCE(heap->storage.reserve.idle_pages);
	for (nid = 0; nid < nr_node_ids; nid++) {
		struct kspan_pageheap *ph = &heap->storage.source.nodes[nid].pages;

		counted->owned_pages += READ_ONCE(ph->owned_pages);
		counted->free_pages += READ_ONCE(ph->free_pages);
		counted->poisoned_pages += READ_ONCE(ph->poisoned_pages);
		counted->fresh_pages += READ_ONCE(ph->fresh_pages);
		counted->unready_pages += kspan_pageheap_unready(ph);
		counted->chunks += READ_ONCE(ph->chunks.nr_chunks);
		counted->arenas += READ_ONCE(ph->chunks.nr_arenas);
	}
}

/*
 * A slot that nobody has is not dead, and nothing lies in it; where objects of many
 * types lie, something does in one that somebody has.
 */
static bool collected_wrong(struct kspan_span *span, unsigned int index,
			    bool live)
{
	const struct kspan_store *store = kspan_span_store(span);

	if (!store->collected)
		return false;
	if (!live && test_bit(index, kspan_span_dead(span)))
		return true;
	return kspan_store_is_informed(store) &&
	       !READ_ONCE(kspan_span_info(span)[index]) == live;
}

/* By the holder of the span's lock; returns whether there are more slots. */
static bool walk_slots(struct kspan_span *span, unsigned int first,
		       struct tally *tally, u64 *nwrong)
{
	const struct kspan_store *store = kspan_span_store(span);
	unsigned int end = min_t(unsigned int, first + WALK_SLOTS, span->nelems);
	unsigned int index;

	for (index = first; index < end; index++) {
		void *slot = (void *)(span->addr +
				      index * store->sc->size_bytes);
		bool out = kspan_span_slot_out(span, index);
		bool marked = kspan_slot_marked(span, index, slot);

		tally->out += out;
		tally->live += out && !marked;
		tally->marked += !out && marked;
		*nwrong += collected_wrong(span, index, out && !marked);
	}
	return end < span->nelems;
}

static bool is_idle(const struct kspan_span *span)
{
	return kspan_span_is_bump(span) && kspan_bump_idle(span->owner);
}

/* By the holder of the span's lock. */
static void walk_head(const struct kspan_span *span, struct tally *tally)
{
	tally->spans++;
	tally->pages += span->npages;
	tally->slots += span->nelems;
	if (kspan_span_store(span)->class == KSPAN_LARGE_CLASS) {
		tally->out += span->alloc_count;
		tally->live += span->alloc_count && !is_idle(span);
		tally->unsound += kspan_span_is_bump(span) &&
				  !kspan_bump_sound(span);
	} else {
		tally->unsound += !kspan_span_identity_holds(span);
	}
	if (span->kind == KSPAN_SPAN_SLOTS) {
		const struct kspan_buckets *buckets = &span->central->buckets;

		tally->misplaced += !kspan_bucket_placed(buckets, span);
		tally->empty += span->bucket == KSPAN_BUCKET_EMPTY;
	}
}

/* By an RCU reader; returns the span's pages, if it is still there. */
static unsigned int walk_span_slots(struct kspan_span *span,
				    unsigned long addr, struct recount *walked)
{
	struct kspan_store *store = kspan_span_store(span);
	struct kspan_central *central = span->central;
	struct tally *tally = &walked->stores[store->class];
	unsigned int first = 0;
	unsigned int npages = 1;
	unsigned long flags;
	bool more;

	if (store->class >= walked->nr_stores)
		return npages;

	/* What changes between two pieces, counters tell of. */
	do {
		more = false;
		spin_lock_irqsave(&central->lock, flags);
		if (kspan_span_at(addr) == span && span->central == central) {
			npages = span->npages;
			if (!first)
				walk_head(span, tally);
			if (store->class == KSPAN_LARGE_CLASS &&
			    span->alloc_count)
				walked->collected_wrong +=
					collected_wrong(span, 0, true);
			if (store->class != KSPAN_LARGE_CLASS)
				more = walk_slots(span, first, tally,
						  &walked->collected_wrong);
		}
		spin_unlock_irqrestore(&central->lock, flags);
		first += WALK_SLOTS;
	} while (more);
	return npages;
}

static unsigned int walk_span(struct kspan_heap *heap, unsigned long addr,
			      struct recount *walked)
{
	struct kspan_span *span;
	unsigned int npages = 1;

	rcu_read_lock();
	span = kspan_span_starting(&heap->storage.source, addr);
	if (span)
		npages = walk_span_slots(span, addr, walked);
	rcu_read_unlock();
	return npages;
}

static void walk_chunk(struct kspan_heap *heap,
		       const struct kspan_chunk_view *view,
		       struct recount *walked)
{
	struct kspan_pagebits free;
	unsigned int page = 0;

	bitmap_andnot(free.bits, view->owned.bits, view->busy.bits,
		      KSPAN_CHUNK_PAGES);
	walked->owned_pages += bitmap_weight(view->owned.bits,
					     KSPAN_CHUNK_PAGES);
	walked->free_pages += bitmap_weight(free.bits, KSPAN_CHUNK_PAGES);
	walked->poisoned_pages += bitmap_weight(view->poisoned.bits,
						KSPAN_CHUNK_PAGES);
	walked->fresh_pages += view->fresh_pages;
	walked->unready_pages += view->unready_pages;
	walked->longest_wrong += view->longest !=
				 kspan_pagebits_longest(&view->busy);
	walked->order_wrong += view->order !=
			       kspan_pagebits_order_in(&view->busy, 0,
						       KSPAN_CHUNK_PAGES);
	while (page < KSPAN_CHUNK_PAGES) {
		if (kspan_pagebits_test(&view->owned, page) &&
		    kspan_pagebits_test(&view->busy, page))
			page += walk_span(heap, view->addr +
					  kspan_npages_bytes(page), walked);
		else
			page++;
	}
	cond_resched();
}

static void walk_node(struct kspan_heap *heap, struct kspan_pageheap *ph,
		      struct recount *walked)
{
	struct kspan_chunk_view view;
	unsigned long from = 0;
	unsigned long arena = 0;

	while (kspan_pageheap_next_chunk(ph, from, &view)) {
		walk_chunk(heap, &view, walked);
		walked->chunks++;
		if (!from || arena != kspan_arena_number(view.addr))
			walked->arenas++;
		arena = kspan_arena_number(view.addr);
		from = view.addr + KSPAN_CHUNK_BYTES;
	}
}

static void walk_huge(struct kspan_huge_objects *huge, struct recount *walked)
{
	struct kspan_huge_view view;
	unsigned long from = 0;

	while (kspan_huge_next(huge, from, &view)) {
		walked->huge++;
		walked->huge_bytes += view.size_bytes;
		walked->held_bytes += view.area_bytes;
		from = (unsigned long)view.start + view.size_bytes;
		cond_resched();
	}
}

static void walk(struct kspan_heap *heap, struct recount *walked)
{
	int nid;

	for (nid = 0; nid < nr_node_ids; nid++)
		walk_node(heap, &heap->storage.source.nodes[nid].pages, walked);
	walk_huge(&heap->storage.huge, walked);
}

static int compare(struct seq_file *m, const char *name, u64 counted,
		   u64 walked)
{
	bool ok = counted == walked;

	if (m)
		seq_printf(m, "%s %llu %llu %s\n", name, counted, walked,
			   ok ? "ok" : "BAD");
	return !ok;
}

static int compare_store(struct seq_file *m, unsigned int class,
			 const struct tally *counted,
			 const struct tally *walked)
{
	char name[40];
	unsigned int i;
	int bad = 0;
	const struct {
		const char *what;
		u64 counted;
		u64 walked;
	} values[] = {
		{ "spans", counted->spans, walked->spans },
		{ "pages", counted->pages, walked->pages },
		{ "slots", counted->slots, walked->slots },
		{ "out", counted->out, walked->out },
		{ "live", counted->live, walked->live },
		{ "marked", counted->marked, walked->marked },
		{ "unsound", counted->unsound, walked->unsound },
		{ "misplaced", counted->misplaced, walked->misplaced },
		{ "empty", counted->empty, walked->empty },
	};

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		snprintf(name, sizeof(name), "class_%u_%s", class,
			 values[i].what);
		bad += compare(m, name, values[i].counted, values[i].walked);
	}
	return bad;
}

static int compare_pages(struct seq_file *m, const struct recount *counted,
			 const struct recount *walked)
{
	unsigned int i;
	int bad = 0;
	const struct {
		const char *what;
		u64 counted;
		u64 walked;
	} values[] = {
		{ "owned_pages", counted->owned_pages, walked->owned_pages },
		{ "free_pages", counted->free_pages, walked->free_pages },
		{ "poisoned_pages", counted->poisoned_pages,
		  walked->poisoned_pages },
		{ "fresh_pages", counted->fresh_pages, walked->fresh_pages },
		{ "unready_pages", counted->unready_pages,
		  walked->unready_pages },
		{ "chunks", counted->chunks, walked->chunks },
		{ "arenas", counted->arenas, walked->arenas },
		{ "longest_wrong", 0, walked->longest_wrong },
		{ "order_wrong", 0, walked->order_wrong },
		{ "collected_wrong", 0, walked->collected_wrong },
		{ "huge", counted->huge, walked->huge },
		{ "huge_bytes", counted->huge_bytes, walked->huge_bytes },
		{ "held_bytes", counted->held_bytes, walked->held_bytes },
	};

	for (i = 0; i < ARRAY_SIZE(values); i++)
		bad += compare(m, values[i].what, values[i].counted,
			       values[i].walked);
	return bad;
}

static int compare_all(struct kspan_heap *heap, struct seq_file *m,
		       const struct recount *counted,
		       const struct recount *walked)
{
	struct kspan_heap_stats stats;
	unsigned int class;
	u64 pages = counted->free_pages + counted->poisoned_pages +
		    counted->reserve_pages + counted->waiting_pages;
	int bad = compare_pages(m, counted, walked);

	for (class = 0; class < counted->nr_stores; class++) {
		pages += walked->stores[class].pages;
		if (counted->stores[class].spans ||
		    walked->stores[class].spans ||
		    counted->stores[class].live)
			bad += compare_store(m, class, &counted->stores[class],
					     &walked->stores[class]);
	}
	bad += compare(m, "all_pages", counted->owned_pages, pages);
	bad += compare(m, "huge_live", counted->huge_live, walked->huge);
	bad += compare(m, "backing_bytes", counted->backing_bytes,
		       walked->owned_pages * KSPAN_PAGE_BYTES +
		       walked->held_bytes);
	kspan_heap_stats(heap, &stats);
	bad += compare(m, "balance_bytes", stats.backing_bytes,
		       stats.live_bytes + stats.cached_bytes +
		       stats.span_free_bytes + stats.tail_bytes +
		       stats.page_free_bytes);
	return bad;
}

/**
 * kspan_verify() - walk all spans of a heap and recount
 * @heap: the heap
 * @m: where to print, or NULL
 *
 * One span at a time is locked. If counters move meanwhile, it starts over; and
 * so it does where something looks wrong, as an operation that is under way has
 * changed what is walked, but not yet what is counted. What is wrong stays so.
 *
 * Context: Process context; sleeps.
 * Return: how many values do not agree; KSPAN_VERIFY_BUSY if the counters would
 * not stand still; -ENOMEM.
 */
int kspan_verify(struct kspan_heap *heap, struct seq_file *m)
{
	unsigned int nr_stores = kspan_stores_end(&heap->storage);
	struct recount *counted;
	struct recount *walked;
	size_t bytes = struct_size(counted, stores, nr_stores);
	int ret = KSPAN_VERIFY_BUSY;
	int bad_tries = 0;
	int try;

	if (kspan_fault(KSPAN_FAULT_VERIFY, GFP_KERNEL))
		return -ENOMEM;
	counted = kvcalloc(2, bytes, GFP_KERNEL);
	if (!counted)
		return -ENOMEM;
	walked = (void *)counted + bytes;
	for (try = 0; try < VERIFY_TRIES; try++) {
		u64 before;

		memset(counted, 0, 2 * bytes);
		counted->nr_stores = nr_stores;
		walked->nr_stores = nr_stores;
		/* What waits to be freed is counted as held, but not found. */
		kspan_huge_flush(&heap->storage.huge);
		before = activity(heap);
		read_counters(heap, counted);
		walk(heap, walked);
		if (activity(heap) == before &&
		    !atomic_read(&heap->storage.huge.making)) {
			ret = compare_all(heap, NULL, counted, walked);
			if (!ret || ++bad_tries == VERIFY_BAD_TRIES)
				break;
			ret = KSPAN_VERIFY_BUSY;
		}
		schedule_timeout_uninterruptible(1 << bad_tries);
	}
	if (m && ret != KSPAN_VERIFY_BUSY)
		ret = compare_all(heap, m, counted, walked);
	kvfree(counted);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_verify);

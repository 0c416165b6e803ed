// SPDX-License-Identifier: GPL-2.0
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "base/compat.h"
#include "base/fault.h"
#include "base/mark.h"
#include "heaps/heap.h"
#include "watch/stats.h"
#include "watch/verify.h"

enum {
	/* Walks before the counters are said not to stand still. */
	VERIFY_TRIES		= 20,
	/* Walks that must find something wrong before it is said to be. */
	VERIFY_BAD_TRIES	= 3,
};

/**
 * struct tally - one store, counted or walked
 * @spans: spans
 * @pages: their pages
 * @slots: their slots
 * @out: slots out of the spans
 * @live: of these, slots that are not marked as free: live, or dropped
 * @marked: free slots whose mark is intact
 * @unsound: spans whose identity does not hold
 */
struct tally {
	u64	spans;
	u64	pages;
	u64	slots;
	u64	out;
	u64	live;
	u64	marked;
	u64	unsound;
};

/**
 * struct recount - a heap, counted or walked
 * @owned_pages: pages of the page heaps
 * @free_pages: of these, in no span
 * @poisoned_pages: of these, out of use
 * @reserve_pages: pages of the reserve that are not lent; only counted
 * @longest_wrong: chunks whose longest run is not what is said
 * @stores: tallies
 */
struct recount {
	u64		owned_pages;
	u64		free_pages;
	u64		poisoned_pages;
	u64		reserve_pages;
	u64		longest_wrong;
	struct tally	stores[KSPAN_NR_STORES];
};

/* Changes whenever anything that is counted does. */
static u64 activity(struct kspan_heap *heap)
{
	struct kspan_store_stats stats;
	unsigned int class;
	u64 sum = 0;

	for (class = 0; class < KSPAN_NR_STORES; class++) {
		kspan_store_stats(heap, class, &stats);
		sum += stats.allocs + stats.frees + stats.counts.refills +
		       stats.counts.flushes + stats.counts.spans;
	}
	return sum + READ_ONCE(heap->storage.source.account.grown_bytes) +
	       READ_ONCE(heap->storage.source.account.released_bytes);
}

static void read_counters(struct kspan_heap *heap, struct recount *counted)
{
	struct kspan_store_stats stats;
	unsigned int class;
	int nid;

	for (class = 0; class < KSPAN_NR_STORES; class++) {
		struct tally *tally = &counted->stores[class];

		kspan_store_stats(heap, class, &stats);
		tally->spans = stats.counts.spans;
		tally->pages = stats.counts.pages;
		tally->slots = stats.counts.slots;
		tally->out = stats.counts.out;
		tally->live = stats.allocs - stats.frees +
			      stats.counts.dropped;
		tally->marked = stats.counts.slots - stats.counts.out;
	}
	counted->reserve_pages = READ_ONCE(heap->storage.reserve.idle_pages);
	for (nid = 0; nid < nr_node_ids; nid++) {
		struct kspan_pageheap *ph = &heap->storage.source.nodes[nid].pages;

		counted->owned_pages += READ_ONCE(ph->owned_pages);
		counted->free_pages += READ_ONCE(ph->free_pages);
		counted->poisoned_pages += READ_ONCE(ph->poisoned_pages);
	}
}

/* By the holder of the span's lock. */
static void walk_slots(const struct kspan_span *span, struct tally *tally)
{
	const struct kspan_store *store = kspan_span_store(span);
	unsigned long slot = span->addr;
	unsigned int index;

	for (index = 0; index < span->nelems; index++) {
		bool out = kspan_span_slot_out(span, index);
		bool marked = kspan_mark_intact((void *)slot, store->secret);

		tally->out += out;
		tally->live += out && !marked;
		tally->marked += !out && marked;
		slot += store->sc->size_bytes;
	}
}

static unsigned int walk_span(struct kspan_heap *heap, unsigned long addr,
			      struct recount *walked)
{
	struct kspan_central *central;
	struct kspan_store *store;
	struct kspan_span *span;
	unsigned int npages = 1;
	struct tally *tally;
	unsigned long flags;

	rcu_read_lock();
	span = kspan_span_starting(&heap->storage.source, addr);
	if (!span)
		goto unlock;
	store = kspan_span_store(span);
	central = span->central;
	spin_lock_irqsave(&central->lock, flags);
	if (kspan_span_at(addr) == span) {
		npages = span->npages;
		tally = &walked->stores[store->class];
		tally->spans++;
		tally->pages += span->npages;
		tally->slots += span->nelems;
		if (store->class == KSPAN_LARGE_CLASS) {
			tally->out += span->alloc_count;
			tally->live += span->alloc_count;
		} else {
			walk_slots(span, tally);
			tally->unsound += !kspan_span_identity_holds(span);
		}
	}
	spin_unlock_irqrestore(&central->lock, flags);
unlock:
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
	walked->longest_wrong += view->longest !=
				 kspan_pagebits_longest(&view->busy);
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

static void walk(struct kspan_heap *heap, struct recount *walked)
{
	struct kspan_chunk_view view;
	int nid;

	for (nid = 0; nid < nr_node_ids; nid++) {
		unsigned long from = 0;

		while (kspan_pageheap_next_chunk(&heap->storage.source.nodes[nid].pages, from,
						 &view)) {
			walk_chunk(heap, &view, walked);
			from = view.addr + KSPAN_CHUNK_BYTES;
		}
	}
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
	};

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		snprintf(name, sizeof(name), "class_%u_%s", class,
			 values[i].what);
		bad += compare(m, name, values[i].counted, values[i].walked);
	}
	return bad;
}

static int compare_all(struct kspan_heap *heap, struct seq_file *m,
		       const struct recount *counted,
		       const struct recount *walked)
{
	struct kspan_heap_stats stats;
	unsigned int class;
	u64 pages = counted->free_pages + counted->poisoned_pages +
		    counted->reserve_pages;
	int bad = 0;

	bad += compare(m, "owned_pages", counted->owned_pages,
		       walked->owned_pages);
	bad += compare(m, "free_pages", counted->free_pages,
		       walked->free_pages);
	bad += compare(m, "poisoned_pages", counted->poisoned_pages,
		       walked->poisoned_pages);
	bad += compare(m, "longest_wrong", 0, walked->longest_wrong);
	for (class = 0; class < KSPAN_NR_STORES; class++) {
		pages += walked->stores[class].pages;
		if (counted->stores[class].spans ||
		    walked->stores[class].spans ||
		    counted->stores[class].live)
			bad += compare_store(m, class, &counted->stores[class],
					     &walked->stores[class]);
	}
	bad += compare(m, "all_pages", counted->owned_pages, pages);
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
	struct recount *counted;
	struct recount *walked;
	int ret = KSPAN_VERIFY_BUSY;
	int bad_tries = 0;
	int try;

	if (kspan_fault(KSPAN_FAULT_VERIFY, GFP_KERNEL))
		return -ENOMEM;
	counted = kvcalloc(2, sizeof(*counted), GFP_KERNEL);
	if (!counted)
		return -ENOMEM;
	walked = counted + 1;
	for (try = 0; try < VERIFY_TRIES; try++) {
		u64 before = activity(heap);

		memset(counted, 0, 2 * sizeof(*counted));
		read_counters(heap, counted);
		walk(heap, walked);
		if (activity(heap) == before) {
			ret = compare_all(heap, NULL, counted, walked);
			if (!ret || ++bad_tries == VERIFY_BAD_TRIES)
				break;
			ret = KSPAN_VERIFY_BUSY;
		}
		schedule_timeout_uninterruptible(1);
	}
	if (m && ret != KSPAN_VERIFY_BUSY)
		ret = compare_all(heap, m, counted, walked);
	kvfree(counted);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_verify);

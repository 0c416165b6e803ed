// SPDX-License-Identifier: GPL-2.0
#include <linux/minmax.h>
#include <linux/sched.h>

#include "base/compat.h"
#include "caches/stacks.h"
#include "heaps/heap.h"
#include "spans/stores.h"
#include "watch/stats.h"

static void add_counts(struct kspan_central_counts *sum,
		       const struct kspan_central_counts *counts)
{
	sum->spans += counts->spans;
	sum->pages += counts->pages;
	sum->slots += counts->slots;
	sum->out += counts->out;
	sum->direct_allocs += counts->direct_allocs;
	sum->direct_frees += counts->direct_frees;
	sum->dropped += counts->dropped;
	sum->refills += counts->refills;
	sum->flushes += counts->flushes;
}

static void read_centrals(struct kspan_store *store,
			  struct kspan_central_counts *sum)
{
	struct kspan_central_counts counts;
	int nid;

	memset(sum, 0, sizeof(*sum));
	for (nid = 0; nid < nr_node_ids; nid++) {
		kspan_central_read(&store->central[nid], &counts);
		add_counts(sum, &counts);
	}
}

/*
 * The frees of all CPUs before the allocations of all CPUs: of an object that
 * is freed on one CPU while we look, the allocation is counted too, and so the
 * difference is never negative.
 */
static void read_cpus(const struct kspan_store *store, u64 *allocs, u64 *frees)
{
	struct kspan_mag_counts counts;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		kspan_mag_read(store, cpu, &counts);
		*frees += counts.frees;
	}
	/* All frees before all allocations. */
	smp_rmb();
	for_each_possible_cpu(cpu) {
		kspan_mag_read(store, cpu, &counts);
		*allocs += counts.allocs;
	}
}

/* Of stacks that wait to be borrowed, likewise. */
static void read_stacks(struct kspan_storage *storage, u64 *allocs, u64 *frees)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		u64 puts = kspan_stacks_puts(storage, cpu);

		*frees += puts;
	}
	/* All frees before all allocations. */
	smp_rmb();
	for_each_possible_cpu(cpu) {
		u64 gets = kspan_stacks_gets(storage, cpu);

		*allocs += gets;
	}
}

static u64 slot_bytes(const struct kspan_store *store)
{
	return store->class ? store->sc->size_bytes : KSPAN_PAGE_BYTES;
}

/**
 * kspan_read_store() - statistics of one store
 * @store: the store; that of large objects is without those in vmalloc memory
 * @stats: out
 *
 * Counters of several CPUs are not read at one moment: where they disagree, live
 * slots are bounded by those that are out, so that the bytes always add up to
 * those of the spans.
 */
void kspan_read_store(struct kspan_store *store,
		      struct kspan_store_stats *stats)
{
	struct kspan_storage *storage = &kspan_store_heap(store)->storage;
	struct kspan_central_counts before;
	u64 bytes;
	u64 out;

	memset(stats, 0, sizeof(*stats));
	/* Direct frees, too, are read before the allocations. */
	read_centrals(store, &before);
	stats->frees = before.direct_frees;
	if (store->class == KSPAN_LARGE_CLASS)
		read_stacks(storage, &stats->allocs, &stats->frees);
	else
		read_cpus(store, &stats->allocs, &stats->frees);
	read_centrals(store, &stats->counts);
	/* A second free that shows only at the flush is counted until then. */
	stats->allocs = max(stats->allocs + stats->counts.direct_allocs,
			    stats->frees);

	out = stats->counts.out;
	stats->live = clamp_t(s64, stats->allocs - stats->frees, 0, out);
	stats->cached = out - stats->live;
	if (store->class == KSPAN_LARGE_CLASS) {
		/* A page each here; of what is out, only stacks are cached. */
		bytes = stats->counts.pages * KSPAN_PAGE_BYTES;
		stats->cached_bytes = kspan_stacks_idle_bytes(storage,
							      stats->cached);
		stats->cached_bytes = min(stats->cached_bytes, bytes);
		stats->live_bytes = bytes - stats->cached_bytes;
		return;
	}
	stats->live_bytes = stats->live * slot_bytes(store);
	stats->cached_bytes = stats->cached * slot_bytes(store);
	stats->span_free_bytes = (stats->counts.slots - out) *
				 slot_bytes(store);
	stats->tail_bytes = stats->counts.pages * KSPAN_PAGE_BYTES -
			    stats->counts.slots * slot_bytes(store);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_read_store);

/* Of the store of a heap that has the number @class; all zero if there is none. */
void kspan_store_stats(struct kspan_heap *heap, unsigned int class,
		       struct kspan_store_stats *stats)
{
	struct kspan_store *store;
	int token;

	memset(stats, 0, sizeof(*stats));
	token = kspan_stores_enter();
	store = kspan_stores_find(&heap->storage, class);
	if (store)
		kspan_read_store(store, stats);
	kspan_stores_leave(token);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_store_stats);

static u64 metadata_bytes(struct kspan_heap *heap)
{
	u64 bytes = atomic_long_read(&heap->storage.source.account.metadata_bytes) +
		    kspan_mag_array_bytes(&heap->storage);
	int nid;

	for (nid = 0; nid < nr_node_ids; nid++) {
		struct kspan_pageheap *ph = &heap->storage.source.nodes[nid].pages;

		bytes += READ_ONCE(ph->chunks.nr_chunks) * sizeof(struct kspan_chunk);
		/* A heap's part of the leaves: a row and a tag for each page. */
		bytes += READ_ONCE(ph->owned_pages) * 2 * sizeof(void *);
	}
	return bytes;
}

/* What all stores add up to; returns the bytes of their spans. */
static u64 add_stores(struct kspan_heap *heap, struct kspan_heap_stats *stats)
{
	struct kspan_storage *storage = &heap->storage;
	struct kspan_store_stats counted;
	struct kspan_store *store;
	u64 in_spans = 0;

	kspan_for_each_store_and_large(store, storage) {
		kspan_read_store(store, &counted);
		stats->live_bytes += counted.live_bytes;
		stats->cached_bytes += counted.cached_bytes;
		stats->span_free_bytes += counted.span_free_bytes;
		stats->tail_bytes += counted.tail_bytes;
		stats->allocs_total += counted.allocs;
		stats->frees_total += counted.frees;
		stats->refills_total += counted.counts.refills;
		stats->flushes_total += counted.counts.flushes;
		stats->spans += counted.counts.spans;
		in_spans += counted.counts.pages * KSPAN_PAGE_BYTES;
		if (store->class == KSPAN_LARGE_CLASS) {
			stats->large_objects = counted.live;
			stats->large_bytes = counted.live_bytes;
		}
	}
	stats->allocs_total += storage->gone.objects;
	stats->frees_total += storage->gone.objects;
	stats->refills_total += storage->gone.refills;
	stats->flushes_total += storage->gone.flushes;
	return in_spans;
}

/* Likewise, of typed caches that come to an end either themselves or what is gone. */
static u64 read_stores(struct kspan_heap *heap, struct kspan_heap_stats *stats)
{
	unsigned int seq;
	u64 in_spans;
	int token;

	token = kspan_stores_enter();
	do {
		seq = read_seqbegin(&heap->storage.gone_lock);
		memset(stats, 0, sizeof(*stats));
		/* Frees are read before allocations. */
		stats->frees_total = atomic64_read(&heap->storage.huge.frees);
		in_spans = add_stores(heap, stats);
	} while (read_seqretry(&heap->storage.gone_lock, seq));
	kspan_stores_leave(token);
	return in_spans;
}

/**
 * kspan_heap_stats() - the balance sheet of a heap
 * @heap: the heap
 * @stats: out; the fields are explained in the uapi header
 *
 * Context: Any but NMI. Takes account->lock.
 */
void kspan_heap_stats(struct kspan_heap *heap, struct kspan_heap_stats *stats)
{
	struct kspan_account *account = &heap->storage.source.account;
	unsigned long flags;
	u64 huge_bytes;
	s64 page_free;
	u64 in_spans;
	int nid;

	in_spans = read_stores(heap, stats);
	stats->allocs_total += atomic64_read(&heap->storage.huge.allocs);
	stats->large_objects += atomic64_read(&heap->storage.huge.live);
	/* Once: a free amid two reads would spoil the balance. */
	huge_bytes = atomic64_read(&heap->storage.huge.bytes);
	stats->large_bytes += huge_bytes;
	stats->live_bytes += huge_bytes;
	in_spans += huge_bytes;
	stats->live_objects = stats->allocs_total - stats->frees_total;

	spin_lock_irqsave(&account->lock, flags);
	page_free = account->backing_bytes - in_spans;
	stats->released_bytes_total = account->released_bytes;
	stats->limit_bytes = account->limit_bytes;
	stats->soft_limit_bytes = account->soft_limit_bytes;
	stats->soft_limit_hits_total = account->soft_limit_hits;
	stats->reserve_bytes = account->reserve_bytes;
	stats->released_background_bytes_total =
		account->released_by[KSPAN_RELEASED_BACKGROUND];
	stats->released_pressure_bytes_total =
		account->released_by[KSPAN_RELEASED_PRESSURE];
	stats->released_explicit_bytes_total =
		account->released_by[KSPAN_RELEASED_EXPLICIT];
	stats->released_limit_bytes_total =
		account->released_by[KSPAN_RELEASED_LIMIT];
	stats->retaken_bytes_total = account->retaken_bytes;
	spin_unlock_irqrestore(&account->lock, flags);
	/* Spans that have gone since they were counted are counted still. */
	stats->page_free_bytes = max_t(s64, page_free, 0);
	stats->backing_bytes = in_spans + stats->page_free_bytes;
	stats->grown_bytes_total = stats->backing_bytes +
				   stats->released_bytes_total;
	stats->limit_hits_total = atomic64_read(&account->limit_hits);
	stats->reserve_free_bytes =
		READ_ONCE(heap->storage.reserve.idle_pages) * KSPAN_PAGE_BYTES;
	for (nid = 0; nid < nr_node_ids; nid++) {
		struct kspan_pageheap *ph = &heap->storage.source.nodes[nid].pages;

		stats->ready_bytes += KSPAN_PAGE_BYTES * kspan_pageheap_ready(ph);
		stats->arenas += READ_ONCE(ph->chunks.nr_arenas);
	}
	stats->bad_frees_total = atomic64_read(&heap->bad_frees);
	stats->metadata_bytes = metadata_bytes(heap);
	stats->stack_overflows_total = atomic64_read(&heap->stack_overflows);
	stats->member_frees_total = atomic64_read(&heap->member_frees);
}
EXPORT_SYMBOL_GPL(kspan_heap_stats);

static void add_chunk(const struct kspan_chunk_view *view,
		      struct kspan_arena_entry *entry)
{
	struct kspan_pagebits free;

	bitmap_andnot(free.bits, view->owned.bits, view->busy.bits,
		      KSPAN_CHUNK_PAGES);
	entry->arena = kspan_arena_number(view->addr);
	entry->chunks++;
	entry->owned_pages += bitmap_weight(view->owned.bits,
					    KSPAN_CHUNK_PAGES);
	entry->free_pages += bitmap_weight(free.bits, KSPAN_CHUNK_PAGES);
	entry->longest_free_pages = max(entry->longest_free_pages,
					view->longest);
}

/**
 * kspan_arena_list() - the arenas in which a heap has pages
 * @heap: the heap
 * @entries: out; by address within a node
 * @capacity: how many fit
 *
 * One in which there are pages of two nodes is listed with each.
 *
 * Return: how many there are.
 */
unsigned int kspan_arena_list(struct kspan_heap *heap,
			      struct kspan_arena_entry *entries,
			      unsigned int capacity)
{
	struct kspan_arena_entry entry = { };
	struct kspan_chunk_view view;
	unsigned int narenas = 0;
	int nid;

	for (nid = 0; nid < nr_node_ids; nid++) {
		unsigned long from = 0;

		while (kspan_pageheap_next_chunk(&heap->storage.source.nodes[nid].pages, from,
						 &view)) {
			if (!from ||
			    entry.arena != kspan_arena_number(view.addr)) {
				memset(&entry, 0, sizeof(entry));
				narenas++;
			}
			add_chunk(&view, &entry);
			if (narenas <= capacity)
				entries[narenas - 1] = entry;
			from = view.addr + KSPAN_CHUNK_BYTES;
			cond_resched();
		}
	}
	return narenas;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_arena_list);

/* Pages of the direct map are numbered from its start; a node comes first. */
enum {
	CURSOR_NODE_SHIFT = 40,
};

static bool describe_span(struct kspan_heap *heap, unsigned long addr,
			  struct kspan_span_entry *entry)
{
	const struct kspan_store *store;
	struct kspan_span *span;

	rcu_read_lock();
	span = kspan_span_starting(&heap->storage.source, addr);
	if (span) {
		store = kspan_span_store(span);
		memset(entry, 0, sizeof(*entry));
		entry->arena = kspan_arena_number(addr);
		entry->page = (addr % KSPAN_ARENA_BYTES) >> KSPAN_PAGE_SHIFT;
		entry->npages = span->npages;
		entry->sizeclass = store->class;
		entry->nelems = span->nelems;
		entry->size_bytes = store->class ? store->sc->size_bytes :
				    kspan_npages_bytes(span->npages);
		entry->alloc_count = READ_ONCE(span->alloc_count);
		entry->free_index = READ_ONCE(span->free_index);
		entry->node = span->central->nid;
		entry->needzero = READ_ONCE(span->needzero);
	}
	rcu_read_unlock();
	return span;
}

/**
 * kspan_span_next() - walk a heap's spans
 * @heap: the heap
 * @cursor: 0, or what the last call left; moved behind the span that is told
 * @entry: out
 *
 * Context: Process context.
 * Return: whether there was a span at the cursor or behind it.
 */
bool kspan_span_next(struct kspan_heap *heap, u64 *cursor,
		     struct kspan_span_entry *entry)
{
	u64 page = *cursor & (BIT_ULL(CURSOR_NODE_SHIFT) - 1);
	unsigned long from = PAGE_OFFSET + (page << KSPAN_PAGE_SHIFT);
	u64 nid = *cursor >> CURSOR_NODE_SHIFT;
	struct kspan_chunk_view view;

	for (; nid < nr_node_ids; nid++, from = PAGE_OFFSET) {
		struct kspan_pageheap *ph = &heap->storage.source.nodes[nid].pages;
		unsigned long end = ALIGN_DOWN(from, KSPAN_CHUNK_BYTES);

		while (kspan_pageheap_next_chunk(ph, end, &view)) {
			end = view.addr + KSPAN_CHUNK_BYTES;
			cond_resched();
			for (from = max(from, view.addr); from < end;
			     from += KSPAN_PAGE_BYTES) {
				if (!describe_span(heap, from, entry))
					continue;
				from += kspan_npages_bytes(entry->npages);
				*cursor = nid << CURSOR_NODE_SHIFT |
					  (from - PAGE_OFFSET) >>
					  KSPAN_PAGE_SHIFT;
				return true;
			}
		}
	}
	return false;
}

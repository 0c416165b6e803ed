// SPDX-License-Identifier: GPL-2.0
#include <linux/bitops.h>
#include <linux/sched.h>

#include "base/compat.h"
#include "base/mark.h"
#include "base/news.h"
#include "base/trace.h"
#include "pages/pages.h"
#include "spans/bucket.h"
#include "spans/central.h"

enum {
	/* Spans that are taken out of a central list without a break. */
	TRIM_SPANS	= 16,
};

void kspan_central_init(struct kspan_central *central,
			struct kspan_store *store, int nid)
{
	spin_lock_init(&central->lock);
	central->store = store;
	central->nid = nid;
	seqcount_spinlock_init(&central->seq, &central->lock);
	kspan_buckets_init(&central->buckets);
}

/*
 * Slots that share a cache line are not handed out one after the other: whoever is
 * next may be on another CPU, and both would write to the line for as long as they
 * have them. As if the batch, by lines, were read by columns.
 */
static void spread_over_lines(void **objs, unsigned int nobjs, u32 size_bytes)
{
	unsigned int ncolumns = L1_CACHE_BYTES / size_bytes;
	void *by_lines[KSPAN_MAX_BATCH];
	unsigned int column;
	unsigned int i;

	if (ncolumns < 2)
		return;
	memcpy(by_lines, objs, nobjs * sizeof(*objs));
	for (column = 0; column < ncolumns; column++) {
		for (i = column; i < nobjs; i += ncolumns)
			*objs++ = by_lines[i];
	}
}

/* The fullest of those that may be used for a batch, if there is one. */
static struct kspan_span *choose_span(struct kspan_central *central,
				      enum kspan_batch_kind kind)
{
	unsigned int user;
	struct kspan_span *span;

	if (kind == KSPAN_BATCH_DIRECT)
		return kspan_bucket_fullest(&central->buckets, KSPAN_NO_USER);
	user = kspan_bucket_user(raw_smp_processor_id());
	span = kspan_bucket_fullest(&central->buckets, user);
	if (!span && kind != KSPAN_BATCH_OWN)
		return kspan_bucket_fullest(&central->buckets, KSPAN_NO_USER);
	if (span)
		kspan_bucket_use(&central->buckets, span, user);
	return span;
}

/**
 * kspan_central_crowded() - whether other CPUs use all spans that have room
 * @store: of which store
 * @nid: of which node
 *
 * Not so where there is one span only: small heaps share it.
 */
bool kspan_central_crowded(const struct kspan_store *store, int nid)
{
	const struct kspan_central *central = &store->central[nid];
	/* A guess: nothing depends on it but where a batch comes from. */
	u64 nspans = data_race(central->counts.spans);

	return kspan_bucket_any(&central->buckets) &&
	       nspans >= KSPAN_CROWDED_SPANS;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_central_crowded);

/**
 * kspan_central_take() - take a batch of slots out of spans
 * @store: of which store
 * @nid: of which node
 * @objs: where the slots go; their marks are theirs still
 * @nobjs: how many
 * @kind: how to count them
 *
 * Context: Any but NMI.
 * Return: how many there were.
 */
unsigned int kspan_central_take(struct kspan_store *store, int nid,
				void **objs, unsigned int nobjs,
				enum kspan_batch_kind kind)
{
	struct kspan_central *central = &store->central[nid];
	unsigned int taken = 0;
	unsigned long flags;

	spin_lock_irqsave(&central->lock, flags);
	while (taken < nobjs) {
		struct kspan_span *span = choose_span(central, kind);

		if (!span)
			break;
		taken += kspan_span_take(span, store->sc->size_bytes,
					 objs + taken, nobjs - taken);
		kspan_bucket_move(&central->buckets, span);
	}
	if (taken) {
		write_seqcount_begin(&central->seq);
		central->counts.out += taken;
		if (kind == KSPAN_BATCH_DIRECT)
			central->counts.direct_allocs += taken;
		else
			central->counts.refills++;
		write_seqcount_end(&central->seq);
	}
	spin_unlock_irqrestore(&central->lock, flags);
	if (kind == KSPAN_BATCH_DIRECT)
		return taken;
	spread_over_lines(objs, taken, store->sc->size_bytes);
	if (taken)
		trace_refill(store->source->name, nid, store->class,
			     store->sc->size_bytes, taken);
	return taken;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_central_take);

/* Adds or takes away what a span contributes; within a change of the counts. */
static void add_span(struct kspan_central_counts *counts,
		     const struct kspan_span *span, int sign)
{
	counts->spans += sign;
	counts->pages += sign * (int)span->npages;
	counts->slots += sign * (int)span->nelems;
}

static void count_span(struct kspan_central *central,
		       const struct kspan_span *span, int sign)
{
	write_seqcount_begin(&central->seq);
	add_span(&central->counts, span, sign);
	write_seqcount_end(&central->seq);
}

/**
 * kspan_central_count_slot() - count a slot of a span that is on no list here
 * @central: of which store and node; the caller holds its lock
 * @span: the span
 * @nspans: 1 if the span has come with it, -1 if it goes, or 0
 * @nout: 1 if the slot has been handed out, -1 if it has been freed
 */
void kspan_central_count_slot(struct kspan_central *central,
			      const struct kspan_span *span, int nspans,
			      int nout)
{
	write_seqcount_begin(&central->seq);
	add_span(&central->counts, span, nspans);
	central->counts.out += nout;
	if (nout > 0)
		central->counts.direct_allocs++;
	else
		central->counts.direct_frees++;
	write_seqcount_end(&central->seq);
}

/* Gives a span's pages back to the page heap; nobody can find it any more. */
static void span_delete(struct kspan_store *store, struct kspan_span *span)
{
	struct kspan_source *source = store->source;
	size_t descriptor_bytes = kspan_span_bytes(store, span->nelems);

	kspan_span_unpublish(span);
	if (store->typesafe) {
		kspan_span_bury(span);
		return;
	}
	kspan_pages_free(source, span->central->nid, span->addr, span->npages);
	kspan_account_metadata(&source->account, -(long)descriptor_bytes);
	call_rcu(&span->rcu, kspan_span_free_rcu);
}

static void delete_spans(struct kspan_store *store, struct list_head *spans)
{
	struct kspan_span *span;
	struct kspan_span *next;

	list_for_each_entry_safe(span, next, spans, list)
		span_delete(store, span);
}

/* Moves empty spans to @surplus until there are @keep; @most at a time. */
static unsigned int shed_empty(struct kspan_central *central, unsigned int keep,
			       unsigned int most, struct list_head *surplus)
{
	unsigned int nshed;

	for (nshed = 0; nshed < most && central->buckets.nr_empty > keep;
	     nshed++) {
		struct kspan_span *span =
			list_last_entry(&central->buckets.spans[KSPAN_BUCKET_EMPTY],
					struct kspan_span, list);

		kspan_bucket_remove(&central->buckets, span);
		count_span(central, span, -1);
		list_add(&span->list, surplus);
	}
	return nshed;
}

/* Spans without an object that are worth keeping. */
static unsigned int keep_empty(const struct kspan_central *central)
{
	unsigned int npages = max_t(u64, KSPAN_KEEP_EMPTY_PAGES,
				    central->counts.pages >>
				    KSPAN_KEEP_EMPTY_SHIFT);

	return max3((unsigned int)KSPAN_KEEP_EMPTY, central->buckets.wanted,
		    npages / central->store->sc->npages);
}

/*
 * Puts back those slots that are of this central list, and moves the others to
 * the front of @objs; @nid becomes the node of one of these. A slot that is not
 * out was freed before, which only shows now because its freed mark had been
 * written over: it goes to @bad.
 */
static unsigned int put_slots(struct kspan_central *central, void **objs,
			      unsigned int nobjs, int *nid, void **bad,
			      unsigned int *nbad)
{
	const struct kspan_map *map = rcu_dereference_raw(kspan_map);
	const struct kspan_sizeclass *sc = central->store->sc;
	unsigned long first_chunk = map->first_chunk;
	unsigned int left = 0;
	unsigned int i;

	for (i = 0; i < nobjs; i++) {
		unsigned long addr = (unsigned long)objs[i];
		unsigned long chunk = (addr >> KSPAN_CHUNK_SHIFT) - first_chunk;
		unsigned long tag = kspan_map_tag(map, chunk, addr);
		struct kspan_span *span = (struct kspan_span *)tag;
		unsigned int index;

		if (unlikely(tag & KSPAN_TAG_NO_SPAN))
			goto bad;
		if (unlikely(span->central != central)) {
			if (kspan_span_store(span) != central->store)
				goto bad;
			*nid = span->central->nid;
			objs[left++] = objs[i];
			continue;
		}
		if (unlikely(span->kind != KSPAN_SPAN_SLOTS ||
			     !kspan_span_slot_at(span, sc, addr, &index) ||
			     !kspan_span_put(span, index)))
			goto bad;
		if (unlikely(span->alloc_count == span->relink_at))
			kspan_bucket_move(&central->buckets, span);
		continue;
bad:
		*bad = objs[i];
		++*nbad;
	}
	return left;
}

/*
 * Puts back those slots that are of node @nid; returns how many are not, and
 * the node of one of them in @nid.
 */
static unsigned int put_node(struct kspan_store *store, int *nid, void **objs,
			     unsigned int nobjs, enum kspan_batch_kind kind)
{
	struct kspan_central *central = &store->central[*nid];
	LIST_HEAD(surplus);
	unsigned long flags;
	unsigned int nbad = 0;
	unsigned int nput;
	unsigned int left;
	void *bad = NULL;

	/* Whoever holds a spinlock is an RCU reader, on PREEMPT_RT too. */
	spin_lock_irqsave(&central->lock, flags);
	left = put_slots(central, objs, nobjs, nid, &bad, &nbad);
	nput = nobjs - left - nbad;
	write_seqcount_begin(&central->seq);
	central->counts.out -= nput;
	if (kind == KSPAN_BATCH_DIRECT)
		central->counts.direct_frees += nput;
	else if (kind == KSPAN_BATCH_CACHE)
		central->counts.flushes++;
	/* The CPU cache has counted their frees already. */
	if (kind == KSPAN_BATCH_CACHE)
		central->counts.direct_allocs += nbad;
	write_seqcount_end(&central->seq);
	if (unlikely(central->buckets.nr_empty > KSPAN_KEEP_EMPTY))
		central->buckets.gone += shed_empty(central,
						    keep_empty(central),
						    nput, &surplus);
	spin_unlock_irqrestore(&central->lock, flags);

	if (nput && kind == KSPAN_BATCH_CACHE)
		trace_flush(store->source->name, central->nid, store->class,
			    store->sc->size_bytes, nput);
	delete_spans(store, &surplus);
	if (unlikely(nbad))
		kspan_news.late_double_free(store, bad, nbad);
	return left;
}

/**
 * kspan_central_put() - put a batch of slots back into their spans
 * @store: of which store all of them are
 * @objs: the slots, marked; overwritten
 * @nobjs: how many
 * @kind: how to count them
 *
 * Slots go to the node they came from. Spans that become empty go back to the
 * page heap, but for a few.
 *
 * Context: Any but NMI.
 */
void kspan_central_put(struct kspan_store *store, void **objs,
		       unsigned int nobjs, enum kspan_batch_kind kind)
{
	int nid = kspan_source_local_node(store->source);

	/* What is left is of other nodes. */
	while (nobjs)
		nobjs = put_node(store, &nid, objs, nobjs, kind);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_central_put);

/* A new span of this central list, published, without an object. */
void kspan_central_add(struct kspan_span *span)
{
	struct kspan_central *central = span->central;
	unsigned long flags;

	spin_lock_irqsave(&central->lock, flags);
	count_span(central, span, 1);
	kspan_bucket_add(&central->buckets, span);
	kspan_bucket_made(&central->buckets,
			  KSPAN_KEEP_WANTED_PAGES / central->store->sc->npages);
	spin_unlock_irqrestore(&central->lock, flags);
}

/* Takes out empty spans, few enough for a lock; returns how many. */
VISIBLE_IF_KUNIT unsigned int
kspan_central_trim_some(struct kspan_central *central, unsigned int most,
			struct list_head *spans)
{
	unsigned long flags;
	unsigned int ntaken;

	spin_lock_irqsave(&central->lock, flags);
	ntaken = shed_empty(central, 0, min_t(unsigned int, most, TRIM_SPANS),
			    spans);
	spin_unlock_irqrestore(&central->lock, flags);
	return ntaken;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_central_trim_some);

static size_t trim(struct kspan_store *store, int nid, unsigned int left,
		   bool may_sleep)
{
	struct kspan_central *central = &store->central[nid];
	size_t bytes = 0;

	while (left) {
		struct kspan_span *span;
		LIST_HEAD(spans);
		unsigned int ntaken = kspan_central_trim_some(central, left,
							      &spans);

		if (!ntaken)
			break;
		left -= ntaken;
		list_for_each_entry(span, &spans, list)
			bytes += kspan_npages_bytes(span->npages);
		delete_spans(store, &spans);
		if (may_sleep)
			cond_resched();
	}
	return bytes;
}

/**
 * kspan_central_trim() - give empty spans back to the page heap
 * @store: of which store
 * @nid: of which node
 *
 * Those that are empty when it begins; a few at a time. How many were wanted is
 * forgotten.
 *
 * Context: Process context; may sleep.
 * Return: their bytes.
 */
size_t kspan_central_trim(struct kspan_store *store, int nid)
{
	struct kspan_central *central = &store->central[nid];
	unsigned int have;

	spin_lock_irq(&central->lock);
	central->buckets.wanted = 0;
	have = central->buckets.nr_empty;
	spin_unlock_irq(&central->lock);
	return trim(store, nid, have, true);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_central_trim);

/* Likewise in any context but NMI. */
size_t kspan_central_trim_atomic(struct kspan_store *store, int nid)
{
	return trim(store, nid, READ_ONCE(store->central[nid].buckets.nr_empty),
		    false);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_central_trim_atomic);

/* Likewise, of spans with @npages at least together. */
size_t kspan_central_trim_pages(struct kspan_store *store, int nid,
				unsigned int npages)
{
	return trim(store, nid, DIV_ROUND_UP(npages, store->sc->short_npages),
		    false);
}

/* Likewise, of what nobody has needed since the last call. */
size_t kspan_central_trim_unused(struct kspan_store *store, int nid)
{
	struct kspan_central *central = &store->central[nid];
	unsigned int surplus;
	unsigned int unused;

	spin_lock_irq(&central->lock);
	unused = kspan_bucket_look(&central->buckets);
	surplus = central->buckets.nr_empty -
		  min(central->buckets.nr_empty, keep_empty(central));
	spin_unlock_irq(&central->lock);
	return trim(store, nid, min(unused, surplus), true);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_central_trim_unused);

/* Whether a slot is out of a span of this central list; by the lock's holder. */
static bool slot_out(const struct kspan_central *central, const void *slot)
{
	const struct kspan_span *span = kspan_span_at((unsigned long)slot);
	unsigned int index;

	return span && span->central == central &&
	       kspan_span_slot_at(span, central->store->sc,
				  (unsigned long)slot, &index) &&
	       kspan_span_slot_out(span, index);
}

/* The central list that a slot of a store would be of, if it is out. */
static struct kspan_central *central_of(struct kspan_store *store,
					const void *slot)
{
	const struct kspan_span *span = kspan_span_at((unsigned long)slot);

	if (span && kspan_span_store(span) == store)
		return span->central;
	return &store->central[kspan_source_local_node(store->source)];
}

/**
 * kspan_central_drop() - put a slot out of use, on which somebody has written
 * @store: of which store
 * @slot: the slot, which is out of its span and stays so
 * @kind: KSPAN_BATCH_DIRECT if it was counted as given to a user
 *
 * A slot that came from a cache may be the second of two that one object was
 * freed to. If the first has gone back to its span, this one is not out, and its
 * page may be no span's any more, or another's.
 */
void kspan_central_drop(struct kspan_store *store, void *slot,
			enum kspan_batch_kind kind)
{
	struct kspan_central *central;
	unsigned long flags;
	bool out;

	rcu_read_lock();
	central = central_of(store, slot);
	spin_lock_irqsave(&central->lock, flags);
	out = slot_out(central, slot);
	write_seqcount_begin(&central->seq);
	if (out)
		central->counts.dropped++;
	if (out && kind == KSPAN_BATCH_DIRECT)
		central->counts.direct_frees++;
	/* The CPU cache has counted its second free already. */
	if (!out && kind == KSPAN_BATCH_CACHE)
		central->counts.direct_allocs++;
	write_seqcount_end(&central->seq);
	spin_unlock_irqrestore(&central->lock, flags);
	rcu_read_unlock();
	if (out)
		kspan_news.mark_broken(store, slot);
	else
		kspan_news.late_double_free(store, slot, 1);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_central_drop);

/**
 * kspan_central_count_direct() - count a slot that is out and stays so
 * @store: of which store
 * @slot: the slot
 * @nallocs: 1 if it has gone to a user, -1 if it has come from one
 */
void kspan_central_count_direct(struct kspan_store *store, const void *slot,
				int nallocs)
{
	struct kspan_central *central;
	unsigned long flags;

	rcu_read_lock();
	central = central_of(store, slot);
	spin_lock_irqsave(&central->lock, flags);
	write_seqcount_begin(&central->seq);
	if (nallocs > 0)
		central->counts.direct_allocs++;
	else
		central->counts.direct_frees++;
	write_seqcount_end(&central->seq);
	spin_unlock_irqrestore(&central->lock, flags);
	rcu_read_unlock();
}

/* The counts of a central list, as of one moment, without its lock. */
void kspan_central_read(struct kspan_central *central,
			struct kspan_central_counts *counts)
{
	unsigned int seq;

	do {
		seq = read_seqcount_begin(&central->seq);
		*counts = central->counts;
	} while (read_seqcount_retry(&central->seq, seq));
}
EXPORT_SYMBOL_IF_KUNIT(kspan_central_read);

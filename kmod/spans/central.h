/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Central lists: the spans of one store on one NUMA node.
 *
 * A store is what slots of one size are called in one heap: a size class of the
 * heap, or a typed cache. CPU caches take batches of slots from a central list and give them
 * back. Batches come from the fullest span that has room, so that the others
 * can drain and go back to the page heap.
 */
#ifndef _KSPAN_CENTRAL_H
#define _KSPAN_CENTRAL_H

#include <linux/list.h>
#include <linux/overflow.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>

#include "base/mark.h"
#include "base/row.h"
#include "pages/source.h"
#include "spans/bucket.h"
#include "spans/collected.h"
#include "spans/lookup.h"
#include "spans/span.h"

struct kspan_depot;
struct kspan_gc_type;
struct kspan_shelf;
struct kspan_entitled;
struct kspan_idle;
struct kspan_mag;
struct kspan_reserve;
struct kspan_store;

enum {
	/*
	 * Spans without an object that a central list keeps for the next
	 * refill: this many, or more that have so many pages together, or such
	 * a part of all its pages: a sixteenth. Or as many as were needed of
	 * late, up to so many pages.
	 */
	KSPAN_KEEP_EMPTY	= 1,
	KSPAN_KEEP_EMPTY_PAGES	= 32,
	KSPAN_KEEP_EMPTY_SHIFT	= 4,
	KSPAN_KEEP_WANTED_PAGES	= 512,
	/* With so many spans a CPU may have one more, rather than share. */
	KSPAN_CROWDED_SPANS	= 2,
};

/**
 * struct kspan_central_counts - what the spans of a central list add up to
 * @spans: spans
 * @pages: their heap pages
 * @slots: their slots
 * @out: slots that are out: live, or in CPU caches
 * @direct_allocs: slots that went to a user without passing a CPU cache
 * @direct_frees: slots that came from a user without passing a CPU cache
 * @dropped: slots put out of use as their mark was broken; they stay @out
 * @refills: batches that went out
 * @flushes: batches that came back
 */
struct kspan_central_counts {
	u64	spans;
	u64	pages;
	u64	slots;
	u64	out;
	u64	direct_allocs;
	u64	direct_frees;
	u64	dropped;
	u64	refills;
	u64	flushes;
};

/**
 * struct kspan_central - spans of one store on one node
 * @lock: see there
 * @store: whose spans; constant
 * @nid: of which node; constant
 * @seq: lets statistics read @counts without the lock
 * @counts: see there
 * @buckets: the spans
 */
struct kspan_central {
	/* Guards all of this, and what changes in the spans. */
	spinlock_t			lock;
	int				nid;
	struct kspan_store		*store;
	seqcount_spinlock_t		seq;
	struct kspan_central_counts	counts;
	struct kspan_buckets		buckets;
} ____cacheline_aligned_in_smp;

/**
 * struct kspan_store - slots of one size in one heap
 * @source: the heap's pages
 * @reserve: the heap's reserve
 * @entitled: what the heap has of the kernel's
 * @class: 1 .. 67; 0 is the store of large objects, typed caches' are above
 * @sc: layout of its spans
 * @secret: the heap's, of which the marks of free slots are made
 * @rows: rows of a full-length span
 * @short_rows: rows of a short one; the same if there is no shorter
 * @central: one for each node
 * @mag: its magazines; the caches' floor knows what they are
 * @shelf: one for each CPU, likewise
 * @depots: one for each node, likewise
 * @shelved: CPUs whose shelf has ever had something, by the remainder of their number
 * @room: spans that the reserve has lent it and that have free slots; the reserve's
 * @type: of the objects in it, if it is collected and has one type only
 * @outside: the marks of its slots lie outside of them, see below
 * @collected: of its heap, if that is collected; else NULL
 * @typesafe: its pages become free after a grace period only
 * @dead: its typed cache is nobody's any more, and its name free; typed_mutex guards it
 * @left: nothing but frees of what is left in it comes to it; likewise
 * @name: of its typed cache; NULL for a size class
 * @ctor: makes a slot what its users expect, once; or NULL
 * @idle: what the scavenger has seen of it, if it is a typed cache's
 * @link: in the list of typed caches
 *
 * Constant while it exists, but for @shelved, to which few bits are added, @dead,
 * @left, @ctor, which goes when it is dead, and the lists.
 */
struct kspan_store {
	struct kspan_source		*source;
	struct kspan_reserve		*reserve;
	struct kspan_entitled		*entitled;
	unsigned int			class;
	const struct kspan_sizeclass	*sc;
	u64				secret;
	struct kspan_row		*rows;
	struct kspan_row		*short_rows;
	struct kspan_central		*central;
	struct kspan_mag __percpu	*mag;
	struct kspan_shelf __percpu	*shelf;
	struct kspan_depot		*depots;
	unsigned long			shelved;
	struct list_head		room;
	struct kspan_collected		*collected;
	const struct kspan_gc_type	*type;
	bool				outside;
	bool				typesafe;
	bool				dead;
	bool				left;
	const char			*name;
	void				(*ctor)(void *slot);
	struct kspan_idle		*idle;
	struct list_head		link;
};

static inline struct kspan_store *kspan_span_store(const struct kspan_span *span)
{
	return span->central->store;
}

/* The span around any address if it is one of @source's heap; or NULL. */
static inline struct kspan_span *kspan_span_in(const struct kspan_source *source,
					       unsigned long addr)
{
	struct kspan_span *span = kspan_span_at(addr);

	return span && kspan_span_store(span)->source == source ? span : NULL;
}

/* The span that starts at an address, likewise. */
static inline struct kspan_span *
kspan_span_starting(const struct kspan_source *source, unsigned long addr)
{
	struct kspan_span *span = kspan_span_in(source, addr);

	return span && span->addr == addr ? span : NULL;
}

/*
 * Marks of a span's slots.
 *
 * A free slot bears its mark in its first word (base/mark.h), unless its store says
 * that it is never written to while it is free: what a constructor has made must
 * stay, and so must what an RCU reader may be looking at. The marks of such slots lie
 * behind the bits of their span's descriptor, a byte for each. Where no CPU caches
 * slots there are none: what is out of the span is live.
 */

/* Whether a collected heap's store has objects of many types. */
static inline bool kspan_store_is_informed(const struct kspan_store *store)
{
	return store->class < KSPAN_NR_STORES;
}

/* Bytes of a descriptor. */
static inline size_t kspan_span_bytes(const struct kspan_store *store,
				      unsigned int nelems)
{
	const struct kspan_span *span = NULL;

	return struct_size(span, alloc_bits, kspan_span_words(nelems)) +
	       (store->outside ? nelems : 0) +
	       (store->collected ?
		kspan_collected_bytes(nelems, kspan_store_is_informed(store)) :
		0);
}

bool kspan_slot_marked_outside(const struct kspan_span *span,
			       unsigned int index);
bool kspan_slot_take_outside(const struct kspan_store *store, const void *slot);
bool kspan_slot_claim_outside(struct kspan_span *span, const void *slot);
void kspan_slot_prepare(const struct kspan_store *store, void *slot);
void kspan_slot_wipe(const struct kspan_store *store, void *slot);

/* Whether a slot is marked as free; in a span or in a CPU cache. */
static inline bool kspan_slot_marked(const struct kspan_span *span,
				     unsigned int index, const void *slot)
{
	const struct kspan_store *store = kspan_span_store(span);

	if (unlikely(store->outside))
		return kspan_slot_marked_outside(span, index);
	return kspan_mark_intact(slot, store->secret);
}

/* Takes the mark off a slot that is out; false, and nothing done, if it is broken. */
static inline bool kspan_slot_take(const struct kspan_store *store, void *slot)
{
	if (unlikely(store->outside))
		return kspan_slot_take_outside(store, slot);
	if (unlikely(store->collected) && READ_ONCE(store->collected->flags))
		kspan_slot_prepare(store, slot);
	return kspan_mark_take(slot, store->secret);
}

/* Whether a slot that is out is its user's no more; of any span. */
static inline bool kspan_slot_dead(struct kspan_span *span, unsigned int index)
{
	return kspan_span_store(span)->collected &&
	       test_bit(index, kspan_span_dead(span));
}

void kspan_span_mark_slots(struct kspan_span *span);
void kspan_span_init_collected(struct kspan_span *span);
void kspan_span_unpublish(const struct kspan_span *span);
void kspan_span_bury(struct kspan_span *span);

/* How a batch is counted. */
enum kspan_batch_kind {
	KSPAN_BATCH_CACHE,	/* to or from a CPU cache */
	KSPAN_BATCH_OWN,	/* to one, of spans that no other CPU uses */
	KSPAN_BATCH_DIRECT,	/* to or from a user */
	KSPAN_BATCH_UNDO,	/* a refill that found no room */
};

void kspan_central_init(struct kspan_central *central,
			struct kspan_store *store, int nid);
unsigned int kspan_central_take(struct kspan_store *store, int nid,
				void **objs, unsigned int nobjs,
				enum kspan_batch_kind kind);
void kspan_central_put(struct kspan_store *store, void **objs,
		       unsigned int nobjs, enum kspan_batch_kind kind);
void kspan_central_add(struct kspan_span *span);
size_t kspan_central_trim(struct kspan_store *store, int nid);
size_t kspan_central_trim_atomic(struct kspan_store *store, int nid);
size_t kspan_central_trim_pages(struct kspan_store *store, int nid,
				unsigned int npages);
size_t kspan_central_trim_unused(struct kspan_store *store, int nid);
void kspan_central_drop(struct kspan_store *store, void *slot,
			enum kspan_batch_kind kind);
void kspan_central_count_slot(struct kspan_central *central,
			      const struct kspan_span *span, int nspans,
			      int nout);
void kspan_central_count_direct(struct kspan_store *store, const void *slot,
				int nallocs);
bool kspan_central_crowded(const struct kspan_store *store, int nid);
void kspan_central_read(struct kspan_central *central,
			struct kspan_central_counts *counts);

#if IS_ENABLED(CONFIG_KUNIT)
unsigned int kspan_central_trim_some(struct kspan_central *central,
				     unsigned int most,
				     struct list_head *spans);
#endif

#endif /* _KSPAN_CENTRAL_H */

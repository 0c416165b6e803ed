// SPDX-License-Identifier: GPL-2.0
/*
 * A span as a whole: its slots get their marks, and lose them again.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "base/compat.h"
#include "base/news.h"
#include "pages/pages.h"
#include "pages/poison.h"
#include "spans/central.h"

/* What the mark of a slot is where it lies outside. */
enum {
	MARK_LIVE,
	MARK_FREE,
};

static u8 *marks_of(const struct kspan_span *span)
{
	return (u8 *)&span->alloc_bits[kspan_span_words(span->nelems)];
}

/* See kspan_slot_marked(). */
bool kspan_slot_marked_outside(const struct kspan_span *span,
			       unsigned int index)
{
	if (span->kind != KSPAN_SPAN_SLOTS)
		return !kspan_span_slot_out(span, index);
	return READ_ONCE(marks_of(span)[index]) == MARK_FREE;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_slot_marked_outside);

/* See kspan_slot_take(). */
bool kspan_slot_take_outside(const struct kspan_store *store, const void *slot)
{
	struct kspan_span *span;
	unsigned int index;
	bool taken = false;

	rcu_read_lock();
	span = kspan_span_at((unsigned long)slot);
	if (likely(span && kspan_span_store(span) == store &&
		   kspan_span_slot_at(span, store->sc, (unsigned long)slot,
				      &index))) {
		taken = span->kind != KSPAN_SPAN_SLOTS ||
			READ_ONCE(marks_of(span)[index]) == MARK_FREE;
		/* Nobody else has it. */
		if (taken && span->kind == KSPAN_SPAN_SLOTS)
			WRITE_ONCE(marks_of(span)[index], MARK_LIVE);
	}
	rcu_read_unlock();
	return taken;
}

/**
 * kspan_slot_claim_outside() - mark an object as free, of several who free it for one
 * @span: its span, of KSPAN_SPAN_SLOTS; the caller is an RCU reader
 * @slot: the object
 *
 * Return: false, and nothing done, if it is no object, or free already.
 */
bool kspan_slot_claim_outside(struct kspan_span *span, const void *slot)
{
	const struct kspan_store *store = kspan_span_store(span);
	unsigned int index;

	return kspan_span_slot_at(span, store->sc, (unsigned long)slot,
				  &index) &&
	       cmpxchg(&marks_of(span)[index], MARK_LIVE, MARK_FREE) ==
	       MARK_LIVE;
}

/* What is behind the mark of a free slot. */
static int pattern_of(const struct kspan_store *store)
{
	return READ_ONCE(store->collected->flags) & KSPAN_COLLECTED_POISON ?
	       KSPAN_COLLECTED_PATTERN : 0;
}

/**
 * kspan_slot_wipe() - a slot of a collected heap is free from now on
 * @store: its store
 * @slot: the slot, marked
 */
void kspan_slot_wipe(const struct kspan_store *store, void *slot)
{
	memset(slot + sizeof(u64), pattern_of(store),
	       store->sc->size_bytes - sizeof(u64));
}

/* The pattern goes; somebody may have written there. */
static void unpoison(const struct kspan_store *store, void *slot)
{
	size_t nbytes = store->sc->size_bytes - sizeof(u64);

	WARN_ONCE(memchr_inv(slot + sizeof(u64), KSPAN_COLLECTED_PATTERN, nbytes),
		  "kspan: heap %s: the free object at %p has been written to\n",
		  store->source->name, slot);
	memset(slot + sizeof(u64), 0, nbytes);
}

static void blacken(const struct kspan_store *store, const void *slot)
{
	struct kspan_span *span;
	unsigned int index;

	rcu_read_lock();
	span = kspan_span_at((unsigned long)slot);
	if (likely(span && kspan_span_store(span) == store &&
		   kspan_span_slot_at(span, store->sc, (unsigned long)slot,
				      &index)))
		set_bit(index, kspan_span_reached(span));
	rcu_read_unlock();
}

/**
 * kspan_slot_prepare() - an object of a collected heap is about to be allocated
 * @store: its store
 * @slot: its slot, out of its span, which bears its mark still
 *
 * It is whole from the moment on in which that goes, and reached if the collector is at
 * work.
 */
void kspan_slot_prepare(const struct kspan_store *store, void *slot)
{
	u8 flags = READ_ONCE(store->collected->flags);

	if (flags & KSPAN_COLLECTED_POISON && kspan_mark_intact(slot, store->secret))
		unpoison(store, slot);
	if (flags & KSPAN_COLLECTED_BLACK)
		blacken(store, slot);
	/* Who sees the slot without its mark sees all of that. */
	smp_mb();
}

/* No slot of a new span is reached, or dead, or anything. */
void kspan_span_init_collected(struct kspan_span *span)
{
	const struct kspan_store *store = kspan_span_store(span);

	if (!store->collected)
		return;
	span->lost = false;
	span->swept = KSPAN_NO_ROUND;
	memset(kspan_span_reached(span), 0,
	       kspan_collected_bytes(span->nelems,
				     kspan_store_is_informed(store)));
}

/* Slots that nobody writes to from now on, while they are free. */
static void make_slots(struct kspan_span *span)
{
	const struct kspan_store *store = kspan_span_store(span);
	/* Once: it is taken away when the cache is, perhaps beside us. */
	void (*ctor)(void *slot) = READ_ONCE(store->ctor);
	unsigned long slot = span->addr;
	unsigned int i;

	if (span->kind == KSPAN_SPAN_SLOTS)
		memset(marks_of(span), MARK_FREE, span->nelems);
	if (!ctor)
		return;
	for (i = 0; i < span->nelems; i++, slot += store->sc->size_bytes)
		ctor((void *)slot);
}

/**
 * kspan_span_mark_slots() - give every slot of a new span its mark
 * @span: the span
 *
 * Calls the constructor of a typed cache.
 */
void kspan_span_mark_slots(struct kspan_span *span)
{
	const struct kspan_store *store = kspan_span_store(span);
	u32 slot_bytes = store->sc->size_bytes;
	unsigned long slot = span->addr;
	unsigned int i;

	if (store->outside) {
		make_slots(span);
		return;
	}
	/* An object is zero when its mark goes. */
	if (store->collected && (span->needzero || pattern_of(store)))
		memset((void *)span->addr, pattern_of(store),
		       kspan_npages_bytes(span->npages));
	for (i = 0; i < span->nelems; i++, slot += slot_bytes)
		kspan_mark_set((void *)slot, store->secret);
}

/*
 * Nobody has references to pages of a heap. Whoever puts one, as kfree() of an
 * object does, frees nothing, and it shows at the latest when the block goes back
 * to the kernel; but by now it is still known whose it was.
 */
static bool look_at_pages(const struct kspan_span *span)
{
	unsigned long end = span->addr + kspan_npages_bytes(span->npages);
	unsigned long addr;

	for (addr = span->addr; addr < end; addr += PAGE_SIZE) {
		struct page *page = virt_to_page((void *)addr);

		if (likely(page_ref_count(page) >= 0))
			continue;
		set_page_count(page, 0);
		kspan_news.stray_free(span, addr);
	}
	return !kspan_poisoned(span->addr, end - span->addr);
}

static void clear_slot(unsigned long slot, bool fine)
{
	if (likely(fine) ||
	    !kspan_poisoned(ALIGN_DOWN(slot, PAGE_SIZE), PAGE_SIZE))
		WRITE_ONCE(*(u64 *)slot, 0);
}

/**
 * kspan_span_unpublish() - take a span away from lookups, and off its marks
 * @span: the span, whose pages are free next
 *
 * Whoever gets the pages, in this heap or not, must not see marks. Poisoned pages
 * are not touched: nobody gets these.
 */
void kspan_span_unpublish(const struct kspan_span *span)
{
	const struct kspan_store *store = kspan_span_store(span);
	unsigned long slot = span->addr;
	unsigned int i;
	bool fine;

	kspan_arena_unpublish(span->addr, span->npages, store->source->id);
	fine = look_at_pages(span);
	if (store->class == KSPAN_LARGE_CLASS || store->outside)
		return;
	/* A free that marks a slot too late sees that the span has gone. */
	smp_wmb();
	for (i = 0; i < span->nelems; i++, slot += store->sc->size_bytes)
		clear_slot(slot, fine);
}

static void bury_rcu(struct rcu_head *rcu)
{
	struct kspan_span *span = container_of(rcu, struct kspan_span, rcu);
	const struct kspan_store *store = kspan_span_store(span);
	struct kspan_source *source = store->source;

	kspan_pages_free(source, span->central->nid, span->addr, span->npages);
	atomic_long_sub(span->npages, &source->waiting_pages);
	kspan_account_metadata(&source->account,
			       -(long)kspan_span_bytes(store, span->nelems));
	kfree(span);
}

/**
 * kspan_span_bury() - free a span when those who may read its objects are through
 * @span: the span, of a store that is typesafe; no lookup finds it any more
 *
 * Context: Any but NMI.
 */
void kspan_span_bury(struct kspan_span *span)
{
	atomic_long_add(span->npages,
			&kspan_span_store(span)->source->waiting_pages);
	call_rcu(&span->rcu, bury_rcu);
}

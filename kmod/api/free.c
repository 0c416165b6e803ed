// SPDX-License-Identifier: GPL-2.0
/*
 * Free: the fast path, and what stands directly behind it.
 */
#include <linux/kmemleak.h>
#include <linux/kspan.h>
#include <linux/mm.h>

#include "api/alloc.h"
#include "api/report.h"
#include "base/mark.h"
#include "base/news.h"
#include "caches/refill.h"
#include "heaps/heap.h"
#include "spans/bump.h"
#include "spans/entitled.h"
#include "spans/large.h"

/* In vmalloc memory; false if it is no object. */
static bool free_huge(const void *p)
{
	struct kspan_huge_view view;
	bool freed;

	rcu_read_lock();
	if (kspan_huge_find((unsigned long)p, &view) &&
	    kspan_source_heap(view.source)->gc) {
		freed = kspan_news.free_collected((void *)p);
	} else {
		freed = kspan_huge_free(p);
		if (freed)
			kmemleak_free(p);
	}
	rcu_read_unlock();
	return freed;
}

/* Not in the direct map: in vmalloc memory, or no object at all. */
static noinline __cold void free_foreign(const void *p)
{
	preempt_enable();
	if (ZERO_OR_NULL_PTR(p))
		return;
	if (!free_huge(p))
		kspan_report_bad_free(p, "kspan_free");
}

/*
 * Marks a slot, of several that free it at a time for one. Another may have freed
 * it long since, and its page be cut anew, until the slot is marked: then it was
 * not ours.
 */
static bool claim(struct kspan_span *span, void *slot, u64 secret)
{
	u64 mark = kspan_mark(slot, secret);
	u64 old;

	do {
		old = READ_ONCE(*(u64 *)slot);
		if (old == mark || kspan_span_at((unsigned long)slot) != span)
			return false;
	} while (cmpxchg((u64 *)slot, old, mark) != old);
	/* Pairs with kspan_span_unpublish(). */
	if (likely(kspan_span_at((unsigned long)slot) == span))
		return true;
	cmpxchg((u64 *)slot, mark, old);
	return false;
}

/* Where freed objects are to be wiped: when they are certain to be ours. */
static bool free_wiped(struct kspan_span *span, void *p)
{
	struct kspan_store *store = kspan_span_store(span);
	unsigned int index;

	if (!kspan_span_slot_at(span, store->sc, (unsigned long)p, &index) ||
	    !claim(span, p, store->secret))
		return false;
	kmemleak_free(p);
	memset(p + sizeof(u64), 0, store->sc->size_bytes - sizeof(u64));
	kspan_push_slow(store, p);
	return true;
}

/* What lies in a stack or region goes with it: to free it does nothing. */
static bool free_member(struct kspan_span *span)
{
	if (!kspan_span_is_bump(span))
		return false;
	atomic64_inc(&kspan_span_heap(span)->member_frees);
	return true;
}

/* What is never written to while it is free. */
static bool free_outside(struct kspan_span *span, void *p)
{
	if (!kspan_slot_claim_outside(span, p))
		return false;
	kmemleak_free(p);
	kspan_push_slow(kspan_span_store(span), p);
	return true;
}

/* Frees what no magazine takes back as it is, by an RCU reader. */
bool kspan_free_beside(struct kspan_span *span, void *p)
{
	if (kspan_span_store(span)->collected)
		return kspan_news.free_collected(p);
	if (kspan_span_store(span)->class == KSPAN_LARGE_CLASS)
		return kspan_large_free(span, p) || free_member(span);
	if (span->kind == KSPAN_SPAN_LENT)
		return kspan_reserve_free(span, p);
	if (span->kind == KSPAN_SPAN_ENTITLED)
		return kspan_entitled_free(span, p);
	if (kspan_span_store(span)->outside)
		return free_outside(span, p);
	return want_init_on_free() && free_wiped(span, p);
}

/*
 * The row refuses the address, or the slot is marked. Here nothing is written to
 * an object before it is certain that it may be freed, and by nobody else.
 */
static noinline void free_refused(const void *p)
{
	struct kspan_span *span;
	bool freed;

	rcu_read_lock();
	preempt_enable();
	span = kspan_span_at((unsigned long)p);
	freed = span && kspan_free_beside(span, (void *)p);
	rcu_read_unlock();
	if (unlikely(!freed))
		kspan_report_bad_free(p, "kspan_free");
}

/*
 * The magazine was in use, or has no room. The slot is marked. Preemption is
 * off, which keeps the span; a heap whose object is being freed stays anyway.
 */
noinline void kspan_free_slow(void *p)
{
	struct kspan_span *span = kspan_span_at((unsigned long)p);
	struct kspan_store *store;
	unsigned int index;
	bool freed = false;

	rcu_read_lock();
	preempt_enable();
	/* Its page may have been cut anew since the row was looked at. */
	if (unlikely(!span || span->kind != KSPAN_SPAN_SLOTS))
		goto unlock;
	store = kspan_span_store(span);
	if (unlikely(!kspan_span_slot_at(span, store->sc, (unsigned long)p,
					 &index)))
		goto unlock;
	freed = true;
	kspan_push_slow(store, p);
unlock:
	rcu_read_unlock();
	if (unlikely(!freed))
		kspan_report_bad_free(p, "kspan_free");
}

noinline void kspan_free_full(void *p, struct kspan_mag __percpu *mag)
{
	kspan_mag_end(mag);
	kspan_free_slow(p);
}

/* Pushes a slot into this CPU's magazine; preemption is off, and on afterwards. */
static __always_inline void push(void *slot, const struct kspan_row *row)
{
	struct kspan_mag __percpu *mag = row->mag;
	void **top;

	kspan_mark_set(slot, row->secret);
	if (unlikely(!kspan_mag_begin(mag))) {
		kspan_free_slow(slot);
		return;
	}
	top = kspan_mag_top(mag);
	if (unlikely(kspan_mag_full(top))) {
		kspan_free_full(slot, mag);
		return;
	}
	*top = slot;
	kspan_mag_end_at(mag, top + 1);
	preempt_enable();
}

/**
 * kspan_free() - free an object
 * @p: what kspan_alloc() or one of its kin gave; NULL and ZERO_SIZE_PTR are
 *	ignored
 *
 * A pointer that is not the start of a live object is reported and refused; one into
 * a stack or region is counted, and nothing is done.
 *
 * Context: Any in which kfree() may be called. May take reserve->lock and what comes
 * after it in the order of heap.h; report_lock, if it refuses. Nobody is woken, so
 * the caller may hold locks of timers, work queues and the scheduler; what has to be
 * done later begins in an interrupt of its own. An object above 4 MB is passed to a
 * work item, as vfree() does in an interrupt.
 */
void kspan_free(const void *p)
{
	unsigned long addr = (unsigned long)p;
	const struct kspan_map *map;
	const struct kspan_row *row;
	unsigned long chunk;

	/* Keeps all that is looked at here from being freed: see arena.h. */
	preempt_disable();
	/* Replaced as a whole when memory is added. */
	map = data_race(kspan_map);
	chunk = (addr >> KSPAN_CHUNK_SHIFT) - map->first_chunk;
	if (unlikely(chunk >= map->nr_chunks)) {
		free_foreign(p);
		return;
	}
	OPTIMIZER_HIDE_VAR(chunk);
	row = kspan_map_row(map, chunk, addr);
	if (unlikely(!kspan_row_starts_slot(row, addr % KSPAN_PAGE_BYTES) ||
		     kspan_mark_intact(p, row->secret))) {
		free_refused(p);
		return;
	}
	kmemleak_free(p);
	push((void *)p, row);
}
EXPORT_SYMBOL_GPL(kspan_free);

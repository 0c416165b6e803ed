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
#include "caches/refill.h"
#include "heaps/heap.h"
#include "spans/large.h"

/* Not in the direct map: in vmalloc memory, or no object at all. */
static noinline __cold void free_foreign(const void *p)
{
	preempt_enable();
	if (ZERO_OR_NULL_PTR(p))
		return;
	if (kspan_huge_free(p))
		kmemleak_free(p);
	else
		kspan_report_bad_free(p, "kspan_free");
}

/* A slot, marked, that must not get into a magazine: of one reserve or another. */
static void free_apart(struct kspan_span *span, void *p)
{
	bool freed = span->kind == KSPAN_SPAN_LENT ?
		     kspan_reserve_free(span, p) : kspan_entitled_free(span, p);

	if (unlikely(!freed))
		kspan_report_bad_free(p, "kspan_free");
}

/*
 * Where freed objects are to be wiped, rows refuse all slots, and their frees
 * come here. Two that free one object at a time are told apart by who marks it,
 * before it is wiped: the slot may be another's right after.
 */
static bool free_wiped(void *p)
{
	struct kspan_span *span = kspan_span_at((unsigned long)p);
	struct kspan_store *store;
	unsigned int index;

	if (!span)
		return false;
	store = kspan_span_store(span);
	if (store->class == KSPAN_LARGE_CLASS ||
	    !kspan_span_slot_at(span, store->sc, (unsigned long)p, &index) ||
	    !kspan_mark_claim(p))
		return false;
	kmemleak_free(p);
	memset(p + sizeof(u64), 0, store->sc->size_bytes - sizeof(u64));
	if (span->kind != KSPAN_SPAN_SLOTS)
		free_apart(span, p);
	else
		kspan_push_slow(store, p);
	return true;
}

/* The row refuses the address, or the slot is marked. */
static noinline __cold void free_refused(const void *p)
{
	bool freed;

	rcu_read_lock();
	preempt_enable();
	freed = want_init_on_free() && free_wiped((void *)p);
	rcu_read_unlock();
	if (!freed)
		kspan_report_bad_free(p, "kspan_free");
}

/*
 * The magazine was in use, or has no room: that of rows which send frees this
 * way never has. The slot is marked. Preemption is off, which keeps the span; a
 * heap whose object is being freed stays anyway.
 */
static noinline void free_slow(void *p)
{
	struct kspan_span *span = kspan_span_at((unsigned long)p);
	struct kspan_store *store;
	unsigned int index;
	bool freed = false;

	rcu_read_lock();
	preempt_enable();
	if (unlikely(!span))
		goto unlock;
	store = kspan_span_store(span);
	if (unlikely(store->class == KSPAN_LARGE_CLASS)) {
		freed = span->addr == (unsigned long)p &&
			kspan_large_free(span);
		goto unlock;
	}
	/* Its page may have been cut anew since the row was looked at. */
	if (unlikely(!kspan_span_slot_at(span, store->sc, (unsigned long)p,
					 &index)))
		goto unlock;
	freed = true;
	if (unlikely(span->kind != KSPAN_SPAN_SLOTS))
		free_apart(span, p);
	else
		kspan_push_slow(store, p);
unlock:
	rcu_read_unlock();
	if (unlikely(!freed))
		kspan_report_bad_free(p, "kspan_free");
}

static noinline void free_full(void *p, struct kspan_mag __percpu *mag)
{
	kspan_mag_end(mag, 0);
	free_slow(p);
}

/* Pushes a slot into this CPU's magazine; preemption is off, and on afterwards. */
static __always_inline void push(void *slot, const struct kspan_row *row)
{
	struct kspan_mag __percpu *mag = row->mag;
	unsigned long top;

	kspan_mark_set(slot);
	if (unlikely(!kspan_mag_begin(mag))) {
		free_slow(slot);
		return;
	}
	top = raw_cpu_read(mag->top);
	if (unlikely(kspan_mag_full(top))) {
		free_full(slot, mag);
		return;
	}
	*kspan_mag_cell_busy(top) = slot;
	kspan_mag_end(mag, 1);
	preempt_enable();
}

/**
 * kspan_free() - free an object
 * @p: what kspan_alloc() or one of its kin gave; NULL and ZERO_SIZE_PTR are
 *	ignored
 *
 * A pointer that is not the start of a live object is reported and refused.
 *
 * Context: Any in which kfree() may be called.
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
		     kspan_mark_intact(p))) {
		free_refused(p);
		return;
	}
	kmemleak_free(p);
	push((void *)p, row);
}
EXPORT_SYMBOL_GPL(kspan_free);

// SPDX-License-Identifier: GPL-2.0
/*
 * What mutators do to pointers while the collector is at work.
 */
#include <linux/spinlock.h>

#include "base/compat.h"
#include "gc/barrier.h"
#include "gc/gc.h"
#include "gc/mark.h"

/* See linux/kspan_gc.h. */
int kspan_gc_marking;
EXPORT_SYMBOL_GPL(kspan_gc_marking);

static DEFINE_SPINLOCK(marking_lock);

/* Stores of this heap's go the long way from now on, or no more. */
void kspan_barrier_set(bool on)
{
	spin_lock(&marking_lock);
	WRITE_ONCE(kspan_gc_marking, kspan_gc_marking + (on ? 1 : -1));
	spin_unlock(&marking_lock);
}

/**
 * __kspan_gc_store() - kspan_gc_store() while some heap is marked
 * @heap: see there
 * @slot: likewise
 * @p: likewise
 *
 * What was in the slot becomes grey: it was part of the snapshot, and the slot may have
 * been its only place. The exchange gives each pointer that ever was in the slot to
 * exactly one who takes it away.
 *
 * Context: As kspan_gc_store().
 */
void __kspan_gc_store(struct kspan_heap *heap, void **slot, void *p)
{
	struct kspan_gc *gc = heap->gc;
	void *old;

	if (kspan_gc_phase(gc) != KSPAN_GC_MARK) {
		/* As in kspan_gc_store(). */
		smp_store_release(slot, p);
		return;
	}
	old = xchg(slot, p);
	if (old)
		kspan_mark_reach(gc, old);
}
EXPORT_SYMBOL_GPL(__kspan_gc_store);

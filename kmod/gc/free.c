// SPDX-License-Identifier: GPL-2.0
/*
 * kspan_free() of an object of a collected heap, which its caller alone holds.
 *
 * While objects are marked, and while a second look tests that, a marker may be looking
 * into it, and what it points to is part of the snapshot. So it is only said to be dead,
 * and the sweep that follows puts its slot back.
 */
#include <linux/spinlock.h>

#include "api/report.h"
#include "base/compat.h"
#include "gc/free.h"
#include "gc/gc.h"
#include "gc/note.h"
#include "gc/object.h"
#include "gc/sweep.h"
#include "spans/large.h"

/* The object dies as far as its note knows it; false if it is pinned. */
static bool kill_note(struct kspan_gc *gc, unsigned long start)
{
	struct kspan_note *note;
	unsigned long flags;
	bool pinned = false;
	bool due = false;

	spin_lock_irqsave(&gc->lock, flags);
	note = kspan_note_find(gc, start);
	if (note) {
		pinned = note->pins;
		if (!pinned)
			due = kspan_note_kill(gc, note);
	}
	spin_unlock_irqrestore(&gc->lock, flags);
	if (due)
		kspan_gc_kick_cleanups(gc);
	return !pinned;
}

static bool put_back(struct kspan_gc *gc, const struct kspan_gc_object *obj)
{
	struct kspan_store *store = kspan_span_store(obj->span);
	void *slot = (void *)obj->start;

	if (kspan_is_vast(obj->start))
		return kspan_vast_free(&gc->vasts, obj->span);
	if (store->class == KSPAN_LARGE_CLASS)
		return kspan_large_free(obj->span, slot);
	if (!kspan_sweep_claim(obj->span, obj->index, slot))
		return false;
	kspan_central_put(store, &slot, 1, KSPAN_BATCH_DIRECT);
	return true;
}

/* See struct kspan_news. */
bool kspan_gc_free(void *p)
{
	struct kspan_gc *gc = kspan_gc_of(p);
	struct kspan_gc_object obj;

	if (!gc || !kspan_gc_find(gc, (unsigned long)p, &obj) ||
	    obj.start != (unsigned long)p || kspan_gc_is_dead(&obj))
		return false;
	if (!kill_note(gc, obj.start)) {
		kspan_report_collected(p, KSPAN_MISTAKE_PINNED, "kspan_free");
		return true;
	}
	/* We are an RCU reader, for whom marking waits to begin. */
	if (kspan_gc_phase(gc) == KSPAN_GC_MARK)
		return !test_and_set_bit(obj.index, kspan_span_dead(obj.span));
	/* The second look begins when marking ends. Pairs with check(). */
	if (smp_load_acquire(&gc->checking))
		return !test_and_set_bit(obj.index, kspan_span_dead(obj.span));
	return put_back(gc, &obj);
}

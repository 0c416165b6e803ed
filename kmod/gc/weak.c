// SPDX-License-Identifier: GPL-2.0
/*
 * Weak references.
 *
 * To follow one while objects are marked makes the object reachable again. So it is
 * done under the lock under which marking ends: either the object is grey before that,
 * or it is found not to have been reached, and is nothing any more.
 */
#include <linux/slab.h>

#include "base/compat.h"
#include "gc/gc.h"
#include "gc/mark.h"
#include "gc/note.h"
#include "gc/object.h"

static bool link_weak(struct kspan_gc *gc, struct kspan_gc_weak *weak,
		      struct kspan_note **new)
{
	struct kspan_gc_object obj;
	unsigned long flags;

	if (!kspan_gc_find(gc, (unsigned long)weak->p, &obj) ||
	    kspan_gc_is_dead(&obj))
		return false;
	weak->gc = gc;
	spin_lock_irqsave(&gc->lock, flags);
	weak->note = kspan_note_get(gc, obj.start, new);
	if (weak->note)
		list_add(&weak->link, &weak->note->weaks);
	spin_unlock_irqrestore(&gc->lock, flags);
	return weak->note;
}

/**
 * kspan_gc_weak_create() - make a reference that does not hold its object
 * @p: the object, which the caller holds, or an address in it
 * @gfp: as for kmalloc()
 *
 * Context: As kmalloc() with @gfp, inside of a section, or while something else holds
 * the object. Takes gc->lock.
 * Return: the reference; NULL without memory, or if @p is no live object.
 */
struct kspan_gc_weak *kspan_gc_weak_create(void *p, gfp_t gfp)
{
	struct kspan_note *new = kspan_note_new(gfp);
	struct kspan_gc_weak *weak = kzalloc(sizeof(*weak), gfp);
	struct kspan_gc *gc;
	bool linked = false;

	if (weak) {
		weak->p = p;
		rcu_read_lock();
		gc = kspan_gc_of(p);
		linked = gc && link_weak(gc, weak, &new);
		rcu_read_unlock();
	}
	kfree(new);
	if (linked)
		return weak;
	kfree(weak);
	return NULL;
}
EXPORT_SYMBOL_GPL(kspan_gc_weak_create);

static void *get_locked(struct kspan_gc *gc, struct kspan_gc_weak *weak)
{
	struct kspan_gc_object obj;

	if (!weak->p || !kspan_gc_find(gc, weak->note->start, &obj))
		return NULL;
	if (gc->phase == KSPAN_GC_SWEEP && !kspan_gc_is_reached(&obj))
		return NULL;
	if (gc->phase == KSPAN_GC_MARK)
		kspan_mark_reach(gc, (void *)obj.start);
	return weak->p;
}

/**
 * kspan_gc_weak_get() - follow a weak reference
 * @weak: the reference
 *
 * Context: Any but NMI, inside of a section. Takes gc->lock while there is a cycle.
 * Return: what kspan_gc_weak_create() was given, held until the section ends; NULL when
 * the object is dead, for ever.
 */
void *kspan_gc_weak_get(struct kspan_gc_weak *weak)
{
	struct kspan_gc *gc = weak->gc;
	unsigned long flags;
	void *p;

	kspan_gc_check_section(gc->heap);
	if (likely(kspan_gc_phase(gc) == KSPAN_GC_IDLE))
		return READ_ONCE(weak->p);
	rcu_read_lock();
	spin_lock_irqsave(&gc->lock, flags);
	p = get_locked(gc, weak);
	spin_unlock_irqrestore(&gc->lock, flags);
	rcu_read_unlock();
	return p;
}
EXPORT_SYMBOL_GPL(kspan_gc_weak_get);

/**
 * kspan_gc_weak_put() - let go of a weak reference
 * @weak: the reference, or NULL; its object may be dead, its heap is not
 *
 * Context: Any but NMI. Takes gc->lock.
 */
void kspan_gc_weak_put(struct kspan_gc_weak *weak)
{
	unsigned long flags;
	struct kspan_gc *gc;

	if (!weak)
		return;
	gc = weak->gc;
	spin_lock_irqsave(&gc->lock, flags);
	list_del(&weak->link);
	if (weak->note)
		kspan_note_put(gc, weak->note);
	spin_unlock_irqrestore(&gc->lock, flags);
	kfree(weak);
}
EXPORT_SYMBOL_GPL(kspan_gc_weak_put);

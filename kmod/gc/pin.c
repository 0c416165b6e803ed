// SPDX-License-Identifier: GPL-2.0
#include <linux/slab.h>

#include "base/compat.h"
#include "gc/gc.h"
#include "gc/mark.h"
#include "gc/note.h"
#include "gc/object.h"

/* By an RCU reader; takes @new if it needs it. */
static int pin(struct kspan_gc *gc, void *p, struct kspan_note **new)
{
	struct kspan_gc_object obj;
	struct kspan_note *note;
	unsigned long flags;

	if (!kspan_gc_find(gc, (unsigned long)p, &obj) || kspan_gc_is_dead(&obj))
		return -EINVAL;
	spin_lock_irqsave(&gc->lock, flags);
	note = kspan_note_get(gc, obj.start, new);
	if (note)
		note->pins++;
	spin_unlock_irqrestore(&gc->lock, flags);
	return note ? 0 : -ENOMEM;
}

/**
 * kspan_gc_pin() - hold an object, whether something points to it or not
 * @p: the object, or an address in it
 *
 * Pins count. What a pinned object points to stays, too.
 *
 * Context: Any but NMI, inside of a section, or while something else holds the object.
 * Takes gc->lock.
 * Return: 0; -EINVAL if it is no live object of a collected heap; -ENOMEM.
 */
int kspan_gc_pin(void *p)
{
	struct kspan_note *new = kspan_note_new(GFP_ATOMIC | __GFP_NOWARN);
	struct kspan_gc *gc;
	int err = -EINVAL;

	rcu_read_lock();
	gc = kspan_gc_of(p);
	if (gc)
		err = pin(gc, p, &new);
	rcu_read_unlock();
	kfree(new);
	return err;
}
EXPORT_SYMBOL_GPL(kspan_gc_pin);

static bool unpin(struct kspan_gc *gc, void *p)
{
	struct kspan_gc_object obj;
	struct kspan_note *note;
	unsigned long flags;
	bool pinned;

	if (!kspan_gc_find(gc, (unsigned long)p, &obj))
		return false;
	spin_lock_irqsave(&gc->lock, flags);
	note = kspan_note_find(gc, obj.start);
	pinned = note && note->pins;
	if (pinned && !--note->pins) {
		/* As if the pin were a slot that is overwritten. */
		if (gc->phase == KSPAN_GC_MARK)
			kspan_mark_reach(gc, (void *)obj.start);
		kspan_note_put(gc, note);
	}
	spin_unlock_irqrestore(&gc->lock, flags);
	return pinned;
}

/**
 * kspan_gc_unpin() - hold an object once less
 * @p: as for kspan_gc_pin()
 *
 * What is not pinned is reported.
 *
 * Context: Any but NMI. Takes gc->lock.
 */
void kspan_gc_unpin(void *p)
{
	struct kspan_gc *gc;
	bool done;

	rcu_read_lock();
	gc = kspan_gc_of(p);
	done = gc && unpin(gc, p);
	rcu_read_unlock();
	if (!done)
		pr_err_ratelimited("kspan: BUG: unpin of %p, which is not pinned, from %pS\n",
				   p, __builtin_return_address(0));
}
EXPORT_SYMBOL_GPL(kspan_gc_unpin);

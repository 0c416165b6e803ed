// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "base/compat.h"
#include "gc/cleanup.h"
#include "gc/gc.h"
#include "gc/note.h"
#include "gc/object.h"

/* Takes the next one that is due; NULL if none is. */
static struct kspan_gc_cleanup *take_due(struct kspan_gc *gc)
{
	struct kspan_gc_cleanup *cleanup;
	unsigned long flags;

	spin_lock_irqsave(&gc->lock, flags);
	cleanup = list_first_entry_or_null(&gc->due, struct kspan_gc_cleanup,
					   link);
	if (cleanup)
		list_del(&cleanup->link);
	spin_unlock_irqrestore(&gc->lock, flags);
	return cleanup;
}

static void run_due(struct work_struct *work)
{
	struct kspan_gc *gc = container_of(work, struct kspan_gc, cleanup_work);
	struct kspan_gc_cleanup *cleanup;

	while ((cleanup = take_due(gc))) {
		cleanup->fn(cleanup->arg);
		atomic64_inc(&gc->counts.cleanups);
		kfree(cleanup);
		cond_resched();
	}
}

void kspan_cleanups_init(struct kspan_gc *gc)
{
	INIT_LIST_HEAD(&gc->due);
	INIT_WORK(&gc->cleanup_work, run_due);
}

/* By an RCU reader; takes @new if it needs it. */
static int link_cleanup(struct kspan_gc *gc, void *p,
			struct kspan_gc_cleanup *cleanup,
			struct kspan_note **new)
{
	struct kspan_gc_object obj;
	struct kspan_note *note;
	unsigned long flags;

	if (!kspan_gc_find(gc, (unsigned long)p, &obj) || kspan_gc_is_dead(&obj))
		return -EINVAL;
	spin_lock_irqsave(&gc->lock, flags);
	note = kspan_note_get(gc, obj.start, new);
	if (note)
		list_add_tail(&cleanup->link, &note->cleanups);
	spin_unlock_irqrestore(&gc->lock, flags);
	return note ? 0 : -ENOMEM;
}

/**
 * kspan_gc_cleanup_add() - have something done when an object is dead
 * @p: the object, which the caller holds, or an address in it
 * @fn: called once, from a work item
 * @arg: its argument; leads to the object no more than anything else does
 * @gfp: as for kmalloc()
 *
 * An object may have several, and one several times. In which order they run is not
 * said. Those of a module that goes are forgotten.
 *
 * Context: As kmalloc() with @gfp, inside of a section, or while something else holds
 * the object. Takes gc->lock.
 * Return: 0; -EINVAL if @p is no live object; -ENOMEM.
 */
int kspan_gc_cleanup_add(void *p, void (*fn)(void *arg), void *arg, gfp_t gfp)
{
	struct kspan_note *new = kspan_note_new(gfp);
	struct kspan_gc_cleanup *cleanup = kmalloc(sizeof(*cleanup), gfp);
	struct kspan_gc *gc;
	int err = -ENOMEM;

	if (cleanup) {
		cleanup->fn = fn;
		cleanup->arg = arg;
		err = -EINVAL;
		rcu_read_lock();
		gc = kspan_gc_of(p);
		if (gc)
			err = link_cleanup(gc, p, cleanup, &new);
		rcu_read_unlock();
	}
	kfree(new);
	if (err)
		kfree(cleanup);
	return err;
}
EXPORT_SYMBOL_GPL(kspan_gc_cleanup_add);

static struct kspan_gc_cleanup *unlink_cleanup(struct kspan_gc *gc, void *p,
					       void (*fn)(void *arg), void *arg)
{
	struct kspan_gc_cleanup *cleanup;
	struct kspan_gc_object obj;
	struct kspan_note *note;
	unsigned long flags;
	bool found = false;

	if (!kspan_gc_find(gc, (unsigned long)p, &obj))
		return NULL;
	spin_lock_irqsave(&gc->lock, flags);
	note = kspan_note_find(gc, obj.start);
	if (note) {
		list_for_each_entry(cleanup, &note->cleanups, link) {
			found = cleanup->fn == fn && cleanup->arg == arg;
			if (found)
				break;
		}
	}
	if (found) {
		list_del(&cleanup->link);
		kspan_note_put(gc, note);
	}
	spin_unlock_irqrestore(&gc->lock, flags);
	return found ? cleanup : NULL;
}

/**
 * kspan_gc_cleanup_remove() - have something not done when an object is dead
 * @p: the object, which the caller holds
 * @fn: as given to kspan_gc_cleanup_add()
 * @arg: likewise
 *
 * Of several that are the same one goes.
 *
 * Context: Any but NMI. Takes gc->lock.
 */
void kspan_gc_cleanup_remove(void *p, void (*fn)(void *arg), void *arg)
{
	struct kspan_gc_cleanup *cleanup = NULL;
	struct kspan_gc *gc;

	rcu_read_lock();
	gc = kspan_gc_of(p);
	if (gc)
		cleanup = unlink_cleanup(gc, p, fn, arg);
	rcu_read_unlock();
	kfree(cleanup);
}
EXPORT_SYMBOL_GPL(kspan_gc_cleanup_remove);

/**
 * kspan_gc_cleanup_barrier() - wait for cleanups
 * @heap: a collected heap
 *
 * Context: Process context; sleeps until those have run whose objects are dead. Not
 * from a cleanup.
 */
void kspan_gc_cleanup_barrier(struct kspan_heap *heap)
{
	struct kspan_gc *gc = kspan_heap_gc(heap);

	if (!gc)
		return;
	/* Who has killed an object may not have come to this. */
	kspan_gc_kick_cleanups(gc);
	flush_work(&gc->cleanup_work);
}
EXPORT_SYMBOL_GPL(kspan_gc_cleanup_barrier);

/* Takes those of a list that would run a module's code. */
static void take_of_module(struct list_head *from, const struct module *mod,
			   struct list_head *taken)
{
	struct kspan_gc_cleanup *cleanup;
	struct kspan_gc_cleanup *next;

	list_for_each_entry_safe(cleanup, next, from, link) {
		if (within_module((unsigned long)cleanup->fn, mod))
			list_move(&cleanup->link, taken);
	}
}

/**
 * kspan_cleanups_forget() - a module goes, whose functions may be called no more
 * @gc: of any heap
 * @mod: the module
 *
 * Context: Process context; waits for one that runs.
 */
void kspan_cleanups_forget(struct kspan_gc *gc, const struct module *mod)
{
	struct kspan_gc_cleanup *cleanup;
	struct kspan_gc_cleanup *next;
	unsigned long from = 0;
	struct kspan_note *note;
	unsigned long flags;
	LIST_HEAD(taken);

	do {
		spin_lock_irqsave(&gc->lock, flags);
		take_of_module(&gc->due, mod, &taken);
		note = kspan_note_from(gc, from);
		if (note) {
			from = note->start + 1;
			take_of_module(&note->cleanups, mod, &taken);
			kspan_note_put(gc, note);
		}
		spin_unlock_irqrestore(&gc->lock, flags);
		cond_resched();
	} while (note);
	flush_work(&gc->cleanup_work);
	list_for_each_entry_safe(cleanup, next, &taken, link)
		kfree(cleanup);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_cleanups_forget);

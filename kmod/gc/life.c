// SPDX-License-Identifier: GPL-2.0
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "api/rcu.h"
#include "base/compat.h"
#include "base/fault.h"
#include "gc/cleanup.h"
#include "gc/cycle.h"
#include "gc/gc.h"
#include "gc/life.h"
#include "gc/mark.h"
#include "gc/note.h"
#include "gc/pace.h"
#include "gc/root.h"
#include "gc/type.h"
#include "heaps/registry.h"

/* Cycles, and who marks beside them. */
struct workqueue_struct *kspan_gc_wq;
EXPORT_SYMBOL_IF_KUNIT(kspan_gc_wq);
/* Cleanups, which may wait for cycles. */
struct workqueue_struct *kspan_cleanup_wq;

/*
 * New heaps' cycles look a second time, which must find nothing, and free objects have
 * a pattern, which must be as it was left.
 */
static bool gc_check = IS_ENABLED(CONFIG_KUNIT);
module_param(gc_check, bool, 0644);
MODULE_PARM_DESC(gc_check, "collectors of new heaps check their marks");

/* What was not there yet is left alone. */
static void gc_free(struct kspan_gc *gc)
{
	kspan_pace_exit(gc);
	kspan_roots_delete(gc);
	kspan_notes_delete(gc);
	kspan_gc_types_delete(gc);
	kspan_vasts_delete(&gc->vasts);
	kspan_grey_exit(&gc->grey);
	cleanup_srcu_struct(&gc->srcu);
	kfree(gc);
}

/* See struct kspan_news. */
int kspan_gc_new(struct kspan_heap *heap, const struct kspan_heap_params *params)
{
	struct kspan_gc *gc;

	if (kspan_fault(KSPAN_FAULT_GC, GFP_KERNEL))
		return -ENOMEM;
	gc = kzalloc(sizeof(*gc), GFP_KERNEL);
	if (!gc)
		return -ENOMEM;
	if (init_srcu_struct(&gc->srcu)) {
		kfree(gc);
		return -ENOMEM;
	}
	gc->heap = heap;
	gc->check = gc_check;
	gc->roots = RB_ROOT;
	gc->notes = RB_ROOT;
	INIT_LIST_HEAD(&gc->lone_weaks);
	mutex_init(&gc->types_mutex);
	spin_lock_init(&gc->lock);
	seqlock_init(&gc->counts.lock);
	kspan_limiter_init(&gc->limiter, ktime_get_ns());
	kspan_vasts_init(&gc->vasts, heap->storage.stores[0].central);
	kspan_cycle_init(gc);
	kspan_mark_init(gc);
	kspan_cleanups_init(gc);
	gc->types = kvcalloc(KSPAN_GC_MAX_TYPES, sizeof(*gc->types),
			     GFP_KERNEL);
	if (!gc->types || kspan_grey_init(&gc->grey) ||
	    kspan_pace_init(gc, params)) {
		gc_free(gc);
		return -ENOMEM;
	}
	kspan_account_metadata(&heap->storage.source.account,
			       sizeof(*gc) + KSPAN_GC_MAX_TYPES *
			       sizeof(*gc->types));
	if (gc->check)
		heap->storage.collected.flags = KSPAN_COLLECTED_POISON;
	kspan_cycle_begin_all(gc);
	heap->gc = gc;
	return 0;
}

/* Likewise. */
void kspan_gc_delete(struct kspan_heap *heap)
{
	if (!heap->gc)
		return;
	/* It may never have been used. */
	kspan_cycle_end_all(heap->gc);
	gc_free(heap->gc);
}

/**
 * kspan_gc_end() - a heap that nobody uses any more is about to end
 * @heap: the heap, collected or not
 *
 * All of its objects die: their cleanups run. So do frees that were asked for.
 *
 * Context: Process context; sleeps.
 */
void kspan_gc_end(struct kspan_heap *heap)
{
	struct kspan_gc *gc = heap->gc;

	kspan_rcu_barrier(heap);
	if (!gc)
		return;
	kspan_pace_end(gc);
	kspan_cycle_end_all(gc);
	/* Cleanups may make notes. */
	do {
		kspan_notes_settle(gc, true);
		kspan_gc_kick_cleanups(gc);
		flush_work(&gc->cleanup_work);
	} while (!RB_EMPTY_ROOT(&gc->notes) || !list_empty(&gc->due));
}

/* A module goes: nothing of it may be called any more. */
static int module_event(struct notifier_block *nb, unsigned long event,
			void *arg)
{
	struct module *mod = arg;
	struct kspan_heap *heap;
	u32 id = 0;

	if (event != MODULE_STATE_GOING || mod == THIS_MODULE)
		return NOTIFY_OK;
	while ((heap = kspan_heap_get_next(&id))) {
		if (heap->gc) {
			kspan_cleanups_forget(heap->gc, mod);
			kspan_gc_types_forget(heap->gc, mod);
		}
		kspan_heap_put(heap);
	}
	return NOTIFY_OK;
}

/* Before that for heaps, which runs the cleanups that are left. */
static struct notifier_block module_notifier = {
	.notifier_call	= module_event,
	.priority	= 1,
};

int kspan_gc_init(void)
{
	int err = -ENOMEM;

	kspan_gc_wq = alloc_workqueue("kspan_gc", WQ_MEM_RECLAIM | WQ_UNBOUND,
				      0);
	if (!kspan_gc_wq)
		return err;
	kspan_cleanup_wq = alloc_workqueue("kspan_gc_cleanup", WQ_UNBOUND, 0);
	if (kspan_cleanup_wq)
		err = register_module_notifier(&module_notifier);
	if (!err)
		return 0;
	if (kspan_cleanup_wq)
		destroy_workqueue(kspan_cleanup_wq);
	destroy_workqueue(kspan_gc_wq);
	return err;
}

void kspan_gc_exit(void)
{
	unregister_module_notifier(&module_notifier);
	destroy_workqueue(kspan_cleanup_wq);
	destroy_workqueue(kspan_gc_wq);
}

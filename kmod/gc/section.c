// SPDX-License-Identifier: GPL-2.0
/*
 * Sections: in which mutators hold pointers. A plain one is an RCU reader.
 */
#include <linux/rcupdate.h>

#include "base/compat.h"
#include "gc/gc.h"
#include "gc/hold.h"
#include "gc/sleeper.h"

/**
 * kspan_gc_enter() - begin a section
 * @heap: a collected heap
 *
 * Until the section ends, objects stay whose addresses are read in it, or that are
 * allocated in it. Sections nest, and may be of several heaps. The outermost one
 * may begin with a wait for the collector, where the caller could sleep.
 *
 * Context: Any but NMI. Nothing sleeps before kspan_gc_leave().
 */
void kspan_gc_enter(struct kspan_heap *heap) __acquires(RCU)
{
	if (unlikely(READ_ONCE(heap->gc->pace.press)))
		kspan_hold_up(heap->gc);
	rcu_read_lock();
}
EXPORT_SYMBOL_GPL(kspan_gc_enter);

/**
 * kspan_gc_leave() - end a section
 * @heap: that of kspan_gc_enter()
 *
 * The end of the outermost one may wait for the collector, where the caller could
 * sleep.
 *
 * Context: As kspan_gc_enter().
 */
void kspan_gc_leave(struct kspan_heap *heap) __releases(RCU)
{
	rcu_read_unlock();
	if (unlikely(READ_ONCE(heap->gc->pace.press)))
		kspan_hold_up(heap->gc);
}
EXPORT_SYMBOL_GPL(kspan_gc_leave);

/**
 * kspan_gc_enter_sleepable() - begin a section that may sleep
 * @heap: a collected heap
 *
 * As kspan_gc_enter(); plain sections may be begun inside, and it cannot be begun
 * inside of these. The task that begins it ends it.
 *
 * Context: Process context; may sleep.
 */
void kspan_gc_enter_sleepable(struct kspan_heap *heap)
{
	struct kspan_gc *gc = heap->gc;

	might_sleep();
	if (kspan_sleeper_nested(gc))
		return;
	if (unlikely(READ_ONCE(gc->pace.press)))
		kspan_hold_up(gc);
	kspan_sleeper_begin(gc);
}
EXPORT_SYMBOL_GPL(kspan_gc_enter_sleepable);

/**
 * kspan_gc_leave_sleepable() - end a section that may sleep
 * @heap: that of kspan_gc_enter_sleepable()
 *
 * Context: Process context; the end of the outermost one may sleep.
 */
void kspan_gc_leave_sleepable(struct kspan_heap *heap)
{
	struct kspan_gc *gc = heap->gc;

	if (kspan_sleeper_end(gc) && unlikely(READ_ONCE(gc->pace.press)))
		kspan_hold_up(gc);
}
EXPORT_SYMBOL_GPL(kspan_gc_leave_sleepable);

#ifdef CONFIG_PROVE_RCU
/**
 * kspan_gc_check_section() - in debug builds: what wants a section is in one
 * @heap: a collected heap
 *
 * Context: Any.
 */
void kspan_gc_check_section(struct kspan_heap *heap)
{
	RCU_LOCKDEP_WARN(!rcu_read_lock_held() &&
			 !srcu_read_lock_held(&heap->gc->srcu),
			 "collected heap used out of a section");
}
EXPORT_SYMBOL_GPL(kspan_gc_check_section);
#endif

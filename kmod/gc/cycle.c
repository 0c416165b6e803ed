// SPDX-License-Identifier: GPL-2.0
/*
 * A cycle. Why this is enough is in README.
 *
 *   IDLE	a grace period: who has allocated black has done so
 *		all bits are cleared
 *   MARK	stores grey what they overwrite, what is allocated is black
 *		a grace period: all open sections do so
 *		a grace period: all open sections have begun since, which is the snapshot
 *		what was allocated meanwhile is grey, as it may hold what was hidden
 *		roots and pins are grey; all that is grey is looked into, until after a
 *		grace period nothing has become so
 *   SWEEP	what has not been reached is dead: notes first, then slots
 *   IDLE
 */
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/preempt.h>
#include <linux/sched.h>

#include "base/compat.h"
#include "gc/barrier.h"
#include "gc/cycle.h"
#include "gc/gc.h"
#include "gc/mark.h"
#include "gc/note.h"
#include "gc/object.h"
#include "gc/pace.h"
#include "gc/root.h"
#include "gc/sleeper.h"
#include "gc/sweep.h"
#include "gc/tell.h"
#include "gc/zombie.h"

enum {
	/* A heap of which nobody has heard for so long has a cycle. */
	IDLE_SECONDS	= 120,
	/* Pages that grey objects have from the beginning, and for each CPU. */
	FIRST_PAGES	= 4,
};

static bool hurried(const struct kspan_gc *gc)
{
	return READ_ONCE(gc->pace.urgent);
}

static void wait_for_sections(struct kspan_gc *gc)
{
	kspan_sections_wait(gc, hurried(gc));
}

static void set_phase(struct kspan_gc *gc, enum kspan_gc_phase phase)
{
	struct kspan_collected *collected = &gc->heap->storage.collected;
	u8 flags = collected->flags & ~KSPAN_COLLECTED_BLACK;

	if (phase != KSPAN_GC_IDLE)
		flags |= KSPAN_COLLECTED_BLACK;
	WRITE_ONCE(collected->flags, flags);
	/* Pairs with kspan_gc_phase(). */
	smp_store_release(&gc->phase, phase);
}

VISIBLE_IF_KUNIT void kspan_cycle_change_phase(struct kspan_gc *gc,
					       enum kspan_gc_phase phase)
{
	unsigned long flags;

	spin_lock_irqsave(&gc->lock, flags);
	set_phase(gc, phase);
	spin_unlock_irqrestore(&gc->lock, flags);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_cycle_change_phase);

static void clear_span(struct kspan_gc *gc, struct kspan_span *span, void *arg)
{
	size_t nbytes = kspan_span_words(span->nelems) * sizeof(unsigned long);

	memset(kspan_span_reached(span), 0, nbytes);
	memset(kspan_span_checked(span), 0, nbytes);
}

/* What was allocated before the snapshot: what it holds was not always seen. */
static void grey_young(struct kspan_gc *gc, struct kspan_span *span, void *arg)
{
	/* Who allocates from now on knows of the snapshot. */
	if (!data_race(bitmap_empty(kspan_span_reached(span), span->nelems)))
		kspan_grey_put_span(&gc->grey, span);
}

/* The barrier is on, and all open sections have begun since. */
static void begin_marking(struct kspan_gc *gc)
{
	kspan_grey_provide(&gc->grey, FIRST_PAGES + num_online_cpus());
	wait_for_sections(gc);
	kspan_gc_walk(gc, clear_span, NULL);
	kspan_barrier_set(true);
	/*
	 * Nobody looks into an object before the snapshot: a section without the barrier
	 * may still put something into it.
	 */
	WRITE_ONCE(gc->closing, true);
	kspan_cycle_change_phase(gc, KSPAN_GC_MARK);
	wait_for_sections(gc);
	wait_for_sections(gc);
	WRITE_ONCE(gc->closing, false);
	kspan_gc_walk(gc, grey_young, NULL);
}

static void mark_roots(struct kspan_gc *gc, struct kspan_gc_tracer *tracer)
{
	kspan_roots_mark(gc, tracer);
	kspan_notes_mark_pins(gc, tracer);
}

/* Ends marking, unless something is grey. */
static bool try_to_end(struct kspan_gc *gc)
{
	unsigned long flags;
	bool dry;

	spin_lock_irqsave(&gc->lock, flags);
	dry = kspan_grey_dry(&gc->grey);
	if (dry) {
		/* Who sees that nobody marks any more sees this. */
		WRITE_ONCE(gc->checking, gc->check);
		set_phase(gc, KSPAN_GC_SWEEP);
	}
	spin_unlock_irqrestore(&gc->lock, flags);
	return dry;
}

static void wait_for_helpers(struct kspan_gc *gc)
{
	wait_event(gc->moved, !atomic_read(&gc->active));
	/* Pairs with the end of a helper. */
	smp_mb();
}

/*
 * From the moment of the first look to that of the last nobody marks but mutators,
 * whose sections all end meanwhile: what they leave is on the pages of their CPUs.
 */
static void mark_to_the_end(struct kspan_gc *gc, struct kspan_gc_tracer *tracer)
{
	for (;;) {
		kspan_mark_drain(gc, tracer);
		if (kspan_grey_gather(&gc->grey))
			continue;
		WRITE_ONCE(gc->closing, true);
		/* Pairs with kspan_mark_assist(). */
		smp_mb();
		wait_for_helpers(gc);
		if (!kspan_grey_gather(&gc->grey)) {
			wait_for_sections(gc);
			if (!kspan_grey_gather(&gc->grey) && try_to_end(gc))
				break;
		}
		WRITE_ONCE(gc->closing, false);
	}
	WRITE_ONCE(gc->closing, false);
	kspan_barrier_set(false);
}

/*
 * The second look: all that can be reached now has been reached before. Mutators need
 * not stop for it, as that holds from the end of marking on.
 */
static void check(struct kspan_gc *gc)
{
	struct kspan_gc_tracer tracer = { .gc = gc, .check = true };

	mark_roots(gc, &tracer);
	kspan_mark_drain(gc, &tracer);
	wait_for_helpers(gc);
	/* Who sees this sees that nobody looks. Pairs with kspan_gc_free(). */
	smp_store_release(&gc->checking, false);
}

/* CPU time that has gone into cycles so far, be it the collector's or a mutator's. */
static u64 cpu_ns(struct kspan_gc *gc)
{
	return atomic64_read(&gc->counts.worker_ns) +
	       atomic64_read(&gc->counts.assist_ns);
}

static void count_cycle(struct kspan_gc *gc, const struct kspan_swept *swept,
			const struct kspan_gc_tale *tale)
{
	struct kspan_gc_counts *counts = &gc->counts;
	unsigned long flags;

	write_seqlock_irqsave(&counts->lock, flags);
	counts->cycles++;
	counts->forced += tale->forced;
	counts->marked_bytes = swept->marked_bytes;
	counts->swept_bytes = swept->freed_bytes;
	counts->freed_objects += swept->freed_objects;
	counts->mark_ns += tale->marked_ns - tale->begun_ns;
	counts->sweep_ns += tale->swept_ns - tale->marked_ns;
	counts->cycle_ns = tale->swept_ns - tale->begun_ns;
	counts->share_per_mille =
		div64_u64(tale->cpu_ns * 1000,
			  (counts->cycle_ns ?: 1) * num_online_cpus());
	write_sequnlock_irqrestore(&counts->lock, flags);
}

/* By the holder of cycle_mutex. */
static void cycle(struct kspan_gc *gc, bool forced)
{
	struct kspan_gc_tracer tracer = { .gc = gc };
	struct kspan_gc_tale tale = {
		.begun_ns = ktime_get_ns(),
		.live_bytes = kspan_pace_live_bytes(gc),
		.cpu_ns = cpu_ns(gc),
		.forced = forced,
	};
	struct kspan_swept swept;

	if (forced)
		WRITE_ONCE(gc->pace.urgent, true);
	WRITE_ONCE(gc->begun, gc->begun + 1);
	kspan_gc_tell_begin(gc, &tale);
	begin_marking(gc);
	tale.snapshot_ns = ktime_get_ns();
	mark_roots(gc, &tracer);
	mark_to_the_end(gc, &tracer);
	if (gc->check)
		check(gc);
	tale.marked_ns = ktime_get_ns();
	kspan_zombies_settle(gc);
	kspan_notes_settle(gc, false);
	kspan_sweep_heap(gc, &swept);
	kspan_cycle_change_phase(gc, KSPAN_GC_IDLE);
	kspan_grey_shrink(&gc->grey);
	tale.swept_ns = ktime_get_ns();
	tale.cpu_ns = cpu_ns(gc) - tale.cpu_ns;
	count_cycle(gc, &swept, &tale);
	kspan_pace_cycle_done(gc, swept.marked_bytes);
	kspan_gc_tell_end(gc, &tale, &swept);
	WRITE_ONCE(gc->done, gc->begun);
	wake_up_all(&gc->cycled);
	mod_delayed_work(kspan_gc_wq, &gc->idle_work, IDLE_SECONDS * HZ);
}

/* A cycle that begins after the call, in this task. */
static void collect(struct kspan_gc *gc, bool forced)
{
	unsigned long begun = READ_ONCE(gc->begun);

	mutex_lock(&gc->cycle_mutex);
	/* Somebody else's may have begun after the call. */
	if (!gc->ending && gc->begun == begun)
		cycle(gc, forced);
	mutex_unlock(&gc->cycle_mutex);
}

static void run_cycle(struct work_struct *work)
{
	collect(container_of(work, struct kspan_gc, work), false);
}

static void run_idle(struct work_struct *work)
{
	struct kspan_gc *gc = container_of(to_delayed_work(work),
					   struct kspan_gc, idle_work);

	/* What has been found reachable, and nothing beside: it would be in vain. */
	if (kspan_pace_wants_idle(gc))
		collect(gc, false);
	else
		queue_delayed_work(kspan_gc_wq, &gc->idle_work,
				   IDLE_SECONDS * HZ);
}

/* The first look of a heap that is new. */
void kspan_cycle_begin_all(struct kspan_gc *gc)
{
	queue_delayed_work(kspan_gc_wq, &gc->idle_work, IDLE_SECONDS * HZ);
}

void kspan_cycle_init(struct kspan_gc *gc)
{
	mutex_init(&gc->cycle_mutex);
	init_waitqueue_head(&gc->cycled);
	INIT_WORK(&gc->work, run_cycle);
	INIT_DELAYED_WORK(&gc->idle_work, run_idle);
}

/**
 * kspan_cycle_end_all() - no cycle begins any more
 * @gc: of a heap that goes
 *
 * Context: Process context; waits for one that is under way.
 */
void kspan_cycle_end_all(struct kspan_gc *gc)
{
	mutex_lock(&gc->cycle_mutex);
	gc->ending = true;
	mutex_unlock(&gc->cycle_mutex);
	cancel_work_sync(&gc->work);
	cancel_delayed_work_sync(&gc->idle_work);
}

/**
 * kspan_gc_collect() - find and free what nobody can reach
 * @heap: a collected heap
 *
 * A whole cycle that begins after the call. What is unreachable at the call is freed
 * when it returns, weak references to it give NULL, and its cleanups run soon.
 *
 * Context: Process context, out of sections; sleeps, for some grace periods. Inside of
 * the caller's own section it warns, and does nothing.
 */
void kspan_gc_collect(struct kspan_heap *heap)
{
	struct kspan_gc *gc = kspan_heap_gc(heap);

	if (!gc || WARN_ON(kspan_sections_in(gc)))
		return;
	might_sleep();
	/* One that is under way had better be through with it. */
	WRITE_ONCE(gc->pace.urgent, true);
	collect(gc, true);
}
EXPORT_SYMBOL_GPL(kspan_gc_collect);

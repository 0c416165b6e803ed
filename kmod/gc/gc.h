/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A heap's collector.
 *
 * It marks what is reachable as of one moment, the snapshot, beside mutators. Nobody is
 * stopped: a grace period, in which every section that was open has ended, stands
 * where other collectors stop the world. README has the proof. Locks, outermost first,
 * and before those of heap.h:
 *
 *   cycle_mutex	one cycle at a time; no type goes while there is one
 *   types_mutex	types that come
 *   lock		notes and roots, and the step from marking to sweeping
 *   grey.cpus, grey.lock	see grey.h
 */
#ifndef _KSPAN_GC_GC_H
#define _KSPAN_GC_GC_H

#include <linux/kspan_gc.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/srcu.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "gc/grey.h"
#include "gc/limiter.h"
#include "gc/sighting.h"
#include "gc/swept.h"
#include "gc/tempo.h"
#include "gc/vast.h"
#include "heaps/heap.h"

enum kspan_gc_phase {
	KSPAN_GC_IDLE,
	/* Stores grey what they overwrite; what is allocated is reached. */
	KSPAN_GC_MARK,
	/* What is not reached is dead; what is allocated is reached. */
	KSPAN_GC_SWEEP,
};

enum {
	KSPAN_GC_MAX_TYPES	= 4096,
	KSPAN_GC_MAX_HELPERS	= 8,
};

/**
 * struct kspan_gc_counts - for kspan_gc_stats(); see there
 * @lock: guards those that follow, down to @share_per_mille; written by the holder of
 *	cycle_mutex
 * @cycles: complete ones
 * @forced: of these, those that were asked for
 * @marked_bytes: by the last one
 * @swept_bytes: likewise
 * @freed_objects: by all
 * @mark_ns: likewise
 * @sweep_ns: likewise
 * @cycle_ns: of the last one
 * @share_per_mille: of the last one: what it has taken of all CPUs
 * @pauses: of mutators, by the logarithm of their ns
 * @assist_ns: for which mutators have marked
 * @worker_ns: for which the collector itself has worked
 * @spared: times that mutators were not asked to mark
 * @cleanups: that have run
 * @zombies: freed objects that something leads to
 */
struct kspan_gc_counts {
	seqlock_t	lock;
	u64		cycles;
	u64		forced;
	u64		marked_bytes;
	u64		swept_bytes;
	u64		freed_objects;
	u64		mark_ns;
	u64		sweep_ns;
	u64		cycle_ns;
	u64		share_per_mille;
	atomic64_t	pauses[KSPAN_GC_PAUSE_BUCKETS];
	atomic64_t	assist_ns;
	atomic64_t	worker_ns;
	atomic64_t	spared;
	atomic64_t	cleanups;
	atomic64_t	zombies;
};

/**
 * struct kspan_gc_helper - marks beside the cycle
 * @work: does it
 * @gc: for whom
 */
struct kspan_gc_helper {
	struct work_struct	work;
	struct kspan_gc		*gc;
};

/**
 * struct kspan_gc - the collector of a heap
 * @heap: the heap
 * @phase: enum kspan_gc_phase; written under @lock
 * @srcu: sections that may sleep
 * @cycle_mutex: see above
 * @ending: the heap goes, and no cycle begins; guarded by @cycle_mutex
 * @check: cycles look a second time
 * @begun: cycles that have begun
 * @done: cycles that are complete
 * @cycled: somebody waits for one
 * @work: a cycle that nobody waits for
 * @idle_work: one after a while without
 * @types_mutex: see above
 * @types: by number, from 1 on; those there are stay
 * @nr_types: numbers that are taken
 * @lock: see above
 * @roots: by their first slot
 * @notes: what is known of single objects, by their start
 * @lone_weaks: weak references to dead objects
 * @due: cleanups of dead objects
 * @cleanup_work: runs them
 * @vasts: objects in vmalloc memory
 * @grey: objects to look into
 * @zombies: freed objects that something seems to lead to
 * @helpers: mark beside who marks
 * @active: how many of these are at it, or of who sweeps for slots that he wants
 * @closing: nobody begins to be
 * @checking: it is the second look, from the end of marking on
 * @moved: a helper has come to an end, or there is something for one
 * @sweep: how far that has come
 * @pace: when a cycle begins
 * @limiter: when mutators are spared
 * @counts: for statistics
 * @told_pauses: of these, those that the log knows of; guarded by @cycle_mutex
 */
struct kspan_gc {
	struct kspan_heap	*heap;
	unsigned int		phase;
	struct srcu_struct	srcu;
	/* See above. */
	struct mutex		cycle_mutex;
	bool			ending;
	bool			check;
	unsigned long		begun;
	unsigned long		done;
	wait_queue_head_t	cycled;
	struct work_struct	work;
	struct delayed_work	idle_work;
	/* See above. */
	struct mutex		types_mutex;
	struct kspan_gc_type	**types;
	unsigned int		nr_types;
	/* See above. */
	spinlock_t		lock;
	struct rb_root		roots;
	struct rb_root		notes;
	struct list_head	lone_weaks;
	struct list_head	due;
	struct work_struct	cleanup_work;
	struct kspan_vasts	vasts;
	struct kspan_grey	grey;
	struct kspan_zombies	zombies;
	struct kspan_gc_helper	helpers[KSPAN_GC_MAX_HELPERS];
	atomic_t		active;
	bool			closing;
	bool			checking;
	wait_queue_head_t	moved;
	struct kspan_sweep	sweep;
	struct kspan_tempo	pace;
	struct kspan_limiter	limiter;
	struct kspan_gc_counts	counts;
	u64			told_pauses;
};

extern struct workqueue_struct *kspan_gc_wq;
extern struct workqueue_struct *kspan_cleanup_wq;

static inline unsigned int kspan_gc_phase(const struct kspan_gc *gc)
{
	/* What was written before the phase began is seen. */
	return smp_load_acquire(&gc->phase);
}

/* Lets a cycle begin that nobody waits for. Any context but NMI. */
static inline void kspan_gc_start_cycle(struct kspan_gc *gc)
{
	queue_work(kspan_gc_wq, &gc->work);
}

/* Some cleanups are due. Any context but NMI. */
static inline void kspan_gc_kick_cleanups(struct kspan_gc *gc)
{
	queue_work(kspan_cleanup_wq, &gc->cleanup_work);
}

/* The collector of a heap that must be collected; NULL, with a warning, if not. */
static inline struct kspan_gc *kspan_heap_gc(struct kspan_heap *heap)
{
	if (WARN_ONCE(IS_ERR_OR_NULL(heap) || !heap->gc,
		      "kspan: the heap is not collected\n"))
		return NULL;
	return heap->gc;
}

#endif /* _KSPAN_GC_GC_H */

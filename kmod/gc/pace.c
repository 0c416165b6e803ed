// SPDX-License-Identifier: GPL-2.0
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/shrinker.h>
#include <linux/wait.h>

#include "base/compat.h"
#include "gc/gc.h"
#include "gc/pace.h"
#include "spans/stores.h"

enum {
	DEFAULT_PERCENT	= 100,
	DEFAULT_MIN_BYTES = 4 << 20,
	/* A CPU that has refilled so much counts the heap's live bytes. */
	LOOK_BYTES	= 64 << 10,
	/* Of CPU time a background cycle takes a quarter at most. */
	SHARE		= 4,
	/* So far beyond the goal nobody is made to wait. */
	LEAST_EXCESS	= 8 << 20,
	/* Of the way from what was reachable to the goal. */
	TRIGGER_NUM	= 3,
	TRIGGER_DEN	= 4,
};

/* What the stores have given out: CPU caches are small beside. */
u64 kspan_pace_live_bytes(struct kspan_gc *gc)
{
	struct kspan_storage *storage = &gc->heap->storage;
	struct kspan_central_counts counts;
	struct kspan_store *store;
	u64 nbytes = 0;
	int token;
	int nid;

	token = kspan_stores_enter();
	kspan_for_each_store_and_large(store, storage) {
		for (nid = 0; nid < nr_node_ids; nid++) {
			kspan_central_read(&store->central[nid], &counts);
			if (store->class == KSPAN_LARGE_CLASS)
				nbytes += counts.pages << KSPAN_PAGE_SHIFT;
			else
				nbytes += counts.out * store->sc->size_bytes;
		}
	}
	kspan_stores_leave(token);
	return nbytes + atomic64_read(&storage->huge.bytes);
}

static void set_press(struct kspan_gc *gc, enum kspan_press press)
{
	WRITE_ONCE(gc->pace.press, press);
}

static bool under_way(const struct kspan_gc *gc)
{
	return READ_ONCE(gc->begun) != READ_ONCE(gc->done);
}

/* Live bytes are to be looked at. */
static void look(struct kspan_gc *gc)
{
	struct kspan_tempo *pace = &gc->pace;
	u64 live = kspan_pace_live_bytes(gc);
	u64 goal = READ_ONCE(pace->goal_bytes);

	if (pace->percent == KSPAN_GC_OFF ||
	    live < READ_ONCE(pace->trigger_bytes))
		return;
	if (!under_way(gc)) {
		kspan_gc_start_cycle(gc);
		/* Not even begun, and already beyond. */
		if (live < goal)
			return;
	}
	if (live >= goal + max_t(u64, goal / 2, LEAST_EXCESS)) {
		WRITE_ONCE(pace->urgent, true);
		/* For the cycle that is under way: a second one would find little. */
		if (kspan_pace_has_cycled(gc))
			WRITE_ONCE(pace->wait_for, READ_ONCE(gc->begun) +
						   !under_way(gc));
		set_press(gc, KSPAN_PRESS_WAIT);
	} else if (live >= goal && !READ_ONCE(pace->press)) {
		/* Grace periods are what takes long while mutators assist. */
		WRITE_ONCE(pace->urgent, true);
		set_press(gc, KSPAN_PRESS_ASSIST);
	}
}

/**
 * kspan_pace_refilled() - a CPU has taken slots or pages
 * @gc: of which heap
 * @bytes: how much, more or less
 *
 * Context: Any but NMI.
 */
void kspan_pace_refilled(struct kspan_gc *gc, size_t bytes)
{
	unsigned long __percpu *debt = gc->pace.debt;

	if (unlikely(READ_ONCE(gc->pace.press)))
		this_cpu_add(*gc->pace.owed, bytes);
	if (this_cpu_add_return(*debt, bytes) < LOOK_BYTES)
		return;
	this_cpu_write(*debt, 0);
	look(gc);
}

/**
 * kspan_pace_starved() - an allocation has failed
 * @gc: of which heap
 *
 * Context: Any but NMI.
 */
void kspan_pace_starved(struct kspan_gc *gc)
{
	struct kspan_tempo *pace = &gc->pace;

	WRITE_ONCE(pace->urgent, true);
	/* One that has begun by now may have missed what is garbage by now. */
	WRITE_ONCE(pace->wait_for, READ_ONCE(gc->begun) + 1);
	WRITE_ONCE(pace->starved, true);
	set_press(gc, KSPAN_PRESS_WAIT);
	kspan_gc_start_cycle(gc);
}

/**
 * kspan_pace_take_owed() - what this CPU's mutators are to do something for
 * @gc: of which heap
 * @most: no more than that, the rest stays
 *
 * Return: bytes that it has refilled.
 */
unsigned long kspan_pace_take_owed(struct kspan_gc *gc, unsigned long most)
{
	unsigned long owed = this_cpu_xchg(*gc->pace.owed, 0);

	if (owed <= most)
		return owed;
	this_cpu_add(*gc->pace.owed, owed - most);
	return most;
}

/* Held up for so long. */
void kspan_pace_count_pause(struct kspan_gc *gc, u64 ns)
{
	unsigned int bucket = ns ? ilog2(ns) : 0;

	bucket = min_t(unsigned int, bucket, KSPAN_GC_PAUSE_BUCKETS - 1);
	atomic64_inc(&gc->counts.pauses[bucket]);
}

/* The goal that a heap has of which so much was reachable. */
static void set_goal(struct kspan_gc *gc, u64 marked_bytes)
{
	struct kspan_tempo *pace = &gc->pace;
	u64 limit = READ_ONCE(gc->heap->storage.source.account.limit_bytes);
	u64 goal = U64_MAX;
	u64 trigger = U64_MAX;

	if (pace->percent != KSPAN_GC_OFF) {
		goal = marked_bytes + div_u64(marked_bytes * pace->percent, 100);
		goal = max_t(u64, goal, pace->min_bytes);
		/* What spans and pages lose lies below the limit, too. */
		if (limit)
			goal = min(goal, limit - limit / 8);
		goal = max(goal, marked_bytes + LOOK_BYTES);
		trigger = marked_bytes + (goal - marked_bytes) / TRIGGER_DEN *
			  TRIGGER_NUM;
	}
	WRITE_ONCE(pace->goal_bytes, goal);
	WRITE_ONCE(pace->trigger_bytes, trigger);
}

static void end_press(struct kspan_gc *gc)
{
	set_press(gc, KSPAN_PRESS_NONE);
	WRITE_ONCE(gc->pace.starved, false);
}

/* A cycle is complete; so much is reachable. */
void kspan_pace_cycle_done(struct kspan_gc *gc, u64 marked_bytes)
{
	set_goal(gc, marked_bytes);
	WRITE_ONCE(gc->pace.urgent, false);
	/* Who starves meanwhile wants the next one. */
	if ((long)(gc->begun - READ_ONCE(gc->pace.wait_for)) >= 0 ||
	    READ_ONCE(gc->pace.press) == KSPAN_PRESS_ASSIST)
		end_press(gc);
	else
		WRITE_ONCE(gc->pace.urgent, true);
}

/* How many may mark beside the cycle itself. */
unsigned int kspan_pace_helpers(const struct kspan_gc *gc)
{
	unsigned int ncpus = num_online_cpus();

	return (READ_ONCE(gc->pace.urgent) ? DIV_ROUND_UP(ncpus, 2) :
					     DIV_ROUND_UP(ncpus, SHARE)) - 1;
}

/**
 * kspan_pace_rest() - somebody has marked for a while
 * @gc: of which heap
 * @worked_ns: for how long
 *
 * Sleeps so long that the collector takes its share of CPU time only, unless somebody
 * waits for it.
 *
 * Context: Process context, out of RCU; may sleep.
 */
void kspan_pace_rest(struct kspan_gc *gc, u64 worked_ns)
{
	unsigned int nworkers = kspan_pace_helpers(gc) + 1;
	unsigned int ncpus = num_online_cpus();
	u64 owed_ns;

	atomic64_add(worked_ns, &gc->counts.worker_ns);
	kspan_limiter_add(&gc->limiter, worked_ns, ktime_get_ns(), ncpus);
	if (READ_ONCE(gc->pace.urgent) || nworkers * SHARE <= ncpus)
		return;
	owed_ns = atomic64_add_return(worked_ns * (nworkers * SHARE - ncpus) /
				      ncpus, &gc->pace.share_ns);
	if (owed_ns < NSEC_PER_MSEC)
		return;
	atomic64_sub(owed_ns, &gc->pace.share_ns);
	usleep_range(owed_ns / NSEC_PER_USEC, owed_ns / NSEC_PER_USEC * 2);
}

static unsigned long count_garbage(struct shrinker *shrinker,
				   struct shrink_control *sc)
{
	struct kspan_gc *gc = kspan_shrinker_data(shrinker);
	u64 live = kspan_pace_live_bytes(gc);
	u64 marked = READ_ONCE(gc->counts.marked_bytes);

	return live > marked ? (live - marked) >> PAGE_SHIFT : 0;
}

/* What it frees comes later, from the heap's own shrinker. */
static unsigned long start_cycle(struct shrinker *shrinker,
				 struct shrink_control *sc)
{
	struct kspan_gc *gc = kspan_shrinker_data(shrinker);

	if (gc->pace.percent != KSPAN_GC_OFF)
		kspan_gc_start_cycle(gc);
	return SHRINK_STOP;
}

int kspan_pace_init(struct kspan_gc *gc, const struct kspan_heap_params *params)
{
	struct kspan_tempo *pace = &gc->pace;

	pace->percent = params->gc_percent ?: DEFAULT_PERCENT;
	pace->min_bytes = params->gc_min_bytes ?: DEFAULT_MIN_BYTES;
	pace->debt = alloc_percpu(unsigned long);
	pace->owed = alloc_percpu(unsigned long);
	if (!pace->debt || !pace->owed)
		return -ENOMEM;
	set_goal(gc, 0);
	pace->shrinker = kspan_shrinker_alloc(0, gc->heap->storage.source.name,
					      gc);
	if (!pace->shrinker)
		return -ENOMEM;
	pace->shrinker->count_objects = count_garbage;
	pace->shrinker->scan_objects = start_cycle;
	pace->shrinker->seeks = DEFAULT_SEEKS;
	shrinker_register(pace->shrinker);
	return 0;
}

/* Whether a heap that has not been collected for a while may have garbage. */
bool kspan_pace_wants_idle(struct kspan_gc *gc)
{
	return gc->pace.percent != KSPAN_GC_OFF &&
	       kspan_pace_live_bytes(gc) > READ_ONCE(gc->counts.marked_bytes);
}

/* Nobody starts a cycle any more. What was not there yet is left alone. */
void kspan_pace_end(struct kspan_gc *gc)
{
	if (gc->pace.shrinker)
		shrinker_free(gc->pace.shrinker);
	gc->pace.shrinker = NULL;
}

void kspan_pace_exit(struct kspan_gc *gc)
{
	kspan_pace_end(gc);
	free_percpu(gc->pace.debt);
	free_percpu(gc->pace.owed);
}

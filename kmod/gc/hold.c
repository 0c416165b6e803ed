// SPDX-License-Identifier: GPL-2.0
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/wait.h>

#include "base/compat.h"
#include "gc/gc.h"
#include "gc/hold.h"
#include "gc/mark.h"
#include "gc/pace.h"
#include "gc/sleeper.h"

enum {
	/* Bytes that are looked into for each that has been refilled. */
	ASSIST_RATIO	= 2,
	/* Bytes of a mutator's assist, which takes well below 100 us. */
	ASSIST_BYTES	= 16 << 10,
	/* How long one waits for a cycle at most. */
	WAIT_MSECS	= 2000,
};

static void wait_for_cycle(struct kspan_gc *gc)
{
	if (!kspan_pace_has_cycled(gc)) {
		if ((long)(READ_ONCE(gc->begun) -
			   READ_ONCE(gc->pace.wait_for)) < 0)
			kspan_gc_start_cycle(gc);
		wait_event_timeout(gc->cycled, kspan_pace_has_cycled(gc),
				   msecs_to_jiffies(WAIT_MSECS));
	}
	kspan_pace_take_owed(gc, ULONG_MAX);
}

/* The collector has had its share; it may have been long since anybody looked. */
static bool is_spared(struct kspan_gc *gc)
{
	struct kspan_limiter *limiter = &gc->limiter;

	if (likely(!kspan_limiter_full(limiter)))
		return false;
	kspan_limiter_add(limiter, 0, ktime_get_ns(), num_online_cpus());
	return kspan_limiter_full(limiter);
}

/* For what has been refilled here, and no more, so that nobody is held up for long. */
static void assist(struct kspan_gc *gc)
{
	unsigned long owed;
	u64 begun_ns;
	u64 now_ns;

	if (is_spared(gc)) {
		kspan_pace_take_owed(gc, ULONG_MAX);
		atomic64_inc(&gc->counts.spared);
		return;
	}
	owed = kspan_pace_take_owed(gc, ASSIST_BYTES / ASSIST_RATIO);
	begun_ns = ktime_get_ns();
	if (!kspan_mark_assist(gc, owed * ASSIST_RATIO))
		return;
	now_ns = ktime_get_ns();
	atomic64_add(now_ns - begun_ns, &gc->counts.assist_ns);
	kspan_limiter_add(&gc->limiter, now_ns - begun_ns, now_ns,
			  num_online_cpus());
}

/**
 * kspan_hold_up() - a mutator is between sections
 * @gc: of which heap, that presses
 *
 * Those are held up on whose CPU somebody has allocated, and nobody who only reads, unless
 * an allocation has failed.
 *
 * Context: Any; does nothing where it may not sleep.
 */
void kspan_hold_up(struct kspan_gc *gc)
{
	u64 begun_ns;

	if (!kspan_pace_owes(gc) || !kspan_sections_may_wait())
		return;
	begun_ns = ktime_get_ns();
	if (READ_ONCE(gc->pace.press) == KSPAN_PRESS_WAIT)
		wait_for_cycle(gc);
	else
		assist(gc);
	kspan_pace_count_pause(gc, ktime_get_ns() - begun_ns);
}

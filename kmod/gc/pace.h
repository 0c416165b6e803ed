/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pace: when a cycle begins, and when mutators are held up.
 *
 * A cycle is to be complete when the live bytes have come to the goal, which is what
 * the last one has found reachable and gc_percent of that, and gc_min_bytes at least;
 * so it begins somewhat before, at the trigger. Live bytes are counted when CPUs have
 * refilled so much that it may matter, not with each object.
 *
 * Who allocates cannot wait, as he is in a section, for the end of which the cycle
 * waits. So he is held up where his outermost section begins or ends.
 */
#ifndef _KSPAN_GC_PACE_H
#define _KSPAN_GC_PACE_H

#include <linux/types.h>

#include "gc/gc.h"

struct kspan_gc;
struct kspan_heap_params;

int kspan_pace_init(struct kspan_gc *gc, const struct kspan_heap_params *params);
bool kspan_pace_wants_idle(struct kspan_gc *gc);
void kspan_pace_end(struct kspan_gc *gc);
void kspan_pace_exit(struct kspan_gc *gc);
u64 kspan_pace_live_bytes(struct kspan_gc *gc);
void kspan_pace_refilled(struct kspan_gc *gc, size_t bytes);
unsigned long kspan_pace_take_owed(struct kspan_gc *gc, unsigned long most);
void kspan_pace_starved(struct kspan_gc *gc);
void kspan_pace_cycle_done(struct kspan_gc *gc, u64 marked_bytes);
unsigned int kspan_pace_helpers(const struct kspan_gc *gc);
void kspan_pace_rest(struct kspan_gc *gc, u64 worked_ns);
void kspan_pace_count_pause(struct kspan_gc *gc, u64 ns);

/* Whether there is no cycle, or none any more, that KSPAN_PRESS_WAIT waits for. */
static inline bool kspan_pace_has_cycled(const struct kspan_gc *gc)
{
	return (long)(READ_ONCE(gc->done) - READ_ONCE(gc->pace.wait_for)) >= 0;
}

/*
 * Whether this CPU's mutators have refilled anything since they are pressed, or an
 * allocation has failed, for which all wait.
 */
static inline bool kspan_pace_owes(const struct kspan_gc *gc)
{
	return raw_cpu_read(*gc->pace.owed) || READ_ONCE(gc->pace.starved);
}

#endif /* _KSPAN_GC_PACE_H */

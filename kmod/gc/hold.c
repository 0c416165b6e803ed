// SPDX-License-Identifier: GPL-2.0
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
	/* How long a mutator marks at a time. */
	ASSIST_NS	= 500 * NSEC_PER_USEC,
	/* How long one waits for a cycle at most. */
	WAIT_MSECS	= 2000,
};

static bool has_cycled(const struct kspan_gc *gc)
{
	return (long)(READ_ONCE(gc->done) - READ_ONCE(gc->pace.wait_for)) >= 0;
}

/**
 * kspan_hold_up() - a mutator is between sections
 * @gc: of which heap, that presses
 *
 * Context: Any; does nothing where it may not sleep.
 */
void kspan_hold_up(struct kspan_gc *gc)
{
	u64 begun_ns;
	u64 ns;

	if (!kspan_sections_may_wait())
		return;
	begun_ns = ktime_get_ns();
	if (READ_ONCE(gc->pace.press) == KSPAN_PRESS_WAIT) {
		if (!has_cycled(gc)) {
			kspan_gc_start_cycle(gc);
			wait_event_timeout(gc->cycled, has_cycled(gc),
					   msecs_to_jiffies(WAIT_MSECS));
		}
	} else if (kspan_mark_assist(gc, ASSIST_NS)) {
		atomic64_add(ktime_get_ns() - begun_ns, &gc->counts.assist_ns);
	}
	ns = ktime_get_ns() - begun_ns;
	kspan_pace_count_pause(gc, ns);
}

// SPDX-License-Identifier: GPL-2.0
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/printk.h>

#include "base/compat.h"
#include "base/trace.h"
#include "gc/gc.h"
#include "gc/sweep.h"
#include "gc/tell.h"

/* As Documentation/gc.rst explains. */
static bool gctrace;
module_param(gctrace, bool, 0644);
MODULE_PARM_DESC(gctrace, "a line in the kernel log for each collection");

static const char *name_of(const struct kspan_gc *gc)
{
	return gc->heap->storage.source.name;
}

/* By the holder of cycle_mutex. */
void kspan_gc_tell_begin(struct kspan_gc *gc, const struct kspan_gc_tale *tale)
{
	trace_gc_begin(name_of(gc), tale->live_bytes, tale->forced);
}

static u64 count_pauses(struct kspan_gc *gc)
{
	u64 npauses = 0;
	unsigned int i;

	for (i = 0; i < KSPAN_GC_PAUSE_BUCKETS; i++)
		npauses += atomic64_read(&gc->counts.pauses[i]);
	return npauses;
}

/* Milliseconds with three digits behind the point. */
#define MS	"%llu.%03u"
#define AS_MS(ns)	div_u64(ns, 1000000), (unsigned int)(div_u64(ns, 1000) % 1000)

static void print(struct kspan_gc *gc, const struct kspan_gc_tale *tale,
		  const struct kspan_swept *swept)
{
	u64 npauses = count_pauses(gc);
	u64 goal = READ_ONCE(gc->pace.goal_bytes);
	u64 wait_ns = tale->snapshot_ns - tale->begun_ns;
	u64 mark_ns = tale->marked_ns - tale->snapshot_ns;
	u64 sweep_ns = tale->swept_ns - tale->marked_ns;
	char goal_text[32];

	if (goal == U64_MAX)
		strscpy(goal_text, "off", sizeof(goal_text));
	else
		snprintf(goal_text, sizeof(goal_text), "%llu B", goal);
	pr_info("kspan: gc %s %llu @" MS "ms: " MS "+" MS "+" MS " ms, %llu->%llu B, %llu freed, goal %s, %llu.%llu%% CPU, %llu pauses%s\n",
		name_of(gc), gc->counts.cycles, AS_MS(tale->swept_ns),
		AS_MS(wait_ns), AS_MS(mark_ns), AS_MS(sweep_ns),
		tale->live_bytes, swept->marked_bytes, swept->freed_objects,
		goal_text, gc->counts.share_per_mille / 10,
		gc->counts.share_per_mille % 10, npauses - gc->told_pauses,
		tale->forced ? ", forced" : "");
	gc->told_pauses = npauses;
}

/* By the holder of cycle_mutex; the cycle has been counted. */
void kspan_gc_tell_end(struct kspan_gc *gc, const struct kspan_gc_tale *tale,
		       const struct kspan_swept *swept)
{
	trace_gc_end(name_of(gc), swept->marked_bytes, swept->freed_bytes,
		     swept->freed_objects, tale->marked_ns - tale->begun_ns,
		     tale->swept_ns - tale->marked_ns);
	if (READ_ONCE(gctrace))
		print(gc, tale, swept);
}

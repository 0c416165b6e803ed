// SPDX-License-Identifier: GPL-2.0
#include <linux/string.h>

#include "base/compat.h"
#include "gc/gc.h"

/**
 * kspan_gc_stats() - what the collector of a heap has done
 * @heap: a collected heap
 * @stats: out
 *
 * Context: Any but NMI. Takes no lock.
 */
void kspan_gc_stats(struct kspan_heap *heap, struct kspan_gc_stats *stats)
{
	struct kspan_gc *gc = kspan_heap_gc(heap);
	struct kspan_gc_counts *counts;
	unsigned int seq;
	unsigned int i;

	memset(stats, 0, sizeof(*stats));
	if (!gc)
		return;
	counts = &gc->counts;
	do {
		seq = read_seqbegin(&counts->lock);
		stats->cycles_total = counts->cycles;
		stats->cycles_forced_total = counts->forced;
		stats->marked_bytes = counts->marked_bytes;
		stats->swept_bytes = counts->swept_bytes;
		stats->freed_objects_total = counts->freed_objects;
		stats->mark_ns_total = counts->mark_ns;
		stats->sweep_ns_total = counts->sweep_ns;
		stats->cycle_ns = counts->cycle_ns;
		stats->share_per_mille = counts->share_per_mille;
	} while (read_seqretry(&counts->lock, seq));
	for (i = 0; i < KSPAN_GC_PAUSE_BUCKETS; i++)
		stats->pause_ns_hist[i] = atomic64_read(&counts->pauses[i]);
	stats->assist_ns_total = atomic64_read(&counts->assist_ns);
	stats->worker_ns_total = atomic64_read(&counts->worker_ns);
	stats->spared_total = atomic64_read(&counts->spared);
	stats->swept_by_need_total = atomic64_read(&gc->sweep.helped_spans);
	stats->cleanups_total = atomic64_read(&counts->cleanups);
	stats->zombies_total = atomic64_read(&counts->zombies);
	stats->overflows_total = READ_ONCE(gc->grey.lost_total);
	stats->goal_bytes = READ_ONCE(gc->pace.goal_bytes);
	stats->trigger_bytes = READ_ONCE(gc->pace.trigger_bytes);
}
EXPORT_SYMBOL_GPL(kspan_gc_stats);

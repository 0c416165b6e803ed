// SPDX-License-Identifier: GPL-2.0
#include <linux/debugfs.h>
#include <linux/kspan_gc.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "heaps/heap.h"
#include "user/collected.h"

/* Of the pauses, rows that nothing is in are left out. */
static int gc_show(struct seq_file *m, void *unused)
{
	struct kspan_gc_stats stats;
	unsigned int i;

	kspan_gc_stats(m->private, &stats);
#define SHOW(key) seq_printf(m, #key " %llu\n", stats.key)
	SHOW(cycles_total);
	SHOW(cycles_forced_total);
	SHOW(marked_bytes);
	SHOW(swept_bytes);
	SHOW(freed_objects_total);
	SHOW(goal_bytes);
	SHOW(trigger_bytes);
	SHOW(assist_ns_total);
	SHOW(mark_ns_total);
	SHOW(sweep_ns_total);
	SHOW(cycle_ns);
	SHOW(overflows_total);
	SHOW(cleanups_total);
	SHOW(zombies_total);
	SHOW(worker_ns_total);
	SHOW(share_per_mille);
	SHOW(spared_total);
	SHOW(swept_by_need_total);
#undef SHOW
	for (i = 0; i < KSPAN_GC_PAUSE_BUCKETS; i++) {
		if (stats.pause_ns_hist[i])
			seq_printf(m, "pauses_from_%llu_ns %llu\n",
				   i ? BIT_ULL(i) : 0, stats.pause_ns_hist[i]);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(gc);

/* In a heap's directory, if it is collected. */
void kspan_collected_add(struct kspan_heap *heap, struct dentry *dir)
{
	if (heap->gc)
		debugfs_create_file("gc", 0400, dir, heap, &gc_fops);
}

// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
#include <linux/rcupdate.h>

#include "api/rcu.h"
#include "api/cache.h"
#include "api/report.h"
#include "base/news.h"
#include "base/sizeclass.h"
#include "base/work.h"
#include "caches/magazine.h"
#include "gc/free.h"
#include "gc/life.h"
#include "gc/sweep.h"
#include "giveback/drain.h"
#include "giveback/offline.h"
#include "giveback/scavenge.h"
#include "heaps/life.h"
#include "pages/arena.h"
#include "user/chardev.h"
#include "user/debugfs.h"
#include "user/handle.h"
#include "watch/fragmentation.h"
#include "watch/leftovers.h"
#include "watch/oom.h"

const struct kspan_news kspan_news = {
	.pages_free		= kspan_scavenger_kick,
	.over_limit		= kspan_scavenger_wake_now,
	.look			= kspan_fragmentation_look,
	.mark_broken		= kspan_report_broken_mark,
	.late_double_free	= kspan_report_late_double_free,
	.stray_free		= kspan_report_stray_free,
	.leftovers		= kspan_leftovers_tell,
	.gc_new			= kspan_gc_new,
	.gc_delete		= kspan_gc_delete,
	.free_collected		= kspan_gc_free,
	.sweep			= kspan_sweep_some,
	.held			= kspan_handles_tell,
	.heap_made		= kspan_debugfs_add,
	.heap_hidden		= kspan_debugfs_remove,
	.heap_ending		= kspan_gc_end,
	.heap_going		= kspan_handles_forget,
};

static int __init kspan_init(void)
{
	int err;

	kspan_sizeclass_init();
	err = kspan_arena_init();
	if (err)
		return err;
	kspan_mags_init();
	err = kspan_work_init();
	if (err)
		goto exit_arena;
	err = kspan_rcu_init();
	if (err)
		goto exit_work;
	err = kspan_drain_init();
	if (err)
		goto exit_rcu;
	err = kspan_gc_init();
	if (err)
		goto exit_drain;
	kspan_debugfs_init();
	err = kspan_heaps_init();
	if (err)
		goto exit_debugfs;
	err = kspan_caches_init();
	if (err)
		goto exit_heaps;
	err = kspan_offline_init();
	if (err)
		goto exit_caches;
	err = kspan_oom_init();
	if (err)
		goto exit_offline;
	err = kspan_chardev_init();
	if (err)
		goto exit_oom;
	return 0;

exit_oom:
	kspan_oom_exit();
exit_offline:
	kspan_offline_exit();
exit_caches:
	kspan_caches_exit();
exit_heaps:
	kspan_heaps_exit();
exit_debugfs:
	kspan_debugfs_exit();
	kspan_gc_exit();
exit_drain:
	kspan_drain_exit();
exit_rcu:
	kspan_rcu_exit();
exit_work:
	kspan_work_exit();
exit_arena:
	rcu_barrier();
	kspan_arena_exit();
	return err;
}
module_init(kspan_init);

static void __exit kspan_exit(void)
{
	kspan_chardev_exit();
	kspan_oom_exit();
	kspan_offline_exit();
	kspan_caches_exit();
	kspan_heaps_exit();
	kspan_debugfs_exit();
	kspan_gc_exit();
	kspan_drain_exit();
	kspan_rcu_exit();
	kspan_work_exit();
	/* Leaves are freed by a callback of ours. */
	rcu_barrier();
	kspan_arena_exit();
}
module_exit(kspan_exit);

MODULE_DESCRIPTION("Heaps for kernel code, after the allocator of the Go runtime");
MODULE_AUTHOR("The kspan maintainers");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");

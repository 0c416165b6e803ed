// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
#include <linux/random.h>
#include <linux/rcupdate.h>

#include "pages/arena.h"
#include "user/chardev.h"
#include "caches/cpucache.h"
#include "user/debugfs.h"
#include "giveback/drain.h"
#include "heaps/heap.h"
#include "base/mark.h"
#include "giveback/offline.h"
#include "watch/oom.h"
#include "base/sizeclass.h"

static int __init kspan_init(void)
{
	int err;

	kspan_secret = get_random_u64();
	kspan_sizeclass_init();
	err = kspan_arena_init();
	if (err)
		return err;
	kspan_cpucache_init();
	err = kspan_drain_init();
	if (err)
		goto exit_arena;
	kspan_debugfs_init();
	err = kspan_heaps_init();
	if (err)
		goto exit_debugfs;
	err = kspan_offline_init();
	if (err)
		goto exit_heaps;
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
exit_heaps:
	kspan_heaps_exit();
exit_debugfs:
	kspan_debugfs_exit();
	kspan_drain_exit();
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
	kspan_heaps_exit();
	kspan_debugfs_exit();
	kspan_drain_exit();
	/* Leaves are freed by a callback of ours. */
	rcu_barrier();
	kspan_arena_exit();
}
module_exit(kspan_exit);

MODULE_DESCRIPTION("Heaps for kernel code, after the allocator of the Go runtime");
MODULE_AUTHOR("The kspan maintainers");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");

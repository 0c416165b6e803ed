// SPDX-License-Identifier: GPL-2.0
#include <linux/notifier.h>
#include <linux/oom.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>

#include "heaps/heap.h"
#include "heaps/registry.h"
#include "watch/oom.h"
#include "watch/stats.h"

enum {
	/* A log of a million bytes is no help: the others are summed up. */
	MAX_LINES = 100,
};

/* A report is not cut in the middle: heaps are not limited one by one. */
static DEFINE_RATELIMIT_STATE(oom_limit, DEFAULT_RATELIMIT_INTERVAL,
			      DEFAULT_RATELIMIT_BURST);

static void report_heap(struct kspan_heap *heap)
{
	struct kspan_heap_stats stats;

	kspan_heap_stats(heap, &stats);
	pr_info("kspan: heap %s: backing %llu live %llu free %llu limit %llu kB\n",
		heap->storage.source.name, stats.backing_bytes >> 10, stats.live_bytes >> 10,
		stats.page_free_bytes >> 10, stats.limit_bytes >> 10);
}

/*
 * Whoever is out of memory may hold any lock that is held across an allocation,
 * and waits for nobody: heaps are found under RCU.
 */
static int oom_event(struct notifier_block *nb, unsigned long event, void *freed)
{
	unsigned int nlines = 0;
	struct kspan_heap *heap;
	unsigned int nmore = 0;
	u64 more_bytes = 0;
	u32 id = 0;

	if (!__ratelimit(&oom_limit))
		return NOTIFY_OK;
	rcu_read_lock();
	while ((heap = kspan_heap_next_id(&id))) {
		u64 bytes = READ_ONCE(heap->storage.source.account.backing_bytes);

		if (!bytes)
			continue;
		if (nlines++ < MAX_LINES) {
			report_heap(heap);
		} else {
			nmore++;
			more_bytes += bytes;
		}
	}
	rcu_read_unlock();
	if (nmore)
		pr_info("kspan: %u more heaps: backing %llu kB\n", nmore,
			more_bytes >> 10);
	return NOTIFY_OK;
}

static struct notifier_block oom_notifier = {
	.notifier_call = oom_event,
};

int kspan_oom_init(void)
{
	return register_oom_notifier(&oom_notifier);
}

void kspan_oom_exit(void)
{
	unregister_oom_notifier(&oom_notifier);
}

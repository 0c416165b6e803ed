// SPDX-License-Identifier: GPL-2.0
#include <linux/mutex.h>
#include <linux/printk.h>

#include "base/compat.h"
#include "heaps/heap.h"
#include "spans/stores.h"
#include "watch/leftovers.h"
#include "watch/stats.h"

struct kspan_leftovers kspan_last_leftovers;
EXPORT_SYMBOL_IF_KUNIT(kspan_last_leftovers);

/* Keeps the lines of a report together, and guards the last one. */
static DEFINE_MUTEX(report_mutex);

static unsigned int tell_classes(struct kspan_heap *heap)
{
	struct kspan_store_stats stats;
	struct kspan_store *store;
	unsigned int nlines = 0;
	int token;

	token = kspan_stores_enter();
	kspan_for_each_store(store, &heap->storage) {
		kspan_read_store(store, &stats);
		if (!stats.live)
			continue;
		if (store->name)
			pr_warn("kspan: cache %s: %llu objects of %u bytes\n",
				store->name, stats.live, store->sc->size_bytes);
		else
			pr_warn("kspan: class %u: %llu objects of %u bytes\n",
				store->class, stats.live,
				store->sc->size_bytes);
		nlines++;
	}
	kspan_stores_leave(token);
	return nlines;
}

/**
 * kspan_leftovers_tell() - say in the log what a heap still holds
 * @heap: the heap, which nobody uses any more
 *
 * Context: Process context; sleeps.
 */
void kspan_leftovers_tell(struct kspan_heap *heap)
{
	struct kspan_leftovers *last = &kspan_last_leftovers;
	struct kspan_heap_stats stats;

	kspan_heap_stats(heap, &stats);
	if (!stats.live_objects)
		return;
	mutex_lock(&report_mutex);
	pr_warn("kspan: heap %s of %s is destroyed with %llu live objects, %llu bytes\n",
		heap->storage.source.name, heap->owner_name, stats.live_objects,
		stats.live_bytes);
	last->objects = stats.live_objects;
	last->bytes = stats.live_bytes;
	last->nlines = tell_classes(heap);
	if (stats.large_objects) {
		pr_warn("kspan: large: %llu objects, %llu bytes\n",
			stats.large_objects, stats.large_bytes);
		last->nlines++;
	}
	last->total++;
	mutex_unlock(&report_mutex);
}

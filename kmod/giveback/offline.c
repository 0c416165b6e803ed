// SPDX-License-Identifier: GPL-2.0
#include <linux/memory.h>
#include <linux/mm.h>

#include "giveback/drain.h"
#include "giveback/giver.h"
#include "giveback/offline.h"
#include "giveback/scavenge.h"

/**
 * struct leaving_memory - memory that is to go offline
 * @start: its first byte in the direct map
 * @end: behind its last
 * @nheld: heaps that cannot give up their part of it
 * @patience: how long CPUs may still be waited for, in jiffies
 */
struct leaving_memory {
	unsigned long	start;
	unsigned long	end;
	unsigned int	nheld;
	long		patience;
};

static bool owns(const struct kspan_source *source,
		 const struct leaving_memory *memory)
{
	int nid;

	for (nid = 0; nid < nr_node_ids; nid++) {
		if (kspan_pageheap_owns(&source->nodes[nid].pages, memory->start,
					memory->end))
			return true;
	}
	return false;
}

static int vacate(struct kspan_giver *giver, void *arg)
{
	struct kspan_source *source = &giver->storage->source;
	struct leaving_memory *memory = arg;

	if (!owns(source, memory))
		return 0;
	/* Slots in CPU caches keep their spans, also those of a busy CPU. */
	kspan_drain_within(giver, &memory->patience);
	kspan_scavenge_range(giver->storage, memory->start, memory->end);
	if (owns(source, memory)) {
		pr_info_ratelimited("kspan: heap %s has objects in memory that is to go offline\n",
				    source->name);
		memory->nheld++;
	}
	return 0;
}

/*
 * The kernel has isolated the range: nobody takes pages there any more. It would
 * wait for ours for ever, so it is for us to say no. Memory hotplug has a lock,
 * inside of which CPUs neither come nor go, so they are not waited for long.
 */
static int memory_event(struct notifier_block *nb, unsigned long event,
			void *arg)
{
	struct memory_notify *range = arg;
	struct leaving_memory memory = { .patience = KSPAN_DRAIN_PATIENCE };

	if (event != MEM_GOING_OFFLINE)
		return NOTIFY_OK;
	memory.start = (unsigned long)__va(PFN_PHYS(range->start_pfn));
	memory.end = memory.start + (range->nr_pages << PAGE_SHIFT);
	kspan_giver_for_each(vacate, &memory);
	return notifier_from_errno(memory.nheld ? -EBUSY : 0);
}

static struct notifier_block memory_notifier = {
	.notifier_call = memory_event,
};

int kspan_offline_init(void)
{
	return register_memory_notifier(&memory_notifier);
}

void kspan_offline_exit(void)
{
	unregister_memory_notifier(&memory_notifier);
}

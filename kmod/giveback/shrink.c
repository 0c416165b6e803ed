// SPDX-License-Identifier: GPL-2.0
#include <linux/rcupdate.h>

#include "base/compat.h"
#include "giveback/giver.h"
#include "giveback/scavenge.h"
#include "giveback/shrink.h"
#include "pages/backing.h"
#include "pages/release.h"

enum {
	/* Pages of one call: so that a block goes as a whole. */
	BATCH_PAGES	= 1 << KSPAN_GROW_ORDER,
	PAGES_SHIFT	= KSPAN_PAGE_SHIFT - PAGE_SHIFT,
};

/*
 * Called in the reclaim of whoever allocates, heaps included, which hold no lock
 * while they do. What waits for a grace period does not count, but that one
 * begins. What caches hold does not count either, but where the rest does not
 * suffice, they are told.
 */
static unsigned long count(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct kspan_giver *giver = kspan_shrinker_data(shrinker);
	struct kspan_pageheap *ph = &giver->storage->source.nodes[sc->nid].pages;
	unsigned long unready;
	unsigned long ready;
	unsigned long flags;

	if (!READ_ONCE(ph->owned_pages))
		return SHRINK_EMPTY;
	if (kspan_pageheap_unready(ph)) {
		spin_lock_irqsave(&ph->lock, flags);
		kspan_pageheap_poll(ph);
		spin_unlock_irqrestore(&ph->lock, flags);
	}
	unready = kspan_pageheap_unready(ph);
	if (unready)
		start_poll_synchronize_rcu();
	ready = kspan_pageheap_ready(ph);
	if (!ready)
		kspan_scavenge_soon(giver);
	return ready ? ready << PAGES_SHIFT : SHRINK_EMPTY;
}

static unsigned long scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct kspan_giver *giver = kspan_shrinker_data(shrinker);
	unsigned long wanted = sc->nr_to_scan >> PAGES_SHIFT;
	unsigned long given;

	given = kspan_scavenge_node(&giver->storage->source.nodes[sc->nid],
				    KSPAN_RELEASE_ANY,
				    wanted, KSPAN_RELEASED_PRESSURE, NULL);
	if (given < wanted)
		kspan_scavenge_soon(giver);
	if (!given)
		return SHRINK_STOP;
	given <<= PAGES_SHIFT;
	mm_account_reclaimed_pages(given);
	return given;
}

/**
 * kspan_shrinker_add() - let memory pressure reach a heap
 * @giver: the heap
 *
 * Return: 0 or -ENOMEM.
 */
int kspan_shrinker_add(struct kspan_giver *giver)
{
	giver->shrinker = kspan_shrinker_alloc(SHRINKER_NUMA_AWARE,
					       giver->storage->source.name,
					       giver);
	if (!giver->shrinker)
		return -ENOMEM;
	giver->shrinker->count_objects = count;
	giver->shrinker->scan_objects = scan;
	giver->shrinker->batch = BATCH_PAGES;
	/* Nothing has to be read or made again: half of it at every call. */
	giver->shrinker->seeks = 0;
	shrinker_register(giver->shrinker);
	return 0;
}

/* Waits for those who are at it. */
void kspan_shrinker_remove(struct kspan_giver *giver)
{
	if (giver->shrinker)
		shrinker_free(giver->shrinker);
	giver->shrinker = NULL;
}

// SPDX-License-Identifier: GPL-2.0
#include <linux/list_lru.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/swap.h>

#include "base/compat.h"
#include "giveback/giver.h"
#include "giveback/scavenge.h"
#include "giveback/shrink.h"
#include "pages/backing.h"
#include "pages/memcg.h"
#include "pages/release.h"

enum {
	/* Pages of one call: so that a block goes as a whole. */
	BATCH_PAGES	= 1 << KSPAN_GROW_ORDER,
	PAGES_SHIFT	= KSPAN_PAGE_SHIFT - PAGE_SHIFT,
};

/**
 * struct kspan_ticket - lets the reclaim of a cgroup reach a heap
 * @lru: a list with one object
 * @object: charged to the heap's cgroup
 *
 * When a cgroup is at its limit the kernel asks those shrinkers that have objects
 * of it, which it learns from their lists. So each heap that accounts has one
 * there. If the cgroup goes, its parent inherits the object, as it does what the
 * heap has charged.
 */
struct kspan_ticket {
	struct list_lru		lru;
	struct list_head	*object;
};

static struct kmem_cache *objects;

static int ticket_new(struct kspan_giver *giver)
{
	struct kspan_source *source = &giver->storage->source;
	struct kspan_ticket *ticket;
	struct mem_cgroup *before;

	if (!source->memcg)
		return 0;
	ticket = kzalloc(sizeof(*ticket), GFP_KERNEL);
	if (!ticket)
		return -ENOMEM;
	if (list_lru_init_memcg(&ticket->lru, giver->shrinker))
		goto free_ticket;
	before = kspan_memcg_begin(source);
	ticket->object = kmem_cache_alloc_lru(objects, &ticket->lru,
					      GFP_KERNEL_ACCOUNT);
	kspan_memcg_end(source, before);
	if (!ticket->object)
		goto destroy_lru;
	INIT_LIST_HEAD(ticket->object);
	list_lru_add_obj(&ticket->lru, ticket->object);
	giver->ticket = ticket;
	return 0;

destroy_lru:
	list_lru_destroy(&ticket->lru);
free_ticket:
	kfree(ticket);
	return -ENOMEM;
}

static void ticket_delete(struct kspan_ticket *ticket)
{
	if (!ticket)
		return;
	list_lru_del_obj(&ticket->lru, ticket->object);
	kmem_cache_free(objects, ticket->object);
	list_lru_destroy(&ticket->lru);
	kfree(ticket);
}

/*
 * A cgroup does not care for nodes, and its limit does not wait for grace periods:
 * all that is free counts, and that which is not ready is waited for. This is
 * asked for each of the nodes.
 */
static unsigned long count_confined(struct kspan_giver *giver)
{
	struct kspan_source *source = &giver->storage->source;
	unsigned long free = 0;
	int nid;

	for (nid = 0; nid < nr_node_ids; nid++)
		free += READ_ONCE(source->nodes[nid].pages.free_pages);
	if (!free)
		kspan_scavenge_soon(giver);
	/* SHRINK_EMPTY would say that there is no object any more. */
	return free << PAGES_SHIFT;
}

static unsigned long give_all_nodes(struct kspan_source *source,
				    unsigned long wanted)
{
	unsigned long given = 0;
	int nid;

	for (nid = 0; nid < nr_node_ids && given < wanted; nid++)
		given += kspan_scavenge_node(&source->nodes[nid],
					     KSPAN_RELEASE_ANY, wanted - given,
					     KSPAN_RELEASED_PRESSURE, NULL);
	return given;
}

static unsigned long give_confined(struct kspan_giver *giver,
				   unsigned long wanted)
{
	struct kspan_source *source = &giver->storage->source;
	unsigned long given = give_all_nodes(source, wanted);

	if (given == wanted || current_is_kswapd())
		return given;
	kspan_scavenge_await(source);
	return given + give_all_nodes(source, wanted - given);
}

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

	if (giver->ticket && kspan_memcg_confined(sc->memcg))
		return count_confined(giver);
	if (!READ_ONCE(ph->owned_pages))
		return giver->ticket ? 0 : SHRINK_EMPTY;
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
	if (!ready)
		return giver->ticket ? 0 : SHRINK_EMPTY;
	return ready << PAGES_SHIFT;
}

static unsigned long scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct kspan_giver *giver = kspan_shrinker_data(shrinker);
	struct kspan_node_heap *nh = &giver->storage->source.nodes[sc->nid];
	unsigned long wanted = sc->nr_to_scan >> PAGES_SHIFT;
	unsigned long given;

	if (giver->ticket && kspan_memcg_confined(sc->memcg))
		given = give_confined(giver, wanted);
	else
		given = kspan_scavenge_node(nh, KSPAN_RELEASE_ANY, wanted,
					    KSPAN_RELEASED_PRESSURE, NULL);
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
 * Return: 0 or -ENOMEM, in which case kspan_shrinker_remove() undoes it.
 */
int kspan_shrinker_add(struct kspan_giver *giver)
{
	unsigned int flags = SHRINKER_NUMA_AWARE;

	if (giver->storage->source.memcg)
		flags |= SHRINKER_MEMCG_AWARE;
	giver->shrinker = kspan_shrinker_alloc(flags,
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
	/* From now on it has the number by which lists know it. */
	return ticket_new(giver);
}

/* Waits for those who are at it. */
void kspan_shrinker_remove(struct kspan_giver *giver)
{
	if (giver->shrinker)
		shrinker_free(giver->shrinker);
	giver->shrinker = NULL;
	ticket_delete(giver->ticket);
	giver->ticket = NULL;
}

int kspan_shrinkers_init(void)
{
	objects = kmem_cache_create("kspan_ticket", sizeof(struct list_head), 0,
				    0, NULL);
	return objects ? 0 : -ENOMEM;
}

void kspan_shrinkers_exit(void)
{
	kmem_cache_destroy(objects);
}

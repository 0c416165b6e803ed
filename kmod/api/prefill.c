// SPDX-License-Identifier: GPL-2.0
/*
 * Prefill: objects of a typed cache that are there before a section that must not
 * fail begins, as SLUB's sheaves are.
 *
 * What is filled are slots that bear their marks still, as those that a CPU caches:
 * they are counted so, and nobody takes them for live. They come from spans and go
 * back to them in batches. The pointers lie in blocks that are small enough for any
 * context.
 */
#include <linux/kmemleak.h>
#include <linux/kspan.h>
#include <linux/slab.h>

#include "api/cache.h"
#include "api/obtain.h"
#include "base/fault.h"
#include "base/gfp.h"
#include "caches/refill.h"
#include "heaps/typed.h"

enum {
	MAX_OBJECTS	= 64 << 10,
	BLOCK_OBJECTS	= 4096 / sizeof(void *),
	MAX_BLOCKS	= MAX_OBJECTS / BLOCK_OBJECTS,
};

/**
 * struct kspan_prefill - objects that somebody has ahead
 * @cache: of which cache
 * @gfp: of the last fill; says whether they are zeroed
 * @nr: how many there are
 * @nr_blocks: blocks there are
 * @blocks: object i is number i % BLOCK_OBJECTS of block i / BLOCK_OBJECTS
 *
 * Its owner sees to it that one at a time uses it.
 */
struct kspan_prefill {
	struct kspan_cache	*cache;
	gfp_t			gfp;
	unsigned int		nr;
	unsigned int		nr_blocks;
	void			**blocks[MAX_BLOCKS];
};

static void **cell(struct kspan_prefill *pf, unsigned int i)
{
	return &pf->blocks[i / BLOCK_OBJECTS][i % BLOCK_OBJECTS];
}

/* Room for @nr objects; what there is stays in any case. */
static bool make_room(struct kspan_prefill *pf, unsigned int nr, gfp_t gfp)
{
	unsigned int nr_blocks = DIV_ROUND_UP(nr, BLOCK_OBJECTS);

	while (pf->nr_blocks < nr_blocks) {
		void **block = NULL;

		if (!kspan_fault(KSPAN_FAULT_PREFILL, gfp))
			block = kmalloc_array(BLOCK_OBJECTS, sizeof(*block),
					      kspan_gfp_metadata(gfp));
		if (!block)
			return false;
		pf->blocks[pf->nr_blocks++] = block;
	}
	return true;
}

/* Slots that a batch may hold from where the objects end. */
static unsigned int room_for_batch(const struct kspan_prefill *pf,
				   unsigned int nr)
{
	return min3(nr - pf->nr, BLOCK_OBJECTS - pf->nr % BLOCK_OBJECTS,
		    (unsigned int)KSPAN_MAX_BATCH);
}

/*
 * One more the hard way: what other places have, and what is waited for. Only what
 * is of the cache's spans may be kept.
 */
static bool fill_one(struct kspan_prefill *pf, gfp_t gfp)
{
	struct kspan_store *store = &pf->cache->store;
	void *slot = kspan_obtain_of(store, NUMA_NO_NODE, gfp);

	if (!slot)
		return false;
	if (!kspan_give_back_mark(store, slot)) {
		kspan_free(slot);
		return false;
	}
	*cell(pf, pf->nr++) = slot;
	return true;
}

/**
 * kspan_prefill_refill() - fill a prefill up
 * @pf: the prefill
 * @gfp: as for kspan_cache_alloc()
 * @nr: how many there are to be, up to 64 K; more that there are stay
 *
 * Context: As kspan_cache_alloc().
 * Return: 0; -ENOMEM without memory, and then those there are stay; -EINVAL.
 */
int kspan_prefill_refill(struct kspan_prefill *pf, gfp_t gfp, unsigned int nr)
{
	struct kspan_store *store = &pf->cache->store;
	bool limited = false;
	gfp_t easy;

	if (nr > MAX_OBJECTS ||
	    (gfp & GFP_ZONEMASK && !kspan_fix_zones(&gfp)))
		return -EINVAL;
	if (!make_room(pf, nr, gfp))
		return -ENOMEM;
	if (nr_online_nodes == 1)
		gfp = kspan_gfp_any_node(gfp);
	pf->gfp = gfp;
	easy = kspan_gfp_unentitled(kspan_gfp_try(gfp));
	while (pf->nr < nr) {
		unsigned int taken;

		taken = kspan_take_batch(store, cell(pf, pf->nr),
					 room_for_batch(pf, nr), easy,
					 &limited);
		pf->nr += taken;
		if (!taken && !fill_one(pf, gfp))
			return -ENOMEM;
	}
	return 0;
}
EXPORT_SYMBOL_GPL(kspan_prefill_refill);

/**
 * kspan_prefill_put() - give back what is left of a prefill
 * @pf: the prefill; NULL is ignored
 *
 * Context: As kspan_free().
 */
void kspan_prefill_put(struct kspan_prefill *pf)
{
	if (!pf)
		return;
	while (pf->nr) {
		unsigned int first = pf->nr - 1 -
			min_t(unsigned int, (pf->nr - 1) % BLOCK_OBJECTS,
			      KSPAN_MAX_BATCH - 1);

		kspan_central_put(&pf->cache->store, cell(pf, first),
				  pf->nr - first, KSPAN_BATCH_CACHE);
		pf->nr = first;
	}
	while (pf->nr_blocks)
		kfree(pf->blocks[--pf->nr_blocks]);
	kfree(pf);
}
EXPORT_SYMBOL_GPL(kspan_prefill_put);

/**
 * kspan_prefill_get() - have objects ahead, for a section that must not fail
 * @cache: of which cache; stays until kspan_prefill_put()
 * @gfp: as for kspan_cache_alloc()
 * @nr: how many, up to 64 K
 *
 * Locking is the caller's.
 *
 * Context: As kspan_cache_alloc().
 * Return: the prefill, with @nr objects; or NULL.
 */
struct kspan_prefill *kspan_prefill_get(struct kspan_cache *cache, gfp_t gfp,
					unsigned int nr)
{
	struct kspan_prefill *pf;

	if (kspan_fault(KSPAN_FAULT_PREFILL, gfp))
		return NULL;
	pf = kzalloc(sizeof(*pf), kspan_gfp_metadata(gfp));
	if (!pf)
		return NULL;
	pf->cache = cache;
	if (kspan_prefill_refill(pf, gfp, nr)) {
		kspan_prefill_put(pf);
		return NULL;
	}
	return pf;
}
EXPORT_SYMBOL_GPL(kspan_prefill_get);

/**
 * kspan_prefill_alloc() - take an object that was filled
 * @pf: the prefill
 *
 * It is zeroed if the last fill's flags say so. If somebody has written to all that
 * is left since it was freed, the cache is asked, which may fail.
 *
 * Context: Any but NMI.
 * Return: the object; NULL if all that was filled has been taken.
 */
void *kspan_prefill_alloc(struct kspan_prefill *pf)
{
	struct kspan_store *store = &pf->cache->store;

	if (!pf->nr)
		return NULL;
	while (pf->nr) {
		void *slot = *cell(pf, --pf->nr);

		if (likely(kspan_slot_take(store, slot))) {
			kspan_count_alloc(store, slot);
			kspan_cache_zero(pf->cache, slot, pf->gfp);
			kmemleak_alloc(slot, pf->cache->size_bytes, 1, pf->gfp);
			return slot;
		}
		kspan_central_drop(store, slot, KSPAN_BATCH_CACHE);
	}
	return __kspan_cache_alloc(pf->cache, GFP_ATOMIC |
					      (pf->gfp & __GFP_ZERO));
}
EXPORT_SYMBOL_GPL(kspan_prefill_alloc);

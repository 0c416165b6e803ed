// SPDX-License-Identifier: GPL-2.0
/*
 * Typed caches: allocation and free.
 *
 * The fast paths are those of alloc.c and free.c with less to look up: the cache
 * knows its magazine and its secret, and a free need only see that the page's row is
 * of that magazine. Caches whose free slots are never written to have the magazine
 * in which everybody finds an operation under way, and rows that refuse all, so that
 * both sides come here the slow way, without a test for it.
 */
#include <linux/kmemleak.h>
#include <linux/kspan.h>
#include <linux/mm.h>
#include <linux/prefetch.h>

#include "api/alloc.h"
#include "api/cache.h"
#include "api/obtain.h"
#include "api/report.h"
#include "base/compat.h"
#include "base/gfp.h"
#include "base/mark.h"
#include "caches/refill.h"
#include "heaps/typed.h"

static void *zero(const struct kspan_cache *cache, void *p)
{
	return memset(p, 0, cache->sc.size_bytes);
}

/*
 * Whether an object is to be zeroed. What a constructor has made stays, and where
 * readers may still look at the object only its allocator may say so.
 */
static bool wants_zero(const struct kspan_cache *cache, gfp_t gfp)
{
	if (cache->store.ctor) {
		WARN_ONCE(gfp & __GFP_ZERO,
			  "kspan: cache %s has a constructor, __GFP_ZERO is ignored\n",
			  cache->store.name);
		return false;
	}
	if (cache->store.typesafe)
		return gfp & __GFP_ZERO;
	return want_init_on_alloc(gfp);
}

/* Zeroes an object that is about to be its user's, if it is to be. */
void kspan_cache_zero(const struct kspan_cache *cache, void *p, gfp_t gfp)
{
	if (wants_zero(cache, gfp))
		zero(cache, p);
}

/* Pops a slot whose mark lies elsewhere; NULL if that is not all there is to do. */
static void *pop_outside(struct kspan_cache *cache)
{
	struct kspan_mag __percpu *mag = cache->store.mag;
	void *slot = NULL;
	void **top;

	preempt_disable();
	if (unlikely(!kspan_mag_begin(mag))) {
		preempt_enable();
		return NULL;
	}
	top = kspan_mag_top(mag);
	if (likely(kspan_mag_count(top, raw_cpu_read(mag->capacity))) &&
	    likely(kspan_slot_take_outside(&cache->store, top[-1])))
		slot = top[-1];
	if (likely(slot))
		kspan_mag_end_pop(mag, top - 1, 1);
	else
		kspan_mag_end(mag);
	preempt_enable();
	return slot;
}

/**
 * kspan_cache_obtain() - an object, past the fast path
 * @cache: where from
 * @nid: the node it is to be of; NUMA_NO_NODE is the nearest, from the CPU's cache
 * @gfp: any flags
 *
 * Return: as kspan_cache_alloc().
 */
void *kspan_cache_obtain(struct kspan_cache *cache, int nid, gfp_t gfp)
{
	void *p = NULL;

	if (gfp & GFP_ZONEMASK && !kspan_fix_zones(&gfp))
		return NULL;
	if (nr_online_nodes == 1)
		gfp = kspan_gfp_any_node(gfp);
	if (nid == NUMA_NO_NODE && gfp & __GFP_THISNODE)
		nid = kspan_source_local_node(cache->store.source);
	if (nid == NUMA_NO_NODE && cache->store.outside)
		p = pop_outside(cache);
	if (!p)
		p = kspan_obtain_of(&cache->store, nid, gfp);
	if (p)
		kspan_cache_zero(cache, p, gfp);
	return p;
}

/* The fast path found no slot. */
static noinline void *alloc_slow(struct kspan_cache *cache, gfp_t gfp)
{
	return kspan_cache_obtain(cache, NUMA_NO_NODE, gfp);
}

/* The fast path met an operation under way, or what looks like one. */
static noinline void *alloc_beside(struct kspan_cache *cache, gfp_t gfp)
{
	preempt_enable();
	return alloc_slow(cache, gfp);
}

/* In the fast path's operation: the uppermost slot shows no freed mark. */
static noinline void *alloc_put_back(struct kspan_cache *cache, gfp_t gfp)
{
	struct kspan_mag __percpu *mag = cache->plain;

	kspan_mark_flip(kspan_mag_top(mag)[-1], cache->secret);
	kspan_mag_end(mag);
	preempt_enable();
	return alloc_slow(cache, gfp);
}

static noinline void *alloc_zeroed(struct kspan_cache *cache, void *p)
{
	return zero(cache, p);
}

/* See alloc_pop() in alloc.c. */
static __always_inline void *alloc_pop(struct kspan_cache *cache, gfp_t gfp)
{
	struct kspan_mag __percpu *mag = cache->plain;
	void **top;
	void *slot;

	OPTIMIZER_HIDE_VAR(gfp);
	preempt_disable();
	if (unlikely(!kspan_mag_begin(mag)))
		return alloc_beside(cache, gfp);
	top = kspan_mag_top(mag) - 1;
	/* Not to be worked out twice. */
	OPTIMIZER_HIDE_VAR(top);
	slot = *top;
	keep_in_return_register(slot);
	if (unlikely(!kspan_mark_flip(slot, cache->secret)))
		return alloc_put_back(cache, gfp);
	kspan_mag_end_pop(mag, top, 1);
	/* An interrupt may have put another slot there, which is as good. */
	prefetchw(READ_ONCE(top[-KSPAN_FETCH_AHEAD]));
	preempt_enable();
	if (static_branch_maybe(CONFIG_INIT_ON_ALLOC_DEFAULT_ON,
				&init_on_alloc))
		return alloc_zeroed(cache, slot);
	return slot;
}

/*
 * Any flags. What is to be zeroed is popped likewise; slots of caches without a fast path
 * come from where that has been looked at.
 */
static noinline void *alloc_any(struct kspan_cache *cache, gfp_t gfp)
{
	void *p;

	if (gfp & (GFP_ZONEMASK | __GFP_THISNODE))
		return alloc_slow(cache, gfp);
	p = alloc_pop(cache, gfp);
	/* The kernel's init_on_alloc has been heeded already. */
	if (likely(p && cache->plain == cache->store.mag) &&
	    !static_branch_maybe(CONFIG_INIT_ON_ALLOC_DEFAULT_ON,
				 &init_on_alloc))
		zero(cache, p);
	return p;
}

static __always_inline void *tell_debuggers(const struct kspan_cache *cache,
					    void *p, gfp_t gfp)
{
	size_t size = 0;

	if (IS_ENABLED(CONFIG_DEBUG_KMEMLEAK))
		size = cache->size_bytes;
	return kspan_tell_debuggers(p, size, gfp);
}

/**
 * __kspan_cache_alloc() - kspan_cache_alloc() with any flags
 * @cache: where from
 * @gfp: as for kmem_cache_alloc()
 *
 * Context: As kspan_cache_alloc().
 * Return: As kspan_cache_alloc().
 */
__kspan_direct
void *__kspan_cache_alloc(struct kspan_cache *cache, gfp_t gfp)
{
	if (unlikely(gfp & KSPAN_GFP_BESIDE))
		return tell_debuggers(cache, alloc_any(cache, gfp), gfp);
	return tell_debuggers(cache, alloc_pop(cache, gfp), gfp);
}
EXPORT_SYMBOL_GPL(__kspan_cache_alloc);
ANNOTATE_NOENDBR_SYM(__kspan_cache_alloc);

/**
 * __kspan_cache_alloc_plain() - kspan_cache_alloc() with flags known to be plain
 * @cache: where from
 * @gfp: as for kmem_cache_alloc(), with none of KSPAN_GFP_BESIDE
 *
 * Context: As kspan_cache_alloc().
 * Return: As kspan_cache_alloc().
 */
__kspan_direct
void *__kspan_cache_alloc_plain(struct kspan_cache *cache, gfp_t gfp)
{
	return tell_debuggers(cache, alloc_pop(cache, gfp), gfp);
}
EXPORT_SYMBOL_GPL(__kspan_cache_alloc_plain);
ANNOTATE_NOENDBR_SYM(__kspan_cache_alloc_plain);

/**
 * kspan_cache_alloc_node() - allocate an object from a NUMA node
 * @cache: where from
 * @gfp: as for kmem_cache_alloc_node(); see kspan_alloc_node()
 * @node: the node, or NUMA_NO_NODE for the nearest
 *
 * Context: As kspan_cache_alloc().
 * Return: As kspan_cache_alloc(); NULL, with a warning once, for an impossible
 * @node.
 */
void *kspan_cache_alloc_node(struct kspan_cache *cache, gfp_t gfp, int node)
{
	struct kspan_heap *heap = kspan_store_heap(&cache->store);

	if (!kspan_fix_node(heap, &gfp, &node))
		return NULL;
	if (!kspan_other_node(heap, gfp, node))
		return __kspan_cache_alloc(cache, gfp);
	return tell_debuggers(cache, kspan_cache_obtain(cache, node, gfp), gfp);
}
EXPORT_SYMBOL_GPL(kspan_cache_alloc_node);

/* Pushes a slot whose mark lies elsewhere, and which is claimed. */
static void push_outside(struct kspan_store *store, void *slot)
{
	struct kspan_mag __percpu *mag = store->mag;
	void **top;

	preempt_disable();
	if (unlikely(!kspan_mag_begin(mag))) {
		preempt_enable();
		kspan_push_slow(store, slot);
		return;
	}
	top = kspan_mag_top(mag);
	if (unlikely(kspan_mag_full(top))) {
		kspan_mag_end(mag);
		preempt_enable();
		kspan_push_slow(store, slot);
		return;
	}
	*top = slot;
	kspan_mag_end_at(mag, top + 1);
	preempt_enable();
}

/* Whatever is not for the fast path, by an RCU reader. */
static bool free_beside(struct kspan_cache *cache, void *p)
{
	struct kspan_store *store = &cache->store;
	struct kspan_span *span = kspan_span_at((unsigned long)p);

	if (unlikely(!span || kspan_span_store(span) != store))
		return false;
	if (!store->outside || span->kind != KSPAN_SPAN_SLOTS)
		return kspan_free_beside(span, p);
	if (unlikely(!kspan_slot_claim_outside(span, p)))
		return false;
	kmemleak_free(p);
	push_outside(store, p);
	return true;
}

/* The row is not of the cache, or refuses the address, or the slot is marked. */
static noinline void free_refused(void *p, struct kspan_cache *cache)
{
	bool freed;

	rcu_read_lock();
	preempt_enable();
	freed = free_beside(cache, p);
	rcu_read_unlock();
	if (unlikely(!freed && p))
		kspan_report_bad_cache_free(&cache->store, p);
}

/**
 * __kspan_cache_free() - kspan_cache_free(), as its tail calls want it
 * @p: the object
 * @cache: the cache
 *
 * Context: As kspan_free().
 */
__kspan_direct
void __kspan_cache_free(void *p, struct kspan_cache *cache)
{
	struct kspan_mag __percpu *mag = cache->plain;
	unsigned long addr = (unsigned long)p;
	const struct kspan_map *map;
	const struct kspan_row *row;
	unsigned long chunk;
	void **top;
	u64 mark;

	/* As in kspan_free(). */
	preempt_disable();
	/* Replaced as a whole when memory is added. */
	map = data_race(kspan_map);
	chunk = (addr >> KSPAN_CHUNK_SHIFT) - map->first_chunk;
	if (unlikely(chunk >= map->nr_chunks)) {
		free_refused(p, cache);
		return;
	}
	OPTIMIZER_HIDE_VAR(chunk);
	row = kspan_map_row(map, chunk, addr);
	mark = kspan_mark(p, cache->secret);
	if (unlikely(row->mag != mag ||
		     !kspan_row_starts_slot(row, addr % KSPAN_PAGE_BYTES) ||
		     kspan_mark_is(p, mark))) {
		free_refused(p, cache);
		return;
	}
	kmemleak_free(p);
	WRITE_ONCE(*(u64 *)p, mark);
	if (unlikely(!kspan_mag_begin(mag))) {
		kspan_free_slow(p);
		return;
	}
	top = kspan_mag_top(mag);
	if (unlikely(kspan_mag_full(top))) {
		kspan_free_full(p, mag);
		return;
	}
	*top = p;
	kspan_mag_end_at(mag, top + 1);
	preempt_enable();
}
EXPORT_SYMBOL_GPL(__kspan_cache_free);
ANNOTATE_NOENDBR_SYM(__kspan_cache_free);

/* As many as this CPU's magazine has, if slots may be written to. */
static unsigned int pop_many(struct kspan_cache *cache, gfp_t gfp, void **p,
			     unsigned int nr)
{
	unsigned int popped = kspan_pop_run(cache->plain, cache->secret, p, nr);
	unsigned int i;

	for (i = 0; i < popped; i++) {
		kspan_cache_zero(cache, p[i], gfp);
		tell_debuggers(cache, p[i], gfp);
	}
	return popped;
}

/**
 * kspan_cache_alloc_bulk() - allocate many objects of a typed cache
 * @cache: where from
 * @gfp: as for kmem_cache_alloc()
 * @nr: how many
 * @p: where they go
 *
 * Context: As kspan_cache_alloc().
 * Return: how many there are; fewer than @nr only without memory, or at the
 * heap's limit. Those there are belong to the caller.
 */
unsigned int kspan_cache_alloc_bulk(struct kspan_cache *cache, gfp_t gfp,
				    unsigned int nr, void **p)
{
	unsigned int done = 0;

	while (done < nr) {
		/* A magazine has objects from anywhere. */
		if (!(gfp & KSPAN_GFP_BESIDE & ~__GFP_ZERO))
			done += pop_many(cache, gfp, p + done, nr - done);
		if (done == nr)
			break;
		/* Brings a batch, too. */
		p[done] = __kspan_cache_alloc(cache, gfp);
		if (!p[done])
			break;
		done++;
	}
	return done;
}
EXPORT_SYMBOL_GPL(kspan_cache_alloc_bulk);

/**
 * kspan_cache_free_bulk() - free many objects of a typed cache
 * @cache: the cache
 * @nr: how many
 * @p: the objects; NULL is ignored, what else is not a live object of the cache is
 *	reported and refused
 *
 * Context: As kspan_free().
 */
void kspan_cache_free_bulk(struct kspan_cache *cache, unsigned int nr, void **p)
{
	unsigned int done = 0;

	while (done < nr) {
		done += kspan_push_run(cache->plain, nr - done, p + done);
		/* What stopped the run, or makes room. */
		if (done < nr)
			kspan_cache_free(cache, p[done++]);
	}
}
EXPORT_SYMBOL_GPL(kspan_cache_free_bulk);

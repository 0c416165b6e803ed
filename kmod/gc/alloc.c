// SPDX-License-Identifier: GPL-2.0
/*
 * Allocation.
 *
 * A free slot is zero behind its mark, so the object is whole when the mark goes. While
 * the collector is at work it is reached before that: else a sweep that comes between
 * would take the object for garbage.
 */
#include <linux/kmemleak.h>
#include <linux/overflow.h>

#include "api/alloc.h"
#include "api/obtain.h"
#include "base/compat.h"
#include "base/gfp.h"
#include "base/mark.h"
#include "gc/gc.h"
#include "gc/object.h"
#include "gc/pace.h"
#include "heaps/typed.h"

/* The uppermost slot of this CPU's magazine, if that is all there is to do. */
static __always_inline void *pop(const struct kspan_store *store)
{
	struct kspan_mag __percpu *mag = store->mag;
	void **top;
	void *slot;

	preempt_disable();
	if (unlikely(!kspan_mag_begin(mag))) {
		preempt_enable();
		return NULL;
	}
	top = kspan_mag_top(mag) - 1;
	slot = *top;
	if (unlikely(!kspan_mark_intact(slot, store->secret))) {
		kspan_mag_end(mag);
		preempt_enable();
		return NULL;
	}
	kspan_mag_end_pop(mag, top, 1);
	/* An interrupt may have put another slot there, which is as good. */
	prefetchw(READ_ONCE(top[-KSPAN_FETCH_AHEAD]));
	preempt_enable();
	if (unlikely(READ_ONCE(store->collected->flags)))
		kspan_slot_prepare(store, slot);
	WRITE_ONCE(*(u64 *)slot, 0);
	return slot;
}

/* Nobody waits for memory in a section, and none comes from a reserve. */
static gfp_t fix_gfp(gfp_t gfp)
{
	gfp &= ~(__GFP_NOFAIL | __GFP_MEMALLOC | __GFP_ZERO);
	gfp |= __GFP_NOMEMALLOC;
	return nr_online_nodes == 1 ? kspan_gfp_any_node(gfp) : gfp;
}

static noinline void *single_slow(struct kspan_gc *gc,
				  const struct kspan_gc_type *type, gfp_t gfp)
{
	struct kspan_store *store = &type->cache->store;
	void *p;

	if (gfp & GFP_ZONEMASK && !kspan_fix_zones(&gfp))
		return NULL;
	p = kspan_obtain_of(store, NUMA_NO_NODE, fix_gfp(gfp));
	kspan_pace_refilled(gc, store->sc->batch * store->sc->size_bytes);
	return p;
}

/* Says what lies in a slot, which nobody but a marker can have found. */
static void inform(const struct kspan_gc_type *type, void *p, size_t nr)
{
	struct kspan_span *span;
	unsigned int index = 0;

	rcu_read_lock();
	span = kspan_span_at((unsigned long)p);
	if (kspan_span_store(span)->class != KSPAN_LARGE_CLASS)
		index = kspan_slot_index((unsigned long)p - span->addr,
					 kspan_span_store(span)->sc->magic);
	/* What it says of its type comes after that is there. */
	smp_store_release(&kspan_span_info(span)[index],
			  kspan_gc_info(type, nr));
	rcu_read_unlock();
}

static void *vast(struct kspan_gc *gc, const struct kspan_gc_type *type,
		  size_t nr, gfp_t gfp)
{
	size_t nbytes = nr * type->size_bytes;
	struct kspan_span *span;
	void *p;

	if (!gfpflags_allow_blocking(gfp))
		return NULL;
	span = kspan_vast_new(&gc->vasts, gfp);
	if (!span)
		return NULL;
	p = kspan_obtain_collected(gc->heap, nbytes, gfp);
	if (p)
		kspan_vast_link(&gc->vasts, span, p, nbytes,
				kspan_gc_info(type, nr),
				kspan_gc_phase(gc) != KSPAN_GC_IDLE);
	else
		kspan_vast_drop(span);
	return p;
}

static noinline void *array(struct kspan_gc *gc,
			    const struct kspan_gc_type *type, size_t nr,
			    gfp_t gfp)
{
	struct kspan_heap *heap = gc->heap;
	size_t nbytes = size_mul(nr, type->size_bytes);
	void *p;

	if (nbytes > KSPAN_GC_MAX_BYTES ||
	    (gfp & GFP_ZONEMASK && !kspan_fix_zones(&gfp)))
		return NULL;
	if (nbytes <= KSPAN_MAX_CLASS_BYTES)
		p = kspan_obtain_of(&heap->storage.stores[kspan_sizeclass(nbytes)],
				    NUMA_NO_NODE, fix_gfp(gfp));
	else if (nbytes <= KSPAN_MAX_CONTIG_BYTES)
		p = kspan_obtain_collected(heap, nbytes, fix_gfp(gfp));
	else
		p = vast(gc, type, nr, fix_gfp(gfp));
	kspan_pace_refilled(gc, nbytes);
	if (p && nbytes <= KSPAN_MAX_CONTIG_BYTES)
		inform(type, p, nr);
	return p;
}

/**
 * kspan_gc_alloc() - allocate an object
 * @heap: a collected heap
 * @type: one of its types
 * @nr: elements
 * @gfp: as for kmalloc(); __GFP_NOFAIL is ignored
 *
 * An array is one object: an address anywhere in it holds all of it. What is larger than
 * KSPAN_MAX_CONTIG_BYTES comes from vmalloc memory, and only where the caller may sleep.
 *
 * Context: Inside of a section: with GFP_ATOMIC or GFP_NOWAIT in any but NMI; in one that
 * may sleep as kspan_alloc().
 * Return: the object, zero, held until the section ends; ZERO_SIZE_PTR for @nr 0; NULL
 * without memory, if @nr elements are too large, and at the heap's limit. Then a cycle
 * begins, for which the outermost section waits where it ends.
 */
void *kspan_gc_alloc(struct kspan_heap *heap, const struct kspan_gc_type *type,
		     size_t nr, gfp_t gfp)
{
	struct kspan_gc *gc = heap->gc;
	void *p = NULL;

	kspan_gc_check_section(heap);
	if (IS_ENABLED(CONFIG_DEBUG_ATOMIC_SLEEP) ||
	    IS_ENABLED(CONFIG_PROVE_LOCKING))
		might_alloc(gfp);
	if (likely(nr == 1 && type->cache && type->gc == gc)) {
		p = pop(&type->cache->store);
		if (unlikely(!p))
			p = single_slow(gc, type, gfp);
	} else {
		if (WARN_ONCE(type->gc != gc, "kspan: type %s is not of heap %s\n",
			      type->name, heap->storage.source.name))
			return NULL;
		if (!nr)
			return ZERO_SIZE_PTR;
		p = array(gc, type, nr, gfp);
	}
	if (unlikely(!p))
		kspan_pace_starved(gc);
	else if (IS_ENABLED(CONFIG_DEBUG_KMEMLEAK))
		/* Not to be told of as a leak: it may be garbage. */
		kmemleak_alloc(p, nr * type->size_bytes, 0, gfp);
	return p;
}
EXPORT_SYMBOL_GPL(kspan_gc_alloc);

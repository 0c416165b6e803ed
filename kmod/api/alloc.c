// SPDX-License-Identifier: GPL-2.0
/*
 * Allocation: the fast paths, and what stands directly behind them.
 */
#include <linux/kmemleak.h>
#include <linux/kspan.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>

#include "api/alloc.h"
#include "api/report.h"
#include "base/compat.h"
#include "base/gfp.h"
#include "base/mark.h"
#include "caches/refill.h"
#include "giveback/drain.h"
#include "heaps/heap.h"
#include "spans/large.h"

/* Empty spans of any class make room for another, once the depots are. */
static bool trim_empty_spans(struct kspan_heap *heap)
{
	/* It takes its time. */
	if (in_hardirq() || irqs_disabled())
		return false;
	return kspan_drain_relieve(&heap->giver);
}

static void *alloc_nofail(struct kspan_heap *heap, unsigned int class,
			  gfp_t gfp, bool *limited)
{
	struct kspan_store *store = &heap->storage.stores[class];
	const struct kspan_sizeclass *sc = store->sc;
	void *p;

	if (WARN_ON_ONCE(!gfpflags_allow_blocking(gfp)))
		return NULL;
	do {
		if (sc->short_npages == 1)
			p = kspan_pop_slow(store, gfp, limited);
		else
			p = kspan_huge_alloc(&heap->storage.huge, sc->size_bytes,
					     sc->size_bytes & -sc->size_bytes,
					     NUMA_NO_NODE, gfp, limited);
	} while (!p);
	return p;
}

static int local_node(const struct kspan_heap *heap)
{
	return kspan_source_local_node(&heap->storage.source);
}

static void *zero_slot(void *p, unsigned int class)
{
	return memset(p, 0, kspan_sizeclasses[class].size_bytes);
}

/* The fast path found no slot. */
static noinline void *alloc_slow(struct kspan_heap *heap, unsigned int class,
				 gfp_t gfp)
{
	struct kspan_store *store = &heap->storage.stores[class];
	bool limited = false;
	void *p;

	/* Class 0 is that of size 0. */
	if (class == KSPAN_LARGE_CLASS)
		return ZERO_SIZE_PTR;
	might_alloc(gfp);
	p = kspan_pop_slow(store, gfp, &limited);
	if (!p && trim_empty_spans(heap))
		p = kspan_pop_slow(store, gfp, &limited);
	if (!p)
		p = kspan_reserve_alloc(store);
	if (!p && gfp & __GFP_NOFAIL)
		p = alloc_nofail(heap, class, gfp, &limited);
	if (limited)
		kspan_account_limit_hit(&heap->storage.source.account, p);
	return p && want_init_on_alloc(gfp) ? zero_slot(p, class) : p;
}

/* The fast path met an operation under way. */
static noinline __cold void *alloc_beside(struct kspan_heap *heap,
					  unsigned int class, gfp_t gfp)
{
	preempt_enable();
	return alloc_slow(heap, class, gfp);
}

/* In the fast path's operation: the uppermost slot shows no freed mark. */
static noinline void *alloc_put_back(struct kspan_heap *heap,
				     unsigned int class, gfp_t gfp)
{
	struct kspan_mag __percpu *mag = &heap->cpu->mags[class];

	kspan_mark_flip(kspan_mag_top(mag)[-1], heap->storage.secret);
	kspan_mag_end(mag, 0);
	preempt_enable();
	return alloc_slow(heap, class, gfp);
}

static noinline void *alloc_zeroed(void *p, unsigned int class)
{
	return zero_slot(p, class);
}

/* Saves moving it there at the end. */
#ifdef CONFIG_X86_64
#define keep_in_return_register(p) asm("" : "+a" (p))
#else
#define keep_in_return_register(p) OPTIMIZER_HIDE_VAR(p)
#endif

/*
 * What the slow paths want to know of a magazine. They load the base anew, so
 * that the fast path need not keep it.
 */
static __always_inline unsigned int class_of_mag(struct kspan_heap *heap,
						 struct kspan_mag __percpu *mag)
{
	struct kspan_cpu __percpu *cpu = READ_ONCE(heap->cpu);

	return ((__force unsigned long)mag - (__force unsigned long)cpu) >>
	       KSPAN_MAG_SHIFT;
}

/*
 * The fast path: pops a slot of the magazine @mag.
 *
 * The slot is looked at before it is taken: an empty magazine shows a sentinel
 * whose mark is never intact, so that one test finds both "empty" and "written
 * to since it was freed". All else is tail calls, which keeps registers free.
 */
static __always_inline void *alloc_pop(struct kspan_heap *heap,
				       struct kspan_mag __percpu *mag,
				       gfp_t gfp)
{
	void *slot;

	OPTIMIZER_HIDE_VAR(mag);
	OPTIMIZER_HIDE_VAR(gfp);
	preempt_disable();
	if (unlikely(!kspan_mag_begin(mag)))
		return alloc_beside(heap, class_of_mag(heap, mag), gfp);
	slot = kspan_mag_top(mag)[-1];
	keep_in_return_register(slot);
	if (unlikely(!kspan_mark_flip(slot, heap->storage.secret)))
		return alloc_put_back(heap, class_of_mag(heap, mag), gfp);
	kspan_mag_end_pop(mag, 1);
	preempt_enable();
	if (static_branch_maybe(CONFIG_INIT_ON_ALLOC_DEFAULT_ON,
				&init_on_alloc))
		return alloc_zeroed(slot, class_of_mag(heap, mag));
	return slot;
}

/* A size that is only known when it runs. */
static __always_inline void *alloc_size(struct kspan_heap *heap, size_t size,
					gfp_t gfp)
{
	unsigned long mags = (__force unsigned long)heap->cpu->mags;

	return alloc_pop(heap, (struct kspan_mag __percpu *)
			 (mags + kspan_mag_offset(size)), gfp);
}

/* A magazine, as the compiler knows the size. */
static __always_inline void *alloc_mag(struct kspan_heap *heap,
				       unsigned long mag_offset, gfp_t gfp)
{
	unsigned long mags = (__force unsigned long)heap->cpu->mags;

	return alloc_pop(heap, (struct kspan_mag __percpu *)(mags + mag_offset),
			 gfp);
}

/* Nothing at all in a stock kernel; what a debug kernel wants to know. */
static __always_inline void *tell_debuggers(void *p, size_t size, gfp_t gfp)
{
	if (IS_ENABLED(CONFIG_DEBUG_ATOMIC_SLEEP) ||
	    IS_ENABLED(CONFIG_PROVE_LOCKING))
		might_alloc(gfp);
	if (!ZERO_OR_NULL_PTR(p))
		kmemleak_alloc(p, size, 1, gfp);
	return p;
}

/* The size is only looked up where somebody wants to know it. */
static __always_inline void *tell_debuggers_mag(void *p,
						unsigned long mag_offset,
						gfp_t gfp)
{
	size_t size = 0;

	if (IS_ENABLED(CONFIG_DEBUG_KMEMLEAK))
		size = kspan_sizeclasses[mag_offset >> KSPAN_MAG_SHIFT]
				.size_bytes;
	return tell_debuggers(p, size, gfp);
}

static noinline gfp_t fix_gfp(gfp_t gfp)
{
	gfp_t refused = kspan_gfp_refused(gfp);

	WARN_ONCE(refused, "kspan: zone modifiers %#x (%pGg) are ignored\n",
		  (__force unsigned int)refused, &refused);
	return kspan_gfp_fix(gfp);
}

/* Contiguous memory up to 4 MB, vmalloc memory above, or if there is none. */
static void *large_try(struct kspan_storage *storage, size_t size, size_t align,
		       int nid, gfp_t gfp, bool *limited)
{
	void *p = NULL;

	if (size <= KSPAN_MAX_CONTIG_BYTES)
		p = kspan_large_alloc(&storage->stores[KSPAN_LARGE_CLASS], size,
				      align, nid, gfp, limited);
	return p ?: kspan_huge_alloc(&storage->huge, size, align, nid, gfp,
				     limited);
}

static void *large(struct kspan_heap *heap, size_t size, size_t align, int nid,
		   gfp_t gfp)
{
	struct kspan_storage *storage = &heap->storage;
	bool limited = false;
	void *p;

	might_alloc(gfp);
	if (!kspan_account_possible(&storage->source.account, size, gfp))
		return NULL;
	p = large_try(storage, size, align, nid, gfp, &limited);
	if (!p && trim_empty_spans(heap))
		p = large_try(storage, size, align, nid, gfp, &limited);
	if (!p && size <= KSPAN_MAX_CONTIG_BYTES)
		p = kspan_large_alloc_reserve(&storage->stores[KSPAN_LARGE_CLASS],
					      size, align, gfp);
	if (limited)
		kspan_account_limit_hit(&storage->source.account, p);
	return p;
}

/* A power of two is aligned to itself. */
static size_t natural_align(size_t size)
{
	return is_power_of_2(size) ? min(size, KSPAN_MAX_CONTIG_BYTES) : 1;
}

/* A class, from a node and no other, past the CPU's cache. */
static void *alloc_from_node(struct kspan_heap *heap, unsigned int class,
			     int nid, gfp_t gfp)
{
	bool limited = false;
	void *p;

	if (class == KSPAN_LARGE_CLASS)
		return ZERO_SIZE_PTR;
	might_alloc(gfp);
	p = kspan_take_node(&heap->storage.stores[class], nid, gfp, &limited);
	if (limited)
		kspan_account_limit_hit(&heap->storage.source.account, p);
	return p && want_init_on_alloc(gfp) ? zero_slot(p, class) : p;
}

/* Any size, any flags. */
static noinline void *alloc_any(struct kspan_heap *heap, size_t size, gfp_t gfp)
{
	unsigned int class;
	void *p;

	if (kspan_gfp_refused(gfp))
		gfp = fix_gfp(gfp);
	if (size > KSPAN_MAX_CLASS_BYTES)
		return large(heap, size, natural_align(size),
			     local_node(heap), gfp);
	class = kspan_sizeclass(size);
	if (gfp & __GFP_THISNODE && nr_online_nodes > 1)
		return alloc_from_node(heap, class, local_node(heap),
				       gfp);
	p = alloc_size(heap, size, kspan_gfp_any_node(gfp));
	/* The kernel's init_on_alloc has been heeded already. */
	if (gfp & __GFP_ZERO && !ZERO_OR_NULL_PTR(p) &&
	    !static_branch_maybe(CONFIG_INIT_ON_ALLOC_DEFAULT_ON,
				 &init_on_alloc))
		zero_slot(p, class);
	return p;
}

static noinline void *alloc_any_mag(struct kspan_heap *heap,
				    unsigned long mag_offset, gfp_t gfp)
{
	unsigned int class = mag_offset >> KSPAN_MAG_SHIFT;
	size_t size = kspan_sizeclasses[class].size_bytes;

	return tell_debuggers(alloc_any(heap, size, gfp), size, gfp);
}

/**
 * __kspan_alloc() - kspan_alloc() for a size that is only known when it runs
 * @heap: where from
 * @size: bytes
 * @gfp: as for kmalloc()
 *
 * Context: As kspan_alloc().
 * Return: As kspan_alloc().
 */
__kspan_direct
void *__kspan_alloc(struct kspan_heap *heap, size_t size, gfp_t gfp)
{
	if (unlikely(size > KSPAN_MAX_CLASS_BYTES || gfp & KSPAN_GFP_BESIDE))
		return tell_debuggers(alloc_any(heap, size, gfp), size, gfp);
	return tell_debuggers(alloc_size(heap, size, gfp), size, gfp);
}
EXPORT_SYMBOL_GPL(__kspan_alloc);
ANNOTATE_NOENDBR_SYM(__kspan_alloc);

/**
 * __kspan_alloc_plain() - kspan_alloc() with flags known to be plain
 * @heap: where from
 * @size: bytes
 * @gfp: as for kmalloc(), with none of KSPAN_GFP_BESIDE
 *
 * Context: As kspan_alloc().
 * Return: As kspan_alloc().
 */
__kspan_direct
void *__kspan_alloc_plain(struct kspan_heap *heap, size_t size, gfp_t gfp)
{
	if (unlikely(size > KSPAN_MAX_CLASS_BYTES))
		return tell_debuggers(alloc_any(heap, size, gfp), size, gfp);
	return tell_debuggers(alloc_size(heap, size, gfp), size, gfp);
}
EXPORT_SYMBOL_GPL(__kspan_alloc_plain);
ANNOTATE_NOENDBR_SYM(__kspan_alloc_plain);

/**
 * __kspan_alloc_mag() - kspan_alloc() for a size that the compiler knows
 * @heap: where from
 * @mag_offset: kspan_mag_offset_of() of the size's class
 * @gfp: as for kmalloc()
 * @size: bytes; for the compiler, which checks bounds by it
 *
 * Context: As kspan_alloc().
 * Return: As kspan_alloc().
 */
__kspan_direct
void *__kspan_alloc_mag(struct kspan_heap *heap, unsigned long mag_offset,
			gfp_t gfp, size_t size)
{
	if (unlikely(gfp & KSPAN_GFP_BESIDE))
		return alloc_any_mag(heap, mag_offset, gfp);
	return tell_debuggers_mag(alloc_mag(heap, mag_offset, gfp), mag_offset,
				  gfp);
}
EXPORT_SYMBOL_GPL(__kspan_alloc_mag);
ANNOTATE_NOENDBR_SYM(__kspan_alloc_mag);

/**
 * __kspan_alloc_mag_plain() - both what the names around it say
 * @heap: where from
 * @mag_offset: kspan_mag_offset_of() of the size's class
 * @gfp: as for kmalloc(), with none of KSPAN_GFP_BESIDE
 * @size: as above
 *
 * Context: As kspan_alloc().
 * Return: As kspan_alloc().
 */
__kspan_direct
void *__kspan_alloc_mag_plain(struct kspan_heap *heap,
			      unsigned long mag_offset, gfp_t gfp, size_t size)
{
	return tell_debuggers_mag(alloc_mag(heap, mag_offset, gfp), mag_offset,
				  gfp);
}
EXPORT_SYMBOL_GPL(__kspan_alloc_mag_plain);
ANNOTATE_NOENDBR_SYM(__kspan_alloc_mag_plain);

/**
 * kspan_alloc_node() - allocate from a NUMA node
 * @heap: where from
 * @size: bytes
 * @gfp: as for kmalloc_node(); with __GFP_THISNODE from @node or not at all
 * @node: the node, or NUMA_NO_NODE for the nearest
 *
 * Past the CPU's cache where @node is not the CPU's own.
 *
 * Context: As kspan_alloc().
 * Return: As kspan_alloc().
 */
void *kspan_alloc_node(struct kspan_heap *heap, size_t size, gfp_t gfp,
		       int node)
{
	void *p;

	if (node == NUMA_NO_NODE || nr_online_nodes == 1)
		return __kspan_alloc(heap, size, kspan_gfp_any_node(gfp));
	if (WARN_ON_ONCE(node < 0 || node >= nr_node_ids ||
			 !node_online(node)))
		return NULL;
	if (node == local_node(heap) && !(gfp & __GFP_THISNODE))
		return __kspan_alloc(heap, size, gfp);
	if (kspan_gfp_refused(gfp))
		gfp = fix_gfp(gfp);
	if (size > KSPAN_MAX_CLASS_BYTES)
		return tell_debuggers(large(heap, size, natural_align(size),
					    node, gfp), size, gfp);
	/* Without success it is tried elsewhere. */
	p = alloc_from_node(heap, kspan_sizeclass(size), node,
			    kspan_gfp_try_node(gfp));
	if (!p && !(gfp & __GFP_THISNODE))
		return __kspan_alloc(heap, size, gfp);
	return tell_debuggers(p, size, gfp);
}
EXPORT_SYMBOL_GPL(kspan_alloc_node);

/**
 * kspan_alloc_aligned() - allocate memory with a given alignment
 * @heap: where from
 * @size: bytes
 * @align: a power of two up to 4 MB
 * @gfp: as for kmalloc()
 *
 * Context: As kspan_alloc().
 * Return: As kspan_alloc(); NULL, with a warning once, for an impossible @align.
 */
void *kspan_alloc_aligned(struct kspan_heap *heap, size_t size, size_t align,
			  gfp_t gfp)
{
	unsigned int class;

	if (WARN_ONCE(!is_power_of_2(align) || align > KSPAN_MAX_CONTIG_BYTES,
		      "kspan: impossible alignment %zu\n", align))
		return NULL;
	if (!size)
		return ZERO_SIZE_PTR;
	class = kspan_sizeclass_aligned(size, align);
	if (class)
		return __kspan_alloc_mag(heap, kspan_mag_offset_of(class), gfp,
					 size);
	if (kspan_gfp_refused(gfp))
		gfp = fix_gfp(gfp);
	/* Not in a slot: on a span of its own, however small. */
	return tell_debuggers(large(heap, size, max(align, natural_align(size)),
				    local_node(heap), gfp),
			      size, gfp);
}
EXPORT_SYMBOL_GPL(kspan_alloc_aligned);

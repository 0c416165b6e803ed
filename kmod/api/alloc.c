// SPDX-License-Identifier: GPL-2.0
/*
 * Allocation: the fast paths, and what stands directly behind them.
 */
#include <linux/kspan.h>
#include <linux/mm.h>
#include <linux/prefetch.h>

#include "api/alloc.h"
#include "api/obtain.h"
#include "base/compat.h"
#include "base/gfp.h"
#include "base/mark.h"
#include "heaps/heap.h"

/* The fast path found no slot. */
static noinline void *alloc_slow(struct kspan_heap *heap, unsigned int class,
				 gfp_t gfp)
{
	return kspan_obtain_slot(heap, class, NUMA_NO_NODE, gfp);
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
	kspan_mag_end(mag);
	preempt_enable();
	return alloc_slow(heap, class, gfp);
}

static noinline void *alloc_zeroed(void *p, unsigned int class)
{
	return kspan_zero_slot(p, class);
}

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
	void **top;
	void *slot;

	OPTIMIZER_HIDE_VAR(mag);
	OPTIMIZER_HIDE_VAR(gfp);
	preempt_disable();
	if (unlikely(!kspan_mag_begin(mag)))
		return alloc_beside(heap, class_of_mag(heap, mag), gfp);
	top = kspan_mag_top(mag) - 1;
	/* Not to be worked out twice. */
	OPTIMIZER_HIDE_VAR(top);
	slot = *top;
	keep_in_return_register(slot);
	if (unlikely(!kspan_mark_flip(slot, heap->storage.secret)))
		return alloc_put_back(heap, class_of_mag(heap, mag), gfp);
	kspan_mag_end_pop(mag, top, 1);
	/* An interrupt may have put another slot there, which is as good. */
	prefetchw(READ_ONCE(top[-KSPAN_FETCH_AHEAD]));
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

/* The size is only looked up where somebody wants to know it. */
static __always_inline void *tell_debuggers_mag(void *p,
						unsigned long mag_offset,
						gfp_t gfp)
{
	size_t size = 0;

	if (IS_ENABLED(CONFIG_DEBUG_KMEMLEAK))
		size = kspan_sizeclasses[mag_offset >> KSPAN_MAG_SHIFT]
				.size_bytes;
	return kspan_tell_debuggers(p, size, gfp);
}

/* Any size, any flags. */
static noinline void *alloc_any(struct kspan_heap *heap, size_t size, gfp_t gfp)
{
	unsigned int class;
	int nid;
	void *p;

	if (gfp & GFP_ZONEMASK && !kspan_fix_zones(&gfp))
		return NULL;
	if (nr_online_nodes == 1)
		gfp = kspan_gfp_any_node(gfp);
	nid = gfp & __GFP_THISNODE ? kspan_heap_local_node(heap) : NUMA_NO_NODE;
	if (size > KSPAN_MAX_CLASS_BYTES)
		return kspan_obtain_pages(heap, size, kspan_natural_align(size),
					  nid, gfp);
	class = kspan_sizeclass(size);
	if (nid != NUMA_NO_NODE)
		return kspan_obtain_slot(heap, class, nid, gfp);
	p = alloc_size(heap, size, gfp);
	/* The kernel's init_on_alloc has been heeded already. */
	if (gfp & __GFP_ZERO && !ZERO_OR_NULL_PTR(p) &&
	    !static_branch_maybe(CONFIG_INIT_ON_ALLOC_DEFAULT_ON,
				 &init_on_alloc))
		kspan_zero_slot(p, class);
	return p;
}

static noinline void *alloc_any_mag(struct kspan_heap *heap,
				    unsigned long mag_offset, gfp_t gfp)
{
	unsigned int class = mag_offset >> KSPAN_MAG_SHIFT;
	size_t size = kspan_sizeclasses[class].size_bytes;

	return kspan_tell_debuggers(alloc_any(heap, size, gfp), size, gfp);
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
		return kspan_tell_debuggers(alloc_any(heap, size, gfp), size, gfp);
	return kspan_tell_debuggers(alloc_size(heap, size, gfp), size, gfp);
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
		return kspan_tell_debuggers(alloc_any(heap, size, gfp), size, gfp);
	return kspan_tell_debuggers(alloc_size(heap, size, gfp), size, gfp);
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

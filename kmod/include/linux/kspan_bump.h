/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stacks and regions, after the stack spans and the arenas of the Go runtime:
 * memory that is handed out by moving a bound, and comes back many objects at a
 * time. A stack has one span, gives back what was pushed last, and never grows. A
 * region grows by spans, and gives back all of it at once.
 *
 * Users lock them, where they share them. Included by linux/kspan.h.
 */
#ifndef _LINUX_KSPAN_BUMP_H
#define _LINUX_KSPAN_BUMP_H

#ifndef _LINUX_KSPAN_H
#error "linux/kspan.h is to be included"
#endif

#include <linux/build_bug.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>

struct kspan_cpu;
struct kspan_heap;

/* What kspan_stack_get() lends. */
#define KSPAN_STACK_BYTES	(16UL << 10)

/**
 * struct kspan_bump - memory that is handed out from its end to its start
 * @next: what was handed out last, or the end
 * @floor: nothing is handed out below; above all of it, where each call is to go
 *	to the function behind the inline one
 */
struct kspan_bump {
	unsigned long	next;
	unsigned long	floor;
};

/*
 * Takes memory with some alignment; false if there is not enough. An alignment of 0
 * always is too much to ask.
 */
static __always_inline bool kspan_bump_take(struct kspan_bump *bump,
					    size_t size, size_t align,
					    unsigned long *p)
{
	if (unlikely(__builtin_sub_overflow(bump->next, size, p)))
		return false;
	*p &= -align;
	if (unlikely(*p < bump->floor))
		return false;
	bump->next = *p;
	return true;
}

/**
 * struct kspan_stack - a stack; nobody else looks inside
 * @bump: its memory; @bump.next is 0 while it is nobody's
 * @top: its end, up to which inline functions release; or 0
 * @cpu: of the heap, if it may go to a CPU's cache as it is
 * @overflows: pushes for which there was no room
 */
struct kspan_stack {
	struct kspan_bump	bump;
	unsigned long		top;
	struct kspan_cpu __percpu *cpu;
	unsigned long		overflows;
};

/* A place on a stack, down to which it can be released. */
typedef unsigned long kspan_mark_t;

struct kspan_stack *kspan_stack_create(struct kspan_heap *heap, size_t size,
				       gfp_t gfp) __must_check;
void kspan_stack_destroy(struct kspan_stack *stack);
void *__kspan_stack_push(struct kspan_stack *stack, size_t size, size_t align);
void __kspan_stack_release(struct kspan_stack *stack, kspan_mark_t mark);

__kspan_direct struct kspan_stack *__kspan_stack_get(struct kspan_heap *heap);
__kspan_direct void __kspan_stack_put(struct kspan_stack *stack);

/**
 * kspan_stack_get() - borrow a stack of KSPAN_STACK_BYTES
 * @heap: whose
 *
 * It is empty, and the borrower's until it puts it, on any CPU.
 *
 * Context: Any but NMI. Takes no lock, or, where this CPU has no stack at hand, those
 * that kspan_alloc() with GFP_NOWAIT takes; on PREEMPT_RT then only where it may
 * sleep.
 * Return: the stack, or NULL.
 */
static inline __must_check
struct kspan_stack *kspan_stack_get(struct kspan_heap *heap)
{
	return __kspan_stack_get(heap);
}

/**
 * kspan_stack_put() - give a borrowed stack back
 * @stack: the stack, or NULL. One that was created is destroyed
 *
 * What was pushed goes. To put it twice is refused and reported, if nobody has
 * borrowed it since.
 *
 * Context: Any but NMI. Takes no lock, or, where this CPU has no room, those that
 * kspan_free() takes.
 */
static inline void kspan_stack_put(struct kspan_stack *stack)
{
	if (likely(stack))
		__kspan_stack_put(stack);
}

/**
 * kspan_stack_push() - take memory from a stack
 * @stack: the stack
 * @size: bytes
 * @align: a power of two; 0 and 1 are none
 *
 * What it holds is undefined, as a local variable's contents are.
 *
 * Context: Any. Takes no lock.
 * Return: the memory, until the stack is released to a mark from before, put, or
 * destroyed; ZERO_SIZE_PTR for size 0; NULL, which kspan_stack_overflows() counts,
 * if there is not so much left.
 */
static __always_inline __alloc_size(2) __must_check
void *kspan_stack_push(struct kspan_stack *stack, size_t size, size_t align)
{
	unsigned long p;

	if (__builtin_constant_p(align)) {
		BUILD_BUG_ON_MSG(align & (align - 1),
				 "alignment is no power of two");
		align = align ?: 1;
	}
	if (unlikely(!size))
		return ZERO_SIZE_PTR;
	if (likely(kspan_bump_take(&stack->bump, size, align, &p)))
		return (void *)p;
	return __kspan_stack_push(stack, size, align);
}

/**
 * kspan_stack_mark() - the place down to which a stack is in use
 * @stack: the stack
 *
 * Context: Any. Takes no lock.
 * Return: the mark, for kspan_stack_release().
 */
static inline kspan_mark_t kspan_stack_mark(const struct kspan_stack *stack)
{
	return stack->bump.next;
}

/**
 * kspan_stack_release() - take back all that was pushed since a mark
 * @stack: the stack
 * @mark: what kspan_stack_mark() of it gave
 *
 * A mark from after one that has been released says nothing any more, and is
 * ignored.
 *
 * Context: Any. Takes no lock.
 */
static __always_inline void kspan_stack_release(struct kspan_stack *stack,
						kspan_mark_t mark)
{
	if (unlikely(mark > stack->top))
		__kspan_stack_release(stack, mark);
	else if (likely(stack->bump.next && mark > stack->bump.next))
		stack->bump.next = mark;
}

/**
 * kspan_stack_overflows() - how often a stack was too small
 * @stack: the stack
 *
 * Context: Any.
 * Return: the number of pushes that gave NULL, of a borrowed one since it was
 * borrowed.
 */
static inline unsigned long
kspan_stack_overflows(const struct kspan_stack *stack)
{
	return stack->overflows;
}

/* What a scope releases at its end; see kspan_stack_scope(). */
struct kspan_stack_scope_end {
	struct kspan_stack	*stack;
	kspan_mark_t		mark;
};

static inline struct kspan_stack_scope_end
__kspan_stack_scope_begin(struct kspan_stack *stack)
{
	return (struct kspan_stack_scope_end) {
		.stack = stack,
		.mark = stack ? kspan_stack_mark(stack) : 0,
	};
}

static inline void __kspan_stack_scope_end(struct kspan_stack_scope_end *end)
{
	if (end->stack)
		kspan_stack_release(end->stack, end->mark);
}

/**
 * kspan_stack_scope() - what is pushed from here on is released at the end of the
 *	scope
 * @stack: the stack, or NULL
 *
 * A declaration; scopes nest.
 */
#define kspan_stack_scope(stack)					\
	struct kspan_stack_scope_end __UNIQUE_ID(kspan_scope)		\
		__maybe_unused __cleanup(__kspan_stack_scope_end) =	\
			__kspan_stack_scope_begin(stack)

/* Destroys a stack, or puts it, as it was made or borrowed. */
DEFINE_FREE(kspan_stack, struct kspan_stack *, kspan_stack_destroy(_T))

/* CLASS(kspan_stack, stack)(heap): borrowed until the end of the scope, or NULL. */
DEFINE_CLASS(kspan_stack, struct kspan_stack *, kspan_stack_put(_T),
	     kspan_stack_get(heap), struct kspan_heap *heap)

/**
 * struct kspan_region - a region; nobody else looks inside
 * @bump: the memory it hands out next
 */
struct kspan_region {
	struct kspan_bump	bump;
};

struct kspan_region *kspan_region_create(struct kspan_heap *heap, gfp_t gfp)
	__must_check;
void kspan_region_reset(struct kspan_region *region);
void kspan_region_destroy(struct kspan_region *region);
void *__kspan_region_alloc(struct kspan_region *region, size_t size,
			   size_t align, gfp_t gfp)
	__alloc_size(2) __must_check;
char *kspan_region_strdup(struct kspan_region *region, const char *s, gfp_t gfp)
	__must_check;
void *kspan_region_memdup(struct kspan_region *region, const void *src,
			  size_t size, gfp_t gfp)
	__alloc_size(3) __must_check;

/* How an object of a size is aligned; 0 for size 0. */
static __always_inline size_t kspan_region_align(size_t size)
{
	return size & (size - 1) ? 8 : min_t(size_t, size, PAGE_SIZE);
}

/**
 * kspan_region_alloc() - allocate memory from a region
 * @region: the region
 * @size: bytes, up to 4 MB
 * @gfp: as for kmalloc()
 *
 * A power of two up to a page is aligned to itself, any other size to 8 bytes. The
 * memory is contiguous.
 *
 * Context: Any in which kmalloc() with the same @gfp may be called. May take the
 * locks that kspan_alloc() takes.
 * Return: the memory, until the region is reset or destroyed; ZERO_SIZE_PTR for
 * size 0; NULL without memory, at the heap's limit, for a larger size, or, with a
 * warning once, for GFP_DMA and GFP_DMA32.
 */
static __always_inline __alloc_size(2) __must_check
void *kspan_region_alloc(struct kspan_region *region, size_t size, gfp_t gfp)
{
	size_t align = kspan_region_align(size);
	unsigned long p;

	if (unlikely(gfp & GFP_ZONEMASK) ||
	    unlikely(!kspan_bump_take(&region->bump, size, align, &p)))
		return __kspan_region_alloc(region, size, align, gfp);
	if (want_init_on_alloc(gfp))
		memset((void *)p, 0, size);
	return (void *)p;
}

/**
 * kspan_region_zalloc() - allocate zeroed memory from a region
 * @region: the region
 * @size: bytes, up to 4 MB
 * @gfp: as for kmalloc()
 *
 * Context: As kspan_region_alloc().
 * Return: As kspan_region_alloc().
 */
static __always_inline __alloc_size(2) __must_check
void *kspan_region_zalloc(struct kspan_region *region, size_t size, gfp_t gfp)
{
	return kspan_region_alloc(region, size, gfp | __GFP_ZERO);
}

DEFINE_FREE(kspan_region, struct kspan_region *, kspan_region_destroy(_T))

/* CLASS(kspan_region, region)(heap, gfp): until the end of the scope, or NULL. */
DEFINE_CLASS(kspan_region, struct kspan_region *, kspan_region_destroy(_T),
	     kspan_region_create(heap, gfp), struct kspan_heap *heap, gfp_t gfp)

#endif /* _LINUX_KSPAN_BUMP_H */

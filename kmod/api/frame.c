// SPDX-License-Identifier: GPL-2.0
/*
 * Objects that end with the function that makes them, on a stack that it borrows. The
 * escape analysis puts these calls where a function had kmalloc() or kspan_alloc().
 */
#include <linux/export.h>
#include <linux/kspan.h>
#include <linux/kspan_frame.h>
#include <linux/log2.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "spans/lookup.h"

/* One object takes half a stack at most: who asks for more is counted by the stack. */
#define MAX_OBJECT_BYTES	(KSPAN_STACK_BYTES / 2)

/* As kmalloc() aligns. */
static size_t alignment_of(size_t bytes)
{
	if (!is_power_of_2(bytes))
		return ARCH_KMALLOC_MINALIGN;
	return clamp_t(size_t, bytes, ARCH_KMALLOC_MINALIGN, PAGE_SIZE);
}

static void *push(struct kspan_stack **frame, size_t bytes, gfp_t gfp)
{
	void *p;

	if (!bytes || bytes > MAX_OBJECT_BYTES)
		return NULL;
	if (!*frame)
		*frame = kspan_stack_get(kspan_default_heap());
	if (!*frame)
		return NULL;
	p = kspan_stack_push(*frame, bytes, alignment_of(bytes));
	if (p && (gfp & __GFP_ZERO))
		memset(p, 0, bytes);
	return p;
}

/**
 * __kspan_frame_kmalloc() - kmalloc() until the function ends
 * @frame: the function's
 * @n: number of elements
 * @size: bytes of each
 * @gfp: as for kmalloc(), and whether to clear
 *
 * Context: As for kmalloc().
 * Return: memory of a stack, else of kmalloc(), or NULL.
 */
void *__kspan_frame_kmalloc(struct kspan_stack **frame, size_t n, size_t size, gfp_t gfp)
{
	size_t bytes = array_size(n, size);

	return push(frame, bytes, gfp) ?: kmalloc(bytes, gfp);
}
EXPORT_SYMBOL_GPL(__kspan_frame_kmalloc);

/**
 * __kspan_frame_alloc() - kspan_alloc() until the function ends
 * @frame: the function's
 * @heap: where the object is if there is no stack
 * @n: number of elements
 * @size: bytes of each
 * @gfp: as for kspan_alloc(), and whether to clear
 *
 * Context: As for kspan_alloc().
 * Return: memory of a stack, else of the heap, or NULL.
 */
void *__kspan_frame_alloc(struct kspan_stack **frame, struct kspan_heap *heap, size_t n,
			  size_t size, gfp_t gfp)
{
	size_t bytes = array_size(n, size);

	return push(frame, bytes, gfp) ?: kspan_alloc(heap, bytes, gfp);
}
EXPORT_SYMBOL_GPL(__kspan_frame_alloc);

/* Whether an object is a stack's, where it stays until the function ends. */
static bool is_pushed(const void *p)
{
	const struct kspan_span *span;
	bool pushed;

	rcu_read_lock();
	span = kspan_span_at((unsigned long)p);
	pushed = span && span->kind == KSPAN_SPAN_BUMP;
	rcu_read_unlock();
	return pushed;
}

/**
 * __kspan_frame_kfree() - kfree() of what __kspan_frame_kmalloc() gave
 * @p: the object, or NULL
 *
 * Context: As for kfree().
 */
void __kspan_frame_kfree(const void *p)
{
	if (!is_pushed(p))
		kfree(p);
}
EXPORT_SYMBOL_GPL(__kspan_frame_kfree);

/**
 * __kspan_frame_free() - kspan_free() of what __kspan_frame_alloc() gave
 * @p: the object, or NULL
 *
 * It is no free of a member, which kspan_free() would count.
 *
 * Context: As for kspan_free().
 */
void __kspan_frame_free(const void *p)
{
	if (!is_pushed(p))
		kspan_free(p);
}
EXPORT_SYMBOL_GPL(__kspan_frame_free);

/**
 * __kspan_frame_end() - give back what a function has borrowed
 * @frame: its stack, or NULL
 *
 * Context: Any but NMI.
 */
void __kspan_frame_end(struct kspan_stack *frame)
{
	kspan_stack_put(frame);
}
EXPORT_SYMBOL_GPL(__kspan_frame_end);

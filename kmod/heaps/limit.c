// SPDX-License-Identifier: GPL-2.0
#include "base/compat.h"
#include "base/news.h"
#include "heaps/heap.h"
#include "heaps/limit.h"

/* Free memory above the limits goes at once; what is in use can only be told. */
static void look_at_excess(struct kspan_heap *heap, unsigned int which)
{
	struct kspan_account *account = &heap->storage.source.account;
	u64 over = kspan_account_over_limit(account);

	if (kspan_account_excess(account))
		kspan_news.over_limit();
	if (which & KSPAN_LIMIT_HARD && over)
		pr_info("kspan: heap %s is over its limit by %llu bytes\n",
			heap->storage.source.name, over);
}

/* The reserve is taken or given back under the limits as they will be. */
static int set_with_reserve(struct kspan_heap *heap, unsigned int which,
			    const struct kspan_limits *limits,
			    struct kspan_limits *before)
{
	struct kspan_account *account = &heap->storage.source.account;
	struct kspan_limits undo;
	int err = -EINVAL;

	/* What the reserve lends has no room for a collector's bits. */
	if (heap->gc && limits->reserve_bytes)
		return -EINVAL;
	mutex_lock(&heap->resize_mutex);
	if (kspan_account_try_limits(account, which, limits, before, &undo)) {
		err = kspan_reserve_resize(&heap->storage.reserve,
					   limits->reserve_bytes);
		kspan_account_settle(account, !err);
	}
	mutex_unlock(&heap->resize_mutex);
	return err;
}

/**
 * kspan_heap_set_limits() - change bounds of a heap's memory
 * @heap: the heap
 * @which: KSPAN_LIMIT_*: those that are meant; others stay what they are, also
 *	if somebody sets them meanwhile
 * @limits: what they are to be
 * @before: out: what all of them were
 *
 * Context: Process context, and sleeps, if the reserve is meant; else any but
 * NMI.
 * Return: 0; -EINVAL if they cannot hold at once; -ENOMEM if the reserve is not
 * to be had. After an error, those that are meant are what they were.
 */
int kspan_heap_set_limits(struct kspan_heap *heap, unsigned int which,
			  const struct kspan_limits *limits,
			  struct kspan_limits *before)
{
	int err = 0;

	if (which & KSPAN_LIMIT_RESERVE)
		err = set_with_reserve(heap, which, limits, before);
	else if (!kspan_account_set_limits(&heap->storage.source.account, which,
					   limits, before))
		err = -EINVAL;
	if (!err)
		look_at_excess(heap, which);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_heap_set_limits);

/**
 * kspan_heap_set_limit() - bound the memory of a heap
 * @heap: the heap
 * @limit_bytes: the most it may take from the kernel; 0 is no limit
 *
 * A limit below what the heap has takes no object away from it, but stops it
 * from growing, and the scavenger gives back at once what is free above it. The
 * kernel log tells how far the heap is over it. At the limit an allocation that may
 * sleep first has what CPUs have cached, for which it waits up to 20 ms.
 *
 * Context: Any but NMI. Takes account->lock.
 * Return: 0, or -EINVAL if the soft limit or the reserve is larger.
 */
int kspan_heap_set_limit(struct kspan_heap *heap, size_t limit_bytes)
{
	const struct kspan_limits limits = { .limit_bytes = limit_bytes };
	struct kspan_limits before;

	return kspan_heap_set_limits(heap, KSPAN_LIMIT_HARD, &limits, &before);
}
EXPORT_SYMBOL_GPL(kspan_heap_set_limit);

/**
 * kspan_heap_set_soft_limit() - say to what size a heap is to shrink
 * @heap: the heap
 * @soft_limit_bytes: beyond this the scavenger gives back at once what is free;
 *	0 is no limit
 *
 * The heap may grow beyond it all the same.
 *
 * Context: Any but NMI. Takes account->lock.
 * Return: 0, or -EINVAL if it is above the limit.
 */
int kspan_heap_set_soft_limit(struct kspan_heap *heap, size_t soft_limit_bytes)
{
	const struct kspan_limits limits = { .soft_limit_bytes = soft_limit_bytes };
	struct kspan_limits before;

	return kspan_heap_set_limits(heap, KSPAN_LIMIT_SOFT, &limits, &before);
}
EXPORT_SYMBOL_GPL(kspan_heap_set_soft_limit);

/**
 * kspan_heap_set_reserve() - say how much memory a heap always has
 * @heap: the heap
 * @reserve_bytes: memory that is used only when the kernel gives none
 *
 * What is lent out of a reserve that shrinks goes when it comes back.
 *
 * Context: Process context; sleeps. Takes resize_mutex, reserve->mutex, and as
 * kspan_alloc().
 * Return: 0; -EINVAL if it is above the limit; -ENOMEM.
 */
int kspan_heap_set_reserve(struct kspan_heap *heap, size_t reserve_bytes)
{
	const struct kspan_limits limits = { .reserve_bytes = reserve_bytes };
	struct kspan_limits before;

	return kspan_heap_set_limits(heap, KSPAN_LIMIT_RESERVE, &limits, &before);
}
EXPORT_SYMBOL_GPL(kspan_heap_set_reserve);

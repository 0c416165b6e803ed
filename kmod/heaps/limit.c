// SPDX-License-Identifier: GPL-2.0
#include "base/news.h"
#include "heaps/heap.h"
#include "heaps/limit.h"

/**
 * kspan_heap_set_limits() - change the bounds of a heap's memory
 * @heap: the heap
 * @limits: what they are to be
 * @before: out: what they were
 *
 * Context: Process context; sleeps if the reserve changes.
 * Return: 0; -EINVAL if they cannot hold at once; -ENOMEM if the reserve is not
 * to be had, and then all is as it was.
 */
int kspan_heap_set_limits(struct kspan_heap *heap,
			  const struct kspan_limits *limits,
			  struct kspan_limits *before)
{
	struct kspan_account *account = &heap->storage.source.account;
	unsigned long flags;
	int err;

	kspan_account_limits(account, before);
	if (!kspan_limits_valid(limits))
		return -EINVAL;
	spin_lock_irqsave(&account->lock, flags);
	account->limit_bytes = limits->limit_bytes;
	account->soft_limit_bytes = limits->soft_limit_bytes;
	spin_unlock_irqrestore(&account->lock, flags);
	if (limits->reserve_bytes != before->reserve_bytes) {
		err = kspan_reserve_resize(&heap->storage.reserve, limits->reserve_bytes);
		if (err) {
			spin_lock_irqsave(&account->lock, flags);
			account->limit_bytes = before->limit_bytes;
			account->soft_limit_bytes = before->soft_limit_bytes;
			spin_unlock_irqrestore(&account->lock, flags);
			return err;
		}
	}
	if (kspan_account_excess(account))
		kspan_news.over_limit();
	return 0;
}

/**
 * kspan_heap_set_limit() - bound the memory of a heap
 * @heap: the heap
 * @limit_bytes: the most it may take from the kernel; 0 is no limit
 *
 * A limit below what the heap has takes no object away from it, but stops it
 * from growing, and the scavenger gives back at once what is free above it.
 *
 * Context: Any.
 * Return: 0, or -EINVAL if the soft limit or the reserve is larger.
 */
int kspan_heap_set_limit(struct kspan_heap *heap, size_t limit_bytes)
{
	struct kspan_limits before;
	struct kspan_limits limits;

	kspan_account_limits(&heap->storage.source.account, &limits);
	limits.limit_bytes = limit_bytes;
	return kspan_heap_set_limits(heap, &limits, &before);
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
 * Context: Any.
 * Return: 0, or -EINVAL if it is above the limit.
 */
int kspan_heap_set_soft_limit(struct kspan_heap *heap, size_t soft_limit_bytes)
{
	struct kspan_limits before;
	struct kspan_limits limits;

	kspan_account_limits(&heap->storage.source.account, &limits);
	limits.soft_limit_bytes = soft_limit_bytes;
	return kspan_heap_set_limits(heap, &limits, &before);
}
EXPORT_SYMBOL_GPL(kspan_heap_set_soft_limit);

/**
 * kspan_heap_set_reserve() - say how much memory a heap always has
 * @heap: the heap
 * @reserve_bytes: memory that is used only when the kernel gives none
 *
 * What is lent out of a reserve that shrinks goes when it comes back.
 *
 * Context: Process context; sleeps.
 * Return: 0; -EINVAL if it is above the limit; -ENOMEM.
 */
int kspan_heap_set_reserve(struct kspan_heap *heap, size_t reserve_bytes)
{
	struct kspan_limits before;
	struct kspan_limits limits;

	kspan_account_limits(&heap->storage.source.account, &limits);
	limits.reserve_bytes = reserve_bytes;
	return kspan_heap_set_limits(heap, &limits, &before);
}
EXPORT_SYMBOL_GPL(kspan_heap_set_reserve);

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reserve: pages that a heap has taken ahead and lends only when the kernel
 * gives it none, as a mempool does.
 *
 * To the page heap they are in use. A loan is a span that no refill knows: its
 * slots go out one by one, and when they are freed they come back here, past the
 * CPU caches, as the row of these spans sends all frees the slow way. So what one
 * CPU frees the next loan on another finds. Descriptors are there for
 * all pages, and a loan needs no other memory.
 */
#ifndef _KSPAN_RESERVE_H
#define _KSPAN_RESERVE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct kspan_source;
struct kspan_span;
struct kspan_store;

/**
 * struct kspan_reserve - the reserve of one heap
 * @source: the heap's pages; constant
 * @stores: the heap's stores; constant
 * @mutex: see there
 * @lock: see there
 * @runs: its pages (runs.h)
 * @npages: pages of all runs
 * @idle_pages: of these, what is not lent
 * @wanted_pages: what @npages should be; what is lent cannot be taken away
 */
struct kspan_reserve {
	struct kspan_source		*source;
	struct kspan_store		*stores;
	/* One change of the size at a time. */
	struct mutex			mutex;
	/* Guards all below. */
	spinlock_t			lock;
	struct rb_root			runs;
	unsigned long			npages;
	unsigned long			idle_pages;
	unsigned long			wanted_pages;
};

void kspan_reserve_init(struct kspan_reserve *reserve,
			struct kspan_source *source,
			struct kspan_store *stores);
int kspan_reserve_resize(struct kspan_reserve *reserve, size_t bytes);
void kspan_reserve_shrink(struct kspan_reserve *reserve);
void kspan_reserve_empty(struct kspan_reserve *reserve);
void kspan_reserve_delete(struct kspan_reserve *reserve);
void *kspan_reserve_alloc(struct kspan_store *store);
struct kspan_span *kspan_reserve_take(struct kspan_reserve *reserve,
				      unsigned int npages,
				      unsigned int align_pages);
bool kspan_reserve_free(struct kspan_span *span, void *slot);
void kspan_reserve_put(struct kspan_span *span);

/* Gives back what should not be in the reserve any more. */
static inline void kspan_reserve_trim(struct kspan_reserve *reserve)
{
	if (READ_ONCE(reserve->npages) > READ_ONCE(reserve->wanted_pages))
		kspan_reserve_shrink(reserve);
}

#endif /* _KSPAN_RESERVE_H */

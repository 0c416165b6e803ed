/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entitled: objects in memory that the kernel gave out of its own reserves.
 *
 * PF_MEMALLOC and __GFP_MEMALLOC let those dig into them who will free more than
 * they take. A span that was got so serves nobody else, as a slab of such pages
 * does not: it is in no central list, and what is freed goes back into it, not
 * into a magazine. When it is empty its block goes to the kernel after a grace
 * period. The page heap has these pages as busy, and retired while they wait.
 */
#ifndef _KSPAN_ENTITLED_H
#define _KSPAN_ENTITLED_H

#include <linux/gfp.h>
#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct kspan_span;
struct kspan_store;

/**
 * struct kspan_entitled - such memory of one heap
 * @lock: see there
 * @spans: spans with slots, all sizes
 * @dead: spans that wait for a grace period
 * @bury: gives their blocks to the kernel
 * @irq: queues @bury
 */
struct kspan_entitled {
	/* Guards the lists, and that a span is not empty; outside of central->lock. */
	spinlock_t			lock;
	struct list_head		spans;
	struct list_head		dead;
	struct work_struct		bury;
	struct irq_work			irq;
};

void kspan_entitled_init(struct kspan_entitled *entitled);
void *kspan_entitled_alloc(struct kspan_store *store, int nid, gfp_t gfp,
			   bool *limited);
bool kspan_entitled_free(struct kspan_span *span, void *slot);
struct kspan_span *kspan_entitled_take(struct kspan_store *store,
				       size_t size_bytes, size_t align_bytes,
				       int nid, gfp_t gfp, bool *limited);
void kspan_entitled_put(struct kspan_span *span);
void kspan_entitled_flush(struct kspan_entitled *entitled);

#endif /* _KSPAN_ENTITLED_H */

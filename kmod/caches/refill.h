/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Refill and flush: what happens when a magazine has run empty or full. It swaps
 * its array with the shelf, or a batch of slots with the central list.
 */
#ifndef _KSPAN_REFILL_H
#define _KSPAN_REFILL_H

#include <linux/gfp.h>

struct kspan_store;

void *kspan_pop_slow(struct kspan_store *store, gfp_t gfp, bool *limited);
void *kspan_take_direct(struct kspan_store *store, gfp_t gfp, bool *limited);
void *kspan_take_node(struct kspan_store *store, int nid, gfp_t gfp,
		      bool *limited);
unsigned int kspan_take_batch(struct kspan_store *store, void **objs,
			      unsigned int nobjs, gfp_t gfp, bool *limited);
void kspan_count_alloc(struct kspan_store *store, const void *slot);
bool kspan_give_back_mark(struct kspan_store *store, void *slot);
void kspan_push_slow(struct kspan_store *store, void *slot);

#endif /* _KSPAN_REFILL_H */

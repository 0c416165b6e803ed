/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Depots: bundles of a store's arrays that all CPUs of a node share, after the
 * magazine layer of Bonwick and Adams.
 *
 * So slots that one CPU frees and another allocates move by the hundred, without a
 * look at their spans. Arrays come from shelves and go to shelves, as many at a
 * time as are in a bundle, so that its lock is seldom taken.
 */
#ifndef _KSPAN_DEPOT_H
#define _KSPAN_DEPOT_H

#include <linux/spinlock.h>

#include "caches/array.h"

/**
 * struct kspan_depot - arrays of one store on one node
 * @lock: guards all below. A raw one, as it is taken in the operation of a
 *	magazine, where nothing may sleep on PREEMPT_RT either; a few
 *	instructions long
 * @full: bundles of arrays without room
 * @empty: bundles of arrays without a slot
 */
struct kspan_depot {
	/* See above. */
	raw_spinlock_t		lock;
	struct kspan_arrays	full;
	struct kspan_arrays	empty;
};

void kspan_depot_init(struct kspan_depot *depot);
void kspan_depot_put_full(struct kspan_depot *depot, void **bundle);
void kspan_depot_put_empty(struct kspan_depot *depot, void **bundle);
void **kspan_depot_take_full(struct kspan_depot *depot);
void **kspan_depot_take_empty(struct kspan_depot *depot);
void kspan_depot_unused(struct kspan_depot *depot, unsigned int *nr_full,
			unsigned int *nr_empty);

/* Without the lock, so true a moment ago. */
static inline bool kspan_depot_has_any(const struct kspan_depot *depot)
{
	return READ_ONCE(depot->full.nr) || READ_ONCE(depot->empty.nr);
}

#endif /* _KSPAN_DEPOT_H */

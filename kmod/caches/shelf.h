/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shelves: arrays of a store that one CPU keeps at hand.
 *
 * A CPU whose array has run full swaps it for an empty one, and one whose array has
 * run empty swaps it for a full one. What it has brought it gets back, as the lines
 * of the slots are in its cache, if anywhere; and it waits for nobody. A shelf that
 * has two bundles of a kind gives one to the depot, and one that has none takes one
 * from there.
 */
#ifndef _KSPAN_SHELF_H
#define _KSPAN_SHELF_H

#include <linux/spinlock.h>

#include "caches/array.h"

struct kspan_depot;
struct kspan_sizeclass;

/**
 * struct kspan_shelf - arrays of one store on one CPU
 * @lock: guards all below; its own CPU takes it, and who looks for surplus. A raw
 *	one, as it is taken in the operation of a magazine; the depot's is taken
 *	inside
 * @full: arrays without room, two bundles at most
 * @empty: arrays without a slot, likewise
 */
struct kspan_shelf {
	/* See above. */
	raw_spinlock_t		lock;
	struct kspan_arrays	full;
	struct kspan_arrays	empty;
};

void kspan_shelf_init(struct kspan_shelf *shelf);
bool kspan_shelf_swap_full(struct kspan_shelf *shelf, struct kspan_depot *depot,
			   const struct kspan_sizeclass *sc, void ***array);
bool kspan_shelf_swap_empty(struct kspan_shelf *shelf, struct kspan_depot *depot,
			    const struct kspan_sizeclass *sc, void ***array);
bool kspan_shelf_wants_empty(const struct kspan_shelf *shelf,
			     const struct kspan_depot *depot,
			     const struct kspan_sizeclass *sc);
void kspan_shelf_add_empty(struct kspan_shelf *shelf, struct kspan_depot *depot,
			   const struct kspan_sizeclass *sc, void **array);
void **kspan_shelf_take_full(struct kspan_shelf *shelf);
void **kspan_shelf_take_empty(struct kspan_shelf *shelf);
void kspan_shelf_unused(struct kspan_shelf *shelf, unsigned int *nr_full,
			unsigned int *nr_empty);

/* Without the lock, so true a moment ago. */
static inline bool kspan_shelf_has_any(const struct kspan_shelf *shelf)
{
	return READ_ONCE(shelf->full.nr) || READ_ONCE(shelf->empty.nr);
}

#endif /* _KSPAN_SHELF_H */

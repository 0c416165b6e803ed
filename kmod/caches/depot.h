/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Depots: arrays of a store that are on no CPU, full ones and empty ones, after
 * the magazine layer of Bonwick and Adams.
 *
 * A CPU whose array has run full swaps it for an empty one, and one whose array
 * has run empty swaps it for a full one. So slots that one CPU frees and another
 * allocates move by the hundred, without a look at their spans.
 */
#ifndef _KSPAN_DEPOT_H
#define _KSPAN_DEPOT_H

#include <linux/spinlock.h>
#include <linux/types.h>

enum {
	/* Lists of full arrays; CPUs with the same remainder share one. */
	KSPAN_DEPOT_LISTS	= 8,
};

/**
 * struct kspan_depot - arrays of one store on one node
 * @lock: guards all below. A raw one, as it is taken in the operation of a
 *	magazine, where nothing may sleep on PREEMPT_RT either; a few
 *	instructions long
 * @nr_full: arrays in @full
 * @nr_empty: arrays in @empty
 * @least_full: the least @nr_full since kspan_depot_unused() was last asked
 * @least_empty: likewise
 * @full: arrays without room, by the CPU that has brought them; the first word of
 *	each points at the next
 * @empty: arrays without a slot, likewise
 */
struct kspan_depot {
	/* See above. */
	raw_spinlock_t	lock;
	unsigned int	nr_full;
	unsigned int	nr_empty;
	unsigned int	least_full;
	unsigned int	least_empty;
	void		**full[KSPAN_DEPOT_LISTS];
	void		**empty;
};

void kspan_depot_init(struct kspan_depot *depot);
bool kspan_depot_swap_full(struct kspan_depot *depot, void ***array,
			   unsigned int cpu, unsigned int most);
bool kspan_depot_swap_empty(struct kspan_depot *depot, void ***array,
			    unsigned int cpu);
bool kspan_depot_add_empty(struct kspan_depot *depot, void **array,
			   unsigned int most);
void **kspan_depot_take_full(struct kspan_depot *depot);
void **kspan_depot_take_empty(struct kspan_depot *depot);
void kspan_depot_unused(struct kspan_depot *depot, unsigned int *nr_full,
			unsigned int *nr_empty);

#endif /* _KSPAN_DEPOT_H */

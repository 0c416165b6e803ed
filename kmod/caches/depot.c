// SPDX-License-Identifier: GPL-2.0
#include <linux/minmax.h>

#include "caches/depot.h"

static void push(void ***list, void **array)
{
	array[0] = *list;
	*list = array;
}

static void **pop(void ***list)
{
	void **array = *list;

	if (array)
		*list = array[0];
	return array;
}

/*
 * A full array: one that @cpu has brought, if there is one, as the lines of its
 * slots are in that CPU's cache, if anywhere.
 */
static void **pop_full(struct kspan_depot *depot, unsigned int cpu)
{
	void **array = NULL;
	unsigned int i;

	for (i = 0; !array && i < KSPAN_DEPOT_LISTS; i++)
		array = pop(&depot->full[(cpu + i) % KSPAN_DEPOT_LISTS]);
	if (array) {
		depot->nr_full--;
		depot->least_full = min(depot->least_full, depot->nr_full);
	}
	return array;
}

static void **pop_empty(struct kspan_depot *depot)
{
	void **array = pop(&depot->empty);

	if (array) {
		depot->nr_empty--;
		depot->least_empty = min(depot->least_empty, depot->nr_empty);
	}
	return array;
}

void kspan_depot_init(struct kspan_depot *depot)
{
	raw_spin_lock_init(&depot->lock);
}

/**
 * kspan_depot_swap_full() - a full array for an empty one
 * @depot: the depot
 * @array: the full one; replaced by the empty one
 * @cpu: whose it is
 * @most: full ones that the depot may hold
 *
 * Return: false, and nothing done, if the depot has too many full ones or no
 * empty one.
 */
bool kspan_depot_swap_full(struct kspan_depot *depot, void ***array,
			   unsigned int cpu, unsigned int most)
{
	unsigned long flags;
	void **empty = NULL;

	raw_spin_lock_irqsave(&depot->lock, flags);
	if (depot->nr_full < most)
		empty = pop_empty(depot);
	if (empty) {
		depot->nr_full++;
		push(&depot->full[cpu % KSPAN_DEPOT_LISTS], *array);
		*array = empty;
	}
	raw_spin_unlock_irqrestore(&depot->lock, flags);
	return empty;
}

/**
 * kspan_depot_swap_empty() - an empty array for a full one
 * @depot: the depot
 * @array: the empty one; replaced by the full one
 * @cpu: whose it is; a full one that it has brought is preferred
 *
 * Return: false, and nothing done, if the depot has no full one.
 */
bool kspan_depot_swap_empty(struct kspan_depot *depot, void ***array,
			    unsigned int cpu)
{
	unsigned long flags;
	void **full;

	if (!READ_ONCE(depot->nr_full))
		return false;
	raw_spin_lock_irqsave(&depot->lock, flags);
	full = pop_full(depot, cpu);
	if (full) {
		depot->nr_empty++;
		push(&depot->empty, *array);
		*array = full;
	}
	raw_spin_unlock_irqrestore(&depot->lock, flags);
	return full;
}

/**
 * kspan_depot_add_empty() - an array more
 * @depot: the depot
 * @array: the array, without slots
 * @most: empty ones that the depot may hold
 *
 * Return: false, and nothing done, if it has as many.
 */
bool kspan_depot_add_empty(struct kspan_depot *depot, void **array,
			   unsigned int most)
{
	unsigned long flags;
	bool added;

	raw_spin_lock_irqsave(&depot->lock, flags);
	added = depot->nr_empty < most;
	if (added) {
		depot->nr_empty++;
		push(&depot->empty, array);
	}
	raw_spin_unlock_irqrestore(&depot->lock, flags);
	return added;
}

/* A full array, which leaves the depot; or NULL. */
void **kspan_depot_take_full(struct kspan_depot *depot)
{
	unsigned long flags;
	void **array;

	raw_spin_lock_irqsave(&depot->lock, flags);
	array = pop_full(depot, 0);
	raw_spin_unlock_irqrestore(&depot->lock, flags);
	return array;
}

/* An empty array, which leaves the depot; or NULL. */
void **kspan_depot_take_empty(struct kspan_depot *depot)
{
	unsigned long flags;
	void **array;

	raw_spin_lock_irqsave(&depot->lock, flags);
	array = pop_empty(depot);
	raw_spin_unlock_irqrestore(&depot->lock, flags);
	return array;
}

/**
 * kspan_depot_unused() - how many arrays nobody has needed
 * @depot: the depot
 * @nr_full: out: full ones that were there all the time since the last call
 * @nr_empty: out: empty ones, likewise
 *
 * What the depot of Bonwick and Adams has beyond its working set.
 */
void kspan_depot_unused(struct kspan_depot *depot, unsigned int *nr_full,
			unsigned int *nr_empty)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&depot->lock, flags);
	*nr_full = depot->least_full;
	*nr_empty = depot->least_empty;
	depot->least_full = depot->nr_full;
	depot->least_empty = depot->nr_empty;
	raw_spin_unlock_irqrestore(&depot->lock, flags);
}

// SPDX-License-Identifier: GPL-2.0
#include <linux/align.h>
#include <linux/minmax.h>

#include "caches/depot.h"

enum {
	/* Full arrays that are looked at for one of the same CPU. */
	OWN_LOOKS	= 8,
};

/*
 * The first word of an array in a list: the next one, and in the low bits, as
 * arrays are aligned, of which CPU it is.
 */
static void **next_of(void **array)
{
	return (void **)ALIGN_DOWN((unsigned long)array[0], KSPAN_ARRAY_ALIGN);
}

static unsigned long cpu_of(void **array)
{
	return (unsigned long)array[0] % KSPAN_ARRAY_ALIGN;
}

static void set_next(void **array, void **next, unsigned long cpu)
{
	array[0] = (void *)((unsigned long)next | cpu % KSPAN_ARRAY_ALIGN);
}

static void push(void ***list, void **array, unsigned int cpu)
{
	set_next(array, *list, cpu);
	*list = array;
}

static void **pop(void ***list)
{
	void **array = *list;

	if (array)
		*list = next_of(array);
	return array;
}

/*
 * The uppermost array that @cpu has filled, if there is one near the top, or just
 * the uppermost: the lines of its slots are in that CPU's cache, if anywhere.
 */
static void **pop_own(void ***list, unsigned int cpu)
{
	void **before = NULL;
	void **array = *list;
	unsigned int looks;

	for (looks = 0; array && looks < OWN_LOOKS; looks++) {
		if (cpu_of(array) == cpu % KSPAN_ARRAY_ALIGN)
			break;
		before = array;
		array = next_of(array);
	}
	if (!array || looks == OWN_LOOKS || !before)
		return pop(list);
	set_next(before, next_of(array), cpu_of(before));
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
		empty = pop(&depot->empty);
	if (empty) {
		depot->nr_empty--;
		depot->least_empty = min(depot->least_empty, depot->nr_empty);
		depot->nr_full++;
		push(&depot->full, *array, cpu);
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
	full = pop_own(&depot->full, cpu);
	if (full) {
		depot->nr_full--;
		depot->least_full = min(depot->least_full, depot->nr_full);
		depot->nr_empty++;
		push(&depot->empty, *array, cpu);
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
		push(&depot->empty, array, 0);
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
	array = pop(&depot->full);
	if (array) {
		depot->nr_full--;
		depot->least_full = min(depot->least_full, depot->nr_full);
	}
	raw_spin_unlock_irqrestore(&depot->lock, flags);
	return array;
}

/* An empty array, which leaves the depot; or NULL. */
void **kspan_depot_take_empty(struct kspan_depot *depot)
{
	unsigned long flags;
	void **array;

	raw_spin_lock_irqsave(&depot->lock, flags);
	array = pop(&depot->empty);
	if (array) {
		depot->nr_empty--;
		depot->least_empty = min(depot->least_empty, depot->nr_empty);
	}
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

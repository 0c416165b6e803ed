// SPDX-License-Identifier: GPL-2.0
#include "base/compat.h"
#include "base/sizeclass.h"
#include "caches/depot.h"
#include "caches/shelf.h"

void kspan_shelf_init(struct kspan_shelf *shelf)
{
	raw_spin_lock_init(&shelf->lock);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_shelf_init);

/* Of two bundles the one that has been there longer. */
static void **cut_bundle(struct kspan_arrays *arrays, unsigned int nr_bundle)
{
	void **last = arrays->first;
	void **bundle;
	unsigned int i;

	for (i = 1; i < nr_bundle; i++)
		last = last[KSPAN_ARRAY_NEXT];
	bundle = last[KSPAN_ARRAY_NEXT];
	last[KSPAN_ARRAY_NEXT] = NULL;
	WRITE_ONCE(arrays->nr, nr_bundle);
	if (arrays->nr < arrays->least)
		arrays->least = arrays->nr;
	return bundle;
}

/* All there is, where there was nothing. */
static void set_bundle(struct kspan_arrays *arrays, void **bundle,
		       unsigned int nr_bundle)
{
	arrays->first = bundle;
	WRITE_ONCE(arrays->nr, bundle ? nr_bundle : 0);
}

static void push_empty(struct kspan_shelf *shelf, struct kspan_depot *depot,
		       unsigned int nr_bundle, void **array)
{
	if (shelf->empty.nr == 2 * nr_bundle)
		kspan_depot_put_empty(depot,
				      cut_bundle(&shelf->empty, nr_bundle));
	kspan_arrays_push(&shelf->empty, KSPAN_ARRAY_NEXT, array);
}

/* There is room for a full one, on the shelf or in the depot. */
static bool has_room(const struct kspan_shelf *shelf,
		     const struct kspan_depot *depot,
		     const struct kspan_sizeclass *sc)
{
	return READ_ONCE(shelf->full.nr) < 2 * sc->bundle ||
	       READ_ONCE(depot->full.nr) < sc->depot_bundles;
}

/**
 * kspan_shelf_swap_full() - a full array for an empty one
 * @shelf: this CPU's shelf
 * @depot: this node's depot
 * @sc: how many they hold
 * @array: the full one; replaced by the empty one
 *
 * CPUs that give a bundle at once may bring the depot above its bound, each by one.
 *
 * Return: false, and nothing done, if there is no room for a full one, or no empty
 * one.
 */
bool kspan_shelf_swap_full(struct kspan_shelf *shelf, struct kspan_depot *depot,
			   const struct kspan_sizeclass *sc, void ***array)
{
	unsigned long flags;
	void **empty = NULL;

	if (!has_room(shelf, depot, sc))
		return false;
	raw_spin_lock_irqsave(&shelf->lock, flags);
	if (!has_room(shelf, depot, sc))
		goto unlock;
	if (!shelf->empty.nr)
		set_bundle(&shelf->empty, kspan_depot_take_empty(depot),
			   sc->bundle);
	empty = kspan_arrays_pop(&shelf->empty, KSPAN_ARRAY_NEXT);
	if (!empty)
		goto unlock;
	if (shelf->full.nr == 2 * sc->bundle)
		kspan_depot_put_full(depot,
				     cut_bundle(&shelf->full, sc->bundle));
	kspan_arrays_push(&shelf->full, KSPAN_ARRAY_NEXT, *array);
	*array = empty;
unlock:
	raw_spin_unlock_irqrestore(&shelf->lock, flags);
	return empty;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_shelf_swap_full);

/**
 * kspan_shelf_swap_empty() - an empty array for a full one
 * @shelf: this CPU's shelf
 * @depot: this node's depot
 * @sc: how many they hold
 * @array: the empty one; replaced by the full one
 *
 * Return: false, and nothing done, if there is no full one.
 */
bool kspan_shelf_swap_empty(struct kspan_shelf *shelf, struct kspan_depot *depot,
			    const struct kspan_sizeclass *sc, void ***array)
{
	unsigned long flags;
	void **full;

	if (!READ_ONCE(shelf->full.nr) && !READ_ONCE(depot->full.nr))
		return false;
	raw_spin_lock_irqsave(&shelf->lock, flags);
	if (!shelf->full.nr)
		set_bundle(&shelf->full, kspan_depot_take_full(depot),
			   sc->bundle);
	full = kspan_arrays_pop(&shelf->full, KSPAN_ARRAY_NEXT);
	if (full) {
		push_empty(shelf, depot, sc->bundle, *array);
		*array = full;
	}
	raw_spin_unlock_irqrestore(&shelf->lock, flags);
	return full;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_shelf_swap_empty);

/* There would be room for a full array, were there an empty one to give for it. */
bool kspan_shelf_wants_empty(const struct kspan_shelf *shelf,
			     const struct kspan_depot *depot,
			     const struct kspan_sizeclass *sc)
{
	return !READ_ONCE(shelf->empty.nr) && !READ_ONCE(depot->empty.nr) &&
	       has_room(shelf, depot, sc);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_shelf_wants_empty);

/* An array more, without slots. */
void kspan_shelf_add_empty(struct kspan_shelf *shelf, struct kspan_depot *depot,
			   const struct kspan_sizeclass *sc, void **array)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&shelf->lock, flags);
	push_empty(shelf, depot, sc->bundle, array);
	raw_spin_unlock_irqrestore(&shelf->lock, flags);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_shelf_add_empty);

static void **take(struct kspan_shelf *shelf, struct kspan_arrays *arrays)
{
	unsigned long flags;
	void **array;

	raw_spin_lock_irqsave(&shelf->lock, flags);
	array = kspan_arrays_pop(arrays, KSPAN_ARRAY_NEXT);
	raw_spin_unlock_irqrestore(&shelf->lock, flags);
	return array;
}

/* A full array, which leaves the shelf; or NULL. */
void **kspan_shelf_take_full(struct kspan_shelf *shelf)
{
	return take(shelf, &shelf->full);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_shelf_take_full);

/* An empty array, which leaves the shelf; or NULL. */
void **kspan_shelf_take_empty(struct kspan_shelf *shelf)
{
	return take(shelf, &shelf->empty);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_shelf_take_empty);

/**
 * kspan_shelf_unused() - how many arrays its CPU has not needed since the last call
 * @shelf: the shelf, of any CPU
 * @nr_full: out: full ones
 * @nr_empty: out: empty ones
 */
void kspan_shelf_unused(struct kspan_shelf *shelf, unsigned int *nr_full,
			unsigned int *nr_empty)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&shelf->lock, flags);
	*nr_full = kspan_arrays_unused(&shelf->full);
	*nr_empty = kspan_arrays_unused(&shelf->empty);
	raw_spin_unlock_irqrestore(&shelf->lock, flags);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_shelf_unused);

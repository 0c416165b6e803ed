// SPDX-License-Identifier: GPL-2.0
#include "base/compat.h"
#include "caches/depot.h"

void kspan_depot_init(struct kspan_depot *depot)
{
	raw_spin_lock_init(&depot->lock);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_depot_init);

static void put(struct kspan_depot *depot, struct kspan_arrays *bundles,
		void **bundle)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&depot->lock, flags);
	kspan_arrays_push(bundles, KSPAN_ARRAY_BUNDLE, bundle);
	raw_spin_unlock_irqrestore(&depot->lock, flags);
}

static void **take(struct kspan_depot *depot, struct kspan_arrays *bundles)
{
	unsigned long flags;
	void **bundle;

	/* A lock that others use, for nothing: who has none asks each time. */
	if (!READ_ONCE(bundles->nr))
		return NULL;
	raw_spin_lock_irqsave(&depot->lock, flags);
	bundle = kspan_arrays_pop(bundles, KSPAN_ARRAY_BUNDLE);
	raw_spin_unlock_irqrestore(&depot->lock, flags);
	return bundle;
}

/* A bundle of full arrays more. */
void kspan_depot_put_full(struct kspan_depot *depot, void **bundle)
{
	put(depot, &depot->full, bundle);
}

/* A bundle of empty arrays more. */
void kspan_depot_put_empty(struct kspan_depot *depot, void **bundle)
{
	put(depot, &depot->empty, bundle);
}

/* A bundle of full arrays, which leaves the depot; or NULL. */
void **kspan_depot_take_full(struct kspan_depot *depot)
{
	return take(depot, &depot->full);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_depot_take_full);

/* A bundle of empty arrays, which leaves the depot; or NULL. */
void **kspan_depot_take_empty(struct kspan_depot *depot)
{
	return take(depot, &depot->empty);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_depot_take_empty);

/**
 * kspan_depot_unused() - how many bundles nobody has needed since the last call
 * @depot: the depot
 * @nr_full: out: of full arrays
 * @nr_empty: out: of empty ones
 */
void kspan_depot_unused(struct kspan_depot *depot, unsigned int *nr_full,
			unsigned int *nr_empty)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&depot->lock, flags);
	*nr_full = kspan_arrays_unused(&depot->full);
	*nr_empty = kspan_arrays_unused(&depot->empty);
	raw_spin_unlock_irqrestore(&depot->lock, flags);
}

// SPDX-License-Identifier: GPL-2.0
#include <linux/cpumask.h>
#include <linux/percpu.h>

#include "base/compat.h"
#include "caches/depot.h"
#include "caches/shelf.h"
#include "caches/trim.h"
#include "spans/central.h"

static void put_full(struct kspan_store *store, void **array)
{
	kspan_central_put(store, array, store->sc->capacity, KSPAN_BATCH_CACHE);
	kspan_array_delete(array);
}

static void put_full_bundle(struct kspan_store *store, void **bundle)
{
	while (bundle) {
		void **next = bundle[KSPAN_ARRAY_NEXT];

		put_full(store, bundle);
		bundle = next;
	}
}

static void trim_shelf(struct kspan_store *store, struct kspan_shelf *shelf,
		       unsigned int nr_full, unsigned int nr_empty)
{
	void **array;

	while (nr_full-- && (array = kspan_shelf_take_full(shelf)))
		put_full(store, array);
	while (nr_empty-- && (array = kspan_shelf_take_empty(shelf)))
		kspan_array_delete(array);
}

static void trim_depot(struct kspan_store *store, struct kspan_depot *depot,
		       unsigned int nr_full, unsigned int nr_empty)
{
	void **bundle;

	while (nr_full-- && (bundle = kspan_depot_take_full(depot)))
		put_full_bundle(store, bundle);
	while (nr_empty-- && (bundle = kspan_depot_take_empty(depot)))
		kspan_array_delete_bundle(bundle);
}

/* Whether a CPU has ever had something on its shelf. */
static bool has_shelf(const struct kspan_store *store, unsigned int cpu)
{
	return test_bit(cpu % BITS_PER_LONG, &store->shelved);
}

/**
 * kspan_trim_has_any() - whether there is something that no magazine has
 * @store: of which store
 *
 * Context: Any but NMI. True a moment ago, as no lock is taken.
 */
bool kspan_trim_has_any(const struct kspan_store *store)
{
	unsigned int cpu;
	int nid;

	for (nid = 0; nid < nr_node_ids; nid++) {
		if (kspan_depot_has_any(&store->depots[nid]))
			return true;
	}
	if (!READ_ONCE(store->shelved))
		return false;
	for_each_possible_cpu(cpu) {
		if (has_shelf(store, cpu) &&
		    kspan_shelf_has_any(per_cpu_ptr(store->shelf, cpu)))
			return true;
	}
	return false;
}

/**
 * kspan_trim_shelf() - a CPU needs its shelf no more
 * @store: of which store
 * @cpu: the CPU
 *
 * Context: Any but NMI.
 */
void kspan_trim_shelf(struct kspan_store *store, unsigned int cpu)
{
	struct kspan_shelf *shelf = per_cpu_ptr(store->shelf, cpu);

	/* A busy CPU may put as much there meanwhile. */
	trim_shelf(store, shelf, READ_ONCE(shelf->full.nr),
		   READ_ONCE(shelf->empty.nr));
}

/**
 * kspan_trim_all() - everything that no magazine has when it begins
 * @store: of which store
 *
 * Shelves on which there has never been anything are not looked at, as there may be
 * many CPUs.
 *
 * Context: Any but NMI.
 */
void kspan_trim_all(struct kspan_store *store)
{
	unsigned int cpu;
	int nid;

	if (READ_ONCE(store->shelved)) {
		for_each_possible_cpu(cpu) {
			if (has_shelf(store, cpu))
				kspan_trim_shelf(store, cpu);
		}
	}
	for (nid = 0; nid < nr_node_ids; nid++) {
		struct kspan_depot *depot = &store->depots[nid];

		trim_depot(store, depot, READ_ONCE(depot->full.nr),
			   READ_ONCE(depot->empty.nr));
	}
}
EXPORT_SYMBOL_IF_KUNIT(kspan_trim_all);

static bool trim_unused_shelf(struct kspan_store *store,
			      struct kspan_shelf *shelf)
{
	unsigned int nr_full;
	unsigned int nr_empty;

	if (!kspan_shelf_has_any(shelf))
		return false;
	kspan_shelf_unused(shelf, &nr_full, &nr_empty);
	trim_shelf(store, shelf, nr_full, nr_empty);
	return kspan_shelf_has_any(shelf);
}

static bool trim_unused_depot(struct kspan_store *store,
			      struct kspan_depot *depot)
{
	unsigned int nr_full;
	unsigned int nr_empty;

	if (!kspan_depot_has_any(depot))
		return false;
	kspan_depot_unused(depot, &nr_full, &nr_empty);
	trim_depot(store, depot, nr_full, nr_empty);
	return kspan_depot_has_any(depot);
}

/**
 * kspan_trim_unused() - what nobody has needed since the last call
 * @store: of which store
 *
 * Context: Process context.
 * Return: whether there is something left, which may become unused.
 */
bool kspan_trim_unused(struct kspan_store *store)
{
	bool more = false;
	unsigned int cpu;
	int nid;

	if (READ_ONCE(store->shelved)) {
		for_each_possible_cpu(cpu) {
			if (has_shelf(store, cpu))
				more |= trim_unused_shelf(store,
					per_cpu_ptr(store->shelf, cpu));
		}
	}
	for (nid = 0; nid < nr_node_ids; nid++)
		more |= trim_unused_depot(store, &store->depots[nid]);
	return more;
}

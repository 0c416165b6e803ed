// SPDX-License-Identifier: GPL-2.0
#include <linux/slab.h>

#include "base/compat.h"
#include "base/fault.h"
#include "base/gfp.h"
#include "base/mark.h"
#include "base/news.h"
#include "base/once.h"
#include "caches/depot.h"
#include "caches/magazine.h"
#include "spans/storage.h"
#include "spans/stores.h"

/*
 * The array of a magazine that has none: no slot, no room, and a sentinel. Its
 * end is the middle of the buffer, so that a reader of *top reads inside it.
 */
static void *no_array[2 * KSPAN_ARRAY_CELLS] __aligned(KSPAN_ARRAY_BYTES);

enum {
	READ_MAX_WAITS	= 100000,
};

DEFINE_PER_CPU(struct kspan_mag, kspan_mag_busy) = { .busy = true };

u16 kspan_mag_offsets[KSPAN_CLASS_STEPS];

static void **no_array_top(void)
{
	return &no_array[KSPAN_ARRAY_CELLS];
}

static void mag_init(struct kspan_mag *mag)
{
	mag->top = no_array_top();
}

static int depots_new(struct kspan_storage *storage)
{
	struct kspan_depot *depots;
	unsigned int class;
	int nid;

	depots = kvcalloc(KSPAN_NR_STORES * nr_node_ids, sizeof(*depots),
			  GFP_KERNEL);
	if (!depots)
		return -ENOMEM;
	for (class = 0; class < KSPAN_NR_STORES; class++) {
		storage->stores[class].depots = depots + class * nr_node_ids;
		for (nid = 0; nid < nr_node_ids; nid++)
			kspan_depot_init(&storage->stores[class].depots[nid]);
	}
	return 0;
}

/**
 * kspan_mags_new() - give the stores of a heap their magazines
 * @storage: the stores
 *
 * Return: the magazines, of all CPUs; or NULL.
 */
struct kspan_cpu __percpu *kspan_mags_new(struct kspan_storage *storage)
{
	struct kspan_cpu __percpu *mags;
	unsigned int cpu;
	unsigned int i;

	if (kspan_fault(KSPAN_FAULT_HEAP_CPUS, GFP_KERNEL))
		return NULL;
	mags = alloc_percpu(struct kspan_cpu);
	if (!mags)
		return NULL;
	for_each_possible_cpu(cpu) {
		struct kspan_cpu *caches = per_cpu_ptr(mags, cpu);

		for (i = 0; i < KSPAN_NR_STORES; i++) {
			mag_init(&caches->mags[i]);
			kspan_shelf_init(&caches->shelves[i]);
		}
	}
	if (depots_new(storage)) {
		free_percpu(mags);
		return NULL;
	}
	for (i = 0; i < KSPAN_NR_STORES; i++) {
		storage->stores[i].mag = &mags->mags[i];
		storage->stores[i].shelf = &mags->shelves[i];
	}
	kspan_account_metadata(&storage->source.account,
			       num_possible_cpus() * sizeof(struct kspan_cpu) +
			       KSPAN_NR_STORES * nr_node_ids *
			       sizeof(struct kspan_depot));
	return mags;
}

static void shelf_delete(struct kspan_shelf *shelf)
{
	void **array;

	while ((array = kspan_shelf_take_full(shelf)) ||
	       (array = kspan_shelf_take_empty(shelf)))
		kspan_array_delete(array);
}

static void depot_delete(struct kspan_depot *depot)
{
	void **array;

	while ((array = kspan_depot_take_full(depot)) ||
	       (array = kspan_depot_take_empty(depot)))
		kspan_array_delete_bundle(array);
}

static void cpu_delete(struct kspan_mag *mag, struct kspan_shelf *shelf)
{
	if (mag->capacity)
		kspan_array_delete(kspan_mag_array(mag->top, mag->capacity));
	shelf_delete(shelf);
}

/*
 * Frees all arrays of a heap, whatever slots they hold; nobody can reach them
 * any more.
 */
void kspan_mags_delete(struct kspan_cpu __percpu *mags,
		       struct kspan_storage *storage)
{
	unsigned int cpu;
	unsigned int i;
	int nid;

	if (!mags)
		return;
	for (i = 0; i < KSPAN_NR_STORES; i++) {
		for (nid = 0; nid < nr_node_ids; nid++)
			depot_delete(&storage->stores[i].depots[nid]);
		for_each_possible_cpu(cpu) {
			struct kspan_cpu *caches = per_cpu_ptr(mags, cpu);

			cpu_delete(&caches->mags[i], &caches->shelves[i]);
		}
	}
	kvfree(storage->stores[0].depots);
	free_percpu(mags);
}

/* What kspan_mags_new_typed() takes. */
size_t kspan_mags_typed_bytes(void)
{
	return num_possible_cpus() * sizeof(struct kspan_store_cpu) +
	       nr_node_ids * sizeof(struct kspan_depot);
}

/**
 * kspan_mags_new_typed() - give the store of a typed cache its magazines
 * @store: the store
 *
 * Return: 0 or -ENOMEM.
 */
int kspan_mags_new_typed(struct kspan_store *store)
{
	struct kspan_store_cpu __percpu *cpus;
	unsigned int cpu;
	int nid;

	if (kspan_fault(KSPAN_FAULT_CACHE_CPUS, GFP_KERNEL))
		return -ENOMEM;
	cpus = alloc_percpu(struct kspan_store_cpu);
	if (!cpus)
		return -ENOMEM;
	store->mag = &cpus->mag;
	store->shelf = &cpus->shelf;
	for_each_possible_cpu(cpu) {
		mag_init(per_cpu_ptr(store->mag, cpu));
		kspan_shelf_init(per_cpu_ptr(store->shelf, cpu));
	}
	if (kspan_fault(KSPAN_FAULT_CACHE_DEPOTS, GFP_KERNEL))
		return -ENOMEM;
	store->depots = kcalloc(nr_node_ids, sizeof(*store->depots),
				GFP_KERNEL);
	if (!store->depots)
		return -ENOMEM;
	for (nid = 0; nid < nr_node_ids; nid++)
		kspan_depot_init(&store->depots[nid]);
	return 0;
}

/* As kspan_mags_delete(); what is not there is left alone. */
void kspan_mags_delete_typed(struct kspan_store *store)
{
	unsigned int cpu;
	int nid;

	if (store->depots) {
		for (nid = 0; nid < nr_node_ids; nid++)
			depot_delete(&store->depots[nid]);
		kfree(store->depots);
	}
	if (!store->mag)
		return;
	for_each_possible_cpu(cpu)
		cpu_delete(per_cpu_ptr(store->mag, cpu),
			   per_cpu_ptr(store->shelf, cpu));
	/* The first of what was allocated. */
	free_percpu(store->mag);
}

/**
 * struct mag_words - what is read of a magazine
 * @top: see struct kspan_mag
 * @allocs: likewise
 * @net_in: likewise
 */
struct mag_words {
	void	**top;
	u64	allocs;
	s64	net_in;
};

static void read_words(const struct kspan_mag *mag, struct mag_words *words)
{
	words->top = READ_ONCE(mag->top);
	words->allocs = READ_ONCE(mag->allocs);
	words->net_in = READ_ONCE(mag->net_in);
}

/*
 * What was so at one moment; false if that is not certain.
 *
 * Between the two looks at @seq there are only pops and pushes. Pops are counted,
 * and without a pop the top only rises: so what is the same twice has not changed.
 * Half an operation is the same twice, too, if its CPU has stopped there; it is
 * busy then. The order of the loads of each time does not matter: a model in
 * selftests/host tries all of them.
 */
static bool read_at_once(const struct kspan_mag *mag, struct mag_words *words)
{
	struct mag_words again;
	u16 seq;

	/* Pairs with the end of a slow operation. */
	seq = smp_load_acquire(&mag->seq);
	read_words(mag, words);
	/* Pairs with the end of an operation. */
	smp_rmb();
	if (seq & 1 || READ_ONCE(mag->busy))
		return false;
	/* Pairs with the beginning of an operation. */
	smp_rmb();
	read_words(mag, &again);
	/* Pairs with the beginning of a slow operation. */
	smp_rmb();
	return READ_ONCE(mag->seq) == seq && again.top == words->top &&
	       again.allocs == words->allocs && again.net_in == words->net_in;
}

/**
 * kspan_mag_read() - what has passed through a magazine
 * @store: of which store
 * @cpu: of any CPU
 * @counts: out
 *
 * Waits while the magazine's CPU is in an operation. A caller that cannot be
 * preempted does not wait for ever: it may have interrupted that operation, or
 * hold a lock that an interrupt on the other CPU wants. Half of the operation
 * is missed then, and totals may run back by it.
 */
void kspan_mag_read(const struct kspan_store *store, unsigned int cpu,
		    struct kspan_mag_counts *counts)
{
	const struct kspan_mag *mag = per_cpu_ptr(store->mag, cpu);
	unsigned int waits = 0;
	struct mag_words words;

	while (!read_at_once(mag, &words) &&
	       (waits++ < READ_MAX_WAITS || preemptible()))
		cpu_relax();
	counts->allocs = words.allocs;
	/* @capacity might be of another moment. */
	counts->slots = 0;
	if (words.top != no_array_top())
		counts->slots = kspan_mag_count(words.top, store->sc->capacity);
	counts->frees = counts->allocs + counts->slots - words.net_in;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_mag_read);

/*
 * Empties a magazine of this CPU and returns how many slots it held, which are
 * in @objs now. The magazine's array goes to @array if that is not NULL.
 */
static unsigned int mag_strip(struct kspan_mag *mag, void **objs, void ***array)
{
	void **lowest = mag->top - kspan_mag_count_of(mag);
	unsigned int nobjs = kspan_mag_count_of(mag);

	kspan_mag_copy(objs, lowest, nobjs);
	kspan_sub_once(mag->net_in, nobjs);
	if (array && mag->capacity) {
		*array = lowest;
		WRITE_ONCE(mag->top, no_array_top());
		WRITE_ONCE(mag->capacity, 0);
	} else {
		WRITE_ONCE(mag->top, lowest);
	}
	return nobjs;
}

/**
 * kspan_mag_drain() - give this CPU's slots of one store back
 * @store: the store
 * @whole: the array, too
 */
void kspan_mag_drain(struct kspan_store *store, bool whole)
{
	struct kspan_mag __percpu *mag = store->mag;
	void *objs[KSPAN_ARRAY_MAX_SLOTS];
	void **array = NULL;
	unsigned int nobjs;

	preempt_disable();
	if (!kspan_mag_begin_slow(mag)) {
		preempt_enable();
		return;
	}
	nobjs = mag_strip(this_cpu_ptr(mag), objs, whole ? &array : NULL);
	kspan_mag_end_slow(mag);
	preempt_enable();
	if (nobjs)
		kspan_central_put(store, objs, nobjs, KSPAN_BATCH_CACHE);
	kspan_array_delete(array);
}
EXPORT_SYMBOL_IF_KUNIT(kspan_mag_drain);

/**
 * kspan_mag_strip_dead() - give the slots of a CPU back that is no more
 * @store: of which store
 * @cpu: the CPU, on which nothing runs
 */
void kspan_mag_strip_dead(struct kspan_store *store, unsigned int cpu)
{
	struct kspan_mag *mag = per_cpu_ptr(store->mag, cpu);
	void *objs[KSPAN_ARRAY_MAX_SLOTS];
	void **array = NULL;
	unsigned int nobjs;

	WRITE_ONCE(mag->seq, mag->seq + 1);
	/* Readers see the beginning before any change. */
	smp_wmb();
	nobjs = mag_strip(mag, objs, &array);
	/* And the end after all of them. */
	smp_store_release(&mag->seq, mag->seq + 1);
	if (nobjs)
		kspan_central_put(store, objs, nobjs, KSPAN_BATCH_CACHE);
	kspan_array_delete(array);
}

/* Bytes of all arrays of a heap. */
size_t kspan_mag_array_bytes(struct kspan_storage *storage)
{
	struct kspan_store *store;
	size_t narrays = 0;
	unsigned int cpu;
	int token;
	int nid;

	token = kspan_stores_enter();
	kspan_for_each_store(store, storage) {
		for_each_possible_cpu(cpu) {
			const struct kspan_shelf *shelf =
				per_cpu_ptr(store->shelf, cpu);

			narrays += !!READ_ONCE(per_cpu_ptr(store->mag, cpu)
					       ->capacity) +
				   READ_ONCE(shelf->full.nr) +
				   READ_ONCE(shelf->empty.nr);
		}
		for (nid = 0; nid < nr_node_ids; nid++) {
			const struct kspan_depot *depot = &store->depots[nid];

			narrays += store->sc->bundle *
				   (READ_ONCE(depot->full.nr) +
				    READ_ONCE(depot->empty.nr));
		}
	}
	kspan_stores_leave(token);
	return narrays * KSPAN_ARRAY_BYTES;
}

void kspan_mags_init(void)
{
	unsigned int step;

	BUILD_BUG_ON(offsetof(struct kspan_cpu, mags[KSPAN_NR_STORES]) >
		     U16_MAX);
	BUILD_BUG_ON(offsetof(struct kspan_store_cpu, mag));
	BUILD_BUG_ON((int)KSPAN_MAX_CAPACITY > (int)KSPAN_ARRAY_MAX_SLOTS);
	for (step = 0; step < KSPAN_CLASS_STEPS; step++)
		kspan_mag_offsets[step] =
			kspan_mag_offset_of(kspan_sizeclass_of[step]);
	kspan_array_sentinel_init(no_array_top());
}

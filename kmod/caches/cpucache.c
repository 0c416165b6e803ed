// SPDX-License-Identifier: GPL-2.0
#include <linux/kmemleak.h>
#include <linux/slab.h>

#include "base/fault.h"
#include "heaps/heap.h"
#include "base/mark.h"
#include "pages/pages.h"
#include "giveback/scavenge.h"

/*
 * The array of a magazine that has none: no slot, no room, and a sentinel. Its
 * end is the middle of the buffer, so that a reader of *top reads inside it.
 */
static void *no_array[2 * KSPAN_MAG_CELLS] __aligned(KSPAN_MAG_BYTES);

enum {
	READ_MAX_WAITS	= 100000,
};

u16 kspan_mag_offsets[KSPAN_CLASS_STEPS];

/* Copies pointers upwards from the first, so that @to may be below @from. */
static __always_inline void copy_slots(void **to, void **from,
				       unsigned int nslots)
{
#ifdef CONFIG_X86_64
	unsigned long n = nslots;

	/* A batch is too short for memcpy() to earn its call. */
	asm volatile("rep movsq"
		     : "+D" (to), "+S" (from), "+c" (n) : : "memory");
#else
	memmove(to, from, nslots * sizeof(*to));
#endif
}

static void **no_array_top(void)
{
	return &no_array[KSPAN_MAG_CELLS];
}

/*
 * The sentinel below the lowest cell points at a word that is neither a freed
 * mark nor zero. A pop that looks at it flips it to something that is neither
 * too, and back.
 */
static void sentinel_init(void **lowest)
{
	u64 *word = (u64 *)&lowest[-2];
	u64 mark = kspan_mark(word);

	*word = mark == 1 ? 2 : mark ^ 1;
	lowest[-1] = word;
}

static void **lowest_cell(void **top, unsigned int capacity)
{
	return top - kspan_mag_count(top, capacity);
}

static void *array_block(void **top)
{
	return (void *)ALIGN_DOWN((unsigned long)(top - 1), KSPAN_MAG_BYTES);
}

static void mag_init(struct kspan_mag *mag)
{
	mag->top = (unsigned long)no_array_top();
}

struct kspan_cpu __percpu *kspan_cpucache_new(void)
{
	struct kspan_cpu __percpu *cache;
	unsigned int cpu;
	unsigned int i;

	if (kspan_fault(KSPAN_FAULT_HEAP_CPUS, GFP_KERNEL))
		return NULL;
	cache = alloc_percpu(struct kspan_cpu);
	if (!cache)
		return NULL;
	for_each_possible_cpu(cpu) {
		for (i = 0; i < KSPAN_NR_STORES; i++)
			mag_init(&per_cpu_ptr(cache, cpu)->mags[i]);
	}
	return cache;
}

static void depot_delete(struct kspan_depot *depot)
{
	void **array;

	while ((array = kspan_depot_take_full(depot)) ||
	       (array = kspan_depot_take_empty(depot)))
		kfree(array);
}

/*
 * Frees all arrays of a heap, whatever slots they hold; nobody can reach them
 * any more.
 */
void kspan_cpucache_delete(struct kspan_heap *heap)
{
	unsigned int cpu;
	unsigned int i;
	int nid;

	for (i = 0; i < KSPAN_NR_STORES; i++) {
		for (nid = 0; heap->stores[i].central && nid < nr_node_ids;
		     nid++)
			depot_delete(&heap->stores[i].central[nid].depot);
		for_each_possible_cpu(cpu) {
			struct kspan_mag *mag =
				&per_cpu_ptr(heap->cpu, cpu)->mags[i];

			if (mag->capacity)
				kfree(array_block(kspan_mag_cell(mag->top)));
		}
	}
	free_percpu(heap->cpu);
}

/**
 * kspan_cpucache_read() - what has passed through a magazine
 * @heap: whose
 * @cpu: of any CPU
 * @class: of which store
 * @counts: out
 *
 * Waits while the magazine's CPU is in an operation. A caller that cannot be
 * preempted does not wait for ever: it may have interrupted that operation, or
 * hold a lock that an interrupt on the other CPU wants. Half of the operation
 * is missed then, and totals may run back by it.
 *
 * What is the same afterwards belongs together: @allocs only grows, without a
 * pop @net_in only shrinks, and without either only pushes add slots.
 */
void kspan_cpucache_read(const struct kspan_heap *heap, unsigned int cpu,
			 unsigned int class, struct kspan_mag_counts *counts)
{
	const struct kspan_mag *mag = &per_cpu_ptr(heap->cpu, cpu)->mags[class];
	unsigned int waits = 0;
	unsigned long top;
	s64 net_in;

	for (;;) {
		/* Pairs with the end of an operation. */
		top = smp_load_acquire(&mag->top);
		if (top & KSPAN_MAG_BUSY &&
		    (waits++ < READ_MAX_WAITS || preemptible())) {
			cpu_relax();
			continue;
		}
		counts->allocs = READ_ONCE(mag->allocs);
		net_in = READ_ONCE(mag->net_in);
		/* Pairs with the beginning of an operation. */
		smp_rmb();
		if (READ_ONCE(mag->top) == top &&
		    READ_ONCE(mag->net_in) == net_in &&
		    READ_ONCE(mag->allocs) == counts->allocs)
			break;
	}
	/* @capacity might be of another moment. */
	counts->slots = 0;
	if (kspan_mag_cell(top) != no_array_top())
		counts->slots = kspan_mag_count(kspan_mag_cell(top),
						kspan_sizeclasses[class]
							.capacity);
	counts->frees = counts->allocs + counts->slots - net_in;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_cpucache_read);

static struct kspan_mag __percpu *mag_of(const struct kspan_store *store)
{
	return &store->heap->cpu->mags[store->class];
}

/* In an operation: the cell above the uppermost slot. */
static void **top_of(const struct kspan_mag *mag)
{
	return kspan_mag_cell_busy(mag->top);
}

static void set_top(struct kspan_mag *mag, void **top)
{
	/* A reader that sees the new top sees what was done before. */
	smp_wmb();
	WRITE_ONCE(mag->top, (unsigned long)top | KSPAN_MAG_BUSY);
}

static unsigned int count_of(const struct kspan_mag *mag)
{
	return kspan_mag_count(top_of(mag), mag->capacity);
}

/*
 * Empties a magazine of this CPU and returns how many slots it held, which are
 * in @objs now. The magazine's array goes to @array if that is not NULL.
 */
static unsigned int mag_strip(struct kspan_mag *mag, void **objs, void **array)
{
	void **lowest = lowest_cell(top_of(mag), mag->capacity);
	unsigned int nobjs = count_of(mag);

	copy_slots(objs, lowest, nobjs);
	mag->net_in -= nobjs;
	if (array && mag->capacity) {
		*array = array_block(lowest);
		set_top(mag, no_array_top());
		mag->capacity = 0;
	} else {
		set_top(mag, lowest);
	}
	return nobjs;
}

/**
 * kspan_cpucache_drain_store() - give this CPU's slots of one store back
 * @heap: whose
 * @class: the store
 * @whole: the array, too
 */
void kspan_cpucache_drain_store(struct kspan_heap *heap, unsigned int class,
				bool whole)
{
	struct kspan_mag __percpu *mag = &heap->cpu->mags[class];
	struct kspan_store *store = &heap->stores[class];
	void *objs[KSPAN_MAG_MAX_CAPACITY];
	void *array = NULL;
	unsigned int nobjs;

	preempt_disable();
	if (!kspan_mag_begin(mag)) {
		preempt_enable();
		return;
	}
	nobjs = mag_strip(this_cpu_ptr(mag), objs, whole ? &array : NULL);
	kspan_mag_end(mag, 0);
	preempt_enable();
	if (nobjs)
		kspan_central_put(store, objs, nobjs, KSPAN_BATCH_CACHE);
	kfree(array);
}

/* An array without slots. */
static void **array_new(unsigned int capacity)
{
	void **array;

	if (kspan_fault(KSPAN_FAULT_ARRAY, GFP_NOWAIT))
		return NULL;
	/* kmalloc() aligns a power of two to itself. */
	array = kmalloc(KSPAN_MAG_BYTES, GFP_NOWAIT | __GFP_NOWARN |
			__GFP_NOMEMALLOC);
	if (!array)
		return NULL;
	/* A full array is only pointed at behind its end. */
	kmemleak_not_leak(array);
	/* Somebody has to see when it is used no more. */
	kspan_scavenger_kick();
	sentinel_init(array + KSPAN_MAG_CELLS - capacity);
	return array;
}

/*
 * Gives this CPU's magazine an array, unless it has one by now. Without memory
 * it stays without.
 */
static void add_array(struct kspan_store *store)
{
	struct kspan_mag __percpu *mag = mag_of(store);
	unsigned int capacity = store->sc->capacity;
	void **array;

	array = array_new(capacity);
	if (!array)
		return;

	preempt_disable();
	if (kspan_mag_begin(mag)) {
		if (!raw_cpu_read(mag->capacity)) {
			set_top(this_cpu_ptr(mag),
				array + KSPAN_MAG_CELLS - capacity);
			raw_cpu_write(mag->capacity, capacity);
			array = NULL;
		}
		kspan_mag_end(mag, 0);
	}
	preempt_enable();
	kfree(array);
}

/*
 * Puts slots of a refill into this CPU's magazine and counts one more, which
 * the caller has kept for its user. Returns how many did not fit.
 */
static unsigned int push_refill(struct kspan_mag *mag, void **objs,
				unsigned int nobjs)
{
	unsigned int pushed = min(nobjs, mag->capacity - count_of(mag));

	copy_slots(top_of(mag), objs, pushed);
	set_top(mag, top_of(mag) + pushed);
	mag->net_in += pushed + 1;
	mag->allocs++;
	return nobjs - pushed;
}

/*
 * Slots of the local node, for which that grows by a span if it must. Where the
 * node has no memory left, what others have in their spans comes before what
 * they could grow by.
 */
static unsigned int take(struct kspan_store *store, void **objs,
			 unsigned int nobjs, gfp_t gfp,
			 enum kspan_batch_kind kind, bool *limited)
{
	int local = kspan_heap_local_node(store->heap);
	bool anywhere = nr_online_nodes > 1 && store->heap->nid == NUMA_NO_NODE;
	int nid = local;
	int other;

	for (;;) {
		unsigned int taken = kspan_central_take(store, nid, objs,
							nobjs, kind);

		if (taken)
			return taken;
		if (anywhere) {
			nid = kspan_central_grow(store, local,
						 (gfp & ~__GFP_NOFAIL) |
						 __GFP_THISNODE | __GFP_NOWARN,
						 limited);
			if (nid != NUMA_NO_NODE)
				continue;
			for_each_online_node(other) {
				taken = kspan_central_take(store, other, objs,
							   nobjs, kind);
				if (taken)
					return taken;
			}
		}
		nid = kspan_central_grow(store, local, gfp, limited);
		if (nid == NUMA_NO_NODE)
			return 0;
	}
}

/* A slot past the cache, for an interrupt that must not touch it. */
static void *take_direct(struct kspan_store *store, gfp_t gfp, bool *limited)
{
	void *slot;

	while (take(store, &slot, 1, gfp, KSPAN_BATCH_DIRECT, limited)) {
		if (kspan_mark_clear(slot))
			return slot;
		kspan_mark_clear(slot);
		kspan_central_drop(store, slot, KSPAN_BATCH_DIRECT);
	}
	return NULL;
}

/**
 * kspan_cpucache_take_node() - a slot from a node, past the cache
 * @store: of which store
 * @nid: the node
 * @gfp: how to grow
 * @limited: set to true if the heap's limit stood in the way
 *
 * Context: As alloc_pages() with @gfp.
 * Return: the slot, its mark cleared; or NULL if the node has none.
 */
void *kspan_cpucache_take_node(struct kspan_store *store, int nid, gfp_t gfp,
			       bool *limited)
{
	void *slot;

	gfp |= __GFP_THISNODE;
	for (;;) {
		if (!kspan_central_take(store, nid, &slot, 1,
					KSPAN_BATCH_DIRECT)) {
			if (kspan_central_grow(store, nid, gfp, limited) != nid)
				return NULL;
			continue;
		}
		if (kspan_mark_clear(slot))
			return slot;
		kspan_mark_clear(slot);
		kspan_central_drop(store, slot, KSPAN_BATCH_DIRECT);
	}
}

/* The last slot of a batch whose mark is intact; the others are dropped. */
static void *pick_intact(struct kspan_store *store, void **objs,
			 unsigned int *nobjs)
{
	while (*nobjs) {
		void *slot = objs[--*nobjs];

		if (kspan_mark_clear(slot))
			return slot;
		kspan_mark_clear(slot);
		kspan_central_drop(store, slot, KSPAN_BATCH_CACHE);
	}
	return NULL;
}

/*
 * Takes a batch from the spans: one slot for the caller, the others for this
 * CPU's magazine.
 */
static void *refill(struct kspan_store *store, gfp_t gfp, bool *limited)
{
	struct kspan_mag __percpu *mag = mag_of(store);
	void *objs[KSPAN_MAX_BATCH];
	unsigned int nobjs;
	unsigned int left;
	void *slot;

	if (!this_cpu_read(mag->capacity))
		add_array(store);
	do {
		nobjs = min_t(unsigned int, store->sc->batch,
			      this_cpu_read(mag->capacity) + 1);
		nobjs = take(store, objs, nobjs, gfp, KSPAN_BATCH_CACHE,
			     limited);
		if (!nobjs)
			return NULL;
		slot = pick_intact(store, objs, &nobjs);
	} while (!slot);

	preempt_disable();
	if (unlikely(!kspan_mag_begin(mag))) {
		preempt_enable();
		kspan_mark_set(slot);
		objs[nobjs++] = slot;
		kspan_central_put(store, objs, nobjs, KSPAN_BATCH_UNDO);
		return take_direct(store, gfp, limited);
	}
	left = push_refill(this_cpu_ptr(mag), objs, nobjs);
	kspan_mag_end(mag, 0);
	preempt_enable();
	if (left)
		kspan_central_put(store, objs + nobjs - left, left,
				  KSPAN_BATCH_UNDO);
	return slot;
}

/*
 * The uppermost slot, if its mark is intact. Otherwise somebody has written to
 * it since it was freed: it leaves the magazine and goes to @broken.
 */
static void *mag_pop(struct kspan_mag *mag, void **broken)
{
	void *slot;

	if (!count_of(mag))
		return NULL;
	slot = top_of(mag)[-1];
	set_top(mag, top_of(mag) - 1);
	if (kspan_mark_clear(slot)) {
		mag->allocs++;
		return slot;
	}
	kspan_mark_clear(slot);
	mag->net_in--;
	*broken = slot;
	return NULL;
}

static struct kspan_central *local_central(const struct kspan_store *store)
{
	return &store->central[kspan_heap_local_node(store->heap)];
}

/* In an operation: swaps an empty array for a full one of the depot. */
static bool fetch_full(const struct kspan_store *store, struct kspan_mag *mag)
{
	void **array = array_block(top_of(mag));

	if (!mag->capacity ||
	    !kspan_depot_swap_empty(&local_central(store)->depot, &array))
		return false;
	set_top(mag, array + KSPAN_MAG_CELLS);
	mag->net_in += mag->capacity;
	return true;
}

/* In an operation: swaps a full array for an empty one of the depot. */
static bool stow_full(const struct kspan_store *store, struct kspan_mag *mag)
{
	struct kspan_central *central = local_central(store);
	void **array = array_block(top_of(mag));

	if (!mag->capacity ||
	    !kspan_depot_swap_full(&central->depot, &array,
				   store->sc->depot_arrays))
		return false;
	set_top(mag, array + KSPAN_MAG_CELLS - mag->capacity);
	mag->net_in -= mag->capacity;
	return true;
}

/* The depot could take a full array, had it an empty one to give. */
static void provide_empty(const struct kspan_store *store)
{
	struct kspan_central *central = local_central(store);
	struct kspan_depot *depot = &central->depot;
	void **array;

	if (READ_ONCE(depot->nr_empty) ||
	    READ_ONCE(depot->nr_full) >= store->sc->depot_arrays)
		return;
	array = array_new(store->sc->capacity);
	if (array && !kspan_depot_add_empty(depot, array, 1))
		kfree(array);
}

/**
 * kspan_cpucache_pop_slow() - a slot, when the fast path found none
 * @store: of which store
 * @gfp: how to grow
 * @limited: set to true if the heap's limit stood in the way
 *
 * Context: As alloc_pages() with @gfp.
 * Return: the slot, its mark cleared; or NULL.
 */
void *kspan_cpucache_pop_slow(struct kspan_store *store, gfp_t gfp,
			      bool *limited)
{
	struct kspan_mag __percpu *mag = mag_of(store);
	void *broken;
	void *slot;

	for (;;) {
		broken = NULL;
		preempt_disable();
		if (!kspan_mag_begin(mag)) {
			preempt_enable();
			return take_direct(store, gfp, limited);
		}
		slot = mag_pop(this_cpu_ptr(mag), &broken);
		if (!slot && !broken && fetch_full(store, this_cpu_ptr(mag)))
			slot = mag_pop(this_cpu_ptr(mag), &broken);
		kspan_mag_end(mag, 0);
		preempt_enable();
		if (slot)
			return slot;
		if (!broken)
			return refill(store, gfp, limited);
		kspan_central_drop(store, broken, KSPAN_BATCH_CACHE);
	}
}

/*
 * Pushes a slot. If there is no room the array goes to the depot first, or, if
 * that has none either, its coldest slots go to @objs. False without an array.
 */
static bool mag_push(const struct kspan_store *store, struct kspan_mag *mag,
		     void *slot, void **objs, unsigned int *nobjs)
{
	if (!mag->capacity)
		return false;
	if (kspan_mag_full(mag->top) && !stow_full(store, mag)) {
		void **lowest = lowest_cell(top_of(mag), mag->capacity);

		*nobjs = min_t(unsigned int, store->sc->batch, mag->capacity);
		copy_slots(objs, lowest, *nobjs);
		copy_slots(lowest, lowest + *nobjs,
			   mag->capacity - *nobjs);
		set_top(mag, top_of(mag) - *nobjs);
		mag->net_in -= *nobjs;
	}
	*top_of(mag) = slot;
	set_top(mag, top_of(mag) + 1);
	return true;
}

/**
 * kspan_cpucache_push_slow() - take back a slot, when the fast path had no room
 * @store: of which store
 * @slot: the slot, its mark set
 *
 * Context: Any but NMI.
 */
void kspan_cpucache_push_slow(struct kspan_store *store, void *slot)
{
	struct kspan_mag __percpu *mag = mag_of(store);
	void *objs[KSPAN_MAX_BATCH];
	unsigned int nobjs = 0;
	bool pushed = false;

	if (!this_cpu_read(mag->capacity))
		add_array(store);
	else
		provide_empty(store);

	preempt_disable();
	if (kspan_mag_begin(mag)) {
		pushed = mag_push(store, this_cpu_ptr(mag), slot, objs, &nobjs);
		kspan_mag_end(mag, 0);
	}
	preempt_enable();
	if (!pushed)
		kspan_central_put(store, &slot, 1, KSPAN_BATCH_DIRECT);
	if (nobjs)
		kspan_central_put(store, objs, nobjs, KSPAN_BATCH_CACHE);
}

/**
 * kspan_cpucache_strip_dead() - give the slots of a CPU back that is no more
 * @heap: whose
 * @cpu: the CPU, on which nothing runs
 */
void kspan_cpucache_strip_dead(struct kspan_heap *heap, unsigned int cpu)
{
	struct kspan_cpu *cache = per_cpu_ptr(heap->cpu, cpu);
	void *objs[KSPAN_MAG_MAX_CAPACITY];
	unsigned int class;

	for (class = 1; class < KSPAN_NR_STORES; class++) {
		struct kspan_mag *mag = &cache->mags[class];
		void *array = NULL;
		unsigned int nobjs;

		mag->top |= KSPAN_MAG_BUSY;
		/* Readers see the beginning before any change. */
		smp_wmb();
		nobjs = mag_strip(mag, objs, &array);
		/* As the end of an operation. */
		smp_store_release(&mag->top, mag->top - KSPAN_MAG_BUSY);
		if (nobjs)
			kspan_central_put(&heap->stores[class], objs, nobjs,
					  KSPAN_BATCH_CACHE);
		kfree(array);
	}
}

/**
 * kspan_cpucache_trim() - give what a depot holds back to the spans
 * @store: of which store
 * @nid: of which node
 * @nr_full: full arrays at most
 * @nr_empty: empty arrays at most
 *
 * Context: Any but NMI.
 */
void kspan_cpucache_trim(struct kspan_store *store, int nid,
			 unsigned int nr_full, unsigned int nr_empty)
{
	struct kspan_depot *depot = &store->central[nid].depot;
	unsigned int capacity = store->sc->capacity;
	void **array;

	while (nr_full-- && (array = kspan_depot_take_full(depot))) {
		kspan_central_put(store, array + KSPAN_MAG_CELLS - capacity,
				  capacity, KSPAN_BATCH_CACHE);
		kfree(array);
	}
	while (nr_empty-- && (array = kspan_depot_take_empty(depot)))
		kfree(array);
}

/* Bytes of all arrays of a heap. */
size_t kspan_cpucache_array_bytes(struct kspan_heap *heap)
{
	size_t narrays = 0;
	unsigned int cpu;
	unsigned int i;
	int nid;

	for (i = 0; i < KSPAN_NR_STORES; i++) {
		for_each_possible_cpu(cpu)
			narrays += !!READ_ONCE(per_cpu_ptr(heap->cpu, cpu)
					       ->mags[i].capacity);
		for (nid = 0; nid < nr_node_ids; nid++) {
			struct kspan_depot *depot =
				&heap->stores[i].central[nid].depot;

			narrays += READ_ONCE(depot->nr_full) +
				   READ_ONCE(depot->nr_empty);
		}
	}
	return narrays * KSPAN_MAG_BYTES;
}

void kspan_cpucache_init(void)
{
	unsigned int step;

	BUILD_BUG_ON(offsetof(struct kspan_cpu, mags[KSPAN_NR_STORES]) >
		     U16_MAX);
	BUILD_BUG_ON((int)KSPAN_MAX_CAPACITY > (int)KSPAN_MAG_MAX_CAPACITY);
	for (step = 0; step < KSPAN_CLASS_STEPS; step++)
		kspan_mag_offsets[step] =
			kspan_mag_offset_of(kspan_sizeclass_of[step]);
	sentinel_init(no_array_top());
}

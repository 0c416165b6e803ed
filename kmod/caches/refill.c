// SPDX-License-Identifier: GPL-2.0
#include <linux/bitops.h>
#include <linux/smp.h>

#include "base/compat.h"
#include "base/gfp.h"
#include "base/news.h"
#include "base/once.h"
#include "caches/depot.h"
#include "caches/magazine.h"
#include "caches/refill.h"
#include "caches/shelf.h"
#include "spans/central.h"
#include "spans/supply.h"

/*
 * Gives this CPU's magazine an array, unless it has one by now. Without memory
 * it stays without. Returns whether there is an array more, of which somebody has
 * to see when it is used no more.
 */
static bool add_array(struct kspan_store *store, gfp_t gfp)
{
	struct kspan_mag __percpu *mag = store->mag;
	unsigned int capacity = store->sc->capacity;
	void **array;

	array = kspan_array_new(capacity, gfp);
	if (!array)
		return false;

	preempt_disable();
	if (kspan_mag_begin_slow(mag)) {
		if (!raw_cpu_read(mag->capacity)) {
			raw_cpu_write(mag->top, array);
			raw_cpu_write(mag->capacity, capacity);
			array = NULL;
		}
		kspan_mag_end_slow(mag);
	}
	preempt_enable();
	kspan_array_delete(array);
	return !array;
}

/*
 * Puts slots of a refill into this CPU's magazine and counts one more, which
 * the caller has kept for its user. Returns how many did not fit.
 */
static unsigned int push_refill(struct kspan_mag *mag, void **objs,
				unsigned int nobjs)
{
	unsigned int pushed = min(nobjs, mag->capacity - kspan_mag_count_of(mag));

	kspan_mag_copy(mag->top, objs, pushed);
	WRITE_ONCE(mag->top, mag->top + pushed);
	kspan_add_once(mag->net_in, pushed + 1);
	kspan_add_once(mag->allocs, 1);
	return nobjs - pushed;
}

/* Whether a collected heap has swept some slots, so that it need not grow. */
static bool sweep(struct kspan_store *store, int nid)
{
	return unlikely(store->collected) &&
	       READ_ONCE(store->collected->flags) & KSPAN_COLLECTED_SWEEP &&
	       kspan_news.sweep(store, nid);
}

/*
 * Slots of spans that no other CPU uses. If there are only others', one is made, if
 * that is easy.
 */
static unsigned int take_own(struct kspan_store *store, void **objs,
			     unsigned int nobjs, gfp_t gfp)
{
	int local = kspan_source_local_node(store->source);
	unsigned int taken = kspan_central_take(store, local, objs, nobjs,
						KSPAN_BATCH_OWN);
	bool ignored = false;

	if (taken || !kspan_central_crowded(store, local) ||
	    kspan_supply_span(store, local, kspan_gfp_try_local(gfp),
			      &ignored) != local)
		return taken;
	return kspan_central_take(store, local, objs, nobjs, KSPAN_BATCH_OWN);
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
	int local = kspan_source_local_node(store->source);
	bool anywhere = nr_online_nodes > 1 &&
			!kspan_gfp_this_node(gfp, store->source->nid !=
						  NUMA_NO_NODE);
	int nid = local;
	int other;

	for (;;) {
		unsigned int taken = kspan_central_take(store, nid, objs,
							nobjs, kind);

		if (taken)
			return taken;
		if (sweep(store, nid))
			continue;
		if (anywhere) {
			nid = kspan_supply_span(store, local,
						kspan_gfp_try_local(gfp),
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
		nid = kspan_supply_span(store, local, gfp, limited);
		if (nid == NUMA_NO_NODE)
			return 0;
	}
}

/**
 * kspan_take_direct() - a slot past the cache
 * @store: of which store
 * @gfp: how to grow
 * @limited: set to true if the heap's limit stood in the way
 *
 * For an interrupt that must not touch the cache, and for stores that have none.
 *
 * Context: As alloc_pages() with @gfp.
 * Return: the slot, its mark cleared; or NULL.
 */
void *kspan_take_direct(struct kspan_store *store, gfp_t gfp, bool *limited)
{
	void *slot;

	while (take(store, &slot, 1, gfp, KSPAN_BATCH_DIRECT, limited)) {
		if (kspan_slot_take(store, slot))
			return slot;
		kspan_central_drop(store, slot, KSPAN_BATCH_DIRECT);
	}
	return NULL;
}

/**
 * kspan_take_node() - a slot from a node, past the cache
 * @store: of which store
 * @nid: the node
 * @gfp: how to grow, with __GFP_THISNODE
 * @limited: set to true if the heap's limit stood in the way
 *
 * Context: As alloc_pages() with @gfp.
 * Return: the slot, its mark cleared; or NULL if the node has none.
 */
void *kspan_take_node(struct kspan_store *store, int nid, gfp_t gfp,
		      bool *limited)
{
	void *slot;

	for (;;) {
		if (!kspan_central_take(store, nid, &slot, 1,
					KSPAN_BATCH_DIRECT)) {
			if (sweep(store, nid))
				continue;
			if (kspan_supply_span(store, nid, gfp, limited) != nid)
				return NULL;
			continue;
		}
		if (kspan_slot_take(store, slot))
			return slot;
		kspan_central_drop(store, slot, KSPAN_BATCH_DIRECT);
	}
}

/* The last slot of a batch whose mark is intact; the others are dropped. */
static void *pick_intact(struct kspan_store *store, void **objs,
			 unsigned int *nobjs)
{
	while (*nobjs) {
		void *slot = objs[--*nobjs];

		if (kspan_slot_take(store, slot))
			return slot;
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
	struct kspan_mag __percpu *mag = store->mag;
	void *objs[KSPAN_MAX_BATCH];
	unsigned int nobjs;
	unsigned int left;
	void *slot;

	if (!this_cpu_read(mag->capacity) && add_array(store, gfp) &&
	    gfp & __GFP_KSWAPD_RECLAIM)
		kspan_news.pages_free();
	do {
		nobjs = min_t(unsigned int, store->sc->batch,
			      this_cpu_read(mag->capacity) + 1);
		nobjs = take_own(store, objs, nobjs, gfp) ?:
			take(store, objs, nobjs, gfp, KSPAN_BATCH_CACHE,
			     limited);
		if (!nobjs)
			return NULL;
		slot = pick_intact(store, objs, &nobjs);
	} while (!slot);

	preempt_disable();
	/* Only what has interrupted an operation finds one, and takes no batch. */
	WARN_ON_ONCE(!kspan_mag_begin_slow(mag));
	left = push_refill(this_cpu_ptr(mag), objs, nobjs);
	kspan_mag_end_slow(mag);
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
static void *mag_pop(const struct kspan_store *store, struct kspan_mag *mag,
		     void **broken)
{
	void *slot;

	if (!kspan_mag_count_of(mag))
		return NULL;
	slot = mag->top[-1];
	WRITE_ONCE(mag->top, mag->top - 1);
	if (kspan_slot_take(store, slot)) {
		kspan_add_once(mag->allocs, 1);
		return slot;
	}
	kspan_sub_once(mag->net_in, 1);
	*broken = slot;
	return NULL;
}

static struct kspan_depot *local_depot(const struct kspan_store *store)
{
	return &store->depots[kspan_source_local_node(store->source)];
}

/* There will be something on this CPU's shelf; see kspan_trim_all(). */
static void note_shelf(struct kspan_store *store)
{
	unsigned int bit = smp_processor_id() % BITS_PER_LONG;

	if (!test_bit(bit, &store->shelved))
		set_bit(bit, &store->shelved);
}

/* In an operation: swaps an empty array for a full one. */
static bool fetch_full(struct kspan_store *store, struct kspan_mag *mag)
{
	const struct kspan_sizeclass *sc = store->sc;
	void **array;

	if (!mag->capacity)
		return false;
	note_shelf(store);
	array = kspan_mag_array(mag->top, sc->capacity);
	if (!kspan_shelf_swap_empty(this_cpu_ptr(store->shelf),
				    local_depot(store), sc, &array))
		return false;
	WRITE_ONCE(mag->top, array + sc->capacity);
	kspan_add_once(mag->net_in, sc->capacity);
	return true;
}

/* In an operation: swaps a full array for an empty one. */
static bool stow_full(struct kspan_store *store, struct kspan_mag *mag)
{
	const struct kspan_sizeclass *sc = store->sc;
	void **array;

	if (!mag->capacity)
		return false;
	note_shelf(store);
	array = kspan_mag_array(mag->top, sc->capacity);
	if (!kspan_shelf_swap_full(this_cpu_ptr(store->shelf),
				   local_depot(store), sc, &array))
		return false;
	WRITE_ONCE(mag->top, array);
	kspan_sub_once(mag->net_in, sc->capacity);
	return true;
}

/*
 * There is room for a full array, were there an empty one to give for it. Returns
 * whether there is one now.
 */
static bool provide_empty(struct kspan_store *store)
{
	struct kspan_depot *depot = local_depot(store);
	void **array;

	if (!kspan_shelf_wants_empty(raw_cpu_ptr(store->shelf), depot,
				     store->sc))
		return false;
	array = kspan_array_new(store->sc->capacity, 0);
	if (!array)
		return false;
	preempt_disable();
	note_shelf(store);
	kspan_shelf_add_empty(this_cpu_ptr(store->shelf), depot, store->sc,
			      array);
	preempt_enable();
	return true;
}

/**
 * kspan_pop_slow() - a slot, when the fast path found none
 * @store: of which store
 * @gfp: how to grow
 * @limited: set to true if the heap's limit stood in the way
 *
 * Context: As alloc_pages() with @gfp.
 * Return: the slot, its mark cleared; or NULL.
 */
void *kspan_pop_slow(struct kspan_store *store, gfp_t gfp, bool *limited)
{
	struct kspan_mag __percpu *mag = store->mag;
	void *broken;
	void *slot;

	for (;;) {
		broken = NULL;
		preempt_disable();
		if (!kspan_mag_begin_slow(mag)) {
			preempt_enable();
			return kspan_take_direct(store, gfp, limited);
		}
		slot = mag_pop(store, this_cpu_ptr(mag), &broken);
		if (!slot && !broken && fetch_full(store, this_cpu_ptr(mag)))
			slot = mag_pop(store, this_cpu_ptr(mag), &broken);
		kspan_mag_end_slow(mag);
		preempt_enable();
		if (slot)
			return slot;
		if (!broken)
			return refill(store, gfp, limited);
		kspan_central_drop(store, broken, KSPAN_BATCH_CACHE);
	}
}

/*
 * Pushes a slot. If there is no room the array goes to the shelf first, or, if
 * that has none either, its coldest slots go to @objs. False without an array.
 */
static bool mag_push(struct kspan_store *store, struct kspan_mag *mag,
		     void *slot, void **objs, unsigned int *nobjs)
{
	if (!mag->capacity)
		return false;
	if (kspan_mag_full(mag->top) && !stow_full(store, mag)) {
		void **lowest = kspan_mag_array(mag->top, mag->capacity);

		*nobjs = min_t(unsigned int, store->sc->batch, mag->capacity);
		kspan_mag_copy(objs, lowest, *nobjs);
		kspan_mag_copy(lowest, lowest + *nobjs, mag->capacity - *nobjs);
		WRITE_ONCE(mag->top, mag->top - *nobjs);
		kspan_sub_once(mag->net_in, *nobjs);
	}
	*mag->top = slot;
	WRITE_ONCE(mag->top, mag->top + 1);
	return true;
}

/**
 * kspan_push_slow() - take back a slot, when the fast path had no room
 * @store: of which store
 * @slot: the slot, its mark set
 *
 * Context: Any but NMI.
 */
void kspan_push_slow(struct kspan_store *store, void *slot)
{
	struct kspan_mag __percpu *mag = store->mag;
	void *objs[KSPAN_MAX_BATCH];
	unsigned int nobjs = 0;
	bool pushed = false;
	bool grown;

	if (!this_cpu_read(mag->capacity))
		grown = add_array(store, 0);
	else
		grown = provide_empty(store);
	if (grown)
		kspan_news.pages_free();

	preempt_disable();
	if (kspan_mag_begin_slow(mag)) {
		pushed = mag_push(store, this_cpu_ptr(mag), slot, objs, &nobjs);
		kspan_mag_end_slow(mag);
	}
	preempt_enable();
	if (!pushed)
		kspan_central_put(store, &slot, 1, KSPAN_BATCH_DIRECT);
	if (nobjs)
		kspan_central_put(store, objs, nobjs, KSPAN_BATCH_CACHE);
}

/**
 * kspan_take_batch() - slots for who keeps them beside the magazines
 * @store: of which store
 * @objs: where they go; their marks are theirs still, so they count as cached
 * @nobjs: how many, up to KSPAN_MAX_BATCH
 * @gfp: how to grow
 * @limited: set to true if the heap's limit stood in the way
 *
 * Context: As alloc_pages() with @gfp.
 * Return: how many there are; 0 without memory.
 */
unsigned int kspan_take_batch(struct kspan_store *store, void **objs,
			      unsigned int nobjs, gfp_t gfp, bool *limited)
{
	return take_own(store, objs, nobjs, gfp) ?:
	       take(store, objs, nobjs, gfp, KSPAN_BATCH_CACHE, limited);
}

/* A slot has come to this CPU's magazine and gone to a user; or the reverse. */
static bool pass_through(struct kspan_store *store, int nallocs, int nin)
{
	struct kspan_mag __percpu *mag = store->mag;
	bool counted = false;

	preempt_disable();
	if (kspan_mag_begin_slow(mag)) {
		struct kspan_mag *this = this_cpu_ptr(mag);

		kspan_add_once(this->allocs, nallocs);
		kspan_add_once(this->net_in, nin);
		kspan_mag_end_slow(mag);
		counted = true;
	}
	preempt_enable();
	return counted;
}

/**
 * kspan_count_alloc() - a slot of kspan_take_batch() goes to a user
 * @store: of which store
 * @slot: the slot
 *
 * Context: Any but NMI.
 */
void kspan_count_alloc(struct kspan_store *store, const void *slot)
{
	if (!pass_through(store, 1, 1))
		kspan_central_count_direct(store, slot, 1);
}

/**
 * kspan_give_back_mark() - an object that was allocated is as kspan_take_batch() has
 *	them
 * @store: of which store
 * @slot: the object
 *
 * Context: Any but NMI.
 * Return: false, and nothing done, if it is lent, or the kernel's reserve's.
 */
bool kspan_give_back_mark(struct kspan_store *store, void *slot)
{
	struct kspan_span *span;
	bool ours;

	rcu_read_lock();
	span = kspan_span_at((unsigned long)slot);
	ours = span && span->kind == KSPAN_SPAN_SLOTS;
	if (ours && store->outside)
		kspan_slot_claim_outside(span, slot);
	else if (ours)
		kspan_mark_set(slot, store->secret);
	rcu_read_unlock();
	if (ours && !pass_through(store, 0, -1))
		kspan_central_count_direct(store, slot, -1);
	return ours;
}

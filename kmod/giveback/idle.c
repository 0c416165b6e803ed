// SPDX-License-Identifier: GPL-2.0
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/overflow.h>

#include "base/compat.h"
#include "caches/magazine.h"
#include "caches/stacks.h"
#include "caches/trim.h"
#include "giveback/drain.h"
#include "giveback/giver.h"
#include "giveback/idle.h"
#include "spans/stores.h"

/* What is seen of so many stores. */
struct kspan_idle *kspan_idle_new(unsigned int nr_stores)
{
	struct kspan_idle *idle;

	idle = kvzalloc(struct_size(idle, mags,
				    (size_t)nr_cpu_ids * nr_stores),
			GFP_KERNEL);
	if (!idle)
		return NULL;
	idle->nr_stores = nr_stores;
	idle->centrals = kvcalloc(nr_stores * nr_node_ids,
				  sizeof(*idle->centrals), GFP_KERNEL);
	if (!idle->centrals) {
		kvfree(idle);
		return NULL;
	}
	return idle;
}

void kspan_idle_delete(struct kspan_idle *idle)
{
	if (idle)
		kvfree(idle->centrals);
	kvfree(idle);
}

size_t kspan_idle_bytes(unsigned int nr_stores)
{
	return sizeof(struct kspan_idle) +
	       (size_t)nr_cpu_ids * nr_stores *
	       sizeof(struct kspan_idle_mag) +
	       nr_stores * nr_node_ids * sizeof(struct kspan_idle_central);
}

/* A typed cache brings its own; what is the heap's is indexed by class. */
static struct kspan_idle *seen_of(struct kspan_idle *idle,
				  const struct kspan_store *store,
				  unsigned int *index)
{
	*index = kspan_store_is_typed(store) ? 0 : store->class;
	return kspan_store_is_typed(store) ? store->idle : idle;
}

static struct kspan_idle_mag *seen_mag(struct kspan_idle *idle,
				       const struct kspan_store *store,
				       unsigned int cpu)
{
	unsigned int index;

	idle = seen_of(idle, store, &index);
	return &idle->mags[cpu * idle->nr_stores + index];
}

/*
 * A number that any operation of a magazine changes: a pop is counted, a push
 * moves the top, and a flush that moves it back changes @net_in. Two of them may
 * be taken for none once in a very long while, which only costs a refill.
 */
static u32 mag_state(const struct kspan_mag *mag)
{
	u32 top = (unsigned long)READ_ONCE(mag->top);
	u32 net_in = READ_ONCE(mag->net_in);

	return (u32)READ_ONCE(mag->allocs) + 0x9e3779b1U * net_in +
	       0x85ebca6bU * top;
}

/**
 * struct choice - which magazines are to go
 * @idle: what was seen of them
 * @nr_busy: those that may become idle
 */
struct choice {
	struct kspan_idle	*idle;
	unsigned int		nr_busy;
};

/* Likewise the stacks that wait on a CPU to be borrowed. */
static bool choose_stacks(struct kspan_storage *storage, unsigned int cpu,
			  unsigned long *classes, struct choice *choice)
{
	struct kspan_idle_mag *seen =
		&choice->idle->mags[cpu * KSPAN_NR_STORES + KSPAN_LARGE_CLASS];
	u32 state = kspan_stacks_gets(storage, cpu) +
		    kspan_stacks_puts(storage, cpu);

	if (!kspan_stacks_any(storage, cpu)) {
		seen->ticks = 0;
		/* Who puts one tells nobody. */
		choice->nr_busy += !!atomic_read(&storage->nr_stacks);
		return false;
	}
	if (state != seen->state)
		seen->ticks = 0;
	seen->state = state;
	if (++seen->ticks <= KSPAN_IDLE_TICKS) {
		choice->nr_busy++;
		return false;
	}
	__set_bit(KSPAN_LARGE_CLASS, classes);
	return true;
}

/* Which magazines of a CPU are idle; counts those that may become so. */
static bool choose_mags(struct kspan_storage *storage, unsigned int cpu,
			unsigned long *classes, void *arg)
{
	struct choice *choice = arg;
	struct kspan_store *store;
	bool any = false;

	kspan_for_each_store(store, storage) {
		const struct kspan_mag *mag = per_cpu_ptr(store->mag, cpu);
		struct kspan_idle_mag *seen = seen_mag(choice->idle, store, cpu);
		u32 state = mag_state(mag);

		if (!READ_ONCE(mag->capacity)) {
			seen->ticks = 0;
			continue;
		}
		if (state != seen->state)
			seen->ticks = 0;
		seen->state = state;
		if (++seen->ticks <= KSPAN_IDLE_TICKS) {
			choice->nr_busy++;
			continue;
		}
		__set_bit(store->class, classes);
		any = true;
	}
	return choose_stacks(storage, cpu, classes, choice) || any;
}

static u64 central_moves(struct kspan_central *central)
{
	struct kspan_central_counts counts;

	kspan_central_read(central, &counts);
	return counts.refills + counts.flushes + counts.direct_allocs +
	       counts.direct_frees;
}

static struct kspan_idle_central *
seen_central(struct kspan_giver *giver, const struct kspan_store *store, int nid)
{
	unsigned int index;
	struct kspan_idle *idle = seen_of(giver->idle, store, &index);

	return &idle->centrals[index * nr_node_ids + nid];
}

/* Who has used the central list since the last tick? */
static void look_at_central(struct kspan_giver *giver,
			    struct kspan_store *store, int nid)
{
	struct kspan_central *central = &store->central[nid];
	struct kspan_idle_central *seen = seen_central(giver, store, nid);

	if (central_moves(central) == seen->moves)
		seen->ticks++;
	else
		seen->ticks = 0;
}

/* Returns whether there is something that may become idle. */
static bool trim_central(struct kspan_giver *giver, struct kspan_store *store,
			 int nid)
{
	struct kspan_idle_central *seen = seen_central(giver, store, nid);
	struct kspan_central *central = &store->central[nid];

	if (READ_ONCE(central->buckets.nr_empty) &&
	    seen->ticks >= KSPAN_IDLE_TICKS)
		kspan_central_trim(store, nid);
	else if (READ_ONCE(central->buckets.nr_empty))
		kspan_central_trim_unused(store, nid);
	/* What idle caches gave back is no use. */
	seen->moves = central_moves(central);
	return READ_ONCE(central->buckets.nr_empty);
}

static bool trim_store(struct kspan_giver *giver, struct kspan_store *store,
		       bool look_at_arrays)
{
	bool more = look_at_arrays ? kspan_trim_unused(store)
				   : kspan_trim_has_any(store);
	int nid;

	for_each_online_node(nid)
		more |= trim_central(giver, store, nid);
	return more;
}

/**
 * kspan_idle_tick() - about a second has passed
 * @giver: give back what idle caches of it hold
 * @waited_ns: the time that this has slept is added
 *
 * Context: Process context; sleeps. One caller at a time.
 * Return: whether there is anything that may become idle.
 */
bool kspan_idle_tick(struct kspan_giver *giver, u64 *waited_ns)
{
	struct choice choice = { .idle = giver->idle };
	struct kspan_store *store;
	bool look_at_arrays;
	bool more;
	int token;
	int nid;

	token = kspan_stores_enter();
	kspan_for_each_store(store, giver->storage) {
		for_each_online_node(nid)
			look_at_central(giver, store, nid);
	}
	more = kspan_drain_chosen(giver, choose_mags, &choice, waited_ns);
	look_at_arrays = !(++giver->idle->ticks % KSPAN_IDLE_TICKS);
	kspan_for_each_store(store, giver->storage)
		more |= trim_store(giver, store, look_at_arrays);
	kspan_stores_leave(token);
	return more || choice.nr_busy;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_idle_tick);

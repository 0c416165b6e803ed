// SPDX-License-Identifier: GPL-2.0
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/overflow.h>

#include "base/compat.h"
#include "caches/magazine.h"
#include "caches/trim.h"
#include "giveback/drain.h"
#include "giveback/giver.h"
#include "giveback/idle.h"

struct kspan_idle *kspan_idle_new(void)
{
	struct kspan_idle *idle;

	idle = kvzalloc(struct_size(idle, mags,
				    (size_t)nr_cpu_ids * KSPAN_NR_STORES),
			GFP_KERNEL);
	if (!idle)
		return NULL;
	idle->centrals = kvcalloc(KSPAN_NR_STORES * nr_node_ids,
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

size_t kspan_idle_bytes(void)
{
	return sizeof(struct kspan_idle) +
	       (size_t)nr_cpu_ids * KSPAN_NR_STORES *
	       sizeof(struct kspan_idle_mag) +
	       KSPAN_NR_STORES * nr_node_ids *
	       sizeof(struct kspan_idle_central);
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

/* Which magazines of a CPU are idle; counts those that may become so. */
static bool choose_mags(struct kspan_storage *storage, unsigned int cpu,
			unsigned long *classes, void *arg)
{
	struct choice *choice = arg;
	struct kspan_idle_mag *seen =
		&choice->idle->mags[cpu * KSPAN_NR_STORES];
	unsigned int class;
	bool any = false;

	for (class = 1; class < KSPAN_NR_STORES; class++) {
		const struct kspan_mag *mag =
			per_cpu_ptr(storage->stores[class].mag, cpu);
		u32 state = mag_state(mag);

		if (!READ_ONCE(mag->capacity)) {
			seen[class].ticks = 0;
			continue;
		}
		if (state != seen[class].state)
			seen[class].ticks = 0;
		seen[class].state = state;
		if (++seen[class].ticks <= KSPAN_IDLE_TICKS) {
			choice->nr_busy++;
			continue;
		}
		__set_bit(class, classes);
		any = true;
	}
	return any;
}

static u64 central_moves(struct kspan_central *central)
{
	struct kspan_central_counts counts;

	kspan_central_read(central, &counts);
	return counts.refills + counts.flushes + counts.direct_allocs +
	       counts.direct_frees;
}

static struct kspan_idle_central *
seen_central(struct kspan_giver *giver, unsigned int class, int nid)
{
	return &giver->idle->centrals[class * nr_node_ids + nid];
}

/* Who has used the central list since the last tick? */
static void look_at_central(struct kspan_giver *giver, unsigned int class,
			    int nid)
{
	struct kspan_central *central =
		&giver->storage->stores[class].central[nid];
	struct kspan_idle_central *seen = seen_central(giver, class, nid);

	if (central_moves(central) == seen->moves)
		seen->ticks++;
	else
		seen->ticks = 0;
}

/* Returns whether there is something that may become idle. */
static bool trim_central(struct kspan_giver *giver, unsigned int class, int nid)
{
	struct kspan_store *store = &giver->storage->stores[class];
	struct kspan_idle_central *seen = seen_central(giver, class, nid);
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

static bool trim_store(struct kspan_giver *giver, unsigned int class,
		       bool look_at_arrays)
{
	struct kspan_store *store = &giver->storage->stores[class];
	bool more = look_at_arrays ? kspan_trim_unused(store)
				   : kspan_trim_has_any(store);
	int nid;

	for_each_online_node(nid)
		more |= trim_central(giver, class, nid);
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
	bool look_at_arrays;
	unsigned int class;
	bool more;
	int nid;

	for (class = 1; class < KSPAN_NR_STORES; class++) {
		for_each_online_node(nid)
			look_at_central(giver, class, nid);
	}
	more = kspan_drain_chosen(giver, choose_mags, &choice, waited_ns);
	look_at_arrays = !(++giver->idle->ticks % KSPAN_IDLE_TICKS);
	for (class = 1; class < KSPAN_NR_STORES; class++)
		more |= trim_store(giver, class, look_at_arrays);
	return more || choice.nr_busy;
}
EXPORT_SYMBOL_IF_KUNIT(kspan_idle_tick);
